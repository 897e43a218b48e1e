import type { ScanDamage } from '@cccd/mrz'
import type { VerificationReport } from '@cccd/verifier'
import type { ConnectorList } from '../api/exports.ts'
import type { FieldDifference } from '../api/fields.ts'
import type { ReaderInfo, ReaderList, ServiceCondition, ServiceProblem } from '../api/readers.ts'
import type {
  Reading,
  ReadingError,
  ReadingEvent,
  ReadingProgress,
  ReadingStarted,
  VerdictSummary,
} from '../api/readings.ts'
import type { InsuranceAnswer } from '../connectors/insurance-answer.ts'
import type { Field } from '../person.ts'
import type { AccessGiven } from './scan-input.ts'
import type { ConsentText, SimulatedCard } from './shapes.ts'
import type { Trouble } from './trouble.ts'
import { FIELD_ORDER } from './words/field-words.ts'
import type { Step } from './words/file-words.ts'
import type { Text } from './words/language.ts'

/** Whatever the desk says of a reading: the answer to its start, an event, or all of it. */
export type ReadingNews = ReadingStarted & Partial<Reading | ReadingEvent>

export type Stage = 'starting' | 'waiting' | 'opening' | 'reading' | 'judging' | 'done' | 'failed'

/** An ImageBitmap, as far as this file cares. */
export interface DrawnPicture {
  readonly width: number
  readonly height: number
  close(): void
}

/** A picture that is on the screen or comes there; `drawn` is let go when the visit ends. */
export type Portrait =
  | { readonly kind: 'unknown' | 'coming' | 'none' }
  | { readonly kind: 'drawn'; readonly bitmap: DrawnPicture }

export type InsuranceView =
  | { readonly kind: 'unasked' | 'asking' }
  | { readonly kind: 'answer'; readonly answer: InsuranceAnswer }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }

/** One person at the desk. Everything personal that the page holds hangs on this one object. */
export interface Visit {
  /** Counts up; answers that come for an earlier visit are dropped by it. */
  readonly number: number
  readonly stage: Stage
  readonly readingId: string | null
  readonly given: AccessGiven
  readonly damage: readonly ScanDamage[]
  readonly fields: readonly Field[]
  readonly differences: readonly FieldDifference[]
  readonly progress: ReadingProgress | null
  readonly portrait: Portrait
  readonly verdict: VerdictSummary | null
  /** Comes after the verdict: every check. */
  readonly report: VerificationReport | null
  readonly insurance: InsuranceView
  readonly trouble: Trouble | null
  /** The text to which the holder has to agree before anything is read. */
  readonly consent: ConsentText | null
}

export type Notice = { readonly words: Text; readonly tone: 'good' | 'bad' }

export interface DeskState {
  readonly session: 'looking' | 'pairing' | 'paired'
  readonly pairing: { readonly busy: boolean; readonly trouble: Trouble | null }
  /** The socket to the desk program. */
  readonly link: 'connecting' | 'up' | 'lost'
  readonly readers: ReaderList | null
  /** The reader that the clerk chose, where there are several. */
  readonly chosenReader: string | null
  /** The drawer of simulated cards; null where the desk has none. */
  readonly cards: readonly SimulatedCard[] | null
  /** What the desk is set up to hand on to; null until it said so. */
  readonly connectors: ConnectorList | null
  readonly visit: Visit | null
  readonly picture: 'none' | 'looking' | { readonly trouble: Text }
  /** Something said once, below; it holds no personal value. */
  readonly notice: Notice | null
}

export const START: DeskState = {
  session: 'looking',
  pairing: { busy: false, trouble: null },
  link: 'connecting',
  readers: null,
  chosenReader: null,
  cards: null,
  connectors: null,
  visit: null,
  picture: 'none',
  notice: null,
}

