import { checkDigit, weightedSum } from './check-digit.ts'
import { type DocumentNumber, readDocumentNumber } from './document-number.ts'
import { FormatError } from './error.ts'
import { type CheckDigitField, type MrzFieldName, type MrzLayout, textAt, windowOf } from './layout.ts'

export type MrzFindingCode = 'CHECK_DIGIT_WRONG' | 'CHARACTER_UNEXPECTED' | 'DATE_IMPOSSIBLE'

/** Something in a document that is not as 9303 has it. Line and column count from 1. */
export interface MrzFinding {
  readonly code: MrzFindingCode
  readonly field: MrzFieldName
  readonly line: number
  readonly column: number
  /** The right check digit, or in words what may stand there. */
  readonly expected: string
  readonly found: string
}

/** Every finding in lines of this layout, check digits first, in the order in which they are read. `number` is what
 * `readDocumentNumber` gives for the lines. */
export function examineMrz(layout: MrzLayout, lines: readonly string[], number?: DocumentNumber): MrzFinding[] {
  const findings = wrongCheckDigits(layout, lines, number ?? readDocumentNumber(layout, lines))
  for (const finding of wrongCharacters(layout, lines)) findings.push(finding)
  for (const finding of impossibleDates(layout, lines)) findings.push(finding)
  return findings
}

/** Passes when every check digit is right. Throws FormatError MRZ_CHECK_DIGIT for the first wrong one (a field's own
 * before the composite) with field, line and column in its facts. `only` restricts it to some. */
export function requireValidCheckDigits(
  mrz: { readonly findings: readonly MrzFinding[] },
  only?: readonly CheckDigitField[],
): void {
  const wrong = mrz.findings.filter(
    finding => finding.code === 'CHECK_DIGIT_WRONG' && (only?.includes(finding.field as CheckDigitField) ?? true),
  )
  const first = wrong.find(finding => finding.field !== 'compositeCheckDigit') ?? wrong[0]
  if (first === undefined) return
  const { field, line, column } = first
  const others = wrong.length > 1 ? `; ${wrong.length} check digits are wrong in all` : ''
  throw new FormatError('MRZ_CHECK_DIGIT', `${field} is wrong: line ${line}, column ${column}${others}`, {
    field,
    line,
    column,
  })
}

function wrongCheckDigits(layout: MrzLayout, lines: readonly string[], number: DocumentNumber): MrzFinding[] {
  const findings: MrzFinding[] = []
  const right = checkDigit(number.number)
  if (number.printedCheckDigit !== right) {
    const { line, column, printedCheckDigit } = number
    findings.push(wrong('documentNumberCheckDigit', { line, from: column }, right, printedCheckDigit))
  }
  for (const [over, field] of checked) {
    const overAt = windowOf(layout, over)
    const at = windowOf(layout, field)
    if (overAt === undefined || at === undefined) continue
    const line = lines[overAt.line - 1] as string
    const found = (lines[at.line - 1] as string).charAt(at.from - 1)
    // 9303-4: where no optional data stands, its check digit may be 0 or a filler.
    if (field === 'optionalDataCheckDigit' && found === '<' && /^<*$/.test(textAt(lines, overAt))) continue
    const expected = digit(weightedSum(line, overAt, 0))
    if (found !== expected) findings.push(wrong(field, at, expected, found))
  }
  const at = windowOf(layout, 'compositeCheckDigit')
  if (at !== undefined) {
    let [sum, place] = [0, 0]
    for (const part of layout.composite) {
      sum += weightedSum(lines[part.line - 1] as string, part, place)
      place += part.to - part.from + 1
    }
    const [expected, found] = [digit(sum), (lines[at.line - 1] as string).charAt(at.from - 1)]
    if (found !== expected) findings.push(wrong('compositeCheckDigit', at, expected, found))
  }
  return findings
}

const checked = [
  ['dateOfBirth', 'dateOfBirthCheckDigit'],
  ['dateOfExpiry', 'dateOfExpiryCheckDigit'],
  ['optionalData1', 'optionalDataCheckDigit'],
] as const

