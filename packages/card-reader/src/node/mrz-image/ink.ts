/** Dark marks on a lighter ground: a threshold that follows the lighting, and the connected marks it leaves. */
import type { Grey } from './grey.ts'

/** A connected mark; the middle is that of its bounding box. */
export interface Mark {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** The longer side of its bounding box. */
  readonly size: number
  readonly area: number
}

const mostMarks = 6000

/** Marks of the size that characters can have, at most the 6000 largest. */
export function findMarks(picture: Grey, radius: number): Mark[] {
  const most = Math.max(picture.width, picture.height) / 9
  const marks = connectedMarks(inkOf(picture, radius), picture.width, picture.height).filter(
    ({ width, height, size, area }) =>
      size >= 5 && size <= most && Math.min(width, height) * 8 >= size && area >= 8 && area <= 0.9 * width * height + 4,
  )
  return marks.length <= mostMarks ? marks : marks.sort((a, b) => b.area - a.area).slice(0, mostMarks)
}

/** 1 where a pixel is darker than its surroundings (a square of twice the radius) by their usual spread. */
function inkOf({ width, height, data }: Grey, radius: number): Uint8Array {
  const spreads = new Float32Array(width * height)
  const limits = new Float32Array(width * height)
  const sums = new Float64Array(width)
  const squares = new Float64Array(width)
  const addRow = (y: number, sign: number): void => {
    const row = y * width
    for (let x = 0; x < width; x++) {
      const value = data[row + x] as number
      sums[x] = (sums[x] as number) + sign * value
      squares[x] = (squares[x] as number) + sign * value * value
    }
  }
  const histogram = new Uint32Array(256)
  for (let y = 0; y < Math.min(radius, height); y++) addRow(y, 1)
  for (let y = 0; y < height; y++) {
    if (y + radius < height) addRow(y + radius, 1)
    if (y - radius - 1 >= 0) addRow(y - radius - 1, -1)
    const rows = Math.min(height - 1, y + radius) - Math.max(0, y - radius) + 1
    let sum = 0
    let square = 0
    for (let x = 0; x < Math.min(radius, width); x++) {
      sum += sums[x] as number
      square += squares[x] as number
    }
    for (let x = 0; x < width; x++) {
      const enters = x + radius
      const leaves = x - radius - 1
      if (enters < width) {
        sum += sums[enters] as number
        square += squares[enters] as number
      }
      if (leaves >= 0) {
        sum -= sums[leaves] as number
        square -= squares[leaves] as number
      }
      const count = rows * (Math.min(width - 1, enters) - Math.max(0, leaves + 1) + 1)
      const mean = sum / count
      const spread = Math.sqrt(Math.max(0, square / count - mean * mean))
      spreads[y * width + x] = spread
      limits[y * width + x] = mean
      histogram[spread | 0] = (histogram[spread | 0] as number) + 1
    }
  }
  // Plain ground has a spread, too, that of its noise: what is darker by less than part of the usual strong one is none.
  const floor = 0.3 * quantile(histogram, 0.9, width * height)
  const ink = new Uint8Array(width * height)
  for (let i = 0; i < ink.length; i++) {
    const limit = (limits[i] as number) - Math.max(floor, 4, 0.8 * (spreads[i] as number))
    ink[i] = (data[i] as number) < limit ? 1 : 0
  }
  return ink
}

function quantile(histogram: Uint32Array, share: number, total: number): number {
  let count = 0
  for (let value = 0; value < histogram.length; value++) {
    count += histogram[value] as number
    if (count >= share * total) return value
  }
  return histogram.length
}

interface Run {
  readonly from: number
  readonly to: number
  readonly label: number
}

function connectedMarks(ink: Uint8Array, width: number, height: number): Mark[] {
  const parents: number[] = []
  const root = (label: number): number => {
    let at = label
    while (parents[at] !== at) {
      parents[at] = parents[parents[at] as number] as number
      at = parents[at] as number
    }
    return at
  }
  // left, right, top, bottom, area of each label
  const boxes: number[][] = []
  let above: Run[] = []
  for (let y = 0; y < height; y++) {
    const runs: Run[] = []
    let next = 0
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] === 0) continue
      const from = x
      while (x + 1 < width && ink[y * width + x + 1] === 1) x++
      let label = -1
      while (next < above.length && (above[next] as Run).to < from - 1) next++
      for (let i = next; i < above.length && (above[i] as Run).from <= x + 1; i++) {
        const other = root((above[i] as Run).label)
        if (label === -1) label = other
        else if (label !== other) label = joined(parents, boxes, label, other)
      }
      if (label === -1) {
        label = parents.length
        parents.push(label)
        boxes.push([from, x, y, y, 0])
      }
      const box = boxes[label] as number[]
      box[0] = Math.min(box[0] as number, from)
      box[1] = Math.max(box[1] as number, x)
      box[3] = y
      box[4] = (box[4] as number) + x - from + 1
      runs.push({ from, to: x, label })
    }
    above = runs
  }
  const marks: Mark[] = []
  for (const [label, box] of boxes.entries()) {
    if (parents[label] !== label) continue
    const [left, right, top, bottom, area] = box as [number, number, number, number, number]
    const [w, h] = [right - left + 1, bottom - top + 1]
    marks.push({ x: (left + right) / 2, y: (top + bottom) / 2, width: w, height: h, size: Math.max(w, h), area })
  }
  return marks
}

function joined(parents: number[], boxes: number[][], one: number, other: number): number {
  const [keep, drop] = one < other ? [one, other] : [other, one]
  parents[drop] = keep
  const [a, b] = [boxes[keep] as number[], boxes[drop] as number[]]
  a[0] = Math.min(a[0] as number, b[0] as number)
  a[1] = Math.max(a[1] as number, b[1] as number)
  a[2] = Math.min(a[2] as number, b[2] as number)
  a[3] = Math.max(a[3] as number, b[3] as number)
  a[4] = (a[4] as number) + (b[4] as number)
  return keep
}
