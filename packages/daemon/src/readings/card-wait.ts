import { TransportError } from '@cccd/card-core'
import type { ReaderCard } from '@cccd/card-reader/pcsc'
import type { ReaderInfo } from '../api/readers.ts'
import type { ReaderWatch } from './reader-watch.ts'

/** The readers that a reading may use. */
export interface CardWait {
  readonly watch: ReaderWatch
  /** Those that are there now and free for it, best first when several have a card. */
  candidates(): readonly ReaderInfo[]
  /** The card came on this one: it is the reading's alone from here on. */
  settleOn(reader: string): void
}

/** How long one attempt to connect waits for a card that the last look saw and that may be gone. */
const ATTEMPT_MS = 1000

/**
 * Waits until a card lies on a candidate and connects to it. What may pass by itself is waited out: a card that is mute
 * (`isMute` tells), a reader that was unplugged, a service that restarts. Throws TransportError: NO_CARD when the time is
 * up, or what stood in the way last (CARD_MUTE, NO_READER, NO_SMARTCARD_SERVICE), READER_BUSY when another program holds
 * the card, READ_CANCELLED when `signal` aborts.
 */
export async function waitForCard(
  wait: CardWait,
  given: { readonly waitMs: number; readonly signal: AbortSignal; isMute(error: TransportError): void },
): Promise<ReaderCard> {
  const { waitMs, signal } = given
  let isTimeUp = false
  let wake = (): void => undefined
  const timer = setTimeout(() => {
    isTimeUp = true
    wake()
  }, waitMs)
  const wakeUp = (): void => wake()
  const stop = wait.watch.onChange(wakeUp)
  signal.addEventListener('abort', wakeUp)
  let problem: TransportError | undefined
  try {
    for (;;) {
      if (signal.aborted) throw new TransportError('READ_CANCELLED', 'the reading was cancelled')
      const changed = new Promise<void>(resolve => {
        wake = resolve
      })
      const outcome = await attempt(wait, signal)
      if (outcome !== undefined && !(outcome instanceof TransportError)) {
        if (signal.aborted) {
          await outcome.disconnect()
          continue
        }
        wait.settleOn(outcome.reader)
        return outcome
      }
      if (outcome?.code === 'CARD_MUTE' && problem?.code !== 'CARD_MUTE') given.isMute(outcome)
      problem = outcome
      if (isTimeUp) throw problem ?? new TransportError('NO_CARD', `no card came within ${waitMs / 1000} s`)
      await changed
    }
  } finally {
    clearTimeout(timer)
    stop()
    signal.removeEventListener('abort', wakeUp)
  }
}

/** The card; or what stands in the way and may pass; or undefined when there is nothing on any reader. */
async function attempt(wait: CardWait, signal: AbortSignal): Promise<ReaderCard | TransportError | undefined> {
  const candidates = wait.candidates()
  const best =
    candidates.find(({ state }) => state === 'card') ??
    candidates.find(({ state }) => state === 'busy') ??
    candidates.find(({ state }) => state === 'mute')
  try {
    const service = wait.watch.service()
    if (candidates.length === 0) return new TransportError('NO_READER', 'the reader is not plugged in')
    if (best === undefined) return undefined
    if (best.state === 'mute') return new TransportError('CARD_MUTE', 'the card does not answer', { reader: best.name })
    const limit = new AbortController()
    const abort = (): void => limit.abort()
    const timer = setTimeout(abort, ATTEMPT_MS)
    signal.addEventListener('abort', abort)
    try {
      return await service.waitForCard({ reader: best.name, signal: limit.signal })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    switch (error.code) {
      case 'READ_CANCELLED':
        return undefined
      case 'CARD_MUTE':
      case 'CARD_REMOVED':
      case 'NO_READER':
      case 'NO_SMARTCARD_SERVICE':
      case 'PCSC_NOT_INSTALLED':
        return error
      default:
        throw error
    }
  }
}