export type DeskAction =
  | { readonly type: 'pairingNeeded'; readonly trouble: Trouble | null }
  | { readonly type: 'pairingTried' }
  | { readonly type: 'paired' }
  | { readonly type: 'link'; readonly link: DeskState['link'] }
  | { readonly type: 'reader'; readonly reader: ReaderInfo }
  | { readonly type: 'service'; readonly service: ServiceCondition; readonly problem?: ServiceProblem }
  | { readonly type: 'readerChosen'; readonly name: string | null }
  | { readonly type: 'cards'; readonly cards: readonly SimulatedCard[] | null }
  | { readonly type: 'connectors'; readonly connectors: ConnectorList }
  | { readonly type: 'picture'; readonly picture: DeskState['picture'] }
  | {
      readonly type: 'visitStarted'
      readonly number: number
      readonly given: AccessGiven
      readonly fields: readonly Field[]
      readonly damage: readonly ScanDamage[]
    }
  | { readonly type: 'reading'; readonly number: number; readonly reading: ReadingNews }
  | { readonly type: 'portrait'; readonly number: number; readonly portrait: Portrait }
  | { readonly type: 'insurance'; readonly number: number; readonly view: InsuranceView }
  | { readonly type: 'trouble'; readonly number: number; readonly trouble: Trouble }
  | { readonly type: 'consentAsked'; readonly number: number; readonly consent: ConsentText }
  | { readonly type: 'visitEnded' }
  | { readonly type: 'notice'; readonly notice: Notice | null }

/** The next state. Pure; what it returns after `visitEnded` holds nothing of the visit. */
export function step(state: DeskState, action: DeskAction): DeskState {
  switch (action.type) {
    case 'pairingNeeded':
      return { ...START, session: 'pairing', pairing: { busy: false, trouble: action.trouble } }
    case 'pairingTried':
      return { ...state, session: 'pairing', pairing: { busy: true, trouble: null } }
    case 'paired':
      return { ...state, session: 'paired', pairing: { busy: false, trouble: null } }
    case 'link':
      // Which readers there are is told anew by every socket.
      return { ...state, link: action.link, readers: action.link === 'lost' ? null : state.readers }
    case 'reader':
      return { ...state, readers: withReader(state.readers, action.reader) }
    case 'service':
      return { ...state, readers: withService(state.readers, action) }
    case 'readerChosen':
      return { ...state, chosenReader: action.name }
    case 'cards':
      return { ...state, cards: action.cards }
    case 'connectors':
      return { ...state, connectors: action.connectors }
    case 'picture':
      return { ...state, picture: action.picture }
    case 'visitStarted': {
      const { number, given, fields, damage } = action
      return { ...state, picture: 'none', notice: null, visit: newVisit({ number, given, fields, damage }) }
    }
    case 'reading':
      return inVisit(state, action.number, visit => withReading(visit, action.reading))
    case 'portrait':
      return inVisit(state, action.number, visit => ({ ...visit, portrait: action.portrait }))
    case 'insurance':
      return inVisit(state, action.number, visit => ({ ...visit, insurance: action.view }))
    case 'trouble':
      return inVisit(state, action.number, visit => ({ ...visit, stage: 'failed', trouble: action.trouble }))
    case 'consentAsked':
      return inVisit(state, action.number, visit => ({ ...visit, consent: action.consent }))
    case 'visitEnded':
      return { ...state, visit: null, picture: 'none' }
    case 'notice':
      return { ...state, notice: action.notice }
  }
}

function newVisit(given: Pick<Visit, 'number' | 'given' | 'fields' | 'damage'>): Visit {
  return {
    ...given,
    stage: 'starting',
    readingId: null,
    differences: [],
    progress: null,
    portrait: { kind: 'unknown' },
    verdict: null,
    report: null,
    insurance: { kind: 'unasked' },
    trouble: null,
    consent: null,
  }
}

function inVisit(state: DeskState, number: number, change: (visit: Visit) => Visit): DeskState {
  if (state.visit === null || state.visit.number !== number) return state
  return { ...state, visit: change(state.visit) }
}

