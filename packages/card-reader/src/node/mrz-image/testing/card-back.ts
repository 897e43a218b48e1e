/**
 * Pictures of invented card backs: drawn with Debian's OCR-B, then laid on a desk, tilted, bent, lit, blurred, made noisy
 * and pressed into JPEG as a scanner or a phone would. The same seed gives the same picture. For tests and benchmarks.
 */
import { execFileSync } from 'node:child_process'
import sharp from 'sharp'
import { type Grey, sampleAt } from '../grey.ts'
import { mappingOf } from '../mapping.ts'

/** OCR-B, of size 1: a character takes this part of the font's size, and its middle lies so far above the base line. */
export const ADVANCE = 0.7228
export const MIDDLE = 0.375

/** ISO 7810 ID-1, ID-2 and ID-3, by the columns of their MRZ. */
const sizes: Readonly<Record<number, readonly [number, number]>> = { 30: [85.6, 53.98], 36: [105, 74], 44: [125, 88] }

function sizeOf({ lines }: CardBack): readonly [number, number] {
  return sizes[lines[0]?.length ?? 30] ?? [85.6, 53.98]
}

/** 9303-3: ten characters to the inch. */
const pitch = 2.54

export interface CardBack {
  readonly lines: readonly string[]
  readonly seed: number
  /** Pixels an inch of the card in the picture. */
  readonly dpi?: number
  /** Degrees, clockwise. */
  readonly rotation?: number
  /** How far a corner is moved, as a part of the card's width. */
  readonly perspective?: number
  /** How far the middle of the card is bent up, as a part of its height. */
  readonly bend?: number
  /** Standard deviation in millimetres on the card. */
  readonly blur?: number
  /** Standard deviation in steps of 255. */
  readonly noise?: number
  readonly light?: 'even' | 'gradient' | 'shadow' | 'glare' | 'dim'
  /** Quality of the JPEG; PNG when absent. */
  readonly jpeg?: number
  readonly font?: 'OCR B' | 'OCR B S'
  /** Millimetres by which strokes are bolder, or thinner when negative. */
  readonly weight?: number
  /** Millimetres between lines. */
  readonly lineSpacing?: number
  /** Darkness of the print, from 0 to 1. */
  readonly ink?: number
  /** Width of the desk around the card as a part of the card's. */
  readonly margin?: number
}

/** Whether sharp can draw OCR-B here: Debian's fonts-ocr-b and fontconfig. */
export function hasOcrB(): boolean {
  try {
    return execFileSync('fc-list', ['OCR B'], { encoding: 'utf8' }).includes('OCRB.otf')
  } catch {
    return false
  }
}

