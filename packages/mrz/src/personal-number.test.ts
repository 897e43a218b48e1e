import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FormatError } from './error.ts'
import { canFromPersonalNumber, decodePersonalNumber, documentNumberFromPersonalNumber } from './personal-number.ts'
import { PROVINCES } from './province.ts'

test.each([
  ['0', 'male', 1985],
  ['1', 'female', 1985],
  ['2', 'male', 2085],
  ['3', 'female', 2085],
  ['4', 'male', 2185],
  ['5', 'female', 2185],
  ['6', 'male', 2285],
  ['7', 'female', 2285],
  ['8', 'male', 2385],
  ['9', 'female', 2385],
])('digit %s is %s, born in %i', (digit, sex, birthYear) => {
  const number = decodePersonalNumber(`999${digit}85123456`)
  expect(number).toMatchObject({ sex, birthYear, century: birthYear - 85, serial: '123456' })
})

test('the table has 63 places', () => {
  expect(Object.keys(PROVINCES)).toHaveLength(63)
  expect(decodePersonalNumber('001000000000')).toMatchObject({ province: 'Hà Nội', warnings: [] })
  expect(decodePersonalNumber('096000000000')).toMatchObject({ province: 'Cà Mau', warnings: [] })
})

test('a place that the table lacks is a warning', () => {
  const number = decodePersonalNumber('999160012345')
  expect(number).toMatchObject({ provinceCode: '999', warnings: ['PROVINCE_UNKNOWN'] })
  expect(number).not.toHaveProperty('province')
})

test('another sex or year beside the number is a warning, nothing beside it is none', () => {
  const dateOfBirth = { year: 1960, month: null, day: null }
  expect(
    decodePersonalNumber('001000000000', { sex: 'male', dateOfBirth: { ...dateOfBirth, year: 1900 } }).warnings,
  ).toEqual([])
  expect(decodePersonalNumber('001000000000', { sex: null, dateOfBirth: null }).warnings).toEqual([])
  expect(decodePersonalNumber('001000000000', { sex: 'female' }).warnings).toEqual(['SEX_DIFFERS'])
  expect(decodePersonalNumber('001000000000', { dateOfBirth }).warnings).toEqual(['BIRTH_YEAR_DIFFERS'])
})

test('the CAN is the last six digits, the document number the last nine', () => {
  expect(canFromPersonalNumber('999160012345')).toBe('012345')
  expect(documentNumberFromPersonalNumber('999160012345')).toBe('160012345')
})

test('what is not twelve digits is refused without being shown', () => {
  for (const text of [
    '',
    '99916001234',
    '9991600123456',
    '99916001234O',
    '９９９１６００１２３４５',
    ' 999160012345',
  ]) {
    for (const use of [decodePersonalNumber, canFromPersonalNumber, documentNumberFromPersonalNumber]) {
      expect(() => use(text)).toThrow(expect.objectContaining({ code: 'PERSONAL_NUMBER_MALFORMED' }))
      expect(() => use(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('999160') }))
    }
  }
})

test('every twelve digits are decoded, every other text is a FormatError', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 12, maxLength: 12 }), text => {
      expect(decodePersonalNumber(text).personalNumber).toBe(text)
    }),
  )
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter(text => !/^[0-9]{12}$/.test(text)),
      text => {
        expect(() => decodePersonalNumber(text)).toThrow(FormatError)
      },
    ),
  )
})
