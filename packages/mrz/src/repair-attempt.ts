/** One try to make lines of the right shape whole: what is proven is changed, what is not becomes candidates. */
import type { MrzLayout } from './layout.ts'
import { possibleDate } from './mrz-findings.ts'
import { CONFUSION_COST, isMrzCharacter } from './ocr-confusion.ts'
import {
  type KnownCharacters,
  type PlacedCell,
  type Problem,
  placeKey,
  problemsOf,
  type RepairCheckDigit,
  type RepairField,
} from './repair-problem.ts'
import { MARGIN, type Option, type Solution, type SolverBounds, solve } from './repair-solver.ts'

/** What proves a change. `layout`: the rule that the character read breaks. `check-digit`: it is right with the change.
 * `printed-twice`: the same character stands there, too. `qr`: the QR beside the MRZ says it. `agrees`: with the change
 * the dates of a Vietnamese card agree with its number and with one another, and did not before. */
export type RepairProof =
  | { readonly kind: 'layout'; readonly rule: LayoutRule }
  | { readonly kind: 'check-digit'; readonly field: RepairCheckDigit }
  | { readonly kind: 'printed-twice'; readonly line: number; readonly column: number }
  | { readonly kind: 'qr' }
  | { readonly kind: 'agrees' }

export type LayoutRule = 'ALPHABET' | 'DIGIT' | 'LETTER' | 'SEX' | 'FIXED' | 'FILLER' | 'LINE_LENGTH'

/** One character, line and column (from 1) in the text as it was read. `from` or `to` is empty where a character is
 * put in or taken out. */
export interface MrzChange {
  readonly field: RepairField
  readonly line: number
  readonly column: number
  readonly from: string
  readonly to: string
  readonly proofs: readonly RepairProof[]
}

export interface RankedLines {
  readonly lines: readonly string[]
  readonly changes: readonly MrzChange[]
  /** How far it lies from what was read; only the order means something. */
  readonly cost: number
}

export interface Attempt {
  readonly status: 'unchanged' | 'repaired' | 'ambiguous' | 'unrepairable'
  /** With the proven changes only. */
  readonly lines: readonly string[]
  readonly changes: readonly MrzChange[]
  /** Ranked, when ambiguous. */
  readonly candidates: readonly RankedLines[]
  readonly cost: number
  /** Places where a QR says what nobody would take for what was read. */
  readonly contradicted: boolean
}

const mostCandidates = 10
const mostCost = 60

interface Choice {
  readonly cell: PlacedCell
  readonly option: Option
}

interface CoreSolution {
  readonly problem: Problem
  readonly solution: Solution
}

/** The lines must have the layout's shape; their characters may be any. */
export function attemptRepair(given: {
  readonly layout: MrzLayout
  readonly lines: readonly string[]
  readonly vietnamese: boolean
  readonly known?: KnownCharacters
  readonly bounds?: SolverBounds
}): Attempt {
  const { lines, bounds = { limit: mostCost } } = given
  const problems = problemsOf(given)
  const found = problems
    .flatMap(problem => solve(problem.covered, problem.equations, bounds).map(solution => ({ problem, solution })))
    .sort((a, b) => a.solution.cost - b.solution.cost)
  const solutions: CoreSolution[] = []
  for (const core of found) {
    if (solutions.length === mostCandidates) break
    if (datesPossible(core, lines)) solutions.push(core)
  }
  const [best, second] = solutions
  const nothing: Attempt = {
    status: 'unrepairable',
    lines,
    changes: [],
    candidates: [],
    cost: Number.POSITIVE_INFINITY,
    contradicted: false,
  }
  if (best === undefined) return nothing
  const alone = second === undefined || second.solution.cost - best.solution.cost >= MARGIN
  const { settled, open } = settleLoose(best.problem.loose)
  // An impossible date under right check digits: two errors that cancel out, or a document that was made so.
  const gained = given.vietnamese ? agreementsGained(lines, applied(lines, changedIn(best)).lines) : []
  const agrees = gained.length > 0
  const proven = alone && isProven(best, gained) && datesPossible(best, lines, 'all')
  const certain = proven ? [...settled, ...changedIn(best)] : settled
  const coreOptions = proven ? [] : solutions.map(core => changedIn(core))
  const cost = costOf(changedIn(best)) + costOf(settled)
  const contradicted = [...certain, ...(coreOptions[0] ?? []), ...open.flat()].some(isContradiction)
  const result = withAgreement(applied(lines, certain), agrees && proven)
  const options = [...(coreOptions.length > 0 ? [coreOptions] : []), ...open.map(each => each.map(one => [one]))]
  if (options.length === 0) {
    const status = result.changes.length === 0 ? 'unchanged' : 'repaired'
    return { status, ...result, candidates: [], cost, contradicted }
  }
  const candidates = ranked(options).map(choices => ({
    ...applied(lines, [...certain, ...choices]),
    cost: costOf([...certain, ...choices]),
  }))
  return { status: 'ambiguous', ...result, candidates, cost, contradicted }
}

