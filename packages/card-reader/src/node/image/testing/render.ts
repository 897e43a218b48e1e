/** How a printed symbol looks to a camera: its modules seen through turning, tilting and bending, on a card's paper. */
import type { Damage } from './condition.ts'
import type { QrModules } from './qr-modules.ts'
import { between, type Chance } from './seeded.ts'

export interface Canvas {
  readonly width: number
  readonly height: number
  /** Brightness, not yet cut to 0 to 255. */
  readonly light: Float32Array
  /** Pixels to a module and to the side of the symbol. */
  readonly module: number
  readonly side: number
}

/** The symbol `side` pixels wide on a picture somewhat larger. */
export function render(modules: QrModules, side: number, damage: Damage, chance: Chance): Canvas {
  const { size, dark } = modules
  const module = side / size
  const spread = 1 + 2 * (Math.abs(damage.tilt[0]) + Math.abs(damage.tilt[1])) * 0.35
  const diagonal = Math.abs(Math.cos(damage.rotation)) + Math.abs(Math.sin(damage.rotation))
  const width = Math.ceil(side * between(chance, 1.15, 1.3) * diagonal * spread)
  const height = Math.ceil(side * between(chance, 1.15, 1.3) * diagonal * spread)
  const [cos, sin] = [Math.cos(damage.rotation), Math.sin(damage.rotation)]
  // Paper with the fine lines of a card's background, outside of the quiet zone.
  const quiet = between(chance, 2, 4) / size
  const wave = between(chance, 0.6, 1.4)
  const samples = module < 4 ? 3 : module < 12 ? 2 : 1
  const light = new Float32Array(width * height)
  const half = 0.5 + quiet
  const { tilt, arc, ink, paper } = damage
  const [tiltX, tiltY] = tilt
  const isTilted = tiltX !== 0 || tiltY !== 0
  const lines = 0.12 * (paper - ink)
  // So far out every part of a pixel is paper, however it is tilted and bent: one sample tells.
  const far = 0.5 + 6 / side
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      let sum = 0
      let line = -1
      let count = samples
      for (let j = 0; j < count; j++) {
        for (let i = 0; i < count; i++) {
          const px = (u + (i + 0.5) / count - width / 2) / side
          const py = (v + (j + 0.5) / count - height / 2) / side
          let x = px * cos + py * sin
          let y = py * cos - px * sin
          if (isTilted) {
            const nearness = 1 / (1 - tiltX * x - tiltY * y)
            x *= nearness
            y *= nearness
          }
          if (arc > 0) {
            const bent = x * arc
            x = Math.abs(bent) < 1 ? Math.asin(bent) / arc : 9
          }
          const ax = Math.abs(x)
          const ay = Math.abs(y)
          if (ax > 0.5 || ay > 0.5) {
            if (ax > far || ay > far) count = 1
            sum += paper
            if (ax > half || ay > half) {
              // The lines are wider than a pixel, too.
              if (line < 0) line = Math.max(0, sine(40 * wave * (x + 0.3 * sine(6 * y))) * sine(25 * (y - x)))
              sum -= lines * line
            }
            continue
          }
          const column = x < 0.5 ? ((x + 0.5) * size) | 0 : size - 1
          const row = y < 0.5 ? ((y + 0.5) * size) | 0 : size - 1
          sum += dark[row * size + column] ? ink : paper
        }
      }
      light[v * width + u] = sum / (count * count)
    }
  }
  return { width, height, light, module, side }
}

// The background is drawn for half of all pixels, and any wave will do.
const STEPS = 4096
const SINES = Float32Array.from({ length: STEPS }, (_, i) => Math.sin((2 * Math.PI * i) / STEPS))

function sine(angle: number): number {
  return SINES[Math.floor(angle * (STEPS / (2 * Math.PI))) & (STEPS - 1)] as number
}
