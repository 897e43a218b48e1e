// A certificate or CRL put together element by element, so that each rule of the profile can be broken alone.
import {
  concat,
  DER,
  derBits,
  derContext,
  derOctetString,
  derOid,
  derSequence,
  EXTENSION_OID,
  encodeSignatureAlgorithm,
  equal,
  parseCertificate,
  type Signer,
  tlv,
} from '@cccd/card-core'

export interface RawExtension {
  readonly oid: string
  readonly critical: boolean
  /** The inside of the OCTET STRING. */
  readonly value: Uint8Array
}

export interface RawCertificate {
  /** [0] EXPLICIT, whole; empty for version 1. */
  readonly version: Uint8Array
  /** INTEGER, whole; so on for all that follow. */
  readonly serialNumber: Uint8Array
  readonly innerAlgorithm: Uint8Array
  readonly outerAlgorithm: Uint8Array
  readonly issuer: Uint8Array
  readonly notBefore: Uint8Array
  readonly notAfter: Uint8Array
  readonly subject: Uint8Array
  readonly spki: Uint8Array
  readonly extensions: readonly RawExtension[]
}

export const integer = (...bytes: readonly number[]): Uint8Array => tlv(DER.integer, Uint8Array.from(bytes))
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const utcTime = (digits: string): Uint8Array => tlv(DER.utcTime, text(digits))
export const generalizedTime = (digits: string): Uint8Array => tlv(DER.generalizedTime, text(digits))

/** A name of one attribute an RDN; values as PrintableString unless they are whole elements. */
export function rawName(...attributes: readonly (readonly [oid: string, value: string | Uint8Array])[]): Uint8Array {
  return derSequence(
    ...attributes.map(([oid, value]) =>
      tlv(DER.set, derSequence(derOid(oid), typeof value === 'string' ? tlv(DER.printableString, text(value)) : value)),
    ),
  )
}

/** A good certificate taken apart. */
export function takeApart(der: Uint8Array): RawCertificate {
  const certificate = parseCertificate(der)
  return {
    version: derContext(0, integer(2)),
    serialNumber: tlv(DER.integer, certificate.serialNumber),
    innerAlgorithm: certificate.signatureAlgorithm.raw,
    outerAlgorithm: certificate.signatureAlgorithm.raw,
    issuer: certificate.issuer.raw,
    notBefore: utcTime(`${digits(certificate.notBefore)}Z`),
    notAfter: utcTime(`${digits(certificate.notAfter)}Z`),
    subject: certificate.subject.raw,
    spki: certificate.spki,
    extensions: [...certificate.extensions].map(([oid, { critical, value }]) => ({ oid, critical, value })),
  }
}

function digits(time: number): string {
  return new Date(time).toISOString().replace(/[-:T]/g, '').slice(2, 14)
}

/** Puts it together and signs it. */
export async function putTogether(raw: RawCertificate, signer: Signer): Promise<Uint8Array> {
  const tbs = derSequence(
    raw.version,
    raw.serialNumber,
    raw.innerAlgorithm,
    raw.issuer,
    derSequence(raw.notBefore, raw.notAfter),
    raw.subject,
    raw.spki,
    derContext(
      3,
      derSequence(
        ...raw.extensions.map(({ oid, critical, value }) =>
          derSequence(
            derOid(oid),
            critical ? tlv(DER.boolean, Uint8Array.of(0xff)) : new Uint8Array(),
            derOctetString(value),
          ),
        ),
      ),
    ),
  )
  return derSequence(tbs, raw.outerAlgorithm, derBits(await signer.sign(tbs)))
}

type ExtensionName = keyof typeof EXTENSION_OID

/** Without an extension. */
export function without(raw: RawCertificate, name: ExtensionName): RawCertificate {
  return { ...raw, extensions: raw.extensions.filter(({ oid }) => oid !== EXTENSION_OID[name]) }
}

/** With an extension changed or added. */
export function withExtension(
  raw: RawCertificate,
  name: ExtensionName | string,
  change: Partial<Omit<RawExtension, 'oid'>>,
): RawCertificate {
  const oid = (EXTENSION_OID as Readonly<Record<string, string>>)[name] ?? name
  const there = raw.extensions.find(one => one.oid === oid)
  const next = { oid, critical: false, value: new Uint8Array(), ...there, ...change }
  return { ...raw, extensions: [...raw.extensions.filter(one => one.oid !== oid), next] }
}

/** The algorithm identifiers of a signer, inside and outside. */
export function signedBy(raw: RawCertificate, signer: Signer): RawCertificate {
  const algorithm = encodeSignatureAlgorithm(signer.algorithm)
  return { ...raw, innerAlgorithm: algorithm, outerAlgorithm: algorithm }
}

/** Bytes with one run of others in the place of the first run that equals `from`. */
export function replaced(bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  for (let at = 0; at + from.length <= bytes.length; at++) {
    if (equal(bytes.subarray(at, at + from.length), from)) {
      return concat(bytes.subarray(0, at), to, bytes.subarray(at + from.length))
    }
  }
  throw new RangeError('nothing to replace')
}
