/** Reading characters on a grid: each cell is cut out, freed of its light and compared with every pattern. */
import { CELL_WIDTH, freeOfSlope, type Look, type Pattern, patternsOf, type Window } from './glyphs.ts'
import type { Grey } from './grey.ts'
import { sampleAt } from './grey.ts'
import { type Mapping, mapped } from './mapping.ts'

/** The picture at a size that suits; a point of the first level lies at (x + 0.5) / scale − 0.5 here. */
export interface Level {
  readonly picture: Grey
  readonly scale: number
}

/** What a cell looks like: for each character of the alphabet the best correlation, from −1 to 1. */
export interface CellMatch {
  readonly correlations: Float32Array
  /** Length of the patch behind the correlations: its contrast times the square root of its size. */
  readonly energy: number
  readonly best: number
  /** Where the best pattern lies beside the middle of the cell, in pixels of the cell. */
  readonly dx: number
  readonly dy: number
}

export interface CellPlace {
  readonly column: number
  readonly line: number
  /** Lines that a bent card's text lies lower here, and how much more in the next column. */
  readonly lower: number
  readonly slope: number
  /** In pixels of the cell, from the middle that the grid says. */
  readonly dx: number
  readonly dy: number
}

export interface MatchSetting {
  readonly look: Look
  readonly window: Window
  readonly shrink: 1 | 2
  /** How far to look around the place, in pixels of the window. */
  readonly reach: readonly [number, number]
  /** Lines apart, in columns: how much of the line step a cell's height is. */
  readonly lineStep: number
}

/** The level in which a cell is about as many pixels as it is matched with, never less where there is a larger one. */
export function levelFor(levels: readonly Grey[], pitch: number, wanted: number): Level {
  let index = 0
  while (index + 1 < levels.length && pitch / 2 ** (index + 1) >= 0.9 * wanted) index++
  return { picture: levels[index] as Grey, scale: 2 ** index }
}

/** The character in one cell. */
export function matchCell(given: {
  readonly level: Level
  readonly mapping: Mapping
  readonly place: CellPlace
  readonly setting: MatchSetting
  /** The one pattern to try; all when absent. */
  readonly only?: number
}): CellMatch {
  const { level, mapping, place, setting } = given
  const { window, shrink, reach } = setting
  const patterns = patternsOf(setting.look, window, shrink)
  const area = patchOf({ level, mapping, place, setting })
  const width = window.width + 2 * reach[0]
  const correlations = new Float32Array(patterns.length).fill(-1)
  const patch = new Float64Array(window.width * window.height)
  const first = given.only ?? 0
  const last = given.only === undefined ? patterns.length : given.only + 1
  let best = 0
  let bestValue = -2
  let dx = 0
  let dy = 0
  let energy = 0
  for (let sy = 0; sy <= 2 * reach[1]; sy++) {
    for (let sx = 0; sx <= 2 * reach[0]; sx++) {
      copyCut(area, patch, { start: sy * width + sx, width, window })
      const length = contrastOf(patch, window)
      for (let p = first; p < last; p++) {
        // Patterns have neither mean nor slope, so those of the picture do not count.
        const value = productOf(patch, (patterns[p] as Pattern).values) / length
        if (value > (correlations[p] as number)) correlations[p] = value
        if (value > bestValue) {
          best = p
          bestValue = value
          energy = length
          dx = sx - reach[0]
          dy = sy - reach[1]
        }
      }
    }
  }
  return { correlations, energy, best, dx: place.dx + dx * shrink, dy: place.dy + dy * shrink }
}

/** What one pattern leaves unexplained of a cell: its mean square, and how alike neighbours are, across and down: sums of
 * squares and of products of neighbours. */
export interface Unexplained {
  readonly square: number
  readonly across: number
  readonly down: number
}

