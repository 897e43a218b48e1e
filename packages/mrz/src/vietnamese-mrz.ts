/**
 * The MRZ of Vietnam's card, a TD1 whose first optional field is the whole personal number, two fillers and a check
 * digit over it. Its last nine digits are the document number, so line 1 holds them twice.
 */
import { checkDigit } from './check-digit.ts'
import { FormatError } from './error.ts'
import { NO_EXPIRY } from './expiry.ts'
import { MRZ_LAYOUTS, type MrzFieldName, type MrzSpan, textAt, windowOf } from './layout.ts'
import { formatMrz, type Mrz, parseMrz } from './mrz.ts'
import { truncateNames } from './name-field.ts'
import { type FullDate, isOnCalendar, mrzDate, type PartialDate } from './partial-date.ts'
import {
  decodePersonalNumber,
  documentNumberFromPersonalNumber,
  isPersonalNumber,
  type Sex,
} from './personal-number.ts'
import { transliterate } from './transliteration.ts'

/** Where the parts of the first optional field stand. */
export const VIETNAMESE_MRZ_LAYOUT: Readonly<
  Record<'personalNumber' | 'filler' | 'personalNumberCheckDigit', MrzSpan>
> = {
  personalNumber: { line: 1, from: 16, to: 27 },
  filler: { line: 1, from: 28, to: 29 },
  personalNumberCheckDigit: { line: 1, from: 30, to: 30 },
}

export type VietnameseMrzFindingCode =
  | 'LAYOUT_DIFFERS'
  | 'STATE_NOT_VIETNAM'
  | 'PERSONAL_NUMBER_UNREADABLE'
  | 'PERSONAL_NUMBER_CHECK_DIGIT'
  | 'NUMBERS_DIFFER'
  | 'BIRTH_YEAR_DIFFERS'
  | 'SEX_DIFFERS'

/** One cross-check that failed; line and column (from 1) of the first character that differs. */
export interface VietnameseMrzFinding {
  readonly code: VietnameseMrzFindingCode
  readonly field: MrzFieldName | 'personalNumber' | 'personalNumberCheckDigit'
  readonly line: number
  readonly column: number
  readonly expected: string
  readonly found: string
}

export interface VietnameseMrz {
  readonly mrz: Mrz
  /** The twelve digits of the optional field; null when they are not twelve digits. */
  readonly personalNumber: string | null
  /** Capitals without marks, family name first. */
  readonly fullName: string
  /** With the century from the personal number; null when the number or the date cannot be read. */
  readonly dateOfBirth: PartialDate | null
  readonly sex: Sex | null
  /** `none` when the card does not expire (991231, or 99 with month and day of birth). */
  readonly dateOfExpiry: PartialDate | 'none' | null
  /** Of the Vietnamese layout; those of every MRZ stand in `mrz.findings`. */
  readonly findings: readonly VietnameseMrzFinding[]
}

/** Whether an MRZ says that it is of a Vietnamese card. */
export function isVietnameseMrz(mrz: Mrz): boolean {
  return mrz.format === 'TD1' && mrz.issuingState === 'VNM'
}

/** Reads the MRZ of a Vietnamese card and makes its cross-checks; what does not agree is a finding. Throws FormatError
 * MRZ_MALFORMED as `parseMrz` does, and when it is not a TD1. */
export function parseVietnameseMrz(input: string | readonly string[] | Mrz): VietnameseMrz {
  const mrz = isMrz(input) ? input : parseMrz(input)
  if (mrz.format !== 'TD1') throw new FormatError('MRZ_MALFORMED', `the card has a TD1, this is a ${mrz.format}`)
  const text = textAt(mrz.lines, VIETNAMESE_MRZ_LAYOUT.personalNumber)
  const personalNumber = isPersonalNumber(text) ? text : null
  const decoded = personalNumber === null ? null : decodePersonalNumber(personalNumber)
  return {
    mrz,
    personalNumber,
    fullName: `${mrz.primaryIdentifier} ${mrz.secondaryIdentifier}`.trim(),
    dateOfBirth: decoded === null ? null : withCentury(mrz.dateOfBirth, decoded.century),
    sex: mrz.sex === 'M' ? 'male' : mrz.sex === 'F' ? 'female' : null,
    dateOfExpiry: mrz.dateOfExpiry.startsWith('99') ? 'none' : withCentury(mrz.dateOfExpiry, 2000),
    findings: [...layoutFindings(mrz), ...numberFindings(mrz, text)],
  }
}

export interface VietnameseMrzFields {
  readonly personalNumber: string
  /** As printed, family name first; letters with their marks. */
  readonly fullName: string
  readonly dateOfBirth: PartialDate
  readonly sex: Sex
  /** Null: does not expire. */
  readonly dateOfExpiry: FullDate | null
}

/** The three lines for a holder. Throws FormatError PERSONAL_NUMBER_MALFORMED, or MRZ_MALFORMED when the name cannot be
 * written in the letters of the MRZ. */
