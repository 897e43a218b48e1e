/** From rows of marks to grids on which the characters of an MRZ may stand. */
import { type Mapping, mapped, mappingOf, type PointPair } from './mapping.ts'
import type { Row } from './rows.ts'

/** Where the characters stand: `mapping` takes column and line (both from 0, character middles at whole numbers) to the
 * picture. */
export interface Grid {
  readonly columns: number
  readonly lines: number
  readonly mapping: Mapping
  readonly bend: Bend
  /** Characters found where the grid expects them, as a part of all that it expects or that were found near. */
  readonly support: number
}

/** Between lines beside between columns, 9303-3 and 9303-5: about 6.2 mm beside 2.54 mm. */
export const LINE_STEP = 2.45

interface Cell {
  readonly column: number
  readonly line: number
  readonly at: readonly [number, number]
}

/** Grids worth trying, likeliest first, at most as many as asked for. Each comes one way round: text that stands on its head is found by reading. */
export function gridsOf(rows: readonly Row[], most: number): Grid[] {
  const outlines: Outline[] = []
  const seeds = rows.filter(({ marks }) => marks.length >= 10).slice(0, 8)
  const taken = new Set<Row>()
  for (const seed of seeds) {
    if (taken.has(seed)) continue
    const { cells, members } = stackOn(seed, rows)
    for (const row of members) taken.add(row)
    for (const aligned of alignmentsOf(cells)) outlines.push(...outlinesOn(aligned))
  }
  return outlines
    .sort((a, b) => b.support - a.support)
    .slice(0, most)
    .flatMap(({ columns, lines, pairs, support }) => {
      const fitted = robustMapping(pairs, columns)
      return fitted === null ? [] : [{ columns, lines, ...fitted, support }]
    })
}

/** The seed's row and those that run beside it at the distance of lines; columns and lines count from the seed's. */
function stackOn(seed: Row, rows: readonly Row[]): { cells: Cell[]; members: Row[] } {
  const members: Row[] = [seed]
  const cells: Cell[] = cellsOf(seed, 0, 0, 1)
  const placed: { row: Row; line: number; column: number; sign: 1 | -1 }[] = [
    { row: seed, line: 0, column: 0, sign: 1 },
  ]
  const queue = [...placed]
  for (let base = queue.shift(); base !== undefined; base = queue.shift()) {
    for (const row of rows) {
      if (members.includes(row)) continue
      const beside = besideOf(base.row, row)
      if (beside === null) continue
      const line = base.line + base.sign * beside.lines
      const column = base.column + base.sign * beside.columns
      const sign = (base.sign * beside.sign) as 1 | -1
      if (Math.abs(line) > 3) continue
      members.push(row)
      const entry = { row, line, column, sign }
      placed.push(entry)
      queue.push(entry)
      cells.push(...cellsOf(row, line, column, sign))
    }
  }
  return { cells, members }
}

function cellsOf(row: Row, line: number, column: number, sign: 1 | -1): Cell[] {
  return row.marks.map(({ mark, place }) => ({ column: column + sign * place, line, at: [mark.x, mark.y] as const }))
}

/** How `other` lies beside `base`: lines between, the place of its place 0, and whether it runs the same way. */
function besideOf(base: Row, other: Row): { lines: number; columns: number; sign: 1 | -1 } | null {
  const [ux, uy] = base.step
  const pitch = Math.hypot(ux, uy)
  const [vx, vy] = other.step
  const otherPitch = Math.hypot(vx, vy)
  if (otherPitch < 0.8 * pitch || otherPitch > 1.25 * pitch) return null
  const along = (ux * vx + uy * vy) / (pitch * otherPitch)
  if (Math.abs(along) < 0.985) return null
  const sign = along > 0 ? 1 : -1
  // Both rows at the middle of the other one, so that a difference in direction counts little.
  const places = other.marks.map(({ place }) => place)
  const middle = (Math.min(...places) + Math.max(...places)) / 2
  const [px, py] = [other.origin[0] + middle * vx, other.origin[1] + middle * vy]
  const [dx, dy] = [px - base.origin[0], py - base.origin[1]]
  const t = (dx * ux + dy * uy) / (pitch * pitch)
  const across = (dy * ux - dx * uy) / (pitch * pitch)
  const basePlaces = base.marks.map(({ place }) => place)
  if (t < Math.min(...basePlaces) - 25 || t > Math.max(...basePlaces) + 25) return null
  const steps = Math.abs(across)
  // A row in the line of another is its continuation behind a gap.
  if (steps < 0.4) return { lines: 0, columns: Math.round(t - sign * middle), sign }
  if (steps < 1.7 || steps > 3.1) return null
  return { lines: across > 0 ? 1 : -1, columns: Math.round(t - sign * middle), sign }
}

