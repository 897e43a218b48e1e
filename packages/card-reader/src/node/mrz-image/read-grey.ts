/** From a grey picture to the characters that stand on the grid of an MRZ, each with how likely it is every other one. */
import { CELL_WIDTH, FINE, type Look, MRZ_ALPHABET, type Window } from './glyphs.ts'
import { type Grey, pyramidOf, smoothed } from './grey.ts'
import { bendAt, type Grid, gridsOf, LINE_STEP, robustMapping } from './grid.ts'
import { findMarks } from './ink.ts'
import { composed, type Mapping, mapped, type PointPair } from './mapping.ts'
import {
  type CellMatch,
  type CellPlace,
  levelFor,
  type MatchSetting,
  matchCell,
  type Unexplained,
  unexplainedOf,
} from './match.ts'
import { findRows } from './rows.ts'

/** What was read on one grid. */
export interface GridReading {
  readonly lines: number
  readonly columns: number
  /** Line by line: for each character of the alphabet the logarithm of its likelihood beside the likeliest one's, which
   * has 0. */
  readonly cells: readonly Float32Array[]
  /** Mean correlation of the likeliest characters, up to 1. */
  readonly quality: number
  /** Pixels of the picture from one character to the next. */
  readonly pitch: number
  /** The outer corners of the MRZ in the picture, clockwise from the beginning of its first line. */
  readonly corners: readonly (readonly [number, number])[]
  readonly look: Look
}

const mostGrids = 6
const leastQuality = 0.5
/** A grid with such a mean correlation needs no other beside it. */
const excellent = 0.85
const half: Window = { width: 9, height: 12 }
const coarse: MatchSetting = {
  look: { blur: 1.2, weight: 0 },
  window: half,
  shrink: 2,
  reach: [2, 3],
  lineStep: LINE_STEP,
}

/** Readings of the grids that look like an MRZ, as they are found; the caller stops when one is good. */
export function* readingsIn(picture: Grey): Generator<GridReading> {
  const levels = pyramidOf(picture)
  const read: Grid[] = []
  for (const { index, smooth } of attemptsOn(levels)) {
    const level = levels[index] as Grey
    const seen = smooth ? smoothed(level) : level
    const radius = Math.max(12, Math.round(Math.max(level.width, level.height) / 36))
    const rows = findRows(findMarks(seen, radius))
    const grids = gridsOf(rows, mostGrids)
    const tried: { grid: Grid; quality: number }[] = []
    for (const grid of grids) {
      const upright = theRightWayUp(levels, { ...grid, mapping: inFirstLevel(grid.mapping, 2 ** index) })
      tried.push(upright)
      if (upright.quality > excellent) break
    }
    tried.sort((a, b) => b.quality - a.quality)
    for (const { grid, quality } of tried.slice(0, 3)) {
      if (quality < leastQuality || read.some(other => isSame(other, grid))) continue
      read.push(grid)
      yield readGrid(levels, grid)
    }
  }
}

/** Levels with about a thousand pixels first, then finer and coarser ones. */
function attemptsOn(levels: readonly Grey[]): { index: number; smooth: boolean }[] {
  const side = (i: number): number => Math.max(levels[i]?.width ?? 0, levels[i]?.height ?? 0)
  const middle = Math.max(
    0,
    levels.findIndex((_, i) => side(i) <= 1500),
  )
  return [
    { index: middle, smooth: false },
    { index: middle, smooth: true },
    ...(middle > 0 ? [{ index: middle - 1, smooth: true }] : []),
    ...(side(middle + 1) >= 450 ? [{ index: middle + 1, smooth: false }] : []),
  ]
}

/** Whether two grids lie within a fifth of a column of one another. */
function isSame(one: Grid, other: Grid): boolean {
  if (one.columns !== other.columns || one.lines !== other.lines) return false
  const near = 0.2 * pitchOf(one)
  const corners = cornersOf(other)
  return cornersOf(one).every(([x, y], i) => {
    const [px, py] = corners[i] as readonly [number, number]
    return Math.hypot(px - x, py - y) < near
  })
}

/** A mapping into a level as one into the first level, whose pixels are smaller. */
function inFirstLevel(m: Mapping, scale: number): Mapping {
  const offset = (scale - 1) / 2
  return composed([scale, 0, offset, 0, scale, offset, 0, 0], m)
}

