import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCardQr, parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { computeExpiry } from './expiry.ts'
import type { FullDate } from './partial-date.ts'
import { repairMrz } from './repair.ts'
import { formatVietnameseMrz } from './vietnamese-mrz.ts'

const vectors = JSON.parse(readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8')) as {
  specimens: { id: string; lines: string[]; wrongCheckDigits: unknown[] }[]
  vietnamese: { lines: string[] }[]
  ocrConfusions: { lines: string[]; correctedLines: string[] }
}

const holder = {
  personalNumber: '999090054321',
  fullName: 'Nguyễn Thử Nghiệm',
  dateOfBirth: { year: 1990, month: 4, day: 17 },
  sex: 'male' as const,
}
const dateOfIssue = { year: 2021, month: 5, day: 10 }
const { dateOfExpiry } = computeExpiry({ dateOfBirth: holder.dateOfBirth, dateOfIssue })
const card = formatVietnameseMrz({ ...holder, dateOfExpiry })
const qr = formatCardQr({ ...holder, variant: '2021', oldNumber: '', address: 'Hà Nội', dateOfIssue })

/** The lines with characters put in other places: [line, column, text]. */
const changed = (lines: readonly string[], ...places: (readonly [number, number, string])[]): string[] =>
  places.reduce(
    (all: string[], [line, column, text]) =>
      all.map((old, i) =>
        i === line - 1 ? old.slice(0, column - 1) + text + old.slice(column - 1 + text.length) : old,
      ),
    [...lines],
  )

test('what is whole comes back unchanged, with the places that nothing protects', () => {
  const repair = repairMrz(card)
  expect(repair).toMatchObject({ status: 'unchanged', vietnamese: true, changes: [], candidates: [], doubts: [] })
  expect(repair.mrz?.lines).toEqual(card)
  expect(repair.unprotected).toEqual([
    { field: 'sex', line: 2, from: 8, to: 8, why: 'NO_CHECK_DIGIT' },
    { field: 'name', line: 3, from: 1, to: 30, why: 'NO_CHECK_DIGIT' },
  ])
})

test.each(vectors.specimens.filter(({ wrongCheckDigits }) => wrongCheckDigits.length === 0))(
  '$id is whole',
  ({ lines }) => {
    expect(repairMrz(lines)).toMatchObject({ status: 'unchanged', mrz: { lines } })
  },
)

test('a specimen full of confusions: the proven ones are changed, I or L stays open, the right lines rank first', () => {
  const { lines, correctedLines } = vectors.ocrConfusions
  const repair = repairMrz(lines)
  expect(repair.status).toBe('ambiguous')
  expect(repair.candidates[0]?.mrz.lines).toEqual(correctedLines)
  // O, D or Q in the state; I or L in the name.
  expect(repair.candidates).toHaveLength(6)
  expect(repair.changes.map(({ line, column, from, to }) => `${line}:${column} ${from}${to}`)).toEqual([
    '1:10 5S',
    '1:11 5S',
    '2:17 B8',
    '2:18 I1',
    '2:19 Z2',
    '2:20 Z2',
    '2:27 S5',
    '2:44 O0',
  ])
})

describe('each change says what proves it', () => {
  test('a letter in a date: the layout and two check digits', () => {
    const [change] = repairMrz(changed(card, [2, 3, 'O'])).changes
    expect(change).toEqual({
      field: 'dateOfBirth',
      line: 2,
      column: 3,
      from: 'O',
      to: '0',
      proofs: [
        { kind: 'layout', rule: 'DIGIT' },
        { kind: 'check-digit', field: 'dateOfBirthCheckDigit' },
        { kind: 'check-digit', field: 'compositeCheckDigit' },
        // The month is that of the date of expiry again.
        { kind: 'agrees' },
      ],
    })
  })

  test('a digit for a digit in the number: its second printing and three check digits', () => {
    const [change] = repairMrz(changed(card, [1, 11, '8'])).changes
    expect(change).toMatchObject({ field: 'documentNumber', from: '8', to: '4' })
    expect(change?.proofs).toEqual([
      { kind: 'printed-twice', line: 1, column: 24 },
      { kind: 'check-digit', field: 'documentNumberCheckDigit' },
      { kind: 'check-digit', field: 'personalNumberCheckDigit' },
      { kind: 'check-digit', field: 'compositeCheckDigit' },
    ])
  })

  test('fixed letters and fillers: the layout', () => {
    const repair = repairMrz(changed(card, [1, 1, '1'], [1, 5, 'N'], [2, 25, 'K'], [1, 28, 'C']))
    expect(repair).toMatchObject({ status: 'repaired', mrz: { lines: card } })
    expect(repair.changes.map(({ proofs }) => proofs[0])).toEqual([
      { kind: 'layout', rule: 'FIXED' },
      { kind: 'layout', rule: 'FIXED' },
      { kind: 'layout', rule: 'FILLER' },
      { kind: 'layout', rule: 'FILLER' },
    ])
  })

  test('what fills up the name line: the layout, but never a letter of the name', () => {
    expect(repairMrz(changed(card, [3, 22, 'K'], [3, 30, 'C']))).toMatchObject({
      status: 'repaired',
      mrz: { lines: card },
      changes: [{ proofs: [{ kind: 'layout', rule: 'FILLER' }] }, {}],
    })
    const named = changed(card, [3, 1, 'NGUYEN<<K<<<<<<<<<<<<<<<<<<<<<'])
    expect(repairMrz(named)).toMatchObject({ status: 'unchanged', mrz: { lines: named } })
  })
})