function digit(sum: number): string {
  return String.fromCharCode(0x30 + (sum % 10))
}

function wrong(
  field: CheckDigitField,
  { line, from }: { readonly line: number; readonly from: number },
  expected: string,
  found: string,
): MrzFinding {
  return { code: 'CHECK_DIGIT_WRONG', field, line, column: from, expected, found }
}

const [DIGIT, LETTER, FILLER] = [1, 2, 4] as const

function classOf(code: number): number {
  return code === 0x3c ? FILLER : code <= 0x39 ? DIGIT : LETTER
}

/** 9303-3 §4.3: what may stand in the fields of a fixed kind. */
const kinds = [
  ['issuingState', LETTER | FILLER, 'a letter'],
  ['nationality', LETTER | FILLER, 'a letter'],
  ['name', LETTER | FILLER, 'a letter'],
  ['dateOfBirth', DIGIT | FILLER, 'a digit, or fillers for an unknown part'],
  ['dateOfExpiry', DIGIT, 'a digit'],
] as const

function wrongCharacters(layout: MrzLayout, lines: readonly string[]): MrzFinding[] {
  const findings: MrzFinding[] = []
  for (const [field, may, expected] of kinds) {
    const window = windowOf(layout, field)
    if (window === undefined) continue
    const line = lines[window.line - 1] as string
    for (let i = window.from - 1; i < window.to; i++) {
      if ((classOf(line.charCodeAt(i)) & may) !== 0) continue
      const found = line.charAt(i)
      findings.push({ code: 'CHARACTER_UNEXPECTED', field, line: window.line, column: i + 1, expected, found })
    }
  }
  const at = windowOf(layout, 'sex')
  const found = at === undefined ? '<' : (lines[at.line - 1] as string).charAt(at.from - 1)
  if (at !== undefined && found !== 'M' && found !== 'F' && found !== '<') {
    const [code, expected] = ['CHARACTER_UNEXPECTED', 'M, F or a filler'] as const
    findings.push({ code, field: 'sex', line: at.line, column: at.from, expected, found })
  }
  return findings.length < 2 ? findings : findings.sort((a, b) => a.line - b.line || a.column - b.column)
}

function impossibleDates(layout: MrzLayout, lines: readonly string[]): MrzFinding[] {
  const findings: MrzFinding[] = []
  for (const field of ['dateOfBirth', 'dateOfExpiry'] as const) {
    const window = windowOf(layout, field)
    const found = window === undefined ? '' : textAt(lines, window)
    if (window === undefined || possibleDate(found) || !/^[0-9<]{6}$/.test(found)) continue
    const expected = 'a date as YYMMDD'
    findings.push({ code: 'DATE_IMPOSSIBLE', field, line: window.line, column: window.from, expected, found })
  }
  return findings
}

const unknownPart = -1
const noPart = -2

/** Two digits as a number, two fillers as unknown. */
function partOf(text: string, index: number): number {
  const [tens, units] = [text.charCodeAt(index) - 0x30, text.charCodeAt(index + 1) - 0x30]
  if (tens >= 0 && tens <= 9 && units >= 0 && units <= 9) return tens * 10 + units
  return tens === 0x0c && units === 0x0c ? unknownPart : noPart
}

const lastDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether some century has this date. Unknown parts are pairs of fillers, a day without a month is none. */
export function possibleDate(text: string): boolean {
  const [year, month, day] = [partOf(text, 0), partOf(text, 2), partOf(text, 4)]
  if (text.length !== 6 || year === noPart || month === noPart || day === noPart) return false
  if (month === unknownPart) return day === unknownPart
  if (month < 1 || month > 12) return false
  if (day === unknownPart) return true
  const last = month === 2 && year !== unknownPart && year % 4 !== 0 ? 28 : (lastDays[month - 1] as number)
  return day >= 1 && day <= last
}
