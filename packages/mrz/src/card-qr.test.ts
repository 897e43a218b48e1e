import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CardQrFields, formatCardQr, parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { isOnCalendar } from './partial-date.ts'

const address = 'Thôn Đồng Mẫu, Xã Thử, Huyện Nghiệm, Hà Nội'
const card2021 = `999160012345|099000001|Trần Thị Bưởi|15011960|Nữ|${address}|10052021`
const card2024 = `999160012345||Trần Thị Bưởi|15011960|Nữ|${address}|10082024||||`
const codes = (text: string) => parseCardQr(text).findings.map(({ code, field }) => `${code} ${field}`)

test('the seven fields of 2021', () => {
  expect(parseCardQr(card2021)).toEqual({
    raw: card2021,
    variant: '2021',
    personalNumber: '999160012345',
    oldNumber: '099000001',
    fullName: 'Trần Thị Bưởi',
    dateOfBirth: { year: 1960, month: 1, day: 15 },
    sex: 'female',
    sexText: 'Nữ',
    address,
    dateOfIssue: { year: 2021, month: 5, day: 10 },
    extra: [],
    findings: [],
  })
})

test('the eleven fields of 2024, the last four empty or not', () => {
  expect(parseCardQr(card2024)).toMatchObject({ variant: '2024', oldNumber: '', extra: ['', '', '', ''], findings: [] })
  const parents = card2024.replace('||||', '|999999999999| Trần Văn Ổi |Lê Thị Na|')
  expect(parseCardQr(parents)).toMatchObject({
    variant: '2024',
    extra: ['999999999999', ' Trần Văn Ổi ', 'Lê Thị Na', ''],
    findings: [],
  })
})

describe('seen in the field', () => {
  test.each([
    ['a byte order mark', `\uFEFF${card2021}`],
    ['NUL bytes between and behind', `${card2021.replace('Bưởi', 'Bưởi\0')}\0\0`],
    ['CR alone', `${card2021}\r`],
    ['CR and LF', `${card2021}\r\n`],
    ['LF before and behind', `\n${card2021}\n\n`],
    ['blanks at the end', `${card2021}  \t `],
    ['blanks around fields', card2021.replaceAll('|', ' | ')],
    ['letters in NFD', card2021.normalize('NFD')],
    ['dates with strokes', card2021.replace('15011960', '15/01/1960').replace('10052021', '10/05/2021')],
    ['capitals for the sex', card2021.replace('Nữ', 'NỮ').replace('NỮ', 'nữ')],
  ])('%s: the same fields, no finding, the raw text kept', (_what, text) => {
    const { raw, sexText, ...qr } = parseCardQr(text)
    const { raw: _, sexText: __, ...clean } = parseCardQr(card2021)
    expect(qr).toEqual(clean)
    expect(raw).toBe(text)
    expect(sexText.toLowerCase()).toBe('nữ')
  })

  test('six fields with strokes, the old number left out', () => {
    const text = `999160012345|Trần Thị Bưởi|15/01/1960|Nữ|${address}|10/05/2021`
    const { raw, variant, oldNumber, ...qr } = parseCardQr(text)
    const { raw: _, variant: __, oldNumber: ___, ...clean } = parseCardQr(card2021)
    expect([variant, oldNumber]).toEqual(['other', ''])
    expect(qr).toEqual(clean)
  })

  test('six fields, the day of issue left out', () => {
    const text = card2021.slice(0, card2021.lastIndexOf('|'))
    expect(parseCardQr(text)).toMatchObject({ variant: 'other', fullName: 'Trần Thị Bưởi', address, dateOfIssue: null })
    expect(codes(text)).toEqual(['FIELD_UNREADABLE dateOfIssue'])
  })

  test.each([8, 9, 10, 12, 15])('%i fields: the tail is kept as it stands', count => {
    const tail = Array.from({ length: count - 7 }, (_, i) => ` x${i}`)
    expect(parseCardQr([card2021, ...tail].join('|'))).toMatchObject({ variant: 'other', extra: tail, findings: [] })
  })

  test('partial dates', () => {
    const text = card2021.replace('15011960', '1960').replace('10052021', '00052021')
    expect(parseCardQr(text)).toMatchObject({
      dateOfBirth: { year: 1960, month: null, day: null },
      dateOfIssue: { year: 2021, month: 5, day: null },
      findings: [],
    })
  })

  test('a line end inside the address is a blank', () => {
    expect(parseCardQr(card2021.replace('Xã ', 'Xã\r\n')).address).toBe(address)
  })
})

