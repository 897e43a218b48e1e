/**
 * The order in which a picture is tried, cheap and likely first. It was found by measurement (bench/qr-pictures.mjs): of
 * pictures that nothing before could read, each step reads the most for its time.
 */
import { boxBlur, enlarge, evenLight, type GreyImage, halve, isBlank, sharpen, stretchContrast } from './grey-image.ts'
import { jsqr } from './jsqr.ts'
import type { DecodedSymbol, DecoderName } from './symbol.ts'
import { zbar } from './zbar.ts'
import { zxing } from './zxing.ts'

type Preparation = keyof Preparations

interface Preparations {
  plain: Prepare
  softened: Prepare
  'softened twice': Prepare
  stretched: Prepare
  sharpened: Prepare
  'sharpened strongly': Prepare
  evened: Prepare
  halved: Prepare
  'halved, stretched': Prepare
  'softened, doubled': Prepare
}

type Prepare = (image: GreyImage) => GreyImage

const PREPARATIONS: Preparations = {
  plain: image => image,
  softened: image => boxBlur(image, 1),
  'softened twice': image => boxBlur(boxBlur(image, 1), 1),
  stretched: stretchContrast,
  sharpened: image => sharpen(image, 2, 2),
  'sharpened strongly': image => sharpen(image, 4, 3),
  evened: image => evenLight(image, Math.max(8, Math.round(Math.min(image.width, image.height) / 12))),
  halved: halve,
  'halved, stretched': image => stretchContrast(halve(image)),
  'softened, doubled': image => enlarge(boxBlur(image, 1), 2),
}

export interface Step {
  /** As shown in results: what was done to the picture, and how the decoder was set. */
  readonly name: string
  readonly decoder: DecoderName
  readonly prepare: Preparation
  readonly decode: (image: GreyImage) => Promise<readonly DecodedSymbol[]>
  /** Larger pictures pass this step by. */
  readonly mostPixels: number
}

const local = (image: GreyImage) => zxing(image, { threshold: 'local', denoise: false })
const global = (image: GreyImage) => zxing(image, { threshold: 'global', denoise: false })
const denoised = (image: GreyImage) => zxing(image, { threshold: 'local', denoise: true })

const step = (
  decoder: DecoderName,
  prepare: Preparation,
  how: '' | 'global' | 'denoised',
  mostPixels = Number.POSITIVE_INFINITY,
): Step => ({
  name: [prepare, how].filter(Boolean).join(' '),
  decoder,
  prepare,
  decode: decoder === 'zbar' ? zbar : decoder === 'jsqr' ? jsqr : how === 'global' ? global : how ? denoised : local,
  mostPixels,
})

export const STEPS: readonly Step[] = [
  step('zxing', 'plain', ''),
  step('zxing', 'halved', 'global'),
  step('zxing', 'softened', ''),
  step('zxing', 'halved, stretched', 'global'),
  step('zxing', 'sharpened strongly', ''),
  step('zxing', 'stretched', 'global'),
  step('zxing', 'sharpened', ''),
  step('zbar', 'plain', ''),
  step('zbar', 'softened twice', ''),
  step('zbar', 'sharpened strongly', ''),
  step('zxing', 'softened, doubled', 'denoised', 1_000_000),
  step('zxing', 'evened', 'global'),
  step('jsqr', 'plain', '', 1_000_000),
]

/** How many times larger the picture of a preparation is than the one it was made from. */
const ENLARGED: Readonly<Partial<Record<Preparation, number>>> = {
  halved: 0.5,
  'halved, stretched': 0.5,
  'softened, doubled': 2,
}

export interface StepResult {
  readonly step: Step
  readonly symbols: readonly DecodedSymbol[]
  readonly ms: number
}

/** Runs the steps one after the other and yields what each finds, corners in pixels of `image`; stop asking to stop. */
export async function* cascade(image: GreyImage, clock: () => number): AsyncGenerator<StepResult> {
  if (isBlank(image)) return
  const prepared = new Map<Preparation, GreyImage>()
  for (const step of STEPS) {
    const { prepare, decode, mostPixels } = step
    if (image.width * image.height > mostPixels) continue
    const begin = clock()
    const ready = prepared.get(prepare) ?? PREPARATIONS[prepare](image)
    prepared.set(prepare, ready)
    if (ready.width === 0 || ready.height === 0) continue
    const found = await decode(ready)
    const scale = 1 / (ENLARGED[prepare] ?? 1)
    const symbols = found.map(one => ({
      ...one,
      corners: one.corners.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
    }))
    yield { step, symbols, ms: clock() - begin }
  }
}
