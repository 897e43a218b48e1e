/** Brightness, row by row from the top left, 0 black to 255 white; `pixels.length` is `width * height`. */
export interface GreyImage {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Nothing on it is darker than the rest: not even the palest print. */
export function isBlank(image: GreyImage): boolean {
  let [low, high] = [255, 0]
  for (const value of image.pixels) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return high - low < 4
}

/** The image with its darkest and brightest hundredth at black and white; the same image when it has next to none. */
export function stretchContrast(image: GreyImage): GreyImage {
  const counts = new Uint32Array(256)
  for (const value of image.pixels) counts[value] = (counts[value] as number) + 1
  const few = image.pixels.length / 100
  const percentile = (from: number, step: number): number => {
    let [seen, value] = [0, from]
    while (value >= 0 && value <= 255) {
      seen += counts[value] as number
      if (seen > few) return value
      value += step
    }
    return from
  }
  const [low, high] = [percentile(0, 1), percentile(255, -1)]
  if (high - low < 4) return image
  const levels = Uint8Array.from({ length: 256 }, (_, value) =>
    Math.max(0, Math.min(255, Math.round(((value - low) * 255) / (high - low)))),
  )
  return { ...image, pixels: image.pixels.map(value => levels[value] as number) }
}

/** The mean of the square of `2 * radius + 1` pixels around each pixel, smaller at the edges. */
export function boxBlur(image: GreyImage, radius: number): GreyImage {
  const { width, height, pixels } = image
  const across = new Uint8Array(pixels.length)
  blurLines({ from: pixels, to: across, lines: height, length: width, lineStep: width, step: 1, radius })
  const both = new Uint8Array(pixels.length)
  blurLines({ from: across, to: both, lines: width, length: height, lineStep: 1, step: width, radius })
  return { width, height, pixels: both }
}

function blurLines(given: {
  readonly from: Uint8Array
  readonly to: Uint8Array
  readonly lines: number
  readonly length: number
  readonly lineStep: number
  readonly step: number
  readonly radius: number
}): void {
  const { from, to, lines, length, lineStep, step, radius } = given
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep
    let [sum, count] = [0, 0]
    for (let i = 0; i < Math.min(radius, length); i++) {
      sum += from[start + i * step] as number
      count++
    }
    for (let i = 0; i < length; i++) {
      if (i + radius < length) {
        sum += from[start + (i + radius) * step] as number
        count++
      }
      if (i - radius - 1 >= 0) {
        sum -= from[start + (i - radius - 1) * step] as number
        count--
      }
      to[start + i * step] = sum / count
    }
  }
}

/** Unsharp mask: what a pixel differs from its surroundings, added `amount` times. */
export function sharpen(image: GreyImage, radius: number, amount: number): GreyImage {
  // Two box blurs come close to the bell that a lens makes.
  const soft = boxBlur(boxBlur(image, radius), radius).pixels
  const pixels = new Uint8Array(soft.length)
  for (let i = 0; i < pixels.length; i++) {
    const value = image.pixels[i] as number
    const sharp = value + amount * (value - (soft[i] as number))
    pixels[i] = sharp < 0 ? 0 : sharp > 255 ? 255 : sharp
  }
  return { ...image, pixels }
}

/** Light evened out: each pixel beside the mean of its surroundings, in the measure of their spread. */
export function evenLight(image: GreyImage, radius: number): GreyImage {
  const mean = boxBlur(image, radius).pixels
  const apart = new Uint8Array(mean.length)
  for (let i = 0; i < mean.length; i++) apart[i] = Math.abs((image.pixels[i] as number) - (mean[i] as number))
  const spread = boxBlur({ ...image, pixels: apart }, radius).pixels
  const pixels = new Uint8Array(mean.length)
  for (let i = 0; i < mean.length; i++) {
    const value = 128 + (((image.pixels[i] as number) - (mean[i] as number)) * 80) / Math.max(6, spread[i] as number)
    pixels[i] = value < 0 ? 0 : value > 255 ? 255 : value
  }
  return { ...image, pixels }
}

/** Half as large: each pixel is the mean of four. */
export function halve(image: GreyImage): GreyImage {
  const width = image.width >> 1
  const height = image.height >> 1
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const [above, below] = [2 * y * image.width, (2 * y + 1) * image.width]
    for (let x = 0; x < width; x++) {
      const at = 2 * x
      const sum =
        (image.pixels[above + at] as number) +
        (image.pixels[above + at + 1] as number) +
        (image.pixels[below + at] as number) +
        (image.pixels[below + at + 1] as number)
      pixels[y * width + x] = (sum + 2) >> 2
    }
  }
  return { width, height, pixels }
}

/** `factor` times as large, by cubic interpolation (Catmull and Rom), which keeps edges where they were. */
export function enlarge(image: GreyImage, factor: number): GreyImage {
  const [width, height] = [Math.round(image.width * factor), Math.round(image.height * factor)]
  const columns = taps(width, image.width, factor)
  const rows = taps(height, image.height, factor)
  const wide = new Float32Array(width * image.height)
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let k = 0; k < 4; k++) {
        sum +=
          (columns.weight[4 * x + k] as number) *
          (image.pixels[y * image.width + (columns.index[4 * x + k] as number)] as number)
      }
      wide[y * width + x] = sum
    }
  }
  const pixels = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0.5
      for (let k = 0; k < 4; k++)
        sum += (rows.weight[4 * y + k] as number) * (wide[(rows.index[4 * y + k] as number) * width + x] as number)
      pixels[y * width + x] = sum < 0 ? 0 : sum > 255 ? 255 : sum
    }
  }
  return { width, height, pixels }
}

/** For each target pixel the four source pixels and their weights. */
function taps(length: number, source: number, factor: number): { index: Uint32Array; weight: Float32Array } {
  const index = new Uint32Array(4 * length)
  const weight = new Float32Array(4 * length)
  for (let i = 0; i < length; i++) {
    const at = (i + 0.5) / factor - 0.5
    const first = Math.floor(at)
    const t = at - first
    const weights = [
      ((-t + 2) * t - 1) * t * 0.5,
      ((3 * t - 5) * t * t + 2) * 0.5,
      ((-3 * t + 4) * t + 1) * t * 0.5,
      (t - 1) * t * t * 0.5,
    ]
    for (let k = 0; k < 4; k++) {
      index[4 * i + k] = Math.max(0, Math.min(source - 1, first - 1 + k))
      weight[4 * i + k] = weights[k] as number
    }
  }
  return { index, weight }
}
