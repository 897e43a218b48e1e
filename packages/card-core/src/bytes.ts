import { type ErrorCode, FormatError } from './error.ts'

/** Random bytes of the given length; a parameter wherever chance is needed, so that a test can fix it. */
export type Randomness = (length: number) => Uint8Array

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase())

/** Upper-case hex without separators. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** Reads hex; blanks and colons between bytes are allowed. Throws FormatError with the column of the first bad digit. */
export function fromHex(text: string, code: ErrorCode = 'TLV_MALFORMED'): Uint8Array {
  const digits = text.replace(/[\s:]/g, '')
  const bad = digits.search(/[^0-9a-fA-F]/)
  if (bad >= 0) throw new FormatError(code, 'a character is not a hex digit', { column: bad + 1 })
  if (digits.length % 2) throw new FormatError(code, 'hex text has an odd number of digits', { column: digits.length })
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Whether two public values are equal. For MACs and cryptograms use equalConstantTime. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Compares secrets in a time that depends on the length alone. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Uint8Array.from(a, (byte, i) => byte ^ (b[i] ?? 0))
}

const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Decodes UTF-8; bytes that are not UTF-8 throw FormatError. */
export function fromUtf8(bytes: Uint8Array, code: ErrorCode = 'LDS_MALFORMED'): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(code, 'text is not valid UTF-8', {}, { cause })
  }
}

/** One character a byte, ISO 8859-1; never fails. */
export function fromLatin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** The value as an unsigned big-endian integer. */
export function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

/** Unsigned big-endian of exactly `length` bytes; throws RangeError when the value does not fit. */
export function fromBigInt(value: bigint, length: number): Uint8Array {
  const text = value === 0n ? '0'.repeat(2 * length) : value.toString(16).padStart(2 * length, '0')
  if (value < 0n || text.length > 2 * length) throw new RangeError(`value does not fit in ${length} bytes`)
  return fromHex(text)
}

/** Padding method 2 of ISO/IEC 9797-1 (9303-11 §9.8.2): 80, then zeros to the next multiple of `blockSize`. */
export function pad(bytes: Uint8Array, blockSize: number): Uint8Array {
  const padded = new Uint8Array((Math.floor(bytes.length / blockSize) + 1) * blockSize)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  return padded
}

/** Removes padding method 2; null when the bytes do not end in 80 00*. */
export function unpad(bytes: Uint8Array): Uint8Array | null {
  let end = bytes.length - 1
  while (end >= 0 && bytes[end] === 0) end--
  return end >= 0 && bytes[end] === 0x80 ? bytes.subarray(0, end) : null
}
