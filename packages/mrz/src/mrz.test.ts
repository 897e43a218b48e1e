import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from './error.ts'
import { MRZ_LAYOUTS, type MrzFormat, textAt, windowOf } from './layout.ts'
import { formatMrz, type MrzFields, parseMrz } from './mrz.ts'
import { requireValidCheckDigits } from './mrz-findings.ts'

interface Specimen {
  readonly id: string
  readonly lines: string[]
  readonly wrongCheckDigits: { field: string; expected: string }[]
  readonly fields?: Record<string, string>
  readonly printedCheckDigits?: Record<string, string>
}
const vectors = JSON.parse(readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8')) as {
  specimens: Specimen[]
  malformed: { id: string; text: string }[]
  ocrConfusions: { lines: string[]; correctedLines: string[] }
  vietnamese: { lines: string[] }[]
}

describe('specimens', () => {
  test.each(vectors.specimens.filter(({ fields }) => fields !== undefined))('$id has these fields', specimen => {
    expect(parseMrz(specimen.lines)).toMatchObject(specimen.fields ?? {})
  })

  test.each(vectors.specimens)(
    '$id: exactly the check digits that are wrong are reported, with the right digit',
    specimen => {
      const wrong = parseMrz(specimen.lines).findings.filter(({ code }) => code === 'CHECK_DIGIT_WRONG')
      expect(wrong.map(({ field, expected }) => ({ field, expected }))).toEqual(specimen.wrongCheckDigits)
    },
  )

  test.each(vectors.specimens)('$id comes back unchanged from its fields', ({ lines }) => {
    expect(formatMrz(parseMrz(lines))).toEqual(lines)
  })

  const right = vectors.specimens.filter(({ wrongCheckDigits }) => wrongCheckDigits.length === 0)
  test.each(right)('$id is formatted from its fields alone, check digits computed', ({ lines }) => {
    const { asPrinted, ...fields } = parseMrz(lines)
    expect(asPrinted).toBeUndefined()
    expect(formatMrz(fields)).toEqual(lines)
  })

  test.each(vectors.malformed)('$id is refused', ({ text }) => {
    expect(() => parseMrz(text)).toThrow(expect.objectContaining({ code: 'MRZ_MALFORMED' }))
  })
})

const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const collected = `${data}/mrz-lines.dev.jsonl`
const present = existsSync(collected)

test.skipIf(!present)(
  'collected lines: each check digit is judged as the collection says (skipped without test data)',
  () => {
    const states = readFileSync(collected, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { lines: string[]; check: Record<string, boolean | string> })
    let judged = 0
    let refused = 0
    for (const { lines, check } of states) {
      const message = lines.join(' / ')
      if (check.fmt === undefined || check.err !== undefined) {
        expect(() => parseMrz(lines), message).toThrow(FormatError)
        expect(() => parseMrz(lines.join('\n')), message).toThrow(FormatError)
        refused++
        continue
      }
      const mrz = parseMrz(lines)
      const right = (field: string) =>
        !mrz.findings.some(finding => finding.code === 'CHECK_DIGIT_WRONG' && finding.field === field)
      const { fmt, doc, dob, exp, comp, opt = true, longDoc } = check
      const judgement = {
        fmt: mrz.format,
        doc: right('documentNumberCheckDigit'),
        dob: right('dateOfBirthCheckDigit'),
        exp: right('dateOfExpiryCheckDigit'),
        opt: right('optionalDataCheckDigit'),
        comp: right('compositeCheckDigit'),
      }
      expect(judgement, message).toEqual({ fmt, doc, dob, exp, opt, comp })
      const checkAt = windowOf(MRZ_LAYOUTS[mrz.format], 'documentNumberCheckDigit')
      if (longDoc !== undefined && checkAt !== undefined) expect(textAt(lines, checkAt) === '<', message).toBe(longDoc)
      expect(formatMrz(mrz), message).toEqual(lines)
      judged++
    }
    expect([judged, refused]).toEqual([33, 12])
  },
)

