import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FormatError } from './error.ts'
import {
  compareDates,
  dateRange,
  formatCompactDate,
  formatPartialDate,
  isOnCalendar,
  mrzDate,
  parsePartialDate,
  requireFullDate,
} from './partial-date.ts'

test.each([
  ['15011960', { year: 1960, month: 1, day: 15 }],
  ['011960', { year: 1960, month: 1, day: null }],
  ['1960', { year: 1960, month: null, day: null }],
  ['00011960', { year: 1960, month: 1, day: null }],
  ['00001960', { year: 1960, month: null, day: null }],
  ['001960', { year: 1960, month: null, day: null }],
  ['15001960', { year: 1960, month: null, day: null }],
  ['15/01/1960', { year: 1960, month: 1, day: 15 }],
  ['5/1/1960', { year: 1960, month: 1, day: 5 }],
  ['01/1960', { year: 1960, month: 1, day: null }],
  ['00/00/1960', { year: 1960, month: null, day: null }],
  ['15-01-1960', { year: 1960, month: 1, day: 15 }],
  ['29022000', { year: 2000, month: 2, day: 29 }],
])('%s is read', (text, date) => {
  expect(parsePartialDate(text)).toEqual(date)
})

test.each([
  '',
  '29021999',
  '31041999',
  '32011999',
  '01131999',
  '00000000',
  '99001960',
  '196',
  '1/1/60',
  '15 01 1960',
  'x',
])('"%s" is no date', text => {
  expect(parsePartialDate(text)).toBeNull()
})

test('the MRZ has fillers for what is not known', () => {
  expect(mrzDate({ year: 1960, month: 1, day: 15 })).toBe('600115')
  expect(mrzDate({ year: 2005, month: 1, day: null })).toBe('0501<<')
  expect(mrzDate({ year: 2000, month: null, day: null })).toBe('00<<<<')
})

const anyDate = fc
  .record({
    year: fc.integer({ min: 1, max: 9999 }),
    month: fc.option(fc.integer({ min: 1, max: 12 })),
    day: fc.option(fc.integer({ min: 1, max: 31 })),
  })
  .map(({ year, month, day }) => ({ year, month, day: month === null ? null : day }))
  .filter(isOnCalendar)

test('both written forms are read back as the same date', () => {
  fc.assert(
    fc.property(anyDate, date => {
      expect(parsePartialDate(formatPartialDate(date))).toEqual(date)
      expect(parsePartialDate(formatCompactDate(date))).toEqual(date)
    }),
  )
})

test('the first day that a date may mean is never after the last, and both are on the calendar', () => {
  fc.assert(
    fc.property(anyDate, date => {
      const [first, last] = dateRange(date)
      expect(compareDates(first, last)).toBeLessThanOrEqual(0)
      expect([first, last].every(isOnCalendar)).toBe(true)
    }),
  )
})

test('any text is a date on the calendar or null', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789/-. '), maxLength: 12 }), text => {
      const date = parsePartialDate(text)
      expect(date === null || isOnCalendar(date)).toBe(true)
    }),
  )
})

test('a whole date is asked for by name', () => {
  expect(requireFullDate({ year: 2000, month: 2, day: 29 }, 'dateOfBirth')).toEqual({ year: 2000, month: 2, day: 29 })
  for (const date of [
    { year: 2000, month: 2, day: null },
    { year: 2001, month: 2, day: 29 },
    { year: 2001, month: 13, day: 1 },
  ]) {
    expect(() => requireFullDate(date, 'dateOfBirth')).toThrow(FormatError)
  }
})
