// RFC 4648 §4 and §5 without a platform's own functions, and strict: one text for one value.

const PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_SAFE = `${PLAIN.slice(0, 62)}-_`
const VALUES: ReadonlyMap<number, number> = new Map([...URL_SAFE].map((c, i) => [c.charCodeAt(0), i]))

const CHUNK = 0x2000

function encode(bytes: Uint8Array, alphabet: string): string {
  const codes = new Uint8Array(Math.ceil((4 * bytes.length) / 3))
  let at = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let k = 0; k <= Math.min(left, 3); k++) codes[at++] = alphabet.charCodeAt((group >> (18 - 6 * k)) & 63)
  }
  let text = ''
  for (let i = 0; i < codes.length; i += CHUNK) text += String.fromCharCode(...codes.subarray(i, i + CHUNK))
  return text
}

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return encode(bytes, PLAIN) + '='.repeat((3 - (bytes.length % 3)) % 3)
}

/** Base64url without padding (RFC 4648 §5, as RFC 7515 uses it). */
export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE)
}

/** Reads base64url without padding. Undefined for every text that `toBase64Url` does not write: other letters, padding,
 * blanks, a length that cannot be, bits behind the last byte that are not zero. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((3 * text.length) / 4))
  let group = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const value = VALUES.get(text.charCodeAt(i))
    if (value === undefined) return undefined
    group = ((group << 6) | value) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (group >> bits) & 0xff
  }
  return (group & ((1 << bits) - 1)) === 0 ? bytes : undefined
}
