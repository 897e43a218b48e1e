import { formatCompactDate } from '@cccd/mrz'
import { type Holder, recordDate, recordDay } from '../intake/holder.ts'

/**
 * The text of the QR printed on the card: seven fields on the card of 2021, four empty ones more on that of 2024
 * (domain notes: `id12|old number|full name|birth|Nam or Nữ|address|issue`). Throws RangeError when a field holds the
 * separator or a date is not one.
 */
export function cardQrText(holder: Holder, variant: '2021' | '2024'): string {
  const fields = [
    holder.personalNumber,
    holder.oldNumber ?? '',
    holder.fullName,
    formatCompactDate(recordDate(holder.dateOfBirth)),
    holder.sex === 'male' ? 'Nam' : 'Nữ',
    holder.placeOfResidence,
    formatCompactDate(recordDay(holder.dateOfIssue)),
  ]
  if (fields.some(field => field.includes('|'))) throw new RangeError('a field holds the separator of the QR')
  return fields.join('|') + (variant === '2024' ? '||||' : '')
}
