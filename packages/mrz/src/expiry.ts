/**
 * How long a card is valid. The law of 2014 has milestones at 25, 40 and 60 years of age, the law of 2023, for cards
 * issued from 1 July 2024, at 14 too. A card runs to the next milestone; issued within the two years before one, to the
 * one after it; past the last it does not expire.
 */
import { FormatError } from './error.ts'
import { compareDates, daysInMonth, type FullDate, requireFullDate } from './partial-date.ts'

export type Law = '2014' | '2023'

export const MILESTONES: Readonly<Record<Law, readonly number[]>> = { '2014': [25, 40, 60], '2023': [14, 25, 40, 60] }

/** The first day of the law of 2023. */
export const LAW_OF_2023: FullDate = { year: 2024, month: 7, day: 1 }

/** What the MRZ of a card that does not expire has for its date. */
export const NO_EXPIRY = '991231'

/** No card with a chip was issued before. */
export const FIRST_CHIP_CARDS: FullDate = { year: 2021, month: 1, day: 1 }

export interface Expiry {
  readonly law: Law
  /** Whole years of age on the day of issue. */
  readonly ageAtIssue: number
  /** The age to which the card is valid; null when it does not expire. */
  readonly milestone: number | null
  /** The birthday at that age; 28 February where a birthday of 29 February has no such day. Null: does not expire. */
  readonly dateOfExpiry: FullDate | null
  /** Other days that an issuer may have put for 29 February; empty for everybody else. */
  readonly alternatives: readonly FullDate[]
}

/** The law by which a card issued on this day has its milestones. */
export function lawInForce(dateOfIssue: FullDate): Law {
  return compareDates(dateOfIssue, LAW_OF_2023) < 0 ? '2014' : '2023'
}

/** The expiry of a card by birth and issue date. Throws FormatError DOCUMENT_MALFORMED when a date lacks day or month,
 * is on no calendar, or the card was issued before the birth. */
export function computeExpiry(given: { readonly dateOfBirth: FullDate; readonly dateOfIssue: FullDate }): Expiry {
  const dateOfBirth = requireFullDate(given.dateOfBirth, 'dateOfBirth')
  const dateOfIssue = requireFullDate(given.dateOfIssue, 'dateOfIssue')
  if (compareDates(dateOfIssue, dateOfBirth) < 0) {
    throw new FormatError('DOCUMENT_MALFORMED', 'dateOfIssue lies before dateOfBirth', { field: 'dateOfIssue' })
  }
  const law = lawInForce(dateOfIssue)
  const ageAtIssue = ageOn(dateOfBirth, dateOfIssue)
  const milestone = MILESTONES[law].find(age => ageAtIssue < age - 2) ?? null
  const [dateOfExpiry = null, ...alternatives] = milestone === null ? [] : birthdays(dateOfBirth, milestone)
  return { law, ageAtIssue, milestone, dateOfExpiry, alternatives }
}

/** Whole years of age on a day; negative before the birth. Who was born on 29 February is a year older on 1 March of a
 * year without that day. */
export function ageOn(dateOfBirth: FullDate, day: FullDate): number {
  const reached = day.month > dateOfBirth.month || (day.month === dateOfBirth.month && day.day >= dateOfBirth.day)
  return day.year - dateOfBirth.year - (reached ? 0 : 1)
}

/** The birthday at an age, the likely day first; for 29 February where the year has none, 28 February and 1 March. */
export function birthdays(dateOfBirth: FullDate, age: number): readonly FullDate[] {
  const year = dateOfBirth.year + age
  const { month, day } = dateOfBirth
  if (day <= daysInMonth(year, month)) return [{ year, month, day }]
  return [
    { year, month, day: 28 },
    { year, month: 3, day: 1 },
  ]
}
