/** OCR-B as patterns to match with: every MRZ character, as sharp or blurred, bold or thin as the print in the picture. */
import { GLYPH_BITMAPS } from './glyph-data.ts'

export const MRZ_ALPHABET = '<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Pixels of the cell of one character; its width is the distance from one character to the next. */
export const CELL_WIDTH = 20
export const CELL_HEIGHT = 28

/** A way the print may look. `blur` is a standard deviation and `weight` what strokes are wider on each side, both in
 * pixels of the cell; `height` is how tall characters are beside what the distance of the lines lets expect. */
export interface Look {
  readonly blur: number
  readonly weight: number
}

/** The inner part of a cell that is matched. */
export interface Window {
  readonly width: number
  readonly height: number
}

export const FINE: Window = { width: 17, height: 24 }

/** Zero mean, no slope in either direction, and length 1: so the product with a patch that was freed of both is their
 * correlation, whatever the light. */
export interface Pattern {
  readonly character: string
  readonly values: Float64Array
}

const cached = new Map<string, readonly Pattern[]>()

/** The patterns of all characters in one look; `shrink` 2 gives them at half the size. */
export function patternsOf(look: Look, window: Window, shrink: 1 | 2 = 1): readonly Pattern[] {
  const key = `${look.blur} ${look.weight} ${window.width} ${window.height} ${shrink}`
  const known = cached.get(key)
  if (known !== undefined) return known
  const patterns = [...MRZ_ALPHABET].map(character => {
    const values = inkIn(blurredBitmap(character, look), window, shrink)
    freeOfSlope(values, window)
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1
    // Ink is dark, so the pattern is its negative.
    return { character, values: values.map(value => -value / length) }
  })
  cached.set(key, patterns)
  return patterns
}

const fine = 2
const [wide, high] = [CELL_WIDTH * fine, CELL_HEIGHT * fine]

/** Ink from 0 to 1 at twice the cell's size. */
function blurredBitmap(character: string, { blur, weight }: Look): Float32Array {
  const bytes = Uint8Array.from(atob(GLYPH_BITMAPS[character] as string), one => one.charCodeAt(0))
  let ink = new Float32Array(wide * high)
  for (let i = 0; i < ink.length; i++) ink[i] = ((bytes[i >> 3] as number) >> (7 - (i & 7))) & 1
  if (weight !== 0) {
    // Strokes grow or shrink where a blurred edge passes another height.
    const sigma = 1.6
    const soft = blurredBy(ink, sigma)
    const limit = 0.5 - (weight * fine) / (sigma * 2.5)
    ink = soft.map(value => Math.min(1, Math.max(0, (value - limit) * 2 + 0.5)))
  }
  return blurredBy(ink, blur * fine)
}

function blurredBy(values: Float32Array, sigma: number): Float32Array {
  if (sigma < 0.1) return values
  const reach = Math.ceil(3 * sigma)
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)))
  const total = kernel.reduce((sum, value) => sum + value, 0)
  const pass = (from: Float32Array, step: number, length: number): Float32Array => {
    const to = new Float32Array(from.length)
    for (let i = 0; i < from.length; i++) {
      const place = step === 1 ? i % wide : Math.floor(i / wide)
      let sum = 0
      for (let k = -reach; k <= reach; k++) {
        if (place + k < 0 || place + k >= length) continue
        sum += (from[i + k * step] as number) * (kernel[k + reach] as number)
      }
      to[i] = sum / total
    }
    return to
  }
  return pass(pass(values, 1, wide), wide, high)
}

/** Means over the squares of the fine bitmap that make up each pixel of the window, which lies in the cell's middle. */
function inkIn(ink: Float32Array, { width, height }: Window, shrink: number): Float64Array {
  const side = fine * shrink
  const values = new Float64Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Centres of pixels lie at whole steps from the middle of the window.
      const left = Math.round(wide / 2 + (x - (width - 1) / 2) * side - side / 2)
      const top = Math.round(high / 2 + (y - (height - 1) / 2) * side - side / 2)
      let sum = 0
      for (let j = 0; j < side; j++) {
        for (let i = 0; i < side; i++) sum += ink[(top + j) * wide + left + i] ?? 0
      }
      values[y * width + x] = sum / (side * side)
    }
  }
  return values
}

/** Takes mean and slopes out of the values of a window, in place. */
export function freeOfSlope(values: Float64Array, { width, height }: Window): void {
  const [mx, my] = [(width - 1) / 2, (height - 1) / 2]
  let [sum, sumX, sumY] = [0, 0, 0]
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const value = values[i] as number
      sum += value
      sumX += value * (x - mx)
      sumY += value * (y - my)
    }
  }
  const mean = sum / (width * height)
  const slopeX = sumX / ((height * width * (width * width - 1)) / 12)
  const slopeY = sumY / ((width * height * (height * height - 1)) / 12)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      values[i] = (values[i] as number) - mean - slopeX * (x - mx) - slopeY * (y - my)
    }
  }
}