function changedIn({ problem, solution }: CoreSolution): Choice[] {
  const changed: Choice[] = []
  for (let i = 0; i < problem.covered.length; i++) {
    const cell = problem.covered[i] as PlacedCell
    const option = cell.options[solution.choice[i] ?? 0] as Option
    if (option.cost > 0) changed.push({ cell, option })
  }
  return changed
}

function costOf(choices: readonly Choice[]): number {
  return choices.reduce((total, { option }) => total + option.cost, 0)
}

/** Characters that no check digit covers: left as they are, changed where the layout leaves one meaning, or open. */
function settleLoose(cells: readonly PlacedCell[]): { settled: Choice[]; open: Choice[][] } {
  const settled: Choice[] = []
  const open: Choice[][] = []
  for (const cell of cells) {
    const [first] = cell.options as [Option]
    if (first.cost === 0) continue
    const choice = { cell, option: first }
    if (provenByLayout(cell, first) || (cell.known && !isContradiction(choice))) settled.push(choice)
    else {
      const near = cell.options.filter(({ cost }) => cost - first.cost < MARGIN && cost <= CONFUSION_COST.lessUsual)
      open.push((near.length === 0 ? [first] : near).map(option => ({ cell, option })))
    }
  }
  return { settled, open }
}

/** Whether the layout refuses what was read and leaves one character that is usually taken for it. */
function provenByLayout(cell: PlacedCell, option: Option): boolean {
  if (cell.read.length > 1 || isLegal(cell, cell.read[0])) return false
  const [first, second] = cell.options
  if (option !== first) return false
  if (second === undefined) return option.cost <= CONFUSION_COST.unreadable
  return option.cost <= CONFUSION_COST.lessUsual && second.cost - option.cost >= MARGIN
}

/** Characters that the layout alone does not settle need one check more than they are: with as many, some other
 * characters would fit as well. A character that may stand where it was read, or that nobody takes for the one that is
 * meant, needs yet one more, because then two misread characters could look like this one. It must be so for any of
 * them together: what proves a digit of the number proves no date beside it. */
function isProven(core: CoreSolution, gained: readonly Agreement[]): boolean {
  const { problem } = core
  const doubtful = changedIn(core).filter(({ cell, option }) => {
    if (cell.known && !isContradiction({ cell, option })) return false
    return !provenByLayout(cell, option)
  })
  if (doubtful.length === 0) return true
  if (doubtful.length > mostDoubtful || doubtful.some(isAgainstBoth)) return false
  for (let set = 1; set < 1 << doubtful.length; set++) {
    const some = doubtful.filter((_, i) => set & (1 << i))
    const broken = problem.equations.filter((_, e) => breaks(core, e, some))
    const twins = some.filter(({ cell, option }) => cell.read.includes(option.character) && cell.read.length > 1)
    const agreeing = gained.filter(({ concerns }) =>
      some.some(({ cell }) => cell.places.some(place => concerns.includes(placeKey(place)))),
    )
    const checks = broken.length + twins.length + agreeing.length
    if (checks < some.length + (some.some(isPlausible) ? 2 : 1)) return false
  }
  return true
}

const mostDoubtful = 8

/** Whether both prints were read alike and may be right. Check digits of both count the digit beside it alike, so that they
 * are no proof of which of the two was misread. */
function isAgainstBoth({ cell, option }: Choice): boolean {
  const [first, second] = cell.read
  return second !== undefined && first === second && first !== option.character && isLegal(cell, first)
}

/** Whether what was read may be right, or is not what the chosen character is taken for. */
function isPlausible({ cell, option }: Choice): boolean {
  return (
    (cell.read.length === 1 && isLegal(cell, cell.read[0])) || option.cost >= CONFUSION_COST.other * cell.read.length
  )
}

/** What agrees on most Vietnamese cards, and the places (see placeKey) that it says something about. */
interface Agreement {
  readonly holds: (lines: readonly string[]) => boolean
  readonly concerns: readonly string[]
}

const AGREEMENTS: readonly Agreement[] = [
  {
    // The year of birth in the number.
    holds: ([first = '', second = '']) => first.slice(19, 21) === second.slice(0, 2),
    concerns: ['1:7', '1:8', '1:20', '1:21', '2:1', '2:2'],
  },
  {
    // The birthday on which it expires.
    holds: ([, second = '']) => second.slice(10, 14) === second.slice(2, 6),
    concerns: [3, 4, 5, 6, 11, 12, 13, 14].map(column => `2:${column}`),
  },
]

