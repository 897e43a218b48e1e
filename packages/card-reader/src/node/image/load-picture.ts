import { FormatError } from '@cccd/mrz'
import sharp from 'sharp'
import type { GreyImage } from './grey-image.ts'

export type PictureFormat = 'png' | 'jpeg' | 'webp' | 'pdf' | 'frame'

/** A frame as cameras hand it over: rows without gaps, brightness alone or red, green, blue and alpha. */
export interface CameraFrame {
  readonly width: number
  readonly height: number
  readonly layout: 'grey' | 'rgba'
}

// 64 million pixels are more than phones make; 64 MB are more than a file of them takes.
const MOST_PIXELS = 64_000_000
const MOST_BYTES = 64_000_000
/** Of sharp's own threads, which nobody else can stop. */
const MOST_SECONDS = 20
/** Pictures beyond this are read at about this size first, and as they are only when that fails. */
const AMPLE_PIXELS = 3_000_000

/** What the first bytes say. Throws FormatError IMAGE_MALFORMED when they are none of the formats read here. */
export function pictureFormat(bytes: Uint8Array): Exclude<PictureFormat, 'frame'> {
  if (bytes.length > MOST_BYTES) throw malformed('the file is too large for a picture')
  const starts = (text: string, at = 0): boolean =>
    bytes.length >= at + text.length && [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0))
  if (starts('\x89PNG\r\n\x1a\n')) return 'png'
  if (starts('\xff\xd8\xff')) return 'jpeg'
  if (starts('RIFF') && starts('WEBP', 8)) return 'webp'
  // The mark may stand behind some bytes that a mail program put in front.
  for (let at = 0; at < 1024 && at < bytes.length; at++) if (starts('%PDF-', at)) return 'pdf'
  throw malformed('the file is no PNG, JPEG, WebP or PDF')
}

export interface LoadedPicture {
  readonly width: number
  readonly height: number
  /** The picture smaller, where it is large, and `scale` times smaller than it is. */
  readonly ample: GreyImage
  readonly scale: number
  /** The picture as it is; null when `ample` is. */
  readonly whole: (() => Promise<GreyImage>) | null
}

/** Decodes a file; what is transparent becomes white. Throws FormatError IMAGE_MALFORMED when it is broken, or claims
 * more pixels than any camera makes. */
export async function loadPicture(bytes: Uint8Array): Promise<LoadedPicture> {
  // This reads the head alone, so that no limit is needed yet.
  const { width, height } = await understood(() => sharp(bytes, { limitInputPixels: false }).metadata())
  if (!width || !height || width * height > MOST_PIXELS) throw malformed('the picture claims to be too large')
  const pixels = (side?: number): Promise<GreyImage> =>
    understood(async () => {
      const image = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error', sequentialRead: true })
      image.timeout({ seconds: MOST_SECONDS })
      if (side !== undefined) image.resize(side, side, { fit: 'inside' })
      const { data, info } = await image
        .flatten({ background: '#ffffff' })
        .greyscale()
        .extractChannel(0)
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true })
      return { width: info.width, height: info.height, pixels: viewOf(data) }
    })
  if (width * height <= AMPLE_PIXELS) {
    return { width, height, ample: await pixels(), scale: 1, whole: null }
  }
  const ample = await pixels(Math.round(Math.max(width, height) * Math.sqrt(AMPLE_PIXELS / (width * height)) * 0.8))
  return { width, height, ample, scale: width / ample.width, whole: () => pixels() }
}

/** A camera frame as it is. Throws FormatError IMAGE_MALFORMED when the bytes are not as many as the frame has. */
export function frameImage(bytes: Uint8Array, frame: CameraFrame): GreyImage {
  const { width, height, layout } = frame
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0
  if (!whole || width * height > MOST_PIXELS) throw malformed('the frame claims an impossible size')
  if (bytes.length !== width * height * (layout === 'grey' ? 1 : 4)) {
    throw malformed(`${bytes.length} bytes are no frame of ${width} × ${height}`)
  }
  if (layout === 'grey') return { width, height, pixels: bytes }
  const pixels = new Uint8Array(width * height)
  for (let i = 0; i < pixels.length; i++) {
    const at = 4 * i
    // ITU-R BT.601, in 1024ths.
    pixels[i] =
      (306 * (bytes[at] as number) + 601 * (bytes[at + 1] as number) + 117 * (bytes[at + 2] as number) + 512) >> 10
  }
  return { width, height, pixels }
}

/** What sharp says of a file that it cannot read names its own parts: the caller gets one error of ours. */
async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw malformed('the picture cannot be decoded', cause)
  }
}

function viewOf(data: Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

export function malformed(detail: string, cause?: unknown): FormatError {
  return new FormatError('IMAGE_MALFORMED', detail, {}, cause === undefined ? {} : { cause })
}
