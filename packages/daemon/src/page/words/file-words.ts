import type { Text } from './language.ts'

const FILES: Readonly<Record<string, Text>> = {
  'EF.CardAccess': { vi: 'cách mở chip', en: 'how the chip opens' },
  'EF.ATR/INFO': { vi: 'khả năng của chip', en: 'what the chip can do' },
  'EF.DIR': { vi: 'danh mục ứng dụng', en: 'the list of applications' },
  'EF.COM': { vi: 'danh mục dữ liệu', en: 'the list of contents' },
  'EF.SOD': { vi: 'chữ ký của cơ quan cấp', en: "the issuer's signature" },
  'EF.DG1': { vi: 'số thẻ và ngày tháng', en: 'number and dates' },
  'EF.DG2': { vi: 'ảnh chân dung', en: 'the portrait' },
  'EF.DG13': { vi: 'họ tên, nơi cư trú', en: 'name and residence' },
  'EF.DG14': { vi: 'khóa chống sao chép', en: 'the key against copying' },
  'EF.DG15': { vi: 'khóa xác thực của chip', en: "the chip's authentication key" },
  'EF.CardSecurity': { vi: 'thông tin bảo mật', en: 'security information' },
}

/** What a file of the chip is to the person who waits for it. */
export function fileWords(file: string): Text {
  return FILES[file] ?? { vi: file, en: file }
}

/** The work of a reading as the person at the desk sees it, in order. */
export const STEPS = ['card', 'open', 'person', 'portrait', 'check'] as const
export type Step = (typeof STEPS)[number]

export const STEP_WORDS: Readonly<Record<Step, Text>> = {
  card: { vi: 'Đặt thẻ', en: 'Card' },
  open: { vi: 'Mở chip', en: 'Open' },
  person: { vi: 'Thông tin', en: 'Details' },
  portrait: { vi: 'Ảnh', en: 'Portrait' },
  check: { vi: 'Kết luận', en: 'Verdict' },
}
