import { checkDigit } from './check-digit.ts'
import { readDocumentNumber } from './document-number.ts'
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

/** Every finding in lines of this layout, check digits first, in the order in which they are read. */
export function examineMrz(layout: MrzLayout, lines: readonly string[]): MrzFinding[] {
  return [...wrongCheckDigits(layout, lines), ...wrongCharacters(layout, lines), ...impossibleDates(layout, lines)]
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

function wrongCheckDigits(layout: MrzLayout, lines: readonly string[]): MrzFinding[] {
  const findings: MrzFinding[] = []
  const compare = (field: CheckDigitField, over: string, found: string, at: { line: number; column: number }): void => {
    const expected = checkDigit(over)
    if (found !== expected) findings.push({ code: 'CHECK_DIGIT_WRONG', field, ...at, expected, found })
  }
  const number = readDocumentNumber(layout, lines)
  compare('documentNumberCheckDigit', number.number, number.printedCheckDigit, {
    line: number.line,
    column: number.column,
  })
  for (const [over, field] of [
    ['dateOfBirth', 'dateOfBirthCheckDigit'],
    ['dateOfExpiry', 'dateOfExpiryCheckDigit'],
    ['optionalData1', 'optionalDataCheckDigit'],
  ] as const) {
    const overAt = windowOf(layout, over)
    const at = windowOf(layout, field)
    if (overAt === undefined || at === undefined) continue
    const text = textAt(lines, overAt)
    const found = textAt(lines, at)
    // 9303-4: where no optional data stands, its check digit may be 0 or a filler.
    if (field === 'optionalDataCheckDigit' && found === '<' && /^<*$/.test(text)) continue
    compare(field, text, found, { line: at.line, column: at.from })
  }
  const at = windowOf(layout, 'compositeCheckDigit')
  if (at !== undefined) {
    const over = layout.composite.map(part => textAt(lines, part)).join('')
    compare('compositeCheckDigit', over, textAt(lines, at), { line: at.line, column: at.from })
  }
  return findings
}

/** 9303-3 §4.3: what may stand in the fields of a fixed kind. */
const kinds: Readonly<Partial<Record<MrzFieldName, { readonly wrong: RegExp; readonly expected: string }>>> = {
  issuingState: { wrong: /[0-9]/g, expected: 'a letter' },
  nationality: { wrong: /[0-9]/g, expected: 'a letter' },
  name: { wrong: /[0-9]/g, expected: 'a letter' },
  dateOfBirth: { wrong: /[A-Z]/g, expected: 'a digit, or fillers for an unknown part' },
  dateOfExpiry: { wrong: /[^0-9]/g, expected: 'a digit' },
  sex: { wrong: /[^MF<]/g, expected: 'M, F or a filler' },
}

function wrongCharacters(layout: MrzLayout, lines: readonly string[]): MrzFinding[] {
  return layout.windows.flatMap(window => {
    const kind = kinds[window.field]
    if (kind === undefined) return []
    return [...textAt(lines, window).matchAll(kind.wrong)].map(match => ({
      code: 'CHARACTER_UNEXPECTED' as const,
      field: window.field,
      line: window.line,
      column: window.from + match.index,
      expected: kind.expected,
      found: match[0],
    }))
  })
}

function impossibleDates(layout: MrzLayout, lines: readonly string[]): MrzFinding[] {
  return (['dateOfBirth', 'dateOfExpiry'] as const).flatMap(field => {
    const window = windowOf(layout, field)
    const found = window === undefined ? '' : textAt(lines, window)
    if (window === undefined || !/^[0-9<]{6}$/.test(found) || possibleDate(found)) return []
    const expected = 'a date as YYMMDD'
    return [{ code: 'DATE_IMPOSSIBLE' as const, field, line: window.line, column: window.from, expected, found }]
  })
}

/** Whether some century has this date. Unknown parts are pairs of fillers, a day without a month is none. */
export function possibleDate(text: string): boolean {
  if (!/^(?:\d\d|<<){3}$/.test(text)) return false
  const [year, month, day] = [text.slice(0, 2), text.slice(2, 4), text.slice(4, 6)]
  if (month === '<<') return day === '<<'
  if (month < '01' || month > '12') return false
  if (day === '<<') return true
  const february = year === '<<' || Number(year) % 4 === 0 ? '29' : '28'
  const last = month === '02' ? february : ['04', '06', '09', '11'].includes(month) ? '30' : '31'
  return day >= '01' && day <= last
}
