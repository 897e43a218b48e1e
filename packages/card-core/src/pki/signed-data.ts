// CMS SignedData (RFC 5652) as EF.SOD, EF.CardSecurity and master lists use it. BER (indefinite and long lengths,
// OCTET STRINGs in pieces) is taken in the wrapper alone; certificates and signed attributes are read and hashed as
// they stand. Attribute certificates and other certificate choices are skipped.
import { equal } from '../bytes.ts'
import type { HashName } from '../crypto/hash.ts'
import { digest } from '../crypto/hash.ts'
import { importPublicKey, type PublicKey } from '../crypto/public-key.ts'
import type { Signer } from '../crypto/signer.ts'
import {
  DER,
  type DerOptions,
  DerReader,
  derContext,
  derOctetString,
  derOid,
  derOidText,
  derSequence,
  derSetOf,
  derUnsigned,
} from '../der.ts'
import { type ErrorCode, FormatError } from '../error.ts'
import { tlv } from '../tlv.ts'
import { encodeHashAlgorithm, encodeSignatureAlgorithm, hashAlgorithm, verifyWithIdentifier } from './algorithm.ts'
import { type Certificate, parseCertificate, sameSerial } from './certificate.ts'
import { sameName } from './name.ts'
import { CMS_OID, joinOctets, malformed, readSignerInfo, type SignerInfo } from './signer-info.ts'
import { encodeTime } from './time.ts'

export interface SignedData {
  readonly version: number
  readonly contentType: string
  /** The bytes inside eContent's OCTET STRING, pieces joined. */
  readonly content: Uint8Array
  readonly certificates: readonly Certificate[]
  readonly crls: readonly Uint8Array[]
  readonly signerInfos: readonly SignerInfo[]
}

/**
 * Parses a ContentInfo with SignedData inside. Certificates are parsed, CRLs kept raw. Throws FormatError with
 * `options.code` (SIGNED_DATA_MALFORMED unless told) when it is no SignedData with content, or CERTIFICATE_MALFORMED
 * for a certificate that is none.
 */
export function parseSignedData(
  bytes: Uint8Array,
  options: {
    readonly code?: ErrorCode
    /** Certificates that were parsed before: one with the very same bytes is not parsed again. */
    readonly known?: readonly Certificate[]
  } = {},
): SignedData {
  const ber: DerOptions = { code: options.code ?? 'SIGNED_DATA_MALFORMED', allowBer: true }
  const whole = new DerReader(bytes, ber)
  const info = whole.sequence()
  whole.end()
  const typeNode = info.read(DER.oid)
  if (derOidText(typeNode, ber) !== CMS_OID.signedData) malformed(ber, 'the content is not signed data', typeNode)
  const explicit = info.inside(info.read(0xa0))
  info.end()
  const fields = explicit.sequence()
  explicit.end()
  const version = fields.smallInteger()
  fields.read(DER.set) // digestAlgorithms: each SignerInfo names its own
  const encapsulated = fields.sequence()
  const contentType = encapsulated.oid()
  const contentField = encapsulated.inside(encapsulated.read(0xa0))
  const content = joinOctets(contentField.next(), ber)
  contentField.end()
  encapsulated.end()
  const certificates: Certificate[] = []
  const certificateSet = fields.optional(0xa0)
  if (certificateSet) {
    for (const list = fields.inside(certificateSet); !list.done; ) {
      const node = list.next()
      if (node.tag !== DER.sequence) continue
      const known = options.known?.find(({ raw }) => equal(raw, node.raw))
      certificates.push(known ?? parseCertificate(node.raw))
    }
  }
  const crls: Uint8Array[] = []
  const crlSet = fields.optional(0xa1)
  if (crlSet) for (const list = fields.inside(crlSet); !list.done; ) crls.push(list.next().raw)
  const signerInfos: SignerInfo[] = []
  for (const list = fields.set(); !list.done; ) signerInfos.push(readSignerInfo(list.sequence(), ber))
  fields.end()
  return { version, contentType, content, certificates, crls, signerInfos }
}

/**
 * The certificate a SignerInfo points to, in the SignedData or among `extra`. Names are compared loosely (sameName) and
 * serial numbers as numbers: what counts is the signature. Undefined when none fits.
 */
export function findSigner(
  signedData: SignedData,
  signerInfo: SignerInfo,
  extra: readonly Certificate[] = [],
): Certificate | undefined {
  const { sid } = signerInfo
  return [...signedData.certificates, ...extra].find(certificate =>
    sid.kind === 'issuerAndSerialNumber'
      ? sameSerial(certificate.serialNumber, sid.serialNumber) && sameName(certificate.issuer, sid.issuer)
      : certificate.subjectKeyIdentifier !== undefined && equal(certificate.subjectKeyIdentifier, sid.id),
  )
}

export type SignerInfoDetail =
  | 'CONTENT_TYPE_MISSING'
  | 'CONTENT_TYPE_MISMATCH'
  | 'MESSAGE_DIGEST_MISSING'
  | 'MESSAGE_DIGEST_MISMATCH'
  | 'ATTRIBUTE_REPEATED'
  | 'ALGORITHM_UNKNOWN'
  | 'KEY_UNUSABLE'
  | 'SIGNATURE_WRONG'

