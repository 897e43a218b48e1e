/**
 * Repair of an MRZ that was read by OCR or typed: characters that are usually confused are put right where check digits,
 * the layout, a number printed twice or the QR of the same card prove it. Everything else is left as it was read and
 * comes back as ranked candidates. What nothing protects is listed, because there a wrong character looks like a right
 * one.
 */
import type { CardQr } from './card-qr.ts'
import { parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { layoutOf, MRZ_LAYOUTS, type MrzLayout } from './layout.ts'
import { type Mrz, parseMrz } from './mrz.ts'
import { CONFUSION_COST, misreadingCost } from './ocr-confusion.ts'
import { type Attempt, attemptRepair, type MrzChange, type RankedLines } from './repair-attempt.ts'
import { looksVietnamese } from './repair-domain.ts'
import { doubtsOf, type MrzDoubt } from './repair-doubts.ts'
import { candidatesOfOtherLength } from './repair-length.ts'
import { readDamagedLines } from './repair-lines.ts'
import { type KnownFromQr, knownFromQr } from './repair-qr.ts'
import { type UnprotectedSpan, unprotectedIn } from './repair-unprotected.ts'
import { parseVietnameseMrz } from './vietnamese-mrz.ts'

export type { LayoutRule, MrzChange, RepairProof } from './repair-attempt.ts'
export type { MrzDoubt } from './repair-doubts.ts'
export type { RepairCheckDigit, RepairField } from './repair-problem.ts'
export type { UnprotectedSpan } from './repair-unprotected.ts'

/** `unchanged`: every rule holds as it was read. `repaired`: it holds with the changes, and nothing else fits as well.
 * `ambiguous`: several readings fit, or the QR says something else; choose by looking. `unrepairable`: nothing fits. */
export type RepairStatus = 'unchanged' | 'repaired' | 'ambiguous' | 'unrepairable'

export interface RepairCandidate {
  readonly mrz: Mrz
  readonly changes: readonly MrzChange[]
  readonly doubts: readonly MrzDoubt[]
}

export interface MrzRepair {
  readonly status: RepairStatus
  /** With the proven changes and no other; null when those leave characters or a line length that no MRZ has. */
  readonly mrz: Mrz | null
  readonly vietnamese: boolean
  readonly changes: readonly MrzChange[]
  /** Ranked, likeliest first, ten at most; empty unless ambiguous. */
  readonly candidates: readonly RepairCandidate[]
  /** Where a wrong character would not be noticed. */
  readonly unprotected: readonly UnprotectedSpan[]
  /** What the QR, the personal number or the rule of expiry says otherwise than `mrz` (or the first candidate). */
  readonly doubts: readonly MrzDoubt[]
}

export interface RepairOptions {
  /** The text of the same card's QR, or what was read from it. */
  readonly qr?: CardQr | string
  /** Whether it is the MRZ of a Vietnamese card; found out from the fixed characters when not given. */
  readonly vietnamese?: boolean
}

/** Repairs lines of a TD1, TD2, TD3 or visa that may hold any characters; a line may lack a character or have one too
 * many, which is then a candidate at best. Throws FormatError MRZ_MALFORMED when number or length of the lines are those
 * of no MRZ, and QR_NOT_A_CARD for a QR text of something else. */
export function repairMrz(text: string | readonly string[], options: RepairOptions = {}): MrzRepair {
  const qr = typeof options.qr === 'string' ? parseCardQr(options.qr) : options.qr
  const { lines, changes: cleaned } = readDamagedLines(text)
  const layout = layoutOfDamaged(lines, options.vietnamese)
  if (layout === undefined) return otherLength(lines, cleaned, options)
  // Beside the QR of a Vietnamese card whatever is not another document without a fault is taken for its MRZ.
  const mayBe = (): boolean => looksVietnamese(lines) || (qr !== undefined && wholeAsRead(lines, false) === null)
  const vietnamese = layout.format === 'TD1' && (options.vietnamese ?? mayBe())
  const alone = wholeAsRead(lines, vietnamese) ?? attemptRepair({ layout, lines, vietnamese })
  const known = qr === undefined || layout.format !== 'TD1' ? undefined : knownFromQr(qr, alone.lines)
  const judged =
    known === undefined
      ? { attempt: alone, differs: [] }
      : vietnamese
        ? withQr({ layout, lines, alone, known })
        : { attempt: alone, differs: differences(alone.lines, known) }
  const attempt = vietnamese ? doubted(judged.attempt, lines, known) : judged.attempt
  return result({ ...judged, attempt, layout, vietnamese, known, cleaned })
}

/** The attempt on lines in which nothing is to be done, found without looking for anything. */
function wholeAsRead(lines: readonly string[], vietnamese: boolean): Attempt | null {
  const mrz = parsedOrNull(lines)
  if (mrz === null || mrz.findings.length > 0) return null
  // Letters behind three fillers, or behind the second pair, may be fillers misread.
  if (/<<<.*[A-Z]|<<.*<<.*[A-Z]/.test(mrz.lines[mrz.format === 'TD1' ? 2 : 0] ?? '')) return null
  if (vietnamese && !parseVietnameseMrz(mrz).findings.every(({ code }) => soft.includes(code))) return null
  return { status: 'unchanged', lines, changes: [], candidates: [], cost: 0, contradicted: false }
}

/** Findings that point at no character. */
const soft: readonly string[] = ['BIRTH_YEAR_DIFFERS', 'SEX_DIFFERS']

/** The layout of lines with damaged characters: a V that was misread makes a visa look like a passport or a card. */
function layoutOfDamaged(lines: readonly string[], vietnamese: boolean | undefined): MrzLayout | undefined {
  const layout = layoutOf(lines)
  if (layout === undefined || lines.length !== 2) return layout
  const first = (lines[0] ?? '').charAt(0)
  if (first === 'V' || misreadingCost(first, 'V') > CONFUSION_COST.lessUsual) return layout
  if (wholeAsRead(lines, vietnamese === true) !== null) return layout
  return layout.lineLength === 44 ? MRZ_LAYOUTS['MRV-A'] : MRZ_LAYOUTS['MRV-B']
}

/** Lines put right that then contradict themselves are left open: two misread characters can look like one other, and
 * where one was misread another one may be. */
function doubted(attempt: Attempt, lines: readonly string[], known: KnownFromQr | undefined): Attempt {
  if (attempt.status !== 'repaired') return attempt
  const doubts = doubtsOf(parseMrz(attempt.lines), { vietnamese: true, known, differs: [] })
  return doubts.length === 0 ? attempt : { ...attempt, status: 'ambiguous', lines, changes: [], candidates: [attempt] }
}

interface Judged {
  readonly attempt: Attempt
  /** Places (see placeKey) where the QR says otherwise than the lines. */
  readonly differs: readonly string[]
}

function withQr(given: {
  readonly layout: MrzLayout
  readonly lines: readonly string[]
  readonly alone: Attempt
  readonly known: KnownFromQr
}): Judged {
  const { alone, known } = given
  const beside = settledByExpiry(attemptRepair({ ...given, vietnamese: true, known: known.characters }), known.expiries)
  const whole = (attempt: Attempt): boolean => attempt.status === 'unchanged' || attempt.status === 'repaired'
  const agreed = whole(beside) && !beside.contradicted
  if (!whole(alone)) {
    // A QR picks among what the lines may mean. Where they need less change without it, it may be another person's.
    const nearer = alone.candidates.some(({ cost }) => cost < beside.cost)
    if (agreed && !nearer) return { attempt: beside, differs: [] }
    const candidates = [...beside.candidates, ...alone.candidates]
    if (whole(beside)) candidates.splice(nearer ? candidates.length : 0, 0, beside)
    const status = candidates.length === 0 ? 'unrepairable' : 'ambiguous'
    const [first] = candidates
    return {
      attempt: { ...alone, status, candidates },
      differs:
        beside.contradicted || !whole(beside)
          ? differences(alone.lines, known)
          : differences(first?.lines ?? [], known),
    }
  }
  const differs = differences(alone.lines, known)
  if (differs.length === 0) return { attempt: agreed ? beside : alone, differs }
  // Names and sex have no check digit, so there the QR settles what is usually confused. Against check digits that hold
  // it does not: one of the two is of another card or badly read.
  if (agreed && differs.every(isUnprotectedPlace)) return { attempt: beside, differs: [] }
  const candidates = [alone, ...(whole(beside) ? [beside] : beside.candidates)]
  return { attempt: { ...alone, status: 'ambiguous', candidates }, differs }
}

const isUnprotectedPlace = (key: string): boolean => key.startsWith('3:') || key === '2:8'

/** One date of expiry among the candidates that the rule gives for the QR's dates is taken. */
function settledByExpiry(attempt: Attempt, expiries: readonly string[]): Attempt {
  if (attempt.status !== 'ambiguous' || attempt.contradicted) return attempt
  const fitting = attempt.candidates.filter(({ lines }) => expiries.includes((lines[1] ?? '').slice(8, 14)))
  const [only] = fitting
  if (only === undefined || fitting.length > 1) return attempt
  return { ...attempt, status: 'repaired', lines: only.lines, changes: only.changes, candidates: [], cost: only.cost }
}

function differences(lines: readonly string[], known: KnownFromQr): string[] {
  return [...known.characters]
    .filter(([key, character]) => {
      const [line = 0, column = 0] = key.split(':').map(Number)
      return lines[line - 1]?.charAt(column - 1) !== character
    })
    .map(([key]) => key)
}

function otherLength(lines: readonly string[], cleaned: readonly MrzChange[], options: RepairOptions): MrzRepair {
  const { candidates, vietnamese } = candidatesOfOtherLength(lines, options.vietnamese)
  const read = candidates.map(candidate => candidateOf(candidate, vietnamese, cleaned))
  return {
    status: read.length === 0 ? 'unrepairable' : 'ambiguous',
    mrz: null,
    vietnamese,
    changes: [],
    candidates: read,
    unprotected: [],
    doubts: read[0]?.doubts ?? [],
  }
}

function result(
  given: Judged & {
    readonly layout: MrzLayout
    readonly vietnamese: boolean
    readonly known: KnownFromQr | undefined
    readonly cleaned: readonly MrzChange[]
  },
): MrzRepair {
  const { attempt, differs, layout, vietnamese, known, cleaned } = given
  const mrz = parsedOrNull(attempt.lines)
  const candidates = attempt.candidates
    .filter((one, i, all) => all.findIndex(({ lines }) => lines.join() === one.lines.join()) === i)
    .slice(0, 10)
    .map(candidate => candidateOf(candidate, vietnamese, cleaned))
  const changes = [...cleaned, ...attempt.changes]
  const status = attempt.status === 'unchanged' && changes.length > 0 ? 'repaired' : attempt.status
  const shown = mrz ?? candidates[0]?.mrz ?? null
  const fromQr = differs.length === 0 || shown === null ? [] : doubtsOf(shown, { vietnamese: false, known, differs })
  return {
    status,
    mrz,
    vietnamese,
    changes,
    candidates,
    unprotected: unprotectedIn({ layout, lines: attempt.lines, vietnamese, known, agreed: differs.length === 0 }),
    doubts: [...fromQr, ...(shown === null ? [] : doubtsOf(shown, { vietnamese, known, differs: [] }))],
  }
}

function candidateOf(candidate: RankedLines, vietnamese: boolean, cleaned: readonly MrzChange[]): RepairCandidate {
  const mrz = parseMrz(candidate.lines)
  const doubts = doubtsOf(mrz, { vietnamese, known: undefined, differs: [] })
  return { mrz, changes: [...cleaned, ...candidate.changes], doubts }
}

function parsedOrNull(lines: readonly string[]): Mrz | null {
  try {
    return parseMrz(lines)
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}
