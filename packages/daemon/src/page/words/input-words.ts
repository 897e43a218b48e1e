import type { ScanDamage } from '@cccd/mrz'
import type { Recognised, Refusal } from '../scan-input.ts'
import type { Text } from './language.ts'

export const INPUT_WORDS = {
  label: { vi: 'Quét mã QR hoặc gõ số', en: 'Scan the QR or type the number' },
  hint: {
    vi: 'Mã QR trên thẻ · 12 số định danh · 6 số CAN · MRZ · thả hay dán ảnh',
    en: 'QR on the card · 12-digit number · 6-digit CAN · MRZ · drop or paste a picture',
  },
  read: { vi: 'Đọc thẻ', en: 'Read' },
  picture: { vi: 'Chọn ảnh', en: 'Choose a picture' },
  drop: { vi: 'Thả ảnh vào đây', en: 'Drop the picture here' },
  pictureReading: { vi: 'Đang tìm mã trong ảnh…', en: 'Looking for a code in the picture…' },
  pictureEmpty: {
    vi: 'Không tìm thấy mã QR hay MRZ của thẻ trong ảnh. Chụp lại gần hơn, đủ sáng, hoặc gõ 12 số.',
    en: 'No QR or MRZ of a card was found in the picture. Take it again closer and in good light, or type the 12 digits.',
  },
  pictureSeveral: {
    vi: 'Trong ảnh có mã của nhiều thẻ. Chụp từng thẻ một.',
    en: 'The picture shows the codes of several cards. Take one card at a time.',
  },
} as const satisfies Readonly<Record<string, Text>>

export const REFUSAL_WORDS: Readonly<Record<Refusal, Text>> = {
  INSURANCE_QR: {
    vi: 'Đây là mã của thẻ BHYT, không mở được chip. Quét mã QR trên thẻ căn cước.',
    en: 'This is the code of a health insurance card and opens no chip. Scan the QR on the ID card.',
  },
  NO_CARD_TEXT: {
    vi: 'Đây không phải mã của thẻ căn cước. Mã trong ứng dụng VNeID cũng không mở được chip.',
    en: 'This is no code of an ID card. The one in the VNeID app does not open the chip either.',
  },
  SEVERAL_TEXTS: {
    vi: 'Hai thẻ bị quét liền nhau. Xóa ô này và quét lại một thẻ.',
    en: 'Two cards were scanned into one another. Clear the box and scan one card.',
  },
  MRZ_UNCLEAR: {
    vi: 'Dòng MRZ chưa rõ. Quét lại, hoặc gõ 12 số định danh.',
    en: 'The MRZ is not clear. Scan it again, or type the 12-digit number.',
  },
  NOT_TWELVE_DIGITS: {
    vi: 'Quá nhiều chữ số: số định danh có đúng 12 số.',
    en: 'Too many digits: the personal number has exactly 12.',
  },
}

const DAMAGE_WORDS: Readonly<Record<ScanDamage, Text>> = {
  SEPARATORS_LOST: {
    vi: 'Máy quét làm mất dấu | giữa các mục; đã ghép lại.',
    en: 'The scanner lost the | between fields; they were put back.',
  },
  SEPARATORS_REPLACED: {
    vi: 'Máy quét đổi dấu | giữa các mục; đã sửa lại.',
    en: 'The scanner replaced the | between fields; they were put back.',
  },
  TELEX_KEYS: {
    vi: 'Máy quét gõ kiểu Telex: chữ tiếng Việt bị sai. Chip sẽ cho họ tên đúng.',
    en: 'The scanner typed Telex keys: Vietnamese letters are wrong. The chip will give the right name.',
  },
  VNI_KEYS: {
    vi: 'Máy quét gõ kiểu VNI: chữ tiếng Việt bị sai. Chip sẽ cho họ tên đúng.',
    en: 'The scanner typed VNI keys: Vietnamese letters are wrong. The chip will give the right name.',
  },
  LETTERS_LOST: {
    vi: 'Máy quét làm mất chữ tiếng Việt. Chip sẽ cho họ tên đúng; nhờ chỉnh máy quét sang cổng COM.',
    en: 'The scanner lost Vietnamese letters. The chip will give the right name; have the scanner set to its serial mode.',
  },
  NO_VIETNAMESE_LETTERS: {
    vi: 'Không thấy dấu tiếng Việt: có thể máy quét làm mất. Chip sẽ cho họ tên đúng.',
    en: 'No Vietnamese letter has a mark: the scanner may drop them. The chip will give the right name.',
  },
  TEXT_CUT: { vi: 'Mã bị cắt ở cuối.', en: 'The end of the text is missing.' },
  SEVERAL_TEXTS: { vi: 'Có nhiều hơn một thẻ.', en: 'More than one card.' },
}

/** A sentence for each damage; that no letter has a mark goes without saying where letters are lost. */
export function damageWords(damage: readonly ScanDamage[]): readonly Text[] {
  const told = damage.filter(one => one !== 'NO_VIETNAMESE_LETTERS' || !damage.includes('LETTERS_LOST'))
  return told.map(one => DAMAGE_WORDS[one])
}

const READY: Readonly<Record<'card-qr' | 'mrz' | 'number' | 'can', Text>> = {
  'card-qr': { vi: 'Mã QR của thẻ căn cước. Nhấn Enter để đọc.', en: 'The QR of an ID card. Press Enter to read.' },
  mrz: { vi: 'Dòng MRZ của thẻ. Nhấn Enter để đọc.', en: 'The MRZ of a card. Press Enter to read.' },
  number: { vi: 'Đủ 12 số định danh. Nhấn Enter để đọc.', en: 'All 12 digits. Press Enter to read.' },
  can: {
    vi: 'Đủ 6 số CAN: Enter để đọc, hoặc gõ tiếp 12 số định danh.',
    en: 'A 6-digit CAN: Enter to read, or go on to 12 digits.',
  },
}

/** One line on what is in the box so far; null when there is nothing to say. */
export function inputStateWords(recognised: Recognised): Text | null {
  switch (recognised.kind) {
    case 'empty':
      return null
    case 'digits': {
      const missing = 12 - recognised.count
      return { vi: `Còn thiếu ${missing} số`, en: `${missing} more digit${missing === 1 ? '' : 's'}` }
    }
    case 'lines':
      return { vi: `Đã có dòng MRZ ${recognised.count} trên 3`, en: `MRZ line ${recognised.count} of 3` }
    case 'ready':
      return READY[recognised.what]
    case 'refused':
      return REFUSAL_WORDS[recognised.why]
  }
}
