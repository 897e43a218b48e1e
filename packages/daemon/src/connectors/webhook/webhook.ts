/**
 * Deliveries to the operator's own server: taken into the outbox first, sent until the server says 2xx, each under the
 * reading's id as idempotency key. What is never wanted, or waits too long, is given up in sight and kept.
 */
import { ConnectorError } from '@cccd/card-core'
import { faultFacts, type Log } from '../../http/log.ts'
import type { WebhookConfig } from '../config.ts'
import { type HttpAnswer, httpCall, refusalOf } from '../http-call.ts'
import type { Timer } from '../timer.ts'
import { GONE, type Outbox, type OutboxDepth, type OutboxEntry } from './outbox.ts'
import { RetryPlan } from './retry-plan.ts'
import { DAMAGED } from './sealed-entry.ts'
import { signWebhook } from './signature.ts'

export interface WebhookStatus extends OutboxDepth {
  readonly state: 'idle' | 'delivering' | 'retrying'
  readonly delivered: number
  readonly lastDeliveryAt?: string
  readonly lastFailureAt?: string
  readonly lastFailure?: string
  readonly lastHttpStatus?: number
}

/** `stored`: taken, on its way. `waiting`, `dead`: this id is in the outbox already. `delivered`: it has arrived before. */
export type Taken = 'stored' | 'waiting' | 'dead' | 'delivered'

// Statuses by which a server says that it is this entry that it does not want. Everything else is about the server or the
// account, and would be the same for any entry.
const ABOUT_THE_ENTRY: ReadonlySet<number> = new Set([400, 409, 413, 422])
const REMEMBERED = 10_000
const HOUR_MS = 3_600_000

export class Webhook {
  readonly #given: WebhookParts
  readonly #plan: RetryPlan
  readonly #closing = new AbortController()
  readonly #arrived = new Set<string>()
  /** Arrived, but the disk would not let go of it. */
  readonly #leftovers = new Set<string>()
  /** Taken back by an operator: not given up for age a second time. */
  readonly #pardoned = new Set<string>()
  #wake: () => void = () => undefined
  #running: Promise<void> | undefined
  #state: WebhookStatus['state'] = 'idle'
  #delivered = 0
  #last: Partial<WebhookStatus> = {}

