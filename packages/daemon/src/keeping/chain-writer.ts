// The writer of a chain for many at once: a queue, one sync for all that wait, and a way back after a failure.
import { mkdir } from 'node:fs/promises'
import { KeepingError } from '@cccd/mrz'
import { canonicalBytes } from './canonical-json.ts'
import type { ChainKey } from './chain-key.ts'
import { lockChain } from './chain-lock.ts'
import { type ChainTail, type ChainTailOptions, type LostEntries, type NewEntry, openChainTail } from './chain-tail.ts'
import type { ChainBody, ChainHead } from './hash-chain.ts'

export interface ChainWriterOptions {
  readonly folder: string
  readonly key: ChainKey
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  /** `each`: an append resolves when entry and head are on the disk. A number: when the entry is written, and the disk has both
   * after so many milliseconds at the latest. */
  readonly sync: 'each' | number
  /** Days after which a segment is deleted whole; 0: never. */
  readonly keepDays: number
  /** A segment that has reached so many bytes is followed by a new one. Default 16 MiB. */
  readonly segmentBytes?: number
  /** How long after a failure the next try is made, in milliseconds. Default 1,000. */
  readonly retryMs?: number
}

export interface ChainWriterState {
  readonly chain: string
  readonly count: number
  readonly hash: string
  readonly failure?: { readonly cause: string; readonly since: Date }
  /** Entries that were refused since the start. */
  readonly refused: number
}

/** A chain that is open for writing. */
export interface ChainWriter {
  /**
   * Appends an entry; `secrets` become keyed digests. Throws KeepingError AUDIT_UNAVAILABLE with the system's code in
   * `facts.step` when it cannot be written (the next append tries again), and RangeError for a body that is too long, holds
   * fractions, or has a kind that begins with `chain.`.
   */
  append(body: ChainBody, secrets?: Readonly<Record<string, string>>): Promise<void>
  state(): ChainWriterState
  /** Writes what waits, and lets the folder go. */
  close(): Promise<void>
}

/**
 * Opens the chain in a folder, or begins one there. What a crash left at its end is marked by an entry. Throws KeepingError
 * AUDIT_BROKEN when the end does not fit its head, AUDIT_KEY_REFUSED for another chain's key, AUDIT_UNAVAILABLE when another process
 * writes there; and what the file system throws.
 */
export async function openChainWriter(given: ChainWriterOptions): Promise<ChainWriter> {
  const { segmentBytes = 16 << 20, retryMs = 1000, sync, ...rest } = given
  const options: ChainTailOptions = { ...rest, segmentBytes }
  await mkdir(given.folder, { recursive: true, mode: 0o700 })
  const unlock = await lockChain(given.folder)
  try {
    return new QueuedWriter(await openChainTail(options), { options, sync, retryMs, unlock })
  } catch (error) {
    await unlock()
    throw error
  }
}

interface Waiting extends NewEntry {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Setup {
  readonly options: ChainTailOptions
  readonly sync: 'each' | number
  readonly retryMs: number
  readonly unlock: () => Promise<void>
}

const MOST_WAITING = 1024
const LONGEST_BODY = 32_768

class QueuedWriter implements ChainWriter {
  readonly #setup: Setup
  /** Undefined after a failure, until another one could be opened. */
  #tail: ChainTail | undefined
  #head: ChainHead
  #failure: (LostEntries & { readonly retryAt: number }) | undefined
  #refused = 0
  #queue: Waiting[] = []
  /** Everything that touches the disk, one after the other. */
  #work: Promise<void> = Promise.resolve()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(tail: ChainTail, setup: Setup) {
    this.#tail = tail
    this.#head = tail.head
    this.#setup = setup
  }

  state(): ChainWriterState {
    const { chain, count, hash } = this.#head
    const failure = this.#failure && { cause: this.#failure.cause, since: this.#failure.since }
    return { chain, count, hash, refused: this.#refused, ...(failure ? { failure } : {}) }
  }

  async append(body: ChainBody, secrets?: Readonly<Record<string, string>>): Promise<void> {
    if (body.kind.startsWith('chain.')) throw new RangeError('kinds that begin with "chain." are the chain\'s own')
    if (canonicalBytes(body).length > LONGEST_BODY) throw new RangeError(`an entry has at most ${LONGEST_BODY} bytes`)
    if (this.#isClosed) throw unavailable('CLOSED')
    if (this.#queue.length >= MOST_WAITING) {
      this.#refused++
      throw unavailable('QUEUE_FULL')
    }
    const { now } = this.#setup.options
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ body, secrets, at: now(), resolve, reject })
      // Whatever has come by the time that the work before is done goes in one write.
      if (this.#queue.length === 1) this.#then(() => this.#writeWaiting())
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    let fault: unknown
    this.#then(async () => {
      try {
        await this.#tail?.commit()
      } catch (error) {
        fault = error
      }
      await this.#tail?.close()
    })
    await this.#work
    await this.#setup.unlock()
    if (fault !== undefined) throw unavailable(causeOf(fault), fault)
  }

  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step)
  }

  async #writeWaiting(): Promise<void> {
    const waiting = this.#queue
    this.#queue = []
    try {
      const tail = this.#tail ?? (await this.#openAgain())
      await tail.write(waiting)
      if (this.#setup.sync === 'each') await tail.commit()
      else this.#commitWithin(this.#setup.sync)
      this.#head = tail.head
    } catch (error) {
      await this.#fail(error, waiting.length)
      for (const { reject } of waiting) reject(unavailable(causeOf(error), error))
      return
    }
    for (const { resolve } of waiting) resolve()
  }

  async #openAgain(): Promise<ChainTail> {
    const failure = this.#failure
    if (failure && this.#setup.options.now().getTime() < failure.retryAt) throw new NotYet(failure.cause)
    const tail = await openChainTail(this.#setup.options, failure)
    this.#failure = undefined
    this.#tail = tail
    return tail
  }

  async #fail(error: unknown, lost: number): Promise<void> {
    const before = this.#failure
    const now = this.#setup.options.now()
    this.#refused += lost
    this.#failure = {
      refused: (before?.refused ?? 0) + lost,
      cause: causeOf(error),
      since: before?.since ?? now,
      retryAt: before && error instanceof NotYet ? before.retryAt : now.getTime() + this.#setup.retryMs,
    }
    const tail = this.#tail
    this.#tail = undefined
    // The failure is told already; a file that cannot even be closed adds nothing to it.
    await tail?.close().catch(() => undefined)
  }

  #commitWithin(ms: number): void {
    if (this.#timer !== undefined || this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#then(async () => {
        try {
          await this.#tail?.commit()
        } catch (error) {
          await this.#fail(error, 0)
        }
      })
    }, ms)
    this.#timer.unref()
  }
}

/** It failed a moment ago, and the disk is left alone for a while. */
class NotYet extends Error {
  readonly code: string
  constructor(code: string) {
    super('the log failed a moment ago')
    this.code = code
  }
}

function causeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'UNKNOWN'
}

function unavailable(step: string, cause?: unknown): KeepingError {
  return new KeepingError('AUDIT_UNAVAILABLE', `the log cannot be written: ${step}`, { step }, { cause })
}
