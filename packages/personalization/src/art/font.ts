/**
 * What the rules of fitting need of a font file, TrueType or CFF in an OpenType container (ISO/IEC 14496-22): family,
 * weight, which characters it has, how wide they are and, for TrueType outlines, how far their ink goes. Nothing is drawn
 * here. Collections, WOFF and variable fonts are not read.
 */
import { FormatError } from '@cccd/mrz'

/** Lengths are parts of the font's size. */
export interface FontFace {
  readonly family: string
  /** 100 to 900. */
  readonly weight: number
  readonly italic: boolean
  /** How far any Vietnamese letter reaches above and below the base line. */
  readonly above: number
  readonly below: number
  /** null where the font has no glyph. */
  glyph(codePoint: number): Glyph | null
}

export interface Glyph {
  readonly advance: number
  /** Of the ink, from the glyph's origin, up being positive; null where the outline format does not tell. */
  readonly ink: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } | null
}

/** Every letter of Vietnamese with every tone, small and capital. */
export const VIETNAMESE_LETTERS: string = [
  'aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵfjwz',
]
  .flatMap(letters => [letters, letters.toUpperCase()])
  .join('')
  .normalize('NFC')

/** Reads a font file. Throws FormatError FONT_UNUSABLE when it is none, or lacks what is needed. */
export function parseFont(bytes: Uint8Array): FontFace {
  return inside(() => readFont(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
}

/** DataView's own complaint about places past the end, told as what it is. */
function inside<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new FormatError('FONT_UNUSABLE', 'the font file is cut off or damaged', {}, { cause })
  }
}

function fail(message: string): never {
  throw new FormatError('FONT_UNUSABLE', message)
}

function readFont(data: DataView): FontFace {
  const kind = data.getUint32(0)
  if (kind !== 0x00010000 && kind !== 0x4f54544f && kind !== 0x74727565) fail('the file is no single OpenType font')
  const tables = new Map<string, number>()
  for (let i = 0; i < data.getUint16(4); i++) {
    const entry = 12 + 16 * i
    const tag = Array.from({ length: 4 }, (_, k) => String.fromCharCode(data.getUint8(entry + k))).join('')
    tables.set(tag, data.getUint32(entry + 8))
  }
  const table = (tag: string): number => tables.get(tag) ?? fail(`the font has no table ${tag}`)
  if (tables.has('fvar')) fail('the font is a variable one; name a file of one weight')

  const head = table('head')
  const hhea = table('hhea')
  const os2 = table('OS/2')
  const unitsPerEm = data.getUint16(head + 18)
  if (unitsPerEm < 16 || unitsPerEm > 16384) fail('the font says no size of its em square')
  const metrics = data.getUint16(hhea + 34)
  if (metrics === 0) fail('the font has no widths')
  const hmtx = table('hmtx')
  const glyphOf = characterMap(data, table('cmap'))
  const inkOf = outlineBoxes(data, { head, loca: tables.get('loca'), glyf: tables.get('glyf') })

  const known = new Map<number, Glyph | null>()
  const read = (codePoint: number): Glyph | null => {
    const id = glyphOf(codePoint)
    if (id === 0) return null
    const advance = data.getUint16(hmtx + 4 * Math.min(id, metrics - 1)) / unitsPerEm
    const box = inkOf(id)
    const ink = box && {
      left: box[0] / unitsPerEm,
      bottom: box[1] / unitsPerEm,
      right: box[2] / unitsPerEm,
      top: box[3] / unitsPerEm,
    }
    return { advance, ink }
  }
  const glyph = (codePoint: number): Glyph | null => {
    const found = known.get(codePoint)
    if (found !== undefined) return found
    const fresh = inside(() => read(codePoint))
    known.set(codePoint, fresh)
    return fresh
  }
  let above = data.getInt16(hhea + 4) / unitsPerEm
  let below = -data.getInt16(hhea + 6) / unitsPerEm
  for (const letter of VIETNAMESE_LETTERS) {
    const ink = glyph(letter.codePointAt(0) as number)?.ink
    if (ink) {
      above = Math.max(above, ink.top)
      below = Math.max(below, -ink.bottom)
    }
  }
  return {
    family: familyName(data, table('name')),
    weight: data.getUint16(os2 + 4),
    // fsSelection, bit 0.
    italic: (data.getUint16(os2 + 62) & 1) === 1,
    above,
    below,
    glyph,
  }
}

