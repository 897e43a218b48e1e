/**
 * When to try what again. A server that is away is asked seldom, however much waits for it; one entry that a server cannot
 * digest holds nobody else up.
 */
import type { OutboxEntry } from './outbox.ts'

export interface RetryConfig {
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

interface Tries {
  readonly attempts: number
  /** How often the server was there and did not want this entry. */
  readonly refusals: number
  readonly notBefore: number
}

/** What to do now: try this entry, or wait so long (null: until something comes). */
export type Next = { readonly entry: OutboxEntry } | { readonly waitMs: number | null }

const UNTRIED: Tries = { attempts: 0, refusals: 0, notBefore: 0 }

export class RetryPlan {
  readonly #config: RetryConfig
  readonly #fraction: () => number
  readonly #tries = new Map<string, Tries>()
  /** Failures of the server in a row, and until when it is left in peace. */
  #away = 0
  #pauseUntil = 0
  #knock = false

  /** `fraction`: a random number from 0 up to 1. */
  constructor(config: RetryConfig, fraction: () => number) {
    this.#config = config
    this.#fraction = fraction
  }

  /** How often in a row the server failed. */
  get away(): number {
    return this.#away
  }

  /** Something new came: worth one try even while the server is left in peace. */
  arrived(): void {
    this.#knock = true
  }

  /** Forgets the pause: an operator says that it is time. */
  resume(): void {
    this.#pauseUntil = 0
    for (const [id, tries] of this.#tries) this.#tries.set(id, { ...tries, notBefore: 0 })
  }

  next(waiting: readonly OutboxEntry[], now: number): Next {
    if (waiting.length === 0) return { waitMs: null }
    const paused = this.#away > 0 && now < this.#pauseUntil
    const ordered = waiting
      .map(entry => ({ entry, tries: this.#tries.get(entry.id) ?? UNTRIED }))
      .toSorted((a, b) => a.tries.attempts - b.tries.attempts || a.entry.sequence - b.entry.sequence)
    const ready = ordered.find(({ tries }) => (paused ? this.#knock : true) && tries.notBefore <= now)
    if (ready !== undefined) {
      // Used up by the try, not by its end: what comes while it is under way is worth one of its own.
      this.#knock = false
      return { entry: ready.entry }
    }
    const earliest = Math.min(...ordered.map(({ tries }) => tries.notBefore))
    return { waitMs: Math.max(1, Math.max(earliest, paused ? this.#pauseUntil : 0) - now) }
  }

  /** It arrived: the server is there, and whatever failed only for its sake need not wait. */
  delivered(id: string): void {
    this.#tries.delete(id)
    if (this.#away === 0) return
    this.#away = 0
    for (const [other, tries] of this.#tries)
      if (tries.refusals === 0) this.#tries.set(other, { ...tries, notBefore: 0 })
  }

  /** The server was away or had a fault of its own; `retryAfterMs` is what it asked for. */
  failed(id: string, now: number, retryAfterMs = 0): void {
    const tries = this.#tries.get(id) ?? UNTRIED
    const attempts = tries.attempts + 1
    this.#tries.set(id, { ...tries, attempts, notBefore: now + this.#delay(attempts) })
    this.#away++
    const asked = Math.min(retryAfterMs, this.#config.longestRetryMs)
    this.#pauseUntil = now + Math.max(asked, this.#delay(this.#away))
  }

  /** The server is there and does not want this entry. Returns how often it said so. */
  refused(id: string, now: number): number {
    this.#away = 0
    const tries = this.#tries.get(id) ?? UNTRIED
    const refusals = tries.refusals + 1
    this.#tries.set(id, { attempts: tries.attempts + 1, refusals, notBefore: now + this.#delay(refusals) })
    return refusals
  }

  forget(id: string): void {
    this.#tries.delete(id)
  }

  /** Doubles each time up to the longest, and then half of it by chance, so that desks do not all come at once. */
  #delay(times: number): number {
    const { firstRetryMs, longestRetryMs } = this.#config
    const whole = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(times - 1, 40))
    return Math.round(whole * (0.5 + this.#fraction() / 2))
  }
}