function pitchOf({ mapping, columns, lines }: Grid): number {
  const [x, y] = [columns / 2, (lines - 1) / 2]
  const [a, b] = [mapped(mapping, x - 0.5, y), mapped(mapping, x + 0.5, y)]
  return Math.hypot(b[0] - a[0], b[1] - a[1])
}

function theRightWayUp(levels: readonly Grey[], grid: Grid): { grid: Grid; quality: number } {
  const turned: Grid = {
    ...grid,
    mapping: composed(grid.mapping, [-1, 0, grid.columns - 1, 0, -1, grid.lines - 1, 0, 0]),
    bend: [-grid.bend[0], grid.bend[1]],
  }
  const [a, b] = [grid, turned].map(one => {
    const places = placesOf(one).filter(({ column, line }) => (column + line) % 3 === 0)
    return { grid: one, quality: meanOf(matchAll({ levels, grid: one, places, setting: coarse })) }
  }) as [{ grid: Grid; quality: number }, { grid: Grid; quality: number }]
  return a.quality >= b.quality ? a : b
}

function placesOf({ columns, lines, bend }: Grid): CellPlace[] {
  return Array.from({ length: columns * lines }, (_, i) => {
    const { lines: lower, slope } = bendAt(bend, i % columns, columns)
    return { column: i % columns, line: Math.floor(i / columns), lower, slope, dx: 0, dy: 0 }
  })
}

function matchAll(given: {
  readonly levels: readonly Grey[]
  readonly grid: Grid
  readonly places: readonly CellPlace[]
  readonly setting: MatchSetting
  readonly only?: readonly number[]
}): CellMatch[] {
  const { grid, setting, only } = given
  const level = levelFor(given.levels, pitchOf(grid), CELL_WIDTH / setting.shrink)
  return given.places.map((place, i) =>
    matchCell({
      level,
      mapping: grid.mapping,
      place,
      setting,
      ...(only && { only: only[i] as number }),
    }),
  )
}

const bestOf = ({ correlations, best }: CellMatch): number => correlations[best] as number

function meanOf(matches: readonly CellMatch[]): number {
  return matches.reduce((sum, match) => sum + bestOf(match), 0) / Math.max(1, matches.length)
}

function readGrid(levels: readonly Grey[], found: Grid): GridReading {
  let grid = found
  let places = placesOf(grid)
  let matches = matchAll({ levels, grid, places, setting: coarse })
  for (let round = 0; round < 2; round++) {
    grid = refitted(grid, { places, matches, lineStep: coarse.lineStep })
    places = placesOf(grid)
    matches = matchAll({ levels, grid, places, setting: { ...coarse, reach: round === 0 ? [2, 2] : [1, 1] } })
  }
  const setting = settingFor({ levels, grid, places, matches })
  places = steadied(places, matches)
  matches = matchAll({
    levels,
    grid,
    places,
    setting: { ...setting, reach: [2, 2] },
    only: matches.map(({ best }) => best),
  })
  // Once more round the middle that the fine patterns agree on.
  places = steadied(places, matches)
  matches = matchAll({ levels, grid, places, setting })
  return {
    lines: grid.lines,
    columns: grid.columns,
    cells: likelihoods({ levels, grid, places, matches, setting }),
    quality: meanOf(matches),
    pitch: pitchOf(grid),
    corners: cornersOf(grid),
    look: setting.look,
  }
}

/** The grid moved to where the characters were seen. */
function refitted(
  grid: Grid,
  seen: { readonly places: readonly CellPlace[]; readonly matches: readonly CellMatch[]; readonly lineStep: number },
): Grid {
  const pairs: PointPair[] = seen.matches.map((match, i) => {
    const { column, line, lower } = seen.places[i] as CellPlace
    const to = mapped(
      grid.mapping,
      column + match.dx / CELL_WIDTH,
      line + lower + match.dy / (CELL_WIDTH * seen.lineStep),
    )
    return { from: [column, line], to, weight: Math.max(0.01, bestOf(match) - 0.4) }
  })
  return { ...grid, ...robustMapping(pairs, grid.columns) }
}

