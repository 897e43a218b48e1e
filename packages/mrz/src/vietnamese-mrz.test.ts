import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from './error.ts'
import { parseMrz } from './mrz.ts'
import { requireValidCheckDigits } from './mrz-findings.ts'
import { type FullDate, isOnCalendar } from './partial-date.ts'
import { formatVietnameseMrz, isVietnameseMrz, parseVietnameseMrz } from './vietnamese-mrz.ts'

const { vietnamese, specimens } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8'),
) as {
  vietnamese: { id: string; lines: string[]; personalNumber: string; can: string }[]
  specimens: { lines: string[] }[]
}
const [zeros, tran] = vietnamese.map(({ lines }) => lines) as [string[], string[]]
const change = (lines: string[], line: number, column: number, text: string) =>
  lines.map((old, i) => (i === line - 1 ? old.slice(0, column - 1) + text + old.slice(column - 1 + text.length) : old))

test.each(vietnamese)('$id: check digits and cross-checks are right', ({ lines, personalNumber }) => {
  const read = parseVietnameseMrz(lines)
  expect(read.personalNumber).toBe(personalNumber)
  expect(read.mrz.findings).toEqual([])
  expect(read.findings).toEqual([])
  expect(isVietnameseMrz(read.mrz)).toBe(true)
})

test('the fields of the two made-up cards', () => {
  expect(parseVietnameseMrz(zeros)).toMatchObject({
    fullName: 'NGUYEN VAN A',
    dateOfBirth: { year: 1900, month: 1, day: 1 },
    sex: 'male',
    dateOfExpiry: { year: 2025, month: 1, day: 1 },
  })
  expect(parseVietnameseMrz(tran.join('\n'))).toMatchObject({
    mrz: { documentNumber: '160012345', optionalData1: '999160012345<<7', optionalData2: '' },
    fullName: 'TRAN THI B',
    dateOfBirth: { year: 1960, month: 1, day: 15 },
    sex: 'female',
    dateOfExpiry: 'none',
  })
})

describe('the century comes from the number', () => {
  test.each([
    ['0', 'male', 1905],
    ['1', 'female', 1905],
    ['2', 'male', 2005],
    ['3', 'female', 2005],
    ['4', 'male', 2105],
  ] as const)('digit %s: %s, %i', (digit, sex, year) => {
    const lines = formatVietnameseMrz({
      personalNumber: `999${digit}05000001`,
      fullName: 'Lê Văn Đ',
      dateOfBirth: { year, month: 2, day: 3 },
      sex,
      dateOfExpiry: null,
    })
    expect(parseVietnameseMrz(lines)).toMatchObject({ dateOfBirth: { year, month: 2, day: 3 }, sex, findings: [] })
  })
})

describe('what does not agree is a finding with its place', () => {
  test.each([
    [
      'a digit of the document number',
      change(tran, 1, 8, '1'),
      { code: 'NUMBERS_DIFFER', field: 'documentNumber', line: 1, column: 8 },
    ],
    [
      'a digit of the number',
      change(tran, 1, 27, '6'),
      { code: 'PERSONAL_NUMBER_CHECK_DIGIT', column: 30, expected: '8', found: '7' },
    ],
    [
      'a letter in the number',
      change(tran, 1, 20, 'O'),
      { code: 'PERSONAL_NUMBER_UNREADABLE', column: 20, found: 'O' },
    ],
    [
      'the check digit of the number',
      change(tran, 1, 30, '8'),
      { code: 'PERSONAL_NUMBER_CHECK_DIGIT', column: 30, expected: '7' },
    ],
    ['the fillers before it', change(tran, 1, 29, '0'), { code: 'LAYOUT_DIFFERS', field: 'optionalData1', column: 29 }],
    ['the document code', change(tran, 1, 2, '<'), { code: 'LAYOUT_DIFFERS', field: 'documentCode', column: 2 }],
    ['the issuing state', change(tran, 1, 5, 'N'), { code: 'STATE_NOT_VIETNAM', field: 'issuingState', column: 5 }],
    ['the nationality', change(tran, 2, 16, 'L'), { code: 'STATE_NOT_VIETNAM', field: 'nationality', column: 16 }],
    [
      'the second optional field',
      change(tran, 2, 20, '1'),
      { code: 'LAYOUT_DIFFERS', field: 'optionalData2', column: 20 },
    ],
    [
      'the birth year',
      change(tran, 2, 2, '1'),
      { code: 'BIRTH_YEAR_DIFFERS', line: 2, column: 2, expected: '60', found: '61' },
    ],
    ['the sex', change(tran, 2, 8, 'M'), { code: 'SEX_DIFFERS', line: 2, column: 8, expected: 'F', found: 'M' }],
  ])('%s', (_what, lines, finding) => {
    expect(parseVietnameseMrz(lines).findings).toContainEqual(expect.objectContaining(finding))
  })

  test('an unreadable number leaves no number and no century', () => {
    const read = parseVietnameseMrz(change(tran, 1, 20, 'O'))
    expect(read).toMatchObject({ personalNumber: null, dateOfBirth: null })
  })

  test('every single digit changed anywhere in line 1 is noticed', () => {
    for (let column = 6; column <= 30; column++) {
      for (const digit of '0123456789') {
        const lines = change(tran, 1, column, digit)
        if (lines[0] === tran[0]) continue
        const { mrz, findings } = parseVietnameseMrz(lines)
        expect(findings.length + mrz.findings.length).toBeGreaterThan(0)
      }
    }
  })
})

