import {
  buildLdsSecurityObject,
  buildSignedData,
  buildSod,
  type Certificate,
  dataGroupFile,
  digest,
  FormatError,
  type HashName,
  LDS_SECURITY_OBJECT_OID,
  type LdsFiles,
  parseCom,
  type Signer,
} from '@cccd/card-core'

/** A document signer as it signs: its certificate goes into every EF.SOD. */
export interface DocumentSigner {
  readonly certificate: Uint8Array
  readonly signer: Signer
  /** Hash of the data groups and of the signed attributes. */
  readonly digest: HashName
}

export interface SigningOptions {
  /** The hashes of the data groups under the signer's digest, where they were computed already. */
  readonly hashes?: ReadonlyMap<number, Uint8Array>
  /** The signer's certificate, where it was parsed already. */
  readonly parsed?: Certificate
  /** When given, the signed attributes tell it. */
  readonly signingTime?: Date
  /** How SignerInfo names the certificate. Default issuer and serial number. */
  readonly sid?: 'issuerAndSerialNumber' | 'subjectKeyIdentifier'
}

/** The hash of every data group that is there, by number. */
export function dataGroupHashes(files: LdsFiles, hash: HashName): Map<number, Uint8Array> {
  const hashes = new Map<number, Uint8Array>()
  for (let n = 1; n <= 16; n++) {
    const file = files[dataGroupFile(n)]
    if (file) hashes.set(n, digest(hash, file))
  }
  return hashes
}

/**
 * Signs the data groups: EF.SOD with an LDS security object of version 0 for LDS 1.7, of version 1 from LDS 1.8 on, as
 * EF.COM of the files says. Throws FormatError when EF.COM is missing or malformed, and whatever the signer throws.
 */
export async function signLds(
  files: LdsFiles,
  documentSigner: DocumentSigner,
  options: SigningOptions = {},
): Promise<Uint8Array> {
  const com = files['EF.COM']
  if (!com) throw new FormatError('DOCUMENT_MALFORMED', 'EF.COM is missing', { file: 'EF.COM' })
  const { ldsVersion, unicodeVersion } = parseCom(com)
  const hash = documentSigner.digest
  const dataGroups = options.hashes ?? dataGroupHashes(files, hash)
  const content = buildLdsSecurityObject(
    ldsVersion >= '0108'
      ? { version: 1, hash, dataGroupHashes: dataGroups, ldsVersion, unicodeVersion }
      : { version: 0, hash, dataGroupHashes: dataGroups },
  )
  const signedData = await buildSignedData({
    contentType: LDS_SECURITY_OBJECT_OID,
    content,
    certificate: options.parsed ?? documentSigner.certificate,
    digest: hash,
    signer: documentSigner.signer,
    ...(options.signingTime ? { signingTime: options.signingTime } : {}),
    ...(options.sid ? { sid: options.sid } : {}),
  })
  return buildSod(signedData)
}
