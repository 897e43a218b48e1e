/**
 * Writes glyph-data.ts: each MRZ character as a bitmap of 40 × 56 with 40 pixels a column, drawn from the OCR-B of
 * Debian's package fonts-ocr-b (Norbert Schwarz's Metafont sources, which may be used and distributed freely; Matthew
 * Skala's conversion, public domain). Run by hand after a build: node dist/node/mrz-image/testing/make-glyphs.js
 */
import { writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { CELL_HEIGHT, CELL_WIDTH, MRZ_ALPHABET } from '../glyphs.ts'
import { ADVANCE, MIDDLE } from './card-back.ts'

const scale = 4
const width = CELL_WIDTH * 2
const height = CELL_HEIGHT * 2

async function bitmapOf(character: string): Promise<Uint8Array> {
  const [w, h] = [width * scale, height * scale]
  const size = w / ADVANCE
  const text = character === '<' ? '&lt;' : character
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}"><rect width="${w}" height="${h}" fill="#fff"/>
<text x="0" y="${h / 2 + MIDDLE * size}" font-family="OCR B" font-size="${size}">${text}</text></svg>`
  const { data } = await sharp(Buffer.from(svg)).greyscale().resize(width, height, { kernel: 'cubic' }).raw().toBuffer({
    resolveWithObject: true,
  })
  const bits = new Uint8Array((width * height) / 8)
  for (let i = 0; i < width * height; i++)
    if ((data[i] as number) < 128) bits[i >> 3] = (bits[i >> 3] as number) | (128 >> (i & 7))
  return bits
}

const rows: string[] = []
for (const character of MRZ_ALPHABET) {
  rows.push(`  '${character}': '${Buffer.from(await bitmapOf(character)).toString('base64')}',`)
}
writeFileSync(
  new URL('../../../../src/node/mrz-image/glyph-data.ts', import.meta.url),
  `/** Written by testing/make-glyphs.ts from Debian's fonts-ocr-b; there the source and its licence are named. Each
 * character is 56 rows of 40 bits, ink 1, base64. */
export const GLYPH_BITMAPS: Readonly<Record<string, string>> = {
${rows.join('\n')}
}
`,
)