/** Subtables of format 4 and 12 for Unicode. */
function characterMap(data: DataView, cmap: number): (codePoint: number) => number {
  let best: { readonly at: number; readonly format: number } | null = null
  for (let i = 0; i < data.getUint16(cmap + 2); i++) {
    const record = cmap + 4 + 8 * i
    const platform = data.getUint16(record)
    const encoding = data.getUint16(record + 2)
    const at = cmap + data.getUint32(record + 4)
    const format = data.getUint16(at)
    const unicode = platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10))
    if (unicode && (format === 12 || (format === 4 && best?.format !== 12))) best = { at, format }
  }
  if (best === null) return fail('the font has no character map for Unicode')
  const { at, format } = best
  return format === 12 ? wideMap(data, at) : narrowMap(data, at)
}

function narrowMap(data: DataView, at: number): (codePoint: number) => number {
  const twice = data.getUint16(at + 6)
  return codePoint => {
    if (codePoint > 0xffff) return 0
    for (let i = 0; i < twice; i += 2) {
      if (codePoint > data.getUint16(at + 14 + i)) continue
      const start = data.getUint16(at + 16 + twice + i)
      if (codePoint < start) return 0
      const delta = data.getUint16(at + 16 + 2 * twice + i)
      const offsets = at + 16 + 3 * twice + i
      const offset = data.getUint16(offsets)
      if (offset === 0) return (codePoint + delta) & 0xffff
      const id = data.getUint16(offsets + offset + 2 * (codePoint - start))
      return id === 0 ? 0 : (id + delta) & 0xffff
    }
    return 0
  }
}

function wideMap(data: DataView, at: number): (codePoint: number) => number {
  const groups = data.getUint32(at + 12)
  return codePoint => {
    for (let i = 0; i < groups; i++) {
      const group = at + 16 + 12 * i
      const start = data.getUint32(group)
      if (codePoint < start) return 0
      if (codePoint <= data.getUint32(group + 4)) return (data.getUint32(group + 8) + codePoint - start) & 0xffff
    }
    return 0
  }
}

type InkBox = readonly [left: number, bottom: number, right: number, top: number]

/** The boxes of TrueType outlines; CFF does not say them without being drawn. */
function outlineBoxes(
  data: DataView,
  { head, loca, glyf }: { readonly head: number; readonly loca: number | undefined; readonly glyf: number | undefined },
): (glyph: number) => InkBox | null {
  if (loca === undefined || glyf === undefined) return () => null
  const long = data.getInt16(head + 50) === 1
  const offset = (id: number): number => (long ? data.getUint32(loca + 4 * id) : 2 * data.getUint16(loca + 2 * id))
  return id => {
    const start = offset(id)
    // A glyph without ink, as the blank.
    if (offset(id + 1) === start) return [0, 0, 0, 0]
    const at = glyf + start
    return [data.getInt16(at + 2), data.getInt16(at + 4), data.getInt16(at + 6), data.getInt16(at + 8)]
  }
}

/** The typographic family (name 16), else the family (name 1), of Windows' names in UTF-16. */
function familyName(data: DataView, name: number): string {
  const strings = name + data.getUint16(name + 4)
  let family = ''
  for (let i = 0; i < data.getUint16(name + 2); i++) {
    const record = name + 6 + 12 * i
    const id = data.getUint16(record + 6)
    if (data.getUint16(record) !== 3 || (id !== 16 && (id !== 1 || family !== ''))) continue
    const length = Math.min(128, data.getUint16(record + 8))
    const at = strings + data.getUint16(record + 10)
    family = Array.from({ length: length >> 1 }, (_, k) => String.fromCharCode(data.getUint16(at + 2 * k))).join('')
    if (id === 16) break
  }
  return /^[A-Za-z0-9][A-Za-z0-9 .-]*$/.test(family) ? family : fail('the font does not say its family')
}

/** The face of a family in a weight, upright. Throws FormatError FONT_UNUSABLE: no other face stands in for it. */
export function faceOf(fonts: readonly FontFace[], family: string, weight: number): FontFace {
  const found = fonts.find(face => face.family === family && face.weight === weight && !face.italic)
  return found ?? fail(`the font ${family} ${weight} was not given`)
}
