/** What light, lens, hand and machine do to a picture. Each step changes the canvas in place. */
import type { Damage } from './condition.ts'
import type { Canvas } from './render.ts'
import { bell, between, type Chance } from './seeded.ts'

/** `mendable` is the share of the symbol that its error correction can replace. */
export function degrade(canvas: Canvas, damage: Damage, mendable: number, chance: Chance): void {
  if (damage.covered > 0) cover(canvas, damage, damage.covered * mendable, chance)
  if (damage.shade > 0) shade(canvas, damage.shade, chance)
  if (damage.glare) glare(canvas, damage.glare, chance)
  if (damage.motion > 0) move(canvas, damage.motion * canvas.module, chance)
  if (damage.blur > 0) blur(canvas, damage.blur * canvas.module)
  addNoise(canvas, damage, chance)
  if (damage.copied) {
    const threshold = (damage.ink + damage.paper) / 2
    for (let i = 0; i < canvas.light.length; i++) canvas.light[i] = (canvas.light[i] as number) < threshold ? 0 : 255
  }
}

/** A spot or a stroke over the data, away from the three corners that find the symbol: those no code can replace. */
function cover(canvas: Canvas, damage: Damage, share: number, chance: Chance): void {
  const { width, height, light, side } = canvas
  const brightness = between(chance, damage.ink, damage.paper)
  const stroke = chance() < 0.5
  const area = share * side * side
  const [long, short] = stroke ? [0.55 * side, area / (0.55 * side)] : [Math.sqrt(area), Math.sqrt(area)]
  const [cx, cy] = stroke
    ? [width / 2 + between(chance, 0.02, 0.2) * side, height / 2 + between(chance, 0.02, 0.2) * side]
    : [width / 2 + between(chance, 0, 0.35) * side, height / 2 + between(chance, 0, 0.35) * side]
  const angle = between(chance, -1.2, -0.4)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const along = (x - cx) * cos + (y - cy) * sin
      const across = (y - cy) * cos - (x - cx) * sin
      if (Math.abs(along) < long / 2 && Math.abs(across) < short / 2) light[y * width + x] = brightness
    }
  }
}

function shade(canvas: Canvas, most: number, chance: Chance): void {
  const { width, height, light } = canvas
  const angle = between(chance, 0, 2 * Math.PI)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = ((x / width - 0.5) * cos + (y / height - 0.5) * sin) / Math.SQRT2 + 0.5
      light[y * width + x] = (light[y * width + x] as number) * (1 - most * across)
    }
  }
}

function glare(canvas: Canvas, spot: { size: number; strength: number }, chance: Chance): void {
  const { width, height, light, side } = canvas
  const [cx, cy] = [width / 2 + between(chance, -0.4, 0.4) * side, height / 2 + between(chance, -0.4, 0.4) * side]
  const [rx, ry] = [spot.size * side * 0.5, spot.size * side * between(chance, 0.2, 0.5)]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const d = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2
      if (d < 9) light[y * width + x] = (light[y * width + x] as number) + spot.strength * Math.exp(-d)
    }
  }
  for (let i = 0; i < light.length; i++) light[i] = Math.min(255, light[i] as number)
}

function move(canvas: Canvas, length: number, chance: Chance): void {
  const { width, height, light } = canvas
  const angle = between(chance, 0, Math.PI)
  const steps = Math.max(2, Math.ceil(length))
  const [dx, dy] = [(Math.cos(angle) * length) / steps, (Math.sin(angle) * length) / steps]
  const still = light.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let i = 0; i <= steps; i++) {
        const px = Math.max(0, Math.min(width - 1, Math.round(x + dx * (i - steps / 2))))
        const py = Math.max(0, Math.min(height - 1, Math.round(y + dy * (i - steps / 2))))
        sum += still[py * width + px] as number
      }
      light[y * width + x] = sum / (steps + 1)
    }
  }
}

function blur({ width, height, light }: Canvas, deviation: number): void {
  // Far out, three boxes are a bell, and cost the same at any width.
  const taps = deviation < 3 ? [bellTaps(deviation)] : [0, 1, 2].map(() => boxTaps(deviation))
  for (const weights of taps) {
    blurAcross({ light, width, height, weights })
    blurDown({ light, width, height, weights })
  }
}

function bellTaps(deviation: number): Float32Array {
  const radius = Math.ceil(deviation * 3)
  const bell = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  )
  const sum = bell.reduce((total, value) => total + value, 0)
  return bell.map(value => value / sum)
}

function boxTaps(deviation: number): Float32Array {
  const radius = Math.max(1, Math.round((Math.sqrt(4 * deviation ** 2 + 1) - 1) / 2))
  return new Float32Array(2 * radius + 1).fill(1 / (2 * radius + 1))
}

interface Plane {
  readonly light: Float32Array
  readonly width: number
  readonly height: number
  readonly weights: Float32Array
}

/** Each row, the values at its ends going on beyond them. */
function blurAcross({ light, width, height, weights }: Plane): void {
  const radius = weights.length >> 1
  const row = new Float32Array(width + 2 * radius)
  for (let y = 0; y < height; y++) {
    const start = y * width
    row.set(light.subarray(start, start + width), radius)
    row.fill(row[radius] as number, 0, radius)
    row.fill(row[radius + width - 1] as number, radius + width)
    if (isBox(weights)) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += row[k] as number
      for (let x = 0; x < width; x++) {
        light[start + x] = sum * (weights[0] as number)
        sum += (row[x + weights.length] ?? 0) - (row[x] as number)
      }
      continue
    }
    for (let x = 0; x < width; x++) {
      let value = 0
      for (let k = 0; k < weights.length; k++) value += (weights[k] as number) * (row[x + k] as number)
      light[start + x] = value
    }
  }
}

/** Each column, whole rows at a time as they lie in memory. */
function blurDown({ light, width, height, weights }: Plane): void {
  const radius = weights.length >> 1
  const from = light.slice()
  const rowAt = (y: number): number => Math.max(0, Math.min(height - 1, y)) * width
  const sums = new Float64Array(width)
  const add = (start: number, weight: number): void => {
    for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + weight * (from[start + x] as number)
  }
  if (isBox(weights)) for (let k = -radius; k <= radius; k++) add(rowAt(k), weights[0] as number)
  for (let y = 0; y < height; y++) {
    if (!isBox(weights)) {
      sums.fill(0)
      for (let k = -radius; k <= radius; k++) add(rowAt(y + k), weights[k + radius] as number)
    }
    light.set(sums, y * width)
    if (!isBox(weights)) continue
    add(rowAt(y + radius + 1), weights[0] as number)
    add(rowAt(y - radius), -(weights[0] as number))
  }
}

function isBox(weights: Float32Array): boolean {
  return weights[0] === weights[weights.length >> 1]
}

// More values than show a pattern, and fewer draws of chance.
const NOISE_VALUES = 8192

function addNoise(canvas: Canvas, damage: Damage, chance: Chance): void {
  const { light } = canvas
  const noise = Float32Array.from({ length: NOISE_VALUES }, () => damage.noise * bell(chance))
  for (let i = 0; i < light.length; i++) {
    const drawn = chance() * NOISE_VALUES
    light[i] = (light[i] as number) + (noise[Math.floor(drawn)] as number)
    if (damage.specks > 0 && chance() < damage.specks) light[i] = drawn < NOISE_VALUES / 2 ? 0 : 255
  }
}
