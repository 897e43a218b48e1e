import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatCardQr } from './card-qr.ts'
import { computeExpiry } from './expiry.ts'
import { MRZ_LAYOUTS } from './layout.ts'
import { parseMrz } from './mrz.ts'
import { USUAL_CONFUSIONS } from './ocr-confusion.ts'
import { type MrzRepair, repairMrz } from './repair.ts'
import { formatVietnameseMrz, parseVietnameseMrz } from './vietnamese-mrz.ts'

const { specimens, vietnamese } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8'),
) as {
  specimens: { id: string; lines: string[]; wrongCheckDigits: unknown[] }[]
  vietnamese: { id: string; lines: string[] }[]
}
const long = process.env.CCCD_LONG !== undefined

const holder = {
  personalNumber: '999090054321',
  fullName: 'Nguyễn Thử Nghiệm',
  dateOfBirth: { year: 1990, month: 4, day: 17 },
  sex: 'male' as const,
}
const card = formatVietnameseMrz({ ...holder, dateOfExpiry: { year: 2030, month: 4, day: 17 } })
const dateOfIssue = { year: 2021, month: 5, day: 10 }
const qr = formatCardQr({ ...holder, variant: '2021', oldNumber: '', address: 'Hà Nội', dateOfIssue })

/** Chance that repeats. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** The lines and the QR of an invented person of province 999. */
function someCard(next: (below: number) => number): { readonly lines: string[]; readonly qr: string } {
  const [year, month, day] = [1935 + next(75), 1 + next(12), 1 + next(28)]
  const male = next(2) === 0
  const code = `${(year < 2000 ? 0 : 2) + (male ? 0 : 1)}${String(year % 100).padStart(2, '0')}`
  const holder = {
    personalNumber: `999${code}${String(next(1_000_000)).padStart(6, '0')}`,
    fullName: ['Trần Thị Bình', 'Nguyễn Văn An', 'Đặng Hữu Khoa', 'Lê Ngọc Yến'][next(4)] as string,
    sex: male ? ('male' as const) : ('female' as const),
    dateOfBirth: { year, month, day },
  }
  const dateOfIssue = { year: 2021 + next(4), month: 1 + next(12), day: 1 + next(28) }
  const { dateOfExpiry } = computeExpiry({ dateOfBirth: holder.dateOfBirth, dateOfIssue })
  return {
    lines: formatVietnameseMrz({ ...holder, dateOfExpiry }),
    qr: formatCardQr({ ...holder, variant: '2021', oldNumber: '', address: 'Hà Nội', dateOfIssue }),
  }
}

interface Single {
  readonly line: number
  readonly column: number
  readonly to: string
}

const put = (lines: readonly string[], { line, column, to }: Single): string[] =>
  lines.map((old, i) => (i === line - 1 ? old.slice(0, column - 1) + to + old.slice(column) : old))

function singlesOf(lines: readonly string[], confusions: (read: string) => string): Single[] {
  return lines.flatMap((text, i) =>
    [...text].flatMap((read, k) => [...confusions(read)].map(to => ({ line: i + 1, column: k + 1, to }))),
  )
}

const usual = (read: string): string => USUAL_CONFUSIONS[read] ?? ''

type Outcome = 'repaired' | 'first candidate' | 'other candidate' | 'reported' | 'marked' | 'SILENT' | 'WRONG'

