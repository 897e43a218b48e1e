import { type BacKey, checkDigit, formatMrz, mrzDate, transliterate, truncateNames } from '@cccd/mrz'
import { type Holder, recordDate } from '../intake/holder.ts'

/** The expiry of a card that does not expire, as the cards print it. */
const NEVER = '991231'

function mrzDateOf(text: string): string {
  const date = recordDate(text)
  if (!date) throw new RangeError('a date of the record is none')
  return mrzDate(date)
}

/**
 * The three TD1 lines of Vietnam's card: the document number is the last nine digits, the optional field repeats all
 * twelve with a check digit of their own; the family name is the first word. Throws RangeError for a date that is none,
 * FormatError for a letter with no MRZ form.
 */
export function holderMrzLines(holder: Holder): string[] {
  const { personalNumber } = holder
  const [family = '', ...given] = transliterate(holder.fullName).split(/[ <]+/)
  const names = { primaryIdentifier: family, secondaryIdentifier: given.join(' ') }
  return formatMrz({
    format: 'TD1',
    documentCode: 'ID',
    issuingState: 'VNM',
    documentNumber: personalNumber.slice(3),
    optionalData1: `${personalNumber}<<${checkDigit(personalNumber)}`,
    dateOfBirth: mrzDateOf(holder.dateOfBirth),
    sex: holder.sex === 'male' ? 'M' : 'F',
    dateOfExpiry: holder.dateOfExpiry === null ? NEVER : mrzDateOf(holder.dateOfExpiry),
    nationality: 'VNM',
    ...truncateNames(names, 30),
  })
}

/** What opens the chip over BAC: the same three fields as in the lines. */
export function holderBacKey(holder: Holder): BacKey {
  return {
    documentNumber: holder.personalNumber.slice(3),
    dateOfBirth: mrzDateOf(holder.dateOfBirth),
    dateOfExpiry: holder.dateOfExpiry === null ? NEVER : mrzDateOf(holder.dateOfExpiry),
  }
}
