/**
 * The arithmetic of repair: characters with their possible meanings under check-digit equations. Finds the readings of
 * least cost in which every equation holds, with up to three characters meant otherwise than the likeliest.
 */

export interface Option {
  readonly character: string
  readonly cost: number
  /** What a check digit counts it as (9303-3 §4.9). */
  readonly value: number
}

/** One character of the document, printed in one place or (twice-printed numbers) in several. */
export interface Cell {
  /** Cheapest first; never empty. */
  readonly options: readonly Option[]
}

/** A check digit: the weighted sum of its terms is 0 modulo 10. The check digit itself has weight 9, which is -1. */
export interface Equation {
  readonly terms: readonly { readonly cell: number; readonly weight: number }[]
}

export interface Solution {
  readonly cost: number
  /** For each cell the index of its option. */
  readonly choice: readonly number[]
}

/** Solutions dearer than the likeliest reading by more than this are not looked for. */
const mostExtra = 6
const mostUsual = 3
/** Two solutions closer than this are told apart by nothing. */
export const MARGIN = 2
const mostUndecided = 3
const mostSolutions = 200

interface Deviation {
  readonly cell: number
  readonly option: number
  readonly extra: number
  /** What it adds to each equation, modulo 10; see `lane`. */
  readonly delta: number
}

export interface SolverBounds {
  readonly limit: number
  /** Whether to look among usual confusions alone. */
  readonly usualOnly?: boolean
}

/** All solutions found, cheapest first; empty when there is none, when even the likeliest reading costs more than
 * `limit`, or when too many characters cannot be read at all. */
export function solve(
  cells: readonly Cell[],
  equations: readonly Equation[],
  { limit, usualOnly = false }: SolverBounds,
): Solution[] {
  const baseCost = cells.reduce((total, { options }) => total + (options[0] as Option).cost, 0)
  if (baseCost > limit) return []
  const undecided = cells.filter(({ options }) => options.length > 1 && gap(options) < MARGIN).length
  if (undecided > mostUndecided) return []
  const weights = weightsOf(cells.length, equations)
  let missing = 0
  for (let e = equations.length - 1; e >= 0; e--) {
    let sum = 0
    for (let i = 0; i < cells.length; i++) {
      sum += ((weights[i] as number[])[e] as number) * (cells[i]?.options[0]?.value ?? 0)
    }
    missing = (missing << lane) | ((10 - (sum % 10)) % 10)
  }
  const chosen = (set: readonly Deviation[]): Solution => {
    const choice = cells.map(() => 0)
    for (const { cell, option } of set) choice[cell] = option
    return { cost: baseCost + extraOf(set), choice }
  }
  const within = (each: number, together: number): Solution[] =>
    combinations(deviationsOf(cells, weights, each), missing, together)
      .map(chosen)
      .sort((a, b) => a.cost - b.cost)
  if (usualOnly) return within(mostUsual, mostUsual)
  // Usual confusions first: when they give one solution, no other character comes near it.
  const usual = within(mostUsual, mostExtra)
  const [best, second] = usual
  const near = best !== undefined && best.cost - baseCost <= mostUsual
  if (near && (second === undefined || second.cost - best.cost >= MARGIN)) return usual
  return within(mostExtra, mostExtra)
}

const weightsFor = new WeakMap<readonly Equation[], number[][]>()

/** For each cell its weight in each equation. */
function weightsOf(count: number, equations: readonly Equation[]): number[][] {
  const known = weightsFor.get(equations)
  if (known !== undefined) return known
  const weights = Array.from({ length: count }, () => equations.map(() => 0))
  for (const [e, { terms }] of equations.entries()) {
    for (const { cell, weight } of terms) {
      const row = weights[cell] as number[]
      row[e] = ((row[e] as number) + weight) % 10
    }
  }
  weightsFor.set(equations, weights)
  return weights
}

function extraOf(set: readonly Deviation[]): number {
  return set.reduce((total, { extra }) => total + extra, 0)
}

function gap(options: readonly Option[]): number {
  return (options[1] as Option).cost - (options[0] as Option).cost
}

function deviationsOf(cells: readonly Cell[], weights: readonly (readonly number[])[], most: number): Deviation[] {
  const deviations: Deviation[] = []
  for (let cell = 0; cell < cells.length; cell++) {
    const { options } = cells[cell] as Cell
    const first = options[0] as Option
    const row = weights[cell] as readonly number[]
    for (let option = 1; option < options.length; option++) {
      const { cost, value } = options[option] as Option
      const extra = cost - first.cost
      if (extra > most) break
      const step = value - first.value + 40
      let delta = 0
      for (let e = row.length - 1; e >= 0; e--) delta = (delta << lane) | (((row[e] as number) * step) % 10)
      // A meaning that no check digit tells from the likeliest one, and that is clearly less likely, decides nothing.
      if (extra >= MARGIN && delta === 0) continue
      deviations.push({ cell, option, extra, delta })
    }
  }
  return deviations.sort((a, b) => a.extra - b.extra)
}

/** Sets of up to three deviations of different cells that add up to what is missing. */
function combinations(deviations: readonly Deviation[], missing: number, most: number): Deviation[][] {
  const found: Deviation[][] = missing === 0 ? [[]] : []
  const least = deviations[0]?.extra ?? 0
  if (least * 2 > most) {
    for (const deviation of deviations) if (deviation.delta === missing) found.push([deviation])
    return found
  }
  const byDelta = new Map<number, number[]>()
  for (let i = 0; i < deviations.length; i++) {
    const { delta } = deviations[i] as Deviation
    const bucket = byDelta.get(delta)
    if (bucket === undefined) byDelta.set(delta, [i])
    else bucket.push(i)
  }
  const complete = (set: readonly Deviation[], after: number, need: number): void => {
    const bucket = byDelta.get(need)
    if (bucket === undefined) return
    const spent = extraOf(set)
    for (const i of bucket) {
      const last = deviations[i] as Deviation
      if (i <= after || spent + last.extra > most || set.some(({ cell }) => cell === last.cell)) continue
      if (found.length < mostSolutions) found.push([...set, last])
    }
  }
  complete([], -1, missing)
  for (let i = 0; i < deviations.length; i++) {
    const first = deviations[i] as Deviation
    if (first.extra + least > most) break
    const need = minus(missing, first.delta)
    complete([first], i, need)
    for (let j = i + 1; j < deviations.length; j++) {
      const second = deviations[j] as Deviation
      if (first.extra + second.extra * 2 > most) break
      const rest = minus(need, second.delta)
      if (second.cell !== first.cell && byDelta.has(rest)) complete([first, second], j, rest)
    }
  }
  return found
}

/** Residues of up to five equations stand side by side in one number, six bits each. */
const lane = 6
const ones = 0b000001_000001_000001_000001_000001

/** The difference of residues, each modulo 10. */
function minus(a: number, b: number): number {
  const sum = a + (10 * ones - b)
  // A lane holds 19 at most; 6 more set its bit 4 where it holds 10 or more.
  const over = ((sum + 6 * ones) >> 4) & ones
  return sum - 10 * over
}
