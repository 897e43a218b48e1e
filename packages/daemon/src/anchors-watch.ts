import type { TrustAnchors } from '@cccd/verifier'
import type { Log } from './desk.ts'
import { faultFacts } from './http/log.ts'

/** Certificates and revocation lists change while a desk runs for weeks: they are read again this often. */
const RELOAD_MS = 10 * 60_000

/** The trust anchors as they are now. */
export interface AnchorsWatch {
  now(): TrustAnchors
  /** Reads them again at once. */
  reload(): Promise<void>
  close(): void
}

/** Loads the anchors and keeps them fresh. Throws what the first load throws; a later one that fails leaves the anchors
 * as they are and is logged. */
export async function watchAnchors(load: () => Promise<TrustAnchors>, log: Log): Promise<AnchorsWatch> {
  let anchors = await load()
  const reload = async (): Promise<void> => {
    try {
      const fresh = await load()
      if (fresh.id !== anchors.id)
        log('info', 'anchors', { id: fresh.id, cscas: fresh.cscas.length, crls: fresh.crls.length })
      anchors = fresh
    } catch (error) {
      log('error', 'anchors-not-reloaded', faultFacts(error))
    }
  }
  const timer = setInterval(() => void reload(), RELOAD_MS)
  timer.unref()
  return { now: () => anchors, reload, close: () => clearInterval(timer) }
}
