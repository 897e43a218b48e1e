/** A read MRZ as cells and equations: what each place may hold by its layout, and which check digits cover it. */
import {
  type CheckDigitField,
  type MrzFieldName,
  type MrzLayout,
  type MrzSpan,
  type MrzWindow,
  windowOf,
} from './layout.ts'
import { misreadingCost } from './ocr-confusion.ts'
import { domainAt, fillerTail, type LongNumberEnd, like, readAt } from './repair-domain.ts'
import type { Cell, Equation, Option } from './repair-solver.ts'
import { VIETNAMESE_MRZ_LAYOUT } from './vietnamese-mrz.ts'

export type RepairField = MrzFieldName | 'personalNumber' | 'personalNumberCheckDigit'
export type RepairCheckDigit = CheckDigitField | 'personalNumberCheckDigit'

/** Line and column count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly field: RepairField
}

export interface PlacedCell extends Cell {
  readonly places: readonly Place[]
  /** What was read in each place; any characters. */
  readonly read: readonly string[]
  /** What the layout lets stand there. */
  readonly domain: string
  /** Whether a QR beside the MRZ says what stands there. */
  readonly known: boolean
  readonly coveredBy: readonly RepairCheckDigit[]
}

export interface Problem {
  readonly layout: MrzLayout
  /** First those that some equation covers. */
  readonly covered: readonly PlacedCell[]
  readonly loose: readonly PlacedCell[]
  readonly equations: readonly (Equation & { readonly field: RepairCheckDigit })[]
}

/** What a QR says stands in places, by `placeKey`. */
export type KnownCharacters = ReadonlyMap<string, string>

export const placeKey = ({ line, column }: { readonly line: number; readonly column: number }): string =>
  `${line}:${column}`

/** The ways in which lines of a layout can be meant: one, or several where it is not clear whether the document number
 * goes on in the optional data. The lines have the layout's shape but may hold any characters. */
export function problemsOf(given: {
  readonly layout: MrzLayout
  readonly lines: readonly string[]
  readonly vietnamese: boolean
  readonly known?: KnownCharacters
}): Problem[] {
  const ends: LongNumberEnd[] = given.vietnamese ? [undefined] : [undefined, ...longNumberEnds(given)]
  return ends.map(end => problemOf({ ...given, end }))
}

function longNumberEnds({ layout, lines }: { layout: MrzLayout; lines: readonly string[] }): number[] {
  const check = windowOf(layout, 'documentNumberCheckDigit')
  const optional = windowOf(layout, 'optionalData1')
  if (!layout.longDocumentNumber || check === undefined || optional === undefined) return []
  const filler = (line: number, column: number): boolean => like(readAt(lines, line, column), '<')
  if (!filler(check.line, check.from)) return []
  const length = optional.to - optional.from + 1
  const ends = Array.from({ length }, (_, i) => i + 1).filter(
    end => end === length || filler(optional.line, optional.from + end),
  )
  return ends.slice(0, 3)
}

/** What of a problem depends on the layout alone. */
interface Frame {
  readonly covered: readonly FramedCell[]
  readonly loose: readonly FramedCell[]
  readonly equations: Problem['equations']
}

interface FramedCell {
  readonly window: MrzWindow
  readonly places: readonly Place[]
  readonly coveredBy: readonly RepairCheckDigit[]
}

const frames = new Map<string, Frame>()

function frameOf(layout: MrzLayout, isVietnamese: boolean, end: LongNumberEnd): Frame {
  const key = `${layout.format} ${isVietnamese} ${end}`
  const known = frames.get(key)
  if (known !== undefined) return known
  const cells: FramedCell[] = []
  const cellAt = new Map<string, number>()
  const checked = equationsOf(layout, isVietnamese, end)
  for (const window of layout.windows) {
    for (let column = window.from; column <= window.to; column++) {
      const place = { line: window.line, column }
      if (cellAt.has(placeKey(place))) continue
      const twin = isVietnamese && window.field === 'documentNumber' ? [{ line: 1, column: column + 13 }] : []
      const places = [place, ...twin].map(at => ({ ...at, field: fieldAt(layout, at, isVietnamese) }))
      for (const at of places) cellAt.set(placeKey(at), cells.length)
      const keys = places.map(placeKey)
      const coveredBy = checked
        .filter(({ over, check }) => [...over, check].some(at => keys.includes(placeKey(at))))
        .map(({ field }) => field)
      cells.push({ window, places, coveredBy })
    }
  }
  const covered = cells.filter(({ coveredBy }) => coveredBy.length > 0)
  const numberAt = (at: { line: number; column: number }): number =>
    covered.indexOf(cells[cellAt.get(placeKey(at)) as number] as FramedCell)
  const equations = checked.map(({ field, over, check }) => ({
    field,
    terms: [
      ...over.map((place, i) => ({ cell: numberAt(place), weight: [7, 3, 1][i % 3] as number })),
      { cell: numberAt(check), weight: 9 },
    ],
  }))
  const frame = { covered, loose: cells.filter(({ coveredBy }) => coveredBy.length === 0), equations }
  frames.set(key, frame)
  return frame
}

