/** Grey pictures as plain bytes: halving, and sampling between pixels. */

/** One byte a pixel, row by row, 0 black. */
export interface Grey {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The picture and its halves, largest first, down to about 64 pixels. */
export function pyramidOf(picture: Grey): Grey[] {
  const levels = [picture]
  for (;;) {
    const last = levels.at(-1) as Grey
    if (Math.min(last.width, last.height) < 128 || levels.length === 7) return levels
    levels.push(halved(last))
  }
}

function halved({ width, height, data }: Grey): Grey {
  const [w, h] = [width >> 1, height >> 1]
  const half = new Uint8Array(w * h)
  for (let y = 0; y < h; y++) {
    let at = 2 * y * width
    for (let x = 0; x < w; x++, at += 2) {
      const sum =
        (data[at] as number) +
        (data[at + 1] as number) +
        (data[at + width] as number) +
        (data[at + width + 1] as number)
      half[y * w + x] = (sum + 2) >> 2
    }
  }
  return { width: w, height: h, data: half }
}

/** Mean of the 3 × 3 around each pixel. */
export function smoothed({ width, height, data }: Grey): Grey {
  const across = new Uint16Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = y * width
    for (let x = 0; x < width; x++) {
      const left = data[row + Math.max(0, x - 1)] as number
      const right = data[row + Math.min(width - 1, x + 1)] as number
      across[row + x] = left + (data[row + x] as number) + right
    }
  }
  const result = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const [above, row, below] = [Math.max(0, y - 1) * width, y * width, Math.min(height - 1, y + 1) * width]
    for (let x = 0; x < width; x++) {
      result[row + x] =
        ((across[above + x] as number) + (across[row + x] as number) + (across[below + x] as number)) / 9
    }
  }
  return { width, height, data: result }
}

/** The grey between pixels, whose centres lie at whole numbers; outside the picture that of its edge. */
export function sampleAt({ width, height, data }: Grey, x: number, y: number): number {
  const cx = x < 0 ? 0 : x > width - 1 ? width - 1 : x
  const cy = y < 0 ? 0 : y > height - 1 ? height - 1 : y
  const x0 = cx | 0
  const y0 = cy | 0
  const fx = cx - x0
  const fy = cy - y0
  const at = y0 * width + x0
  const right = x0 + 1 < width ? 1 : 0
  const below = y0 + 1 < height ? width : 0
  const top = (data[at] as number) * (1 - fx) + (data[at + right] as number) * fx
  const bottom = (data[at + below] as number) * (1 - fx) + (data[at + below + right] as number) * fx
  return top * (1 - fy) + bottom * fy
}
