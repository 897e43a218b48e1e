import type { GreyImage, Point } from './grey-image.ts'

export type DecoderName = 'zxing' | 'zbar' | 'jsqr'

/** What a decoder found in an image. */
export interface DecodedSymbol {
  /** As UTF-8 where the bytes are, else as the decoder took them. */
  readonly text: string
  readonly bytes: Uint8Array
  /** The bytes are UTF-8 without fault. */
  readonly utf8: boolean
  /** Top left, top right, bottom right, bottom left of the symbol as it is printed, in pixels of the image given; fewer
   * when the decoder does not say. */
  readonly corners: readonly Point[]
  /** The share of the error correction that was not used up, 0 to 1; null when the decoder does not say. */
  readonly spare: number | null
  /** The text is but a part of one that is spread over several symbols. */
  readonly part: boolean
}

export type DecodeImage = (image: GreyImage) => Promise<readonly DecodedSymbol[]>

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of the bytes; null when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes)
  } catch {
    return null
  }
}
