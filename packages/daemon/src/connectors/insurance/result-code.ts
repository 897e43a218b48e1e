/**
 * What the insurance gateway's result codes (maKetQua) mean for the desk. The list is that of the annex to letter
 * 1923/BHXH-CNTT of 2024; the sentences are ours and say what to do next.
 */
import type { InsuranceKind } from '../insurance-answer.ts'

export interface ResultCode {
  readonly kind: InsuranceKind
  readonly vi: string
  readonly en: string
}

const ASK_HOLDER_VI = 'Đối chiếu lại với giấy tờ của người bệnh.'
const ASK_HOLDER_EN = "Compare with the patient's papers."
const REDUCED_VI = 'Thẻ đã được báo giảm'
const REDUCED_EN = 'The card was reported as ended'

export const RESULT_CODES: Readonly<Record<string, ResultCode>> = {
  '000': { kind: 'valid', vi: 'Thẻ bảo hiểm y tế còn giá trị.', en: 'The insurance card is valid.' },
  '001': {
    kind: 'elsewhere',
    vi: 'Thẻ do Bảo hiểm xã hội Bộ Quốc phòng quản lý. Kiểm tra thẻ và giấy tờ tùy thân.',
    en: 'The card is kept by the Ministry of Defence. Look at the card and an identity document.',
  },
  '002': {
    kind: 'elsewhere',
    vi: 'Thẻ do Bảo hiểm xã hội Bộ Công an quản lý. Kiểm tra thẻ và giấy tờ tùy thân.',
    en: 'The card is kept by the Ministry of Public Security. Look at the card and an identity document.',
  },
  '003': {
    kind: 'valid-changed',
    vi: 'Thẻ cũ hết giá trị, đã cấp thẻ mới: dùng số thẻ mới.',
    en: 'The old card has expired and a new one was issued: use the new number.',
  },
  '004': {
    kind: 'valid-changed',
    vi: 'Thẻ cũ còn giá trị nhưng đã cấp thẻ mới: dùng số thẻ mới khi thẻ mới có hiệu lực.',
    en: 'The old card is still valid and a new one was issued: use the new number from the day it takes effect.',
  },
  '010': { kind: 'expired', vi: 'Thẻ đã hết giá trị sử dụng.', en: 'The card has expired.' },
  '050': {
    kind: 'not-found',
    vi: 'Không tìm thấy thông tin thẻ. Thử lại bằng số thẻ hoặc mã số bảo hiểm.',
    en: 'No card is known. Try the card number or the insurance number.',
  },
  '051': { kind: 'number-wrong', vi: 'Mã thẻ không đúng. Nhập lại.', en: 'The card number is wrong. Type it again.' },
  '052': {
    kind: 'number-wrong',
    vi: 'Mã tỉnh trong số thẻ (ký tự 4 và 5) không đúng. Nhập lại.',
    en: 'The province digits of the card number (characters 4 and 5) are wrong. Type it again.',
  },
  '053': {
    kind: 'number-wrong',
    vi: 'Mã quyền lợi trong số thẻ (ký tự 3) không đúng. Nhập lại.',
    en: 'The benefit digit of the card number (character 3) is wrong. Type it again.',
  },
  '054': {
    kind: 'clerk-refused',
    vi: 'Số căn cước của nhân viên tra cứu chưa được cơ sở đăng ký với cổng. Báo quản trị.',
    en: "The facility has not registered the clerk's personal number with the gateway. Tell the administrator.",
  },
  '055': {
    kind: 'clerk-refused',
    vi: 'Họ tên nhân viên tra cứu không khớp với đăng ký ở cổng. Báo quản trị.',
    en: "The clerk's name differs from the one registered with the gateway. Tell the administrator.",
  },
  '060': {
    kind: 'holder-differs',
    vi: `Họ tên không khớp với thẻ bảo hiểm. ${ASK_HOLDER_VI}`,
    en: `The name differs from that of the insurance card. ${ASK_HOLDER_EN}`,
  },
  '061': {
    kind: 'holder-differs',
    vi: `Họ tên không khớp, chỉ đúng chữ cái đầu. ${ASK_HOLDER_VI}`,
    en: `The name differs, only its first letters match. ${ASK_HOLDER_EN}`,
  },
  '070': {
    kind: 'holder-differs',
    vi: `Ngày sinh không khớp với thẻ bảo hiểm. ${ASK_HOLDER_VI}`,
    en: `The date of birth differs from that of the insurance card. ${ASK_HOLDER_EN}`,
  },
  '100': {
    kind: 'gateway-fault',
    vi: 'Cổng gặp lỗi khi lấy dữ liệu thẻ. Thử lại sau.',
    en: "The gateway could not fetch the card's data. Try again later.",
  },
  '101': {
    kind: 'gateway-fault',
    vi: 'Máy chủ của cổng gặp lỗi. Thử lại sau.',
    en: 'The gateway has a fault. Try later.',
  },
  '110': { kind: 'withdrawn', vi: 'Thẻ đã bị thu hồi.', en: 'The card was revoked.' },
  '120': { kind: 'withdrawn', vi: `${REDUCED_VI}.`, en: `${REDUCED_EN}.` },
  '121': {
    kind: 'withdrawn',
    vi: `${REDUCED_VI}: chuyển sang tỉnh khác. Hỏi thẻ mới.`,
    en: `${REDUCED_EN}: moved to another province. Ask for the new card.`,
  },
  '122': {
    kind: 'withdrawn',
    vi: `${REDUCED_VI}: chuyển trong cùng tỉnh. Hỏi thẻ mới.`,
    en: `${REDUCED_EN}: moved within the province. Ask for the new card.`,
  },
  '123': {
    kind: 'withdrawn',
    vi: `${REDUCED_VI}: thu hồi vì tăng lại ở cùng đơn vị. Hỏi thẻ mới.`,
    en: `${REDUCED_EN}: replaced by a new registration at the same employer. Ask for the new card.`,
  },
  '124': {
    kind: 'withdrawn',
    vi: `${REDUCED_VI}: ngừng tham gia bảo hiểm.`,
    en: `${REDUCED_EN}: no longer insured.`,
  },
  '130': { kind: 'child', vi: 'Trẻ em, không phải xuất trình thẻ.', en: 'A child, who need not show a card.' },
  '205': {
    kind: 'request-wrong',
    vi: 'Cổng không nhận dạng dữ liệu đã gửi. Báo quản trị.',
    en: 'The gateway does not take the form of what was sent. Tell the administrator.',
  },
  '401': {
    kind: 'account-refused',
    vi: 'Cổng không nhận tài khoản của cơ sở. Báo quản trị.',
    en: "The gateway refuses the facility's account. Tell the administrator.",
  },
}

/** The meaning of a code; one that is not in the list is named unknown and says so. */
export function explainResultCode(code: string): ResultCode {
  const known = Object.hasOwn(RESULT_CODES, code) ? RESULT_CODES[code] : undefined
  return (
    known ?? {
      kind: 'unknown',
      vi: `Cổng trả mã ${code}, không có trong danh mục đã công bố. Xem ghi chú của cổng.`,
      en: `The gateway gave code ${code}, which is not in the published list. See the gateway's note.`,
    }
  )
}
