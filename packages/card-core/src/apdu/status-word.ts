import { type ErrorCode, StatusWordError } from '../error.ts'
import type { ResponseApdu } from './response.ts'

/** A sentence for the operator, in both languages. */
export interface StatusText {
  readonly vi: string
  readonly en: string
}

export interface StatusWordDescription {
  readonly sw: number
  readonly meaning: StatusText
  /** What the operator or the caller can do about it. */
  readonly remedy?: StatusText
}

const text = (en: string, vi: string): StatusText => ({ en, vi })

const REPLACE = text('Leave the card on the reader and read again.', 'Giữ nguyên thẻ trên đầu đọc rồi đọc lại.')
const CHECK_KEY = text(
  'Check the document number, the dates or the CAN.',
  'Kiểm tra lại số định danh, các ngày hoặc mã CAN.',
)
const OPEN_FIRST = text(
  'Open the chip with BAC or PACE first; fingerprints need terminal authentication.',
  'Mở chip bằng BAC hoặc PACE trước; vân tay cần xác thực thiết bị đầu cuối.',
)

/** Exact status words: ISO/IEC 7816-4 §5.6 Table 6, 9303-10 §3.6, 9303-11 §4. */
const EXACT: ReadonlyMap<number, readonly [meaning: StatusText, remedy?: StatusText]> = new Map([
  [0x9000, [text('The command succeeded.', 'Lệnh thành công.')]],
  [0x6281, [text('Part of the returned data may be corrupt.', 'Một phần dữ liệu trả về có thể bị hỏng.'), REPLACE]],
  [0x6282, [text('The file ends before the requested length.', 'Tệp kết thúc trước độ dài yêu cầu.')]],
  [0x6283, [text('The selected file is deactivated.', 'Tệp được chọn đã bị vô hiệu hóa.')]],
  [0x6285, [text('The selected file is terminated.', 'Tệp được chọn đã bị kết thúc vòng đời.')]],
  [0x6300, [text('Authentication failed.', 'Xác thực không thành công.'), CHECK_KEY]],
  [0x6400, [text('Execution error; the chip is unchanged.', 'Lỗi thực thi; chip không thay đổi.'), REPLACE]],
  [0x6581, [text('Memory failure in the chip.', 'Lỗi bộ nhớ của chip.')]],
  [0x6700, [text('Wrong length.', 'Độ dài lệnh không đúng.')]],
  [0x6881, [text('Logical channels are not supported.', 'Không hỗ trợ kênh logic.')]],
  [0x6882, [text('Secure messaging is not supported.', 'Không hỗ trợ kênh bảo mật.')]],
  [0x6883, [text('The last command of a chain is expected.', 'Chờ lệnh cuối của chuỗi lệnh.')]],
  [0x6884, [text('Command chaining is not supported.', 'Không hỗ trợ chuỗi lệnh.')]],
  [0x6981, [text('The command does not fit the file structure.', 'Lệnh không hợp với cấu trúc tệp.')]],
  [
    0x6982,
    [
      text('Access denied: the security status is not satisfied.', 'Từ chối truy cập: chưa đủ điều kiện bảo mật.'),
      OPEN_FIRST,
    ],
  ],
  [
    0x6983,
    [
      text('The authentication method is blocked.', 'Phương thức xác thực đã bị khóa.'),
      text('Use another access method, or the issuing office.', 'Dùng cách mở khác, hoặc đến cơ quan cấp thẻ.'),
    ],
  ],
  [0x6984, [text('The reference data cannot be used.', 'Dữ liệu tham chiếu không dùng được.')]],
  [0x6985, [text('The conditions of use are not satisfied.', 'Chưa thỏa điều kiện sử dụng.'), CHECK_KEY]],
  [0x6986, [text('The command is not allowed: no file is selected.', 'Lệnh không được phép: chưa chọn tệp.')]],
  [0x6987, [text('Expected secure messaging objects are missing.', 'Thiếu đối tượng của kênh bảo mật.'), REPLACE]],
  [0x6988, [text('Secure messaging objects are incorrect.', 'Đối tượng của kênh bảo mật không đúng.'), REPLACE]],
  [0x6a80, [text('Incorrect parameters in the command data.', 'Tham số trong dữ liệu lệnh không đúng.')]],
  [0x6a81, [text('The function is not supported.', 'Chức năng không được hỗ trợ.')]],
  [0x6a82, [text('The file or application is not there.', 'Không có tệp hoặc ứng dụng này.')]],
  [0x6a83, [text('The record is not there.', 'Không có bản ghi này.')]],
  [0x6a84, [text('Not enough memory in the file.', 'Tệp không đủ bộ nhớ.')]],
  [0x6a86, [text('Incorrect parameters P1-P2.', 'Tham số P1-P2 không đúng.')]],
  [0x6a87, [text('Lc does not fit P1-P2.', 'Lc không hợp với P1-P2.')]],
  [0x6a88, [text('The reference data are not there.', 'Không có dữ liệu tham chiếu.')]],
  [0x6b00, [text('The offset lies outside the file.', 'Vị trí đọc nằm ngoài tệp.')]],
  [0x6d00, [text('The instruction is not supported.', 'Không hỗ trợ lệnh này.')]],
  [0x6e00, [text('The class is not supported.', 'Không hỗ trợ lớp lệnh này.')]],
  [0x6f00, [text('The chip reports an error without diagnosis.', 'Chip báo lỗi không rõ nguyên nhân.'), REPLACE]],
])

