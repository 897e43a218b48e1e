/** Hexadecimal digits of UTF-8, as the QR of the insurance card has names. */

/** The text in NFC; null when the digits are not pairs or the bytes are not UTF-8. */
export function decodeHexText(hex: string): string | null {
  if (hex.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(hex)) return null
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).normalize('NFC')
  } catch {
    return null
  }
}

/** UTF-8 of the text in NFC, as capital hexadecimal digits. */
export function encodeHexText(text: string): string {
  return Array.from(new TextEncoder().encode(text.normalize('NFC')), byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}
