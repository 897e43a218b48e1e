import { parseTlv, tlv } from '../tlv.ts'
import { inFile } from './files.ts'
import { buildSecurityInfos, parseSecurityInfos, type SecurityInfo } from './security-infos.ts'

/** Parses EF.DG14 (9303-10 §4.7.14): SecurityInfos in tag 6E. Throws FormatError SECURITY_INFO_MALFORMED. */
export function parseDg14(bytes: Uint8Array): SecurityInfo[] {
  return inFile('EF.DG14', 'SECURITY_INFO_MALFORMED', () => {
    const { value } = parseTlv(bytes, 0x6e)
    return parseSecurityInfos(value, 'EF.DG14', bytes.length - value.length)
  })
}

/** Builds EF.DG14, in the order given. */
export function buildDg14(infos: readonly SecurityInfo[]): Uint8Array {
  return tlv(0x6e, buildSecurityInfos(infos))
}
