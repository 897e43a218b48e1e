/** What is asked of the insurance gateway: a number, a name, a date of birth, in the forms that it takes. */
import { FormatError, type PartialDate, parsePartialDate } from '@cccd/mrz'
import type { ReadPerson } from '../../person.ts'
import type { AskedWith } from '../insurance-answer.ts'
import { bestField, requireField } from '../person-field.ts'

export interface InsuranceQuestion {
  readonly number: string
  readonly askedWith: AskedWith
  readonly fullName: string
  readonly dateOfBirth: PartialDate
}

/** The question about this person, by the number given or the best that the reading has. Throws ConnectorError
 * CONNECTOR_FIELD_MISSING, or FormatError with the field when a value has another form. */
export function insuranceQuestion(person: Pick<ReadPerson, 'fields'>, number?: string): InsuranceQuestion {
  const asked =
    number ??
    // A clerk who scanned the insurance card means that card.
    (
      bestField(person, 'insuranceCardNumber') ??
      bestField(person, 'insuranceNumber') ??
      requireField(person, 'personalNumber')
    ).value
  const name = requireField(person, 'fullName').value
  const born = requireField(person, 'dateOfBirth').value
  const dateOfBirth = parsePartialDate(born.trim())
  if (dateOfBirth === null) throw wrong('dateOfBirth', 'the date of birth is no date')
  return { ...numberOf(asked), fullName: nameOf(name), dateOfBirth }
}

/** Takes a number as it is typed or scanned: blanks, points and hyphens within, small letters. Throws FormatError. */
export function numberOf(typed: string): { readonly number: string; readonly askedWith: AskedWith } {
  const number = typed.replace(/[\s.-]/gu, '').toUpperCase()
  if (/^[0-9]{12}$/.test(number)) return { number, askedWith: 'personal-number' }
  if (/^[0-9]{10}$/.test(number)) return { number, askedWith: 'insurance-number' }
  if (/^[A-Z]{2}[0-9]{13}$/.test(number)) return { number, askedWith: 'insurance-card-number' }
  throw wrong('number', 'an insurance number has 15 characters or 10 digits, a personal number 12 digits')
}

/** One blank between words, composed letters: what the gateway compares with. */
function nameOf(typed: string): string {
  const name = typed
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
    .trim()
  if (name === '') throw wrong('fullName', 'the name is empty')
  return name
}

/** The gateway takes whole dates and years alone: a month without its day is left out. */
export function birthDateOf(date: PartialDate, form: 'slashes' | 'compact'): string {
  const year = String(date.year).padStart(4, '0')
  if (date.month === null || date.day === null) return year
  const parts = [String(date.day).padStart(2, '0'), String(date.month).padStart(2, '0'), year]
  return parts.join(form === 'slashes' ? '/' : '')
}

function wrong(field: string, message: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', message, { field })
}
