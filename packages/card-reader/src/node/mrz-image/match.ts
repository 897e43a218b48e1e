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
  const patch = new Float32Array(window.width * window.height)
  const first = given.only ?? 0
  const last = given.only === undefined ? patterns.length : given.only + 1
  let [best, bestValue, dx, dy, energy] = [0, -2, 0, 0, 0]
  for (let sy = 0; sy <= 2 * reach[1]; sy++) {
    for (let sx = 0; sx <= 2 * reach[0]; sx++) {
      for (let y = 0, i = 0; y < window.height; y++) {
        const from = (y + sy) * width + sx
        for (let x = 0; x < window.width; x++, i++) patch[i] = area[from + x] as number
      }
      freeOfSlope(patch, window)
      let square = 0
      for (let i = 0; i < patch.length; i++) square += (patch[i] as number) ** 2
      const length = Math.sqrt(square) || 1
      for (let p = first; p < last; p++) {
        const { values } = patterns[p] as Pattern
        let sum = 0
        for (let i = 0; i < patch.length; i++) sum += (patch[i] as number) * (values[i] as number)
        const value = sum / length
        if (value > (correlations[p] as number)) correlations[p] = value
        if (value > bestValue) {
          ;[best, bestValue, energy] = [p, value, length]
          ;[dx, dy] = [sx - reach[0], sy - reach[1]]
        }
      }
    }
  }
  return { correlations, energy, best, dx: place.dx + dx * shrink, dy: place.dy + dy * shrink }
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
}): Float32Array {
  const { window, shrink, reach, lineStep } = setting
  const width = window.width + 2 * reach[0]
  const height = window.height + 2 * reach[1]
  const area = new Float32Array(width * height)
  const [perX, perY] = [shrink / CELL_WIDTH, shrink / (CELL_WIDTH * lineStep)]
  const column = place.column + place.dx / CELL_WIDTH - ((width - 1) / 2) * perX
  const line = place.line + place.dy / (CELL_WIDTH * lineStep) - ((height - 1) / 2) * perY
  // Within one cell the mapping is as good as affine.
  const at = mapped(mapping, column, line)
  const right = mapped(mapping, column + (width - 1) * perX, line)
  const down = mapped(mapping, column, line + (height - 1) * perY)
  const [ux, uy] = [(right[0] - at[0]) / (width - 1), (right[1] - at[1]) / (width - 1)]
  const [vx, vy] = [(down[0] - at[0]) / (height - 1), (down[1] - at[1]) / (height - 1)]
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const px = (at[0] + x * ux + y * vx + 0.5) / level.scale - 0.5
      const py = (at[1] + x * uy + y * vy + 0.5) / level.scale - 0.5
      area[i] = sampleAt(level.picture, px, py)
    }
  }
  return area
}
