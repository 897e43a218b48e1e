import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accessKeysFromCan, accessKeysFromMrz, accessKeysFromPersonalNumber, accessKeysFromQr } from './access-keys.ts'
import { formatCardQr, parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { computeExpiry } from './expiry.ts'
import { parseMrz } from './mrz.ts'
import { mrzInformation } from './mrz-information.ts'
import { compareDates, type FullDate, isOnCalendar, mrzDate, parsePartialDate } from './partial-date.ts'
import { formatVietnameseMrz } from './vietnamese-mrz.ts'

const { vietnamese, specimens } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8'),
) as {
  vietnamese: { lines: string[]; can: string }[]
  specimens: { id: string; lines: string[] }[]
}
const qr = (birth: string, issue: string) => `999160012345||Trần Thị Bưởi|${birth}|Nữ|Hà Nội|${issue}`
const expiries = (birth: string, issue: string) =>
  accessKeysFromQr(qr(birth, issue)).bac.map(({ dateOfExpiry }) => dateOfExpiry)

test('the CAN is the last six digits, the keys have the last nine and the birth date', () => {
  const keys = accessKeysFromQr(qr('15011960', '10052021'))
  expect(keys.can).toBe('012345')
  expect(keys.bac[0]).toEqual({ documentNumber: '160012345', dateOfBirth: '600115', dateOfExpiry: '991231' })
  expect(accessKeysFromQr(parseCardQr(qr('15011960', '10052021')))).toEqual(keys)
})

describe('the order of the dates: computed, the milestones beside it, 991231, 99 with month and day of birth', () => {
  test.each([
    ['a child of ten, law of 2014', '15052012', '10052023', ['370515', '520515', '991231', '990515']],
    ['a child of ten, law of 2023', '15052014', '10082024', ['280515', '390515', '991231', '990515']],
    ['13, law of 2023', '15052011', '10082024', ['360515', '250515', '510515', '991231', '990515']],
    ['18', '15052004', '10052023', ['290515', '440515', '991231', '990515']],
    ['24', '15051998', '10052023', ['380515', '230515', '580515', '991231', '990515']],
    ['30', '15051992', '10052023', ['320515', '520515', '991231', '990515']],
    ['39', '15051984', '10052024', ['440515', '240515', '991231', '990515']],
    ['50', '15051972', '10052023', ['320515', '991231', '990515']],
    ['59', '15051963', '10052023', ['991231', '230515', '990515']],
    ['70', '15051953', '10052023', ['991231', '990515']],
    [
      'born on 29 February, milestone in another year',
      '29022000',
      '10052021',
      ['250228', '250301', '400229', '991231', '990229'],
    ],
    ['born on 29 February, milestone in a leap year', '29022000', '10052025', ['400229', '600229', '991231', '990229']],
    ['born on 31 December', '31121953', '10052023', ['991231']],
  ])('%s', (_who, birth, issue, dates) => {
    expect(expiries(birth, issue)).toEqual(dates)
  })
})

describe('dates that are only partly known', () => {
  test('the year of issue is enough where the rule gives one date for all of it', () => {
    expect(expiries('15051992', '2023')).toEqual(['320515', '520515', '991231', '990515'])
  })

  test('both dates are tried where the holder came near a milestone in that year', () => {
    expect(expiries('15052000', '2023')).toEqual(['250515', '400515', '600515', '991231', '990515'])
  })

  test('both laws are tried for a child in the year of the change', () => {
    expect(expiries('15052015', '2024').slice(0, 2)).toEqual(['400515', '290515'])
  })

  test('without a day of issue, every date that a card with a chip can have', () => {
    expect(expiries('15051992', '')).toEqual(['320515', '520515', '991231', '990515'])
    expect(expiries('15051950', 'x')).toEqual(['991231', '990515'])
  })

  test('without the day of birth, a key only for who needs no expiry', () => {
    expect(accessKeysFromQr(qr('1950', '10052023'))).toEqual({
      can: '012345',
      bac: [{ documentNumber: '160012345', dateOfBirth: '50<<<<', dateOfExpiry: '991231' }],
    })
    expect(expiries('051965', '31052023')).toEqual(['991231'])
    expect(expiries('051965', '30052023')).toEqual([])
    expect(accessKeysFromQr(qr('1992', '10052023'))).toEqual({ can: '012345', bac: [] })
  })

  test('without a birth date, or issued before it, the CAN alone', () => {
    expect(accessKeysFromQr(qr('x', '10052023'))).toEqual({ can: '012345', bac: [] })
    expect(accessKeysFromQr(qr('15052024', '10052023'))).toEqual({ can: '012345', bac: [] })
  })
})

