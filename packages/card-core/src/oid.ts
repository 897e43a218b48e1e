import { FormatError } from './error.ts'

/** Decodes the value bytes of an OBJECT IDENTIFIER to dotted text. Throws FormatError on empty, cut or padded arcs. */
export function decodeOid(value: Uint8Array): string {
  const arcs: string[] = []
  let arc = 0n
  let started = false
  for (const [offset, byte] of value.entries()) {
    if (!started && byte === 0x80) throw new FormatError('DER_MALFORMED', 'an OID arc has a leading zero', { offset })
    started = true
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if (byte & 0x80) continue
    if (arcs.length === 0) {
      const root = arc < 40n ? 0n : arc < 80n ? 1n : 2n
      arcs.push(root.toString(), (arc - 40n * root).toString())
    } else arcs.push(arc.toString())
    arc = 0n
    started = false
  }
  if (started || arcs.length === 0)
    throw new FormatError('DER_MALFORMED', 'an OID is empty or cut', { offset: value.length })
  return arcs.join('.')
}

/** Encodes dotted text to the value bytes of an OBJECT IDENTIFIER (without tag and length). */
export function encodeOid(text: string): Uint8Array {
  const arcs = text.split('.')
  if (arcs.length < 2 || arcs.some(arc => !/^\d+$/.test(arc))) throw new RangeError(`not an OID: ${text}`)
  const [root, second, ...rest] = arcs.map(BigInt)
  const bytes: number[] = []
  for (const arc of [(root as bigint) * 40n + (second as bigint), ...rest]) {
    const digits: number[] = [Number(arc & 0x7fn)]
    for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80)
    bytes.push(...digits)
  }
  return Uint8Array.from(bytes)
}
