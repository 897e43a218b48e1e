import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from './error.ts'
import { ageOn, computeExpiry, lawInForce, MILESTONES } from './expiry.ts'
import { compareDates, type FullDate, formatPartialDate, isOnCalendar, parsePartialDate } from './partial-date.ts'

const date = (text: string) => parsePartialDate(text) as FullDate
const expiry = (birth: string, issue: string) => {
  const { milestone, dateOfExpiry } = computeExpiry({ dateOfBirth: date(birth), dateOfIssue: date(issue) })
  return [milestone, dateOfExpiry === null ? null : formatPartialDate(dateOfExpiry)]
}

test('the law of 2023 is that of cards issued from 1 July 2024', () => {
  expect(lawInForce(date('30/06/2024'))).toBe('2014')
  expect(lawInForce(date('01/07/2024'))).toBe('2023')
})

describe('law of 2014', () => {
  test.each([
    ['a child of 11', '15/05/2011', '14/05/2023', 25, '15/05/2036'],
    ['14 today', '15/05/2009', '15/05/2023', 25, '15/05/2034'],
    ['the day before 23', '15/05/2000', '14/05/2023', 25, '15/05/2025'],
    ['23 today', '15/05/2000', '15/05/2023', 40, '15/05/2040'],
    ['the day before 25', '15/05/1998', '14/05/2023', 40, '15/05/2038'],
    ['25 today', '15/05/1998', '15/05/2023', 40, '15/05/2038'],
    ['the day before 38', '15/05/1985', '14/05/2023', 40, '15/05/2025'],
    ['38 today', '15/05/1985', '15/05/2023', 60, '15/05/2045'],
    ['40 today', '15/05/1983', '15/05/2023', 60, '15/05/2043'],
    ['the day before 58', '15/05/1965', '14/05/2023', 60, '15/05/2025'],
    ['58 today', '15/05/1965', '15/05/2023', null, null],
    ['60 today', '15/05/1963', '15/05/2023', null, null],
    ['83', '15/05/1940', '15/05/2023', null, null],
  ])('%s', (_who, birth, issue, milestone, dateOfExpiry) => {
    expect(expiry(birth, issue)).toEqual([milestone, dateOfExpiry])
  })
})

describe('law of 2023', () => {
  test.each([
    ['a newborn', '01/08/2024', '01/08/2024', 14, '01/08/2038'],
    ['the day before 12', '15/09/2012', '14/09/2024', 14, '15/09/2026'],
    ['12 today', '15/09/2012', '15/09/2024', 25, '15/09/2037'],
    ['the day before 14', '15/09/2010', '14/09/2024', 25, '15/09/2035'],
    ['14 today', '15/09/2010', '15/09/2024', 25, '15/09/2035'],
    ['the day before 23', '15/09/2001', '14/09/2024', 25, '15/09/2026'],
    ['23 today', '15/09/2001', '15/09/2024', 40, '15/09/2041'],
    ['25 today', '15/09/1999', '15/09/2024', 40, '15/09/2039'],
    ['the day before 38', '15/09/1986', '14/09/2024', 40, '15/09/2026'],
    ['38 today', '15/09/1986', '15/09/2024', 60, '15/09/2046'],
    ['40 today', '15/09/1984', '15/09/2024', 60, '15/09/2044'],
    ['the day before 58', '15/09/1966', '14/09/2024', 60, '15/09/2026'],
    ['58 today', '15/09/1966', '15/09/2024', null, null],
    ['60 today', '15/09/1964', '15/09/2024', null, null],
  ])('%s', (_who, birth, issue, milestone, dateOfExpiry) => {
    expect(expiry(birth, issue)).toEqual([milestone, dateOfExpiry])
  })

  test('the day of the change decides for a child', () => {
    expect(expiry('15/05/2015', '30/06/2024')[0]).toBe(25)
    expect(expiry('15/05/2015', '01/07/2024')[0]).toBe(14)
  })
})

describe('born on 29 February', () => {
  test('a milestone in a leap year is on that day', () => {
    const given = { dateOfBirth: date('29/02/2000'), dateOfIssue: date('01/03/2025') }
    expect(computeExpiry(given)).toMatchObject({ dateOfExpiry: { year: 2040, month: 2, day: 29 }, alternatives: [] })
  })

  test('another milestone is on 28 February, or on 1 March', () => {
    const given = { dateOfBirth: date('29/02/2000'), dateOfIssue: date('01/03/2021') }
    expect(computeExpiry(given)).toMatchObject({
      milestone: 25,
      dateOfExpiry: { year: 2025, month: 2, day: 28 },
      alternatives: [{ year: 2025, month: 3, day: 1 }],
    })
  })

  test('is a year older on 1 March, so the card of 28 February still goes by the age before', () => {
    expect(ageOn(date('29/02/2000'), date('28/02/2023'))).toBe(22)
    expect(ageOn(date('29/02/2000'), date('01/03/2023'))).toBe(23)
    expect(expiry('29/02/2000', '28/02/2023')).toEqual([25, '28/02/2025'])
    expect(expiry('29/02/2000', '01/03/2023')).toEqual([40, '29/02/2040'])
  })
})

test('a card issued before the birth, or with a date that no calendar has, is refused', () => {
  const dateOfBirth = date('15/05/2000')
  for (const dateOfIssue of [date('14/05/2000'), { year: 2021, month: 2, day: 30 }]) {
    expect(() => computeExpiry({ dateOfBirth, dateOfIssue })).toThrow(FormatError)
  }
})

test('every expiry is a birthday at a milestone of its law, two years or more after the issue', () => {
  const day = fc
    .record({
      year: fc.integer({ min: 1920, max: 2030 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 31 }),
    })
    .filter(isOnCalendar)
  fc.assert(
    fc.property(day, day, (a, b) => {
      const [dateOfBirth, dateOfIssue] = compareDates(a, b) <= 0 ? [a, b] : [b, a]
      const { law, milestone, ageAtIssue, dateOfExpiry } = computeExpiry({ dateOfBirth, dateOfIssue })
      expect(dateOfExpiry === null).toBe(milestone === null)
      if (milestone === null || dateOfExpiry === null) {
        expect(ageAtIssue).toBeGreaterThanOrEqual(58)
        return
      }
      expect(MILESTONES[law]).toContain(milestone)
      expect(dateOfExpiry.year - dateOfBirth.year).toBe(milestone)
      expect(milestone - ageAtIssue).toBeGreaterThan(2)
    }),
  )
})
