import type { ErrorCode } from '@cccd/mrz'

/** What the person at the desk is told when a receiver does not do its part. */
const WORDS: Partial<Readonly<Record<ErrorCode, { readonly vi: string; readonly en: string }>>> = {
  CONNECTOR_TIMEOUT: {
    vi: 'Máy chủ trả lời quá chậm. Thử lại sau.',
    en: 'The server answers too slowly. Try again later.',
  },
  CONNECTOR_UNREACHABLE: {
    vi: 'Không nối được tới máy chủ. Kiểm tra mạng.',
    en: 'The server cannot be reached. Check the network.',
  },
  CONNECTOR_REFUSED: { vi: 'Máy chủ từ chối. Báo quản trị.', en: 'The server refused. Tell the administrator.' },
  CONNECTOR_SERVER_FAILED: { vi: 'Máy chủ đang gặp lỗi. Thử lại sau.', en: 'The server has a fault. Try again later.' },
  READ_CANCELLED: { vi: 'Đã dừng theo yêu cầu.', en: 'Stopped as asked.' },
  CONNECTOR_REPLY_MALFORMED: {
    vi: 'Máy chủ trả lời không đúng dạng. Báo quản trị.',
    en: 'The server gave a malformed answer. Tell the administrator.',
  },
}

/** The words for a failure's code. */
export function connectorWords(code: ErrorCode): { readonly vi: string; readonly en: string } {
  return WORDS[code] ?? { vi: 'Không hỏi được máy chủ.', en: 'The server could not be asked.' }
}
