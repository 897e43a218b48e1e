import { FormatError } from './error.ts'

const LARGEST_ARC = 1n << 128n // X.667: the longest arcs in use are UUIDs

/** Decodes the value bytes of an OBJECT IDENTIFIER to dotted text. Throws FormatError on empty, cut, padded or
 * endless arcs. */
export function decodeOid(value: Uint8Array): string {
  let text = ''
  let arc = 0
  let large = 0n // takes over where a number would lose digits
  let started = false
  for (let offset = 0; offset < value.length; offset++) {
    const byte = value[offset] as number
    if (!started && byte === 0x80) throw new FormatError('DER_MALFORMED', 'an OID arc has a leading zero', { offset })
    started = true
    if (large >= LARGEST_ARC) throw new FormatError('DER_MALFORMED', 'an OID arc is too long', { offset })
    if (large > 0n) large = large * 128n + BigInt(byte & 0x7f)
    else if (arc >= 2 ** 45) large = BigInt(arc) * 128n + BigInt(byte & 0x7f)
    else arc = arc * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    if (text === '') {
      const root = large > 0n || arc >= 80 ? 2 : arc >= 40 ? 1 : 0
      text = `${root}.${large > 0n ? large - 80n : arc - 40 * root}`
    } else text += `.${large > 0n ? large : arc}`
    arc = 0
    large = 0n
    started = false
  }
  if (started || text === '') throw new FormatError('DER_MALFORMED', 'an OID is empty or cut', { offset: value.length })
  return text
}

/** Encodes dotted text to the value bytes of an OBJECT IDENTIFIER, without tag and length; RangeError when it is none. */
export function encodeOid(text: string): Uint8Array {
  const arcs = text.split('.')
  if (arcs.length < 2 || arcs.some(arc => !/^\d+$/.test(arc))) throw new RangeError(`not an OID: ${text}`)
  const [root = 0n, second = 0n, ...rest] = arcs.map(BigInt)
  if (root > 2n || (root < 2n && second > 39n)) throw new RangeError(`not an OID: ${text}`)
  const bytes: number[] = []
  for (const arc of [root * 40n + second, ...rest]) {
    const digits: number[] = [Number(arc & 0x7fn)]
    for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80)
    bytes.push(...digits)
  }
  return Uint8Array.from(bytes)
}
