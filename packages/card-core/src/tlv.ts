import { concat } from './bytes.ts'
import { type ErrorCode, FormatError } from './error.ts'

/** A BER-TLV data object (ISO/IEC 7816-4 §5.2.2). `tag` holds the tag bytes as one number: 0x5f0e, 0x7f61. */
export interface Tlv {
  readonly tag: number
  readonly value: Uint8Array
  /** Header and value as they stood, for hashing and for keeping what is unknown. */
  readonly raw: Uint8Array
  /** Where the object starts in the bytes that were parsed. */
  readonly offset: number
}

export interface TlvHeader {
  readonly tag: number
  /** Bytes of tag and length together. */
  readonly headerLength: number
  readonly valueLength: number
}

/**
 * Reads tag and length at `offset`. Lengths up to four bytes; indefinite length is refused. Returns null when `bytes`
 * end inside the header, so that a reader can ask for more; throws FormatError when no continuation can be right.
 */
export function readTlvHeader(bytes: Uint8Array, offset = 0, code: ErrorCode = 'TLV_MALFORMED'): TlvHeader | null {
  let at = offset
  const first = bytes[at++]
  if (first === undefined) return null
  let tag = first
  if ((first & 0x1f) === 0x1f) {
    for (let more = true; more; ) {
      const next = bytes[at++]
      if (next === undefined) return null
      if (at - offset > 3) throw new FormatError(code, 'a tag has more than three bytes', { offset })
      tag = tag * 256 + next
      more = (next & 0x80) !== 0
    }
  }
  const lengthByte = bytes[at++]
  if (lengthByte === undefined) return null
  if (lengthByte < 0x80) return { tag, headerLength: at - offset, valueLength: lengthByte }
  const count = lengthByte & 0x7f
  if (count === 0) throw new FormatError(code, 'indefinite length is not allowed here', { tag, offset })
  if (count > 4) throw new FormatError(code, 'a length has more than four bytes', { tag, offset })
  let valueLength = 0
  for (let i = 0; i < count; i++) {
    const byte = bytes[at++]
    if (byte === undefined) return null
    valueLength = valueLength * 256 + byte
  }
  return { tag, headerLength: at - offset, valueLength }
}

/** Reads the object at `offset`; throws FormatError when it is cut short. `base` is added to offsets in errors. */
export function readTlv(bytes: Uint8Array, offset = 0, code: ErrorCode = 'TLV_MALFORMED', base = 0): Tlv {
  const header = readTlvHeader(bytes, offset, code)
  if (!header) throw new FormatError(code, 'the data end inside a tag or length', { offset: base + offset })
  const start = offset + header.headerLength
  const end = start + header.valueLength
  if (end > bytes.length) {
    throw new FormatError(code, `a length reaches ${end - bytes.length} bytes past the end`, {
      tag: header.tag,
      offset: base + offset,
    })
  }
  return { tag: header.tag, value: bytes.subarray(start, end), raw: bytes.subarray(offset, end), offset: base + offset }
}

/** Reads all objects that fill `bytes`. */
export function parseTlvs(bytes: Uint8Array, code: ErrorCode = 'TLV_MALFORMED', base = 0): Tlv[] {
  const objects: Tlv[] = []
  for (let at = 0; at < bytes.length; ) {
    const object = readTlv(bytes, at, code, base)
    objects.push(object)
    at += object.raw.length
  }
  return objects
}

/** Reads the one object that fills `bytes`, and checks its tag; anything after it throws. */
export function parseTlv(bytes: Uint8Array, tag: number, code: ErrorCode = 'TLV_MALFORMED'): Tlv {
  const object = readTlv(bytes, 0, code)
  if (object.tag !== tag) {
    throw new FormatError(code, `tag ${object.tag.toString(16)} stands where ${tag.toString(16)} belongs`, {
      tag: object.tag,
      offset: 0,
    })
  }
  if (object.raw.length !== bytes.length) {
    throw new FormatError(code, `${bytes.length - object.raw.length} bytes follow the object`, {
      tag,
      offset: object.raw.length,
    })
  }
  return object
}

export function findTlv(objects: readonly Tlv[], tag: number): Tlv | undefined {
  return objects.find(object => object.tag === tag)
}

function encodeTag(tag: number): Uint8Array {
  if (tag > 0xffff) return Uint8Array.of(tag >>> 16, (tag >>> 8) & 0xff, tag & 0xff)
  if (tag > 0xff) return Uint8Array.of(tag >>> 8, tag & 0xff)
  return Uint8Array.of(tag)
}

function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  if (length < 0x100) return Uint8Array.of(0x81, length)
  if (length < 0x10000) return Uint8Array.of(0x82, length >> 8, length & 0xff)
  if (length < 0x1000000) return Uint8Array.of(0x83, length >> 16, (length >> 8) & 0xff, length & 0xff)
  return Uint8Array.of(0x84, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff)
}

/** Tag and length of a data object whose value is written elsewhere, so that a large value is copied once alone. */
export function tlvHeader(tag: number, length: number): Uint8Array {
  return concat(encodeTag(tag), encodeLength(length))
}

/** Builds a data object with the shortest length form; several parts are concatenated. */
export function tlv(tag: number, ...value: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of value) length += part.length
  // The usual case in one piece: a tag of one byte and a length of one to three.
  if (tag > 0xff || length > 0xffff) return concat(encodeTag(tag), encodeLength(length), ...value)
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : 4
  const all = new Uint8Array(header + length)
  all[0] = tag
  if (header === 2) all[1] = length
  else if (header === 3) {
    all[1] = 0x81
    all[2] = length
  } else {
    all[1] = 0x82
    all[2] = length >> 8
    all[3] = length
  }
  let at = header
  for (const part of value) {
    all.set(part, at)
    at += part.length
  }
  return all
}
