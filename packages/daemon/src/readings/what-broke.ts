import { TransportError } from '@cccd/card-core'
import type { ReaderWatch } from './reader-watch.ts'

/** PC/SC sees within about 400 ms that a card was lifted. */
const NOTICED_MS = 1000
/** A process outlives its service by a moment, on a busy machine by a second, in which it still seems to answer. */
const OUTLIVED_MS = 1500
const ASK_MS = 150

/**
 * The error to tell of a reading that broke off. What PC/SC says in that moment is ambiguous: a killed service looks like
 * a lifted card (both leave an invalid handle), and a killed reader process looks like a stopped service. So it is asked
 * which of them is still there: CARD_REMOVED, NO_READER, NO_SMARTCARD_SERVICE, or READER_FAILED for the process alone.
 */
export async function whatBroke(error: unknown, watch: ReaderWatch, reader: string): Promise<unknown> {
  if (!(error instanceof TransportError)) return error
  if (error.code === 'CARD_REMOVED') {
    await lifted(watch, reader)
    const more = [error.facts, { cause: error }] as const
    if (watch.now().service !== 'ready') {
      return new TransportError('NO_SMARTCARD_SERVICE', 'the smart card service ended', ...more)
    }
    return watch.reader(reader) ? error : new TransportError('NO_READER', 'the reader was unplugged', ...more)
  }
  if (error.code === 'NO_SMARTCARD_SERVICE' || error.code === 'READER_FAILED') {
    const more = [error.facts, { cause: error }] as const
    for (let asked = 0; asked < OUTLIVED_MS; asked += ASK_MS) {
      await new Promise(resolve => setTimeout(resolve, ASK_MS))
      if (await watch.answers()) continue
      return new TransportError('NO_SMARTCARD_SERVICE', 'the smart card service ended', ...more)
    }
    if (error.code === 'READER_FAILED') return error
    return new TransportError('READER_FAILED', 'the process that held the reader ended', ...more)
  }
  return error
}

/** Waits until the reader is seen without the card, or the service is gone, or neither comes. A service that ends takes
 * its readers away first, so a reader that is gone settles nothing yet. */
async function lifted(watch: ReaderWatch, reader: string): Promise<void> {
  const isSettled = (): boolean => {
    const state = watch.reader(reader)?.state
    return watch.now().service !== 'ready' || state === 'empty' || state === 'mute'
  }
  await new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const timer = setTimeout(done, NOTICED_MS)
    const stop = watch.onChange(() => {
      if (isSettled()) done()
    })
    watch.look()
    if (isSettled()) done()
  })
}