/** What holds of these afterwards and did not before; nothing when something else was lost for it. */
function agreementsGained(before: readonly string[], after: readonly string[]): readonly Agreement[] {
  if (AGREEMENTS.some(({ holds }) => holds(before) && !holds(after))) return []
  return AGREEMENTS.filter(({ holds }) => holds(after) && !holds(before))
}

/** Whether an equation would fail were the doubtful characters as they were read; it does when one is no character. */
function breaks({ problem, solution }: CoreSolution, equation: number, doubtful: readonly Choice[]): boolean {
  const terms = problem.equations[equation]?.terms ?? []
  let [sum, touched, unreadable] = [0, false, false]
  for (const { cell: index, weight } of terms) {
    const cell = problem.covered[index] as PlacedCell
    const chosen = (cell.options[solution.choice[index] ?? 0] as Option).character
    const isDoubtful = doubtful.some(choice => choice.cell === cell)
    const read = isDoubtful ? (cell.read.find(character => character !== chosen) ?? chosen) : chosen
    if (isDoubtful) touched = true
    if (!isMrzCharacter(read)) unreadable = true
    else sum += weight * (read === '<' ? 0 : Number.parseInt(read, 36))
  }
  return touched && (unreadable || sum % 10 !== 0)
}

function isContradiction({ cell, option }: Choice): boolean {
  return cell.known && cell.read.some(read => isLegal(cell, read)) && farFrom(cell, option)
}

function farFrom(cell: PlacedCell, option: Option): boolean {
  return option.cost > CONFUSION_COST.lessUsual * cell.read.length
}

function isLegal(cell: PlacedCell, read: string | undefined): boolean {
  return read !== undefined && (cell.known ? isMrzCharacter(read) : cell.domain.includes(read))
}

/** Whether the dates that a solution changes, or all of them, are dates. */
function datesPossible(
  { problem, solution }: CoreSolution,
  lines: readonly string[],
  which: 'changed' | 'all' = 'changed',
): boolean {
  const changed = changedIn({ problem, solution })
  const windows = problem.layout.windows.filter(
    ({ field }) =>
      (field === 'dateOfBirth' || field === 'dateOfExpiry') &&
      (which === 'all' || changed.some(({ cell }) => cell.places.some(place => place.field === field))),
  )
  if (windows.length === 0) return true
  const result = applied(lines, changed).lines
  return windows.every(({ line, from, to }) => possibleDate((result[line - 1] ?? '').slice(from - 1, to)))
}

function applied(lines: readonly string[], choices: readonly Choice[]): { lines: string[]; changes: MrzChange[] } {
  const characters = lines.map(line => line.split(''))
  const changes: MrzChange[] = []
  for (const { cell, option } of choices) {
    for (const [i, { line, column, field }] of cell.places.entries()) {
      const from = cell.read[i] as string
      if (from === option.character) continue
      ;(characters[line - 1] as string[])[column - 1] = option.character
      changes.push({ field, line, column, from, to: option.character, proofs: proofsOf(cell, option, i) })
    }
  }
  changes.sort((a, b) => a.line - b.line || a.column - b.column)
  return { lines: characters.map(line => line.join('')), changes }
}

function withAgreement<T extends { readonly changes: readonly MrzChange[] }>(result: T, agrees: boolean): T {
  if (!agrees) return result
  const changes = result.changes.map(change =>
    /^dateOf/.test(change.field) ? { ...change, proofs: [...change.proofs, { kind: 'agrees' } as const] } : change,
  )
  return { ...result, changes }
}

function proofsOf(cell: PlacedCell, option: Option, index: number): RepairProof[] {
  const read = cell.read[index] as string
  const layout: RepairProof[] = cell.known || cell.domain.includes(read) ? [] : [{ kind: 'layout', rule: ruleOf(cell) }]
  const twice = cell.places
    .filter((_, i) => i !== index && cell.read[i] === option.character)
    .map(({ line, column }) => ({ kind: 'printed-twice', line, column }) as const)
  const digits = cell.coveredBy.map(field => ({ kind: 'check-digit', field }) as const)
  return [...layout, ...twice, ...digits, ...(cell.known ? [{ kind: 'qr' } as const] : [])]
}

function ruleOf({ domain }: PlacedCell): LayoutRule {
  if (domain === '<') return 'FILLER'
  if (domain === 'MF<') return 'SEX'
  if (domain.length < 10) return 'FIXED'
  if (domain.length < 12) return 'DIGIT'
  return domain.length < 30 ? 'LETTER' : 'ALPHABET'
}

/** Combinations of one option each, cheapest first. */
function ranked(alternatives: readonly (readonly (readonly Choice[])[])[]): Choice[][] {
  let sets: Choice[][] = [[]]
  for (const each of alternatives) {
    sets = sets
      .flatMap(set => each.map(option => [...set, ...option]))
      .sort((a, b) => costOf(a) - costOf(b))
      .slice(0, mostCandidates)
  }
  return sets
}
