import { FormatError } from '../error.ts'
import { parseSignedData, type SignedData } from '../pki/signed-data.ts'
import { inFile } from './files.ts'
import { parseSecurityInfos, type SecurityInfo } from './security-infos.ts'

/** EF.CardSecurity (9303-11 §9.2): SecurityInfos signed by the document signer. A card with PACE-CAM has it. */
export interface CardSecurity {
  readonly signedData: SignedData
  readonly securityInfos: readonly SecurityInfo[]
}

/** id-SecurityObject, the content type that EF.CardSecurity is signed under. */
export const SECURITY_OBJECT_OID = '0.4.0.127.0.7.3.2.1'

/**
 * Parses EF.CardSecurity; nothing is verified here. It is built by `buildSignedData` over `buildSecurityInfos`, under
 * SECURITY_OBJECT_OID. Throws FormatError SIGNED_DATA_MALFORMED, CERTIFICATE_MALFORMED or SECURITY_INFO_MALFORMED.
 */
export function parseCardSecurity(bytes: Uint8Array): CardSecurity {
  const file = 'EF.CardSecurity'
  const signedData = inFile(file, 'SIGNED_DATA_MALFORMED', () => parseSignedData(bytes))
  const { content, contentType } = signedData
  if (contentType !== SECURITY_OBJECT_OID) {
    throw new FormatError('SECURITY_INFO_MALFORMED', 'the signed content is no security object', {
      file,
      oid: contentType,
    })
  }
  const base = content.buffer === bytes.buffer ? content.byteOffset - bytes.byteOffset : 0
  return { signedData, securityInfos: parseSecurityInfos(content, file, base) }
}
