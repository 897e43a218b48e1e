/** All of it on grey pixels: readings until one is accepted. */
import type { Grey } from './grey.ts'
import { judged, type MrzPictureReading } from './judge.ts'
import { readingsIn } from './read-grey.ts'

/** The first reading that is accepted, else the one that says most. `over` tells whether the time is up. Never throws for
 * what a picture may show. */
export function readMrzPixels(picture: Grey, over: () => boolean): MrzPictureReading {
  let best: MrzPictureReading = { kind: 'unread', reason: 'NO_MRZ' }
  if (Math.min(picture.width, picture.height) < 32) return best
  for (const reading of readingsIn(picture)) {
    const verdict = judged(reading)
    if (verdict.kind === 'read') return verdict
    if (rankOf(verdict) > rankOf(best)) best = verdict
    if (over()) return best.kind === 'ambiguous' ? best : { kind: 'unread', reason: 'TIME_LIMIT' }
  }
  return best
}

const ranks: Readonly<Record<string, number>> = { NO_MRZ: 0, UNCLEAR: 1, CHECK_DIGITS: 2 }

function rankOf(reading: MrzPictureReading): number {
  return reading.kind === 'unread' ? (ranks[reading.reason] ?? 0) : 3
}
