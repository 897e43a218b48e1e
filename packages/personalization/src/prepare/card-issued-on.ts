import { compareDates, type FullDate } from '@cccd/mrz'

/** The law of 2023 and its card: from this day on. */
const FIRST_OF_2024: FullDate = { year: 2024, month: 7, day: 1 }

/** Which card was made on a day. */
export function cardIssuedOn(day: FullDate): '2021' | '2024' {
  return compareDates(day, FIRST_OF_2024) < 0 ? '2021' : '2024'
}
