/**
 * The QR of the card: fields parted by `|`, unsigned, so it identifies and proves nothing. Seven fields on the card of
 * 2021, eleven on that of 2024; whatever else comes after the personal number is taken as far as it can be told.
 */

import { type CardQrFinding, examineCardQr } from './card-qr-findings.ts'
import { FormatError } from './error.ts'
import { formatCompactDate, type PartialDate, parsePartialDate } from './partial-date.ts'
import { isPersonalNumber, type Sex } from './personal-number.ts'
import { STARTS_A_CARD, STARTS_AN_INSURANCE_CARD, scannedLines } from './scanned-text.ts'

export type CardQrVariant = '2021' | '2024' | 'other'

export interface CardQr {
  /** The text as it came, with everything around it. */
  readonly raw: string
  readonly variant: CardQrVariant
  /** Twelve digits. */
  readonly personalNumber: string
  /** The number before the twelve digits; often empty. */
  readonly oldNumber: string
  /** Letters of the names and the address are in NFC. */
  readonly fullName: string
  /** Null when absent or no date; then a finding says so. */
  readonly dateOfBirth: PartialDate | null
  readonly sex: Sex | null
  readonly sexText: string
  readonly address: string
  readonly dateOfIssue: PartialDate | null
  /** The fields after the seventh, verbatim: their order is not public. */
  readonly extra: readonly string[]
  readonly findings: readonly CardQrFinding[]
}

/** Reads the text of a card's QR from a camera, a serial scanner, a keyboard wedge or a message. Unreadable fields and
 * lost letters are findings. Throws FormatError QR_NOT_A_CARD when it is the text of something else. */
export function parseCardQr(text: string): CardQr {
  const whole = wholeText(text)
  const fields = whole.split('|')
  const [number = '', ...rest] = fields
  const personalNumber = number.trim()
  if (!isPersonalNumber(personalNumber)) throw notACard('the first field is not twelve digits')
  if (fields.length < 6) throw notACard(`${fields.length} fields, a card has seven or eleven`)
  const variant = fields.length === 7 ? '2021' : fields.length === 11 ? '2024' : 'other'
  const [oldNumber = '', fullName = '', birth = '', sexText = '', address = '', issue = '', ...extra] = inOrder(rest)
  const isNfc = whole.normalize('NFC') === whole
  const lettersOf = (field: string): string => (isNfc ? field : field.normalize('NFC')).trim()
  const sexLetters = lettersOf(sexText)
  const cleaned = {
    personalNumber,
    oldNumber: oldNumber.trim(),
    fullName: lettersOf(fullName),
    dateOfBirth: parsePartialDate(birth.trim()),
    sex: sexOf(sexLetters),
    sexText: sexLetters,
    address: lettersOf(address),
    dateOfIssue: parsePartialDate(issue.trim()),
  }
  const findings = examineCardQr({ ...cleaned, birthText: birth.trim(), issueText: issue.trim() })
  return { raw: text, variant, ...cleaned, extra, findings }
}

/** What a card's QR says, to be written. */
export interface CardQrFields {
  readonly variant: '2021' | '2024'
  readonly personalNumber: string
  readonly oldNumber: string
  readonly fullName: string
  readonly dateOfBirth: PartialDate
  readonly sex: Sex
  readonly address: string
  readonly dateOfIssue: PartialDate
  /** At most four, and only on the card of 2024; empty texts are put for those that are missing. */
  readonly extra?: readonly string[]
}

/** The text of a card's QR in NFC: seven fields for 2021, eleven for 2024. Throws FormatError DOCUMENT_MALFORMED with
 * the field when a value is missing, holds a `|` or a control character, or there are too many fields. */
export function formatCardQr(qr: CardQrFields): string {
  const malformed = (field: string, what: string): FormatError =>
    new FormatError('DOCUMENT_MALFORMED', `${field} ${what}`, { field })
  if (!isPersonalNumber(qr.personalNumber)) throw malformed('personalNumber', 'is not twelve digits')
  const extra = qr.extra ?? []
  if (extra.length > (qr.variant === '2024' ? 4 : 0)) throw malformed('extra', 'has more fields than the card')
  const tail = qr.variant === '2024' ? [...extra, '', '', '', ''].slice(0, 4) : []
  const named = {
    personalNumber: qr.personalNumber,
    oldNumber: qr.oldNumber,
    fullName: qr.fullName,
    dateOfBirth: formatCompactDate(qr.dateOfBirth),
    sex: qr.sex === 'male' ? 'Nam' : 'Nữ',
    address: qr.address,
    dateOfIssue: formatCompactDate(qr.dateOfIssue),
  }
  for (const [field, value] of [...Object.entries(named), ...tail.map(value => ['extra', value] as const)]) {
    if (/[|\p{Cc}\uFEFF]/u.test(value)) throw malformed(field, 'holds a character that parts or ends the text')
  }
  return [...Object.values(named), ...tail].join('|').normalize('NFC')
}

// A QR holds 7,089 digits at most; a longer text did not come from one.
const longestText = 8000

function wholeText(text: string): string {
  if (text.length > longestText) throw notACard(`${text.length} characters are more than a QR holds`)
  // Scanners and files add a byte order mark, NUL bytes, CR or LF and blanks.
  const lines = scannedLines(text)
  const [first] = lines
  if (first === undefined) throw notACard('no text')
  for (let i = 1; i < lines.length; i++)
    if (STARTS_A_CARD.test(lines[i] as string)) throw notACard('more than one text')
  // A line end inside the text belongs to a field, most likely to the address.
  const whole = lines.length === 1 ? first : lines.join(' ')
  if (STARTS_AN_INSURANCE_CARD.test(whole)) throw notACard('this is a health-insurance card')
  return whole
}

/** The texts after the personal number, in the order of the card of 2021. Apps that re-encode the text leave out the
 * old number, or the day of issue: with six fields the place of the birth date tells which. */
function inOrder(rest: readonly string[]): readonly string[] {
  if (rest.length !== 5) return rest
  const isDate = (text: string | undefined): boolean => parsePartialDate(text?.trim() ?? '') !== null
  return isDate(rest[1]) && !isDate(rest[2]) ? ['', ...rest] : rest
}

/** Nam or Nữ, in any case, or `Nu` from a keyboard that has no Vietnamese letters. */
function sexOf(text: string): Sex | null {
  switch (text.toLowerCase()) {
    case 'nam':
      return 'male'
    case 'nữ':
    case 'nu':
    case 'nư':
      return 'female'
    default:
      return null
  }
}

function notACard(detail: string): FormatError {
  return new FormatError('QR_NOT_A_CARD', `not the QR of an ID card: ${detail}`)
}
