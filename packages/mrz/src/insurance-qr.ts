/**
 * The QR of the health-insurance card (BHYT): fields parted by `|`, ended by `$`, unsigned like that of the ID card.
 * Fields 8 and 9 are likely, those behind them unknown and kept as they stand.
 */
import { FormatError } from './error.ts'
import { decodeHexText, encodeHexText } from './hex-text.ts'
import { formatPartialDate, type PartialDate, parsePartialDate } from './partial-date.ts'
import type { Sex } from './personal-number.ts'
import { STARTS_A_CARD, STARTS_AN_INSURANCE_CARD, scannedLines } from './scanned-text.ts'

export type InsuranceQrField =
  | 'cardNumber'
  | 'fullName'
  | 'dateOfBirth'
  | 'sex'
  | 'address'
  | 'facility'
  | 'validFrom'
  | 'validTo'
  | 'dateOfIssue'
  | 'end'

/** FIELD_UNREADABLE: the field holds something that it should not, or nothing. LETTERS_LOST: a hexadecimal field has
 * other letters or half a character, which keyboard wedges with a Vietnamese input method do. TEXT_CUT: the `$` at the
 * end is missing, or there are fewer than fourteen parts with it. */
export interface InsuranceQrFinding {
  readonly code: 'FIELD_UNREADABLE' | 'LETTERS_LOST' | 'TEXT_CUT'
  readonly field: InsuranceQrField
}

export interface InsuranceFacility {
  /** Two digits each part, three behind the dash. */
  readonly provinceDigits: string
  readonly facilityDigits: string
}

export interface InsuranceQr {
  /** The text as it came, with everything around it. */
  readonly raw: string
  /** Fifteen characters, or the ten digits of the newer card. */
  readonly cardNumber: string
  /** The last ten digits: the number of the insured, the same on all cards. */
  readonly insuranceNumber: string
  /** Two letters for the group of insured; null on cards of ten digits, and so the next two. */
  readonly group: string | null
  readonly benefitLevel: 1 | 2 | 3 | 4 | 5 | null
  readonly provinceDigits: string | null
  /** In NFC; empty when unreadable. */
  readonly fullName: string
  readonly dateOfBirth: PartialDate | null
  readonly sex: Sex | null
  /** Null when the card has none (`-`) or it is unreadable. */
  readonly address: string | null
  readonly facility: InsuranceFacility | null
  readonly validFrom: PartialDate | null
  /** Null when the card has no end date (`-`) or it is unreadable. */
  readonly validTo: PartialDate | null
  readonly dateOfIssue: PartialDate | null
  readonly officeCode: string
  /** All fields before the `$` as they stand, from number 0 on. */
  readonly fields: readonly string[]
  /** Those of unknown meaning: from number 10 on. */
  readonly extra: readonly string[]
  readonly findings: readonly InsuranceQrFinding[]
}

// A QR holds 4,296 letters and digits at most; a longer text did not come from one.
const longestText = 8000
const fewestFields = 7
/** Without the `$`. */
const usualFields = 13

/** Reads the text of an insurance card's QR. Unreadable fields are findings. Throws FormatError QR_NOT_A_CARD when it is
 * the text of something else. */
export function parseInsuranceQr(text: string): InsuranceQr {
  const { fields, ended } = fieldsOf(text)
  const findings: InsuranceQrFinding[] = []
  const report = (code: InsuranceQrFinding['code'], field: InsuranceQrField): void =>
    void findings.push({ code, field })
  const at = (index: number): string => (fields[index] ?? '').trim()
  const date = (index: number, field: InsuranceQrField, mayLack: boolean): PartialDate | null => {
    const given = at(index)
    const read = parsePartialDate(given)
    if (read === null && !(mayLack && (given === '-' || given === ''))) report('FIELD_UNREADABLE', field)
    return read
  }
  const hex = (index: number, field: InsuranceQrField): string | null => {
    const read = decodeHexText(at(index))
    if (read === null) report('LETTERS_LOST', field)
    else if (/[\uFFFD\p{Cc}]/u.test(read)) report('FIELD_UNREADABLE', field)
    return read
  }
  const cardNumber = at(0)
  const [group, benefit, provinceDigits] =
    cardNumber.length === 15
      ? [cardNumber.slice(0, 2), cardNumber.slice(2, 3), cardNumber.slice(3, 5)]
      : [null, '', null]
  const benefitLevel = /^[1-5]$/.test(benefit) ? (Number(benefit) as 1 | 2 | 3 | 4 | 5) : null
  if (group !== null && benefitLevel === null) report('FIELD_UNREADABLE', 'cardNumber')
  const fullName = hex(1, 'fullName') ?? ''
  if (fullName === '' && at(1) === '') report('FIELD_UNREADABLE', 'fullName')
  const dateOfBirth = date(2, 'dateOfBirth', false)
  const sex = at(3) === '1' ? 'male' : at(3) === '2' ? 'female' : null
  if (sex === null) report('FIELD_UNREADABLE', 'sex')
  const address = at(4) === '-' || at(4) === '' ? null : hex(4, 'address')
  const facility = facilityOf(at(5))
  if (facility === null) report('FIELD_UNREADABLE', 'facility')
  const validFrom = date(6, 'validFrom', false)
  const validTo = date(7, 'validTo', true)
  const dateOfIssue = date(8, 'dateOfIssue', true)
  if (!ended || fields.length < usualFields) report('TEXT_CUT', 'end')
  return {
    raw: text,
    cardNumber,
    insuranceNumber: cardNumber.slice(-10),
    group,
    benefitLevel,
    provinceDigits,
    fullName: fullName.trim(),
    dateOfBirth,
    sex,
    address: address === null ? null : address.trim(),
    facility,
    validFrom,
    validTo,
    dateOfIssue,
    officeCode: at(9),
    fields,
    extra: fields.slice(10),
    findings,
  }
}