describe('what is not proven is a candidate', () => {
  test('a digit of a date that three others could explain', () => {
    const [, { lines }] = vectors.vietnamese as [unknown, { lines: string[] }]
    const read = changed(lines, [2, 2, '8'])
    const repair = repairMrz(read)
    expect(repair).toMatchObject({ status: 'ambiguous', changes: [], mrz: { lines: read } })
    expect(repair.candidates.length).toBeGreaterThan(1)
    expect(repair.candidates[0]).toMatchObject({ mrz: { lines }, doubts: [] })
  })

  test('two signs that nobody can read, where one check digit is left over', () => {
    expect(repairMrz(changed(card, [1, 8, '??']))).toMatchObject({ status: 'repaired', mrz: { lines: card } })
    const repair = repairMrz(changed(card, [1, 16, '??']))
    expect(repair).toMatchObject({ status: 'ambiguous', mrz: null })
    expect(repair.candidates.map(({ mrz }) => mrz.lines.join())).toContain(card.join())
  })

  test('lines of noise are unrepairable', () => {
    const noise = ['?'.repeat(30), '?'.repeat(30), '?'.repeat(30)]
    expect(repairMrz(noise)).toMatchObject({ status: 'unrepairable', mrz: null, candidates: [], changes: [] })
  })

  test('a date that the check digits give but the rest of the card contradicts', () => {
    const lines = changed(card, [2, 2, '6'], [2, 6, '2'])
    const repair = repairMrz(lines)
    expect(repair.status).toBe('ambiguous')
    expect(repair.doubts.map(({ code }) => code)).toContain('BIRTH_YEAR_DIFFERS')
  })
})

describe('characters that no MRZ has', () => {
  test('small letters and look-alikes are made out', () => {
    const read = [card[0], card[1]?.replace('VNM', 'vnm'), card[2]?.replaceAll('<', '(')] as string[]
    expect(repairMrz(changed(read, [1, 6, 'o'], [1, 12, 'l']))).toMatchObject({ vietnamese: true })
    expect(repairMrz(changed(card, [1, 6, 'o'], [2, 5, '|'], [2, 16, 'v'], [2, 22, '(']))).toMatchObject({
      status: 'repaired',
      mrz: { lines: card },
    })
  })

  test('blanks and « for two fillers go where that gives the right length, and are logged', () => {
    const spaced = [card[0], card[1], `${card[2]?.slice(0, 6)} ${card[2]?.slice(6)}`] as string[]
    expect(repairMrz(spaced)).toMatchObject({
      status: 'repaired',
      mrz: { lines: card },
      changes: [{ line: 3, column: 7, from: ' ', to: '', proofs: [{ kind: 'layout', rule: 'LINE_LENGTH' }] }],
    })
    expect(repairMrz([card[0], card[1], card[2]?.replace('<<', '«')] as string[])).toMatchObject({
      status: 'repaired',
      mrz: { lines: card },
      changes: [{ line: 3, column: 7, from: '«', to: '<<' }],
    })
  })
})

