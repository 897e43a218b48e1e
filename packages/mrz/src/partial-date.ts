import { FormatError } from './error.ts'

/** A date of which month, or month and day, may be unknown. Gregorian, month and day from 1. */
export interface PartialDate {
  readonly year: number
  readonly month: number | null
  /** Null whenever month is. */
  readonly day: number | null
}

export interface FullDate extends PartialDate {
  readonly month: number
  readonly day: number
}

/** Reads ddMMyyyy, MMyyyy and yyyy, also with `/`, `-` or `.` between the parts and with one digit for day or month;
 * parts of zeros are unknown. Null when it is no date, or one that no calendar has. */
export function parsePartialDate(text: string): PartialDate | null {
  if (/^[0-9]{8}$/.test(text)) {
    return dateOf(Number(text.slice(0, 2)), Number(text.slice(2, 4)), Number(text.slice(4)))
  }
  const run = /^(\d\d)??(\d\d)?(\d{4})$/.exec(text) ?? /^(?:(\d{1,2})[/.-])??(?:(\d{1,2})[/.-])?(\d{4})$/.exec(text)
  if (run === null) return null
  return dateOf(Number(run[1] ?? 0), Number(run[2] ?? 0), Number(run[3]))
}

function dateOf(day: number, month: number, year: number): PartialDate | null {
  if (year === 0 || month > 12) return null
  if (month === 0) return day > 31 ? null : { year, month: null, day: null }
  if (day === 0) return { year, month, day: null }
  return day <= daysInMonth(year, month) ? { year, month, day } : null
}

/** `dd/MM/yyyy`, `MM/yyyy` or `yyyy`: what is known. */
export function formatPartialDate(date: PartialDate): string {
  return parts(date).join('/')
}

/** `ddMMyyyy`, `MMyyyy` or `yyyy`, as the card's QR has dates. */
export function formatCompactDate(date: PartialDate): string {
  return parts(date).join('')
}

function parts(date: PartialDate): string[] {
  const year = String(date.year).padStart(4, '0')
  if (date.month === null) return [year]
  const month = String(date.month).padStart(2, '0')
  return date.day === null ? [month, year] : [String(date.day).padStart(2, '0'), month, year]
}

/** YYMMDD as the MRZ has it; unknown parts are fillers (9303-3 §4.8). */
export function mrzDate(date: PartialDate): string {
  const two = (part: number | null): string => (part === null ? '<<' : String(part % 100).padStart(2, '0'))
  return two(date.year) + two(date.month) + two(date.day)
}

/** Whether day and month are known. */
export function isFullDate(date: PartialDate): date is FullDate {
  return date.month !== null && date.day !== null
}

/** The date itself, once it is known to be whole. Throws FormatError DOCUMENT_MALFORMED with the field otherwise. */
export function requireFullDate(date: PartialDate, field: string): FullDate {
  if (!isFullDate(date)) throw new FormatError('DOCUMENT_MALFORMED', `${field} lacks its day or month`, { field })
  const possible =
    date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= daysInMonth(date.year, date.month)
  if (!possible) throw new FormatError('DOCUMENT_MALFORMED', `${field} is on no calendar`, { field })
  return date
}

/** Whether the calendar has such a date, as far as it is known. */
export function isOnCalendar({ year, month, day }: PartialDate): boolean {
  if (month === null) return day === null
  if (month < 1 || month > 12) return false
  return day === null || (day >= 1 && day <= daysInMonth(year, month))
}

/** Negative when a comes before b. */
export function compareDates(a: FullDate, b: FullDate): number {
  return a.year - b.year || a.month - b.month || a.day - b.day
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** The first and the last day that a partial date may mean. */
export function dateRange(date: PartialDate): readonly [FullDate, FullDate] {
  const { year, month, day } = date
  if (month === null)
    return [
      { year, month: 1, day: 1 },
      { year, month: 12, day: 31 },
    ]
  if (day === null)
    return [
      { year, month, day: 1 },
      { year, month, day: daysInMonth(year, month) },
    ]
  return [
    { year, month, day },
    { year, month, day },
  ]
}
