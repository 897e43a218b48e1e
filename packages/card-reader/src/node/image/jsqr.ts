/** jsQR: one symbol an image, in pure JavaScript. */
import jsQR from 'jsqr'
import type { GreyImage } from './grey-image.ts'
import { type DecodedSymbol, utf8Text } from './symbol.ts'

// The package is CommonJS: Node hands its export over wrapped, bundlers do not.
const decode = ((jsQR as unknown as { default?: unknown }).default ?? jsQR) as unknown as typeof import('jsqr').default

/** The first QR symbol found. */
export async function jsqr(image: GreyImage): Promise<readonly DecodedSymbol[]> {
  const { width, height, pixels } = image
  const rgba = new Uint8ClampedArray(pixels.length * 4)
  for (let i = 0; i < pixels.length; i++) rgba.fill(pixels[i] as number, 4 * i, 4 * i + 4)
  const found = decode(rgba, width, height)
  if (found === null || found.binaryData.length === 0) return []
  const bytes = Uint8Array.from(found.binaryData)
  const own = utf8Text(bytes)
  const { topLeftCorner, topRightCorner, bottomRightCorner, bottomLeftCorner } = found.location
  return [
    {
      text: own ?? found.data,
      bytes,
      utf8: own !== null,
      corners: [topLeftCorner, topRightCorner, bottomRightCorner, bottomLeftCorner].map(({ x, y }) => ({ x, y })),
      spare: null,
      part: false,
    },
  ]
}
