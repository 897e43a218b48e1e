/** `@cccd/card-reader/mrz-image`: the MRZ on photos and scans of a card. */
import { greyOf } from './decode.ts'
import type { MrzPictureReading } from './judge.ts'
import { readInWorker } from './worker-pool.ts'

export type {
  AmbiguousMrzPicture,
  MrzPictureReading,
  PictureCandidate,
  PictureChange,
  PictureCharacter,
  PictureProof,
  ReadMrzPicture,
  UnreadMrzPicture,
  UnreadReason,
} from './judge.ts'

export interface MrzPictureOptions {
  /** For reading, without decoding; 5000 when absent. */
  readonly timeLimitMs?: number
  readonly signal?: AbortSignal
}

/** Finds and reads the MRZ (TD1, TD2, TD3, visas; whichever way it lies) in a JPEG, PNG, WebP, TIFF, GIF or HEIF picture.
 * It works in a worker thread. What cannot be read for certain comes back as `ambiguous` or `unread`, never as a guess.
 * Throws FormatError IMAGE_MALFORMED for what is no picture, and the signal's reason when it is aborted. */
export async function readMrzPicture(bytes: Uint8Array, options: MrzPictureOptions = {}): Promise<MrzPictureReading> {
  const { timeLimitMs = 5000, signal } = options
  const picture = await greyOf(bytes, timeLimitMs / 1000)
  return readInWorker(picture, { timeLimitMs, signal })
}
