import type { Signer } from '@cccd/card-core'
import { type AuthorityName, distinguishedName, TEST_NAMES } from './authority-name.ts'
import {
  authorityKeyIdentifier,
  type Contact,
  certificationAuthority,
  crlDistributionPoints,
  issuerAltName,
  keyUsage,
  nameChange,
  type Period,
  privateKeyUsagePeriod,
  subjectAltName,
  subjectKeyIdentifier,
  TEST_CONTACT,
  USAGE,
} from './extension.ts'
import { type Issuer, issueCertificate, keyIdentifier, parseIssuer, statedKeyIdentifier } from './issue-certificate.ts'

export const TEST_CRL_URI = 'http://crl.cccd.invalid/test-csca.crl'

export interface CscaOptions {
  /** The authority's own key; `signer.publicKey` goes into the certificate byte for byte. */
  readonly signer: Signer
  /** Default: the subject of the test authority. */
  readonly name?: AuthorityName
  /** Big-endian magnitude, 1 to 20 octets. */
  readonly serialNumber: Uint8Array
  readonly validity: Period
  /** When the key may sign; 9303-12 has three to five years of a validity of thirteen to fifteen. Default: all of it. */
  readonly privateKeyUsage?: Period
  readonly contact?: Contact
  readonly crlUris?: readonly string[]
}

/** A self-signed country signing authority in the profile of 9303-12 §7.1.1. DER. */
export async function createCsca(given: CscaOptions): Promise<Uint8Array> {
  const name = distinguishedName(given.name ?? TEST_NAMES.csca)
  const id = keyIdentifier(given.signer.publicKey)
  const contact = given.contact ?? TEST_CONTACT
  return await issueCertificate({
    subject: name,
    issuer: name,
    spki: given.signer.publicKey,
    serialNumber: given.serialNumber,
    validity: given.validity,
    extensions: [
      authorityKeyIdentifier(id),
      subjectKeyIdentifier(id),
      keyUsage(USAGE.keyCertSign, USAGE.cRLSign),
      privateKeyUsagePeriod(given.privateKeyUsage ?? given.validity),
      subjectAltName(contact),
      issuerAltName(contact),
      certificationAuthority(),
      crlDistributionPoints(given.crlUris ?? [TEST_CRL_URI]),
    ],
    signer: given.signer,
  })
}

/**
 * A link certificate: the subject and key of the new CSCA, signed by the old one, so that a terminal that trusts the
 * old comes to trust the new (9303-12 §4.1). Carries the name-change marker when the two subjects differ.
 */
export async function createLinkCertificate(given: {
  old: Issuer
  newCsca: Uint8Array
  serialNumber: Uint8Array
  validity: Period
  contact?: Contact
  crlUris?: readonly string[]
}): Promise<Uint8Array> {
  const old = parseIssuer(given.old.certificate)
  const next = parseIssuer(given.newCsca)
  const contact = given.contact ?? TEST_CONTACT
  const renamed = !next.subject.isEqual(old.subject)
  return await issueCertificate({
    subject: next.subject,
    issuer: old.subject,
    spki: new Uint8Array(next.subjectPublicKeyInfo.toSchema().toBER(false)),
    serialNumber: given.serialNumber,
    validity: given.validity,
    extensions: [
      authorityKeyIdentifier(statedKeyIdentifier(old)),
      subjectKeyIdentifier(statedKeyIdentifier(next)),
      keyUsage(USAGE.keyCertSign, USAGE.cRLSign),
      privateKeyUsagePeriod(given.validity),
      subjectAltName(contact),
      issuerAltName(contact),
      certificationAuthority(),
      crlDistributionPoints(given.crlUris ?? [TEST_CRL_URI]),
      ...(renamed ? [nameChange()] : []),
    ],
    signer: given.old.signer,
  })
}
