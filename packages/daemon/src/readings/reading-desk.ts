import { fromHex } from '@cccd/card-core'
import type { Policy, TrustAnchors } from '@cccd/verifier'
import { DeskError } from '../api/errors.ts'
import type { Reading, ReadingEvent, ReadingStarted, StartReading } from '../api/readings.ts'
import type { Caller } from '../desk.ts'
import { faultFacts, type Log } from '../http/log.ts'
import type { ConsentRecord } from '../keeping/consent.ts'
import { accessData } from './access-data.ts'
import type { DeskKey } from './desk-key.ts'
import { DirtyKeys } from './dirty-keys.ts'
import { NonceMemory } from './nonce-memory.ts'
import type { Portrait } from './portrait.ts'
import { Presence } from './presence.ts'
import { ReaderClaims } from './reader-claims.ts'
import type { ReaderWatch } from './reader-watch.ts'
import type { EndedReading, FinishedReading } from './reading.ts'
import { type ReadingChanges, ReadingSession } from './reading-session.ts'

/** Times of a reading, in seconds. */
export interface ReadingLimits {
  /** How long a card is waited for when the request does not say. Default 60. */
  readonly waitSeconds: number
  /** How long a reading that is over is kept for its caller. Default 300. */
  readonly keepSeconds: number
  /** How long a caller whose event stream broke off may take to come back. Default 15. */
  readonly graceSeconds: number
  /** Readings kept at once, finished ones included; beyond, the oldest finished one is forgotten. Default 64. */
  readonly most: number
}

export const DEFAULT_READING_LIMITS: ReadingLimits = { waitSeconds: 60, keepSeconds: 300, graceSeconds: 15, most: 64 }

export interface ReadingDeskOptions {
  readonly watch: ReaderWatch
  readonly anchors: () => TrustAnchors
  /** The policies by id, and the id of the one for readings that name none. */
  readonly policies: ReadonlyMap<string, Policy>
  readonly policy: string
  readonly key: DeskKey
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly log?: Log
  readonly limits?: Partial<ReadingLimits>
  /** Whether BAC may be used where PACE fails; default false. */
  readonly allowBacFallback?: boolean
  /** Called before anything else happens: throws to refuse, returns the record of a consent that was given. */
  readonly admit?: (caller: Caller, request: StartReading & { readonly policy: string }) => ConsentRecord | undefined
  /** Called when a reading begins, with its id: what it throws refuses the reading. */
  readonly began?: (began: {
    readonly id: string
    readonly caller: Caller
    readonly policy: string
    readonly reader?: string
    readonly purpose?: string
    readonly consent?: ConsentRecord
  }) => void | Promise<void>
  /** Called once when it has ended. */
  readonly finished?: (ended: EndedReading) => void | Promise<void>
}

/** A listener to all readings of a token. */
interface Follower {
  readonly tokenId: string
  readonly changes: ReadingChanges
  readonly sessions: Set<ReadingSession>
}

/** A reading that is being stopped still holds its reader until its last command is answered; so long others wait. */
const STOPPING_MS = 3000

/**
 * The readings of this desk: one at a time on a reader, each its caller's alone, each ending in done, failed or cancelled,
 * and forgotten when the caller clears it, leaves, or after a while.
 */
export class ReadingDesk {
  readonly #options: ReadingDeskOptions
  readonly #limits: ReadingLimits
  readonly #nonces = new NonceMemory()
  readonly #claims: ReaderClaims
  readonly #sessions = new Map<string, ReadingSession>()
  readonly #expiries = new Map<string, NodeJS.Timeout>()
  readonly #presence: Presence
  readonly #followers = new Set<Follower>()
  #closing = false

  /** The key that signs results. */
  readonly key: DeskKey

  constructor(options: ReadingDeskOptions) {
    this.#options = options
    this.key = options.key
    this.#limits = { ...DEFAULT_READING_LIMITS, ...options.limits }
    this.#claims = new ReaderClaims(options.watch)
    this.#presence = new Presence(this.#limits.graceSeconds * 1000, id => this.#left(id))
  }

