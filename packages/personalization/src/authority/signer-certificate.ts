import { type AuthorityName, distinguishedName, TEST_NAMES } from './authority-name.ts'
import { TEST_CRL_URI } from './csca.ts'
import {
  authorityKeyIdentifier,
  type Contact,
  crlDistributionPoints,
  documentTypeList,
  issuerAltName,
  keyUsage,
  masterListSigning,
  type Period,
  privateKeyUsagePeriod,
  subjectAltName,
  subjectKeyIdentifier,
  TEST_CONTACT,
  USAGE,
} from './extension.ts'
import { type Issuer, issueCertificate, keyIdentifier, parseIssuer, statedKeyIdentifier } from './issue-certificate.ts'

export interface SignerCertificateOptions {
  readonly csca: Issuer
  /** SubjectPublicKeyInfo of the signer's key, kept byte for byte. */
  readonly spki: Uint8Array
  readonly name?: AuthorityName
  /** Big-endian magnitude, 1 to 20 octets. */
  readonly serialNumber: Uint8Array
  readonly validity: Period
  readonly privateKeyUsage?: Period
  readonly contact?: Contact
  readonly crlUris?: readonly string[]
}

function common(given: SignerCertificateOptions, csca: ReturnType<typeof parseIssuer>) {
  const contact = given.contact ?? TEST_CONTACT
  return {
    head: [
      authorityKeyIdentifier(statedKeyIdentifier(csca)),
      subjectKeyIdentifier(keyIdentifier(given.spki)),
      keyUsage(USAGE.digitalSignature),
      privateKeyUsagePeriod(given.privateKeyUsage ?? given.validity),
      subjectAltName(contact),
      issuerAltName(contact),
    ],
    tail: [crlDistributionPoints(given.crlUris ?? [TEST_CRL_URI])],
  }
}

/** A document signer in the profile of 9303-12 §7.1.1; `documentTypes` are the codes of the MRZ, default ID. DER. */
export async function createDocumentSigner(
  given: SignerCertificateOptions & { readonly documentTypes?: readonly string[] },
): Promise<Uint8Array> {
  const csca = parseIssuer(given.csca.certificate)
  const { head, tail } = common(given, csca)
  return await issueCertificate({
    subject: distinguishedName(given.name ?? TEST_NAMES.documentSigner),
    issuer: csca.subject,
    spki: given.spki,
    serialNumber: given.serialNumber,
    validity: given.validity,
    extensions: [...head, documentTypeList(given.documentTypes ?? ['ID']), ...tail],
    signer: given.csca.signer,
  })
}

/** A master-list signer: as a document signer, but with the critical extended key usage of 9303-12 and no document
 * types. DER. */
export async function createMasterListSigner(given: SignerCertificateOptions): Promise<Uint8Array> {
  const csca = parseIssuer(given.csca.certificate)
  const { head, tail } = common(given, csca)
  return await issueCertificate({
    subject: distinguishedName(given.name ?? TEST_NAMES.masterListSigner),
    issuer: csca.subject,
    spki: given.spki,
    serialNumber: given.serialNumber,
    validity: given.validity,
    extensions: [...head, masterListSigning(), ...tail],
    signer: given.csca.signer,
  })
}
