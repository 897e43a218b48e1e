import { FormatError } from '@cccd/card-core'
import type { Sentence } from './reason.ts'

// The closed list of what can be said of an evidence bundle. A code is stable: once released it keeps its meaning. The
// sentences are for people and may be improved.

const REFUSALS = {
  TOO_LARGE: { vi: 'Gói lớn hơn mức cho phép.', en: 'The bundle is larger than allowed.' },
  NOT_A_BUNDLE: {
    vi: 'Đây không phải gói bằng chứng.',
    en: 'This is no evidence bundle.',
  },
  ENCODING_NOT_CANONICAL: {
    vi: 'Một phần của gói không phải base64url đúng chuẩn: gói đã bị sửa hoặc hỏng.',
    en: 'A part of the bundle is not strict base64url: it was changed or damaged.',
  },
  HEADER_MALFORMED: { vi: 'Phần đầu của gói sai cấu trúc.', en: 'A header of the bundle is malformed.' },
  HEADER_PARAMETER_REFUSED: {
    vi: 'Phần đầu của gói có tham số không được phép.',
    en: 'A header of the bundle has a parameter that is not allowed.',
  },
  TYPE_WRONG: { vi: 'Gói thuộc loại khác.', en: 'The bundle is of another type.' },
  ALGORITHM_REFUSED: {
    vi: 'Thuật toán không được phép dùng cho gói bằng chứng.',
    en: 'The algorithm is not allowed for evidence bundles.',
  },
  COMPRESSION_REFUSED: { vi: 'Gói nén không được nhận.', en: 'Compressed bundles are not taken.' },
  KEY_REFUSED: {
    vi: 'Khóa công khai trong gói sai, hoặc không khớp với định danh khóa.',
    en: 'The public key in the bundle is wrong, or does not fit its identifier.',
  },
  RECIPIENT_KEY_MISSING: {
    vi: 'Gói được mã hóa mà không có khóa của người nhận.',
    en: "The bundle is encrypted, and no recipient's key was given.",
  },
  RECIPIENT_OTHER: {
    vi: 'Gói được mã hóa cho người nhận khác.',
    en: 'The bundle is encrypted to another recipient.',
  },
  DECRYPTION_FAILED: {
    vi: 'Không giải mã được gói: đã bị sửa hoặc sai khóa.',
    en: 'The bundle cannot be decrypted: it was changed, or the key is another one.',
  },
  SIGNATURE_WRONG: {
    vi: 'Chữ ký trên gói sai: gói đã bị sửa.',
    en: 'The signature on the bundle is wrong: it was changed.',
  },
  SIGNER_NOT_TRUSTED: {
    vi: 'Gói do một máy không nằm trong danh sách tin cậy ký.',
    en: 'The bundle is signed by a desk that is not among the trusted ones.',
  },
  CONTENTS_NOT_CANONICAL: {
    vi: 'Nội dung gói không ở dạng chuẩn.',
    en: 'The contents of the bundle are not in canonical form.',
  },
  CONTENTS_MALFORMED: { vi: 'Nội dung gói sai cấu trúc.', en: 'The contents of the bundle are malformed.' },
  VERSION_UNKNOWN: { vi: 'Phiên bản của gói chưa biết.', en: 'The version of the bundle is not known.' },
  AUDIENCE_DIFFERS: { vi: 'Gói dành cho bên khác.', en: 'The bundle is meant for another party.' },
  ORIGIN_DIFFERS: {
    vi: 'Gói được yêu cầu từ một trang khác.',
    en: 'The bundle was asked for by another origin.',
  },
  NONCE_DIFFERS: {
    vi: 'Gói trả lời cho một yêu cầu khác (nonce khác).',
    en: 'The bundle answers another request: its nonce is not the expected one.',
  },
  CHALLENGE_DIFFERS: {
    vi: 'Chip đã trả lời một thử thách khác.',
    en: 'The chip answered another challenge than the expected one.',
  },
  EXPIRED: { vi: 'Gói đã quá cũ.', en: 'The bundle is too old.' },
  TIME_IN_FUTURE: {
    vi: 'Gói ghi thời điểm ở tương lai: kiểm tra đồng hồ của hai máy.',
    en: 'The bundle states a time in the future: check the clocks of both machines.',
  },
  REPLAYED: { vi: 'Gói này đã được dùng rồi.', en: 'This bundle, or its nonce, was used before.' },
  REPLAY_MEMORY_FULL: {
    vi: 'Bộ nhớ chống dùng lại đã đầy nên không thể nhận gói.',
    en: 'The memory of used bundles is full, so no bundle can be taken.',
  },
} as const

