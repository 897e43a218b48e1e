import type { LinkCounts } from '@cccd/card-core'
import type { ReadEvent, ReadRequest } from '@cccd/card-reader'
import { type Policy, type TrustAnchors, verifyDocument } from '@cccd/verifier'
import type { Reading, ReadingError, ReadingEvent, ReadingProgress, ReadingState } from '../api/readings.ts'
import type { Caller, Scope } from '../desk.ts'
import { faultFacts, type Log } from '../http/log.ts'
import type { ConsentRecord } from '../keeping/consent.ts'
import type { AccessData } from './access-data.ts'
import type { CardWait } from './card-wait.ts'
import type { DeskKey } from './desk-key.ts'
import type { DirtyKeys } from './dirty-keys.ts'
import { type Held, holdPrinted, overwrite, updateFields } from './held.ts'
import { type Portrait, portraitOf } from './portrait.ts'
import { type ReadCard, readCard } from './read-card.ts'
import type { EndedReading, FinishedReading } from './reading.ts'
import { readingError } from './reading-error.ts'
import { ALL_PARTS, accountOf, eventOf, finishedOf, type Part, type SessionNow, viewOf } from './session-view.ts'
import { signResult } from './signed-result.ts'

/** What a reading needs of the desk. */
export interface SessionPorts extends CardWait {
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly anchors: () => TrustAnchors
  readonly key: DeskKey
  readonly log?: Log | undefined
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

/** What a listener of one reading or of several waits on. */
export type ReadingChanges = DirtyKeys<ReadingSession, Part>

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
  /** Everything personal hangs on this. */
  #held: Held | undefined
  #isForgotten = false
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
    this.#held = holdPrinted(access, { mayResume: request.resumeMs > 0 })
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
    this.#to('cancelled')
    this.#drop()
  }

  /** Clears everything personal: what it owns is overwritten, what cannot be is let go. Its listeners are told. */
  forget(): void {
    this.cancel()
    this.#isForgotten = true
    this.#mark(...ALL_PARTS)
    this.#listeners.clear()
  }

  /** When it will be forgotten by itself. */
  forgetAt(time: Date): void {
    this.#forgottenAt = time.toISOString()
  }

  /** Adds a listener, which is told everything at once. */
  listen(changes: ReadingChanges): void {
    this.#listeners.add(changes)
    changes.mark(this, ...ALL_PARTS)
  }

  unlisten(changes: ReadingChanges): void {
    this.#listeners.delete(changes)
  }

  /** The reading as a caller with these scopes may see it. */
  view(scopes: ReadonlySet<Scope>): Reading {
    return viewOf(this.#now(), scopes)
  }

  /** An event with what is new in it. */
  event(scopes: ReadonlySet<Scope>, parts: ReadonlySet<Part>): ReadingEvent {
    return eventOf(this.#now(), scopes, parts)
  }

  /** The portrait as a browser shows it; null when there is none (yet). The bytes are the session's own. */
  portrait(): Portrait | null {
    return this.#held?.portrait ?? null
  }

  /** Everything that a finished reading holds, its bytes copied; undefined when it is not done, or forgotten. */
  result(): FinishedReading | undefined {
    return finishedOf(this.#now())
  }

  /** How it ended, for those who keep accounts; only once it is over. */
  account(startedAt: Date): EndedReading {
    const ms = this.#ports.now().getTime() - startedAt.getTime()
    return accountOf(this.#now(), { ms, cardMs: this.#cardMs, link: this.#link })
  }

  #now(): SessionNow {
    const { id, caller, nonce, policy, purpose, consent } = this.#request
    return {
      ...{ id, caller, nonce, policy: policy.id, purpose, consent },
      state: this.#state,
      reader: this.#reader,
      progress: this.#progress,
      error: this.#error,
      held: this.#held,
      isForgotten: this.#isForgotten,
      forgottenAt: this.#forgottenAt,
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
    let letGo: Promise<void> | undefined
    try {
      const card = await this.#read()
      letGo = card.letGo
      await this.#judge(card)
      this.#to('done')
    } catch (error) {
      if (!this.isOver) {
        this.#error = readingError(error)
        if (this.#error.code === 'INTERNAL') this.#ports.log?.('error', 'reading-fault', faultFacts(error))
        this.#to(this.#error.code === 'READ_CANCELLED' ? 'cancelled' : 'failed')
      }
      this.#drop()
    } finally {
      await letGo
    }
  }

  #read(): Promise<ReadCard> {
    const { waitMs, resumeMs } = this.#request
    return readCard(this.#ports, {
      ...{ waitMs, resumeMs, signal: this.#cancelling.signal },
      request: () => this.#readRequest(),
      news: {
        connected: reader => {
          this.#reader = reader
          this.#error = undefined
          this.#to('opening')
        },
        mute: error => this.#notice(error),
        lifted: error => {
          this.#notice(error)
          this.#to('waiting')
        },
        left: ({ link, ms }) => {
          this.#link = link
          this.#cardMs = ms
        },
      },
    })
  }

  #readRequest(): ReadRequest {
    const held = this.#held
    const { challenge } = this.#request
    return {
      // A reading that was cancelled asks the card nothing: no key is needed.
      accessKeys: held?.access.keys ?? { bac: [] },
      random: this.#ports.random,
      extendedLength: true,
      accessPolicy: { allowBacFallback: this.#ports.allowBacFallback },
      ...(challenge && { activeAuthentication: { challenge } }),
      ...(held?.fragments && { held: held.fragments.held() }),
      observe: event => this.#observe(event),
    }
  }

  /** Tells why it waits (again). */
  #notice(error: unknown): void {
    this.#error = readingError(error)
    this.#mark()
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
        if (event.file === 'EF.DG1' || event.file === 'EF.DG13') {
          updateFields(held)
          this.#mark('fields')
        }
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

  /** A decoder that breaks costs the portrait, not the reading. */
  async #showPortrait(held: Held, dg2: Uint8Array): Promise<void> {
    const portrait = await portraitOf(dg2).catch(error => {
      this.#ports.log?.('error', 'portrait-fault', faultFacts(error))
      return null
    })
    if (this.#held === held) {
      held.portrait = portrait
      this.#mark('portrait')
    } else portrait?.bytes.fill(0)
  }

  async #judge({ files, evidence, reader }: ReadCard): Promise<void> {
    this.#to('judging')
    await this.#portraitWork
    // Whoever listens hears of it before the work begins that holds everything up for some milliseconds.
    await new Promise(resolve => setImmediate(resolve))
    const held = this.#held
    if (!held) return
    const { policy, nonce, caller } = this.#request
    const at = this.#ports.now()
    const { printed } = held.access
    const report = verifyDocument({
      ...{ files, evidence, printed, policy, at, anchors: this.#ports.anchors() },
      clock: () => performance.now(),
    })
    held.portrait ??= null
    const time = at.toISOString()
    const binding = { origin: caller.origin, nonce, time, policy: policy.id, requestId: this.id, reader }
    const { fields, portrait } = held
    const signed = await signResult(this.#ports.key, { report, fields, portrait, binding })
    held.judged = { evidence, report, at: time, reader, signed }
    // It may have been forgotten while it was signed.
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
