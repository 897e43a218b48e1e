import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from './error.ts'
import { formatInsuranceQr, type InsuranceQrFields, parseInsuranceQr } from './insurance-qr.ts'
import { isOnCalendar } from './partial-date.ts'

// Trần Thị Bưởi, Hà Nội; place digits 99 are given to nobody.
const card =
  'DN4990000000001|5472E1BAA76E205468E1BB8B2042C6B0E1BB9F69|15/01/1960|2|48C3A0204EE1BB9969|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|01/01/2020|y|$'
const codes = (text: string) => parseInsuranceQr(text).findings.map(({ code, field }) => `${code} ${field}`)

test('the fields of a card of fifteen characters', () => {
  const { fields, ...qr } = parseInsuranceQr(card)
  expect(fields).toHaveLength(14)
  expect(qr).toEqual({
    raw: card,
    cardNumber: 'DN4990000000001',
    insuranceNumber: '0000000001',
    group: 'DN',
    benefitLevel: 4,
    provinceDigits: '99',
    fullName: 'Trần Thị Bưởi',
    dateOfBirth: { year: 1960, month: 1, day: 15 },
    sex: 'female',
    address: 'Hà Nội',
    facility: { provinceDigits: '99', facilityDigits: '001' },
    validFrom: { year: 2024, month: 1, day: 1 },
    validTo: null,
    dateOfIssue: { year: 2023, month: 12, day: 20 },
    officeCode: '99001',
    extra: ['4', 'x', '01/01/2020', 'y'],
    findings: [],
  })
})

test('a card of ten digits says nothing of group, benefit and place', () => {
  expect(parseInsuranceQr(card.replace('DN4990000000001', '0000000001'))).toMatchObject({
    cardNumber: '0000000001',
    insuranceNumber: '0000000001',
    group: null,
    benefitLevel: null,
    provinceDigits: null,
    findings: [],
  })
})

test('names in small hexadecimal digits and in NFD come out in NFC', () => {
  const nfd = Array.from(new TextEncoder().encode('Trần'.normalize('NFD')), byte => byte.toString(16)).join('')
  expect(parseInsuranceQr(card.replace(/\|5472[0-9A-F]+/, `|${nfd}`)).fullName).toBe('Trần')
})

test('a birth year alone, no address, an end date', () => {
  const text = card.replace('15/01/1960', '1960').replace('48C3A0204EE1BB9969', '-').replace('|-|20', '|31/12/2024|20')
  expect(parseInsuranceQr(text)).toMatchObject({
    dateOfBirth: { year: 1960, month: null, day: null },
    address: null,
    validTo: { year: 2024, month: 12, day: 31 },
    findings: [],
  })
})

test.each([
  ['a byte order mark, NUL and CR', `\uFEFF${card}\0\r`],
  ['blanks around fields', card.replaceAll('|', ' | ')],
  ['CR and LF', `\r\n${card}\r\n`],
])('%s make no difference', (_what, text) => {
  const { raw, fields, extra, ...qr } = parseInsuranceQr(text)
  const { raw: _, fields: __, extra: known, ...clean } = parseInsuranceQr(card)
  expect(qr).toEqual(clean)
  expect(extra.map(field => field.trim())).toEqual(known)
  expect(raw).toBe(text)
})

describe('what cannot be read is a finding, the rest is there', () => {
  test.each([
    ['a name that an input method composed', card.replace('5472E1BAA7', '5472ÉBÂ7'), ['LETTERS_LOST fullName']],
    ['half a character', card.replace('BB9F69|', 'BB9F6|'), ['LETTERS_LOST fullName']],
    ['bytes that are no UTF-8', card.replace('48C3A0', '48C3C3'), ['LETTERS_LOST address']],
    ['no name', card.replace(/\|5472[0-9A-F]+/, '|'), ['FIELD_UNREADABLE fullName']],
    ['an impossible date', card.replace('15/01/1960', '31/02/1960'), ['FIELD_UNREADABLE dateOfBirth']],
    ['a sex that is none', card.replace('|2|', '|3|'), ['FIELD_UNREADABLE sex']],
    ['a benefit level that is none', card.replace('DN4', 'DN7'), ['FIELD_UNREADABLE cardNumber']],
    ['a facility that is none', card.replace('99 - 001', 'x'), ['FIELD_UNREADABLE facility']],
    ['no day from which it is valid', card.replace('01/01/2024', '-'), ['FIELD_UNREADABLE validFrom']],
    ['the end cut off', card.slice(0, -2), ['TEXT_CUT end']],
    ['more of the end cut off', card.slice(0, card.indexOf('|99001')), ['TEXT_CUT end']],
  ])('%s', (_what, text, findings) => {
    expect(codes(text)).toEqual(findings)
    expect(parseInsuranceQr(text).insuranceNumber).toBe('0000000001')
  })
})

