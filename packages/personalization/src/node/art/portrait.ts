import { sniffImage } from '@cccd/card-core'
import { pictureOf } from '@cccd/card-reader/picture'
import { FormatError } from '@cccd/mrz'
import sharp from 'sharp'
import type { EmbeddedPicture } from '../../art/index.ts'

const MOST_PIXELS = 4096 * 4096

/**
 * A portrait, JPEG or JPEG 2000, as the drawing takes it: decoded here, so that a picture the renderer cannot read is an
 * error and not a white field, made smaller where it has more pixels than the frame has dots, and written as PNG. Throws
 * FormatError IMAGE_MALFORMED.
 */
export async function drawablePortrait(
  portrait: Uint8Array,
  frame: { readonly width: number; readonly height: number },
): Promise<EmbeddedPicture> {
  const format = sniffImage(portrait)
  if (format === 'unknown') malformed()
  const bytes = format === 'jpeg' ? portrait : (await pictureOf(portrait, format)).bytes
  try {
    const image = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize({ ...frame, fit: 'outside', withoutEnlargement: true })
    const { data, info } = await image.png({ compressionLevel: 1 }).toBuffer({ resolveWithObject: true })
    const dataUri = `data:image/png;base64,${data.toString('base64')}`
    return { width: info.width, height: info.height, dataUri }
  } catch (cause) {
    return malformed(cause)
  }
}

function malformed(cause?: unknown): never {
  const message = 'the portrait is no JPEG or JPEG 2000 that can be decoded'
  throw new FormatError('IMAGE_MALFORMED', message, { field: 'portrait' }, { cause })
}
