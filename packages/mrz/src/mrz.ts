import { checkDigit, indexOutsideMrzAlphabet } from './check-digit.ts'
import { readDocumentNumber, withoutFillers } from './document-number.ts'
import { FormatError } from './error.ts'
import { MRZ_LAYOUTS, type MrzFieldName, type MrzFormat, type MrzLayout, textAt, windowOf } from './layout.ts'
import { examineMrz, type MrzFinding } from './mrz-findings.ts'
import { readLines } from './mrz-lines.ts'
import { joinNames, splitNames } from './name-field.ts'

/** The fields of an MRZ without their trailing fillers. Fillers inside names are blanks here (a doubled filler is a
 * doubled blank); fillers inside other fields stay. */
export interface MrzFields {
  readonly format: MrzFormat
  readonly documentCode: string
  readonly issuingState: string
  /** Whole, also when it goes on in the optional data (9303-5, 9303-6). */
  readonly documentNumber: string
  /** YYMMDD, unknown parts are fillers. */
  readonly dateOfBirth: string
  readonly sex: 'M' | 'F' | '<'
  /** YYMMDD */
  readonly dateOfExpiry: string
  readonly nationality: string
  readonly primaryIdentifier: string
  readonly secondaryIdentifier: string
  readonly optionalData1?: string
  /** TD1 alone has a second one. */
  readonly optionalData2?: string
  /** Whole windows that stand in a document otherwise than these fields give: a wrong check digit, a sex that is none.
   * With it a document is formatted as it was read; without it, correctly. */
  readonly asPrinted?: MrzWindowTexts
}

export type MrzWindowTexts = Readonly<Partial<Record<MrzFieldName, string>>>

export interface Mrz extends MrzFields {
  readonly lines: readonly string[]
  readonly findings: readonly MrzFinding[]
}

/** Reads TD1, TD2, TD3, MRV-A or MRV-B from lines, or from a text with or without line ends. Wrong check digits and
 * impossible values are findings. Throws FormatError MRZ_MALFORMED with line and column when number or length of the
 * lines fit no format or a character is outside A–Z 0–9 <. */
