import { type ErrorCode, TransportError } from '@cccd/card-core'
import type { ReaderService, ReaderState } from '@cccd/card-reader/pcsc'
import type { ReaderCondition, ReaderInfo, ServiceCondition } from '../api/readers.ts'
import type { Log } from '../http/log.ts'
import { DirtyKeys } from './dirty-keys.ts'

export interface ReadersNow {
  readonly service: ServiceCondition
  /** Why the service is not ready: NO_SMARTCARD_SERVICE, PCSC_NOT_INSTALLED or READER_FAILED. */
  readonly problem?: ErrorCode
  readonly readers: readonly ReaderInfo[]
}

/** What a listener gets: a reader as it is now (`gone` once, when it was unplugged), or the service as it is now. */
export type ReaderNews =
  | { readonly type: 'reader'; readonly reader: ReaderInfo }
  | { readonly type: 'service'; readonly service: ServiceCondition; readonly problem?: ErrorCode }

const SERVICE = Symbol('service')
type Key = string | typeof SERVICE

/** Another program taking a card makes no event, so the states are looked at this often; it costs no call of PC/SC. */
const LOOK_MS = 1000
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 3000

/**
 * The readers of this desk for as long as it runs: it opens PC/SC, follows readers and cards as they come and go, and
 * opens it anew when the service or the process behind it ends.
 */
export class ReaderWatch {
  readonly #openReaders: () => Promise<ReaderService>
  readonly #simulated: boolean
  readonly #log: Log | undefined
  readonly #listeners = new Set<DirtyKeys<Key>>()
  readonly #watchers = new Set<() => void>()
  readonly #closing = new AbortController()
  #readers: ReadonlyMap<string, ReaderInfo> = new Map()
  #condition: ServiceCondition = 'missing'
  #problem: ErrorCode | undefined
  #service: ReaderService | undefined
  #running: Promise<void> | undefined
  #poke: (() => void) | undefined
  #poked = false
  #settle = (): void => undefined
  readonly #settled: Promise<void>

  constructor(given: {
    readonly openReaders: () => Promise<ReaderService>
    /** The readers are simulated ones. */
    readonly simulated?: boolean
    readonly log?: Log
  }) {
    this.#openReaders = given.openReaders
    this.#simulated = given.simulated ?? false
    this.#log = given.log
    this.#settled = new Promise(resolve => {
      this.#settle = resolve
    })
  }

  /** Begins to watch; returns at once. */
  start(): void {
    this.#running ??= this.#supervise()
  }

  /** Resolves when the first look at PC/SC is over, whatever it gave. */
  settled(): Promise<void> {
    return this.#settled
  }

  now(): ReadersNow {
    return {
      service: this.#condition,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      readers: [...this.#readers.values()],
    }
  }

  reader(name: string): ReaderInfo | undefined {
    return this.#readers.get(name)
  }

  /** PC/SC itself. Throws TransportError with the reason when it is not there now. */
  service(): ReaderService {
    if (this.#condition === 'ready' && this.#service) return this.#service
    throw new TransportError(this.#problem ?? 'NO_SMARTCARD_SERVICE', 'the smart card service is not there')
  }

  /** Asks PC/SC now whether it is there, opening it anew where that is needed. */
  async answers(): Promise<boolean> {
    try {
      await this.#service?.readers()
      return this.#service !== undefined
    } catch (error) {
      if (error instanceof TransportError) return false
      throw error
    }
  }

  /** Looks at the readers soon: a card that this desk takes or lets go makes no news of its own. */
  look(): void {
    this.#wake()
  }

  /** Calls back at every change; returns what ends that. */
  onChange(call: () => void): () => void {
    this.#watchers.add(call)
    return () => this.#watchers.delete(call)
  }

  /** Everything as it is now, then every change; a slow listener misses what was overtaken. Ends when `signal` aborts or
   * the watch is closed. */
  async *events(signal?: AbortSignal): AsyncGenerator<ReaderNews, void, void> {
    const dirty = new DirtyKeys<Key>()
    dirty.mark(SERVICE)
    for (const name of this.#readers.keys()) dirty.mark(name)
    this.#listeners.add(dirty)
    const close = (): void => dirty.close()
    const ends = [this.#closing.signal, ...(signal ? [signal] : [])]
    for (const end of ends) end.addEventListener('abort', close)
    if (ends.some(({ aborted }) => aborted)) close()
    try {
      for await (const [key] of dirty) {
        if (signal?.aborted) return
        yield this.#newsOf(key)
      }
    } finally {
      this.#listeners.delete(dirty)
      for (const end of ends) end.removeEventListener('abort', close)
    }
  }

  /** Ends the listeners and the process behind PC/SC. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake()
    await this.#running
    await this.#service?.close()
  }

  #newsOf(key: Key): ReaderNews {
    if (typeof key === 'string') {
      return { type: 'reader', reader: this.#readers.get(key) ?? this.#info(key, 'gone') }
    }
    const { service, problem } = this.now()
    return { type: 'service', service, ...(problem === undefined ? {} : { problem }) }
  }

  #info(name: string, state: ReaderCondition): ReaderInfo {
    return { name, state, ...(this.#simulated ? { simulated: true } : {}) }
  }

  async #supervise(): Promise<void> {
    let retry = FIRST_RETRY_MS
    while (!this.#closing.signal.aborted) {
      let pause = LOOK_MS
      try {
        if (!this.#service) {
          const service = await this.#openReaders()
          this.#service = service
          void this.#follow(service)
        }
        const states = await this.#service.readers()
        retry = FIRST_RETRY_MS
        this.#take('ready', states)
      } catch (error) {
        if (this.#closing.signal.aborted) break
        // A fault that is none of PC/SC's would come again and again: it is told once, as a reader that failed.
        const code = error instanceof TransportError ? error.code : 'READER_FAILED'
        this.#take(this.#condition === 'missing' ? 'missing' : 'lost', [], code)
        pause = retry
        retry = Math.min(2 * retry, LONGEST_RETRY_MS)
      }
      this.#settle()
      await this.#pause(pause)
    }
    this.#settle()
  }

  /** Looks again whenever PC/SC tells of anything. */
  async #follow(service: ReaderService): Promise<void> {
    for await (const _event of service.events()) this.#wake()
  }

  #wake(): void {
    this.#poked = true
    this.#poke?.()
  }

  async #pause(ms: number): Promise<void> {
    if (!this.#poked) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, ms)
        this.#poke = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#poke = undefined
    }
    this.#poked = false
  }

  #take(condition: ServiceCondition, states: readonly ReaderState[], problem?: ErrorCode): void {
    const before = this.#readers
    const now = new Map(states.map(state => [state.reader, this.#info(state.reader, conditionOf(state))]))
    const changed: Key[] = [...new Set([...before.keys(), ...now.keys()])].filter(
      name => before.get(name)?.state !== now.get(name)?.state,
    )
    if (condition !== this.#condition || problem !== this.#problem) {
      changed.unshift(SERVICE)
      this.#log?.('info', 'smart-card-service', { service: condition, problem })
    }
    this.#readers = now
    this.#condition = condition
    this.#problem = problem
    if (changed.length === 0) return
    for (const dirty of this.#listeners) for (const key of changed) dirty.mark(key)
    for (const call of [...this.#watchers]) call()
  }
}

function conditionOf({ card, inUse }: ReaderState): ReaderCondition {
  if (card === 'absent') return 'empty'
  if (card === 'mute') return 'mute'
  return inUse ? 'busy' : 'card'
}