function withService(
  now: ReaderList | null,
  { service, problem }: { readonly service: ServiceCondition; readonly problem?: ServiceProblem },
): ReaderList {
  return { service, ...(problem && { problem }), readers: now?.readers ?? [] }
}

function withReader(now: ReaderList | null, reader: ReaderInfo): ReaderList {
  const others = (now?.readers ?? []).filter(({ name }) => name !== reader.name)
  const readers = reader.state === 'gone' ? others : [...others, reader].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { service: 'ready', ...now, readers }
}

/** Later stages are never taken back by an answer that was overtaken. */
const ORDER: readonly Stage[] = ['starting', 'waiting', 'opening', 'reading', 'judging', 'done', 'failed']

function withReading(visit: Visit, news: ReadingNews): Visit {
  const stage: Stage = news.state === 'cancelled' ? 'failed' : news.state
  const overtaken = ORDER.indexOf(stage) < ORDER.indexOf(visit.stage)
  const waitsAgain = stage === 'waiting' && news.error !== undefined
  const report = news.verdict !== undefined && 'report' in news.verdict ? news.verdict.report : visit.report
  return {
    ...visit,
    readingId: news.id,
    stage: overtaken && !waitsAgain ? visit.stage : stage,
    fields: news.fields === undefined ? visit.fields : inOrder(news.fields),
    differences: news.differences ?? visit.differences,
    progress: news.progress ?? visit.progress,
    portrait: portraitNow(visit.portrait, news.portrait),
    verdict: news.verdict ?? visit.verdict,
    report,
    trouble: news.error === undefined ? visit.trouble : troubleOf(news.error),
  }
}

function troubleOf({ code, vi, en, hintVi, hintEn, triesLeft }: ReadingError): Trouble {
  return { code, words: { vi, en }, hint: { vi: hintVi, en: hintEn }, triesLeft }
}

function portraitNow(before: Portrait, now: ReadingNews['portrait']): Portrait {
  if (before.kind !== 'unknown' || now === undefined) return before
  return { kind: now === null ? 'none' : 'coming' }
}

function inOrder(fields: readonly Field[]): readonly Field[] {
  return FIELD_ORDER.flatMap(name => fields.filter(field => field.name === name))
}

/** With these the same key would be refused again, and cost the card one of its tries. */
const KEY_REFUSED: ReadonlySet<string> = new Set(['ACCESS_KEY_WRONG', 'ACCESS_BLOCKED', 'AUTHENTICATION_TOKEN_WRONG'])

/** Whether reading again with what was given before makes sense. */
export function mayReadAgain(visit: Visit): boolean {
  return visit.stage === 'done' || (visit.stage === 'failed' && !KEY_REFUSED.has(visit.trouble?.code ?? ''))
}

/** Where the reading stands in the five steps that the page shows. */
export function stepOf(visit: Visit): Step {
  switch (visit.stage) {
    case 'starting':
    case 'waiting':
      return 'card'
    case 'opening':
      return 'open'
    case 'reading':
      return stepOfFile(visit.progress?.file)
    case 'judging':
    case 'done':
    case 'failed':
      return 'check'
  }
}

/** The reader takes the security objects first, then the holder's fields, the portrait last. */
function stepOfFile(file: string | undefined): Step {
  if (file === 'EF.DG2') return 'portrait'
  return file === undefined || FIRST_FILES.has(file) ? 'open' : 'person'
}

const FIRST_FILES: ReadonlySet<string> = new Set(['EF.CardAccess', 'EF.SOD', 'EF.DG14', 'EF.COM'])

/** The reader that the desk looks at: the chosen one, else one that a card lies on, else the first. */
export function readerInView(state: Pick<DeskState, 'readers' | 'chosenReader'>): ReaderInfo | null {
  const readers = state.readers?.readers ?? []
  return (
    readers.find(({ name }) => name === state.chosenReader) ??
    readers.find(reader => reader.state !== 'empty') ??
    readers[0] ??
    null
  )
}
