import { DerReader, derBitString } from '../der.ts'
import { parseTlv, tlv } from '../tlv.ts'
import { inFile } from './files.ts'

/** EF.DG15 (9303-10 §4.7.15): the public key for active authentication. */
export interface Dg15 {
  /** SubjectPublicKeyInfo as it stands, named or explicit parameters. */
  readonly spki: Uint8Array
  /** Its algorithm: 1.2.840.113549.1.1.1 (RSA) or 1.2.840.10045.2.1 (EC) in every card known. */
  readonly algorithmOid: string
}

/** Parses EF.DG15 down to the shape of the key; importPublicKey judges the key. Throws FormatError LDS_MALFORMED. */
export function parseDg15(bytes: Uint8Array): Dg15 {
  return inFile('EF.DG15', 'LDS_MALFORMED', () => {
    const { value } = parseTlv(bytes, 0x6f)
    const outer = new DerReader(value, { code: 'LDS_MALFORMED' }, bytes.length - value.length)
    const node = outer.read(0x30)
    outer.end()
    const key = outer.inside(node)
    const algorithmOid = key.sequence().oid()
    derBitString(key.read(0x03), { code: 'LDS_MALFORMED' })
    key.end()
    return { spki: node.raw, algorithmOid }
  })
}

/** Builds EF.DG15 from a SubjectPublicKeyInfo. */
export function buildDg15(spki: Uint8Array): Uint8Array {
  return tlv(0x6f, spki)
}
