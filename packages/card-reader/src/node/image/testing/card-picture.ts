import sharp from 'sharp'
import type { GreyImage } from '../grey-image.ts'
import { CONDITION_NAMES, CONDITIONS, type ConditionName, type Damage } from './condition.ts'
import { degrade } from './degrade.ts'
import { type EccLevel, qrModules } from './qr-modules.ts'
import { render } from './render.ts'
import { oneOf, seeded } from './seeded.ts'

/** A picture of a card's QR, and what it holds. */
export interface CardPicture {
  readonly text: string
  readonly condition: ConditionName
  /** Of a print 18 mm wide. */
  readonly dpi: number
  readonly level: EccLevel
  readonly version: number
  readonly damage: Damage
  readonly encoding: 'png' | 'jpeg' | 'webp'
  readonly bytes: Uint8Array
}

const PRINT_MM = 18
const MENDABLE: Readonly<Record<EccLevel, number>> = { L: 0.07, M: 0.15, Q: 0.25, H: 0.3 }
// As phones, scanners and document cameras have them; the finest takes longest and shows least.
const RESOLUTIONS = [
  200, 200, 200, 250, 250, 250, 300, 300, 300, 300, 350, 400, 400, 400, 500, 600, 600, 600, 800, 1200,
] as const

/** The picture number `seed`: the same for the same seed and texts. Conditions take turns. */
export async function cardPicture(
  texts: readonly string[],
  seed: number,
  wish: { readonly condition?: ConditionName } = {},
): Promise<CardPicture> {
  const chance = seeded(seed)
  const condition = wish.condition ?? (CONDITION_NAMES[seed % CONDITION_NAMES.length] as ConditionName)
  const text = oneOf(chance, texts)
  const dpi = oneOf(chance, RESOLUTIONS)
  const level = oneOf(chance, ['L', 'M', 'M', 'Q'] as const)
  const modules = qrModules(new TextEncoder().encode(text), level)
  const damage = CONDITIONS[condition](chance)
  const canvas = render(modules, (PRINT_MM / 25.4) * dpi, damage, chance)
  degrade(canvas, damage, MENDABLE[level] / 2, chance)
  const encoding = damage.jpegQuality === null ? oneOf(chance, ['png', 'png', 'jpeg', 'webp'] as const) : 'jpeg'
  const raw = { width: canvas.width, height: canvas.height, channels: 1 } as const
  const pixels = new Uint8ClampedArray(canvas.light)
  const image = sharp(pixels, { raw })
  const encoded =
    encoding === 'png'
      ? image.png({ compressionLevel: 1 })
      : encoding === 'jpeg'
        ? image.jpeg({ quality: damage.jpegQuality ?? 90 })
        : image.webp({ quality: 85 })
  const bytes = new Uint8Array(await encoded.toBuffer())
  return { text, condition, dpi, level, version: modules.version, damage, encoding, bytes }
}

/** An upright symbol with a quiet zone of four modules, each `module` pixels wide. */
export function plainSymbol(text: string, level: EccLevel = 'M', module = 4): GreyImage {
  const { size, dark } = qrModules(new TextEncoder().encode(text), level)
  const width = (size + 8) * module
  const pixels = new Uint8Array(width * width).fill(255)
  for (let y = 0; y < size * module; y++) {
    for (let x = 0; x < size * module; x++) {
      if (dark[Math.floor(y / module) * size + Math.floor(x / module)])
        pixels[(y + 4 * module) * width + x + 4 * module] = 0
    }
  }
  return { width, height: width, pixels }
}