describe('what a keyboard loses', () => {
  test.each([
    ['question marks', 'Tr?n Th? B??i', ['LETTERS_LOST fullName']],
    ['replacement characters', 'Tr\uFFFDn Thị Bưởi', ['LETTERS_LOST fullName']],
    ['letters gone', 'Trn Th Bi', ['LETTERS_LOST fullName']],
    ['UTF-8 read as windows-1252', 'Tráº§n Thá»‹ BÆ°á»Ÿi', ['LETTERS_LOST fullName']],
    ['Đ read as windows-1252', 'Ä‘an', ['LETTERS_LOST fullName']],
    ['nothing', 'Trần Thị Bưởi', []],
    ['nothing, capitals', 'TRẦN THỊ BƯỞI', []],
    ['a name that has no marks', 'Le Na', []],
  ])('%s', (_what, fullName, findings) => {
    expect(codes(card2021.replace('Trần Thị Bưởi', fullName))).toEqual(findings)
  })

  test('an address without its letters', () => {
    expect(codes(card2021.replace(address, 'Th?n 1'))).toEqual(['LETTERS_LOST address'])
    expect(codes(card2021.replace(address, 'Qun 1, TP. HCM, Hà Nội'))).toEqual([])
    expect(codes(card2021.replace(address, 'Phng 1, TP. HCM, Hà Nội'))).toEqual(['LETTERS_LOST address'])
  })

  test.each([
    ['Nu', 'female', ['LETTERS_LOST sex']],
    ['N', null, ['LETTERS_LOST sex']],
    ['N?', null, ['LETTERS_LOST sex']],
    ['N\uFFFD', null, ['LETTERS_LOST sex']],
    ['Ná»¯', null, ['LETTERS_LOST sex']],
    ['', null, ['FIELD_UNREADABLE sex']],
    ['X', null, ['FIELD_UNREADABLE sex']],
  ])('sex %j', (text, sex, findings) => {
    const changed = card2021.replace('|Nữ|', `|${text}|`)
    expect(parseCardQr(changed)).toMatchObject({ sex, sexText: text })
    expect(codes(changed)).toEqual(findings)
  })

  test('a text without one marked letter is suspected', () => {
    const text = '999060012345||Nguyen Van An|15011960|Nam|Thon Dong Mau, Ha Noi|10052021'
    expect(codes(text)).toEqual(['NO_VIETNAMESE_LETTERS fullName'])
  })
})

test('sex and birth year are compared with the number', () => {
  expect(codes(card2021.replace('|Nữ|', '|Nam|'))).toEqual(['SEX_DIFFERS sex'])
  expect(codes(card2021.replace('15011960', '15011961'))).toEqual(['BIRTH_YEAR_DIFFERS dateOfBirth'])
})

test('fields that cannot be read are findings, the rest is there', () => {
  const text = '999160012345|12AB||31021960|Nữ|Hà Nội|x'
  expect(parseCardQr(text)).toMatchObject({ dateOfBirth: null, dateOfIssue: null, address: 'Hà Nội' })
  expect(codes(text)).toEqual([
    'FIELD_UNREADABLE oldNumber',
    'FIELD_UNREADABLE fullName',
    'FIELD_UNREADABLE dateOfBirth',
    'FIELD_UNREADABLE dateOfIssue',
  ])
})

describe('the text of something else is refused, and not shown', () => {
  test.each([
    ['nothing', '', 'no text'],
    ['only blanks', ' \0\r\n', 'no text'],
    ['a web address', 'https://example.org/999160012345', 'first field'],
    ['eleven digits', card2021.slice(1), 'first field'],
    ['full-width digits', card2021.replace('999160012345', '９９９１６００１２３４５'), 'first field'],
    ['the number alone', '999160012345', '1 fields'],
    ['five fields', '999160012345||Trần Thị Bưởi|15011960|Nữ', '5 fields'],
    [
      'an insurance card',
      'DN4019900000001|5472E1BAA76E|15/01/1960|2|-|01 - 001|01/01/2024|-|x|y|z|a|b|c|$',
      'insurance',
    ],
    [
      'an insurance card by number',
      '9900000001|5472E1BAA76E|15/01/1960|2|-|01 - 001|01/01/2024|-|x|y|z|a|b|c|$',
      'insurance',
    ],
    ['two cards in one', `${card2021}\r${card2024}`, 'more than one'],
    ['more than a QR holds', card2021 + ' x'.repeat(5000), 'more than a QR holds'],
  ])('%s', (_what, text, why) => {
    expect(() => parseCardQr(text)).toThrow(
      expect.objectContaining({ code: 'QR_NOT_A_CARD', message: expect.stringContaining(why) }),
    )
    expect(() => parseCardQr(text)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/9991600|Trần|1960/) }),
    )
  })
})

