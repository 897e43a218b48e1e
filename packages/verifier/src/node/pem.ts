import { FormatError, fromLatin1 } from '@cccd/card-core'

/** Whether bytes are PEM text rather than DER (RFC 7468); text may stand before the first block. */
export function looksLikePem(bytes: Uint8Array): boolean {
  return bytes[0] !== 0x30 && fromLatin1(bytes).includes('-----BEGIN ')
}

/** The blocks with this label, decoded; blocks with other labels are passed over. Throws FormatError CERTIFICATE_MALFORMED
 * for a block that is no base64. */
export function decodePem(bytes: Uint8Array, label: string): Uint8Array[] {
  const text = fromLatin1(bytes)
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)
  const found: Uint8Array[] = []
  for (const [, kind, body] of blocks) {
    if (kind !== label) continue
    const base64 = (body as string).replace(/\s/g, '')
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
      throw new FormatError('CERTIFICATE_MALFORMED', 'a PEM block is not base64')
    }
    found.push(new Uint8Array(Buffer.from(base64, 'base64')))
  }
  return found
}
