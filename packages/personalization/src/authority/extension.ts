import { EXTENSION_OID, MASTER_LIST_OID } from '@cccd/card-core'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

const REASON_CODE = '2.5.29.21'

function extension(oid: string, critical: boolean, value: asn1js.BaseBlock): pkijs.Extension {
  return new pkijs.Extension({ extnID: oid, critical, extnValue: value.toBER(false) })
}

export function subjectKeyIdentifier(id: Uint8Array): pkijs.Extension {
  return extension(EXTENSION_OID.subjectKeyIdentifier, false, new asn1js.OctetString({ valueHex: id }))
}

export function authorityKeyIdentifier(id: Uint8Array): pkijs.Extension {
  const keyIdentifier = new asn1js.OctetString({ valueHex: id })
  const value = new pkijs.AuthorityKeyIdentifier({ keyIdentifier })
  return extension(EXTENSION_OID.authorityKeyIdentifier, false, value.toSchema())
}

/** The bits of RFC 5280 §4.2.1.3 by their number; DER drops trailing zero bits. */
export function keyUsage(...bits: readonly number[]): pkijs.Extension {
  let octet = 0
  for (const bit of bits) octet |= 0x80 >> bit
  const unusedBits = 7 - Math.max(...bits)
  const value = new asn1js.BitString({ valueHex: Uint8Array.of(octet), unusedBits })
  return extension(EXTENSION_OID.keyUsage, true, value)
}

/** keyUsage bits of 9303-12: a CSCA has exactly the last two, a signer exactly the first. */
export const USAGE = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const

/** CA with pathLen 0: a CSCA issues signers, never further authorities. */
export function certificationAuthority(): pkijs.Extension {
  return extension(
    EXTENSION_OID.basicConstraints,
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
  return extension(EXTENSION_OID.privateKeyUsagePeriod, false, value.toSchema())
}

/** One distribution point with full-name URIs. */
export function crlDistributionPoints(uris: readonly string[]): pkijs.Extension {
  const distributionPoint = uris.map(value => new pkijs.GeneralName({ type: 6, value }))
  const value = new pkijs.CRLDistributionPoints({
    distributionPoints: [new pkijs.DistributionPoint({ distributionPoint })],
  })
  return extension(EXTENSION_OID.crlDistributionPoints, false, value.toSchema())
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
  return extension(EXTENSION_OID.subjectAltName, false, generalNames(contact))
}

export function issuerAltName(contact: Contact): pkijs.Extension {
  return extension(EXTENSION_OID.issuerAltName, false, generalNames(contact))
}

/** DocumentTypeList ::= SEQUENCE { version INTEGER 0, docTypeList SET OF PrintableString }, codes as in the MRZ. */
export function documentTypeList(types: readonly string[]): pkijs.Extension {
  const codes = [...types].sort().map(value => new asn1js.PrintableString({ value }))
  const list = new asn1js.Set({ value: codes })
  const value = new asn1js.Sequence({ value: [new asn1js.Integer({ value: 0 }), list] })
  return extension(EXTENSION_OID.documentTypeList, false, value)
}

/** The link certificate of an authority that takes a new name carries this marker (9303-12 §7.1.1): NULL. */
export function nameChange(): pkijs.Extension {
  return extension(EXTENSION_OID.nameChange, false, new asn1js.Null())
}

/** The critical purpose of a master-list signer (9303-12 §7.1.1). */
export function masterListSigning(): pkijs.Extension {
  const value = new pkijs.ExtKeyUsage({ keyPurposes: [MASTER_LIST_OID.masterListSigning] })
  return extension(EXTENSION_OID.extendedKeyUsage, true, value.toSchema())
}

export function crlNumber(number: number): pkijs.Extension {
  return extension(EXTENSION_OID.crlNumber, false, new asn1js.Integer({ value: number }))
}

/** A CRLReason of RFC 5280 §5.3.1 as ENUMERATED. */
export function reasonCode(reason: number): pkijs.Extension {
  return extension(REASON_CODE, false, new asn1js.Enumerated({ value: reason }))
}
