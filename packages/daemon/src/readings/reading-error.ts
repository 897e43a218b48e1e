import { CardToolkitError, type ErrorCode } from '@cccd/card-core'
import { DeskError, type DeskErrorCode } from '../api/errors.ts'
import type { ReadingError } from '../api/readings.ts'
import { ERROR_REPLIES } from '../http/error-table.ts'

interface Words {
  readonly vi: string
  readonly en: string
  readonly hintVi: string
  readonly hintEn: string
}

const AGAIN = {
  hintVi: 'Đặt lại thẻ và đọc lại. Nếu vẫn vậy, giữ thẻ lại để kiểm tra.',
  hintEn: 'Place the card again and read once more. If it stays so, set the card aside for examination.',
}

/** What a clerk is told of a reading that failed: what happened, and what to do. Other codes have the sentence of the
 * error table and the general advice. */
const WORDS: Readonly<Partial<Record<ErrorCode | DeskErrorCode, Words>>> = {
  NO_CARD: {
    vi: 'Không có thẻ trong thời gian chờ.',
    en: 'No card came in time.',
    hintVi: 'Đặt thẻ lên đầu đọc rồi bắt đầu lại.',
    hintEn: 'Place the card on the reader and start again.',
  },
  CARD_REMOVED: {
    vi: 'Thẻ bị nhấc ra khi đang đọc.',
    en: 'The card was lifted while being read.',
    hintVi: 'Đặt lại chính thẻ đó và giữ yên đến khi xong.',
    hintEn: 'Put the same card back and leave it until done.',
  },
  CARD_MUTE: {
    vi: 'Thẻ không lên tiếng.',
    en: 'The card does not answer.',
    hintVi: 'Đặt thẻ nằm phẳng, một mình trên đầu đọc; lau mặt tiếp xúc.',
    hintEn: 'Lay the card flat and alone on the reader; wipe its contacts.',
  },
  CARD_TIMEOUT: {
    vi: 'Thẻ im lặng quá lâu, đã ngắt.',
    en: 'The card was silent for too long and was cut off.',
    hintVi: 'Nhấc thẻ ra, đặt lại rồi đọc lại.',
    hintEn: 'Take the card off, place it again and read once more.',
  },
  ACCESS_KEY_WRONG: {
    vi: 'Mã QR, MRZ hoặc số không khớp với thẻ này.',
    en: 'QR, MRZ or number do not fit this card.',
    hintVi: 'Kiểm tra mã QR và thẻ là của cùng một người, rồi quét lại.',
    hintEn: 'Check that QR and card are of the same person, then scan again.',
  },
  ACCESS_BLOCKED: {
    vi: 'Thẻ tạm khóa sau nhiều lần sai.',
    en: 'The card blocks itself after too many wrong tries.',
    hintVi: 'Đừng thử nữa lúc này. Kiểm tra giấy tờ bằng cách khác.',
    hintEn: 'Do not try again now. Check the document in another way.',
  },
  ACCESS_PROTOCOL_MISSING: {
    vi: 'Thẻ này không mở được bằng thông tin đã cho.',
    en: 'This card does not open with what was given.',
    hintVi: 'Quét cả mã QR, hoặc nhập MRZ ở mặt sau.',
    hintEn: 'Scan the whole QR, or enter the MRZ of the back.',
  },
  DOWNGRADE_REFUSED: {
    vi: 'Cách mở an toàn (PACE) thất bại và không được phép dùng cách yếu hơn.',
    en: 'The safe way to open it (PACE) failed, and the weaker one is not allowed.',
    hintVi: 'Đọc lại. Nếu vẫn vậy, đừng tin thẻ này.',
    hintEn: 'Read once more. If it stays so, do not trust this card.',
  },
  CHIP_CHANGED: {
    vi: 'Thẻ đặt lại không phải thẻ lúc trước.',
    en: 'The card put back is not the one before.',
    hintVi: 'Bắt đầu lại với một thẻ.',
    hintEn: 'Start again with one card.',
  },
  READER_BUSY: {
    vi: 'Chương trình khác đang dùng đầu đọc.',
    en: 'Another program is using the reader.',
    hintVi: 'Đóng chương trình đó rồi đọc lại.',
    hintEn: 'Close that program, then read again.',
  },
  NO_READER: {
    vi: 'Đầu đọc không còn cắm.',
    en: 'The reader is not plugged in.',
    hintVi: 'Cắm đầu đọc rồi bắt đầu lại.',
    hintEn: 'Plug the reader in and start again.',
  },
  READER_FAILED: {
    vi: 'Mất liên lạc với đầu đọc.',
    en: 'The connection to the reader broke off.',
    hintVi: 'Rút đầu đọc, cắm lại, rồi bắt đầu lại.',
    hintEn: 'Unplug the reader, plug it in again, then start again.',
  },
  NO_SMARTCARD_SERVICE: {
    vi: 'Dịch vụ thẻ thông minh đã dừng.',
    en: 'The smart card service has stopped.',
    hintVi: 'Chờ vài giây rồi bắt đầu lại. Nếu vẫn vậy, gọi người quản trị (Linux: pcscd; Windows: “Smart Card”).',
    hintEn:
      'Wait a few seconds and start again. If it stays so, call the operator (Linux: pcscd; Windows: “Smart Card”).',
  },
  READ_CANCELLED: {
    vi: 'Đã dừng theo yêu cầu.',
    en: 'Stopped as asked.',
    hintVi: 'Bắt đầu lại khi cần.',
    hintEn: 'Start again when needed.',
  },
  INTERNAL: {
    vi: 'Lỗi của chương trình máy đọc.',
    en: "A fault of the desk's program.",
    hintVi: 'Đọc lại. Nếu vẫn vậy, gọi người quản trị.',
    hintEn: 'Read again. If it stays so, call the operator.',
  },
}

/** What a reading says of the error that ended it: code, words and the tries left, never the error's own message. */
export function readingError(error: unknown): ReadingError {
  const known = error instanceof CardToolkitError || error instanceof DeskError
  const code: ErrorCode | DeskErrorCode = known ? error.code : 'INTERNAL'
  const { vi, en } = ERROR_REPLIES[code]
  const triesLeft = known ? error.facts.triesLeft : undefined
  return { code, ...(WORDS[code] ?? { vi, en, ...AGAIN }), ...(triesLeft === undefined ? {} : { triesLeft }) }
}