/** The cells as they are, and with every line beginning, or ending, in the same column: seen from the side, lines are
 * shifted against one another. */
function alignmentsOf(cells: readonly Cell[]): (readonly Cell[])[] {
  const ends = new Map<number, { first: number; last: number }>()
  for (const { line, column } of cells) {
    const end = ends.get(line) ?? { first: column, last: column }
    ends.set(line, { first: Math.min(end.first, column), last: Math.max(end.last, column) })
  }
  const all: (readonly Cell[])[] = [cells]
  const seen = new Set([[...ends.keys()].map(() => 0).join()])
  for (const side of ['first', 'last'] as const) {
    const to = ends.get(0)?.[side] ?? 0
    const shifts = new Map([...ends].map(([line, end]) => [line, to - end[side]]))
    const far = [...shifts].some(([line, shift]) => Math.abs(shift) > 1.5 * Math.max(1, Math.abs(line)))
    const key = [...shifts.values()].join()
    if (far || seen.has(key)) continue
    seen.add(key)
    all.push(cells.map(cell => ({ ...cell, column: cell.column + (shifts.get(cell.line) as number) })))
  }
  return all
}

const shapes = [
  { lines: 3, columns: 30 },
  { lines: 2, columns: 36 },
  { lines: 2, columns: 44 },
] as const

/** Where a run of so many places may begin to lie on those from `first` to `last`. */
function reachOf(first: number, last: number, length: number): [number, number] {
  const other = last - length + 1
  return [Math.min(first, other), Math.max(first, other)]
}

interface Outline {
  readonly columns: number
  readonly lines: number
  readonly pairs: readonly PointPair[]
  readonly support: number
}

/** Where each shape lies on most of the cells. */
function outlinesOn(cells: readonly Cell[]): Outline[] {
  const taken = new Set(cells.map(({ line, column }) => line * 1000 + column))
  const lines = cells.map(({ line }) => line)
  const columns = cells.map(({ column }) => column)
  const [top, bottom] = [Math.min(...lines), Math.max(...lines)]
  const [left, right] = [Math.min(...columns), Math.max(...columns)]
  const outlines: Outline[] = []
  for (const shape of shapes) {
    const found: { line: number; column: number; hits: number }[] = []
    // Where lines or columns were not found, the shape reaches beyond what was.
    const [fromLine, toLine] = reachOf(top, bottom, shape.lines)
    const [fromColumn, toColumn] = reachOf(left, right, shape.columns)
    for (let line = fromLine; line <= toLine; line++) {
      for (let column = fromColumn; column <= toColumn; column++) {
        let hits = 0
        for (let l = line; l < line + shape.lines; l++) {
          for (let c = column; c < column + shape.columns; c++) if (taken.has(l * 1000 + c)) hits++
        }
        found.push({ line, column, hits })
      }
    }
    const best = Math.max(...found.map(({ hits }) => hits))
    const total = shape.lines * shape.columns
    if (best < 0.3 * total) continue
    const near = found.filter(({ hits }) => hits >= best - 1).sort((a, b) => b.hits - a.hits)
    for (const { line, column, hits } of near.slice(0, 4)) {
      const pairs: PointPair[] = cells
        .filter(cell => cell.line >= line && cell.line < line + shape.lines)
        .filter(cell => cell.column >= column && cell.column < column + shape.columns)
        .map(cell => ({ from: [cell.column - column, cell.line - line], to: cell.at, weight: 1 }))
      outlines.push({ ...shape, pairs, support: hits / Math.max(total, taken.size) })
    }
  }
  return outlines
}

/** A bent card: how many lines its text lies lower, by column, beside flat paper: `bend[0]` times a parabola and `bend[1]`
 * times a cubic over the columns from −1 to 1. */
