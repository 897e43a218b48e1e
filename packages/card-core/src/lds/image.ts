import { FormatError } from '../error.ts'

// Just enough of JPEG (ISO/IEC 10918-1) and JPEG 2000 (ISO/IEC 15444-1) to tell them apart, to read their size and to
// find where they end: cards pad their images, and some viewers choke on what follows. No pixel is decoded.

export type ImageFormat = 'jpeg' | 'jpeg2000' | 'unknown'

export interface ImageSize {
  readonly format: 'jpeg' | 'jpeg2000'
  /** In pixels. */
  readonly width: number
  readonly height: number
}

const JP2_SIGNATURE = [0x00, 0x00, 0x00, 0x0c, 0x6a, 0x50, 0x20, 0x20, 0x0d, 0x0a, 0x87, 0x0a]

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte)
}

/** Tells the format by the first bytes; a bare JPEG 2000 codestream counts as JPEG 2000. Never throws. */
export function sniffImage(bytes: Uint8Array): ImageFormat {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (startsWith(bytes, JP2_SIGNATURE) || startsWith(bytes, [0xff, 0x4f, 0xff, 0x51])) return 'jpeg2000'
  return 'unknown'
}

function fail(message: string, offset: number): never {
  throw new FormatError('IMAGE_MALFORMED', message, { offset })
}

function u16(bytes: Uint8Array, at: number): number {
  const high = bytes[at]
  const low = bytes[at + 1]
  if (high === undefined || low === undefined) return fail('the image is cut short', bytes.length)
  return (high << 8) | low
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x10000 + u16(bytes, at + 2)
}

interface Extent {
  readonly width: number
  readonly height: number
  /** Bytes of the image without what follows it; undefined where the end was not found. */
  readonly length?: number
}

/** SOF0 to SOF15 without DHT, JPG and DAC. */
function startsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)
}

function jpegExtent(bytes: Uint8Array): Extent {
  let size: Extent | undefined
  let at = 2
  while (at < bytes.length) {
    // Between segments stand markers, possibly after fill bytes FF; inside a scan, data runs to the next real marker.
    if (bytes[at] !== 0xff) return size ?? fail('a JPEG marker is missing', at)
    const marker = bytes[at + 1]
    if (marker === undefined) break
    if (marker === 0xff) at += 1
    else if (standsAlone(marker)) at += 2
    else if (marker === 0xd9) return size ? { ...size, length: at + 2 } : fail('a JPEG has no frame', at)
    else {
      if (startsFrame(marker)) size = { height: u16(bytes, at + 5), width: u16(bytes, at + 7) }
      const segment = u16(bytes, at + 2)
      if (segment < 2) fail('a JPEG segment has no length', at)
      at += 2 + segment
      if (marker === 0xda) at = scanEnd(bytes, at)
    }
  }
  return size ?? fail('a JPEG has no frame', bytes.length)
}

/** The next marker after entropy-coded data: FF00 is a stuffed byte, FFD0 to FFD7 are restarts inside it. */
function scanEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] as number
    if (next !== 0 && next !== 0xff && !standsAlone(next)) return at
  }
  return bytes.length
}

function codestreamExtent(bytes: Uint8Array, start: number): Extent {
  if (u16(bytes, start) !== 0xff4f || u16(bytes, start + 2) !== 0xff51)
    fail('a JPEG 2000 codestream has no size', start)
  const width = u32(bytes, start + 8) - u32(bytes, start + 16)
  const height = u32(bytes, start + 12) - u32(bytes, start + 20)
  let at = start + 2
  while (at + 2 <= bytes.length) {
    const marker = u16(bytes, at)
    if (marker === 0xffd9) return { width, height, length: at + 2 }
    if (at + 10 > bytes.length) break
    if (marker === 0xff90) {
      // SOT: Psot counts from the marker; 0 means up to the end of the codestream, which then cannot be told.
      const tilePart = u32(bytes, at + 6)
      if (tilePart < 12) break
      at += tilePart
    } else {
      const segment = u16(bytes, at + 2)
      if (segment < 2) break
      at += 2 + segment
    }
  }
  return { width, height }
}

/** Whether four bytes are a box type: letters, digits or blank. Padding is not. */
function isBoxType(type: number): boolean {
  return [24, 16, 8, 0].every(shift => ((type >>> shift) & 0xff) >= 0x20 && ((type >>> shift) & 0xff) < 0x7f)
}

function jp2Extent(bytes: Uint8Array): Extent {
  let size: Extent | undefined
  let length: number | undefined
  let at = 0
  while (at + 8 <= bytes.length) {
    const type = u32(bytes, at + 4)
    // Length 0: the box runs to the end of the file, so its end is the codestream's.
    const box = u32(bytes, at) || (type === 0x6a703263 ? bytes.length - at : 0)
    if (box < 8 || at + box > bytes.length || !isBoxType(type)) break
    if (type === 0x6a703268) {
      // jp2h: its first box is ihdr with height, then width (15444-1 §I.5.3).
      if (u32(bytes, at + 12) !== 0x69686472) fail('a JP2 header does not start with its size', at)
      size = { height: u32(bytes, at + 16), width: u32(bytes, at + 20) }
    }
    if (type === 0x6a703263) {
      const stream = codestreamExtent(bytes, at + 8)
      // Decoders ask memory for the codestream's size; a header that says less would hide it from a limit.
      if (size && (stream.width !== size.width || stream.height !== size.height))
        fail('the header of a JP2 and its codestream tell different sizes', at)
      if (u32(bytes, at) === 0) return { ...stream, ...size }
    }
    at += box
    // Boxes may follow the codestream; what is no box any more is padding.
    if (type === 0x6a703263 || length !== undefined) length = at
  }
  if (!size) return fail('a JP2 file has no header', at)
  return length === undefined ? size : { ...size, length }
}

function imageExtent(bytes: Uint8Array): Extent & { readonly format: 'jpeg' | 'jpeg2000' } {
  const format = sniffImage(bytes)
  if (format === 'unknown') return fail('the image is neither JPEG nor JPEG 2000', 0)
  const bare = bytes[0] === 0xff
  const extent = format === 'jpeg' ? jpegExtent(bytes) : bare ? codestreamExtent(bytes, 0) : jp2Extent(bytes)
  if (extent.width < 1 || extent.height < 1) fail('the image has no area', 0)
  return { format, ...extent }
}

/** Width and height of a JPEG or JPEG 2000 in pixels. Throws FormatError IMAGE_MALFORMED. */
export function readImageSize(bytes: Uint8Array): ImageSize {
  const { format, width, height } = imageExtent(bytes)
  return { format, width, height }
}

/** The image without what follows its end; all of `bytes` where the end cannot be told. Never throws. */
export function trimImage(bytes: Uint8Array): Uint8Array {
  try {
    return bytes.subarray(0, imageExtent(bytes).length)
  } catch (error) {
    if (error instanceof FormatError) return bytes
    throw error
  }
}