/** What became of a text that should be `lines`. */
function outcomeOf(repair: MrzRepair, lines: readonly string[], made: readonly Single[]): Outcome {
  const right = (other: readonly string[] | undefined): boolean => other?.join() === lines.join()
  switch (repair.status) {
    case 'repaired':
      return right(repair.mrz?.lines) && repair.changes.every(({ proofs }) => proofs.length > 0) ? 'repaired' : 'WRONG'
    case 'ambiguous': {
      const at = repair.candidates.findIndex(({ mrz }) => right(mrz.lines))
      return at === 0 ? 'first candidate' : at > 0 ? 'other candidate' : 'reported'
    }
    case 'unrepairable':
      return 'reported'
    case 'unchanged': {
      const marked = made.every(({ line, column }) =>
        repair.unprotected.some(
          ({ why, alternatives = '', ...span }) =>
            span.line === line &&
            span.from <= column &&
            column <= span.to &&
            (why === 'NO_CHECK_DIGIT' || alternatives.includes(lines[line - 1]?.charAt(column - 1) ?? '')),
        ),
      )
      return marked ? 'marked' : 'SILENT'
    }
  }
}

function tally(outcomes: readonly Outcome[]): Partial<Record<Outcome, number>> {
  const sums: Partial<Record<Outcome, number>> = {}
  for (const one of outcomes) sums[one] = (sums[one] ?? 0) + 1
  return sums
}

describe('one character taken for another, everywhere and in every usual way', () => {
  const documents = [
    ...vietnamese,
    { id: 'vietnamese-with-expiry', lines: card },
    ...specimens.filter(({ wrongCheckDigits }) => wrongCheckDigits.length === 0),
  ]
  const table: Record<string, Partial<Record<Outcome, number>>> = {}

  test.each(documents)(
    '$id: repaired, reported or marked as unprotected, never silently and never wrongly',
    ({ id, lines }) => {
      const outcomes = singlesOf(lines, usual).map(single => outcomeOf(repairMrz(put(lines, single)), lines, [single]))
      table[id] = tally(outcomes)
      expect(outcomes).not.toContain('SILENT')
      expect(outcomes).not.toContain('WRONG')
      if (id === documents.at(-1)?.id) console.table(table)
    },
  )

  test('on a Vietnamese card the right lines are always repaired or among the candidates', () => {
    for (const { id, lines } of documents.slice(0, 3)) {
      const guarded = singlesOf(lines, usual).filter(({ line, column }) => line < 3 && !(line === 2 && column === 8))
      const outcomes = tally(guarded.map(single => outcomeOf(repairMrz(put(lines, single)), lines, [single])))
      expect(Object.keys(outcomes).sort(), id).toEqual(['first candidate', 'other candidate', 'repaired'])
      // Digits for digits in the dates and the place of registration stay candidates, letters for digits do not.
      expect((outcomes.repaired ?? 0) / guarded.length, id).toBeGreaterThan(0.78)
    }
  })

  test('any digit for any other digit of the number is repaired, wherever it is printed twice', () => {
    for (const { line, column } of [...Array(9).keys()].flatMap(i => [
      { line: 1, column: 6 + i },
      { line: 1, column: 19 + i },
    ])) {
      for (const to of '0123456789') {
        if (to === card[0]?.charAt(column - 1)) continue
        const repair = repairMrz(put(card, { line, column, to }))
        expect(repair).toMatchObject({ status: 'repaired', mrz: { lines: card } })
        expect(repair.changes[0]?.proofs[0]?.kind).toBe('printed-twice')
      }
    }
  })
})

