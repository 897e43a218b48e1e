import { type BacKey, documentNumberFromPersonalNumber, formatVietnameseMrz, mrzDate, NO_EXPIRY } from '@cccd/mrz'
import { type Holder, recordDate, recordDay } from '../intake/holder.ts'

/** The three TD1 lines of the card. Throws RangeError for a date that is none, FormatError for a number that has not
 * twelve digits or a letter with no MRZ form. */
export function mrzLines(holder: Holder): string[] {
  return formatVietnameseMrz({
    personalNumber: holder.personalNumber,
    fullName: holder.fullName,
    sex: holder.sex,
    dateOfBirth: recordDate(holder.dateOfBirth),
    dateOfExpiry: holder.dateOfExpiry === null ? null : recordDay(holder.dateOfExpiry),
  })
}

/** What opens the chip over BAC: three fields of those lines. Throws as `mrzLines` does. */
export function holderBacKey(holder: Holder): BacKey {
  return {
    documentNumber: documentNumberFromPersonalNumber(holder.personalNumber),
    dateOfBirth: mrzDate(recordDate(holder.dateOfBirth)),
    dateOfExpiry: holder.dateOfExpiry === null ? NO_EXPIRY : mrzDate(recordDay(holder.dateOfExpiry)),
  }
}
