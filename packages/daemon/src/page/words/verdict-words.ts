import type { Colour, ReasonCode } from '@cccd/verifier'
import type { Text } from './language.ts'

/** The one large word, the sentence below it, and what to do. */
export interface VerdictWords {
  readonly word: Text
  readonly means: Text
  readonly todo: Text
}

export const VERDICT_WORDS: Readonly<Record<Colour, VerdictWords>> = {
  green: {
    word: { vi: 'ĐẠT', en: 'PASSED' },
    means: {
      vi: 'Dữ liệu trong chip do cơ quan cấp ký và còn nguyên vẹn.',
      en: "The chip's data are signed by the issuer and unchanged.",
    },
    todo: { vi: 'So ảnh với người trước mặt.', en: 'Compare the portrait with the person.' },
  },
  red: {
    word: { vi: 'KHÔNG ĐẠT', en: 'FAILED' },
    means: { vi: 'Không dùng thẻ này làm căn cứ.', en: 'Do not rely on this card.' },
    todo: {
      vi: 'Xin giấy tờ khác và báo người phụ trách.',
      en: 'Ask for another document and tell the person in charge.',
    },
  },
  yellow: {
    word: { vi: 'CHƯA XÁC ĐỊNH', en: 'UNDETERMINED' },
    means: { vi: 'Chưa đủ căn cứ để khẳng định thẻ này.', en: 'There is not enough to vouch for this card.' },
    todo: { vi: 'Làm theo quy định của đơn vị cho thẻ chưa xác định.', en: "Follow your house's rule for such cards." },
  },
  grey: {
    word: { vi: 'DỞ DANG', en: 'BROKEN OFF' },
    means: {
      vi: 'Việc đọc bị ngắt; chưa nói lên điều gì về thẻ.',
      en: 'Reading broke off; this says nothing about the card.',
    },
    todo: { vi: 'Đặt lại thẻ và đọc lại.', en: 'Place the card again and read again.' },
  },
}

/** What the most telling reasons mean at a desk, shorter than the sentence of the report. */
export const HEADLINES: Readonly<Partial<Record<ReasonCode, Text>>> = {
  CARD_EXPIRED: { vi: 'Thẻ đã hết hạn', en: 'The card has expired' },
  HASH_DIFFERS: { vi: 'Dữ liệu trong chip đã bị sửa', en: 'Data in the chip were changed' },
  SIGNATURE_WRONG: { vi: 'Chữ ký trong chip không hợp lệ', en: 'The signature in the chip is not valid' },
  DIGEST_WRONG: { vi: 'Chữ ký trong chip không hợp lệ', en: 'The signature in the chip is not valid' },
  SOD_MISSING: { vi: 'Dữ liệu trong chip không được ai ký', en: "Nobody signed the chip's data" },
  NOT_SIGNED_BY_ANCHOR: {
    vi: 'Không phải chữ ký của cơ quan cấp',
    en: "The signature is not the issuer's",
  },
  ISSUER_NAME_IMITATED: {
    vi: 'Cơ quan cấp bị mạo danh, hoặc thiếu chứng thư mới',
    en: 'The issuer is imitated, or a new certificate is missing',
  },
  ISSUER_UNKNOWN: { vi: 'Không biết cơ quan nào đã ký', en: 'It is not known who signed' },
  NO_ANCHORS: {
    vi: 'Máy này chưa có chứng thư gốc',
    en: 'This desk has no trust anchors yet',
  },
  NOT_TRUSTED: { vi: 'Không chứng thư gốc nào bảo đảm', en: 'No trust anchor vouches for it' },
  REVOKED: { vi: 'Chứng thư ký thẻ đã bị thu hồi', en: "The signer's certificate was revoked" },
  AA_SIGNATURE_WRONG: { vi: 'Chip có dấu hiệu là bản sao', en: 'The chip looks like a copy' },
  CA_FAILED: { vi: 'Chip có dấu hiệu là bản sao', en: 'The chip looks like a copy' },
  AA_REFUSED: { vi: 'Chip không chứng minh được mình là thật', en: 'The chip does not prove to be genuine' },
  CA_REFUSED: { vi: 'Chip không chứng minh được mình là thật', en: 'The chip does not prove to be genuine' },
  COULD_BE_A_COPY: { vi: 'Không loại trừ được bản sao', en: 'A copy cannot be ruled out' },
  FIELDS_DIFFER: { vi: 'Mặt thẻ và chip không khớp', en: 'Print and chip do not agree' },
  NUMBER_DIFFERS: { vi: 'Số trên thẻ và trong chip không khớp', en: 'The numbers do not agree' },
  STATE_DIFFERS: { vi: 'Quốc gia cấp không khớp', en: 'The issuing states differ' },
  DOWNGRADED: { vi: 'Chip được mở bằng cách yếu hơn', en: 'The chip was opened the weaker way' },
  DOWNGRADE_CONCEALED: { vi: 'Chip che giấu cách mở an toàn', en: 'The chip hides the safer way in' },
  FILE_REFUSED: { vi: 'Chip không cho đọc dữ liệu đã khai báo', en: 'The chip refuses data that it announces' },
  FILE_MALFORMED: { vi: 'Dữ liệu trong chip sai cấu trúc', en: 'Data in the chip are malformed' },
  FACE_DIFFERS: { vi: 'Khuôn mặt không khớp ảnh', en: 'The face does not match' },
  ABORTED: { vi: 'Việc đọc bị ngắt giữa chừng', en: 'Reading broke off' },
}

/** The short form of a reason, or the sentence that came with it. */
export function headlineOf(reason: string, sentence: Text): Text {
  return HEADLINES[reason as ReasonCode] ?? sentence
}