/** Each cell's place as its neighbours in the line have it: the median of seven, for paper that is not flat. */
function steadied(places: readonly CellPlace[], matches: readonly CellMatch[]): CellPlace[] {
  return places.map(place => {
    const near = places.flatMap((other, i) =>
      other.line === place.line && Math.abs(other.column - place.column) <= 3 ? [matches[i] as CellMatch] : [],
    )
    return { ...place, dx: median(near.map(({ dx }) => dx)), dy: median(near.map(({ dy }) => dy)) }
  })
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}

const blurs = [0.5, 1.1, 1.8, 2.7, 3.8]
const weights = [-0.5, 0, 0.6]
const lineSteps = [2.3, LINE_STEP, 2.6]

/** The look and the height of characters under which those that are read best fit best. */
function settingFor(given: {
  readonly levels: readonly Grey[]
  readonly grid: Grid
  readonly places: readonly CellPlace[]
  readonly matches: readonly CellMatch[]
}): MatchSetting {
  const order = given.matches.map((match, i) => ({ match, i })).sort((a, b) => bestOf(b.match) - bestOf(a.match))
  const chosen = order.slice(0, 24)
  const places = steadied(given.places, given.matches)
  const trial = {
    levels: given.levels,
    grid: given.grid,
    places: chosen.map(({ i }) => places[i] as CellPlace),
    only: chosen.map(({ match }) => match.best),
  }
  const base: MatchSetting = { look: coarse.look, window: FINE, shrink: 1, reach: [1, 1], lineStep: LINE_STEP }
  let [best, quality] = [base, -1]
  const attempt = (setting: MatchSetting): void => {
    const mean = meanOf(matchAll({ ...trial, setting }))
    if (mean > quality) [best, quality] = [setting, mean]
  }
  for (const blur of blurs) attempt({ ...best, look: { ...best.look, blur } })
  for (const lineStep of lineSteps) attempt({ ...best, lineStep })
  const at = blurs.indexOf(best.look.blur)
  for (const weight of weights) {
    for (const blur of blurs.slice(Math.max(0, at - 1), at + 2)) attempt({ ...best, look: { blur, weight } })
  }
  return best
}

/** How far the noise goes below what the median cell leaves unexplained, in squares of grey steps. */
const leastNoise = 1

interface Matched {
  readonly levels: readonly Grey[]
  readonly grid: Grid
  readonly places: readonly CellPlace[]
  readonly matches: readonly CellMatch[]
  readonly setting: MatchSetting
}

function likelihoods({ levels, grid, places, matches, setting }: Matched): Float32Array[] {
  const level = levelFor(levels, pitchOf(grid), CELL_WIDTH)
  const size = setting.window.width * setting.window.height
  const rests = matches.map((match, i) =>
    unexplainedOf({ level, mapping: grid.mapping, place: places[i] as CellPlace, setting, match }),
  )
  const usual = Math.max(leastNoise, median(rests.map(({ square }) => square / size)))
  // Noise that is alike in neighbours looks more like a character than noise that is not.
  const total = rests.reduce((sum, { square }) => sum + square, 0) || 1
  const likeness = (of: 'across' | 'down'): number => {
    const alike = rests.reduce((sum, rest) => sum + rest[of], 0) / total
    const r = Math.min(0.97, Math.max(0, alike))
    return (1 + r) / (1 - r)
  }
  const alike = likeness('across') * likeness('down')
  return matches.map(({ correlations, energy, best }, i) => {
    const top = Math.max(0, correlations[best] as number) ** 2
    // Where even the best pattern explains less than usual, something lies on the print.
    const noise = Math.max(usual, (rests[i] as Unexplained).square / size)
    const scale = energy ** 2 / (2 * alike * noise)
    return correlations.map(value => (Math.max(0, value) ** 2 - top) * scale)
  })
}

function cornersOf({ mapping, columns, lines }: Grid): (readonly [number, number])[] {
  const [right, bottom] = [columns - 0.5, lines - 0.5]
  return [
    mapped(mapping, -0.5, -0.5),
    mapped(mapping, right, -0.5),
    mapped(mapping, right, bottom),
    mapped(mapping, -0.5, bottom),
  ]
}

/** The likeliest characters as lines. */
export function likeliestLines({ cells, columns, lines }: GridReading): string[] {
  const text = cells.map(values => MRZ_ALPHABET.charAt(values.indexOf(Math.max(...values)))).join('')
  return Array.from({ length: lines }, (_, i) => text.slice(i * columns, (i + 1) * columns))
}
