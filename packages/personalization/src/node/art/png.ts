/** PNG files (ISO/IEC 15948) of rasters: the same bytes for the same dots, and the dots' size written in them. */
import { crc32, deflateSync } from 'node:zlib'
import type { Dpi } from '../../art/index.ts'
import type { BlackPanel, Raster } from './rasterize.ts'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const GREY = 0
const COLOUR = 2

function chunk(type: string, data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(12 + data.length)
  const view = new DataView(whole.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) whole[4 + i] = type.charCodeAt(i)
  whole.set(data, 8)
  view.setUint32(8 + data.length, crc32(whole.subarray(4, 8 + data.length)))
  return whole
}

function file(
  head: { readonly width: number; readonly height: number; readonly depth: number; readonly colour: number },
  data: Uint8Array,
  dpi: number,
): Uint8Array {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, head.width)
  view.setUint32(4, head.height)
  header[8] = head.depth
  header[9] = head.colour
  const physical = new Uint8Array(9)
  const perMetre = Math.round(dpi / 0.0254)
  new DataView(physical.buffer).setUint32(0, perMetre)
  new DataView(physical.buffer).setUint32(4, perMetre)
  physical[8] = 1
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('pHYs', physical),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array(0)),
  ]
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const done = new WeakMap<Raster, Uint8Array>()

/** The rows of a raster as PNG has them, compressed; a PDF takes the same bytes. They are not filtered: flat colours and
 * letters become smaller, and sooner, as they are. */
export function compressedRows(raster: Raster): Uint8Array {
  const known = done.get(raster)
  if (known) return known
  const { width, height, rgb } = raster
  const stride = 3 * width
  const rows = new Uint8Array((stride + 1) * height)
  for (let y = 0; y < height; y++) rows.set(rgb.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  const fresh = Uint8Array.from(deflateSync(rows, { level: 2 }))
  done.set(raster, fresh)
  return fresh
}

/** The rows of a black panel, 1 being black, compressed. */
export function compressedBits({ height, bits }: BlackPanel): Uint8Array {
  const stride = bits.length / height
  const rows = new Uint8Array((stride + 1) * height)
  for (let y = 0; y < height; y++) {
    // A grey PNG of one bit has 1 for white.
    for (let x = 0; x < stride; x++) rows[y * (stride + 1) + 1 + x] = ~(bits[y * stride + x] as number)
  }
  return Uint8Array.from(deflateSync(rows, { level: 6 }))
}

/** A PNG of eight bits a colour. */
export function colourPng(raster: Raster, dpi: Dpi): Uint8Array {
  const { width, height } = raster
  return file({ width, height, depth: 8, colour: COLOUR }, compressedRows(raster), dpi)
}

/** A PNG of one bit: black where the panel prints. */
export function blackPng(panel: BlackPanel, dpi: Dpi): Uint8Array {
  const { width, height } = panel
  return file({ width, height, depth: 1, colour: GREY }, compressedBits(panel), dpi)
}
