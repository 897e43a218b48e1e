// X.509 (RFC 5280) as 9303-12 profiles it. Structure is read strictly; what certificates in the field have that the
// profile does not allow is taken and named in `findings`, since refusing it would fail whole countries.
import { equal } from '../bytes.ts'
import type { PublicKey } from '../crypto/public-key.ts'
import { DER, type DerNode, type DerOptions, derBitString, derInside, parseDer } from '../der.ts'
import { FormatError } from '../error.ts'
import {
  type AlgorithmIdentifier,
  hasOddParameters,
  readAlgorithmIdentifier,
  verifyWithIdentifier,
} from './algorithm.ts'
import { type DecodedExtensions, type Extension, readExtensions } from './extensions.ts'
import { type Finding, type Found as FoundOf, gatherFindings } from './finding.ts'
import { type DistinguishedName, readName, sameName } from './name.ts'
import { inspectSpki, isPadded } from './spki.ts'
import { readTime } from './time.ts'

export type CertificateFindingCode =
  | 'LENGTH_NOT_MINIMAL'
  | 'VERSION_NOT_3'
  | 'SERIAL_NOT_POSITIVE'
  | 'SERIAL_NOT_MINIMAL'
  | 'SERIAL_TOO_LONG'
  | 'ALGORITHM_PARAMETERS'
  | 'ALGORITHM_MISMATCH'
  | 'TIME_FORM'
  | 'VALIDITY_REVERSED'
  | 'NAME_STRING'
  | 'COUNTRY_MISSING'
  | 'COUNTRY_LOWER_CASE'
  | 'COUNTRY_MALFORMED'
  | 'KEY_MALFORMED'
  | 'KEY_INTEGER_NOT_MINIMAL'
  | 'RSA_MODULUS_NEGATIVE'
  | 'RSA_EXPONENT'
  | 'CURVE_WITHOUT_COFACTOR'
  | 'EXTENSION_MALFORMED'
  | 'EXTENSION_REPEATED'

export type CertificateFinding = Finding<CertificateFindingCode>

export interface Certificate extends DecodedExtensions {
  /** The whole certificate as it stood. */
  readonly raw: Uint8Array
  /** The signed part, header included. */
  readonly tbs: Uint8Array
  /** 1 to 3. */
  readonly version: number
  /** The INTEGER's bytes as they stood: compare with sameSerial. */
  readonly serialNumber: Uint8Array
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** SubjectPublicKeyInfo as it stood; see importPublicKey. */
  readonly spki: Uint8Array
  /** That of the signature on this certificate; says nothing about signatures made with its key. */
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly extensions: ReadonlyMap<string, Extension>
  readonly findings: readonly CertificateFinding[]
}

const STRICT: DerOptions = { code: 'CERTIFICATE_MALFORMED' }
const LENIENT: DerOptions = { ...STRICT, allowLongLength: true }

type Found = FoundOf<CertificateFindingCode>

function readValidity(node: DerNode, options: DerOptions, found: Found): number {
  if (node.tag !== DER.utcTime && node.tag !== DER.generalizedTime) {
    throw new FormatError('CERTIFICATE_MALFORMED', 'a validity is no time', { tag: node.tag, offset: node.offset })
  }
  const { time, odd } = readTime(node.value, node.tag === DER.utcTime ? 'utc' : 'generalized', options, node.offset)
  if (odd) found('TIME_FORM')
  return time
}

function inspectSerial(value: Uint8Array, found: Found): void {
  if (value.length === 0 || (value[0] as number) >= 0x80 || value.every(byte => byte === 0))
    found('SERIAL_NOT_POSITIVE')
  if (isPadded(value)) found('SERIAL_NOT_MINIMAL')
  if (value.length > 20) found('SERIAL_TOO_LONG')
}

function inspectCountry(name: DistinguishedName, found: Found): void {
  if (name.country === undefined) found('COUNTRY_MISSING')
  else if (/^[a-z]{2,3}$/i.test(name.country)) {
    if (name.country !== name.country.toUpperCase()) found('COUNTRY_LOWER_CASE')
  } else found('COUNTRY_MALFORMED')
}