describe('document numbers of more than nine characters', () => {
  const [td1] = vectors.specimens.filter(({ id }) => id === 'td1-long-document-number') as [Specimen]

  test('a wrong check digit is reported where it stands, in the optional data', () => {
    const lines = td1.lines.map(line => line.replace('<7349<', '<7348<'))
    const [finding] = parseMrz(lines).findings
    expect(finding).toEqual({
      code: 'CHECK_DIGIT_WRONG',
      field: 'documentNumberCheckDigit',
      line: 1,
      column: 19,
      expected: '9',
      found: '8',
    })
  })

  test('optional data behind the continuation is kept apart from it', () => {
    const lines = formatMrz({ ...parseMrz(td1.lines), optionalData1: 'XY<1' })
    expect(lines[0]).toBe('I<UTOD23145890<7349<XY<1<<<<<<')
    expect(parseMrz(lines)).toMatchObject({ documentNumber: 'D23145890734', optionalData1: 'XY<1', findings: [] })
  })

  test('a passport has no room for one', () => {
    const { lines } = vectors.specimens[0] as Specimen
    expect(() => formatMrz({ ...parseMrz(lines), documentNumber: 'D23145890734' })).toThrow(
      expect.objectContaining({ code: 'MRZ_MALFORMED', facts: { field: 'documentNumber' } }),
    )
  })

  test('a filler for the check digit of a short number is a wrong check digit', () => {
    const lines = ['I<UTOD2314589<<<<<<<<<<<<<<<<<', ...td1.lines.slice(1)]
    expect(parseMrz(lines).findings[0]).toMatchObject({ field: 'documentNumberCheckDigit', column: 15, found: '<' })
  })
})

describe('findings beside check digits', () => {
  const td1 = ['I<UTOD231458907<<<<<<<<<<<<<<<', '7408122F1204159UTO<<<<<<<<<<<6', 'ERIKSSON<<ANNA<MARIA<<<<<<<<<<']
  const change = (line: number, column: number, text: string) =>
    td1.map((old, i) => (i === line - 1 ? old.slice(0, column - 1) + text + old.slice(column - 1 + text.length) : old))
  const others = (lines: string[]) => parseMrz(lines).findings.filter(({ code }) => code !== 'CHECK_DIGIT_WRONG')

  test('a sex that is neither M nor F nor a filler is reported and kept', () => {
    const mrz = parseMrz(change(2, 8, 'X'))
    expect(mrz).toMatchObject({ sex: '<', asPrinted: { sex: 'X' } })
    expect(mrz.findings).toMatchObject([{ code: 'CHARACTER_UNEXPECTED', field: 'sex', line: 2, column: 8, found: 'X' }])
  })

  test.each([
    [change(2, 2, 'O'), { code: 'CHARACTER_UNEXPECTED', field: 'dateOfBirth', line: 2, column: 2, found: 'O' }],
    [change(2, 12, 'I'), { code: 'CHARACTER_UNEXPECTED', field: 'dateOfExpiry', line: 2, column: 12, found: 'I' }],
    [change(3, 1, '3'), { code: 'CHARACTER_UNEXPECTED', field: 'name', line: 3, column: 1, found: '3' }],
    [change(2, 18, '0'), { code: 'CHARACTER_UNEXPECTED', field: 'nationality', line: 2, column: 18, found: '0' }],
    [change(2, 1, '741312'), { code: 'DATE_IMPOSSIBLE', field: 'dateOfBirth', line: 2, column: 1, found: '741312' }],
    [change(2, 1, '730229'), { code: 'DATE_IMPOSSIBLE', field: 'dateOfBirth', line: 2, column: 1, found: '730229' }],
    [change(2, 1, '74<<12'), { code: 'DATE_IMPOSSIBLE', field: 'dateOfBirth', line: 2, column: 1, found: '74<<12' }],
  ])('%#: reported with field, line and column', (lines, finding) => {
    expect(others(lines)).toMatchObject([finding])
  })

  test.each(['760229', '7408<<', '74<<<<', '<<<<<<'])('a birth date %s is possible', date => {
    expect(others(change(2, 1, date))).toEqual([])
  })
})