test.each([
  ['nothing', ''],
  ['an ID card', '999160012345||Trần Thị Bưởi|15011960|Nữ|Hà Nội|10052021'],
  ['eleven digits', card.replace('DN4990000000001', '00000000001')],
  ['two cards', `${card}\r${card}`],
  ['three fields', 'DN4990000000001|54|1960'],
  ['more than a QR holds', card + 'x'.repeat(9000)],
])('%s is refused, and not shown', (_what, text) => {
  expect(() => parseInsuranceQr(text)).toThrow(
    expect.objectContaining({ code: 'QR_NOT_A_CARD', message: expect.not.stringMatching(/000000|1960|Bưởi/) }),
  )
})

const digits = (count: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: count, maxLength: count })
const words = fc
  .string({ unit: fc.constantFrom(...'aăâbcdđeêơưữộ ỷ,./09'), minLength: 1 })
  .filter(text => text.trim() === text)
const day = fc
  .record({
    year: fc.integer({ min: 1900, max: 2099 }),
    month: fc.option(fc.integer({ min: 1, max: 12 })),
    day: fc.option(fc.integer({ min: 1, max: 31 })),
  })
  .map(({ year, month, day }) => ({ year, month, day: month === null ? null : day }))
  .filter(isOnCalendar)
const given: fc.Arbitrary<InsuranceQrFields> = fc.record({
  cardNumber: fc.oneof(
    fc.tuple(fc.constantFrom('DN', 'TE', 'HT'), fc.constantFrom('1', '5'), digits(12)).map(parts => parts.join('')),
    digits(10),
  ),
  fullName: words,
  dateOfBirth: day,
  sex: fc.constantFrom('male' as const, 'female' as const),
  address: fc.option(words),
  facility: fc.record({ provinceDigits: digits(2), facilityDigits: digits(3) }),
  validFrom: day,
  validTo: fc.option(day),
  dateOfIssue: fc.option(day),
  officeCode: digits(5),
  extra: fc.array(words, { minLength: 4, maxLength: 6 }),
})

test('a text that was written is read back to the same fields, and written again the same', () => {
  fc.assert(
    fc.property(given, fields => {
      const text = formatInsuranceQr(fields)
      const { dateOfBirth, sex, facility, validFrom, ...qr } = parseInsuranceQr(text)
      expect({ ...qr, dateOfBirth, sex, facility, validFrom }).toMatchObject(fields)
      expect(qr.findings).toEqual([])
      if (dateOfBirth === null || sex === null || facility === null || validFrom === null) throw new Error('unreadable')
      expect(formatInsuranceQr({ ...qr, dateOfBirth, sex, facility, validFrom })).toBe(text)
    }),
    { numRuns: 500 },
  )
})

test('a value that would break the text is refused with its field', () => {
  const [fields] = fc.sample(given, { numRuns: 1, seed: 1 }) as [InsuranceQrFields]
  for (const [field, value] of [
    ['cardNumber', 'DN9990000000001'],
    ['facility', { provinceDigits: '9', facilityDigits: '001' }],
    ['extra', ['a|b']],
    ['extra', ['$']],
  ] as const) {
    expect(() => formatInsuranceQr({ ...fields, [field]: value })).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_MALFORMED', facts: { field } }),
    )
  }
  expect(() => formatInsuranceQr({ ...fields, cardNumber: '1' })).toThrow(FormatError)
})