const letters = fc.constantFrom(...'aăâbcdđeêghiklmnoôơpqrstuưvxyÁẦỊỘỮĐ ,./0123456789-')
const words = fc.string({ unit: letters, minLength: 1, maxLength: 40 }).map(text => text.trim())
const day = fc
  .record({
    year: fc.integer({ min: 1900, max: 2099 }),
    month: fc.option(fc.integer({ min: 1, max: 12 })),
    day: fc.option(fc.integer({ min: 1, max: 31 })),
  })
  .map(({ year, month, day }) => ({ year, month, day: month === null ? null : day }))
  .filter(isOnCalendar)
const fields: fc.Arbitrary<CardQrFields> = fc
  .record({
    variant: fc.constantFrom('2021' as const, '2024' as const),
    personalNumber: fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 12, maxLength: 12 }),
    oldNumber: fc.constantFrom('', '099000001', '999160012345'),
    fullName: words,
    dateOfBirth: day,
    sex: fc.constantFrom('male' as const, 'female' as const),
    address: words,
    dateOfIssue: day,
    extra: fc.array(words, { minLength: 4, maxLength: 4 }),
  })
  .map(given => ({ ...given, extra: given.variant === '2024' ? given.extra : [] }))

test('a text that was written is read back to the same fields, and written again the same', () => {
  fc.assert(
    fc.property(fields, given => {
      const text = formatCardQr(given)
      const qr = parseCardQr(text)
      expect(qr).toMatchObject(given)
      const { dateOfBirth, dateOfIssue, sex } = qr
      if (dateOfBirth === null || dateOfIssue === null || sex === null) throw new Error('unreadable')
      expect(formatCardQr({ ...given, ...qr, variant: given.variant, dateOfBirth, dateOfIssue, sex })).toBe(text)
    }),
    { numRuns: 500 },
  )
})

test('a value that would break the text is refused with its field', () => {
  const qr = parseCardQr(card2021)
  const given = {
    ...qr,
    variant: '2021',
    sex: 'female',
    dateOfBirth: { year: 1960, month: 1, day: 15 },
  } as CardQrFields
  for (const [field, value] of [
    ['address', 'a|b'],
    ['fullName', 'a\nb'],
    ['personalNumber', '1'],
    ['extra', ['x']],
  ] as const) {
    expect(() => formatCardQr({ ...given, [field]: value })).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_MALFORMED', facts: { field } }),
    )
  }
})

test('hostile texts are read or refused with a FormatError, at once', () => {
  const mutated = fc
    .tuple(fc.constantFrom(card2021, card2024), fc.nat(120), fc.nat(5), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([text, at, cut, insert]) => text.slice(0, at) + insert + text.slice(at + cut))
  const bars = fc.string({ unit: fc.constantFrom('|', '0', '9', ' ', '\r', 'ữ', '$'), maxLength: 3000 })
  const start = performance.now()
  fc.assert(
    fc.property(
      fc.oneof(
        mutated,
        mutated,
        bars.map(text => `999160012345|${text}`),
        fc.string({ unit: 'binary' }),
      ),
      text => {
        try {
          expect(parseCardQr(text).raw).toBe(text)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      },
    ),
    { numRuns: 3000 },
  )
  for (const filler of ['|', ' ', 'ữ', 'u\u031b', '\r', 'a\u0301'.repeat(10), 'N']) {
    const text = `999160012345|${filler.repeat(7000)}`
    const before = performance.now()
    try {
      parseCardQr(text)
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
    expect(performance.now() - before).toBeLessThan(1000)
  }
  expect(() => parseCardQr('|'.repeat(20_000_000))).toThrow(FormatError)
  expect(performance.now() - start).toBeLessThan(20_000)
})
