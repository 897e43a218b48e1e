import type { Text } from './language.ts'

/** The words of the page that belong to no one part. */
export const WORDS = {
  title: { vi: 'Bàn đọc căn cước', en: 'ID card desk' },
  placeCard: { vi: 'Đặt thẻ lên đầu đọc', en: 'Place the card on the reader' },
  thenScan: {
    vi: 'rồi quét mã QR trên thẻ, hoặc gõ số định danh',
    en: 'then scan the QR on the card, or type the personal number',
  },
  thenWait: { vi: 'Việc đọc bắt đầu ngay khi có thẻ.', en: 'Reading starts as soon as a card is there.' },
  scanQr: { vi: 'Quét mã QR trên thẻ', en: 'Scan the QR on the card' },
  orType: {
    vi: 'hoặc gõ số định danh; thẻ đã nằm trên đầu đọc',
    en: 'or type the personal number; the card lies on the reader',
  },
  keepCard: { vi: 'Giữ yên thẻ trên đầu đọc', en: 'Leave the card on the reader' },
  nextPatient: { vi: 'Người tiếp theo', en: 'Next person' },
  cancel: { vi: 'Dừng đọc', en: 'Stop reading' },
  readAgain: { vi: 'Đọc lại', en: 'Read again' },
  copyAll: { vi: 'Chép tất cả', en: 'Copy all' },
  copy: { vi: 'Chép', en: 'Copy' },
  copied: { vi: 'Đã chép', en: 'Copied' },
  copyFailed: { vi: 'Trình duyệt không cho chép', en: 'The browser does not allow copying' },
  scanAgain: { vi: 'Quét hoặc gõ lại', en: 'Scan or type again' },
  sent: { vi: 'Đã gửi', en: 'Sent' },
  layingCard: { vi: 'Đang đặt thẻ mô phỏng lên đầu đọc…', en: 'Laying the simulated card on the reader…' },
  export: { vi: 'Xuất', en: 'Export' },
  checks: { vi: 'Các mục kiểm tra', en: 'The checks' },
  shortcuts: { vi: 'Phím tắt', en: 'Shortcuts' },
  close: { vi: 'Đóng', en: 'Close' },
  theme: { vi: 'Sáng hay tối', en: 'Light or dark' },
  endShift: { vi: 'Kết thúc ca', en: 'End the shift' },
  portrait: { vi: 'Ảnh chân dung trong chip', en: 'Portrait from the chip' },
  noPortrait: { vi: 'Thẻ không có ảnh', en: 'The card has no portrait' },
  portraitUnread: { vi: 'Chưa đọc được ảnh', en: 'The portrait was not read' },
  portraitComing: { vi: 'Ảnh đang được đọc', en: 'The portrait is being read' },
  cleared: { vi: 'Đã xóa mọi dữ liệu của người trước', en: "The last person's data are erased" },
  clearedHere: {
    vi: 'Đã xóa trên trang này. Chương trình đọc sẽ được báo xóa ngay khi nối lại.',
    en: 'Erased on this page. The desk program is told to erase as soon as it is back.',
  },
  clearedByTime: {
    vi: 'Dữ liệu đã được xóa vì để lâu không dùng',
    en: 'The data were erased after a time without use',
  },
  linkLost: {
    vi: 'Mất kết nối với chương trình đọc thẻ trên máy này',
    en: 'No connection to the desk program on this machine',
  },
  linkLostTodo: {
    vi: 'Trang tự nối lại. Nếu lâu hơn một phút, báo người quản trị khởi động lại dịch vụ.',
    en: 'The page connects again by itself. After a minute, ask the administrator to restart the service.',
  },
  linkBack: { vi: 'Đã nối lại', en: 'Connected again' },
  skip: { vi: 'Đến ô nhập', en: 'Skip to the input' },
} as const satisfies Readonly<Record<string, Text>>