/**
 * Parses an X.509 certificate. Oddities of certificates in the field are tolerated and listed in `findings`; an
 * extension that cannot be decoded stays raw in `extensions`. The key is not imported. Throws FormatError
 * CERTIFICATE_MALFORMED for anything that is no certificate.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return readCertificate(der, STRICT)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return readCertificate(der, LENIENT, { code: 'LENGTH_NOT_MINIMAL' })
  }
}

function readCertificate(der: Uint8Array, options: DerOptions, ...first: readonly CertificateFinding[]): Certificate {
  const { findings, found } = gatherFindings<CertificateFindingCode>(...first)
  const whole = parseDer(der, options)
  if (whole.tag !== DER.sequence) {
    throw new FormatError('CERTIFICATE_MALFORMED', 'a certificate is not a sequence', { tag: whole.tag, offset: 0 })
  }
  const outer = derInside(whole, options)
  const tbsNode = outer.read(DER.sequence)
  const outerAlgorithm = readAlgorithmIdentifier(outer.next(), options)
  const signature = derBitString(outer.read(DER.bitString), options)
  outer.end()

  const tbs = outer.inside(tbsNode)
  const versionNode = tbs.optional(0xa0)
  const version = versionNode ? tbs.inside(versionNode).smallInteger() + 1 : 1
  if (version !== 3) found('VERSION_NOT_3')
  const serialNumber = tbs.read(DER.integer).value
  inspectSerial(serialNumber, found)
  const algorithm = readAlgorithmIdentifier(tbs.next(), options)
  if (hasOddParameters(algorithm)) found('ALGORITHM_PARAMETERS', algorithm.oid)
  if (!equal(algorithm.raw, outerAlgorithm.raw)) found('ALGORITHM_MISMATCH', outerAlgorithm.oid)
  const issuer = readName(tbs.next(), options, () => found('NAME_STRING'))
  const validity = tbs.sequence()
  const notBefore = readValidity(validity.next(), options, found)
  const notAfter = readValidity(validity.next(), options, found)
  validity.end()
  if (notAfter < notBefore) found('VALIDITY_REVERSED')
  const subject = readName(tbs.next(), options, () => found('NAME_STRING'))
  inspectCountry(issuer, found)
  inspectCountry(subject, found)
  const spki = tbs.read(DER.sequence)
  inspectSpki(spki.value, options, found)
  tbs.optional(0x81) // issuerUniqueID, subjectUniqueID
  tbs.optional(0x82)
  const list = tbs.optional(0xa3)
  const { extensions, decoded } = readExtensions(list && tbs.inside(list).sequence(), options, found)
  tbs.end()
  return {
    raw: whole.raw,
    tbs: tbsNode.raw,
    version,
    serialNumber,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki: spki.raw,
    signatureAlgorithm: outerAlgorithm,
    signature,
    extensions,
    ...decoded,
    findings,
  }
}

/** Whether two serial numbers are the same number; leading zeros do not count. */
export function sameSerial(a: Uint8Array, b: Uint8Array): boolean {
  return equal(withoutLeadingZeros(a), withoutLeadingZeros(b))
}

/** An INTEGER's bytes without the zeros before them. */
export function withoutLeadingZeros(value: Uint8Array): Uint8Array {
  let start = 0
  while (start < value.length && value[start] === 0) start++
  return value.subarray(start)
}

/** Whether subject and issuer are the same name. */
export function isSelfIssued(certificate: Certificate): boolean {
  return sameName(certificate.issuer, certificate.subject)
}

/**
 * Whether `issuerKey` made the signature on the certificate. A certificate whose signed and unsigned algorithm
 * identifiers differ is never verified (RFC 5280 §4.1.1.2). Throws FormatError ALGORITHM_UNKNOWN.
 */
export function verifyCertificate(certificate: Certificate, issuerKey: PublicKey): boolean {
  if (certificate.findings.some(finding => finding.code === 'ALGORITHM_MISMATCH')) return false
  return verifyWithIdentifier({
    algorithm: certificate.signatureAlgorithm,
    publicKey: issuerKey,
    data: certificate.tbs,
    signature: certificate.signature,
  })
}
