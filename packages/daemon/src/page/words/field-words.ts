import type { FieldName, FieldSource } from '../../person.ts'
import type { Language, Text } from './language.ts'

/** Every field in the order of the page; the first two stand large beside the portrait. */
export const FIELD_WORDS: Readonly<Record<FieldName, Text>> = {
  fullName: { vi: 'Họ và tên', en: 'Full name' },
  personalNumber: { vi: 'Số định danh', en: 'Personal number' },
  dateOfBirth: { vi: 'Ngày sinh', en: 'Date of birth' },
  sex: { vi: 'Giới tính', en: 'Sex' },
  nationality: { vi: 'Quốc tịch', en: 'Nationality' },
  dateOfIssue: { vi: 'Ngày cấp', en: 'Date of issue' },
  dateOfExpiry: { vi: 'Có giá trị đến', en: 'Valid until' },
  placeOfResidence: { vi: 'Nơi cư trú', en: 'Place of residence' },
  placeOfOrigin: { vi: 'Quê quán', en: 'Place of origin' },
  ethnicity: { vi: 'Dân tộc', en: 'Ethnicity' },
  religion: { vi: 'Tôn giáo', en: 'Religion' },
  identifyingFeatures: { vi: 'Đặc điểm nhận dạng', en: 'Identifying features' },
  father: { vi: 'Cha', en: 'Father' },
  mother: { vi: 'Mẹ', en: 'Mother' },
  spouse: { vi: 'Vợ hoặc chồng', en: 'Spouse' },
  oldNumber: { vi: 'Số giấy tờ cũ', en: 'Old number' },
  documentNumber: { vi: 'Số thẻ trong MRZ', en: 'Document number in the MRZ' },
  insuranceNumber: { vi: 'Mã số BHXH', en: 'Social insurance number' },
  insuranceCardNumber: { vi: 'Số thẻ BHYT', en: 'Health insurance card' },
}

export const FIELD_ORDER: readonly FieldName[] = Object.keys(FIELD_WORDS) as FieldName[]

/** Long values take the whole width. */
export const WIDE_FIELDS: ReadonlySet<FieldName> = new Set(['placeOfResidence', 'placeOfOrigin', 'identifyingFeatures'])

/** What the mark beside a value says in a word, and what it means in a sentence. */
export const SOURCE_WORDS: Readonly<Record<FieldSource, Text & { readonly means: Text }>> = {
  chip: { vi: 'Chip', en: 'Chip', means: { vi: 'đọc từ chip', en: 'read from the chip' } },
  mrz: {
    vi: 'MRZ',
    en: 'MRZ',
    means: { vi: 'từ dòng MRZ in trên thẻ, không có chữ ký', en: 'from the printed MRZ, unsigned' },
  },
  qr: {
    vi: 'QR',
    en: 'QR',
    means: { vi: 'từ mã QR in trên thẻ, không có chữ ký', en: 'from the printed QR, unsigned' },
  },
  'insurance-gateway': {
    vi: 'BHYT',
    en: 'BHYT',
    means: { vi: 'từ cổng bảo hiểm y tế', en: 'from the health insurance gateway' },
  },
  typed: { vi: 'Gõ tay', en: 'Typed', means: { vi: 'do người gõ vào', en: 'typed by hand' } },
}

const SEXES: Readonly<Record<string, Text>> = {
  male: { vi: 'Nam', en: 'Male' },
  female: { vi: 'Nữ', en: 'Female' },
  unknown: { vi: 'Không ghi', en: 'Not stated' },
}

/** A value as it is shown and copied: the words of the card, and the sex in words. */
export function shownValue(name: FieldName, value: string, language: Language): string {
  if (name === 'sex') return SEXES[value]?.[language] ?? value
  return value
}

/** Where the printed side says something else than the value shown. */
export function differenceWords(source: 'qr' | 'mrz' | 'typed', kind: 'differs' | 'diacritics'): Text {
  const printed = SOURCE_WORDS[source]
  return kind === 'diacritics'
    ? { vi: `${printed.vi} chỉ khác dấu`, en: `${printed.en} differs in its marks alone` }
    : { vi: `${printed.vi} ghi khác`, en: `${printed.en} says something else` }
}