describe('a line of another length is reported', () => {
  const without = (line: number, column: number) =>
    card.map((text, i) => (i === line - 1 ? text.slice(0, column - 1) + text.slice(column) : text))
  const doubled = (line: number, column: number) =>
    card.map((text, i) => (i === line - 1 ? text.slice(0, column) + text.slice(column - 1) : text))

  test.each([
    ['a lost filler of line 1', without(1, 28)],
    ['a doubled one', doubled(1, 28)],
    ['a lost filler of line 2', without(2, 22)],
    ['a doubled one', doubled(2, 29)],
    ['a doubled digit', doubled(1, 9)],
    ['a doubled letter', doubled(1, 4)],
  ])('%s: the right lines are the only candidate', (_what, lines) => {
    const repair = repairMrz(lines)
    expect(repair).toMatchObject({ status: 'ambiguous', mrz: null, changes: [] })
    expect(repair.candidates.map(({ mrz }) => mrz.lines)).toEqual([card])
    expect(repair.candidates[0]?.changes[0]?.proofs[0]).toEqual({ kind: 'layout', rule: 'LINE_LENGTH' })
  })

  test('every character lost from the lines with check digits is found again, or nothing is offered', () => {
    for (const line of [1, 2]) {
      for (let column = 1; column <= 30; column++) {
        const { status, candidates } = repairMrz(without(line, column))
        expect(['ambiguous', 'unrepairable']).toContain(status)
        // A lost sex leaves nothing to find it by.
        const lines = line === 2 && column === 8 ? changed(card, [2, 8, '<']) : card
        if (status === 'ambiguous') expect(candidates.map(({ mrz }) => mrz.lines.join())).toContain(lines.join())
      }
    }
  })

  test('a name line is filled up at its end first', () => {
    const repair = repairMrz(without(3, 30))
    expect(repair.status).toBe('ambiguous')
    expect(repair.candidates[0]?.mrz.lines).toEqual(card)
    expect(repair.candidates.length).toBeGreaterThan(1)
  })

  test('two lines with check digits are given up', () => {
    expect(repairMrz(card.map(line => line.slice(1)))).toMatchObject({ status: 'unrepairable', candidates: [] })
  })

  test('lines of no length near an MRZ are an error', () => {
    for (const text of [
      '',
      'A',
      card.slice(1),
      card.map(line => line.slice(3)),
      [...card, ...card],
      'A'.repeat(5000),
    ]) {
      expect(() => repairMrz(text)).toThrow(expect.objectContaining({ code: 'MRZ_MALFORMED' }))
    }
  })
})

describe('a QR beside the MRZ', () => {
  test('confirms names and sex, so that nothing is left unprotected', () => {
    expect(repairMrz(card, { qr })).toMatchObject({ status: 'unchanged', unprotected: [], doubts: [] })
    expect(repairMrz(card, { qr: parseCardQr(qr) }).unprotected).toEqual([])
  })

  test('settles a letter of the name, the sex, and a digit that was open', () => {
    for (const places of [
      [3, 3, 'V'],
      [2, 8, 'N'],
      [2, 2, '8'],
    ] as const) {
      const repair = repairMrz(changed(card, places), { qr })
      expect(repair).toMatchObject({ status: 'repaired', mrz: { lines: card }, unprotected: [] })
      expect(repair.changes[0]?.proofs).toContainEqual({ kind: 'qr' })
    }
  })

  test('of another card contradicts: both are offered, none is chosen', () => {
    const other = formatVietnameseMrz({ ...holder, personalNumber: '999090054322', dateOfExpiry })
    const repair = repairMrz(other, { qr })
    expect(repair.status).toBe('ambiguous')
    expect(repair.mrz?.lines).toEqual(other)
    expect(repair.candidates.map(({ mrz }) => mrz.lines)).toEqual([other, card])
    expect(repair.doubts).toContainEqual({ code: 'QR_DIFFERS', line: 1, column: 14, found: '2', expected: '1' })
  })

  test('with another name contradicts, too', () => {
    const other = formatVietnameseMrz({ ...holder, fullName: 'Lê Văn Sai', dateOfExpiry })
    const repair = repairMrz(other, { qr })
    expect(repair.status).toBe('ambiguous')
    expect(repair.doubts.every(({ line }) => line === 3)).toBe(true)
  })

  test('that lost its letters says nothing about the name', () => {
    const lost = qr.replace('Nguyễn Thử Nghiệm', 'Nguyn Th Nghim')
    expect(repairMrz(card, { qr: lost })).toMatchObject({ status: 'unchanged', unprotected: [{ field: 'name' }] })
  })

  test('knows a long name in whichever way it was cut', () => {
    const long = { ...holder, fullName: 'Công Tằng Tôn Nữ Thị Hoàng Phương Thảo' }
    const lines = formatVietnameseMrz({ ...long, dateOfExpiry })
    const text = formatCardQr({ ...long, variant: '2021', oldNumber: '', address: 'Hà Nội', dateOfIssue })
    expect(repairMrz(lines, { qr: text }).unprotected).toEqual([])
    const initials = changed(lines, [3, 1, 'CONG<<TANG<TON<NU<T<H<P<T<<<<<'])
    expect(repairMrz(initials, { qr: text })).toMatchObject({ status: 'unchanged', unprotected: [] })
  })

  test('doubts a date of expiry that does not follow from its dates', () => {
    const lines = formatVietnameseMrz({ ...holder, dateOfExpiry: { year: 2035, month: 4, day: 17 } })
    expect(repairMrz(lines, { qr })).toMatchObject({ status: 'unchanged', doubts: [{ code: 'QR_EXPIRY_DIFFERS' }] })
  })
})

