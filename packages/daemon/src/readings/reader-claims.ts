import { TransportError } from '@cccd/card-core'
import type { ReaderInfo } from '../api/readers.ts'
import type { ReaderWatch } from './reader-watch.ts'

/** A reading's right to a reader. */
export interface Claim {
  /** The readers that are there now and free for it. */
  candidates(): readonly ReaderInfo[]
  /** The card came on this one: the claim is to it alone from here on. */
  settleOn(reader: string): void
  /** Who uses it; once that is over, others wait for the release instead of being refused. */
  heldBy(holder: { readonly isOver: boolean }): void
  release(): void
}

interface Entry {
  /** The name asked for, or a part of it; undefined: any reader. */
  readonly name: string | undefined
  /** The one reader that it is to, once that is known. */
  reader: string | undefined
  holder?: { readonly isOver: boolean }
}

/**
 * One reading at a time on a reader. A claim to "any reader" is to whichever free one gets a card; it leaves a reader to
 * whoever names that one, as long as another remains for it.
 */
export class ReaderClaims {
  readonly #watch: ReaderWatch
  readonly #entries = new Set<Entry>()
  readonly #waiting = new Set<() => void>()

  constructor(watch: ReaderWatch) {
    this.#watch = watch
  }

  /**
   * Claims a reader by its name or a part of it, or any. Throws TransportError NO_READER when none fits, READER_BUSY when
   * others hold what fits; those that are about to end are waited for, `patienceMs` at most.
   */
  async take(name: string | undefined, patienceMs: number): Promise<Claim> {
    const until = performance.now() + patienceMs
    for (;;) {
      const blockers = this.#blockers(name)
      if (blockers.length === 0) return this.#enter(name)
      const areEnding = blockers.every(({ holder }) => holder?.isOver)
      const left = until - performance.now()
      if (!areEnding || left <= 0) {
        throw new TransportError(
          'READER_BUSY',
          'another reading uses this reader',
          name === undefined ? {} : { reader: name },
        )
      }
      await this.#nextRelease(left)
    }
  }

  /** Who stands in the way of a new claim. Throws TransportError NO_READER when no reader fits the name. */
  #blockers(name: string | undefined): readonly Entry[] {
    const fitting = named(this.#watch.now().readers, name)
    if (fitting.length === 0) {
      const message = name === undefined ? 'there is no reader' : 'there is no reader of this name'
      throw new TransportError('NO_READER', message, name === undefined ? {} : { reader: name })
    }
    const holders = [...this.#entries].filter(({ reader }) => fitting.some(one => one.name === reader))
    const free = fitting.filter(one => !holders.some(({ reader }) => reader === one.name))
    if (free.length === 0) return holders
    const [only] = free
    const open = [...this.#entries].filter(({ reader }) => reader === undefined)
    if (free.length === 1 && only?.name === name) {
      return open.filter(entry => this.#free(entry).every(one => one.name === only?.name))
    }
    // Two that wait for whichever gets a card could each get the other's.
    return open.filter(entry => this.#free(entry).some(one => free.some(({ name: other }) => other === one.name)))
  }

  #enter(name: string | undefined): Claim {
    const isExact = this.#watch.now().readers.some(reader => reader.name === name)
    const entry: Entry = { name, reader: isExact ? name : undefined }
    this.#entries.add(entry)
    return {
      candidates: () => this.#free(entry),
      settleOn: reader => {
        entry.reader = reader
      },
      heldBy: holder => {
        entry.holder = holder
      },
      release: () => {
        this.#entries.delete(entry)
        for (const wake of [...this.#waiting]) wake()
      },
    }
  }

  /** The readers that are there for an entry now. */
  #free(entry: Entry): readonly ReaderInfo[] {
    const { readers } = this.#watch.now()
    if (entry.reader !== undefined) return readers.filter(({ name }) => name === entry.reader)
    const taken = new Set([...this.#entries].filter(other => other !== entry).map(({ reader }) => reader))
    return named(readers, entry.name).filter(({ name }) => !taken.has(name))
  }

  #nextRelease(mostMs: number): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, mostMs)
      this.#waiting.add(done)
    })
  }
}

/** The reader of this very name, else all whose names contain it; all when there is no name. */
function named(readers: readonly ReaderInfo[], name: string | undefined): readonly ReaderInfo[] {
  if (name === undefined) return readers
  const exact = readers.filter(reader => reader.name === name)
  return exact.length > 0 ? exact : readers.filter(reader => reader.name.includes(name))
}