function problemOf(given: {
  readonly layout: MrzLayout
  readonly lines: readonly string[]
  readonly vietnamese: boolean
  readonly known?: KnownCharacters
  readonly end: LongNumberEnd
}): Problem {
  const { layout, lines, end } = given
  const frame = frameOf(layout, given.vietnamese, end)
  const tail = fillerTail(layout, lines)
  const filled = ({ window, places, coveredBy }: FramedCell): PlacedCell => {
    const [place] = places as readonly [Place]
    const known = given.known?.get(placeKey(place))
    const isTail = window.field === 'name' && place.column >= tail
    const domain = known ?? (isTail ? '<' : domainAt(layout, window, place.column, given))
    const read = places.map(at => readAt(lines, at.line, at.column))
    return { places, read, domain, known: known !== undefined, coveredBy, options: optionsOf(read, domain) }
  }
  return { layout, covered: frame.covered.map(filled), loose: frame.loose.map(filled), equations: frame.equations }
}

interface CheckedPlaces {
  readonly field: RepairCheckDigit
  readonly over: readonly { readonly line: number; readonly column: number }[]
  readonly check: { readonly line: number; readonly column: number }
}

function equationsOf(layout: MrzLayout, isVietnamese: boolean, end: LongNumberEnd): CheckedPlaces[] {
  const found: CheckedPlaces[] = []
  const add = (field: RepairCheckDigit, over: readonly MrzSpan[], check: MrzSpan | undefined): void => {
    const [first] = over
    if (first === undefined || check === undefined) return
    found.push({ field, over: over.flatMap(placesOf), check: { line: check.line, column: check.from } })
  }
  const at = (field: MrzFieldName): MrzSpan[] => {
    const window = windowOf(layout, field)
    return window === undefined ? [] : [window]
  }
  const [optional] = at('optionalData1')
  if (end === undefined || optional === undefined) {
    add('documentNumberCheckDigit', at('documentNumber'), at('documentNumberCheckDigit')[0])
  } else {
    const column = optional.from + end - 1
    const continued = { line: optional.line, from: optional.from, to: column - 1 }
    add('documentNumberCheckDigit', [...at('documentNumber'), continued], { ...optional, from: column })
  }
  add('dateOfBirthCheckDigit', at('dateOfBirth'), at('dateOfBirthCheckDigit')[0])
  add('dateOfExpiryCheckDigit', at('dateOfExpiry'), at('dateOfExpiryCheckDigit')[0])
  add('optionalDataCheckDigit', at('optionalData1'), at('optionalDataCheckDigit')[0])
  if (isVietnamese) {
    const { personalNumber, personalNumberCheckDigit } = VIETNAMESE_MRZ_LAYOUT
    add('personalNumberCheckDigit', [personalNumber], personalNumberCheckDigit)
  }
  add('compositeCheckDigit', layout.composite, at('compositeCheckDigit')[0])
  return found
}

function placesOf({ line, from, to }: MrzSpan): { line: number; column: number }[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ line, column: from + i }))
}

function fieldAt(layout: MrzLayout, at: { line: number; column: number }, isVietnamese: boolean): RepairField {
  const inside = (span: MrzSpan): boolean => span.line === at.line && span.from <= at.column && at.column <= span.to
  if (isVietnamese && inside(VIETNAMESE_MRZ_LAYOUT.personalNumber)) return 'personalNumber'
  if (isVietnamese && inside(VIETNAMESE_MRZ_LAYOUT.personalNumberCheckDigit)) return 'personalNumberCheckDigit'
  return (layout.windows.find(inside) as MrzWindow).field
}

// The characters of an MRZ and some others; hostile texts have any.
const mostRemembered = 2000
/** By domain and what was read. */
const remembered = new Map<string, Map<string, readonly Option[]>>()

function optionsOf(read: readonly string[], domain: string): readonly Option[] {
  let ofDomain = remembered.get(domain)
  if (ofDomain === undefined) {
    ofDomain = new Map()
    remembered.set(domain, ofDomain)
  }
  const key = read.length === 1 ? (read[0] as string) : read.join('')
  const known = ofDomain.get(key)
  if (known !== undefined) return known
  const options = [...domain]
    .map(character => ({
      character,
      cost: read.reduce((total, from) => total + misreadingCost(from, character), 0),
      value: character === '<' ? 0 : Number.parseInt(character, 36),
    }))
    .sort((a, b) => a.cost - b.cost)
  if (ofDomain.size > mostRemembered) ofDomain.clear()
  ofDomain.set(key, options)
  return options
}
