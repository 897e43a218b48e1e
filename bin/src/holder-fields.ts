import { CardToolkitError, type LdsFiles, parseDg1, parseDg13 } from '@cccd/card-core'
import type { Text } from './language.ts'

/** One field for the screen, with where it came from. */
export interface HolderField {
  readonly key: string
  readonly title: Text
  readonly value: string
  readonly source: 'EF.DG13' | 'EF.DG1'
}

const TITLES = {
  personalNumber: { vi: 'Số định danh', en: 'Personal number' },
  fullName: { vi: 'Họ và tên', en: 'Full name' },
  dateOfBirth: { vi: 'Ngày sinh', en: 'Date of birth' },
  sex: { vi: 'Giới tính', en: 'Sex' },
  nationality: { vi: 'Quốc tịch', en: 'Nationality' },
  ethnicity: { vi: 'Dân tộc', en: 'Ethnicity' },
  religion: { vi: 'Tôn giáo', en: 'Religion' },
  placeOfOrigin: { vi: 'Quê quán', en: 'Place of origin' },
  placeOfResidence: { vi: 'Nơi thường trú', en: 'Place of residence' },
  identifyingFeatures: { vi: 'Đặc điểm nhận dạng', en: 'Identifying features' },
  dateOfIssue: { vi: 'Ngày cấp', en: 'Date of issue' },
  dateOfExpiry: { vi: 'Có giá trị đến', en: 'Date of expiry' },
  parents: { vi: 'Cha, mẹ', en: 'Parents' },
  spouse: { vi: 'Vợ, chồng', en: 'Spouse' },
  oldNumber: { vi: 'Số CMND cũ', en: 'Old number' },
} as const

/** The Vietnamese fields of DG13 as they stand, then what only DG1 has. A file that cannot be parsed gives no fields:
 * the report says what is wrong with it. */
export function holderFields(files: LdsFiles): HolderField[] {
  const fields: HolderField[] = []
  const dg13 = files['EF.DG13']
  const vietnamese = dg13 && attempt(() => parseDg13(dg13))
  if (vietnamese) {
    for (const [key, title] of Object.entries(TITLES) as [keyof typeof TITLES, Text][]) {
      const value = vietnamese[key]
      const text = Array.isArray(value) ? value.join('; ') : (value as string | undefined)
      if (text) fields.push({ key, title, value: text, source: 'EF.DG13' })
    }
  }
  const dg1 = files['EF.DG1']
  const mrz = dg1 && attempt(() => parseDg1(dg1).mrz)
  if (mrz) {
    const add = (key: string, title: Text, value: string): void => {
      if (value) fields.push({ key, title, value, source: 'EF.DG1' })
    }
    add('documentNumber', { vi: 'Số giấy tờ (MRZ)', en: 'Document number (MRZ)' }, mrz.documentNumber)
    add(
      'mrzName',
      { vi: 'Tên trong MRZ', en: 'Name in the MRZ' },
      `${mrz.primaryIdentifier} ${mrz.secondaryIdentifier}`.trim(),
    )
    if (!vietnamese) {
      add('mrzDateOfBirth', { vi: 'Ngày sinh (MRZ)', en: 'Date of birth (MRZ)' }, mrz.dateOfBirth)
      add('mrzSex', { vi: 'Giới tính (MRZ)', en: 'Sex (MRZ)' }, mrz.sex)
      add('mrzNationality', { vi: 'Quốc tịch (MRZ)', en: 'Nationality (MRZ)' }, mrz.nationality)
    }
    add('mrzDateOfExpiry', { vi: 'Hết hạn (MRZ)', en: 'Date of expiry (MRZ)' }, mrz.dateOfExpiry)
  }
  return fields
}

/** The value, or undefined where the toolkit refuses the bytes; anything else is a fault of the program. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CardToolkitError) return undefined
    throw error
  }
}