const STATES = {
  PASSED: { vi: 'Đạt.', en: 'Passed.' },
  NOT_ASKED: { vi: 'Không được yêu cầu kiểm tra.', en: 'Not asked for.' },
  NOT_REACHED: {
    vi: 'Chưa kiểm tra vì một mục trước đó đã bị từ chối.',
    en: 'Not examined, since something before it was refused.',
  },
  NOT_ENCRYPTED: { vi: 'Gói không được mã hóa.', en: 'The bundle is not encrypted.' },
  SIGNER_UNKNOWN: {
    vi: 'Không biết máy nào đã ký: chưa cho khóa công khai của máy tin cậy.',
    en: 'Nobody knows which desk signed: no public key of a trusted desk was given.',
  },
  SIGNER_UNKNOWN_ACCEPTED: {
    vi: 'Không biết máy nào đã ký; được chấp nhận theo yêu cầu.',
    en: 'Nobody knows which desk signed; taken as asked.',
  },
  CHALLENGE_NOT_ANSWERED: {
    vi: 'Chip không trả lời thử thách nào.',
    en: 'The chip answered no challenge at all.',
  },
  CHALLENGE_NOT_PROVEN: {
    vi: 'Có câu trả lời cho thử thách, nhưng chữ ký của chip không chứng minh được.',
    en: "The challenge is the expected one, but the chip's signature over it proves nothing.",
  },
  REPORT_DIFFERS: {
    vi: 'Báo cáo trong gói khác với kết quả kiểm tra lại; kết quả kiểm tra lại được dùng.',
    en: 'The report inside differs from the one judged here, and the one judged here counts.',
  },
} as const

const PROOFS = {
  FILES_ISSUED: {
    vi: 'Các tệp do cơ quan cấp ký: chứng minh được bất cứ lúc nào.',
    en: 'The files are signed by an issuer that an anchor vouches for: that can be proven at any time.',
  },
  FILES_SIGNED_BY_SOMEBODY: {
    vi: 'Các tệp được ký nguyên vẹn, nhưng không có chứng thư gốc bảo đảm người ký.',
    en: 'The files are signed and whole, but no anchor vouches for who signed.',
  },
  FILES_PROVE_NOTHING: {
    vi: 'Chữ ký hoặc giá trị băm của các tệp sai: không chứng minh được gì.',
    en: 'The signature or the hashes of the files are wrong: they prove nothing.',
  },
  AA_OWN_CHALLENGE: {
    vi: 'Chip đã ký thử thách của chính bên kiểm tra: chip thật có mặt sau khi thử thách được tạo.',
    en: "The chip signed the verifier's own challenge: it was there after that challenge was made.",
  },
  AA_CHALLENGE_NOT_COMPARED: {
    vi: 'Máy đọc nói thử thách là của bên dựa vào, nhưng ở đây không có để so: chỉ chứng minh chip đã ký vào một lúc nào đó.',
    en: "The desk says that the challenge was the relying party's; it was not given here to compare, so this proves only that the chip signed at some time.",
  },
  AA_ANY_TIME: {
    vi: 'Thử thách do máy đọc tự chọn: chỉ chứng minh chip đã ký vào một lúc nào đó.',
    en: "The challenge was the reader's own: this proves only that the chip signed at some time.",
  },
  AA_PROVES_NOTHING: {
    vi: 'Chữ ký của chip sai, hoặc khóa của nó không được EF.SOD bảo vệ: không chứng minh được gì.',
    en: "The chip's signature is wrong, or EF.SOD does not cover its key: it proves nothing.",
  },
  AA_ABSENT: { vi: 'Không có xác thực chủ động.', en: 'There is no active authentication.' },
  CA_NOT_REPLAYABLE: {
    vi: 'Xác thực chip chỉ chứng minh cho máy đã đọc; bản ghi lại không chứng minh được gì.',
    en: 'Chip authentication proves something to the desk that read alone; a record of it proves nothing.',
  },
  CA_ABSENT: { vi: 'Không có xác thực chip.', en: 'There is no chip authentication.' },
  CAM_NOT_REPLAYABLE: {
    vi: 'PACE-CAM chỉ chứng minh cho máy đã đọc; bản ghi lại không chứng minh được gì.',
    en: 'PACE-CAM proves something to the desk that read alone; a record of it proves nothing.',
  },
  CAM_ABSENT: { vi: 'Không có PACE-CAM.', en: 'There is no PACE-CAM.' },
  ACCESS_TOLD: {
    vi: 'Cách mở chip là lời của máy đã đọc; không chứng minh lại được.',
    en: 'How the chip was opened is the word of the desk that read; it cannot be proven again.',
  },
} as const

/** Why a bundle is refused. */
export type BundleRefusal = keyof typeof REFUSALS
/** What an examination of a bundle found, where it did not refuse it. */
export type BundleState = keyof typeof STATES
/** What a piece of evidence in a bundle proves to somebody who was not there. */
export type BundleProofCode = keyof typeof PROOFS
export type BundleCode = BundleRefusal | BundleState | BundleProofCode

/** Every code with its sentence in Vietnamese and English. */
export const BUNDLE_CODES: Readonly<Record<BundleCode, Sentence>> = { ...REFUSALS, ...STATES, ...PROOFS }

/** The codes that refuse a bundle. */
export const BUNDLE_REFUSALS: readonly BundleRefusal[] = Object.keys(REFUSALS) as BundleRefusal[]

/** A bundle that is refused. `place` is where: `jwe.header.zip`, `jws.signature`, `payload.files.EF.SOD`. Neither message
 * nor facts hold anything of what stands there. */
export class BundleError extends FormatError {
  readonly refusal: BundleRefusal
  readonly place: string
  constructor(refusal: BundleRefusal, place: string) {
    super('BUNDLE_REFUSED', REFUSALS[refusal].en, { step: refusal, field: place })
    this.refusal = refusal
    this.place = place
  }
}
