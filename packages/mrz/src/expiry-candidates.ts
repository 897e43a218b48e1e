/** Which dates of expiry the MRZ of a card may have, by what its QR says: for BAC, which needs the date. */
import {
  birthdays,
  computeExpiry,
  type Expiry,
  FIRST_CHIP_CARDS,
  LAW_OF_2023,
  MILESTONES,
  NO_EXPIRY,
} from './expiry.ts'
import { compareDates, dateRange, type FullDate, isFullDate, mrzDate, type PartialDate } from './partial-date.ts'

/** More would slow down or lock the chip. */
const most = 5

/** At most five dates as YYMMDD, the likeliest first, none twice: what the rule gives, the milestones beside it, 991231,
 * and 99 with month and day of birth (one vendor's manual has it so). Where the day of issue is only partly known or
 * missing, what the rule gives for each day it can be. Empty when nothing follows: the birth date lacks its day and the
 * card may expire, or it was issued before the birth. */
export function expiryCandidates(given: {
  readonly dateOfBirth: PartialDate
  readonly dateOfIssue: PartialDate | null
}): string[] {
  const { dateOfBirth, dateOfIssue } = given
  if (!isFullDate(dateOfBirth)) return neverExpires(dateOfBirth, dateOfIssue) ? [NO_EXPIRY] : []
  const days = daysOfIssue(dateOfBirth, dateOfIssue)
  if (days.length === 0) return []
  const byRule = days.map(day => computeExpiry({ dateOfBirth, dateOfIssue: day }))
  const candidates = [
    ...byRule.flatMap(inMrz),
    ...byRule.flatMap((expiry, i) => beside(dateOfBirth, days[i] as FullDate, expiry)),
    NO_EXPIRY,
    `99${mrzDate(dateOfBirth).slice(2)}`,
  ]
  return [...new Set(candidates)].slice(0, most)
}

function inMrz(expiry: Expiry): string[] {
  if (expiry.dateOfExpiry === null) return [NO_EXPIRY]
  return [expiry.dateOfExpiry, ...expiry.alternatives].map(mrzDate)
}

/** The milestone before, if it is still to come on the day of issue, and the one after. */
function beside(dateOfBirth: FullDate, dateOfIssue: FullDate, expiry: Expiry): string[] {
  const ages = MILESTONES[expiry.law]
  const at = expiry.milestone === null ? ages.length : ages.indexOf(expiry.milestone)
  return [ages[at - 1], ages[at + 1]]
    .filter(age => age !== undefined)
    .flatMap(age => birthdays(dateOfBirth, age))
    .filter(day => compareDates(day, dateOfIssue) > 0)
    .map(mrzDate)
}

/** The days of issue that make a difference, in order: the first that it can be, and each from which the rule gives
 * something else. */
function daysOfIssue(dateOfBirth: FullDate, dateOfIssue: PartialDate | null): FullDate[] {
  const turns = [...MILESTONES['2023'].flatMap(age => birthdays(dateOfBirth, age - 2)), LAW_OF_2023]
  const [first, last] =
    dateOfIssue === null ? [FIRST_CHIP_CARDS, { ...LAW_OF_2023, year: 9999 }] : dateRange(dateOfIssue)
  return [first, dateOfBirth, ...turns]
    .filter(day => compareDates(day, first) >= 0 && compareDates(day, last) <= 0)
    .filter(day => compareDates(day, dateOfBirth) >= 0)
    .sort(compareDates)
}

/** Whether every day of birth and issue that the dates can mean gives a card without expiry. */
function neverExpires(dateOfBirth: PartialDate, dateOfIssue: PartialDate | null): boolean {
  const youngest = dateRange(dateOfBirth)[1]
  const first = dateOfIssue === null ? FIRST_CHIP_CARDS : dateRange(dateOfIssue)[0]
  if (compareDates(first, youngest) < 0) return false
  return computeExpiry({ dateOfBirth: youngest, dateOfIssue: first }).milestone === null
}
