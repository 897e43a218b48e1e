import { buildSignedData, derSequence, derSetOf, derUnsigned, type HashName, MASTER_LIST_OID } from '@cccd/card-core'
import type { Issuer } from './issue-certificate.ts'

/** CscaMasterList ::= SEQUENCE { version INTEGER 0, certList SET OF Certificate }, members in DER order. */
export function cscaMasterList(certificates: readonly Uint8Array[]): Uint8Array {
  return derSequence(derUnsigned(0), derSetOf(...certificates))
}

/** A master list signed by a master-list signer (9303-12 §9): CMS SignedData over the CscaMasterList. DER. */
export async function createMasterList(given: {
  certificates: readonly Uint8Array[]
  masterListSigner: Issuer
  /** The CSCA that issued the signer: 9303-12 §9 wants it beside the signer's certificate. */
  csca: Uint8Array
  digest: HashName
  signingTime: Date
}): Promise<Uint8Array> {
  return await buildSignedData({
    contentType: MASTER_LIST_OID.cscaMasterList,
    content: cscaMasterList(given.certificates),
    certificate: given.masterListSigner.certificate,
    furtherCertificates: [given.csca],
    digest: given.digest,
    signer: given.masterListSigner.signer,
    signingTime: given.signingTime,
  })
}
