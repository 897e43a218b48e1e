/** What light, lens, hand and machine do to a picture. Each step changes the canvas in place. */
import type { Damage } from './condition.ts'
import type { Canvas } from './render.ts'
import { between, type Chance } from './seeded.ts'

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

function blur(canvas: Canvas, deviation: number): void {
  const radius = Math.ceil(deviation * 3)
  const bell = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  )
  const sum = bell.reduce((total, value) => total + value, 0)
  const { width, height, light } = canvas
  const across = new Float32Array(light.length)
  for (const [from, to, lines, length, lineStep, step] of [
    [light, across, height, width, width, 1],
    [across, light, width, height, 1, width],
  ] as const) {
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let value = 0
        for (let k = -radius; k <= radius; k++) {
          const at = i + k < 0 ? 0 : i + k >= length ? length - 1 : i + k
          value += (bell[k + radius] as number) * (from[line * lineStep + at * step] as number)
        }
        to[line * lineStep + i * step] = value / sum
      }
    }
  }
}

function addNoise(canvas: Canvas, damage: Damage, chance: Chance): void {
  const { light } = canvas
  // The sum of three is near enough to a bell, and its deviation is one half.
  const scale = 2 * damage.noise
  for (let i = 0; i < light.length; i++) {
    light[i] = (light[i] as number) + scale * (chance() + chance() + chance() - 1.5)
    if (damage.specks > 0 && chance() < damage.specks) light[i] = chance() < 0.5 ? 0 : 255
  }
}
