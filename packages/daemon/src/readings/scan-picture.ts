import { FormatError } from '@cccd/card-core'
import type { PictureReading } from '@cccd/card-reader/image'
import type { MrzPictureReading } from '@cccd/card-reader/mrz-image'
import { DeskError } from '../api/errors.ts'
import type { PictureScans, ScanDoubt, ScanView } from '../api/scans.ts'
import { scanView } from './scan-view.ts'

/** One decoder works at a time; so many pictures may wait for it. */
const MOST_PICTURES = 4
const TIME_LIMIT_MS = 4000

let open = 0

/**
 * The QR texts and the MRZ of a picture (JPEG, PNG, WebP), decoded in threads of their own. Throws DeskError
 * PICTURE_UNREADABLE for what is no picture, RATE_LIMITED when too many wait, and the signal's reason when it aborts.
 */
export async function scanPicture(bytes: Uint8Array, signal: AbortSignal): Promise<PictureScans> {
  if (open >= MOST_PICTURES) {
    throw new DeskError('RATE_LIMITED', 'too many pictures are being read', { retryAfterSeconds: 2 })
  }
  open++
  try {
    // The decoders are loaded with the first picture: most desks never get one.
    const [{ decodePicture }, { readMrzPicture }] = await Promise.all([
      import('@cccd/card-reader/image'),
      import('@cccd/card-reader/mrz-image'),
    ])
    const [symbols, mrz] = await Promise.allSettled([
      decodePicture(bytes, { want: 'card', timeLimitMs: TIME_LIMIT_MS }),
      readMrzPicture(bytes, { timeLimitMs: TIME_LIMIT_MS, signal }),
    ])
    signal.throwIfAborted()
    const faults = [symbols, mrz].flatMap(settled => (settled.status === 'rejected' ? [settled.reason] : []))
    for (const fault of faults) if (!(fault instanceof FormatError)) throw fault
    if (faults.length === 2) throw new DeskError('PICTURE_UNREADABLE', 'the picture cannot be read')
    const found: PictureScans[] = []
    if (symbols.status === 'fulfilled') found.push(ofSymbols(symbols.value))
    if (mrz.status === 'fulfilled') found.push(ofMrz(mrz.value))
    return {
      texts: found.flatMap(({ texts }) => texts).toSorted((a, b) => b.accessKeys.tries - a.accessKeys.tries),
      doubts: found.flatMap(({ doubts }) => doubts),
    }
  } finally {
    open--
  }
}

function ofSymbols({ texts, doubtful }: PictureReading): PictureScans {
  const unique = [...new Set(texts.map(({ text }) => text))]
  return {
    texts: unique.map((text): ScanView => scanView(text, { via: 'file' })),
    doubts: doubtful.map(
      ({ kind, doubt }): ScanDoubt => ({ kind: kind === 'other' ? 'vneid-or-unknown' : kind, doubt }),
    ),
  }
}

function ofMrz(reading: MrzPictureReading): PictureScans {
  switch (reading.kind) {
    case 'read':
      return { texts: [scanView(reading.mrz.lines.join('\n'), { via: 'file' })], doubts: [] }
    case 'ambiguous': {
      const candidates = reading.candidates.map(({ mrz }) => mrz.lines.join('\n'))
      return { texts: [], doubts: [{ kind: 'mrz', doubt: 'AMBIGUOUS', candidates }] }
    }
    case 'unread':
      return { texts: [], doubts: reading.reason === 'NO_MRZ' ? [] : [{ kind: 'mrz', doubt: reading.reason }] }
  }
}
