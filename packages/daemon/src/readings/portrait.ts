import { FormatError, parseDg2, readImageSize } from '@cccd/card-core'

/** A portrait as a browser shows it. */
export interface Portrait {
  readonly format: 'image/jpeg' | 'image/png'
  readonly width: number
  readonly height: number
  /** The desk's own bytes, also where EF.DG2 holds the same picture. */
  readonly bytes: Uint8Array
}

/** The first face of EF.DG2: JPEG as it stands, JPEG 2000 decoded and written as PNG. Null where it cannot be shown: the
 * report says what is wrong with it. */
export async function portraitOf(dg2: Uint8Array): Promise<Portrait | null> {
  try {
    const [face] = parseDg2(dg2).faces
    if (!face) return null
    if (face.format === 'jpeg') {
      const { width, height } = readImageSize(face.image)
      return { format: 'image/jpeg', width, height, bytes: Uint8Array.from(face.image) }
    }
    // What decodes JPEG 2000 is large, and most cards need none of it.
    const { pictureOf } = await import('@cccd/card-reader/picture')
    const { bytes, mediaType, width, height } = await pictureOf(face.image, face.format)
    return { format: mediaType, width, height, bytes: Uint8Array.from(bytes) }
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}