/** Status words that are known by their first byte. */
function describeFamily(sw: number): readonly [meaning: StatusText, remedy?: StatusText] {
  const low = sw & 0xff
  switch (sw >> 8) {
    case 0x61:
      return [text(`${low || 256} more bytes are available.`, `Còn ${low || 256} byte dữ liệu.`)]
    case 0x62:
      return [text('Warning; the chip is unchanged.', 'Cảnh báo; chip không thay đổi.')]
    case 0x63:
      if (low >> 4 === 0xc) {
        const tries = low & 0xf
        return [text(`Wrong access key; ${tries} tries left.`, `Sai khóa truy cập; còn ${tries} lần thử.`), CHECK_KEY]
      }
      return [text('Warning; the chip has changed.', 'Cảnh báo; chip đã thay đổi.')]
    case 0x64:
    case 0x65:
    case 0x66:
      return [text('Execution error.', 'Lỗi thực thi.'), REPLACE]
    case 0x6c:
      return [
        text(`Wrong expected length; ${low || 256} is right.`, `Độ dài chờ nhận không đúng; đúng là ${low || 256}.`),
      ]
    case 0x67:
    case 0x68:
    case 0x69:
    case 0x6a:
      return [text('The chip refuses the command.', 'Chip từ chối lệnh.')]
    default:
      return [text('Unknown status word.', 'Mã trạng thái không xác định.')]
  }
}

/** Meaning and remedy of a status word, Vietnamese and English; every number has a description. */
export function describeStatusWord(sw: number): StatusWordDescription {
  const [meaning, remedy] = EXACT.get(sw) ?? describeFamily(sw)
  return remedy ? { sw, meaning, remedy } : { sw, meaning }
}

/** The status word as four hex digits. */
export function formatStatusWord(sw: number): string {
  return sw.toString(16).toUpperCase().padStart(4, '0')
}

function errorCode(sw: number): ErrorCode {
  if (sw === 0x6a82) return 'FILE_NOT_FOUND'
  if (sw === 0x6982) return 'ACCESS_DENIED'
  if (sw === 0x6983) return 'ACCESS_BLOCKED'
  return sw >> 4 === 0x63c ? 'ACCESS_KEY_WRONG' : 'STATUS_WORD'
}

/**
 * The data of a response whose status word is 9000, and nothing else: 6282 and 61xx are not success here. Throws
 * StatusWordError with the word and `step` in its facts: FILE_NOT_FOUND (6A82), ACCESS_DENIED (6982), ACCESS_KEY_WRONG
 * (63Cx, with the tries left), ACCESS_BLOCKED (6983), else STATUS_WORD.
 */
export function expectOk(response: ResponseApdu, step: string): Uint8Array {
  const { sw, data } = response
  if (sw === 0x9000) return data
  const { meaning, remedy } = describeStatusWord(sw)
  const code = errorCode(sw)
  throw new StatusWordError(code, `${step}: ${formatStatusWord(sw)}. ${meaning.en}`, {
    sw,
    step,
    ...(code === 'ACCESS_KEY_WRONG' ? { triesLeft: sw & 0xf } : {}),
    ...(remedy ? { remedy: remedy.en } : {}),
  })
}
