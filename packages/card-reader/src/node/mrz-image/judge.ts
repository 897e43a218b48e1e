/**
 * Whether what a picture shows is an MRZ that may be used. Accepted is only what holds every check digit, in which at most
 * one place under each check digit is in doubt, and whose unprotected places (names, sex) are clear in the picture. Every
 * character that is not what the picture shows most is logged.
 */
import { FormatError, type Mrz, type MrzDoubt, type MrzLayout, repairMrz, type UnprotectedSpan } from '@cccd/mrz'
import { layoutSeen, type PlausibleCell, plausibleCells } from './plausible.ts'
import { type GridReading, likeliestLines } from './read-grey.ts'

/** What settled a character that is not the one the picture shows most. `layout`: what it shows most cannot stand there.
 * `printed-twice`: the number's other print shows it. `check-digit`: with it the check digits hold, and with no other. */
export type PictureProof = 'layout' | 'printed-twice' | 'check-digit'

/** Line and column count from 1. */
export interface PictureChange {
  readonly line: number
  readonly column: number
  readonly from: string
  readonly to: string
  readonly proof: PictureProof
}

export interface PictureCharacter {
  readonly character: string
  /** How much of what may stand there the picture gives to this character, from 0 to 1. */
  readonly confidence: number
}

/** NO_MRZ: nothing in the picture looks like one. UNCLEAR: too many characters cannot be told. CHECK_DIGITS: what can be
 * read breaks check digits. TIME_LIMIT: the time was over. */
export type UnreadReason = 'NO_MRZ' | 'UNCLEAR' | 'CHECK_DIGITS' | 'TIME_LIMIT'

interface Seen {
  /** What the picture shows most, line by line, whatever it means. */
  readonly seen: readonly string[]
  /** The outer corners of the MRZ in pixels of the upright picture, clockwise from the beginning of its first line. */
  readonly corners: readonly (readonly [number, number])[]
}

export interface ReadMrzPicture extends Seen {
  readonly kind: 'read'
  readonly mrz: Mrz
  readonly vietnamese: boolean
  readonly changes: readonly PictureChange[]
  /** Line by line. */
  readonly characters: readonly (readonly PictureCharacter[])[]
  /** What no check digit covers; there the picture alone speaks. */
  readonly unprotected: readonly UnprotectedSpan[]
  readonly doubts: readonly MrzDoubt[]
}

export interface PictureCandidate {
  readonly mrz: Mrz
  readonly changes: readonly PictureChange[]
  /** Beside the others, from 0 to 1. */
  readonly likelihood: number
}

export interface AmbiguousMrzPicture extends Seen {
  readonly kind: 'ambiguous'
  /** Likeliest first; each holds every check digit. A person must choose. */
  readonly candidates: readonly PictureCandidate[]
}

export interface UnreadMrzPicture {
  readonly kind: 'unread'
  readonly reason: UnreadReason
}

export type MrzPictureReading = ReadMrzPicture | AmbiguousMrzPicture | UnreadMrzPicture

/** Below this a place is in doubt. */
const certain = 0.98
/** What no check digit covers must be clearer. */
const certainAlone = 0.999
const leastQuality = 0.55
const mostDoubtful = 12
const mostTries = 400
const mostCandidates = 10

/** The verdict on one reading. */
export function judged(reading: GridReading): MrzPictureReading {
  if (reading.quality < leastQuality) return { kind: 'unread', reason: 'UNCLEAR' }
  const kind = layoutSeen(reading)
  const cells = plausibleCells(reading, kind)
  const doubtful = cells.filter(cell => shareOf(cell, cell.likeliest) < certain)
  if (doubtful.length > mostDoubtful) return { kind: 'unread', reason: 'UNCLEAR' }
  const whole = readingsThatHold(cells, reading, kind.vietnamese)
  const [first] = whole
  if (first === undefined) return { kind: 'unread', reason: 'CHECK_DIGITS' }
  const seen = { seen: likeliestLines(reading), corners: reading.corners }
  if (whole.length === 1 && isSafe(cells, first.lines, kind)) {
    return {
      kind: 'read',
      ...seen,
      mrz: first.mrz,
      vietnamese: kind.vietnamese,
      changes: changesIn(cells, first.lines),
      characters: charactersOf(cells, first.lines),
      unprotected: first.unprotected,
      doubts: first.doubts,
    }
  }
  const total = whole.reduce((sum, { log }) => sum + Math.exp(log - first.log), 0)
  const candidates = whole.slice(0, mostCandidates).map(({ mrz, lines, log }) => ({
    mrz,
    changes: changesIn(cells, lines),
    likelihood: Math.exp(log - first.log) / total,
  }))
  return { kind: 'ambiguous', ...seen, candidates }
}

interface Whole {
  readonly lines: readonly string[]
  readonly mrz: Mrz
  readonly log: number
  readonly unprotected: readonly UnprotectedSpan[]
  readonly doubts: readonly MrzDoubt[]
}

/** Readings in which all check digits and the layout hold, likeliest first: the likeliest as it is, or with doubtful
 * places read otherwise. */
function readingsThatHold(cells: readonly PlausibleCell[], reading: GridReading, vietnamese: boolean): Whole[] {
  const found: Whole[] = []
  for (const { lines, log } of triesOf(cells, reading.columns)) {
    const whole = wholeOf(lines, vietnamese)
    if (whole !== null && !found.some(other => other.lines.join() === lines.join()))
      found.push({ ...whole, lines, log })
  }
  // What is far less likely than the likeliest does not make it ambiguous.
  const [first] = found
  return first === undefined ? [] : found.filter(({ log }) => log > first.log - 7)
}

