import {
  type Certificate,
  checkSignerInfo,
  dataGroupFile,
  digest,
  equal,
  FormatError,
  importPublicKey,
  keepReady,
  type LdsFiles,
  type PublicKey,
  parseCertificate,
  parseSod,
  verifyCertificate,
} from '@cccd/card-core'
import { dataGroupHashes } from './document-signer.ts'

/** A document signer's certificate that was followed to its CSCA once, with its key ready for many signatures. */
export interface CheckedSigner {
  readonly certificate: Certificate
  readonly key: PublicKey
}

/**
 * Follows a document signer's certificate to one of the CSCAs. Throws FormatError CERTIFICATE_MALFORMED for a
 * certificate that is none, and returns null when no CSCA's key made its signature.
 */
export function checkSigner(certificate: Uint8Array, cscas: readonly Uint8Array[]): CheckedSigner | null {
  const parsed = parseCertificate(certificate)
  const signed = cscas.some(csca => verifyCertificate(parsed, importPublicKey(parseCertificate(csca).spki)))
  if (!signed) return null
  const key = importPublicKey(parsed.spki)
  keepReady(key)
  return { certificate: parsed, key }
}

export type ReleaseFault = 'MALFORMED' | 'ANOTHER_SIGNER' | 'HASHES_DIFFER' | 'SIGNATURE_WRONG'

/**
 * What stands between a signature and its release: EF.SOD is parsed anew from its bytes, carries the certificate that
 * was followed to the CSCA, lists exactly the hashes of the files, and its signature verifies. Null when all is well.
 */
export function releaseFault(files: LdsFiles, sod: Uint8Array, signer: CheckedSigner): ReleaseFault | null {
  try {
    const { signedData, ldsSecurityObject } = parseSod(sod)
    const [certificate, ...others] = signedData.certificates
    const [signerInfo, ...furtherSigners] = signedData.signerInfos
    if (!certificate || !signerInfo || others.length > 0 || furtherSigners.length > 0) return 'ANOTHER_SIGNER'
    if (!equal(certificate.raw, signer.certificate.raw)) return 'ANOTHER_SIGNER'
    const hashes = dataGroupHashes(files, ldsSecurityObject.hash)
    const listed = ldsSecurityObject.dataGroupHashes
    if (hashes.size !== listed.size) return 'HASHES_DIFFER'
    for (const [n, hash] of hashes) if (!equal(hash, listed.get(n) ?? new Uint8Array())) return 'HASHES_DIFFER'
    const check = checkSignerInfo(signedData, signerInfo, signer.certificate, signer.key)
    return check.signature && check.digest && check.signedAttributes !== 'failed' ? null : 'SIGNATURE_WRONG'
  } catch (error) {
    if (error instanceof FormatError) return 'MALFORMED'
    throw error
  }
}

/** The digest under which a number's content is remembered: SHA-256 over name and bytes of every data group, in order. */
export function contentDigest(files: LdsFiles): Uint8Array {
  const parts: Uint8Array[] = []
  for (let n = 1; n <= 16; n++) {
    const file = files[dataGroupFile(n)]
    if (file) parts.push(Uint8Array.of(n, file.length >> 24, file.length >> 16, file.length >> 8, file.length), file)
  }
  return digest('sha256', ...parts)
}