describe('shape', () => {
  const td3 = vectors.specimens[0] as Specimen
  const td1 = vectors.specimens[1] as Specimen

  test('any line ends, none at all, blanks around, a byte order mark and NUL bytes make no difference', () => {
    for (const { lines } of [td3, td1]) {
      for (const text of [
        lines.join('\n'),
        lines.join('\r'),
        `\uFEFF${lines.join('\r\n')}\r\n\r\n`,
        lines.map(line => `  ${line} \t`).join('\n'),
        `${lines.join('')}\0`,
      ]) {
        expect(parseMrz(text).lines).toEqual(lines)
      }
    }
  })

  test('a character that no MRZ has is refused with line and column', () => {
    const lines = [td1.lines[0] as string, (td1.lines[1] as string).replace('F', 'f'), td1.lines[2] as string]
    expect(() => parseMrz(lines)).toThrow(
      expect.objectContaining({ code: 'MRZ_MALFORMED', facts: { line: 2, column: 8 } }),
    )
  })

  test('the line of another length is named', () => {
    const lines = [td1.lines[0] as string, (td1.lines[1] as string).slice(1), td1.lines[2] as string]
    expect(() => parseMrz(lines)).toThrow(
      expect.objectContaining({ code: 'MRZ_MALFORMED', facts: { line: 2, column: 30 } }),
    )
  })
})

describe('one clear error for a wrong check digit', () => {
  test('names field, line and column, a field before the composite', () => {
    const [specimen] = vectors.specimens.filter(({ id }) => id === 'negative-check-digit-td1-date-of-birth') as [
      Specimen,
    ]
    expect(() => requireValidCheckDigits(parseMrz(specimen.lines))).toThrow(
      expect.objectContaining({
        code: 'MRZ_CHECK_DIGIT',
        facts: { field: 'dateOfBirthCheckDigit', line: 2, column: 7 },
      }),
    )
  })

  test('names the composite where it alone is wrong, and passes when it is not asked for', () => {
    const [specimen] = vectors.specimens.filter(({ id }) => id === 'negative-check-digit-td3-composite') as [Specimen]
    const mrz = parseMrz(specimen.lines)
    expect(() => requireValidCheckDigits(mrz)).toThrow(
      expect.objectContaining({ facts: { field: 'compositeCheckDigit', line: 2, column: 44 } }),
    )
    expect(() => requireValidCheckDigits(mrz, ['documentNumberCheckDigit'])).not.toThrow()
  })

  test('passes where all are right', () => {
    for (const { lines } of vectors.vietnamese) expect(() => requireValidCheckDigits(parseMrz(lines))).not.toThrow()
  })
})

const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<<<<<<<<')
const anyLines = fc.constantFrom([3, 30], [2, 36], [2, 44]).chain(([count, length]) =>
  fc.array(fc.string({ unit: character, minLength: length as number, maxLength: length as number }), {
    minLength: count as number,
    maxLength: count as number,
  }),
)

test('whatever stands in the lines, formatting what was parsed gives the lines', () => {
  fc.assert(
    fc.property(anyLines, lines => {
      expect(formatMrz(parseMrz(lines))).toEqual(lines)
    }),
    { numRuns: 2000 },
  )
})

const text = (characters: string, max: number, min = 0) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: min, maxLength: max })
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const optional = text(`${letters}0123456789`, 5)
const date = fc
  .date({ min: new Date('1930-01-01'), max: new Date('2029-12-31'), noInvalidDate: true })
  .map(day => day.toISOString().slice(2, 10).replaceAll('-', ''))