/** Numbers from 0 to 1 that the seed fixes. */
export function seededRandom(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** The picture file. */
export async function cardBackPicture(given: CardBack): Promise<Uint8Array> {
  const { dpi = 300, jpeg } = given
  const random = seededRandom(given.seed)
  const drawn = await drawnCard(given, random)
  const scene = photographed({ given, drawn, dpi, random })
  const raw = sharp(scene.data, { raw: { width: scene.width, height: scene.height, channels: 1 } })
  const sigma = ((given.blur ?? 0) * dpi) / 25.4
  const blurred = sigma < 0.3 ? scene.data : await raw.blur(sigma).greyscale().raw().toBuffer()
  const noisy = withNoise(blurred, given.noise ?? 0, random)
  const picture = sharp(noisy, { raw: { width: scene.width, height: scene.height, channels: 1 } })
  return new Uint8Array(
    await (jpeg === undefined ? picture.png({ compressionLevel: 1 }) : picture.jpeg({ quality: jpeg })).toBuffer(),
  )
}

async function drawnCard(given: CardBack, random: () => number): Promise<Grey & { readonly scale: number }> {
  const [cardWidth, cardHeight] = sizeOf(given)
  const scale = Math.min(24, Math.max(10, ((given.dpi ?? 300) / 25.4) * 1.25))
  const [width, height] = [Math.round(cardWidth * scale), Math.round(cardHeight * scale)]
  const { lineSpacing = 6.2, ink = 0.88, weight = 0, font = 'OCR B' } = given
  const dark = Math.round(235 * (1 - ink))
  const size = pitch / ADVANCE
  const columns = given.lines[0]?.length ?? 30
  const left = (cardWidth - columns * pitch) / 2
  // The last line lies in the middle of its band of 9303-5.
  const base = cardHeight - 5.5 + MIDDLE * size
  const line = (text: string, i: number): string => {
    const y = base - (given.lines.length - 1 - i) * lineSpacing
    return [...text]
      .map((character, c) => {
        const shown = character === '<' ? '&lt;' : character
        return character === ' ' ? '' : `<text x="${(left + c * pitch).toFixed(3)}" y="${y.toFixed(3)}">${shown}</text>`
      })
      .join('')
  }
  const stroke =
    weight === 0
      ? ''
      : `stroke="rgb(${weight > 0 ? `${dark},${dark},${dark}` : '228,231,226'})" stroke-width="${Math.abs(weight)}"`
  const waves = Array.from({ length: 26 }, (_, i) => {
    const y = i * 2.2
    return `<path d="M0 ${y} Q 20 ${y - 3 - random() * 3} 43 ${y} T 86 ${y}" fill="none" stroke="#9fb6c4" stroke-width=".12"/>`
  }).join('')
  const note = (x: number, y: number, text: string, fontSize = 2): string =>
    `<text x="${x}" y="${y}" font-family="DejaVu Sans, sans-serif" font-size="${fontSize}" fill="#333">${text}</text>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${cardWidth} ${cardHeight}">
<rect width="100%" height="100%" fill="#e4e7e2"/>${waves}
<rect x="30" y="4" width="13" height="11" rx="2" fill="#cfb35b" stroke="#7d6a30" stroke-width=".3"/>
${note(4, 6, 'Đặc điểm nhân dạng / Personal identification')}${note(4, 10, 'Sẹo chấm cách 1cm trên sau mép trái')}
${note(4, 20, 'Ngày, tháng, năm / Date, month, year: 01/01/2022')}${note(46, 7, 'CỤC TRƯỞNG CỤC CẢNH SÁT QUẢN LÝ HÀNH CHÍNH', 1.5)}
<rect x="62" y="10" width="9" height="14" fill="#d5cfc6"/><rect x="73" y="10" width="9" height="14" fill="#d5cfc6"/>
${Array.from({ length: 9 }, (_, i) => `<ellipse cx="66.5" cy="17" rx="${0.4 + i * 0.45}" ry="${0.7 + i * 0.7}" fill="none" stroke="#555" stroke-width=".22"/><ellipse cx="77.5" cy="17" rx="${0.4 + i * 0.45}" ry="${0.7 + i * 0.7}" fill="none" stroke="#555" stroke-width=".22"/>`).join('')}
<g font-family="${font}" font-size="${size}" fill="rgb(${dark},${dark},${dark})" ${stroke}>${given.lines.map(line).join('')}</g></svg>`
  const { data } = await sharp(Buffer.from(svg)).greyscale().raw().toBuffer({ resolveWithObject: true })
  return { width, height, data, scale }
}

function photographed(all: {
  readonly given: CardBack
  readonly drawn: Grey & { readonly scale: number }
  readonly dpi: number
  readonly random: () => number
}): Grey {
  const { given, drawn, dpi, random } = all
  const { rotation = 0, perspective = 0, margin = 0.04, light = 'even', bend = 0 } = given
  const [cardWidth, cardHeight] = sizeOf(given)
  const perMm = dpi / 25.4
  const turn = (rotation * Math.PI) / 180
  const corners = [
    [0, 0],
    [cardWidth, 0],
    [cardWidth, cardHeight],
    [0, cardHeight],
  ] as const
  const moved = corners.map(([x, y]) => {
    const [px, py] = [x - cardWidth / 2, y - cardHeight / 2]
    const shift = perspective * cardWidth
    return [
      (px * Math.cos(turn) - py * Math.sin(turn) + (random() - 0.5) * 2 * shift) * perMm,
      (px * Math.sin(turn) + py * Math.cos(turn) + (random() - 0.5) * 2 * shift) * perMm,
    ] as const
  })
  const border = margin * cardWidth * perMm
  const left = Math.min(...moved.map(([x]) => x)) - border
  const top = Math.min(...moved.map(([, y]) => y)) - border
  const width = Math.ceil(Math.max(...moved.map(([x]) => x)) + border - left)
  const height = Math.ceil(Math.max(...moved.map(([, y]) => y)) + border - top)
  const toCard = mappingOf(
    moved.map(([x, y], i) => ({ from: [x - left, y - top], to: corners[i] as readonly [number, number], weight: 1 })),
  )
  const data = new Uint8Array(width * height)
  const waves = Float32Array.from({ length: 256 }, (_, i) => Math.sin((i * Math.PI) / 128))
  const desk = 60 + random() * 150
  const [lx, ly] = [random() - 0.5, random() - 0.5]
  const edge = 0.3 + random() * 0.4
  const steep = random() - 0.5
  const [gx, gy] = [0.1 + random() * 0.8, 0.55 + random() * 0.4]
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0] = toCard
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Written out: a picture has a million pixels.
      const w = 1 / (m6 * x + m7 * y + 1)
      const cx = (m0 * x + m1 * y + m2) * w
      const raised = bend === 0 ? 0 : bend * cardHeight * (1 - ((2 * cx) / cardWidth - 1) ** 2)
      const cy = (m3 * x + m4 * y + m5) * w + raised
      const onCard = cx >= 0 && cy >= 0 && cx <= cardWidth && cy <= cardHeight
      let value = onCard
        ? sampleAt(drawn, cx * drawn.scale - 0.5, cy * drawn.scale - 0.5)
        : desk + 12 * (waves[x & 255] as number) * (waves[(y * 2) & 255] as number)
      const u = x / width
      const v = y / height
      if (light === 'gradient') value *= 0.75 + lx * (u - 0.5) + ly * (v - 0.5)
      if (light === 'dim') value = 30 + value * 0.25
      if (light === 'shadow') value *= u + steep * v > edge + steep / 2 ? 0.5 : 1
      if (light === 'glare') value += 320 * Math.exp(-(((u - gx) / 0.06) ** 2) - ((v - gy) / 0.06) ** 2)
      data[y * width + x] = value < 0 ? 0 : value > 255 ? 255 : value
    }
  }
  return { width, height, data }
}

function withNoise(data: Uint8Array, sigma: number, random: () => number): Uint8Array {
  if (sigma === 0) return data
  const normals = Float32Array.from(
    { length: 1 << 16 },
    () => (random() + random() + random() + random() - 2) * Math.sqrt(3),
  )
  const noisy = new Uint8Array(data.length)
  for (let i = 0, at = 0; i < data.length; i++, at++) {
    if (i % 512 === 0) at = Math.floor(random() * 65536)
    const value = (data[i] as number) + sigma * (normals[at & 65535] as number)
    noisy[i] = value < 0 ? 0 : value > 255 ? 255 : value
  }
  return noisy
}
