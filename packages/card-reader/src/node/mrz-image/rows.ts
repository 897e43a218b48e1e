/** Rows of marks at an even pitch, in any direction: each character leads to the next one. */
import type { Mark } from './ink.ts'

/** A mark and its place in the row; places count from the first mark found and may be skipped. */
export interface Placed {
  readonly mark: Mark
  readonly place: number
}

/** The place t lies near origin + t · step. */
export interface Row {
  readonly marks: readonly Placed[]
  readonly origin: readonly [number, number]
  readonly step: readonly [number, number]
}

const fewest = 7
const mostSkipped = 2

/** Rows of seven marks or more, longest first. */
export function findRows(marks: readonly Mark[]): Row[] {
  const near = neighbourhood(marks)
  const followed = new Set<number>()
  const chains: Placed[][] = []
  for (const [i, mark] of marks.entries()) {
    for (const j of near(mark.x, mark.y, 1.8 * mark.size)) {
      if (j === i || followed.has(i * marks.length + j)) continue
      const other = marks[j] as Mark
      const [dx, dy] = [other.x - mark.x, other.y - mark.y]
      const pitch = Math.hypot(dx, dy)
      const size = Math.max(mark.size, other.size)
      if (pitch < 0.65 * size || pitch > 1.7 * size || Math.min(mark.size, other.size) < 0.45 * size) continue
      const chain = chainFrom({ marks, near, first: i, second: j })
      for (let k = 1; k < chain.length; k++) {
        const [a, b] = [chain[k - 1] as Link, chain[k] as Link]
        followed.add(a.index * marks.length + b.index).add(b.index * marks.length + a.index)
      }
      if (chain.length >= fewest) chains.push(chain.map(({ index, place }) => ({ mark: marks[index] as Mark, place })))
    }
  }
  chains.sort((a, b) => b.length - a.length)
  const used = new Set<Mark>()
  const rows: Row[] = []
  for (const chain of chains) {
    const fresh = chain.filter(({ mark }) => !used.has(mark))
    if (fresh.length < 0.6 * chain.length || fresh.length < fewest) continue
    for (const { mark } of fresh) used.add(mark)
    rows.push(rowOf(fresh))
  }
  return rows
}

interface Link {
  readonly index: number
  readonly place: number
}

type Near = (x: number, y: number, radius: number) => number[]

function chainFrom(given: {
  readonly marks: readonly Mark[]
  readonly near: Near
  readonly first: number
  readonly second: number
}): Link[] {
  const { marks, near, first, second } = given
  const [a, b] = [marks[first] as Mark, marks[second] as Mark]
  const step: [number, number] = [b.x - a.x, b.y - a.y]
  const grow = (start: readonly Link[], direction: 1 | -1): Link[] => {
    const links = [...start]
    let [vx, vy] = [step[0] * direction, step[1] * direction]
    for (let skipped = 0; skipped <= mostSkipped; ) {
      const last = links.at(-1) as Link
      const from = marks[last.index] as Mark
      const pitch = Math.hypot(vx, vy)
      const [x, y] = [from.x + vx * (skipped + 1), from.y + vy * (skipped + 1)]
      let best = -1
      let nearest = 0.36 * pitch
      for (const k of near(x, y, nearest)) {
        const mark = marks[k] as Mark
        const distance = Math.hypot(mark.x - x, mark.y - y)
        const fits = mark.size > 0.4 * pitch && mark.size < 1.8 * pitch
        if (fits && distance < nearest && !links.some(({ index }) => index === k)) [best, nearest] = [k, distance]
      }
      if (best === -1) {
        skipped++
        continue
      }
      const found = marks[best] as Mark
      const count = skipped + 1
      links.push({ index: best, place: last.place + direction * count })
      // The step follows slowly, over several characters: their middles lie unevenly.
      const back = links.at(-7) ?? (links[0] as Link)
      const base = marks[back.index] as Mark
      const places = Math.abs(last.place + direction * count - back.place)
      if (places >= 3) [vx, vy] = [(found.x - base.x) / places, (found.y - base.y) / places]
      skipped = 0
    }
    return links
  }
  const forward = grow(
    [
      { index: first, place: 0 },
      { index: second, place: 1 },
    ],
    1,
  )
  if (forward.length < 4) return forward
  // Backwards with the step that the way forward has settled on.
  const tail = forward.slice(0, 7)
  const [end, start] = [tail.at(-1) as Link, tail[0] as Link]
  const span = end.place - start.place
  const [e, s] = [marks[end.index] as Mark, marks[start.index] as Mark]
  step[0] = (e.x - s.x) / span
  step[1] = (e.y - s.y) / span
  const backward = grow([...tail].reverse(), -1)
  return [...backward.slice(tail.length).reverse(), ...forward]
}

function rowOf(placed: readonly Placed[]): Row {
  const first = placed[0] as Placed
  const marks = placed.map(({ mark, place }) => ({ mark, place: place - first.place }))
  const [x, y] = [
    lineThrough(marks.map(one => [one.place, one.mark.x])),
    lineThrough(marks.map(one => [one.place, one.mark.y])),
  ]
  return { marks, origin: [x[0], y[0]], step: [x[1], y[1]] }
}

/** Intercept and slope by least squares. */
function lineThrough(points: readonly (readonly [number, number])[]): [number, number] {
  const n = points.length
  const mt = points.reduce((sum, [t]) => sum + t, 0) / n
  const mv = points.reduce((sum, [, v]) => sum + v, 0) / n
  let [above, below] = [0, 0]
  for (const [t, v] of points) {
    above += (t - mt) * (v - mv)
    below += (t - mt) ** 2
  }
  const slope = below === 0 ? 0 : above / below
  return [mv - slope * mt, slope]
}

function neighbourhood(marks: readonly Mark[]): Near {
  const side = 24
  const buckets = new Map<number, number[]>()
  const key = (bx: number, by: number): number => by * 65536 + bx
  for (const [i, { x, y }] of marks.entries()) {
    const at = key(Math.floor(x / side), Math.floor(y / side))
    const bucket = buckets.get(at)
    if (bucket === undefined) buckets.set(at, [i])
    else bucket.push(i)
  }
  return (x, y, radius) => {
    const found: number[] = []
    for (let by = Math.floor((y - radius) / side); by <= Math.floor((y + radius) / side); by++) {
      for (let bx = Math.floor((x - radius) / side); bx <= Math.floor((x + radius) / side); bx++) {
        for (const i of buckets.get(key(bx, by)) ?? []) {
          const mark = marks[i] as Mark
          if (Math.hypot(mark.x - x, mark.y - y) <= radius) found.push(i)
        }
      }
    }
    return found
  }
}