  constructor(given: WebhookParts) {
    this.#given = given
    this.#plan = new RetryPlan(given.config, () => {
      const [a = 0, b = 0] = given.random(2)
      return (a * 256 + b) / 65_536
    })
  }

  /** Begins to deliver, with what an earlier run left. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Takes a delivery; it is on the disk when this resolves, and will be sent however long that takes. Throws ConnectorError
   * OUTBOX_FULL or OUTBOX_FAILED: then it was not taken. */
  async deliver(id: string, body: Uint8Array): Promise<Taken> {
    const { outbox, now } = this.#given
    if (this.#arrived.has(id)) return 'delivered'
    const known = outbox.has(id)
    const entry = await outbox.put(id, { createdAt: now().getTime(), body })
    if (known) return entry.dead ? 'dead' : 'waiting'
    this.#plan.arrived()
    this.#wake()
    return 'stored'
  }

  status(): WebhookStatus {
    return { ...this.#given.outbox.depth(), state: this.#state, delivered: this.#delivered, ...this.#last }
  }

  /** Ids of what was given up, oldest first. */
  dead(): readonly string[] {
    return this.#given.outbox.entries('dead').map(({ id }) => id)
  }

  /** Takes what was given up back; all of it without ids. Its age counts anew. */
  async retryDead(ids?: readonly string[]): Promise<number> {
    const chosen = this.#chosen(ids)
    for (const entry of chosen) {
      this.#plan.forget(entry.id)
      await this.#given.outbox.setDead(entry, false)
      this.#pardoned.add(entry.id)
    }
    this.#plan.resume()
    this.#wake()
    return chosen.length
  }

  /** Throws given-up entries away, by an operator's word. */
  async discardDead(ids?: readonly string[]): Promise<number> {
    const chosen = this.#chosen(ids)
    for (const entry of chosen) await this.#given.outbox.remove(entry)
    if (chosen.length > 0) this.#given.log('warn', 'webhook.discarded', { count: chosen.length })
    return chosen.length
  }

  /** Ends the attempt under way and lets go of the outbox; what waits there waits for the next start. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake()
    await this.#running
    await this.#given.outbox.close()
  }

  #chosen(ids: readonly string[] | undefined): readonly OutboxEntry[] {
    return this.#given.outbox.entries('dead').filter(({ id }) => ids === undefined || ids.includes(id))
  }

  async #run(): Promise<void> {
    const { config, log } = this.#given
    while (!this.#closing.signal.aborted) {
      try {
        await this.#turn()
      } catch (error) {
        // A fault of ours must not end the deliveries for good.
        log('error', 'webhook.fault', faultFacts(error))
        await this.#pause(config.longestRetryMs)
      }
    }
  }

  async #turn(): Promise<void> {
    const { outbox, now } = this.#given
    await this.#sweep()
    const waiting = outbox.entries('waiting').filter(({ id }) => !this.#leftovers.has(id))
    const next = this.#plan.next(waiting, now().getTime())
    if ('entry' in next) {
      this.#state = 'delivering'
      await this.#attempt(next.entry)
      this.#state = this.#plan.away > 0 ? 'retrying' : 'idle'
    } else {
      this.#state = waiting.length > 0 ? 'retrying' : 'idle'
      await this.#pause(next.waitMs)
    }
  }

  #pause(ms: number | null): Promise<void> {
    return new Promise(resolve => {
      if (this.#closing.signal.aborted) return resolve()
      const cancel = ms === null ? () => undefined : this.#given.timer(ms, () => this.#wake())
      this.#wake = () => {
        this.#wake = () => undefined
        cancel()
        resolve()
      }
    })
  }

  async #attempt(entry: OutboxEntry): Promise<void> {
    const { outbox, now, log } = this.#given
    const { id } = entry
    let createdAt = now().getTime()
    try {
      const item = await outbox.read(entry)
      createdAt = item.createdAt
      const answer = await this.#send(id, item.body)
      if (answer.status < 200 || answer.status > 299) throw new Answered(answer)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      await this.#failed(entry, createdAt, error)
      return
    }
    const at = now().toISOString()
    this.#delivered++
    this.#last = { ...this.#last, lastDeliveryAt: at }
    this.#plan.delivered(id)
    this.#remember(id)
    log('info', 'webhook.delivered', { requestId: id, waitedMs: now().getTime() - createdAt })
    this.#leftovers.add(id)
    await this.#sweep()
  }

  /** Removes what has arrived; where the disk refuses, again at the next turn, and it is not sent again meanwhile. */
  async #sweep(): Promise<void> {
    const { outbox, log } = this.#given
    for (const entry of outbox.entries('waiting').filter(({ id }) => this.#leftovers.has(id))) {
      try {
        await outbox.remove(entry)
        this.#leftovers.delete(entry.id)
      } catch (error) {
        log('error', 'webhook.outbox-stuck', { requestId: entry.id, step: stepOf(error) })
      }
    }
  }

  async #failed(entry: OutboxEntry, createdAt: number, error: unknown): Promise<void> {
    const { config, now, log } = this.#given
    const at = now().getTime()
    const { code, step, status, retryAfterMs } = failureOf(error, at)
    this.#last = {
      ...this.#last,
      lastFailureAt: now().toISOString(),
      lastFailure: code,
      ...(status !== undefined && { lastHttpStatus: status }),
    }
    log('warn', 'webhook.failed', { requestId: entry.id, code, step, status })
    if (step === DAMAGED) return this.#bury(entry, 'damaged')
    if (step === GONE) return this.#given.outbox.forgetGone(entry)
    if (status !== undefined && ABOUT_THE_ENTRY.has(status)) {
      if (this.#plan.refused(entry.id, at) >= config.giveUpAfterRefusals) return this.#bury(entry, 'refused')
    } else {
      this.#plan.failed(entry.id, at, retryAfterMs)
    }
    const old = at - createdAt > config.giveUpAfterHours * HOUR_MS
    if (old && !this.#pardoned.has(entry.id)) await this.#bury(entry, 'too old')
  }

  async #bury(entry: OutboxEntry, why: string): Promise<void> {
    const { outbox, log } = this.#given
    this.#plan.forget(entry.id)
    this.#pardoned.delete(entry.id)
    try {
      await outbox.setDead(entry, true)
      log('error', 'webhook.given-up', { requestId: entry.id, why, dead: outbox.depth().dead })
    } catch (error) {
      // It stays where it is and comes up again.
      this.#plan.failed(entry.id, this.#given.now().getTime())
      log('error', 'webhook.outbox-stuck', { requestId: entry.id, step: stepOf(error) })
    }
  }

  #send(id: string, body: Uint8Array): Promise<HttpAnswer> {
    const { config, secrets, now, ca } = this.#given
    return httpCall({
      method: 'POST',
      url: new URL(config.url),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'idempotency-key': id,
        ...signWebhook(secrets, { id, at: now(), body }),
      },
      body,
      timeoutMs: config.timeoutMs,
      // What a receiver says beyond its status is of no use.
      maxBytes: 0,
      statusOnly: true,
      signal: this.#closing.signal,
      ...(ca === undefined ? {} : { ca }),
    })
  }

  #remember(id: string): void {
    this.#arrived.add(id)
    const [oldest] = this.#arrived
    if (this.#arrived.size > REMEMBERED && oldest !== undefined) this.#arrived.delete(oldest)
  }
}

export interface WebhookParts {
  readonly config: WebhookConfig
  readonly outbox: Outbox
  readonly secrets: readonly Uint8Array[]
  readonly ca?: string
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly timer: Timer
  readonly log: Log
}

/** An answer that is no success, carried to where failures are judged. */
class Answered extends Error {
  readonly answer: HttpAnswer
  constructor(answer: HttpAnswer) {
    super('the receiver answered with no success')
    this.answer = answer
  }
}

interface Failure {
  readonly code: string
  readonly step?: string
  readonly status?: number
  readonly retryAfterMs: number
}

function failureOf(error: unknown, now: number): Failure {
  if (error instanceof Answered) {
    const { status, retryAfter } = error.answer
    return { code: refusalOf(status).code, status, retryAfterMs: retryAfterMs(retryAfter, now) }
  }
  if (error instanceof ConnectorError) {
    const { httpStatus: status, step } = error.facts
    const known = { ...(status !== undefined && { status }), ...(step !== undefined && { step }) }
    return { code: error.code, retryAfterMs: 0, ...known }
  }
  throw error
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfterMs(text: string | null, now: number): number {
  if (text === null) return 0
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? 0 : Math.max(0, at - now)
}

function stepOf(error: unknown): string {
  if (error instanceof ConnectorError) return error.facts.step ?? ''
  throw error
}