describe('two characters', () => {
  const guarded = MRZ_LAYOUTS.TD1.windows
    .filter(({ field }) => field !== 'name' && field !== 'sex')
    .flatMap(({ line, from, to }) => Array.from({ length: to - from + 1 }, (_, i) => `${line}:${from + i}`))
  const inGuarded = ({ line, column }: Single): boolean => guarded.includes(`${line}:${column}`)
  const isWhole = (lines: readonly string[]): boolean => {
    const { mrz, findings } = parseVietnameseMrz(lines)
    return mrz.findings.length === 0 && findings.every(({ code }) => code === 'BIRTH_YEAR_DIFFERS')
  }
  const pairsOf = function* (singles: readonly Single[]): Generator<readonly [Single, Single]> {
    for (const [i, a] of singles.entries()) {
      for (const b of singles.slice(i + 1)) if (a.line !== b.line || a.column !== b.column) yield [a, b]
    }
  }
  const digits = (read: string): string => (/[0-9]/.test(read) ? '0123456789'.replace(read, '') : '')

  test('of 56,943 pairs of wrong digits on a card, 105 satisfy every check digit; the QR catches all of them', () => {
    let pairs = 0
    const unnoticed: (readonly [Single, Single])[] = []
    for (const [a, b] of pairsOf(singlesOf(card, digits).filter(inGuarded))) {
      pairs++
      if (isWhole(put(put(card, a), b))) unnoticed.push([a, b])
    }
    const kind = ({ line, column }: Single): string =>
      line === 1
        ? 'place of registration'
        : column <= 7
          ? 'date of birth'
          : column <= 15
            ? 'date of expiry'
            : 'composite'
    const kinds: Record<string, number> = {}
    let doubted = 0
    for (const [a, b] of unnoticed) {
      const lines = put(put(card, a), b)
      kinds[kind(a)] = (kinds[kind(a)] ?? 0) + 1
      const alone = repairMrz(lines)
      if (alone.doubts.length > 0) doubted++
      expect(alone.status).toBe('unchanged')
      const beside = repairMrz(lines, { qr })
      expect(beside.status !== 'unchanged' || beside.doubts.length > 0, lines.join()).toBe(true)
      expect(beside.status, lines.join()).not.toBe('repaired')
    }
    const isUsual = ({ line, column, to }: Single): boolean =>
      usual(card[line - 1]?.charAt(column - 1) ?? '').includes(to)
    const usualPairs = unnoticed.filter(([a, b]) => isUsual(a) && isUsual(b)).length
    console.table({ pairs, unnoticed: unnoticed.length, usualPairs, doubted, ...kinds })
    expect({ pairs, unnoticed: unnoticed.length, usualPairs, doubted }).toEqual({
      pairs: 56_943,
      unnoticed: 105,
      usualPairs: 15,
      doubted: 80,
    })
    expect(kinds).toEqual({ 'place of registration': 14, 'date of birth': 46, 'date of expiry': 45 })
  })

  test('two usual confusions on a card are repaired rightly or reported, but for those that no check digit notices', () => {
    const singles = singlesOf(card, usual).filter(inGuarded)
    const outcomes: Outcome[] = []
    let number = 0
    for (const pair of pairsOf(singles)) {
      // A seventh of them in the everyday run.
      if (!long && number++ % 7 !== 0) continue
      const lines = put(put(card, pair[0]), pair[1])
      const outcome = outcomeOf(repairMrz(lines), card, pair)
      if (outcome === 'SILENT') expect(isWhole(lines)).toBe(true)
      outcomes.push(outcome)
    }
    const sums = tally(outcomes)
    console.table({ pairs: outcomes.length, ...sums })
    expect(sums.WRONG ?? 0).toBe(0)
    expect(sums.SILENT ?? 0).toBeLessThanOrEqual(15)
    expect((sums.repaired ?? 0) / outcomes.length).toBeGreaterThan(0.7)
  })

  test(
    'one or two characters of any kind, on many cards: what was repaired holds what stands there',
    () => {
      const next = numbersFrom(0x9303)
      const one = <T>(list: readonly T[] | string): T => list[next(list.length)] as T
      const tallies: Record<string, Record<string, number>> = {}
      const wrong: string[] = []
      let lookalikes = 0
      for (let n = 0; n < (long ? 200_000 : 4000); n++) {
        const { lines } = someCard(next)
        const errors = new Map<string, Single>()
        const usually = n % 2 === 0
        while (errors.size < 1 + (n % 4 < 2 ? 0 : 1)) {
          const [line, column] = [1 + next(2), 1 + next(30)]
          const read = lines[line - 1]?.charAt(column - 1) ?? ''
          const others = usually
            ? usual(read)
            : [...'<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter(other => other !== read)
          if (guarded.includes(`${line}:${column}`) && others.length > 0) {
            errors.set(`${line}:${column}`, { line, column, to: one<string>(others) })
          }
        }
        const made = [...errors.values()]
        const repair = repairMrz(made.reduce(put, lines))
        const kind = `${made.length} ${usually ? 'usual' : 'of any kind'}`
        const tallied = tallies[kind] ?? {}
        tallies[kind] = tallied
        tallied[repair.status] = (tallied[repair.status] ?? 0) + 1
        if (repair.status === 'repaired' && repair.mrz?.lines.join() !== lines.join()) {
          // Of two errors one made a letter that is usually taken for a digit with which every check digit holds: that looks
          // like another card with one usual error, and nothing can tell.
          const isUsual = repair.changes.every(
            ({ from, to, proofs }) => proofs.some(({ kind }) => kind === 'layout') && usual(from).includes(to),
          )
          if (isUsual) lookalikes++
          else wrong.push(JSON.stringify([lines, made, repair.mrz?.lines]))
        }
        if (made.length === 1) expect(repair.status, JSON.stringify([lines, made])).not.toBe('unchanged')
      }
      console.table({ ...tallies, lookalikes: { repaired: lookalikes } })
      expect(wrong).toEqual([])
      expect(lookalikes).toBeLessThanOrEqual(long ? 20 : 0)
    },
    long ? 3_600_000 : 60_000,
  )

  test('beside its QR up to six characters of any kind are put right or reported; beside the QR of another nothing is', () => {
    const next = numbersFrom(9303)
    for (let n = 0; n < (long ? 60_000 : 1500); n++) {
      const [one, another] = [someCard(next), someCard(next)]
      const errors = new Map<string, Single>()
      while (errors.size < 1 + (n % 6)) {
        const [line, column] = [1 + next(3), 1 + next(30)]
        const read = one.lines[line - 1]?.charAt(column - 1) ?? ''
        const others = n % 2 ? usual(read) : '<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.replace(read, '')
        if (others !== '') errors.set(`${line}:${column}`, { line, column, to: others.charAt(next(others.length)) })
      }
      const read = [...errors.values()].reduce(put, one.lines)
      const beside = repairMrz(read, { qr: one.qr })
      if (beside.status === 'repaired') expect(beside.mrz?.lines, read.join()).toEqual(one.lines)
      const foreign = repairMrz(read, { qr: another.qr })
      expect(foreign.status, read.join()).not.toBe('repaired')
      // So many letters of its codes may be misread that it looks like another state's document.
      if (foreign.status === 'unchanged') expect(foreign.doubts.map(({ code }) => code)).toContain('QR_DIFFERS')
    }
  })

  test.each(['td1-specimen', 'td2-specimen', 'td3-specimen', 'mrv-a-specimen'])(
    '%s: pairs of usual confusions that satisfy every check digit are counted',
    id => {
      const { lines } = specimens.find(specimen => specimen.id === id) ?? { lines: [] }
      const format = parseMrz(lines).format
      const covered = MRZ_LAYOUTS[format].windows.filter(({ field }) =>
        /^(?:documentNumber|date|optional|composite)/.test(field),
      )
      const inside = ({ line, column }: Single): boolean =>
        covered.some(span => span.line === line && span.from <= column && column <= span.to)
      let [pairs, unnoticed, marked] = [0, 0, 0]
      for (const pair of pairsOf(singlesOf(lines, usual).filter(inside))) {
        pairs++
        const read = put(put(lines, pair[0]), pair[1])
        if (parseMrz(read).findings.length > 0) continue
        unnoticed++
        if (outcomeOf(repairMrz(read), lines, pair) === 'marked') marked++
      }
      console.table({ [id]: { pairs, unnoticed, marked } })
      expect(unnoticed / pairs).toBeLessThan(format === 'MRV-A' ? 0.2 : 0.06)
    },
  )
})