describe('visas', () => {
  const visa = vectors.specimens.find(({ id }) => id === 'mrv-a-specimen')?.lines ?? []

  test('the V misread does not make a passport of one', () => {
    for (const letter of 'UYv') {
      expect(repairMrz(changed(visa, [1, 1, letter]))).toMatchObject({ status: 'repaired', mrz: { lines: visa } })
    }
  })

  test('their optional data and state are unprotected, they have no composite', () => {
    const { unprotected } = repairMrz(visa)
    expect(unprotected.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['documentCode', 'issuingState', 'name', 'nationality', 'sex', 'optionalData1']),
    )
  })
})

test('characters that weigh the same come back marked with what they could be', () => {
  const { lines } = vectors.specimens.find(({ id }) => id === 'td3-specimen') ?? { lines: [] }
  expect(repairMrz(lines).unprotected).toContainEqual({
    field: 'optionalData1',
    line: 2,
    from: 36,
    to: 36,
    why: 'SAME_WEIGHT',
    alternatives: 'G',
  })
})

test('any damage of up to eight characters is never made into another card without a change in the log', () => {
  const damage = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 30 }),
      fc.string({ unit: fc.constantFrom(...'0123456789ABCDEGIKLOQSZ<?(l'), minLength: 1, maxLength: 1 }),
    ),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(damage, places => {
      const lines = changed(card, ...places)
      const { status, mrz, changes } = repairMrz(lines)
      if (status !== 'repaired' || mrz === null) return
      const undone = changes.reduce((all, { line, column, from }) => changed(all, [line, column, from]), [...mrz.lines])
      expect(undone).toEqual(lines)
      expect(changes.every(({ proofs }) => proofs.length > 0)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('a QR of something else is refused', () => {
  expect(() => repairMrz(card, { qr: 'hello' })).toThrow(FormatError)
  expect((dateOfExpiry as FullDate).year).toBe(2030)
})

test('a misread digit is not taken for the number of somebody much like the holder, whose QR lies beside the MRZ', () => {
  // Column 15 was 9. The number of the QR is another one, which would need three changes.
  const lines = ['IDVNM0881288004079088128800<<9', '8812186M2812184VNM<<<<<<<<<<<2', 'NGUYEN<<VAN<HAI<<<<<<<<<<<<<<<']
  const qrOf = (number: string) => parseCardQr(`${number}||Nguyễn Văn Hai|18121988|Nam|Hà Nội|04032022`)
  const other = repairMrz(lines, { qr: qrOf('079088178800') })
  expect(other.status).toBe('ambiguous')
  expect(other.candidates[0]?.mrz.lines[0]).toBe('IDVNM0881288009079088128800<<9')
  const own = repairMrz(lines, { qr: qrOf('079088128800') })
  expect([own.status, own.mrz?.lines[0]]).toEqual(['repaired', 'IDVNM0881288009079088128800<<9'])
})

test.each(['NGUYEN<<THI<<E', 'TRAN<<<E', 'NGUYEN<<THI<<K'])(
  'the letter of %s is not taken for a filler: a letter before it may be',
  name => {
    const lines = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', name.padEnd(30, '<')]
    const { changes, mrz, unprotected } = repairMrz(lines)
    expect([changes, mrz?.lines[2]]).toEqual([[], lines[2]])
    expect(unprotected.map(({ field }) => field)).toContain('name')
  },
)

test('a letter far behind the name is a filler that was misread', () => {
  const lines = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'NGUYEN<<THI<LE<<<<<<<<K<<<<<<<']
  expect(repairMrz(lines)).toMatchObject({ status: 'repaired', changes: [{ line: 3, column: 23, to: '<' }] })
})
