import { formatCardQr } from '@cccd/mrz'
import { type Holder, recordDate, recordDay } from '../intake/holder.ts'

/**
 * The text of the QR printed on the card: seven fields on the card of 2021, four empty ones more on that of 2024. Throws
 * RangeError for a date that is none, FormatError DOCUMENT_MALFORMED for a field that holds the separator.
 */
export function cardQrText(holder: Holder, variant: '2021' | '2024'): string {
  return formatCardQr({
    variant,
    personalNumber: holder.personalNumber,
    oldNumber: holder.oldNumber ?? '',
    fullName: holder.fullName,
    dateOfBirth: recordDate(holder.dateOfBirth),
    sex: holder.sex,
    address: holder.placeOfResidence,
    dateOfIssue: recordDay(holder.dateOfIssue),
  })
}
