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
  const samples = module < 4 ? 4 : module < 6 ? 3 : module < 12 ? 2 : 1
  const light = new Float32Array(width * height)
  const half = 0.5 + quiet
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      let sum = 0
      let line = -1
      for (let j = 0; j < samples; j++) {
        for (let i = 0; i < samples; i++) {
          const px = (u + (i + 0.5) / samples - width / 2) / side
          const py = (v + (j + 0.5) / samples - height / 2) / side
          let x = px * cos + py * sin
          let y = py * cos - px * sin
          const depth = 1 - damage.tilt[0] * x - damage.tilt[1] * y
          x /= depth
          y /= depth
          if (damage.arc > 0) {
            const bent = x * damage.arc
            x = Math.abs(bent) < 1 ? Math.asin(bent) / damage.arc : 9
          }
          if (Math.abs(x) > 0.5 || Math.abs(y) > 0.5) {
            sum += damage.paper
            if (Math.abs(x) > half || Math.abs(y) > half) {
              // The lines are wider than a pixel: one sample tells.
              if (line < 0)
                line = Math.max(0, Math.sin(40 * wave * (x + 0.3 * Math.sin(6 * y))) * Math.sin(25 * (y - x)))
              sum -= 0.12 * (damage.paper - damage.ink) * line
            }
            continue
          }
          const column = Math.min(size - 1, Math.floor((x + 0.5) * size))
          const row = Math.min(size - 1, Math.floor((y + 0.5) * size))
          sum += dark[row * size + column] ? damage.ink : damage.paper
        }
      }
      light[v * width + u] = sum / (samples * samples)
    }
  }
  return { width, height, light, module, side }
}
