import {
  type Certificate,
  checkSignerInfo,
  digest,
  equal,
  FormatError,
  importPublicKey,
  keepReady,
  type PublicKey,
  parseCertificate,
  parseSod,
  verifyCertificate,
} from '@cccd/card-core'

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
 * was followed to the CSCA, lists exactly the `hashes` of the files (dataGroupHashes under its own digest), and its signature verifies. Null when all
 * is well.
 */
export function releaseFault(
  hashes: ReadonlyMap<number, Uint8Array>,
  sod: Uint8Array,
  signer: CheckedSigner,
): ReleaseFault | null {
  try {
    const { signedData, ldsSecurityObject } = parseSod(sod, [signer.certificate])
    const [certificate, ...others] = signedData.certificates
    const [signerInfo, ...furtherSigners] = signedData.signerInfos
    if (!certificate || !signerInfo || others.length > 0 || furtherSigners.length > 0) return 'ANOTHER_SIGNER'
    if (!equal(certificate.raw, signer.certificate.raw)) return 'ANOTHER_SIGNER'
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

/** The digest under which a number's content is remembered: SHA-256 over number and SHA-256 of every data group. */
export function contentDigest(sha256: ReadonlyMap<number, Uint8Array>): Uint8Array {
  return digest('sha256', ...[...sha256].flatMap(([n, hash]) => [Uint8Array.of(n), hash]))
}
