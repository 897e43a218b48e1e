/** What the layout lets stand in each place, and what of that the picture shows. */
import { MRZ_LAYOUTS, type MrzLayout, VIETNAMESE_MRZ_LAYOUT, windowOf } from '@cccd/mrz'
import { MRZ_ALPHABET } from './glyphs.ts'
import type { GridReading } from './read-grey.ts'

/** One place with the characters that may stand there. */
export interface PlausibleCell {
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly field: MrzLayout['windows'][number]['field']
  /** The likeliest character of the whole alphabet. */
  readonly seen: string
  /** The likeliest that may stand there. */
  readonly likeliest: string
  /** From 0 to 1, for each character that may stand there; they add up to 1. */
  readonly shares: ReadonlyMap<string, number>
  /** The place (its index in line order) that shows the same character again. */
  readonly twin?: number
}

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** The layout of what was read and whether it is a Vietnamese card's; undefined when no document begins so. */
export function layoutSeen(reading: GridReading): { layout: MrzLayout; vietnamese: boolean } {
  if (reading.lines === 3) return { layout: MRZ_LAYOUTS.TD1, vietnamese: fixedSeen(reading) >= 0.75 }
  const visa = likelihoodAt(reading, 0, 'V') > likelihoodAt(reading, 0, 'P')
  const isLong = reading.columns === 44
  if (isLong) return { layout: visa ? MRZ_LAYOUTS['MRV-A'] : MRZ_LAYOUTS.TD3, vietnamese: false }
  const other = Math.max(...[...'IAC'].map(letter => likelihoodAt(reading, 0, letter)))
  const isVisa = likelihoodAt(reading, 0, 'V') > other
  return { layout: isVisa ? MRZ_LAYOUTS['MRV-B'] : MRZ_LAYOUTS.TD2, vietnamese: false }
}

function likelihoodAt({ cells }: GridReading, index: number, character: string): number {
  return cells[index]?.[MRZ_ALPHABET.indexOf(character)] ?? Number.NEGATIVE_INFINITY
}

const fixed: readonly (readonly [index: number, text: string])[] = [
  [0, 'IDVNM'],
  [27, '<<'],
  [45, 'VNM<<<<<<<<<<<'],
]

/** The part of the characters that all Vietnamese cards share that is seen. */
function fixedSeen(reading: GridReading): number {
  let [seen, all] = [0, 0]
  for (const [from, text] of fixed) {
    for (const [i, character] of [...text].entries()) {
      all++
      if (likelihoodAt(reading, from + i, character) > -2) seen++
    }
  }
  return seen / all
}

/** All places, line by line. Twice-printed digits of a Vietnamese card are weighed together. */
export function plausibleCells(
  reading: GridReading,
  kind: { layout: MrzLayout; vietnamese: boolean },
): PlausibleCell[] {
  const { layout, vietnamese } = kind
  const cells: PlausibleCell[] = []
  for (let index = 0; index < reading.cells.length; index++) {
    const [line, column] = [Math.floor(index / reading.columns) + 1, (index % reading.columns) + 1]
    const window = layout.windows.find(one => one.line === line && one.from <= column && column <= one.to)
    if (window === undefined) throw new RangeError('a place outside the layout')
    const allowed = vietnamese ? vietnameseAt(index, window.field) : allowedAt(window.field, layout, column)
    const twin = vietnamese && line === 1 ? twinOf(column) : undefined
    const values = reading.cells[index] as Float32Array
    const beside = twin === undefined ? undefined : reading.cells[twin]
    const logs = [...allowed].map(character => {
      const i = MRZ_ALPHABET.indexOf(character)
      return [character, (values[i] as number) + (beside?.[i] ?? 0)] as const
    })
    const top = Math.max(...logs.map(([, value]) => value))
    const total = logs.reduce((sum, [, value]) => sum + Math.exp(value - top), 0)
    const shares = new Map(logs.map(([character, value]) => [character, Math.exp(value - top) / total]))
    const seen = MRZ_ALPHABET.charAt(values.indexOf(Math.max(...values)))
    const likeliest = (logs.find(([, value]) => value === top) as readonly [string, number])[0]
    cells.push({ line, column, field: window.field, seen, likeliest, shares, ...(twin !== undefined && { twin }) })
  }
  return cells
}

/** The index of the place in line 1 that shows the same digit; columns from 1. */
function twinOf(column: number): number | undefined {
  const number = windowOf(MRZ_LAYOUTS.TD1, 'documentNumber') as { from: number; to: number }
  const offset = VIETNAMESE_MRZ_LAYOUT.personalNumber.to - number.to
  if (column >= number.from && column <= number.to) return column - 1 + offset
  if (column >= number.from + offset && column <= number.to + offset) return column - 1 - offset
  return undefined
}

function vietnameseAt(index: number, field: PlausibleCell['field']): string {
  for (const [from, text] of fixed) {
    if (index >= from && index < from + text.length) return text.charAt(index - from)
  }
  // 9303-3: of a date of birth day, or day and month, may be unknown.
  if (field === 'dateOfBirth' && index >= 32) return `${digits}<`
  return field === 'sex' ? 'MF' : field === 'name' ? `${letters}<` : digits
}

function allowedAt(field: PlausibleCell['field'], layout: MrzLayout, column: number): string {
  switch (field) {
    case 'documentCode':
      if (column > 1) return `${letters}<`
      return { TD1: 'IAC', TD2: 'IAC', TD3: 'P', 'MRV-A': 'V', 'MRV-B': 'V' }[layout.format]
    case 'issuingState':
    case 'nationality':
    case 'name':
      return `${letters}<`
    case 'sex':
      return 'MF<'
    case 'dateOfBirth':
    case 'dateOfExpiry':
    case 'documentNumberCheckDigit':
    case 'dateOfBirthCheckDigit':
    case 'dateOfExpiryCheckDigit':
    case 'optionalDataCheckDigit':
      return `${digits}<`
    case 'compositeCheckDigit':
      return digits
    case 'documentNumber':
    case 'optionalData1':
    case 'optionalData2':
      return MRZ_ALPHABET
  }
}
