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
  else if (lettersLost(qr.fullName) || vowelLost(qr.fullName, 2, true)) report('LETTERS_LOST', 'fullName')
  if (qr.dateOfBirth === null) report('FIELD_UNREADABLE', 'dateOfBirth')
  if (sexLetterLost(qr.sexText)) report('LETTERS_LOST', 'sex')
  else if (qr.sex === null) report('FIELD_UNREADABLE', 'sex')
  if (lettersLost(qr.address) || vowelLost(qr.address, 3, false)) report('LETTERS_LOST', 'address')
  if (qr.dateOfIssue === null || qr.dateOfIssue.year < FIRST_CARDS) report('FIELD_UNREADABLE', 'dateOfIssue')
  if (!/[^\0-\x7f]/.test(qr.fullName + qr.address)) report('NO_VIETNAMESE_LETTERS', 'fullName')
  for (const warning of decodePersonalNumber(qr.personalNumber, qr).warnings) {
    if (warning === 'SEX_DIFFERS') report(warning, 'sex')
    if (warning === 'BIRTH_YEAR_DIFFERS') report(warning, 'dateOfBirth')
  }
  return findings
}

/** Cards of twelve digits began then; the digits that are left of a date cut off look like an earlier year. */
const FIRST_CARDS = 2016

// What UTF-8 becomes when it is read as windows-1252: a lead byte's letter, then one of its upper signs.
const misread =
  /á[º»]|[ÃÄÂÆ][\u0080-\u00BF\u0152\u0153\u0160\u0161\u0178\u017D\u017E\u0192\u02C6\u02DC\u2013-\u203A\u20AC\u2122]/u

/** Question marks, replacement and control characters where letters were, or a wrong character set. */
function lettersLost(text: string): boolean {
  return /[?\uFFFD\p{Cc}]/u.test(text) || misread.test(text)
}

/** Whether a word is left without a vowel, as `Trn` of Trần. Abbreviations are taken out by `shortest` letters and, in
 * an address, by their capitals. The text is in NFC. */
function vowelLost(text: string, shortest: number, alsoCapitals: boolean): boolean {
  let [letters, vowels, small] = [0, false, 0]
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kindOf(text.charCodeAt(i)) : BREAK
    if (kind === MARK) continue
    if (kind !== BREAK) {
      letters++
      if (kind & VOWEL) vowels = true
      // Two small letters side by side make it a word and no abbreviation.
      if (small < 2) small = kind & SMALL ? small + 1 : 0
      continue
    }
    if (letters >= shortest && !vowels && (alsoCapitals || small >= 2)) return true
    ;[letters, vowels, small] = [0, false, 0]
  }
  return false
}

const [BREAK, MARK, LETTER, VOWEL, SMALL] = [0, 1, 2, 4, 8] as const
const kindsKnown = 0x2000
const kinds: Uint8Array = new Uint8Array(kindsKnown)
const unknownKind = 0xff
kinds.fill(unknownKind)

/** What a character is in a word. Halves of surrogate pairs count as letters: they are none that a name loses. */
function kindOf(code: number): number {
  const known = code < kindsKnown ? (kinds[code] as number) : unknownKind
  if (known !== unknownKind) return known
  const letter = String.fromCharCode(code)
  const base = letter.normalize('NFD').charAt(0)
  const kind = /\p{Mn}/u.test(letter)
    ? MARK
    : !/\p{L}/u.test(letter) && (code < 0xd800 || code > 0xdfff)
      ? BREAK
      : LETTER | (/[aeiouy]/i.test(base) ? VOWEL : 0) | (/\p{Ll}/u.test(letter) ? SMALL : 0)
  if (code < kindsKnown) kinds[code] = kind
  return kind
}

/** What is left of Nữ; Nam has no letter to lose. */
function sexLetterLost(text: string): boolean {
  return /^N[uư]?$/i.test(text) || (lettersLost(text) && /^N/i.test(text))
}