/** For the pattern and the place that fitted best. */
export function unexplainedOf(given: {
  readonly level: Level
  readonly mapping: Mapping
  readonly place: CellPlace
  readonly setting: MatchSetting
  readonly match: CellMatch
}): Unexplained {
  const { match, setting } = given
  const { window } = setting
  const place = { ...given.place, dx: match.dx, dy: match.dy }
  const rest = patchOf({ ...given, place, setting: { ...setting, reach: [0, 0] } })
  freeOfSlope(rest, window)
  const { values } = patternsOf(setting.look, window, setting.shrink)[match.best] as Pattern
  const fit = productOf(rest, values)
  for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - fit * (values[i] as number)
  let [square, across, down] = [0, 0, 0]
  for (let y = 0, i = 0; y < window.height; y++) {
    for (let x = 0; x < window.width; x++, i++) {
      const value = rest[i] as number
      square += value * value
      if (x > 0) across += value * (rest[i - 1] as number)
      if (y > 0) down += value * (rest[i - window.width] as number)
    }
  }
  return { square, across, down }
}

interface Cut {
  readonly start: number
  readonly width: number
  readonly window: Window
}

function copyCut(area: Float64Array, patch: Float64Array, { start, width, window }: Cut): void {
  for (let y = 0, i = 0, at = start; y < window.height; y++, at += width - window.width) {
    for (let x = 0; x < window.width; x++, i++, at++) patch[i] = area[at] as number
  }
}

/** In four sums, which a processor adds side by side; here most of the time goes. */
function productOf(patch: Float64Array, values: Float64Array): number {
  const n = patch.length
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < n; i += 4) {
    a += (patch[i] as number) * (values[i] as number)
    b += (patch[i + 1] as number) * (values[i + 1] as number)
    c += (patch[i + 2] as number) * (values[i + 2] as number)
    d += (patch[i + 3] as number) * (values[i + 3] as number)
  }
  for (; i < n; i++) a += (patch[i] as number) * (values[i] as number)
  return a + b + c + d
}

/** The length of a patch without its mean and its slopes. */
function contrastOf(patch: Float64Array, window: Window): number {
  const { width: w, height: h } = window
  const mx = (w - 1) / 2
  const my = (h - 1) / 2
  let sum = 0
  let sumX = 0
  let sumY = 0
  let square = 0
  for (let y = 0, i = 0; y < h; y++) {
    let row = 0
    for (let x = 0; x < w; x++, i++) {
      const value = patch[i] as number
      row += value
      sumX += value * (x - mx)
      square += value * value
    }
    sum += row
    sumY += row * (y - my)
  }
  const n = w * h
  const rest =
    square - (sum * sum) / n - (12 * sumX * sumX) / (n * (w * w - 1)) - (12 * sumY * sumY) / (n * (h * h - 1))
  return Math.sqrt(Math.max(rest, 1e-3))
}

/** The surroundings of a cell: the window and what it may be moved by, sampled from the picture. */
function patchOf({
  level,
  mapping,
  place,
  setting,
}: {
  readonly level: Level
  readonly mapping: Mapping
  readonly place: CellPlace
  readonly setting: MatchSetting
}): Float64Array {
  const { window, shrink, reach, lineStep } = setting
  const width = window.width + 2 * reach[0]
  const height = window.height + 2 * reach[1]
  const area = new Float64Array(width * height)
  const [perX, perY] = [shrink / CELL_WIDTH, shrink / (CELL_WIDTH * lineStep)]
  const [across, down] = [(width - 1) * perX, (height - 1) * perY]
  const column = place.column + place.dx / CELL_WIDTH - across / 2
  const line = place.line + place.lower + place.dy / (CELL_WIDTH * lineStep) - down / 2 - (place.slope * across) / 2
  // Within one cell the mapping is as good as affine.
  const at = mapped(mapping, column, line)
  const right = mapped(mapping, column + across, line + place.slope * across)
  const below = mapped(mapping, column, line + down)
  const [ux, uy] = [(right[0] - at[0]) / (width - 1), (right[1] - at[1]) / (width - 1)]
  const [vx, vy] = [(below[0] - at[0]) / (height - 1), (below[1] - at[1]) / (height - 1)]
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const px = (at[0] + x * ux + y * vx + 0.5) / level.scale - 0.5
      const py = (at[1] + x * uy + y * vy + 0.5) / level.scale - 0.5
      area[i] = sampleAt(level.picture, px, py)
    }
  }
  return area
}