test('no expiry is 991231, or 99 with month and day of birth', () => {
  expect(parseVietnameseMrz(change(tran, 2, 9, '990115')).dateOfExpiry).toBe('none')
  expect(parseVietnameseMrz(change(tran, 2, 9, '350115')).dateOfExpiry).toEqual({ year: 2035, month: 1, day: 15 })
  expect(parseVietnameseMrz(change(tran, 2, 9, '351515')).dateOfExpiry).toBeNull()
})

test('a birth date without its day is read as far as it is known', () => {
  expect(parseVietnameseMrz(change(tran, 2, 1, '6001<<')).dateOfBirth).toEqual({ year: 1960, month: 1, day: null })
})

test('another format is refused, another state is a finding', () => {
  const [td3, td1] = specimens as [{ lines: string[] }, { lines: string[] }]
  expect(() => parseVietnameseMrz(td3.lines)).toThrow(expect.objectContaining({ code: 'MRZ_MALFORMED' }))
  expect(isVietnameseMrz(parseMrz(td1.lines))).toBe(false)
  expect(parseVietnameseMrz(td1.lines).findings.map(({ code }) => code)).toContain('STATE_NOT_VIETNAM')
})

test('the lines of a made-up holder, with letters transliterated', () => {
  const lines = formatVietnameseMrz({
    personalNumber: '999160012345',
    fullName: 'Trần Thị B',
    dateOfBirth: { year: 1960, month: 1, day: 15 },
    sex: 'female',
    dateOfExpiry: null,
  })
  expect(lines).toEqual(tran)
})

test('a name longer than the line is cut in a letter, the first name kept', () => {
  const lines = formatVietnameseMrz({
    personalNumber: '999160012345',
    fullName: 'Công Tằng Tôn Nữ Thị Hoàng Phương Thảo',
    dateOfBirth: { year: 1960, month: 1, day: 15 },
    sex: 'female',
    dateOfExpiry: null,
  })
  expect(lines[2]).toBe('CONG<<TANG<TON<NU<THI<HOANG<PH')
})

const holder = fc
  .record({
    place: fc.integer({ min: 0, max: 999 }),
    serial: fc.integer({ min: 0, max: 999_999 }),
    sex: fc.constantFrom('male' as const, 'female' as const),
    year: fc.integer({ min: 1900, max: 2099 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
    names: fc.array(fc.constantFrom('Nguyễn', 'Đặng', 'Thị', 'Ánh', 'Ộc', 'Y', 'ưu'), { minLength: 1, maxLength: 4 }),
    expiry: fc.option(fc.integer({ min: 2021, max: 2090 })),
  })
  .filter(isOnCalendar)
  .map(({ place, serial, sex, year, month, day, names, expiry }) => {
    const digit = 2 * Math.floor((year - 1900) / 100) + (sex === 'male' ? 0 : 1)
    const two = String(year % 100).padStart(2, '0')
    const dateOfExpiry: FullDate | null = expiry === null ? null : { year: expiry, month: 3, day: 4 }
    const personalNumber = `${String(place).padStart(3, '0')}${digit}${two}${String(serial).padStart(6, '0')}`
    return { personalNumber, fullName: names.join(' '), dateOfBirth: { year, month, day }, sex, dateOfExpiry }
  })

test('every holder written is read back without a finding', () => {
  fc.assert(
    fc.property(holder, given => {
      const read = parseVietnameseMrz(formatVietnameseMrz(given))
      expect([...read.findings, ...read.mrz.findings]).toEqual([])
      expect(() => requireValidCheckDigits(read.mrz)).not.toThrow()
      const { personalNumber, dateOfBirth, sex, dateOfExpiry } = given
      expect(read).toMatchObject({ personalNumber, dateOfBirth, sex, dateOfExpiry: dateOfExpiry ?? 'none' })
    }),
  )
})

test('hostile lines are read or refused with a FormatError', () => {
  const character = fc.constantFrom(...'ABCVNM0123456789<<<<')
  const line = fc.string({ unit: character, minLength: 30, maxLength: 30 })
  fc.assert(
    fc.property(fc.oneof(fc.array(line, { minLength: 3, maxLength: 3 }), fc.string({ unit: 'binary' })), input => {
      try {
        expect(parseVietnameseMrz(input).mrz.lines).toHaveLength(3)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
    { numRuns: 1000 },
  )
})