export interface SignerInfoCheck {
  /** failed: contentType or messageDigest missing, repeated, or not of the content. */
  readonly signedAttributes: 'successful' | 'failed' | 'absent'
  /** The content's hash is the one that was signed; without signed attributes as `signature`. */
  readonly digest: boolean
  readonly signature: boolean
  /** The first cause of what is not well. */
  readonly detail?: SignerInfoDetail
}

/**
 * Checks one signer's signature with the key of `signer`: signed attributes fit the content, and the signature covers
 * them as they stand. The algorithm is the SignerInfo's, never the certificate's. A document that fails gives a result,
 * not an error. `key` is the signer's own, where it was imported before.
 */
export function checkSignerInfo(
  signedData: SignedData,
  signerInfo: SignerInfo,
  signer: Certificate,
  key?: PublicKey,
): SignerInfoCheck {
  const { signedAttributes: attributes, digestAlgorithm } = signerInfo
  let detail: SignerInfoDetail | undefined
  const because = (cause: SignerInfoDetail): false => {
    detail ??= cause
    return false
  }
  let contentDigest = false
  try {
    if (attributes?.messageDigest) {
      const computed = digest(hashAlgorithm(digestAlgorithm), signedData.content)
      contentDigest = equal(computed, attributes.messageDigest) || because('MESSAGE_DIGEST_MISMATCH')
    } else if (attributes) because('MESSAGE_DIGEST_MISSING')
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    because('ALGORITHM_UNKNOWN')
  }
  let wellFormed = contentDigest
  if (attributes) {
    if (attributes.findings.includes('ATTRIBUTE_REPEATED')) wellFormed = because('ATTRIBUTE_REPEATED')
    if (attributes.contentType === undefined) wellFormed = because('CONTENT_TYPE_MISSING')
    else if (attributes.contentType !== signedData.contentType) wellFormed = because('CONTENT_TYPE_MISMATCH')
  }
  let signature = false
  try {
    signature =
      verifyWithIdentifier({
        algorithm: signerInfo.signatureAlgorithm,
        digest: digestAlgorithm,
        publicKey: key ?? importPublicKey(signer.spki),
        data: attributes ? attributes.raw : signedData.content,
        signature: signerInfo.signature,
      }) || because('SIGNATURE_WRONG')
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    because(error.code === 'ALGORITHM_UNKNOWN' ? 'ALGORITHM_UNKNOWN' : 'KEY_UNUSABLE')
  }
  return {
    signedAttributes: attributes ? (wellFormed ? 'successful' : 'failed') : 'absent',
    digest: attributes ? contentDigest : signature,
    signature,
    ...(detail ? { detail } : {}),
  }
}

/**
 * Builds a ContentInfo with SignedData of one signer in strict DER. Signed are contentType, messageDigest and, when
 * given, signingTime. `certificate` is the signer's. Throws FormatError
 * for a certificate that is none, and what the signer throws.
 */
export async function buildSignedData(given: {
  readonly contentType: string
  readonly content: Uint8Array
  /** DER, or parsed already. */
  readonly certificate: Uint8Array | Certificate
  readonly digest: HashName
  readonly signer: Signer
  readonly signingTime?: Date
  /** How the signer is named; issuerAndSerialNumber unless told. */
  readonly sid?: 'issuerAndSerialNumber' | 'subjectKeyIdentifier'
  readonly furtherCertificates?: readonly Uint8Array[]
}): Promise<Uint8Array> {
  const { contentType, content, signer } = given
  const certificate = given.certificate instanceof Uint8Array ? parseCertificate(given.certificate) : given.certificate
  const attribute = (oid: string, value: Uint8Array): Uint8Array => derSequence(derOid(oid), derSetOf(value))
  const attributes = derSetOf(
    attribute(CMS_OID.contentType, derOid(contentType)),
    attribute(CMS_OID.messageDigest, derOctetString(digest(given.digest, content))),
    ...(given.signingTime ? [attribute(CMS_OID.signingTime, encodeTime(given.signingTime))] : []),
  )
  const signature = await signer.sign(attributes)
  const implicit = attributes.slice()
  implicit[0] = 0xa0
  let sid = derSequence(certificate.issuer.raw, tlv(DER.integer, certificate.serialNumber))
  if (given.sid === 'subjectKeyIdentifier') {
    const id = certificate.subjectKeyIdentifier
    if (!id) throw new FormatError('CERTIFICATE_MALFORMED', 'the signer has no subject key identifier')
    sid = tlv(0x80, id)
  }
  const hash = encodeHashAlgorithm(given.digest)
  const signerInfo = derSequence(
    derUnsigned(given.sid === 'subjectKeyIdentifier' ? 3 : 1),
    sid,
    hash,
    implicit,
    encodeSignatureAlgorithm(signer.algorithm),
    derOctetString(signature),
  )
  const certificates = derSetOf(certificate.raw, ...(given.furtherCertificates ?? []))
  certificates[0] = 0xa0
  const signedData = derSequence(
    derUnsigned(contentType === CMS_OID.data && given.sid !== 'subjectKeyIdentifier' ? 1 : 3), // RFC 5652 §5.1
    derSetOf(hash),
    derSequence(derOid(contentType), derContext(0, derOctetString(content))),
    certificates,
    derSetOf(signerInfo),
  )
  return derSequence(derOid(CMS_OID.signedData), derContext(0, signedData))
}
