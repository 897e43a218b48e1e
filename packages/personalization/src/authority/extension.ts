import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  privateKeyUsagePeriod: '2.5.29.16',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  nameChange: '2.23.136.1.1.6.1',
  documentTypeList: '2.23.136.1.1.6.2',
} as const

/** id-icao-cscaMasterListSigningKey (9303-12 §7.1.1). */
export const MASTER_LIST_SIGNING_KEY = '2.23.136.1.1.3'

function extension(oid: string, critical: boolean, value: asn1js.BaseBlock): pkijs.Extension {
  return new pkijs.Extension({ extnID: oid, critical, extnValue: value.toBER(false) })
}

export function subjectKeyIdentifier(id: Uint8Array): pkijs.Extension {
  return extension(EXTENSION.subjectKeyIdentifier, false, new asn1js.OctetString({ valueHex: id }))
}

export function authorityKeyIdentifier(id: Uint8Array): pkijs.Extension {
  const keyIdentifier = new asn1js.OctetString({ valueHex: id })
  const value = new pkijs.AuthorityKeyIdentifier({ keyIdentifier })
  return extension(EXTENSION.authorityKeyIdentifier, false, value.toSchema())
}

/** The bits of RFC 5280 §4.2.1.3 by their number; DER drops trailing zero bits. */
export function keyUsage(...bits: readonly number[]): pkijs.Extension {
  let octet = 0
  for (const bit of bits) octet |= 0x80 >> bit
  const unusedBits = 7 - Math.max(...bits)
  const value = new asn1js.BitString({ valueHex: Uint8Array.of(octet), unusedBits })
  return extension(EXTENSION.keyUsage, true, value)
}

/** keyUsage bits of 9303-12: a CSCA has exactly the last two, a signer exactly the first. */
export const USAGE = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const

/** CA with pathLen 0: a CSCA issues signers, never further authorities. */
export function certificationAuthority(): pkijs.Extension {
  return extension(
    EXTENSION.basicConstraints,
    true,
    new pkijs.BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema(),
  )
}

export interface Period {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Both ends as GeneralizedTime, IMPLICIT [0] and [1] (RFC 3280 §4.2.1.4). */
export function privateKeyUsagePeriod(period: Period): pkijs.Extension {
  const value = new pkijs.PrivateKeyUsagePeriod({ notBefore: period.notBefore, notAfter: period.notAfter })
  return extension(EXTENSION.privateKeyUsagePeriod, false, value.toSchema())
}

/** One distribution point with full-name URIs. */
export function crlDistributionPoints(uris: readonly string[]): pkijs.Extension {
  const distributionPoint = uris.map(value => new pkijs.GeneralName({ type: 6, value }))
  const value = new pkijs.CRLDistributionPoints({
    distributionPoints: [new pkijs.DistributionPoint({ distributionPoint })],
  })
  return extension(EXTENSION.crlDistributionPoints, false, value.toSchema())
}

/** 9303-12 asks subject and issuer alternative names for the state's three-letter code as localityName, and for a way
 * to reach the authority. */
export interface Contact {
  readonly state: string
  readonly email: string
}

export const TEST_CONTACT: Contact = { state: 'VNM', email: 'test@cccd.invalid' }

function generalNames(contact: Contact): asn1js.BaseBlock {
  const locality = new pkijs.RelativeDistinguishedNames({
    typesAndValues: [
      new pkijs.AttributeTypeAndValue({
        type: '2.5.4.7',
        value: new asn1js.PrintableString({ value: contact.state }),
      }),
    ],
  })
  return new pkijs.GeneralNames({
    names: [
      new pkijs.GeneralName({ type: 1, value: contact.email }),
      new pkijs.GeneralName({ type: 4, value: locality }),
    ],
  }).toSchema()
}

export function subjectAltName(contact: Contact): pkijs.Extension {
  return extension(EXTENSION.subjectAltName, false, generalNames(contact))
}

export function issuerAltName(contact: Contact): pkijs.Extension {
  return extension(EXTENSION.issuerAltName, false, generalNames(contact))
}

/** DocumentTypeList ::= SEQUENCE { version INTEGER 0, docTypeList SET OF PrintableString }, codes as in the MRZ. */
export function documentTypeList(types: readonly string[]): pkijs.Extension {
  const codes = [...types].sort().map(value => new asn1js.PrintableString({ value }))
  const list = new asn1js.Set({ value: codes })
  const value = new asn1js.Sequence({ value: [new asn1js.Integer({ value: 0 }), list] })
  return extension(EXTENSION.documentTypeList, false, value)
}

/** The link certificate of an authority that takes a new name carries this marker (9303-12 §7.1.1): NULL. */
export function nameChange(): pkijs.Extension {
  return extension(EXTENSION.nameChange, false, new asn1js.Null())
}

export function extendedKeyUsage(purpose: string): pkijs.Extension {
  return extension(EXTENSION.extendedKeyUsage, true, new pkijs.ExtKeyUsage({ keyPurposes: [purpose] }).toSchema())
}

export function crlNumber(number: number): pkijs.Extension {
  return extension(EXTENSION.crlNumber, false, new asn1js.Integer({ value: number }))
}

/** A CRLReason of RFC 5280 §5.3.1 as ENUMERATED. */
export function reasonCode(reason: number): pkijs.Extension {
  return extension(EXTENSION.reasonCode, false, new asn1js.Enumerated({ value: reason }))
}
