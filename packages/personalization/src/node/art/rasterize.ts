/** The drawing of a card in dots. */
import { FormatError } from '@cccd/mrz'
import { Resvg } from '@resvg/resvg-js'
import { type Dpi, pixelSize } from '../../art/index.ts'

/** Red, green and blue, a byte each, row by row. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** One bit a dot, 1 where black is printed; each row begins with a new byte. */
export interface BlackPanel {
  readonly width: number
  readonly height: number
  readonly bits: Uint8Array
}

export interface RasterOptions {
  readonly dpi: Dpi
  readonly fontFiles: readonly string[]
  /** What the drawing is laid on; white when absent. */
  readonly ground?: Raster
}

/** Draws an SVG of `renderCard`, by the font files given and no other. Throws FormatError LAYOUT_MALFORMED when the
 * renderer does not take it. */
export function rasterize(svg: string, given: RasterOptions): Raster {
  const { width, height } = pixelSize(given.dpi)
  const image = (() => {
    try {
      const font = { loadSystemFonts: false, fontFiles: [...given.fontFiles], defaultFontFamily: 'none' }
      return new Resvg(svg, { font, logLevel: 'off' }).render()
    } catch (cause) {
      throw new FormatError('LAYOUT_MALFORMED', 'the renderer does not take the drawing', {}, { cause })
    }
  })()
  if (image.width !== width || image.height !== height) {
    throw new FormatError('LAYOUT_MALFORMED', `the drawing is ${image.width} × ${image.height} dots`)
  }
  const pixels = image.pixels
  const rgb = given.ground ? Uint8Array.from(given.ground.rgb) : new Uint8Array(3 * width * height).fill(255)
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = pixels[from + 3] as number
    if (alpha === 0) continue
    const rest = 255 - alpha
    // The renderer's colours are already multiplied by their alpha.
    for (let i = 0; i < 3; i++) {
      const behind = rest === 0 ? 0 : Math.round(((rgb[to + i] as number) * rest) / 255)
      rgb[to + i] = (pixels[from + i] as number) + behind
    }
  }
  return { width, height, rgb }
}

/** Black or not: a dot is black that is more than half covered by the drawing of the black panel. */
export function blackPanel({ width, height, rgb }: Raster): BlackPanel {
  const stride = (width + 7) >> 3
  const bits = new Uint8Array(stride * height)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      if ((rgb[at + 1] as number) < 128)
        bits[y * stride + (x >> 3)] = (bits[y * stride + (x >> 3)] as number) | (0x80 >> (x & 7))
    }
  }
  return { width, height, bits }
}
