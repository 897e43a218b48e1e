// Certificate revocation lists (RFC 5280 §5, 9303-12 §7.2): full CRLs of a CSCA. Delta and indirect CRLs are not
// understood; what marks them is a critical extension, which is reported.
import { equal, toHex } from '../bytes.ts'
import type { PublicKey } from '../crypto/public-key.ts'
import type { Signer } from '../crypto/signer.ts'
import {
  DER,
  type DerNode,
  type DerOptions,
  type DerReader,
  derBitString,
  derBits,
  derContext,
  derInside,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
  parseDer,
} from '../der.ts'
import { FormatError } from '../error.ts'
import { tlv } from '../tlv.ts'
import {
  type AlgorithmIdentifier,
  encodeSignatureAlgorithm,
  hasOddParameters,
  readAlgorithmIdentifier,
  verifyWithIdentifier,
} from './algorithm.ts'
import { type Certificate, withoutLeadingZeros } from './certificate.ts'
import { EXTENSION_OID, type Extension, readExtensions } from './extensions.ts'
import { type Finding, type Found as FoundOf, gatherFindings } from './finding.ts'
import { type DistinguishedName, readName, sameName } from './name.ts'
import { encodeTime, readTime } from './time.ts'

export type CrlFindingCode =
  | 'LENGTH_NOT_MINIMAL'
  | 'VERSION_NOT_2'
  | 'ALGORITHM_PARAMETERS'
  | 'ALGORITHM_MISMATCH'
  | 'TIME_FORM'
  | 'NAME_STRING'
  | 'NEXT_UPDATE_MISSING'
  | 'EXTENSION_MALFORMED'
  | 'EXTENSION_REPEATED'
  | 'CRITICAL_EXTENSION'

export interface Revocation {
  /** Milliseconds since 1970. */
  readonly date: number
  /** CRLReason of RFC 5280 §5.3.1. */
  readonly reason?: number
}

export interface Crl {
  readonly raw: Uint8Array
  /** The signed part, header included. */
  readonly tbs: Uint8Array
  readonly version: number
  readonly issuer: DistinguishedName
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate?: number
  /** By serial number in upper-case hex without leading zeros. */
  readonly revoked: ReadonlyMap<string, Revocation>
  readonly crlNumber?: bigint
  readonly authorityKeyIdentifier?: Uint8Array
  readonly extensions: ReadonlyMap<string, Extension>
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly findings: readonly Finding<CrlFindingCode>[]
}

type Found = FoundOf<CrlFindingCode>

const STRICT: DerOptions = { code: 'CRL_MALFORMED' }
const LENIENT: DerOptions = { ...STRICT, allowLongLength: true }
const REASON_CODE = '2.5.29.21'
const UNDERSTOOD: ReadonlySet<string> = new Set([EXTENSION_OID.crlNumber, EXTENSION_OID.authorityKeyIdentifier])

function isTime(tag: number | undefined): boolean {
  return tag === DER.utcTime || tag === DER.generalizedTime
}

function timeOf(node: DerNode, options: DerOptions, found: Found): number {
  if (!isTime(node.tag)) {
    throw new FormatError('CRL_MALFORMED', 'an update is no time', { tag: node.tag, offset: node.offset })
  }
  const { time, odd } = readTime(node.value, node.tag === DER.utcTime ? 'utc' : 'generalized', options, node.offset)
  if (odd) found('TIME_FORM')
  return time
}

function readRevoked(list: DerReader, options: DerOptions, found: Found): Map<string, Revocation> {
  const revoked = new Map<string, Revocation>()
  while (!list.done) {
    const entry = list.sequence()
    const serial = toHex(withoutLeadingZeros(entry.read(DER.integer).value))
    const date = timeOf(entry.next(), options, found)
    let reason: number | undefined
    if (!entry.done) {
      const { extensions } = readExtensions(entry.sequence(), options, found)
      const code = extensions.get(REASON_CODE)?.value
      if (code && code.length === 3 && code[0] === DER.enumerated) reason = code[2]
      for (const [oid, { critical }] of extensions) if (critical) found('CRITICAL_EXTENSION', oid)
    }
    entry.end()
    revoked.set(serial, reason === undefined ? { date } : { date, reason })
  }
  return revoked
}

function readCrl(der: Uint8Array, options: DerOptions, ...first: readonly Finding<CrlFindingCode>[]): Crl {
  const { findings, found } = gatherFindings<CrlFindingCode>(...first)
  const whole = parseDer(der, options)
  if (whole.tag !== DER.sequence) {
    throw new FormatError('CRL_MALFORMED', 'a CRL is not a sequence', { tag: whole.tag, offset: 0 })
  }
  const outer = derInside(whole, options)
  const tbsNode = outer.read(DER.sequence)
  const signatureAlgorithm = readAlgorithmIdentifier(outer.next(), options)
  const signature = derBitString(outer.read(DER.bitString), options)
  outer.end()
  const tbs = outer.inside(tbsNode)
  const version = tbs.peek() === DER.integer ? tbs.smallInteger() + 1 : 1
  if (version !== 2) found('VERSION_NOT_2')
  const inner = readAlgorithmIdentifier(tbs.next(), options)
  if (hasOddParameters(inner)) found('ALGORITHM_PARAMETERS', inner.oid)
  if (!equal(inner.raw, signatureAlgorithm.raw)) found('ALGORITHM_MISMATCH', signatureAlgorithm.oid)
  const issuer = readName(tbs.next(), options, () => found('NAME_STRING'))
  const thisUpdate = timeOf(tbs.next(), options, found)
  const nextUpdate = isTime(tbs.peek()) ? timeOf(tbs.next(), options, found) : undefined
  if (nextUpdate === undefined) found('NEXT_UPDATE_MISSING')
  const revoked =
    tbs.peek() === DER.sequence ? readRevoked(tbs.sequence(), options, found) : new Map<string, Revocation>()
  const list = tbs.optional(0xa0)
  const { extensions, decoded } = readExtensions(list && tbs.inside(list).sequence(), options, found)
  tbs.end()
  for (const [oid, { critical }] of extensions) {
    if (critical && !UNDERSTOOD.has(oid)) found('CRITICAL_EXTENSION', oid)
  }
  const crlNumber = numberOf(extensions.get(EXTENSION_OID.crlNumber)?.value, found)
  const { authorityKeyIdentifier } = decoded
  return {
    raw: whole.raw,
    tbs: tbsNode.raw,
    version,
    issuer,
    thisUpdate,
    ...(nextUpdate === undefined ? {} : { nextUpdate }),
    revoked,
    ...(crlNumber === undefined ? {} : { crlNumber }),
    ...(authorityKeyIdentifier ? { authorityKeyIdentifier } : {}),
    extensions,
    signatureAlgorithm,
    signature,
    findings,
  }
}