function wholeOf(lines: readonly string[], vietnamese: boolean): Omit<Whole, 'log'> | null {
  try {
    const { status, mrz, unprotected, doubts } = repairMrz(lines, { vietnamese })
    if (status !== 'unchanged' || mrz === null || mrz.findings.length > 0) return null
    // 9303-3: behind the name there are fillers only.
    const name = lines[mrz.format === 'TD1' ? 2 : 0] ?? ''
    if (/<<<.*[A-Z]|<<.*[A-Z]<<.*[A-Z]/.test(mrz.format === 'TD1' ? name : name.slice(5))) return null
    return { lines, mrz, unprotected, doubts }
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

interface Try {
  readonly lines: string[]
  readonly log: number
}

/** The likeliest text and those with doubtful places read otherwise, likeliest first. */
function triesOf(cells: readonly PlausibleCell[], columns: number): Try[] {
  const characters = cells.map(({ likeliest }) => likeliest)
  const open = cells.flatMap((cell, index) => {
    // Of twice-printed digits the first stands for both.
    if (cell.twin !== undefined && cell.twin < index) return []
    const own = shareOf(cell, cell.likeliest)
    if (own > 0.9999) return []
    const others = [...cell.shares]
      .filter(([character, share]) => character !== cell.likeliest && share > own * 1e-4)
      .map(([character, share]) => ({ character, cost: Math.log(own / share) }))
    return others.length === 0 ? [] : [{ index, twin: cell.twin, others }]
  })
  const swaps = open.flatMap(({ index, twin, others }) => others.map(other => ({ index, twin, ...other })))
  swaps.sort((a, b) => a.cost - b.cost)
  const near = swaps.slice(0, 40)
  const sets: { cost: number; chosen: typeof swaps }[] = [{ cost: 0, chosen: [] }]
  for (const [i, one] of near.entries()) {
    sets.push({ cost: one.cost, chosen: [one] })
    for (const [k, two] of near.entries()) {
      if (k > i && two.index !== one.index) sets.push({ cost: one.cost + two.cost, chosen: [one, two] })
    }
  }
  sets.sort((a, b) => a.cost - b.cost)
  return sets.slice(0, mostTries).map(({ cost, chosen }) => {
    const text = [...characters]
    for (const { index, twin, character } of chosen) {
      text[index] = character
      if (twin !== undefined) text[twin] = character
    }
    const lines = Array.from({ length: text.length / columns }, (_, l) =>
      text.slice(l * columns, (l + 1) * columns).join(''),
    )
    return { lines, log: -cost }
  })
}

function shareOf(cell: PlausibleCell, character: string): number {
  return cell.shares.get(character) ?? 0
}

type Kind = { readonly layout: MrzLayout; readonly vietnamese: boolean }

/** Whether one doubtful place at most stands under each check digit, and none where there is none. */
function isSafe(cells: readonly PlausibleCell[], lines: readonly string[], kind: Kind): boolean {
  const doubtful = new Map<string, number>()
  for (const [index, cell] of cells.entries()) {
    const character = lines[cell.line - 1]?.charAt(cell.column - 1) ?? ''
    const share = shareOf(cell, character)
    const group = checkGroupOf(cell, kind)
    // 9303-3: behind three fillers nothing follows in a name, so a letter seen there breaks the layout.
    const before = lines[cell.line - 1]?.slice(0, cell.column - 1) ?? ''
    if (cell.field === 'name' && character === '<' && before.includes('<<<')) continue
    if (group === null) {
      if (share < certainAlone) return false
      continue
    }
    if (cell.twin !== undefined && cell.twin < index) continue
    if (share >= certain && character === cell.likeliest) continue
    const count = (doubtful.get(group) ?? 0) + 1
    if (count > 1) return false
    doubtful.set(group, count)
  }
  return doubtful.size <= 2
}

/** The check digit that a place stands under; null where none does. */
function checkGroupOf({ field }: PlausibleCell, { layout }: Kind): string | null {
  switch (field) {
    case 'documentNumber':
    case 'documentNumberCheckDigit':
      return 'number'
    case 'dateOfBirth':
    case 'dateOfBirthCheckDigit':
      return 'birth'
    case 'dateOfExpiry':
    case 'dateOfExpiryCheckDigit':
      return 'expiry'
    case 'optionalData1':
    case 'optionalData2':
    case 'optionalDataCheckDigit':
      return layout.composite.length === 0 ? null : 'optional'
    case 'compositeCheckDigit':
      return 'optional'
    case 'documentCode':
    case 'issuingState':
    case 'nationality':
    case 'name':
    case 'sex':
      return null
  }
}

function changesIn(cells: readonly PlausibleCell[], lines: readonly string[]): PictureChange[] {
  return cells.flatMap(cell => {
    const { line, column, seen: from } = cell
    const to = lines[line - 1]?.charAt(column - 1) ?? ''
    if (to === from) return []
    const twin = cell.twin === undefined ? undefined : cells[cell.twin]
    const proof: PictureProof =
      to !== cell.likeliest && cell.field !== 'name'
        ? 'check-digit'
        : twin?.seen === to && cell.shares.has(from)
          ? 'printed-twice'
          : 'layout'
    return [{ line, column, from, to, proof }]
  })
}

function charactersOf(cells: readonly PlausibleCell[], lines: readonly string[]): PictureCharacter[][] {
  return lines.map((text, l) =>
    cells
      .filter(({ line }) => line === l + 1)
      .map((cell, c) => ({ character: text.charAt(c), confidence: shareOf(cell, text.charAt(c)) })),
  )
}