test('for every holder the computed date comes first, no key twice, five at most, all fit for BAC', () => {
  const day = fc
    .record({
      year: fc.integer({ min: 1925, max: 2030 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 31 }),
    })
    .filter(isOnCalendar)
  const today = fc.constantFrom(...[0, 12, 14, 23, 25, 38, 40, 58, 60])
  fc.assert(
    fc.property(day, day, fc.option(today), (a, b, age) => {
      const [dateOfBirth, later] = compareDates(a, b) <= 0 ? [a, b] : [b, a]
      const birthday = { ...dateOfBirth, year: dateOfBirth.year + (age ?? 0) }
      const dateOfIssue: FullDate = age === null || !isOnCalendar(birthday) ? later : birthday
      const given = { personalNumber: '999160012345', oldNumber: '', fullName: 'Bưởi', address: 'Hà Nội' }
      const text = formatCardQr({ ...given, variant: '2024', sex: 'female', dateOfBirth, dateOfIssue })
      const { bac } = accessKeysFromQr(text)
      const { dateOfExpiry } = computeExpiry({ dateOfBirth, dateOfIssue })
      expect(bac[0]?.dateOfExpiry).toBe(dateOfExpiry === null ? '991231' : mrzDate(dateOfExpiry))
      expect(bac.length).toBeLessThanOrEqual(5)
      expect(new Set(bac.map(mrzInformation)).size).toBe(bac.length)
      expect(bac.map(key => key.dateOfExpiry)).toContain('991231')
    }),
    { numRuns: 1000 },
  )
})

test('the MRZ of a card without expiry opens with a key from its QR', () => {
  const dateOfBirth = parsePartialDate('15011960') as FullDate
  const lines = formatVietnameseMrz({
    personalNumber: '999160012345',
    fullName: 'Trần Thị Bưởi',
    dateOfBirth,
    sex: 'female',
    dateOfExpiry: computeExpiry({ dateOfBirth, dateOfIssue: parsePartialDate('10052021') as FullDate }).dateOfExpiry,
  })
  const [key] = accessKeysFromMrz(lines).bac
  expect(accessKeysFromQr(qr('15011960', '10052021')).bac[0]).toEqual(key)
})

describe('from an MRZ', () => {
  test('a Vietnamese card gives CAN and key', () => {
    for (const { lines, can } of vietnamese) {
      const keys = accessKeysFromMrz(lines.join('\n'))
      const { documentNumber, dateOfBirth, dateOfExpiry } = parseMrz(lines)
      expect(keys).toEqual({ can, bac: [{ documentNumber, dateOfBirth, dateOfExpiry }] })
    }
  })

  test('any other document gives the key alone', () => {
    const [passport = { lines: [] }] = specimens
    expect(accessKeysFromMrz(passport.lines)).toEqual({
      bac: [{ documentNumber: 'L898902C3', dateOfBirth: '740812', dateOfExpiry: '120415' }],
    })
  })

  test('a card whose two numbers differ gives no CAN', () => {
    const [, { lines }] = vietnamese as [unknown, { lines: string[] }]
    const changed = lines.map(line => line.replace('999160012345<<7', '999160012346<<0'))
    expect(accessKeysFromMrz(changed)).not.toHaveProperty('can')
  })

  test('a wrong check digit of the key is refused by its name, a wrong composite is not', () => {
    const lines = (id: string) => specimens.find(specimen => specimen.id === id)?.lines ?? []
    expect(() => accessKeysFromMrz(lines('negative-check-digit-td1-date-of-expiry'))).toThrow(
      expect.objectContaining({
        code: 'MRZ_CHECK_DIGIT',
        facts: { field: 'dateOfExpiryCheckDigit', line: 2, column: 15 },
      }),
    )
    expect(accessKeysFromMrz(lines('negative-check-digit-td1-composite')).bac).toHaveLength(1)
  })
})

test('from the number or the CAN alone, no key for BAC', () => {
  expect(accessKeysFromPersonalNumber('999160012345')).toEqual({ can: '012345', bac: [] })
  expect(accessKeysFromCan('012345')).toEqual({ can: '012345', bac: [] })
  expect(() => accessKeysFromPersonalNumber('12345')).toThrow(
    expect.objectContaining({ code: 'PERSONAL_NUMBER_MALFORMED' }),
  )
  for (const can of ['', '12345', '1234567', '12345A', ' 12345']) {
    expect(() => accessKeysFromCan(can)).toThrow(
      expect.objectContaining({ code: 'KEY_MALFORMED', facts: { field: 'can' } }),
    )
  }
})

test('hostile dates in a QR give keys or the CAN alone, never another error', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789/'), maxLength: 10 })
  fc.assert(
    fc.property(digits, digits, (birth, issue) => {
      try {
        expect(accessKeysFromQr(qr(birth, issue)).bac.length).toBeLessThanOrEqual(5)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
    { numRuns: 1000 },
  )
})
