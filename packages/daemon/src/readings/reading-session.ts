import {
  type ChipEvidence,
  counted,
  type LdsFiles,
  type LinkCounts,
  run,
  TransportError,
  withStatusHandling,
} from '@cccd/card-core'
import { type Holding, holding, type ReadEvent, type ReadRequest, readDocument } from '@cccd/card-reader'
import type { ReaderCard } from '@cccd/card-reader/pcsc'
import { type Policy, REASONS, type TrustAnchors, type VerificationReport, verifyDocument } from '@cccd/verifier'
import type { FieldDifference } from '../api/fields.ts'
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
import type { Field } from '../person.ts'
import type { AccessData } from './access-data.ts'
import { type CardWait, waitForCard } from './card-wait.ts'
import type { DeskKey } from './desk-key.ts'
import type { DirtyKeys } from './dirty-keys.ts'
import { fieldDifferences, personFields } from './person-fields.ts'
import { type Portrait, portraitOf } from './portrait.ts'
import type { EndedReading, FinishedReading } from './reading.ts'
import { readingError } from './reading-error.ts'
import { signResult } from './signed-result.ts'
import { whatBroke } from './what-broke.ts'

/** What a reading needs of the desk. */
export interface SessionPorts extends CardWait {
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly anchors: () => TrustAnchors
  readonly key: DeskKey
  /** Whether BAC may be used where PACE fails. */
  readonly allowBacFallback: boolean
}

/** What was asked, taken apart. */
export interface SessionRequest {
  readonly id: string
  readonly caller: Caller
  readonly nonce: string
  readonly policy: Policy
  readonly access: AccessData
  readonly challenge?: Uint8Array
  readonly purpose?: string
  readonly consent?: ConsentRecord
  readonly waitMs: number
  readonly resumeMs: number
}

/** Everything personal, in one place, so that forgetting is one step. */
interface Held {
  readonly access: AccessData
  readonly files: Partial<Record<keyof LdsFiles, Uint8Array>>
  fragments?: Holding
  fields: readonly Field[]
  differences: readonly FieldDifference[]
  portrait?: Portrait | null
  evidence?: ChipEvidence
  report?: VerificationReport
  judgedAt?: string
  signed?: string
}

interface ReadCard {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
}

type Part = 'fields' | 'portrait' | 'verdict'
const ALL: readonly Part[] = ['fields', 'portrait', 'verdict']

/** What a listener of one reading or of several waits on. */
export type ReadingChanges = DirtyKeys<ReadingSession, Part>

/** A card that leaves its reader more often than that is not being read. */
const MOST_RESUMES = 10
const SETTLE_MS = 200

const NO_FILES: LdsFiles = {}

/** One reading from the request to its end, and what it found until it is forgotten. */
export class ReadingSession {
  readonly id: string
  readonly caller: Caller
  /** Resolves when nothing of it runs any more: the card is let go. Never rejects. */
  readonly ended: Promise<void>
  readonly #ports: SessionPorts
  readonly #request: Omit<SessionRequest, 'access'>
  readonly #listeners = new Set<ReadingChanges>()
  readonly #cancelling = new AbortController()
  #state: ReadingState = 'waiting'
  #reader: string | undefined
  #progress: ReadingProgress | undefined
  #error: ReadingError | undefined
  #held: Held | undefined
  #forgotten = false
  #forgottenAt: string | undefined
  #portraitWork: Promise<void> | undefined
  #link: LinkCounts | undefined
  #cardMs: number | undefined

