/**
 * The twelve-digit personal number (số định danh): three digits for the place where the birth was registered, one for
 * sex and century, two for the year of birth, six of serial. The table of places lapsed on 1 July 2024 and the law now
 * promises twelve digits and no more, so what does not fit is a warning, never a rejection.
 */
import { FormatError } from './error.ts'
import type { PartialDate } from './partial-date.ts'
import { PROVINCES } from './province.ts'

export type Sex = 'male' | 'female'

export interface PersonalNumber {
  readonly personalNumber: string
  readonly provinceCode: string
  /** Name of the province as it was before the merger of 2025; absent when the code is not in the table. */
  readonly province?: string
  readonly sex: Sex
  /** First year of the century: 1900, 2000, … 2300. */
  readonly century: number
  readonly birthYear: number
  readonly serial: string
  readonly warnings: readonly PersonalNumberWarning[]
}

/** PROVINCE_UNKNOWN: the code is not in the table (a country code, a new code, an invented number). SEX_DIFFERS and
 * BIRTH_YEAR_DIFFERS: the number says something else than what stands beside it. */
export type PersonalNumberWarning = 'PROVINCE_UNKNOWN' | 'SEX_DIFFERS' | 'BIRTH_YEAR_DIFFERS'

/** What the number is compared with; null and absent values are not compared. */
export interface BesidePersonalNumber {
  readonly sex?: Sex | null
  readonly dateOfBirth?: PartialDate | null
}

/** Takes the number apart and, where given, compares it with sex and birth date. Throws FormatError
 * PERSONAL_NUMBER_MALFORMED when the text is not twelve digits. */
export function decodePersonalNumber(text: string, beside: BesidePersonalNumber = {}): PersonalNumber {
  requirePersonalNumber(text)
  const provinceCode = text.slice(0, 3)
  const province = PROVINCES[provinceCode]
  const sexAndCentury = Number(text[3])
  const sex: Sex = sexAndCentury % 2 === 0 ? 'male' : 'female'
  const century = 1900 + 100 * Math.floor(sexAndCentury / 2)
  const birthYear = century + Number(text.slice(4, 6))
  const warnings: PersonalNumberWarning[] = []
  if (province === undefined) warnings.push('PROVINCE_UNKNOWN')
  if (beside.sex != null && beside.sex !== sex) warnings.push('SEX_DIFFERS')
  if (beside.dateOfBirth != null && beside.dateOfBirth.year !== birthYear) warnings.push('BIRTH_YEAR_DIFFERS')
  return {
    personalNumber: text,
    provinceCode,
    ...(province === undefined ? {} : { province }),
    sex,
    century,
    birthYear,
    serial: text.slice(6),
    warnings,
  }
}

/** The card access number that is printed nowhere but stands in the personal number: its last six digits. Throws
 * FormatError PERSONAL_NUMBER_MALFORMED when the text is not twelve digits. */
export function canFromPersonalNumber(personalNumber: string): string {
  requirePersonalNumber(personalNumber)
  return personalNumber.slice(6)
}

/** The document number of the card's MRZ: the last nine of the twelve digits. Throws FormatError
 * PERSONAL_NUMBER_MALFORMED when the text is not twelve digits. */
export function documentNumberFromPersonalNumber(personalNumber: string): string {
  requirePersonalNumber(personalNumber)
  return personalNumber.slice(3)
}

export function isPersonalNumber(text: string): boolean {
  return /^[0-9]{12}$/.test(text)
}

function requirePersonalNumber(text: string): void {
  if (isPersonalNumber(text)) return
  const index = text.search(/[^0-9]/)
  const detail = index < 0 ? `${text.length} digits` : `a character that is no digit in place ${index + 1}`
  throw new FormatError('PERSONAL_NUMBER_MALFORMED', `a personal number has twelve digits, this has ${detail}`, {
    field: 'personalNumber',
    ...(index < 0 ? {} : { column: index + 1 }),
  })
}