export function formatVietnameseMrz(holder: VietnameseMrzFields): string[] {
  const documentNumber = documentNumberFromPersonalNumber(holder.personalNumber)
  const [primaryIdentifier = '', ...given] = transliterate(holder.fullName).split(' ')
  return formatMrz({
    format: 'TD1',
    documentCode: 'ID',
    issuingState: 'VNM',
    documentNumber,
    optionalData1: `${holder.personalNumber}<<${checkDigit(holder.personalNumber)}`,
    dateOfBirth: mrzDate(holder.dateOfBirth),
    sex: holder.sex === 'male' ? 'M' : 'F',
    dateOfExpiry: holder.dateOfExpiry === null ? NO_EXPIRY : mrzDate(holder.dateOfExpiry),
    nationality: 'VNM',
    ...truncateNames({ primaryIdentifier, secondaryIdentifier: given.join(' ') }, MRZ_LAYOUTS.TD1.lineLength),
  })
}

function isMrz(input: string | readonly string[] | Mrz): input is Mrz {
  return typeof input === 'object' && 'findings' in input
}

function layoutFindings(mrz: Mrz): VietnameseMrzFinding[] {
  const findings: VietnameseMrzFinding[] = []
  const compare = (code: VietnameseMrzFindingCode, field: MrzFieldName, expected: string): void => {
    const at = windowOf(MRZ_LAYOUTS.TD1, field)
    if (at !== undefined) findings.push(...difference(code, field, at, { expected, found: textAt(mrz.lines, at) }))
  }
  compare('LAYOUT_DIFFERS', 'documentCode', 'ID')
  compare('STATE_NOT_VIETNAM', 'issuingState', 'VNM')
  compare('STATE_NOT_VIETNAM', 'nationality', 'VNM')
  compare('LAYOUT_DIFFERS', 'optionalData2', '<<<<<<<<<<<')
  const { filler } = VIETNAMESE_MRZ_LAYOUT
  const found = textAt(mrz.lines, filler)
  return [...findings, ...difference('LAYOUT_DIFFERS', 'optionalData1', filler, { expected: '<<', found })]
}

function numberFindings(mrz: Mrz, text: string): VietnameseMrzFinding[] {
  const { personalNumber: at, personalNumberCheckDigit: checkAt } = VIETNAMESE_MRZ_LAYOUT
  const numberAt = windowOf(MRZ_LAYOUTS.TD1, 'documentNumber') as MrzSpan
  const birthAt = windowOf(MRZ_LAYOUTS.TD1, 'dateOfBirth') as MrzSpan
  const sexAt = windowOf(MRZ_LAYOUTS.TD1, 'sex') as MrzSpan
  const findings = [
    ...difference('PERSONAL_NUMBER_CHECK_DIGIT', 'personalNumberCheckDigit', checkAt, {
      expected: checkDigit(text),
      found: textAt(mrz.lines, checkAt),
    }),
    ...difference('NUMBERS_DIFFER', 'documentNumber', numberAt, {
      expected: text.slice(3),
      found: textAt(mrz.lines, numberAt),
    }),
  ]
  const wrong = text.search(/[^0-9]/)
  if (wrong >= 0) {
    const [column, found] = [at.from + wrong, text.charAt(wrong)]
    const unreadable = { line: at.line, column, expected: 'a digit', found }
    return [{ code: 'PERSONAL_NUMBER_UNREADABLE', field: 'personalNumber', ...unreadable }, ...findings]
  }
  const { sex, birthYear } = decodePersonalNumber(text)
  const year = { expected: String(birthYear % 100).padStart(2, '0'), found: mrz.dateOfBirth.slice(0, 2) }
  const letter = { expected: sex === 'male' ? 'M' : 'F', found: textAt(mrz.lines, sexAt) }
  return [
    ...findings,
    ...difference('BIRTH_YEAR_DIFFERS', 'dateOfBirth', birthAt, year),
    ...difference('SEX_DIFFERS', 'sex', sexAt, letter),
  ]
}

/** A finding at the first character in which two texts of one length differ; nothing when they are equal. */
function difference(
  code: VietnameseMrzFindingCode,
  field: VietnameseMrzFinding['field'],
  at: MrzSpan,
  { expected, found }: { readonly expected: string; readonly found: string },
): VietnameseMrzFinding[] {
  if (expected === found) return []
  let first = 0
  while (first < expected.length && expected[first] === found[first]) first++
  return [{ code, field, line: at.line, column: at.from + first, expected, found }]
}

function withCentury(text: string, century: number): PartialDate | null {
  if (!/^\d\d(?:\d\d|<<){2}$/.test(text)) return null
  const month = text.startsWith('<<', 2) ? null : Number(text.slice(2, 4))
  const day = text.startsWith('<<', 4) || month === null ? null : Number(text.slice(4, 6))
  const date = { year: century + Number(text.slice(0, 2)), month, day }
  return isOnCalendar(date) ? date : null
}
