/** Lines that lack one character or have one too many: every place where it can have been lost or doubled is tried, and
 * what fits all check digits and the layout comes back as a candidate. Nothing is repaired here. */
import { layoutOf } from './layout.ts'
import { attemptRepair, type MrzChange, type RankedLines } from './repair-attempt.ts'

interface Variant {
  readonly lines: readonly string[]
  readonly choice: readonly LineVariant[]
  readonly changes: readonly MrzChange[]
  readonly cost: number
}

const unreadable = '?'
const lost = 2
const atTheEnd = 0
// A line shifted against its layout costs far more.
const mostCost = 12

/** Ranked candidates, and whether they are of a Vietnamese card. One of the lines with check digits may be of another
 * length, and the name line besides. */
export function candidatesOfOtherLength(
  lines: readonly string[],
  vietnamese?: boolean,
): { candidates: RankedLines[]; vietnamese: boolean } {
  const target = lines.length === 3 ? 30 : Math.abs((lines[0]?.length ?? 0) - 36) <= 1 ? 36 : 44
  const nameLine = lines.length === 3 ? 2 : 0
  const isVietnamese = vietnamese ?? (lines.length === 3 && lines.slice(0, 2).some(line => line.includes('VNM')))
  if (lines.filter((line, i) => i !== nameLine && line.length !== target).length > 1) {
    return { candidates: [], vietnamese: isVietnamese }
  }
  const each = lines.map((line, i) => variantsOf(line, { target, line: i + 1, isName: i === nameLine, isVietnamese }))
  // No check digit covers the names: the other lines are settled beside the likeliest name line.
  const settled = combined(each.map((variants, i) => (i === nameLine ? variants.slice(0, 1) : variants)))
  const fits = ranked(
    settled.flatMap(variant => fitting(variant, isVietnamese).map(candidate => ({ variant, candidate }))),
  )
  if ((each[nameLine]?.length ?? 0) < 2)
    return { candidates: fits.map(({ candidate }) => candidate), vietnamese: isVietnamese }
  const named = fits.slice(0, 3).flatMap(({ variant }) => {
    const others = variant.choice.map((one, i) => (i === nameLine ? (each[i] as LineVariant[]) : [one]))
    return combined(others).flatMap(other =>
      fitting(other, isVietnamese).map(candidate => ({ variant: other, candidate })),
    )
  })
  return { candidates: ranked(named).map(({ candidate }) => candidate), vietnamese: isVietnamese }
}

interface Fit {
  readonly variant: Variant
  readonly candidate: RankedLines
}

/** Cheapest first, none twice, ten at most. */
function ranked(fits: readonly Fit[]): Fit[] {
  const seen = new Set<string>()
  const isNew = ({ candidate }: Fit): boolean => {
    const text = candidate.lines.join()
    return seen.has(text) ? false : seen.add(text) !== undefined
  }
  return [...fits]
    .sort((a, b) => a.candidate.cost - b.candidate.cost)
    .filter(isNew)
    .slice(0, 10)
}

function combined(each: readonly (readonly LineVariant[])[]): Variant[] {
  let variants: Variant[] = [{ lines: [], choice: [], changes: [], cost: 0 }]
  for (const ofLine of each) variants = variants.flatMap(start => ofLine.map(variant => extended(start, variant)))
  return variants
}

function extended(start: Variant, variant: LineVariant): Variant {
  const { text, change, cost } = variant
  return {
    lines: [...start.lines, text],
    choice: [...start.choice, variant],
    changes: change === undefined ? start.changes : [...start.changes, change],
    cost: start.cost + cost,
  }
}

function fitting(variant: Variant, vietnamese: boolean): RankedLines[] {
  const layout = layoutOf(variant.lines)
  if (layout === undefined) return []
  const bounds = { limit: mostCost, usualOnly: true }
  const attempt = attemptRepair({ layout, lines: variant.lines, vietnamese, bounds })
  const isWhole = attempt.status === 'unchanged' || attempt.status === 'repaired'
  const fit: RankedLines | undefined = isWhole ? attempt : madeOut(variant, attempt.candidates)
  if (fit === undefined) return []
  const fillers = variant.changes.filter(({ to }) => to === '<')
  if (fillers.some(({ line, column }) => fit.lines[line - 1]?.charAt(column - 1) !== '<')) return []
  const changes = mergedChanges(variant.changes, fit.changes)
  return [{ lines: fit.lines, changes, cost: variant.cost + fit.cost }]
}

/** The one candidate that makes out the character put in and changes no other: enough where nothing is repaired. */
function madeOut(variant: Variant, candidates: readonly RankedLines[]): RankedLines | undefined {
  const [only, other] = candidates
  const isPutIn = ({ line, column }: MrzChange): boolean =>
    variant.changes.some(put => put.to === unreadable && put.line === line && put.column === column)
  return other === undefined && only?.changes.every(isPutIn) ? only : undefined
}

/** A character put in as unreadable and then made out is one change. */
function mergedChanges(putIn: readonly MrzChange[], made: readonly MrzChange[]): MrzChange[] {
  const same = (a: MrzChange, b: MrzChange): boolean => a.line === b.line && a.column === b.column
  const merged = putIn.map(change => {
    const out = made.find(other => change.to === unreadable && same(change, other))
    return out === undefined ? change : { ...out, from: '', proofs: [...change.proofs, ...out.proofs] }
  })
  return [...merged, ...made.filter(change => !putIn.some(put => put.to === unreadable && same(put, change)))]
}

interface LineVariant {
  readonly text: string
  readonly change?: MrzChange
  readonly cost: number
}

interface VariantsGiven {
  readonly target: number
  readonly line: number
  readonly isName: boolean
  readonly isVietnamese: boolean
}

function variantsOf(line: string, { target, line: number, isName, isVietnamese }: VariantsGiven): LineVariant[] {
  if (line.length === target) return [{ text: line, cost: 0 }]
  const found = new Map<string, LineVariant>()
  const add = (text: string, column: number, [from, to]: readonly [string, string], cost: number): void => {
    if (found.has(text)) return
    const proofs = [{ kind: 'layout', rule: 'LINE_LENGTH' } as const]
    const field = isName ? 'name' : number === 1 ? 'documentNumber' : 'dateOfBirth'
    found.set(text, { text, cost, change: { field, line: number, column, from, to, proofs } })
  }
  if (line.length > target) {
    // From the end: in a run it does not matter which one goes, and a name line is filled up at its end.
    for (let i = line.length - 1; i >= 0; i--) {
      const character = line.charAt(i)
      const doubled = character === line.charAt(i - 1) || character === '<'
      if (isName && !doubled) continue
      add(
        line.slice(0, i) + line.slice(i + 1),
        i + 1,
        [character, ''],
        isName && i === line.length - 1 ? atTheEnd : lost,
      )
    }
    return [...found.values()]
  }
  for (let i = line.length; i >= 0; i--) {
    const besideFiller = line.charAt(i - 1) === '<' || line.charAt(i) === '<'
    if (isName && i < line.length && !besideFiller) continue
    add(`${line.slice(0, i)}<${line.slice(i)}`, i + 1, ['', '<'], isName && i === line.length ? atTheEnd : lost)
  }
  // In fields that may hold anything a lost character could be any.
  if (isName || !isVietnamese) return [...found.values()]
  for (let i = line.length; i >= 0; i--) {
    add(line.slice(0, i) + unreadable + line.slice(i), i + 1, ['', unreadable], lost + lost)
  }
  return [...found.values()]
}
