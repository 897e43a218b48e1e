/** Picture files as grey pixels, by sharp; decoding runs on its own threads. */
import { FormatError } from '@cccd/card-core'
import sharp from 'sharp'
import type { Grey } from './grey.ts'

const formats: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif']
const mostBytes = 64 * 1024 * 1024
const mostPixels = 120_000_000
/** A page at 600 dpi still has some 20 pixels from one character to the next when its longer side is brought to this. */
const longestSide = 2400

/** The picture, upright as its EXIF says, the longer side 2400 pixels at most. Throws FormatError IMAGE_MALFORMED for what
 * is no JPEG, PNG, WebP, TIFF, GIF or HEIF, is damaged, has more than 120 million pixels, or takes longer than
 * `seconds`. */
export async function greyOf(bytes: Uint8Array, seconds: number): Promise<Grey> {
  if (bytes.length === 0 || bytes.length > mostBytes) {
    throw new FormatError('IMAGE_MALFORMED', `${bytes.length} bytes are no picture to be read`)
  }
  try {
    const picture = sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error' })
    const { format } = await picture.metadata()
    if (!formats.includes(format)) throw new FormatError('IMAGE_MALFORMED', 'the picture is of a kind that is not read')
    const { data, info } = await picture
      .timeout({ seconds: Math.max(1, Math.ceil(seconds)) })
      .rotate()
      .flatten({ background: '#ffffff' })
      .toColourspace('b-w')
      .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
      .extractChannel(0)
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, data: Uint8Array.from(data) }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError('IMAGE_MALFORMED', 'the picture cannot be decoded', {}, { cause })
  }
}
