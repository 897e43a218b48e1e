import { describe, expect, test } from 'vitest'
import { checkHolder, type Holder, isUnderSix, recordDate } from './holder.ts'

const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)
const good: Holder = {
  personalNumber: '999190012345',
  fullName: 'Nguyễn Thị Thử',
  dateOfBirth: '15/05/1990',
  sex: 'female',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Xã Giả Định, Tỉnh Mẫu',
  placeOfResidence: 'Số 1/2 Đường Mẫu (khu A), TP. Mẫu',
  identifyingFeatures: 'Không',
  dateOfIssue: '10/08/2021',
  dateOfExpiry: '15/05/2030',
  oldNumber: '',
  portrait: jpeg,
}

function without(field: keyof Holder): Record<string, unknown> {
  const { [field]: _left, ...rest } = good
  return rest
}

function errorsOf(record: unknown): string[] {
  const { holder, findings } = checkHolder(record)
  const errors = findings.filter(one => one.severity === 'error').map(one => `${one.field} ${one.reason}`)
  expect(holder === null).toBe(errors.length > 0)
  return errors
}

test('a good record passes, with a warning for a province that does not exist', () => {
  const { holder, findings } = checkHolder(good)
  expect(holder).toEqual(good)
  expect(findings).toEqual([{ field: 'personalNumber', reason: 'number-place', severity: 'warning' }])
})

test.each([
  ['a number of eleven digits', { ...good, personalNumber: '99919001234' }, ['personalNumber digits']],
  ['a number with a letter', { ...good, personalNumber: '99919001234O' }, ['personalNumber digits']],
  ['a name with a digit', { ...good, fullName: 'Nguyễn Th1 Thử' }, ['fullName letters']],
  ['a name in another script', { ...good, fullName: 'Нгуен' }, ['fullName letters']],
  ['a decomposed name', { ...good, fullName: good.fullName.normalize('NFD') }, ['fullName not-nfc']],
  ['an empty name', { ...good, fullName: '' }, ['fullName missing']],
  ['no name', without('fullName'), ['fullName missing']],
  ['a name that is a number', { ...good, fullName: 7 }, ['fullName not-text']],
  ['no sex', without('sex'), ['sex missing']],
  ['an address with the separator of the QR', { ...good, placeOfResidence: 'A|B' }, ['placeOfResidence letters']],
  ['an old number of eight digits', { ...good, oldNumber: '12345678' }, ['oldNumber digits']],
  ['a birth on 30 February', { ...good, dateOfBirth: '30/02/1990' }, ['dateOfBirth date']],
  ['a birth date in another form', { ...good, dateOfBirth: '1990-05-15' }, ['dateOfBirth date']],
  ['an issue date without a day', { ...good, dateOfIssue: '08/2021' }, ['dateOfIssue date']],
  ['an expiry that is no text', { ...good, dateOfExpiry: undefined }, ['dateOfExpiry date']],
  ['an issue before the birth', { ...good, dateOfIssue: '01/01/1990' }, ['dateOfIssue date-order']],
  ['an expiry before the issue', { ...good, dateOfExpiry: '10/08/2021' }, ['dateOfExpiry date-order']],
  ['no portrait at 31', without('portrait'), ['portrait portrait-missing']],
  ['a portrait that is no picture', { ...good, portrait: Uint8Array.of(1) }, ['portrait portrait-format']],
  ['three parents', { ...good, parents: ['A', 'B', 'C'] }, ['parents not-text']],
  ['a parent with digits in the name', { ...good, parents: ['A', 'B2'] }, ['parents letters']],
])('%s sends the record back', (_title, record, errors) => {
  expect(errorsOf(record)).toEqual(errors)
})

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'x'],
  ['a list', []],
])('%s is no record', (_, record) => {
  expect(errorsOf(record)).toHaveLength(10)
})

test('several errors are all told', () => {
  expect(errorsOf({ ...good, dateOfBirth: 'x', oldNumber: 'y' })).toEqual(['oldNumber digits', 'dateOfBirth date'])
})

test('a number that says another sex or year than the record is a warning only', () => {
  const { holder, findings } = checkHolder({ ...good, personalNumber: '001085012345' })
  expect(holder).not.toBeNull()
  expect(findings.map(one => one.reason)).toEqual(['number-against-record', 'number-against-record'])
})

describe('a child under six', () => {
  const child = { ...good, dateOfBirth: '20/06/2020', dateOfIssue: '19/06/2026', dateOfExpiry: '20/06/2034' }
  test('needs no portrait until the day before the sixth birthday', () => {
    const { portrait: _none, ...record } = child
    expect(errorsOf(record)).toEqual([])
    expect(errorsOf({ ...record, dateOfIssue: '20/06/2026' })).toEqual(['portrait portrait-missing'])
  })
  test('with a portrait is a warning', () => {
    expect(checkHolder(child).findings.at(-1)).toEqual({
      field: 'portrait',
      reason: 'portrait-under-six',
      severity: 'warning',
    })
  })
  test('of whom only the year is known counts as old as can be', () => {
    expect(isUnderSix(recordDate('2020'), { year: 2025, month: 12, day: 31 })).toBe(true)
    expect(isUnderSix(recordDate('2020'), { year: 2026, month: 1, day: 1 })).toBe(false)
  })
})

test.each(['15/05/1990', '05/1990', '1990'])('%s is a date of a record', text => {
  expect(recordDate(text).year).toBe(1990)
})

test.each(['15.05.1990', '15051990', '5/5/1990', '31/04/1990', '13/1990', '', '0000'])('%s is none', text => {
  expect(() => recordDate(text)).toThrow(RangeError)
})