function numberOf(value: Uint8Array | undefined, found: Found): bigint | undefined {
  if (!value) return undefined
  try {
    const node = parseDer(value, LENIENT)
    if (node.tag === DER.integer && node.value.length <= 32) return derInteger(node, { allowBer: true })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  found('EXTENSION_MALFORMED', EXTENSION_OID.crlNumber)
  return undefined
}

/**
 * Parses a CRL. Oddities are tolerated and listed in `findings` as with certificates. No signature is checked here.
 * Throws FormatError CRL_MALFORMED.
 */
export function parseCrl(der: Uint8Array): Crl {
  try {
    return readCrl(der, STRICT)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return readCrl(der, LENIENT, { code: 'LENGTH_NOT_MINIMAL' })
  }
}

/** Whether `issuerKey` made the signature on the CRL. Throws FormatError ALGORITHM_UNKNOWN. */
export function verifyCrl(crl: Crl, issuerKey: PublicKey): boolean {
  if (crl.findings.some(finding => finding.code === 'ALGORITHM_MISMATCH')) return false
  return verifyWithIdentifier({
    algorithm: crl.signatureAlgorithm,
    publicKey: issuerKey,
    data: crl.tbs,
    signature: crl.signature,
  })
}

/** Whether the CRL is about certificates of this issuer; by name, loosely, since a CSCA keeps its name over its keys. */
export function crlCovers(crl: Crl, certificate: Certificate): boolean {
  return sameName(crl.issuer, certificate.issuer)
}

/** The entry for a certificate, or undefined when the CRL does not cover its issuer or does not list it. */
export function findRevocation(crl: Crl, certificate: Certificate): Revocation | undefined {
  if (!crlCovers(crl, certificate)) return undefined
  return crl.revoked.get(toHex(withoutLeadingZeros(certificate.serialNumber)))
}

/** Whether the CRL covers the certificate's issuer and lists it. False alone is no proof: see crlCovers and crlState. */
export function isRevoked(crl: Crl, certificate: Certificate): boolean {
  return findRevocation(crl, certificate) !== undefined
}

/** How the CRL stands at a time (milliseconds since 1970). Without nextUpdate it never gets stale. */
export function crlState(crl: Crl, at: number): 'current' | 'notYet' | 'stale' {
  if (at < crl.thisUpdate) return 'notYet'
  return crl.nextUpdate !== undefined && at > crl.nextUpdate ? 'stale' : 'current'
}

/** Builds and signs a version 2 CRL with authority key identifier and CRL number, as 9303-12 §7.2 wants it. */
export async function buildCrl(given: {
  /** The CSCA whose name and key identifier go in. */
  readonly issuer: Certificate
  readonly signer: Signer
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  readonly crlNumber: bigint
  readonly revoked: readonly { readonly serialNumber: Uint8Array; readonly date: Date; readonly reason?: number }[]
}): Promise<Uint8Array> {
  const { issuer, revoked } = given
  const algorithm = encodeSignatureAlgorithm(given.signer.algorithm)
  const extension = (oid: string, value: Uint8Array): Uint8Array => derSequence(derOid(oid), derOctetString(value))
  const entries = revoked.map(({ serialNumber, date, reason }) =>
    derSequence(
      tlv(DER.integer, serialNumber),
      encodeTime(date),
      ...(reason === undefined
        ? []
        : [derSequence(extension(REASON_CODE, tlv(DER.enumerated, Uint8Array.of(reason))))]),
    ),
  )
  const keyIdentifier = issuer.subjectKeyIdentifier
  const tbs = derSequence(
    derUnsigned(1),
    algorithm,
    issuer.subject.raw,
    encodeTime(given.thisUpdate),
    encodeTime(given.nextUpdate),
    ...(entries.length > 0 ? [derSequence(...entries)] : []), // RFC 5280 §5.1.2.6: absent, not empty
    derContext(
      0,
      derSequence(
        ...(keyIdentifier
          ? [extension(EXTENSION_OID.authorityKeyIdentifier, derSequence(tlv(0x80, keyIdentifier)))]
          : []),
        extension(EXTENSION_OID.crlNumber, derUnsigned(given.crlNumber)),
      ),
    ),
  )
  return derSequence(tbs, algorithm, derBits(await given.signer.sign(tbs)))
}
