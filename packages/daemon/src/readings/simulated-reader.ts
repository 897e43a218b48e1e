import { type CommandApdu, type ResponseApdu, TransportError } from '@cccd/card-core'
import type { ReaderCard, ReaderEvent, ReaderService, ReaderState } from '@cccd/card-reader/pcsc'

/** A card as a simulated reader takes it; whoever lays it brings the chip and how long an answer takes. */
export interface LaidCard {
  readonly atr: Uint8Array
  transmit(command: CommandApdu): Promise<ResponseApdu>
  /** Power off and on again. */
  reset(): void
}

/** A reader in this process, without PC/SC: for training and demonstrations. */
export class SimulatedReader {
  readonly name: string
  readonly #listeners = new Set<() => void>()
  #card: { readonly laid: LaidCard; readonly lifted: AbortController } | undefined
  #inUse = false

  constructor(name: string) {
    this.name = name
  }

  /** Lays a card down, in place of the one that lies there. */
  lay(laid: LaidCard): void {
    this.lift()
    this.#card = { laid, lifted: new AbortController() }
    this.#tell()
  }

  /** Takes the card away, also from under a reading. */
  lift(): void {
    const card = this.#card
    if (!card) return
    this.#card = undefined
    this.#inUse = false
    card.lifted.abort()
    this.#tell()
  }

  get state(): ReaderState {
    const atr = this.#card?.laid.atr
    const card = this.#card ? 'present' : 'absent'
    return { reader: this.name, card, inUse: this.#inUse, ...(atr ? { atr } : {}) }
  }

  /** Calls back at every change; returns what ends that. */
  listen(call: () => void): () => void {
    this.#listeners.add(call)
    return () => this.#listeners.delete(call)
  }

  /** The card for one program alone. Throws TransportError READER_BUSY; undefined when nothing lies there. */
  connect(): ReaderCard | undefined {
    const card = this.#card
    if (!card) return undefined
    if (this.#inUse) throw new TransportError('READER_BUSY', 'another program is using the card', { reader: this.name })
    this.#inUse = true
    card.laid.reset()
    this.#tell()
    const { signal } = card.lifted
    return {
      reader: this.name,
      atr: card.laid.atr,
      transmit: async command => {
        try {
          return await unlessLifted(signal, this.name, card.laid.transmit(command))
        } catch (error) {
          // A card that says so itself is gone from the reader too.
          const isGone = error instanceof TransportError && error.code === 'CARD_REMOVED'
          if (isGone && this.#card === card) this.lift()
          throw error
        }
      },
      disconnect: async () => {
        if (this.#card !== card || !this.#inUse) return
        this.#inUse = false
        card.laid.reset()
        this.#tell()
      },
    }
  }

  #tell(): void {
    for (const call of [...this.#listeners]) call()
  }
}

function unlessLifted(lifted: AbortSignal, reader: string, answer: Promise<ResponseApdu>): Promise<ResponseApdu> {
  return new Promise((resolve, reject) => {
    const lift = (): void =>
      reject(new TransportError('CARD_REMOVED', 'the card was taken from the reader', { reader }))
    if (lifted.aborted) lift()
    lifted.addEventListener('abort', lift)
    answer.then(resolve, reject).finally(() => lifted.removeEventListener('abort', lift))
  })
}

/** Simulated readers behind the interface of PC/SC. */
export function simulatedReaders(readers: readonly SimulatedReader[]): ReaderService {
  const closing = new AbortController()
  const nextChange = (signal?: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      const done = (): void => {
        for (const stop of stops) stop()
        signal?.removeEventListener('abort', done)
        closing.signal.removeEventListener('abort', done)
        resolve()
      }
      const stops = readers.map(reader => reader.listen(done))
      signal?.addEventListener('abort', done)
      closing.signal.addEventListener('abort', done)
      if (signal?.aborted || closing.signal.aborted) done()
    })
  const requireOpen = (): void => {
    if (closing.signal.aborted) throw new TransportError('READER_FAILED', 'the reader service was closed')
  }
  return {
    async readers() {
      requireOpen()
      return readers.map(({ state }) => state)
    },
    async *events(): AsyncGenerator<ReaderEvent> {
      let before = new Map(readers.map(({ name, state }) => [name, state.card]))
      while (!closing.signal.aborted) {
        await nextChange()
        const now = new Map(readers.map(({ name, state }) => [name, state.card]))
        for (const [reader, card] of now) {
          if (card === before.get(reader)) continue
          yield { kind: card === 'absent' ? 'cardRemoved' : 'cardInserted', reader }
        }
        before = now
      }
    },
    async waitForCard({ reader, signal } = {}) {
      const exact = readers.filter(({ name }) => name === reader)
      const named = exact.length > 0 ? exact : readers.filter(({ name }) => name.includes(reader ?? ''))
      if (named.length === 0) throw new TransportError('NO_READER', 'there is no such reader', { reader: reader ?? '' })
      for (;;) {
        requireOpen()
        if (signal?.aborted) throw new TransportError('READ_CANCELLED', 'waiting for a card was cancelled')
        const card = named.find(({ state }) => state.card === 'present')?.connect()
        if (card) return card
        await nextChange(signal)
      }
    },
    async close() {
      closing.abort()
    },
  }
}
