/** Dates and times in the forms that other programs want. */
import { parsePartialDate } from '@cccd/mrz'

const DATE_SIGNS = /yyyy|yy|MM|dd/g
const TIME_SIGNS = /yyyy|yy|MM|dd|HH|mm|ss/g

/** Whether every letter of the text belongs to one of yyyy, yy, MM, dd. */
export function isDatePattern(text: string): boolean {
  return isPattern(text, DATE_SIGNS)
}

/** As `isDatePattern`, with HH, mm and ss too. */
export function isTimePattern(text: string): boolean {
  return isPattern(text, TIME_SIGNS)
}

function isPattern(text: string, signs: RegExp): boolean {
  const rest = text.replace(signs, '')
  return rest.length < text.length && !/[\p{L}\p{N}\p{Cc}]/u.test(rest)
}

/** A date dd/MM/yyyy, MM/yyyy or yyyy by the pattern; unknown parts are zeros, as XML1 has them. A text that is no date
 * (such as “Không thời hạn”) stays as it is. */
export function formatDate(text: string, pattern: string): string {
  const date = parsePartialDate(text.trim())
  if (date === null) return text
  const year = String(date.year).padStart(4, '0')
  const parts: Readonly<Record<string, string>> = {
    yyyy: year,
    yy: year.slice(2),
    MM: two(date.month ?? 0),
    dd: two(date.day ?? 0),
  }
  return pattern.replace(DATE_SIGNS, sign => parts[sign] as string)
}

const VIETNAM_AHEAD_MS = 7 * 3_600_000

/** An ISO 8601 instant by the pattern, in Vietnam's time (UTC+7, no summer time). */
export function formatTime(instant: string, pattern: string): string {
  const there = new Date(Date.parse(instant) + VIETNAM_AHEAD_MS)
  if (Number.isNaN(there.getTime())) return ''
  const year = String(there.getUTCFullYear()).padStart(4, '0')
  const parts: Readonly<Record<string, string>> = {
    yyyy: year,
    yy: year.slice(2),
    MM: two(there.getUTCMonth() + 1),
    dd: two(there.getUTCDate()),
    HH: two(there.getUTCHours()),
    mm: two(there.getUTCMinutes()),
    ss: two(there.getUTCSeconds()),
  }
  return pattern.replace(TIME_SIGNS, sign => parts[sign] as string)
}

function two(part: number): string {
  return String(part).padStart(2, '0')
}