export function parseMrz(text: string | readonly string[]): Mrz {
  const { layout, lines } = readLines(text)
  const number = readDocumentNumber(layout, lines)
  const names = splitNames(field(layout, lines, 'name'))
  const sex = field(layout, lines, 'sex')
  const optional = field(layout, lines, 'optionalData1')
  const optionalData1 = withoutFillers(number.taken === 0 ? optional : optional.slice(number.taken))
  const findings = examineMrz(layout, lines, number)
  const mrz: Writable<Mrz> = {
    format: layout.format,
    documentCode: withoutFillers(field(layout, lines, 'documentCode')),
    issuingState: withoutFillers(field(layout, lines, 'issuingState')),
    documentNumber: number.number,
    dateOfBirth: field(layout, lines, 'dateOfBirth'),
    sex: sex === 'M' || sex === 'F' ? sex : '<',
    dateOfExpiry: field(layout, lines, 'dateOfExpiry'),
    nationality: withoutFillers(field(layout, lines, 'nationality')),
    primaryIdentifier: names.primaryIdentifier,
    secondaryIdentifier: names.secondaryIdentifier,
    optionalData1,
    lines,
    findings,
  }
  if (layout.format === 'TD1') mrz.optionalData2 = withoutFillers(field(layout, lines, 'optionalData2'))
  // Most documents are printed as their fields are formatted, and this shows it without formatting them.
  const usual = findings.length === 0 && !number.long && optionalCheckDigitAsFormatted(layout, lines, optionalData1)
  const asPrinted = usual ? undefined : windowsPrintedOtherwise(layout, lines, mrz)
  if (asPrinted !== undefined) mrz.asPrinted = asPrinted
  return mrz
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function field(layout: MrzLayout, lines: readonly string[], name: MrzFieldName): string {
  const window = windowOf(layout, name)
  return window === undefined ? '' : textAt(lines, window)
}

/** The lines of an MRZ with its check digits computed, except where `asPrinted` has its own. Throws FormatError
 * MRZ_MALFORMED with the field when a value does not fit or has characters outside the MRZ alphabet; `transliterate`
 * and `truncateNames` come before. */
export function formatMrz(mrz: MrzFields): string[] {
  const layout = MRZ_LAYOUTS[mrz.format]
  const lines = writeFields(layout, mrz)
  if (mrz.asPrinted === undefined) return lines
  const asRead = Object.fromEntries(layout.windows.map(window => [window.field, textAt(lines, window)]))
  return assemble(layout, { ...asRead, ...mrz.asPrinted })
}

/** 9303-4: without optional data its check digit may be 0 or a filler; `formatMrz` writes a filler. */
function optionalCheckDigitAsFormatted(layout: MrzLayout, lines: readonly string[], optionalData1: string): boolean {
  const at = windowOf(layout, 'optionalDataCheckDigit')
  return at === undefined || (optionalData1 === '') === (textAt(lines, at) === '<')
}

function writeFields(layout: MrzLayout, mrz: MrzFields): string[] {
  const optional = mrz.optionalData1 ?? ''
  const long = layout.longDocumentNumber && mrz.documentNumber.length > 9
  if (long) requireContinuable(mrz.documentNumber)
  const numberDigit = digitOver('documentNumber', mrz.documentNumber)
  const continued = mrz.documentNumber.slice(9) + numberDigit + (optional === '' ? '' : `<${optional}`)
  const lines = assemble(layout, {
    documentCode: mrz.documentCode,
    issuingState: mrz.issuingState,
    documentNumber: long ? mrz.documentNumber.slice(0, 9) : mrz.documentNumber,
    documentNumberCheckDigit: long ? '<' : numberDigit,
    dateOfBirth: mrz.dateOfBirth,
    dateOfBirthCheckDigit: digitOver('dateOfBirth', mrz.dateOfBirth),
    sex: mrz.sex,
    dateOfExpiry: mrz.dateOfExpiry,
    dateOfExpiryCheckDigit: digitOver('dateOfExpiry', mrz.dateOfExpiry),
    nationality: mrz.nationality,
    name: joinNames(mrz),
    optionalData1: long ? continued : optional,
    optionalData2: mrz.optionalData2 ?? '',
    // 9303-4: without optional data its check digit may be 0 or a filler.
    ...(layout.format === 'TD3' && optional !== ''
      ? { optionalDataCheckDigit: digitOver('optionalData1', optional) }
      : {}),
  })
  const at = windowOf(layout, 'compositeCheckDigit')
  const line = at === undefined ? undefined : lines[at.line - 1]
  if (at === undefined || line === undefined) return lines
  const digit = checkDigit(layout.composite.map(part => textAt(lines, part)).join(''))
  lines[at.line - 1] = line.slice(0, at.from - 1) + digit
  return lines
}

/** Fillers weigh nothing, so the field need not be filled up. */
function digitOver(field: MrzFieldName, value: string): string {
  requireAlphabet(field, value)
  return checkDigit(value)
}

function assemble(layout: MrzLayout, texts: MrzWindowTexts): string[] {
  const lines = Array.from({ length: layout.lineCount }, () => '')
  for (const window of layout.windows) {
    const text = texts[window.field] ?? ''
    const length = window.to - window.from + 1
    if (text.length > length) throw doesNotFit(window.field, text.length, length)
    requireAlphabet(window.field, text)
    lines[window.line - 1] += text.padEnd(length, '<')
  }
  for (const [field, text] of Object.entries(texts)) {
    if (text !== '' && windowOf(layout, field as MrzFieldName) === undefined) throw doesNotFit(field, text.length, 0)
  }
  return lines
}

function windowsPrintedOtherwise(
  layout: MrzLayout,
  lines: readonly string[],
  fields: MrzFields,
): MrzWindowTexts | undefined {
  const correct = writeFields(layout, fields)
  if (lines.every((line, i) => line === correct[i])) return undefined
  const differing = layout.windows.filter(window => textAt(lines, window) !== textAt(correct, window))
  return Object.fromEntries(differing.map(window => [window.field, textAt(lines, window)]))
}

function requireContinuable(documentNumber: string): void {
  const field = 'documentNumber'
  if (documentNumber[8] !== '<' && !documentNumber.includes('<', 9)) return
  throw new FormatError('MRZ_MALFORMED', `${field} goes on past nine characters and has a filler there`, { field })
}

function requireAlphabet(field: MrzFieldName, text: string): void {
  if (indexOutsideMrzAlphabet(text) < 0) return
  throw new FormatError('MRZ_MALFORMED', `${field} has a character that no MRZ can hold`, { field })
}

function doesNotFit(field: string, length: number, room: number): FormatError {
  return new FormatError('MRZ_MALFORMED', `${field} has ${length} characters, the format has room for ${room}`, {
    field,
  })
}
