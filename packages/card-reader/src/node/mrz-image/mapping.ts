/** Projective mappings of the plane, fitted to pairs of points by weighted least squares. */

/** x' = (m0 x + m1 y + m2) / (m6 x + m7 y + 1), y' = (m3 x + m4 y + m5) / (m6 x + m7 y + 1). */
export type Mapping = readonly number[]

export interface PointPair {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  readonly weight: number
}

export function mapped(m: Mapping, x: number, y: number): [number, number] {
  const w = (m[6] as number) * x + (m[7] as number) * y + 1
  return [
    ((m[0] as number) * x + (m[1] as number) * y + (m[2] as number)) / w,
    ((m[3] as number) * x + (m[4] as number) * y + (m[5] as number)) / w,
  ]
}

/** The mapping that brings each `from` nearest to its `to`; `stiffness` holds it near to an affine one, where the points
 * say little about perspective. At least four pairs, not all in a line. */
export function mappingOf(pairs: readonly PointPair[], stiffness = 0): Mapping {
  // Both sides around 0 and of size 1, so that the equations stand on even feet.
  const a = frameOf(pairs.map(({ from }) => from))
  const b = frameOf(pairs.map(({ to }) => to))
  const sums = Array.from({ length: 8 }, () => new Float64Array(9))
  const add = (row: readonly number[], value: number, weight: number): void => {
    for (let i = 0; i < 8; i++) {
      const factor = weight * (row[i] as number)
      if (factor === 0) continue
      const line = sums[i] as Float64Array
      for (let j = 0; j < 8; j++) line[j] = (line[j] as number) + factor * (row[j] as number)
      line[8] = (line[8] as number) + factor * value
    }
  }
  let total = 0
  for (const { from, to, weight } of pairs) {
    const [x, y] = [(from[0] - a.x) / a.size, (from[1] - a.y) / a.size]
    const [u, v] = [(to[0] - b.x) / b.size, (to[1] - b.y) / b.size]
    add([x, y, 1, 0, 0, 0, -u * x, -u * y], u, weight)
    add([0, 0, 0, x, y, 1, -v * x, -v * y], v, weight)
    total += weight
  }
  for (const i of [6, 7]) (sums[i] as Float64Array)[i] = ((sums[i] as Float64Array)[i] as number) + stiffness * total
  for (let i = 0; i < 8; i++) (sums[i] as Float64Array)[i] = ((sums[i] as Float64Array)[i] as number) + 1e-9 * total
  const n = solved(sums)
  const inner = [...n, 1]
  // back = B · N · A, A and B being the two changes of frame.
  const A = [1 / a.size, 0, -a.x / a.size, 0, 1 / a.size, -a.y / a.size, 0, 0, 1]
  const B = [b.size, 0, b.x, 0, b.size, b.y, 0, 0, 1]
  const whole = product(product(B, inner), A)
  const last = whole[8] as number
  return whole.slice(0, 8).map(value => value / last)
}

function frameOf(points: readonly (readonly [number, number])[]): { x: number; y: number; size: number } {
  const n = points.length
  const x = points.reduce((sum, [px]) => sum + px, 0) / n
  const y = points.reduce((sum, [, py]) => sum + py, 0) / n
  const size = Math.sqrt(points.reduce((sum, [px, py]) => sum + (px - x) ** 2 + (py - y) ** 2, 0) / n)
  return { x, y, size: size || 1 }
}

function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3), i % 3]
    return [0, 1, 2].reduce((sum, k) => sum + (a[3 * row + k] as number) * (b[3 * k + column] as number), 0)
  })
}

/** Gauss with pivots; `rows` are eight equations of eight unknowns and the right side. */
function solved(rows: readonly Float64Array[]): number[] {
  const left = [...rows]
  for (let i = 0; i < 8; i++) {
    let pivot = i
    for (let k = i + 1; k < 8; k++)
      if (Math.abs(left[k]?.[i] as number) > Math.abs(left[pivot]?.[i] as number)) pivot = k
    ;[left[i], left[pivot]] = [left[pivot] as Float64Array, left[i] as Float64Array]
    const line = left[i] as Float64Array
    for (let k = i + 1; k < 8; k++) {
      const other = left[k] as Float64Array
      const factor = (other[i] as number) / ((line[i] as number) || 1e-12)
      for (let j = i; j < 9; j++) other[j] = (other[j] as number) - factor * (line[j] as number)
    }
  }
  const result = new Array<number>(8).fill(0)
  for (let i = 7; i >= 0; i--) {
    const line = left[i] as Float64Array
    let value = line[8] as number
    for (let j = i + 1; j < 8; j++) value -= (line[j] as number) * (result[j] as number)
    result[i] = value / ((line[i] as number) || 1e-12)
  }
  return result
}

/** First `inner`, then `outer`. */
export function composed(outer: Mapping, inner: Mapping): Mapping {
  const whole = product([...outer, 1], [...inner, 1])
  const last = whole[8] as number
  return whole.slice(0, 8).map(value => value / last)
}