  /**
   * Begins a reading. Throws DeskError NONCE_USED, POLICY_UNKNOWN or CLOSING; FormatError for a text that opens no chip;
   * TransportError READER_BUSY when that reader (or, where none is named, every reader) has a reading, NO_READER,
   * NO_SMARTCARD_SERVICE or PCSC_NOT_INSTALLED; whatever `admit` throws. None of these uses the nonce up but the first.
   */
  async start(caller: Caller, request: StartReading): Promise<ReadingStarted> {
    if (this.#closing) throw new DeskError('CLOSING', 'the desk is closing')
    if (!this.#nonces.take(caller.origin, request.nonce)) throw new DeskError('NONCE_USED', 'the nonce has been used')
    try {
      return await this.#begin(caller, request)
    } catch (error) {
      this.#nonces.giveBack(caller.origin, request.nonce)
      throw error
    }
  }

  /** The caller's own readings, the oldest first. */
  list(caller: Caller): readonly (ReadingStarted & { readonly reader?: string })[] {
    return [...this.#sessions.values()]
      .filter(session => session.caller.tokenId === caller.tokenId)
      .map(({ id, state, reader }) => ({ id, state, ...(reader === undefined ? {} : { reader }) }))
  }

  /** A reading as its caller may see it. Throws DeskError READING_UNKNOWN, also for those of others. */
  get(caller: Caller, id: string): Reading {
    return this.#own(caller, id).view(caller.scopes)
  }

  /** The portrait. Throws DeskError READING_UNKNOWN or PORTRAIT_MISSING. The bytes are overwritten when it is forgotten. */
  portrait(caller: Caller, id: string): Portrait {
    const portrait = this.#own(caller, id).portrait()
    if (!portrait) throw new DeskError('PORTRAIT_MISSING', 'there is no portrait, or not yet')
    return portrait
  }

  /** Everything a finished reading holds. Throws DeskError READING_UNKNOWN or READING_NOT_DONE. */
  result(caller: Caller, id: string): FinishedReading {
    const result = this.#own(caller, id).result()
    if (!result) throw new DeskError('READING_NOT_DONE', 'the reading is not done')
    return result
  }

  /** "Next patient": stops it when it runs and forgets it. Resolves when the card is let go, or after some seconds. Throws
   * DeskError READING_UNKNOWN. */
  async cancel(caller: Caller, id: string): Promise<void> {
    const session = this.#own(caller, id)
    this.#forget(session)
    await within(STOPPING_MS, session.ended)
  }

  /**
   * A reading as it is now, then each change, until it is over or forgotten, or `signal` aborts. Who stops listening
   * before that has left: without a sign of life within the grace time the reading is cancelled. Throws DeskError
   * READING_UNKNOWN at once.
   */
  events(caller: Caller, id: string, signal?: AbortSignal): AsyncIterableIterator<ReadingEvent> {
    return this.#events(caller, this.#own(caller, id), signal)
  }

  /** All readings of the caller's, also those to come, until `signal` aborts, the token is revoked or the desk closes. */
  async *allEvents(caller: Caller, signal?: AbortSignal): AsyncGenerator<ReadingEvent, void, void> {
    const follower: Follower = { tokenId: caller.tokenId, changes: new DirtyKeys(), sessions: new Set() }
    this.#followers.add(follower)
    for (const session of this.#sessions.values()) this.#followedBy(follower, session)
    try {
      yield* eventsFrom(follower.changes, caller, { signal, isLast: () => this.#closing })
    } finally {
      this.#followers.delete(follower)
      for (const session of follower.sessions) {
        session.unlisten(follower.changes)
        this.#presence.end(session.id, { broke: true })
      }
    }
  }

  async *#events(
    caller: Caller,
    session: ReadingSession,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ReadingEvent, void, void> {
    const changes: ReadingChanges = new DirtyKeys()
    session.listen(changes)
    this.#presence.begin(session.id)
    try {
      yield* eventsFrom(changes, caller, { signal, isLast: () => session.isOver })
    } finally {
      session.unlisten(changes)
      this.#presence.end(session.id, { broke: !session.isOver })
    }
  }

  /** Forgets every reading of a token that was revoked. */
  revoked(tokenId: string): void {
    for (const session of [...this.#sessions.values()]) if (session.caller.tokenId === tokenId) this.#forget(session)
    for (const follower of this.#followers) if (follower.tokenId === tokenId) follower.changes.close()
  }

  /** Stops and forgets everything; resolves when every card is let go, or after some seconds. */
  async close(): Promise<void> {
    this.#closing = true
    const sessions = [...this.#sessions.values()]
    for (const session of sessions) this.#forget(session)
    for (const { changes } of this.#followers) changes.close()
    await within(STOPPING_MS, Promise.all(sessions.map(({ ended }) => ended)))
  }

  async #begin(caller: Caller, request: StartReading): Promise<ReadingStarted> {
    const { watch, policies, key, now, random, anchors, allowBacFallback = false } = this.#options
    const policyId = request.policy ?? this.#options.policy
    const policy = policies.get(policyId)
    if (!policy) throw new DeskError('POLICY_UNKNOWN', 'there is no such policy')
    const consent = this.#options.admit?.(caller, { ...request, policy: policyId })
    const access = accessData(request)
    await watch.settled()
    watch.service()
    const id = Buffer.from(random(16)).toString('base64url')
    const claim = await this.#claims.take(request.reader, STOPPING_MS)
    const { purpose } = request
    try {
      const { reader } = request
      await this.#options.began?.({
        ...{ id, caller, policy: policyId },
        ...(reader === undefined ? {} : { reader }),
        ...(purpose === undefined ? {} : { purpose }),
        ...(consent === undefined ? {} : { consent }),
      })
      if (this.#closing) throw new DeskError('CLOSING', 'the desk is closing')
    } catch (error) {
      claim.release()
      throw error
    }
    const startedAt = now()
    const session = new ReadingSession(
      {
        ...{ id, caller, policy, access, nonce: request.nonce },
        ...(request.challenge === undefined ? {} : { challenge: fromHex(request.challenge) }),
        ...(purpose === undefined ? {} : { purpose }),
        ...(consent === undefined ? {} : { consent }),
        waitMs: (request.waitSeconds ?? this.#limits.waitSeconds) * 1000,
        resumeMs: (request.resumeSeconds ?? 0) * 1000,
      },
      { ...{ watch, now, random, anchors, key, allowBacFallback, log: this.#options.log }, ...claim },
    )
    this.#makeRoom()
    this.#sessions.set(id, session)
    claim.heldBy(session)
    for (const follower of this.#followers) this.#followedBy(follower, session)
    void this.#whenEnded(session, startedAt, claim.release)
    return { id, state: session.state }
  }

  async #whenEnded(session: ReadingSession, startedAt: Date, release: () => void): Promise<void> {
    await session.ended
    release()
    const { keepSeconds } = this.#limits
    if (this.#sessions.has(session.id)) {
      session.forgetAt(new Date(this.#options.now().getTime() + keepSeconds * 1000))
      const timer = setTimeout(() => this.#forget(session), keepSeconds * 1000)
      timer.unref()
      this.#expiries.set(session.id, timer)
    }
    try {
      await this.#options.finished?.(session.account(startedAt))
    } catch (error) {
      this.#options.log?.('error', 'reading-account-failed', faultFacts(error))
    }
  }

  #own(caller: Caller, id: string): ReadingSession {
    const session = this.#sessions.get(id)
    if (!session || session.caller.tokenId !== caller.tokenId) {
      throw new DeskError('READING_UNKNOWN', 'there is no such reading of this caller')
    }
    this.#presence.sign(id)
    return session
  }

  #followedBy(follower: Follower, session: ReadingSession): void {
    if (session.caller.tokenId !== follower.tokenId) return
    follower.sessions.add(session)
    session.listen(follower.changes)
    this.#presence.begin(session.id)
  }

  /** The caller left and is not back. */
  #left(id: string): void {
    const session = this.#sessions.get(id)
    if (!session) return
    this.#options.log?.('info', 'reading-left', { state: session.state })
    if (session.isOver) this.#forget(session)
    else session.cancel()
  }

  #forget(session: ReadingSession): void {
    clearTimeout(this.#expiries.get(session.id))
    this.#expiries.delete(session.id)
    this.#presence.drop(session.id)
    this.#sessions.delete(session.id)
    session.forget()
    for (const follower of this.#followers) follower.sessions.delete(session)
  }

  #makeRoom(): void {
    while (this.#sessions.size >= this.#limits.most) {
      const oldest = [...this.#sessions.values()].find(({ isOver }) => isOver)
      if (!oldest) return
      this.#forget(oldest)
    }
  }
}

async function* eventsFrom(
  changes: ReadingChanges,
  caller: Caller,
  given: { readonly signal: AbortSignal | undefined; isLast(): boolean },
): AsyncGenerator<ReadingEvent, void, void> {
  const { signal } = given
  const close = (): void => changes.close()
  signal?.addEventListener('abort', close)
  if (signal?.aborted) close()
  try {
    for await (const [session, parts] of changes) {
      if (signal?.aborted) return
      yield session.event(caller.scopes, parts)
      if (given.isLast() && changes.size === 0) return
    }
  } finally {
    signal?.removeEventListener('abort', close)
  }
}

/** Resolves when the work is over, or when the time is. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