const fields: fc.Arbitrary<MrzFields> = fc
  .record({
    format: fc.constantFrom<MrzFormat>('TD1', 'TD2', 'TD3', 'MRV-A', 'MRV-B'),
    issuingState: text(letters, 3, 3),
    documentNumber: text(`${letters}0123456789`, 9, 1),
    continuation: text(`${letters}0123456789`, 3),
    dateOfBirth: date,
    sex: fc.constantFrom('M', 'F', '<'),
    dateOfExpiry: date,
    nationality: text(letters, 3, 1),
    primaryIdentifier: text(letters, 12, 1),
    secondaryIdentifier: text(letters, 12),
    optionalData1: optional,
    optionalData2: optional,
  })
  .map(({ continuation, optionalData1, optionalData2, ...rest }) => {
    const long = MRZ_LAYOUTS[rest.format].longDocumentNumber && rest.documentNumber.length === 9
    return {
      ...rest,
      documentNumber: rest.documentNumber + (long ? continuation : ''),
      documentCode: rest.format.startsWith('MRV') ? 'V' : 'P',
      optionalData1: long ? optionalData1.slice(0, 2) : optionalData1,
      ...(rest.format === 'TD1' ? { optionalData2 } : {}),
    }
  })

test('fields that fit are formatted without findings and parse to the same fields', () => {
  fc.assert(
    fc.property(fields, given => {
      const mrz = parseMrz(formatMrz(given))
      expect(mrz.findings).toEqual([])
      expect(mrz).toMatchObject(given)
    }),
    { numRuns: 1000 },
  )
})

test('one character changed to any other digit under a check digit is reported', () => {
  for (const { lines } of vectors.vietnamese) {
    for (const field of ['documentNumber', 'dateOfBirth', 'dateOfExpiry'] as const) {
      const at = windowOf(MRZ_LAYOUTS.TD1, field)
      if (at === undefined) throw new Error(field)
      for (let column = at.from; column <= at.to; column++) {
        const line = lines[at.line - 1] as string
        for (const digit of '0123456789') {
          if (digit === line[column - 1]) continue
          const changed = line.slice(0, column - 1) + digit + line.slice(column)
          const { findings } = parseMrz(lines.map((old, i) => (i === at.line - 1 ? changed : old)))
          expect(findings.some(finding => finding.field === `${field}CheckDigit`)).toBe(true)
        }
      }
    }
  }
})

test('hostile texts are parsed or refused with a FormatError, at once', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 2000 }),
    fc.string({ unit: fc.constantFrom('<', 'A', '0', '\n', '\r', ' ', 'é'), maxLength: 2000 }),
    anyLines
      .map(lines => lines.join('\n'))
      .chain(whole =>
        fc
          .tuple(fc.nat(whole.length), fc.string({ unit: 'binary', maxLength: 3 }))
          .map(([at, insert]) => whole.slice(0, at) + insert + whole.slice(at + insert.length)),
      ),
  )
  const start = performance.now()
  fc.assert(
    fc.property(hostile, input => {
      try {
        expect(formatMrz(parseMrz(input)).length).toBeGreaterThan(1)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
    { numRuns: 3000 },
  )
  expect(() => parseMrz('<'.repeat(10_000_000))).toThrow(FormatError)
  expect(() => parseMrz(Array.from({ length: 100_000 }, () => '<'.repeat(30)))).toThrow(FormatError)
  expect(performance.now() - start).toBeLessThan(20_000)
})

test('no error message holds a run of the MRZ', () => {
  const secret = /D2314|7408|ERIKS|ANNA|12041/
  const { lines } = vectors.specimens[1] as Specimen
  const bad = [
    lines.slice(1),
    lines.map(line => line.slice(1)),
    lines.map(line => line.replace('<', 'é')),
    [lines.join('x')],
  ]
  for (const input of bad) {
    let message = ''
    try {
      parseMrz(input)
    } catch (error) {
      message = `${(error as FormatError).message} ${JSON.stringify((error as FormatError).facts)}`
    }
    expect(message).not.toBe('')
    expect(message).not.toMatch(secret)
  }
})
