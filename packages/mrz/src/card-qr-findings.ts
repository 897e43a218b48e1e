import type { PartialDate } from './partial-date.ts'
import { decodePersonalNumber, type PersonalNumberWarning, type Sex } from './personal-number.ts'

export type CardQrField = 'oldNumber' | 'fullName' | 'dateOfBirth' | 'sex' | 'address' | 'dateOfIssue' | 'extra'

/** FIELD_UNREADABLE: the field holds something that it should not, or nothing. LETTERS_LOST: signs that a keyboard or a
 * wrong character set cost Vietnamese letters. NO_VIETNAMESE_LETTERS: no letter of name and address has a mark, which
 * is rare and looks the same as a scanner that drops them. Others: see PersonalNumberWarning. */
export type CardQrFindingCode =
  | 'FIELD_UNREADABLE'
  | 'LETTERS_LOST'
  | 'NO_VIETNAMESE_LETTERS'
  | Exclude<PersonalNumberWarning, 'PROVINCE_UNKNOWN'>

export interface CardQrFinding {
  readonly code: CardQrFindingCode
  readonly field: CardQrField
}

/** What was read, as examined here: `birthText` and `issueText` are the dates as they stand. */
export interface ExaminedCardQr {
  readonly personalNumber: string
  readonly oldNumber: string
  readonly fullName: string
  readonly dateOfBirth: PartialDate | null
  readonly birthText: string
  readonly sex: Sex | null
  readonly sexText: string
  readonly address: string
  readonly dateOfIssue: PartialDate | null
  readonly issueText: string
}

/** All findings of a card's QR text, in the order of its fields. */
export function examineCardQr(qr: ExaminedCardQr): CardQrFinding[] {
  const findings: CardQrFinding[] = []
  const report = (code: CardQrFindingCode, field: CardQrField): void => void findings.push({ code, field })
  if (!/^(?:[0-9]{9}|[0-9]{12})?$/.test(qr.oldNumber)) report('FIELD_UNREADABLE', 'oldNumber')
  if (qr.fullName === '') report('FIELD_UNREADABLE', 'fullName')
  else if (lettersLost(qr.fullName)) report('LETTERS_LOST', 'fullName')
  if (qr.dateOfBirth === null) report('FIELD_UNREADABLE', 'dateOfBirth')
  if (sexLetterLost(qr.sexText)) report('LETTERS_LOST', 'sex')
  else if (qr.sex === null) report('FIELD_UNREADABLE', 'sex')
  if (lettersLost(qr.address)) report('LETTERS_LOST', 'address')
  if (qr.dateOfIssue === null) report('FIELD_UNREADABLE', 'dateOfIssue')
  if (!/[^\0-\x7f]/.test(qr.fullName + qr.address)) report('NO_VIETNAMESE_LETTERS', 'fullName')
  for (const warning of decodePersonalNumber(qr.personalNumber, qr).warnings) {
    if (warning === 'SEX_DIFFERS') report(warning, 'sex')
    if (warning === 'BIRTH_YEAR_DIFFERS') report(warning, 'dateOfBirth')
  }
  return findings
}

/** Question marks and replacement characters where letters were, control characters, or the pairs that UTF-8 makes when
 * read as a Western character set (`á»` and its like). */
function lettersLost(text: string): boolean {
  return /[?\uFFFD\p{Cc}]|[ÃÄÂÆ][\u0080-\u00BF]|á[º»]/u.test(text)
}

/** What is left of Nữ; Nam has no letter to lose. */
function sexLetterLost(text: string): boolean {
  return /^N[uUưƯ]?$/i.test(text) || /^N[?\uFFFD]/i.test(text) || (lettersLost(text) && /^N/i.test(text))
}
