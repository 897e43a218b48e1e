import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

/** The subject of an authority or signer: the attributes that 9303-12 §7.1.1 allows, country first. */
export interface AuthorityName {
  /** Two upper-case letters of ISO 3166-1. */
  readonly country: string
  readonly organization?: string
  readonly organizationalUnit?: string
  readonly commonName: string
  /** X.520 serialNumber, which tells the document signers of one authority apart. */
  readonly serialNumber?: string
}

const ORGANIZATION = 'CCCD toolkit TEST'

/** Subjects of the demo authority: every one says that it is a test, so that no certificate can pass for a real one. */
export const TEST_NAMES: Readonly<Record<'csca' | 'documentSigner' | 'masterListSigner', AuthorityName>> = {
  csca: { country: 'VN', organization: ORGANIZATION, commonName: 'CSCA Viet Nam TEST - not a real authority' },
  documentSigner: {
    country: 'VN',
    organization: ORGANIZATION,
    commonName: 'Document Signer TEST - not a real authority',
  },
  masterListSigner: {
    country: 'VN',
    organization: ORGANIZATION,
    commonName: 'Master List Signer TEST - not a real authority',
  },
}

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/

/**
 * One RDN for each attribute, in the order C, O, OU, serialNumber, CN; PrintableString where the letters allow it. The
 * DER is made here and only read by pkijs, which would write all attributes into a single RDN.
 */
export function distinguishedName(name: AuthorityName): pkijs.RelativeDistinguishedNames {
  const attributes: [oid: string, value: string | undefined][] = [
    ['2.5.4.6', name.country],
    ['2.5.4.10', name.organization],
    ['2.5.4.11', name.organizationalUnit],
    ['2.5.4.5', name.serialNumber],
    ['2.5.4.3', name.commonName],
  ]
  const rdns = attributes.flatMap(([type, value]) => {
    if (value === undefined) return []
    const text = PRINTABLE.test(value) ? new asn1js.PrintableString({ value }) : new asn1js.Utf8String({ value })
    const attribute = new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: type }), text] })
    return [new asn1js.Set({ value: [attribute] })]
  })
  return pkijs.RelativeDistinguishedNames.fromBER(new asn1js.Sequence({ value: rdns }).toBER(false))
}
