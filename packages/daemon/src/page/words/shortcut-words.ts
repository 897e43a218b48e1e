import type { Text } from './language.ts'

/** Every shortcut of the page with what it does; `Alt` with the key after it, otherwise one key or the other. */
export const SHORTCUTS: readonly (readonly [readonly string[], Text])[] = [
  [['F2', 'Esc'], { vi: 'Người tiếp theo: xóa hết; đang đọc thì dừng', en: 'Next person: erase all; stops a reading' }],
  [['Enter'], { vi: 'Đọc thẻ với nội dung trong ô nhập', en: 'Read with what is in the input box' }],
  [['F4'], { vi: 'Chép tất cả', en: 'Copy all' }],
  [['F6'], { vi: 'Tra cứu thẻ BHYT', en: 'Look up the insurance card' }],
  [['F7'], { vi: 'Đọc lại', en: 'Read again' }],
  [['F8'], { vi: 'Mở danh sách xuất', en: 'Open the export list' }],
  [['F9'], { vi: 'Mở các mục kiểm tra', en: 'Open the checks' }],
  [['Alt', 'L'], { vi: 'Đổi tiếng Việt và tiếng Anh', en: 'Switch Vietnamese and English' }],
  [['F1'], { vi: 'Bảng phím tắt này', en: 'This list' }],
]
