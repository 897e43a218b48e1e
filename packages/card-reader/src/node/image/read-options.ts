import type { CameraFrame } from './load-picture.ts'

export interface ReadOptions {
  /** The bytes are a frame of a camera and no file. */
  readonly frame?: CameraFrame
  /** `any` (default) ends with the first step that reads a text; `card` looks on until an ID card's or an insurance
   * card's is read, when other symbols are in the picture too. */
  readonly want?: 'any' | 'card'
  /** After this time no further step begins. In milliseconds, default 5,000. */
  readonly timeLimitMs?: number
  /** How many pages of a PDF are looked at. Default 4. */
  readonly mostPages?: number
}

// Apart from what reads: the caller's thread loads no decoder.
export const TIME_LIMIT_MS = 5000