  constructor(request: SessionRequest, ports: SessionPorts) {
    const { access, ...rest } = request
    this.id = request.id
    this.caller = request.caller
    this.#request = rest
    this.#ports = ports
    this.#held = {
      access,
      files: {},
      fields: personFields(NO_FILES, access.printed),
      differences: [],
      ...(request.resumeMs > 0 ? { fragments: holding() } : {}),
    }
    this.ended = this.#run()
  }

  get state(): ReadingState {
    return this.#state
  }

  get reader(): string | undefined {
    return this.#reader
  }

  get isOver(): boolean {
    return this.#state === 'done' || this.#state === 'failed' || this.#state === 'cancelled'
  }

  /** Stops it before its next command to the card; what it held is forgotten at once. */
  cancel(): void {
    this.#cancelling.abort()
    if (!this.isOver) this.#to('cancelled')
    this.#drop()
  }

  /** Clears everything personal: what it owns is overwritten, what cannot be is let go. Its listeners are told. */
  forget(): void {
    this.cancel()
    this.#forgotten = true
    this.#mark(...ALL)
    this.#listeners.clear()
  }

  /** When it will be forgotten by itself: ISO 8601, UTC. */
  forgetAt(time: Date): void {
    this.#forgottenAt = time.toISOString()
  }

  /** Adds a listener, which is told everything at once. */
  listen(changes: ReadingChanges): void {
    this.#listeners.add(changes)
    changes.mark(this, ...ALL)
  }

  unlisten(changes: ReadingChanges): void {
    this.#listeners.delete(changes)
  }

  /** The reading as a caller with these scopes may see it. */
  view(scopes: ReadonlySet<Scope>): Reading {
    const { report } = this.#held ?? {}
    const { differences: _, verdict, ...seen } = this.#seen(scopes, new Set(ALL))
    const differences = this.#held?.differences ?? []
    const isIdentity = scopes.has('identity')
    return {
      ...seen,
      policy: this.#request.policy.id,
      ...(isIdentity && differences.length > 0 ? { differences } : {}),
      ...(verdict && report ? { verdict: { ...verdict, report } } : {}),
      ...(isIdentity && this.#held?.signed !== undefined ? { signed: this.#held.signed } : {}),
      ...(this.#forgottenAt === undefined ? {} : { forgottenAt: this.#forgottenAt }),
    }
  }

  /** An event with what is new in it. */
  event(scopes: ReadonlySet<Scope>, parts: ReadonlySet<Part>): ReadingEvent {
    return { type: 'reading', ...this.#seen(scopes, parts), ...(this.#forgotten ? { forgotten: true } : {}) }
  }

  /** The portrait as a browser shows it; null when there is none (yet). The bytes are the session's own. */
  portrait(): Portrait | null {
    return this.#held?.portrait ?? null
  }

  /** Everything that a finished reading holds, its bytes copied; undefined when it is not done, or forgotten. */
  result(): FinishedReading | undefined {
    const held = this.#held
    if (this.#state !== 'done' || !held?.evidence || !held.report || !held.signed || !held.judgedAt) return undefined
    const { nonce, policy, purpose, consent, caller } = this.#request
    const { report, portrait, judgedAt: at } = held
    const reader = this.#reader as string
    const because = report.because.map(({ reason }) => reason)
    return {
      id: this.id,
      files: Object.fromEntries(Object.entries(held.files).map(([name, bytes]) => [name, Uint8Array.from(bytes)])),
      evidence: structuredClone(held.evidence),
      report,
      printed: held.access.texts,
      person: {
        requestId: this.id,
        at,
        reader,
        fields: held.fields,
        ...(portrait ? { portrait: { format: portrait.format, bytes: Uint8Array.from(portrait.bytes) } } : {}),
        verdict: { overall: report.overall, colour: report.colour, policy: policy.id, because },
      },
      policy: policy.id,
      trustStore: report.trustAnchors,
      time: at,
      reader,
      binding: { origin: caller.origin, nonce },
      ...(purpose === undefined ? {} : { purpose }),
      ...(consent === undefined ? {} : { consent }),
      signed: held.signed,
    }
  }

  /** How it ended, for those who keep accounts; only once it is over. */
  account(startedAt: Date): EndedReading {
    const held = this.#held
    const { report } = held ?? {}
    const numberOf = (name: Field['name']): string | undefined =>
      held?.fields.find(field => field.name === name && field.source === 'chip')?.value
    const [personalNumber, documentNumber] = [numberOf('personalNumber'), numberOf('documentNumber')]
    return {
      id: this.id,
      caller: this.caller,
      state: this.#state as EndedReading['state'],
      policy: this.#request.policy.id,
      ...(this.#reader === undefined ? {} : { reader: this.#reader }),
      ...(report && {
        verdict: {
          overall: report.overall,
          colour: report.colour,
          policy: report.policy,
          because: report.because.map(({ reason }) => reason),
        },
      }),
      ...(this.#error && { error: this.#error.code }),
      ms: this.#ports.now().getTime() - startedAt.getTime(),
      ...(this.#cardMs === undefined ? {} : { cardMs: this.#cardMs }),
      ...(this.#link && { link: this.#link }),
      ...((personalNumber ?? documentNumber) !== undefined && {
        subject: {
          ...(personalNumber === undefined ? {} : { personalNumber }),
          ...(documentNumber === undefined ? {} : { documentNumber }),
        },
      }),
    }
  }

  #seen(scopes: ReadonlySet<Scope>, parts: ReadonlySet<Part>): Omit<ReadingEvent, 'type'> {
    const held = this.#held
    const fields = held && scopes.has('identity') && parts.has('fields') ? held : undefined
    const portrait = scopes.has('portrait') && parts.has('portrait') ? held?.portrait : undefined
    const verdict = parts.has('verdict') && scopes.has('identity') && held?.report ? summaryOf(held.report) : undefined
    return {
      id: this.id,
      state: this.#state,
      ...(this.#reader === undefined ? {} : { reader: this.#reader }),
      ...(this.#progress && !this.isOver ? { progress: this.#progress } : {}),
      ...(fields && { fields: fields.fields, differences: fields.differences }),
      ...(portrait === undefined
        ? {}
        : { portrait: portrait && { format: portrait.format, width: portrait.width, height: portrait.height } }),
      ...(verdict && { verdict }),
      ...(this.#error && { error: this.#error }),
    }
  }

  #mark(...parts: readonly Part[]): void {
    for (const listener of this.#listeners) listener.mark(this, ...parts)
  }

  #to(state: ReadingState): void {
    if (this.isOver || this.#state === state) return
    this.#state = state
    this.#mark()
  }

  async #run(): Promise<void> {
    const begun = this.#ports.now().getTime()
    let letGo: Promise<void> | undefined
    try {
      const { result, card } = await this.#readCard(letting => {
        letGo = letting
      })
      await this.#judge(result, card)
      this.#cardMs ??= this.#ports.now().getTime() - begun
      this.#to('done')
    } catch (error) {
      if (!this.isOver) {
        this.#error = readingError(error)
        this.#to(this.#error.code === 'READ_CANCELLED' ? 'cancelled' : 'failed')
      }
      this.#drop()
    } finally {
      await letGo
    }
  }

  async #readCard(
    lettingGo: (done: Promise<void>) => void,
  ): Promise<{ readonly result: ReadCard; readonly card: ReaderCard }> {
    const { signal } = this.#cancelling
    let waitMs = this.#request.waitMs
    for (let lifted = 1; ; lifted++) {
      const card = await waitForCard(this.#ports, { waitMs, signal, isMute: error => this.#notice(error) })
      this.#ports.watch.look()
      this.#reader = card.reader
      this.#error = undefined
      this.#to('opening')
      try {
        const result = await this.#readOnce(card)
        lettingGo(card.disconnect().then(() => this.#ports.watch.look()))
        return { result, card }
      } catch (error) {
        await card.disconnect()
        const isLifted = error instanceof TransportError && error.code === 'CARD_REMOVED'
        waitMs = this.#request.resumeMs
        if (!isLifted || waitMs === 0 || lifted > MOST_RESUMES || signal.aborted) throw error
        this.#notice(error)
        this.#to('waiting')
        // A card on the edge of the field is there again at once, and gone again.
        await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
      }
    }
  }

  /** Tells why it waits (again). */
  #notice(error: unknown): void {
    this.#error = readingError(error)
    this.#mark()
  }

  async #readOnce(card: ReaderCard): Promise<ReadCard> {
    const held = this.#held
    if (!held) throw new TransportError('READ_CANCELLED', 'the reading was cancelled')
    const begun = this.#ports.now().getTime()
    const link = counted(card)
    const { challenge } = this.#request
    const request: ReadRequest = {
      accessKeys: held.access.keys,
      random: this.#ports.random,
      extendedLength: true,
      accessPolicy: { allowBacFallback: this.#ports.allowBacFallback },
      ...(challenge && { activeAuthentication: { challenge } }),
      ...(held.fragments && { held: held.fragments.held() }),
      observe: event => this.#observe(event),
    }
    try {
      const { files, evidence } = await run(readDocument(request), withStatusHandling(link), {
        signal: this.#cancelling.signal,
      })
      return { files, evidence: { ...evidence, reader: card.reader, atr: card.atr } }
    } catch (error) {
      throw await whatBroke(error, this.#ports.watch, card.reader)
    } finally {
      this.#link = link.counts
      this.#cardMs = this.#ports.now().getTime() - begun
    }
  }

  #observe(event: ReadEvent): void {
    const held = this.#held
    if (!held) return
    held.fragments?.observe(event)
    switch (event.kind) {
      case 'fileStarted':
        this.#to('reading')
        return
      case 'bytes':
        this.#progress = { file: event.file, bytes: event.offset + event.data.length, of: event.length }
        this.#mark()
        return
      case 'fileComplete':
        held.files[event.file] = event.data
        if (event.file === 'EF.DG1' || event.file === 'EF.DG13') this.#updateFields(held)
        if (event.file === 'EF.DG2') this.#portraitWork = this.#showPortrait(held, event.data)
        return
      case 'accessTried':
      case 'accessRefused':
      case 'accessOpened':
      case 'accessReopened':
      case 'fileRefused':
      case 'chipAuthentication':
      case 'activeAuthentication':
        return
    }
  }

  #updateFields(held: Held): void {
    const { printed } = held.access
    held.fields = personFields(held.files, printed)
    held.differences = fieldDifferences(held.files, printed)
    this.#mark('fields')
  }

  async #showPortrait(held: Held, dg2: Uint8Array): Promise<void> {
    const portrait = await portraitOf(dg2)
    if (this.#held === held) {
      held.portrait = portrait
      this.#mark('portrait')
    } else portrait?.bytes.fill(0)
  }

  async #judge(read: ReadCard, card: ReaderCard): Promise<void> {
    this.#to('judging')
    await this.#portraitWork
    // Whoever listens hears of it before the work begins that holds everything up for some milliseconds.
    await new Promise(resolve => setImmediate(resolve))
    const held = this.#held
    if (!held) return
    const { policy, nonce, caller } = this.#request
    const at = this.#ports.now()
    const { files, evidence } = read
    const { printed } = held.access
    const anchors = this.#ports.anchors()
    const report = verifyDocument({
      ...{ files, evidence, printed, anchors, policy, at },
      clock: () => performance.now(),
    })
    held.portrait ??= null
    const time = at.toISOString()
    const signed = await signResult(this.#ports.key, {
      report,
      fields: held.fields,
      portrait: held.portrait,
      binding: {
        ...{ origin: caller.origin, nonce, time, policy: policy.id, requestId: this.id },
        reader: card.reader,
      },
    })
    // It may have been forgotten while it was signed.
    Object.assign(held, { evidence, report, judgedAt: time, signed })
    if (this.#held !== held) overwrite(held)
    else this.#mark('portrait', 'verdict')
  }

  #drop(): void {
    const held = this.#held
    this.#held = undefined
    this.#progress = undefined
    if (held) overwrite(held)
  }
}

function summaryOf(report: VerificationReport): VerdictSummary {
  const { overall, colour, policy } = report
  return { overall, colour, policy, because: report.because.map(one => ({ ...one, ...REASONS[one.reason] })) }
}

/** Overwrites what the desk owns of a card and lets the rest go. */
function overwrite(held: Held): void {
  for (const bytes of Object.values(held.files)) bytes.fill(0)
  for (const fragment of Object.values(held.fragments?.held() ?? {})) fragment.bytes.fill(0)
  held.portrait?.bytes.fill(0)
  held.evidence?.activeAuthentication?.response?.fill(0)
  held.fields = []
  held.differences = []
  delete held.fragments
  delete held.report
  delete held.signed
  delete held.evidence
  // The engine keeps the last text that a pattern was matched with: here it is another one.
  ;/^/.test('')
}
