// Verdicts on readings made by hand: what each place looks like is given as likelihoods.
import { checkDigit } from '@cccd/mrz'
import { expect, test } from 'vitest'
import { MRZ_ALPHABET } from './glyphs.ts'
import { judged } from './judge.ts'
import type { GridReading } from './read-grey.ts'

const LINES = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']

/** Clear everywhere, except that at some places (line, column from 1) other characters look as given. */
function reading(
  doubts: readonly (readonly [line: number, column: number, looks: Record<string, number>])[],
  lines: readonly string[] = LINES,
): GridReading {
  const text = lines.join('')
  const cells = [...text].map((character, index) => {
    const values = new Float32Array(MRZ_ALPHABET.length).fill(-50)
    values[MRZ_ALPHABET.indexOf(character)] = 0
    for (const [line, column, looks] of doubts) {
      if ((line - 1) * 30 + column - 1 !== index) continue
      for (const [other, value] of Object.entries(looks)) values[MRZ_ALPHABET.indexOf(other)] = value
    }
    return values
  })
  const look = { blur: 1, weight: 0 }
  return { lines: 3, columns: 30, cells, quality: 0.9, pitch: 20, corners: [], look }
}

test('a clear reading is accepted without a change', () => {
  expect(judged(reading([]))).toMatchObject({ kind: 'read', vietnamese: true, changes: [], mrz: { lines: LINES } })
})

test('a date of birth of which day and month are unknown is read with its fillers', () => {
  const lines = ['IDVNM0483334447999048333444<<6', '48<<<<2M9912315VNM<<<<<<<<<<<6', 'HOANG<<VAN<CU<<<<<<<<<<<<<<<<<']
  expect(judged(reading([], lines))).toMatchObject({ kind: 'read', vietnamese: true, changes: [], mrz: { lines } })
})

test('fillers in a date of birth where no date has them are not accepted, whatever the check digits say', () => {
  const verdict = (date: string): string => {
    const [first = '', , last = ''] = LINES
    const own = `${date}${checkDigit(date)}`
    const composite = checkDigit(`${first.slice(5)}${own}9912315<<<<<<<<<<<`)
    return judged(reading([], [first, `${own}F9912315VNM<<<<<<<<<<<${composite}`, last])).kind
  }
  expect(['600115', '6001<<', '60<<<<'].map(verdict)).toEqual(['read', 'read', 'read'])
  expect(['60<<15', '600<<<', '60011<'].map(verdict)).not.toContain('read')
})

test('a letter where only a digit can stand is put right and logged', () => {
  const verdict = judged(reading([[2, 3, { O: 0, '0': -1 }]]))
  const changes = [{ line: 2, column: 3, from: 'O', to: '0', proof: 'layout' }]
  expect(verdict).toMatchObject({ kind: 'read', changes, mrz: { lines: LINES } })
})

test('a digit that looks like another one is settled by the check digits and logged', () => {
  const verdict = judged(reading([[2, 6, { '5': -1, '6': 0 }]]))
  const changes = [{ line: 2, column: 6, from: '6', to: '5', proof: 'check-digit' }]
  expect(verdict).toMatchObject({ kind: 'read', changes, mrz: { lines: LINES } })
})

test('a digit of the number that is lost in one print is taken from the other one', () => {
  const verdict = judged(reading([[1, 10, { '1': -3, '7': 0 }]]))
  const changes = [{ line: 1, column: 10, from: '7', to: '1', proof: 'printed-twice' }]
  expect(verdict).toMatchObject({ kind: 'read', changes, mrz: { lines: LINES } })
})

test('two doubtful digits under one check digit are not settled by it', () => {
  const verdict = judged(
    reading([
      [2, 5, { '1': -1, '7': 0 }],
      [2, 6, { '5': -1, '6': 0 }],
    ]),
  )
  expect(verdict.kind).toBe('ambiguous')
})

test('a digit clearly seen that breaks a check digit is not changed', () => {
  expect(judged(reading([[2, 6, { '5': -40, '6': 0 }]]))).toEqual({ kind: 'unread', reason: 'CHECK_DIGITS' })
})

test('a name that may be read in two ways is left open, with both ways and how likely they are', () => {
  const verdict = judged(reading([[3, 7, { T: 0, Y: -1 }]]))
  if (verdict.kind !== 'ambiguous') throw new Error(verdict.kind)
  expect(verdict.candidates.map(({ mrz }) => mrz.lines[2]?.slice(6, 9))).toEqual(['THI', 'YHI'])
  const [first, second] = verdict.candidates.map(({ likelihood }) => likelihood)
  expect(first).toBeGreaterThan(second as number)
  expect((first as number) + (second as number)).toBeCloseTo(1)
})

test('sex has no check digit and must be clear', () => {
  expect(judged(reading([[2, 8, { F: 0, M: -2 }]])).kind).toBe('ambiguous')
  expect(judged(reading([[2, 8, { F: 0, M: -12 }]])).kind).toBe('read')
})

test('behind three fillers nothing follows in a name, so what lies on the print there settles nothing', () => {
  const verdict = judged(reading([[3, 25, { '<': -2, A: 0 }]]))
  const changes = [{ line: 3, column: 25, from: 'A', to: '<', proof: 'layout' }]
  expect(verdict).toMatchObject({ kind: 'read', changes, mrz: { lines: LINES } })
})

test('many doubtful characters are unclear', () => {
  const doubts = Array.from({ length: 13 }, (_, i) => [3, i + 1, { X: 0, Y: -0.1 }] as const)
  expect(judged(reading(doubts))).toEqual({ kind: 'unread', reason: 'UNCLEAR' })
})
