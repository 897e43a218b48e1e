import { FormatError } from '@cccd/card-core'
import sharp from 'sharp'

/** How the portrait of DG2 has to be: pixels and the most bytes. */
export interface PortraitBudget {
  readonly width: number
  readonly height: number
  readonly mostBytes: number
}

/** 3:4 at 300 dpi over 20 × 27 mm, which a chip of usual size holds. */
export const PORTRAIT_BUDGET: PortraitBudget = { width: 300, height: 400, mostBytes: 20_480 }

const WORST_QUALITY = 30

/**
 * A portrait cut and scaled to its size as baseline JPEG, in the best quality that its budget allows; one that fits already
 * is left as it is. Nothing of its metadata stays. Throws FormatError IMAGE_MALFORMED for a picture that cannot be read,
 * or cannot be made small enough without becoming unrecognisable.
 */
export async function portraitForChip(
  picture: Uint8Array,
  budget: PortraitBudget = PORTRAIT_BUDGET,
): Promise<Uint8Array> {
  const { width, height, mostBytes } = budget
  try {
    const image = sharp(picture, { limitInputPixels: 50_000_000, failOn: 'error' })
    const { format, width: w, height: h, exif, icc, iptc, xmp } = await image.metadata()
    const bare = !exif && !icc && !iptc && !xmp
    if (bare && format === 'jpeg' && w === width && h === height && picture.length <= mostBytes) return picture
    const pixels = await image
      .rotate()
      .resize(width, height, { fit: 'cover', position: 'top' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    const raw = { width, height, channels: pixels.info.channels }
    let [least, most] = [WORST_QUALITY, 92]
    let best: Uint8Array | undefined
    while (least <= most) {
      const quality = (least + most) >> 1
      const jpeg = await sharp(pixels.data, { raw }).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer()
      if (jpeg.length <= mostBytes) {
        best = new Uint8Array(jpeg)
        least = quality + 1
      } else most = quality - 1
    }
    if (best) return best
  } catch (cause) {
    throw new FormatError('IMAGE_MALFORMED', 'the portrait cannot be read', { field: 'portrait' }, { cause })
  }
  throw new FormatError('IMAGE_MALFORMED', 'the portrait does not fit into its bytes', { field: 'portrait' })
}
