import { digest, EXTENSION_OID, encodeSignatureAlgorithm, type SignatureAlgorithm, type Signer } from '@cccd/card-core'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import type { Period } from './extension.ts'

/** A certificate (DER) together with the key that signs for it. */
export interface Issuer {
  readonly certificate: Uint8Array
  readonly signer: Signer
}

/** A buffer of its own: asn1js would otherwise look at the whole memory behind a view. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  return buffer
}

/** One DER element as an asn1js block that encodes back to the same bytes. */
export function rawBlock(der: Uint8Array): asn1js.AsnType {
  const { offset, result } = asn1js.fromBER(ownBuffer(der))
  if (offset === -1) throw new RangeError(`not one DER element: ${result.error}`)
  return result
}

/** The AlgorithmIdentifier of a signature for a pkijs structure. */
export function signatureAlgorithmIdentifier(algorithm: SignatureAlgorithm): pkijs.AlgorithmIdentifier {
  return new pkijs.AlgorithmIdentifier({ schema: rawBlock(encodeSignatureAlgorithm(algorithm)) })
}

export function parseIssuer(certificate: Uint8Array): pkijs.Certificate {
  return pkijs.Certificate.fromBER(ownBuffer(certificate))
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime after; whole seconds. */
export function certificateTime(at: Date): pkijs.Time {
  const value = new Date(Math.floor(at.getTime() / 1000) * 1000)
  return new pkijs.Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value })
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 over the bits of the public key. */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  const info = pkijs.PublicKeyInfo.fromBER(ownBuffer(spki))
  return digest('sha1', info.subjectPublicKey.valueBlock.valueHexView)
}

/** The subject key identifier that a certificate states. */
export function statedKeyIdentifier(certificate: pkijs.Certificate): Uint8Array {
  const stated = certificate.extensions?.find(one => one.extnID === EXTENSION_OID.subjectKeyIdentifier)
  if (!stated) return keyIdentifier(new Uint8Array(certificate.subjectPublicKeyInfo.toSchema().toBER(false)))
  const octets = asn1js.fromBER(ownBuffer(stated.extnValue.valueBlock.valueHexView)).result as asn1js.OctetString
  return octets.valueBlock.valueHexView
}

/** A positive INTEGER of at most 20 octets (RFC 5280 §4.1.2.2) from magnitude bytes; RangeError for anything else. */
export function serialInteger(serialNumber: Uint8Array): asn1js.Integer {
  const start = serialNumber.findIndex(byte => byte !== 0)
  if (start < 0) throw new RangeError('a serial number is zero or empty')
  const magnitude = serialNumber.subarray(start)
  const signed = (magnitude[0] as number) >= 0x80 ? Uint8Array.of(0, ...magnitude) : magnitude
  if (signed.length > 20) throw new RangeError('a serial number has more than 20 octets')
  return new asn1js.Integer({ valueHex: ownBuffer(signed) })
}

/**
 * Builds an X.509 v3 certificate with pkijs and lets `signer` sign its TBS part. The subject's key is taken byte for
 * byte from `spki`, so explicit curve parameters stay. Throws RangeError for an impossible serial number or period, and
 * whatever the signer throws.
 */
export async function issueCertificate(given: {
  subject: pkijs.RelativeDistinguishedNames
  issuer: pkijs.RelativeDistinguishedNames
  spki: Uint8Array
  serialNumber: Uint8Array
  validity: Period
  extensions: readonly pkijs.Extension[]
  signer: Signer
}): Promise<Uint8Array> {
  if (given.validity.notAfter <= given.validity.notBefore) throw new RangeError('a validity ends before it begins')
  const certificate = new pkijs.Certificate({
    version: 2,
    serialNumber: serialInteger(given.serialNumber),
    subject: given.subject,
    issuer: given.issuer,
    notBefore: certificateTime(given.validity.notBefore),
    notAfter: certificateTime(given.validity.notAfter),
    extensions: [...given.extensions],
  })
  certificate.subjectPublicKeyInfo = new pkijs.PublicKeyInfo({ schema: rawBlock(given.spki) })
  certificate.signature = signatureAlgorithmIdentifier(given.signer.algorithm)
  certificate.signatureAlgorithm = signatureAlgorithmIdentifier(given.signer.algorithm)
  const tbs = certificate.encodeTBS().toBER(false)
  certificate.tbsView = new Uint8Array(tbs)
  const signature = await given.signer.sign(new Uint8Array(tbs))
  certificate.signatureValue = new asn1js.BitString({ valueHex: ownBuffer(signature) })
  return new Uint8Array(certificate.toSchema().toBER(false))
}
