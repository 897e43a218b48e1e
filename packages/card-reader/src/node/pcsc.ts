import { type CardChannel, decodeResponse, encodeCommand, TransportError } from '@cccd/card-core'
import { ReaderLink } from './reader-link.ts'
import type { ReaderState } from './reader-messages.ts'
import { transportError } from './scard-error.ts'

export type { ReaderState } from './reader-messages.ts'

export interface ReaderServiceOptions {
  /** How long one command may take before the card is given up, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
}

export type ReaderEvent =
  | { readonly kind: 'readerAdded' | 'readerRemoved'; readonly reader: string }
  | { readonly kind: 'cardInserted'; readonly reader: string; readonly atr?: Uint8Array }
  | { readonly kind: 'cardRemoved'; readonly reader: string }
  /** The smart card service went away; the next call of the service starts anew. */
  | { readonly kind: 'serviceLost' }

/** PC/SC of this machine. Close it: it holds a process. */
export interface ReaderService {
  /** All readers with what lies on them. Throws TransportError NO_SMARTCARD_SERVICE or PCSC_NOT_INSTALLED. */
  readers(): Promise<readonly ReaderState[]>
  /** Readers and cards as they come and go, from the call on; ends with `close`. */
  events(): AsyncIterable<ReaderEvent>
  /**
   * Waits until a card lies on the reader named (in full or in part), or on any, and connects to it for this program alone. Throws
   * TransportError NO_READER when there is none, READER_BUSY when another program holds the card, CARD_MUTE, or
   * READ_CANCELLED when `signal` aborts.
   */
  waitForCard(given?: { readonly reader?: string; readonly signal?: AbortSignal }): Promise<ReaderCard>
  /** Ends the process behind it; resolves when that is gone. */
  close(): Promise<void>
}

/**
 * A connected card. `transmit` throws TransportError CARD_REMOVED, CARD_TIMEOUT, CARD_MUTE, NO_READER or READER_FAILED,
 * and ProtocolError RESPONSE_TOO_SHORT for an answer under two bytes.
 */
export interface ReaderCard extends CardChannel {
  readonly reader: string
  readonly atr: Uint8Array
  /** Lets the card go and resets it; never throws. */
  disconnect(): Promise<void>
}

/** Opens PC/SC. Throws TransportError PCSC_NOT_INSTALLED or NO_SMARTCARD_SERVICE, with the remedy in its facts. */
export async function openReaderService(options: ReaderServiceOptions = {}): Promise<ReaderService> {
  const link = new ReaderLink(options.timeoutMs ?? 30_000)
  const closing = new AbortController()
  await link.open()
  return {
    async readers() {
      await link.open()
      return sorted(link)
    },
    events: () => eventsOf(link, closing.signal),
    waitForCard: given => waitForCard(link, given),
    async close() {
      closing.abort()
      await link.close()
    },
  }
}

async function waitForCard(
  link: ReaderLink,
  given: { readonly reader?: string; readonly signal?: AbortSignal } = {},
): Promise<ReaderCard> {
  let had = false
  for (;;) {
    await link.open()
    if (given.signal?.aborted) throw new TransportError('READ_CANCELLED', 'waiting for a card was cancelled')
    const states = named(sorted(link), given.reader)
    if (!states.length) {
      const message = given.reader ? `there is no reader "${given.reader}"` : 'there is no reader'
      if (!had) throw transportError('NO_READER', message, given.reader)
      // A service that ends takes its readers away first: the next look tells whether that was all.
      had = false
      await new Promise(resolve => setTimeout(resolve, SERVICE_END_MS))
      continue
    }
    had = true
    const found = states.find(({ card }) => card === 'present') ?? states.find(({ card }) => card === 'mute')
    if (found?.card === 'mute') throw transportError('CARD_MUTE', 'the card does not answer', found.reader)
    if (!found) {
      await nextChange(link, given.signal)
      continue
    }
    const card = await connect(link, found.reader)
    if (card) return card
    // It was lifted meanwhile; the news of that may be here already or still come.
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** The card, or undefined when it was gone before it could be connected to. */
async function connect(link: ReaderLink, reader: string): Promise<ReaderCard | undefined> {
  try {
    const reply = await link.request({ kind: 'connect', reader })
    return reply.kind === 'connected' ? connectedCard(link, reader, reply.atr) : undefined
  } catch (error) {
    if (error instanceof TransportError && error.code === 'CARD_REMOVED') return undefined
    throw error
  }
}

function connectedCard(link: ReaderLink, reader: string, atr: Uint8Array): ReaderCard {
  const { generation } = link
  let connected = true
  const isAlive = (): boolean => connected && link.generation === generation && link.states.has(reader)
  return {
    reader,
    atr,
    async transmit(command) {
      if (!isAlive()) throw transportError('CARD_REMOVED', 'the connection to the card is gone', reader)
      const reply = await link.request({ kind: 'transmit', reader, command: encodeCommand(command) })
      const bytes = reply.kind === 'response' ? reply.bytes : new Uint8Array()
      // Some drivers call it a success with no bytes when the card is lifted: the next look at the reader tells.
      if (bytes.length < 2 && (await goesAway(link, reader))) {
        throw transportError('CARD_REMOVED', 'the card was taken from the reader', reader)
      }
      return decodeResponse(bytes)
    },
    async disconnect() {
      if (!isAlive()) return
      connected = false
      try {
        await link.request({ kind: 'disconnect', reader })
      } catch (error) {
        // The card or the service went first: then it is disconnected.
        if (!(error instanceof TransportError)) throw error
      }
    },
  }
}

function sorted(link: ReaderLink): ReaderState[] {
  return [...link.states.values()].toSorted((a, b) => (a.reader < b.reader ? -1 : 1))
}

/** The reader of this very name, else all whose names contain it; all when there is no name. */
function named(states: readonly ReaderState[], name: string | undefined): readonly ReaderState[] {
  if (name === undefined) return states
  const exact = states.filter(({ reader }) => reader === name)
  return exact.length > 0 ? exact : states.filter(({ reader }) => reader.includes(name))
}

/** Between the last reader's leave and the service's own, when it is the service that ends. */
const SERVICE_END_MS = 500

/** PC/SC looks for a card about every 400 ms. */
const PRESENCE_MS = 1500

/** Whether the card is gone, or goes within the time in which PC/SC would notice. */
async function goesAway(link: ReaderLink, reader: string): Promise<boolean> {
  const limit = AbortSignal.timeout(PRESENCE_MS)
  while (link.states.get(reader)?.card === 'present') {
    try {
      await nextChange(link, limit)
    } catch {
      // Out of time, or the service went too.
      return link.states.get(reader)?.card !== 'present'
    }
  }
  return true
}

/** Resolves with the next change of a reader; rejects when the service is lost or `signal` aborts. */
function nextChange(link: ReaderLink, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = link.listen(event => {
      finish()
      if (event.kind === 'lost') reject(event.error)
      else resolve()
    })
    const abort = (): void => {
      finish()
      reject(new TransportError('READ_CANCELLED', 'waiting for a card was cancelled'))
    }
    const finish = (): void => {
      stop()
      signal?.removeEventListener('abort', abort)
    }
    signal?.addEventListener('abort', abort)
  })
}

async function* eventsOf(link: ReaderLink, closing: AbortSignal): AsyncGenerator<ReaderEvent> {
  const queue: ReaderEvent[] = []
  let wake = (): void => undefined
  const wakeUp = (): void => wake()
  const stop = link.listen(event => {
    const { kind } = event
    if (kind === 'lost') queue.push({ kind: 'serviceLost' })
    else if (kind === 'gone') queue.push({ kind: 'readerRemoved', reader: event.reader })
    else queue.push(...changes(event.before, event.now))
    wakeUp()
  })
  closing.addEventListener('abort', wakeUp)
  try {
    while (!closing.aborted) {
      for (let event = queue.shift(); event; event = queue.shift()) yield event
      if (closing.aborted) return
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  } finally {
    stop()
    closing.removeEventListener('abort', wakeUp)
  }
}

function changes(before: ReaderState | undefined, now: ReaderState): ReaderEvent[] {
  const { reader, atr } = now
  const events: ReaderEvent[] = before ? [] : [{ kind: 'readerAdded', reader }]
  const wasThere = before !== undefined && before.card !== 'absent'
  const isThere = now.card !== 'absent'
  if (wasThere && !isThere) events.push({ kind: 'cardRemoved', reader })
  if (!wasThere && isThere) events.push({ kind: 'cardInserted', reader, ...(atr ? { atr } : {}) })
  return events
}
