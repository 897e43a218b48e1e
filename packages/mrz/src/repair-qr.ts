/** What the QR of the same card says stands in its MRZ. */
import type { CardQr } from './card-qr.ts'
import { checkDigit } from './check-digit.ts'
import { expiryCandidates } from './expiry-candidates.ts'
import { MRZ_LAYOUTS, type MrzFieldName, textAt, windowOf } from './layout.ts'
import { isTruncation, joinNames, splitNames } from './name-field.ts'
import { mrzDate } from './partial-date.ts'
import { documentNumberFromPersonalNumber } from './personal-number.ts'
import { placeKey } from './repair-problem.ts'
import { tryTransliterate } from './transliteration.ts'
import { VIETNAMESE_MRZ_LAYOUT } from './vietnamese-mrz.ts'

export interface KnownFromQr {
  /** Characters by place; only those that follow from the QR without doubt. */
  readonly characters: ReadonlyMap<string, string>
  readonly names: boolean
  readonly sex: boolean
  /** YYMMDD, likeliest first; what the rule of expiry gives is no fact. */
  readonly expiries: readonly string[]
}

/** Number, birth date, sex and name of a Vietnamese card with their check digits, as far as the QR has them without a
 * finding. A name too long for the line is known only where the line is one way to cut it. */
export function knownFromQr(qr: CardQr, lines: readonly string[]): KnownFromQr {
  const characters = new Map<string, string>()
  const put = (line: number, from: number, text: string): void => {
    for (const [i, character] of [...text].entries()) characters.set(placeKey({ line, column: from + i }), character)
  }
  const putWindow = (field: MrzFieldName, text: string): void => {
    const at = windowOf(MRZ_LAYOUTS.TD1, field)
    if (at !== undefined) put(at.line, at.from, text)
  }
  const documentNumber = documentNumberFromPersonalNumber(qr.personalNumber)
  putWindow('documentNumber', documentNumber)
  putWindow('documentNumberCheckDigit', checkDigit(documentNumber))
  const { personalNumber: at, personalNumberCheckDigit: checkAt } = VIETNAMESE_MRZ_LAYOUT
  put(at.line, at.from, qr.personalNumber)
  put(checkAt.line, checkAt.from, checkDigit(qr.personalNumber))
  if (qr.dateOfBirth !== null) {
    const birth = mrzDate(qr.dateOfBirth)
    putWindow('dateOfBirth', birth)
    putWindow('dateOfBirthCheckDigit', checkDigit(birth))
  }
  const trusted = (field: 'fullName' | 'sex'): boolean => !qr.findings.some(finding => finding.field === field)
  const sex = qr.sex !== null && trusted('sex')
  if (sex) putWindow('sex', qr.sex === 'male' ? 'M' : 'F')
  const name = trusted('fullName') ? nameField(qr.fullName, lines) : null
  if (name !== null) putWindow('name', name)
  const { dateOfBirth, dateOfIssue } = qr
  const expiries = dateOfBirth === null ? [] : expiryCandidates({ dateOfBirth, dateOfIssue })
  return { characters, names: name !== null, sex, expiries }
}

function nameField(fullName: string, lines: readonly string[]): string | null {
  const letters = tryTransliterate(fullName)
  if (letters === null || letters === '') return null
  const [primaryIdentifier = '', ...given] = letters.split(' ')
  const names = { primaryIdentifier, secondaryIdentifier: given.join(' ') }
  const whole = joinNames(names)
  const { lineLength } = MRZ_LAYOUTS.TD1
  if (whole.length <= lineLength) return whole.padEnd(lineLength, '<')
  const at = windowOf(MRZ_LAYOUTS.TD1, 'name')
  const read = at === undefined ? '' : textAt(lines, at)
  return isTruncation(splitNames(read), names) ? read : null
}
