import type { LinkCounts } from '@cccd/card-core'
import { REASONS, type VerificationReport } from '@cccd/verifier'
import type {
  Reading,
  ReadingError,
  ReadingEvent,
  ReadingProgress,
  ReadingState,
  VerdictSummary,
} from '../api/readings.ts'
import type { Caller, Scope } from '../desk.ts'
import type { ConsentRecord } from '../keeping/consent.ts'
import type { FieldName } from '../person.ts'
import type { Held } from './held.ts'
import type { EndedReading, FinishedReading } from './reading.ts'

/** What of a reading changes by itself; everything else is told with each event. */
export type Part = 'fields' | 'portrait' | 'verdict'
export const ALL_PARTS: readonly Part[] = ['fields', 'portrait', 'verdict']
const EVERYTHING: ReadonlySet<Part> = new Set(ALL_PARTS)

/** A reading as it is at this moment. */
export interface SessionNow {
  readonly id: string
  readonly caller: Caller
  readonly nonce: string
  /** Id of the policy. */
  readonly policy: string
  readonly purpose?: string | undefined
  readonly consent?: ConsentRecord | undefined
  readonly state: ReadingState
  readonly reader: string | undefined
  readonly progress: ReadingProgress | undefined
  readonly error: ReadingError | undefined
  /** Undefined when it is forgotten, or ended without a result. */
  readonly held: Held | undefined
  readonly isForgotten: boolean
  readonly forgottenAt: string | undefined
}

/** The reading as a caller with these scopes may see it. */
export function viewOf(now: SessionNow, scopes: ReadonlySet<Scope>): Reading {
  const { held, policy, forgottenAt } = now
  const { differences = [], verdict, ...seen } = seenOf(now, scopes, EVERYTHING)
  const judged = scopes.has('identity') ? held?.judged : undefined
  return {
    ...seen,
    policy,
    ...(differences.length > 0 ? { differences } : {}),
    ...(verdict && judged ? { verdict: { ...verdict, report: judged.report }, signed: judged.signed } : {}),
    ...(forgottenAt === undefined ? {} : { forgottenAt }),
  }
}

/** An event with what is new in it. */
export function eventOf(now: SessionNow, scopes: ReadonlySet<Scope>, parts: ReadonlySet<Part>): ReadingEvent {
  return { type: 'reading', ...seenOf(now, scopes, parts), ...(now.isForgotten ? { forgotten: true } : {}) }
}

function seenOf(
  { id, state, reader, progress, error, held }: SessionNow,
  scopes: ReadonlySet<Scope>,
  parts: ReadonlySet<Part>,
): Omit<ReadingEvent, 'type'> {
  const isIdentity = scopes.has('identity')
  const portrait = scopes.has('portrait') && parts.has('portrait') ? held?.portrait : undefined
  const report = isIdentity && parts.has('verdict') ? held?.judged?.report : undefined
  const isOver = state === 'done' || state === 'failed' || state === 'cancelled'
  return {
    id,
    state,
    ...(reader === undefined ? {} : { reader }),
    ...(progress && !isOver ? { progress } : {}),
    ...(held && isIdentity && parts.has('fields') ? { fields: held.fields, differences: held.differences } : {}),
    ...(portrait === undefined
      ? {}
      : { portrait: portrait && { format: portrait.format, width: portrait.width, height: portrait.height } }),
    ...(report && { verdict: summaryOf(report) }),
    ...(error && { error }),
  }
}

function summaryOf(report: VerificationReport): VerdictSummary {
  const { overall, colour, policy } = report
  return { overall, colour, policy, because: report.because.map(one => ({ ...one, ...REASONS[one.reason] })) }
}

function reasonsOf(report: VerificationReport): readonly string[] {
  return report.because.map(({ reason }) => reason)
}

/** Everything that a finished reading holds, its bytes copied; undefined when it is not done, or forgotten. */
export function finishedOf(now: SessionNow): FinishedReading | undefined {
  const { id, held, nonce, policy, purpose, consent, caller } = now
  const judged = held?.judged
  if (now.state !== 'done' || !judged) return undefined
  const { portrait, fields, files, access } = held
  const { report, at, reader, evidence, signed } = judged
  const { overall, colour } = report
  return {
    id,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, Uint8Array.from(bytes)])),
    evidence: structuredClone(evidence),
    report,
    printed: access.texts,
    person: {
      ...{ requestId: id, at, reader, fields },
      ...(portrait ? { portrait: { format: portrait.format, bytes: Uint8Array.from(portrait.bytes) } } : {}),
      verdict: { overall, colour, policy, because: reasonsOf(report) },
    },
    policy,
    trustStore: report.trustAnchors,
    time: at,
    reader,
    binding: { origin: caller.origin, nonce },
    ...(purpose === undefined ? {} : { purpose }),
    ...(consent === undefined ? {} : { consent }),
    signed,
  }
}

/** How it ended, for those who keep accounts; only once it is over. */
export function accountOf(
  now: SessionNow,
  times: { readonly ms: number; readonly cardMs: number | undefined; readonly link: LinkCounts | undefined },
): EndedReading {
  const { id, caller, state, policy, reader, held, error } = now
  const { ms, cardMs, link } = times
  const report = held?.judged?.report
  const numberOf = (name: FieldName): string | undefined =>
    held?.fields.find(field => field.name === name && field.source === 'chip')?.value
  const [personalNumber, documentNumber] = [numberOf('personalNumber'), numberOf('documentNumber')]
  return {
    ...{ id, caller, policy, ms },
    state: state as EndedReading['state'],
    ...(reader === undefined ? {} : { reader }),
    ...(report && {
      verdict: {
        overall: report.overall,
        colour: report.colour,
        policy: report.policy,
        because: reasonsOf(report),
      },
    }),
    ...(error && { error: error.code }),
    ...(cardMs === undefined ? {} : { cardMs }),
    ...(link && { link }),
    ...((personalNumber ?? documentNumber) !== undefined && {
      subject: {
        ...(personalNumber === undefined ? {} : { personalNumber }),
        ...(documentNumber === undefined ? {} : { documentNumber }),
      },
    }),
  }
}