/** What an insurance card's QR says, to be written: made-up cards for tests and demonstrations. */
export interface InsuranceQrFields {
  readonly cardNumber: string
  readonly fullName: string
  readonly dateOfBirth: PartialDate
  readonly sex: Sex
  readonly address: string | null
  readonly facility: InsuranceFacility
  readonly validFrom: PartialDate
  readonly validTo: PartialDate | null
  readonly dateOfIssue: PartialDate | null
  readonly officeCode: string
  /** Behind the office code, before the `$`; four empty texts when absent, so that there are fourteen fields. */
  readonly extra?: readonly string[]
}

/** The text of an insurance card's QR. Throws FormatError DOCUMENT_MALFORMED with the field when the card number is
 * none, or a text would part or end the fields. */
export function formatInsuranceQr(qr: InsuranceQrFields): string {
  const malformed = (field: string, what: string): FormatError =>
    new FormatError('DOCUMENT_MALFORMED', `${field} ${what}`, { field })
  if (!/^(?:[A-Z]{2}[1-5][0-9]{12}|[0-9]{10})$/.test(qr.cardNumber)) throw malformed('cardNumber', 'is none')
  const { provinceDigits, facilityDigits } = qr.facility
  if (!/^[0-9]{2}$/.test(provinceDigits) || !/^[0-9]{3}$/.test(facilityDigits)) throw malformed('facility', 'is none')
  const optional = (date: PartialDate | null): string => (date === null ? '-' : formatPartialDate(date))
  const tail = [qr.officeCode, ...(qr.extra ?? ['', '', '', ''])]
  if (tail.some(text => /[|$\p{Cc}\uFEFF]/u.test(text)))
    throw malformed('extra', 'holds a character that parts the text')
  return [
    qr.cardNumber,
    encodeHexText(qr.fullName),
    formatPartialDate(qr.dateOfBirth),
    qr.sex === 'male' ? '1' : '2',
    qr.address === null ? '-' : encodeHexText(qr.address),
    `${provinceDigits} - ${facilityDigits}`,
    formatPartialDate(qr.validFrom),
    optional(qr.validTo),
    optional(qr.dateOfIssue),
    ...tail,
    '$',
  ].join('|')
}

function fieldsOf(text: string): { fields: string[]; ended: boolean } {
  if (text.length > longestText) throw notInsurance(`${text.length} characters are more than a QR holds`)
  const lines = scannedLines(text)
  if (lines.slice(1).some(line => STARTS_A_CARD.test(line))) throw notInsurance('more than one text')
  const whole = lines.join(' ')
  if (!STARTS_AN_INSURANCE_CARD.test(whole)) throw notInsurance('the first field is no insurance number')
  const ended = whole.endsWith('$')
  const fields = (ended ? whole.slice(0, -1) : whole).split('|')
  // The `$` is a field of its own behind the last `|`.
  if (ended && fields.at(-1)?.trim() === '') fields.pop()
  if (fields.length < fewestFields) throw notInsurance(`${fields.length} fields, an insurance card has fourteen`)
  return { fields, ended }
}

function facilityOf(text: string): InsuranceFacility | null {
  const [, provinceDigits, facilityDigits] = /^(\d{2})\s*-\s*(\d{3})$/.exec(text) ?? []
  return provinceDigits === undefined || facilityDigits === undefined ? null : { provinceDigits, facilityDigits }
}

function notInsurance(detail: string): FormatError {
  return new FormatError('QR_NOT_A_CARD', `not the QR of a health-insurance card: ${detail}`)
}