export type Bend = readonly [number, number]

export interface BentMapping {
  readonly mapping: Mapping
  readonly bend: Bend
}

/** Lines that the text lies lower in a column, and by how much more in the next one. */
export function bendAt(
  bend: Bend,
  column: number,
  columns: number,
): { readonly lines: number; readonly slope: number } {
  const x = (2 * column) / (columns - 1) - 1
  const perColumn = 2 / (columns - 1)
  return {
    lines: bend[0] * (x * x - 1 / 3) + bend[1] * (x ** 3 - 0.6 * x),
    slope: (bend[0] * 2 * x + bend[1] * (3 * x * x - 0.6)) * perColumn,
  }
}

/** Fitted several times: pairs that lie far off the last fit count little in the next. With one line only, the others are
 * assumed at a right angle. Null when there are too few pairs. */
export function robustMapping(given: readonly PointPair[], columns: number): BentMapping | null {
  if (given.length < 8) return null
  const pairs = [...given]
  const lines = new Set(pairs.map(({ from }) => from[1]))
  if (lines.size === 1) pairs.push(...pairs.map(pair => besideRow(pairs, pair)))
  const flatten = (bend: Bend): PointPair[] =>
    pairs.map(({ from: [x, y], ...pair }) => ({ ...pair, from: [x, y + bendAt(bend, x, columns).lines] }))
  let bend: Bend = [0, 0]
  let mapping = mappingOf(pairs, stiffness)
  for (const tolerance of tolerances) {
    const flat = flatten(bend)
    const step = Math.hypot(mapping[0] as number, mapping[3] as number)
    const weighted = flat.map(pair => {
      const far = distance(mapping, pair) / (tolerance * step)
      return { ...pair, weight: pair.weight / (1 + far * far) }
    })
    mapping = mappingOf(weighted, stiffness)
    bend = bentBy(bend, { mapping, pairs: weighted, columns })
  }
  return mapping.every(Number.isFinite) && bend.every(Number.isFinite) ? { mapping, bend } : null
}

const stiffness = 2e-4
/** In columns. */
const tolerances: readonly number[] = [0.6, 0.4, 0.25, 0.15, 0.12, 0.12]
/** A card is rather flat than bent. */
const flatness = 0.01

/** The bend with what the pairs still lie higher or lower than the mapping says. */
function bentBy(
  bend: Bend,
  {
    mapping,
    pairs,
    columns,
  }: { readonly mapping: Mapping; readonly pairs: readonly PointPair[]; readonly columns: number },
): Bend {
  let [aa, ab, bb, ar, br, total] = [0, 0, 0, 0, 0, 0]
  for (const { from, to, weight } of pairs) {
    const at = mapped(mapping, from[0], from[1])
    const below = mapped(mapping, from[0], from[1] + 1)
    const [vx, vy] = [below[0] - at[0], below[1] - at[1]]
    const lower = ((to[0] - at[0]) * vx + (to[1] - at[1]) * vy) / (vx * vx + vy * vy)
    const [a, b] = [bendAt([1, 0], from[0], columns).lines, bendAt([0, 1], from[0], columns).lines]
    aa += weight * a * a
    ab += weight * a * b
    bb += weight * b * b
    ar += weight * a * lower
    br += weight * b * lower
    total += weight
  }
  aa += flatness * total
  bb += flatness * total
  const det = aa * bb - ab * ab || 1
  return [bend[0] + (ar * bb - br * ab) / det, bend[1] + (br * aa - ar * ab) / det]
}

function distance(m: Mapping, { from: [x, y], to }: PointPair): number {
  const [px, py] = mapped(m, x, y)
  return Math.hypot(px - to[0], py - to[1])
}

function besideRow(pairs: readonly PointPair[], { from, to }: PointPair): PointPair {
  const [first, last] = [pairs[0] as PointPair, pairs.at(-1) as PointPair]
  const columns = last.from[0] - first.from[0] || 1
  const [ux, uy] = [(last.to[0] - first.to[0]) / columns, (last.to[1] - first.to[1]) / columns]
  return { from: [from[0], from[1] + 1], to: [to[0] - uy * LINE_STEP, to[1] + ux * LINE_STEP], weight: 0.3 }
}
