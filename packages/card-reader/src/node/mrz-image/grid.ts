/** From rows of marks to grids on which the characters of an MRZ may stand. */
import { type Mapping, mappingOf, type PointPair } from './mapping.ts'
import type { Row } from './rows.ts'

/** Where the characters stand: `mapping` takes column and line (both from 0, character middles at whole numbers) to the
 * picture. */
export interface Grid {
  readonly columns: number
  readonly lines: number
  readonly mapping: Mapping
  /** Characters found where the grid expects them, as a part of all. */
  readonly support: number
}

/** Between lines beside between columns, 9303-3 and 9303-5: about 6.2 mm beside 2.54 mm. */
export const LINE_STEP = 2.45

interface Cell {
  readonly column: number
  readonly line: number
  readonly at: readonly [number, number]
}

/** Grids worth trying, likeliest first. Each comes one way round: text that stands on its head is found by reading. */
export function gridsOf(rows: readonly Row[]): Grid[] {
  const grids: Grid[] = []
  const seeds = rows.filter(({ marks }) => marks.length >= 10).slice(0, 8)
  const taken = new Set<Row>()
  for (const seed of seeds) {
    if (taken.has(seed)) continue
    const { cells, members } = stackOn(seed, rows)
    for (const row of members) taken.add(row)
    grids.push(...gridsOn(cells))
  }
  return grids.sort((a, b) => b.support - a.support)
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

const shapes = [
  { lines: 3, columns: 30 },
  { lines: 2, columns: 36 },
  { lines: 2, columns: 44 },
] as const

function gridsOn(cells: readonly Cell[]): Grid[] {
  const counts = new Map<string, number>()
  for (const { column, line } of cells) counts.set(`${line} ${column}`, 1)
  const lines = cells.map(({ line }) => line)
  const columns = cells.map(({ column }) => column)
  const [top, bottom] = [Math.min(...lines), Math.max(...lines)]
  const [left, right] = [Math.min(...columns), Math.max(...columns)]
  const grids: Grid[] = []
  for (const shape of shapes) {
    const found: { line: number; column: number; hits: number }[] = []
    for (
      let line = bottom - shape.lines + 1 - (bottom - top < 2 ? 1 : 0);
      line <= top + (bottom - top < 2 ? 1 : 0);
      line++
    ) {
      for (
        let column = Math.min(left, right - shape.columns + 1);
        column <= Math.max(left, right - shape.columns + 1);
        column++
      ) {
        let hits = 0
        for (let l = line; l < line + shape.lines; l++) {
          for (let c = column; c < column + shape.columns; c++) if (counts.has(`${l} ${c}`)) hits++
        }
        found.push({ line, column, hits })
      }
    }
    if (bottom - top + 1 > shape.lines) {
      for (let line = top; line + shape.lines - 1 <= bottom; line++) {
        for (let column = left - 1; column <= Math.max(left, right - shape.columns + 1); column++) {
          let hits = 0
          for (let l = line; l < line + shape.lines; l++) {
            for (let c = column; c < column + shape.columns; c++) if (counts.has(`${l} ${c}`)) hits++
          }
          found.push({ line, column, hits })
        }
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
      const mapping = robustMapping(pairs)
      if (mapping !== null) grids.push({ columns: shape.columns, lines: shape.lines, mapping, support: hits / total })
    }
  }
  return grids
}

/** Fitted twice: pairs that lie far off the first fit count little in the second. With one line only, the others are
 * assumed at a right angle. */
export function robustMapping(given: readonly PointPair[]): Mapping | null {
  if (given.length < 8) return null
  const pairs = [...given]
  const lines = new Set(pairs.map(({ from }) => from[1]))
  if (lines.size === 1) pairs.push(...pairs.map(pair => besideRow(pairs, pair)))
  let mapping = mappingOf(pairs, stiffness)
  for (let round = 0; round < 3; round++) {
    const step = Math.hypot(mapping[0] as number, mapping[3] as number)
    const weighted = pairs.map(pair => {
      const far = distance(mapping, pair) / (0.12 * step)
      return { ...pair, weight: pair.weight / (1 + far * far) }
    })
    mapping = mappingOf(weighted, stiffness)
  }
  return mapping.every(Number.isFinite) ? mapping : null
}

const stiffness = 2e-4

function distance(m: Mapping, { from: [x, y], to }: PointPair): number {
  const w = (m[6] as number) * x + (m[7] as number) * y + 1
  const px = ((m[0] as number) * x + (m[1] as number) * y + (m[2] as number)) / w
  const py = ((m[3] as number) * x + (m[4] as number) * y + (m[5] as number)) / w
  return Math.hypot(px - to[0], py - to[1])
}

function besideRow(pairs: readonly PointPair[], { from, to }: PointPair): PointPair {
  const [first, last] = [pairs[0] as PointPair, pairs.at(-1) as PointPair]
  const columns = last.from[0] - first.from[0] || 1
  const [ux, uy] = [(last.to[0] - first.to[0]) / columns, (last.to[1] - first.to[1]) / columns]
  return { from: [from[0], from[1] + 1], to: [to[0] - uy * LINE_STEP, to[1] + ux * LINE_STEP], weight: 0.3 }
}
