import {
  type CurveName,
  curveByParameterId,
  DER,
  DerReader,
  derBitString,
  derBits,
  derSequence,
  importPublicKey,
} from '@cccd/card-core'

const STANDARDIZED_DOMAIN_PARAMETERS = '0.4.0.127.0.7.1.2'
/** id-ecPublicKey, and id-ecDH (RFC 5480) that some chip authentication keys carry. */
const EC_KEYS = ['1.2.840.10045.2.1', '1.3.132.1.12']
const OPTIONS = { code: 'SECURITY_INFO_MALFORMED' } as const

/**
 * The curve of a raw AlgorithmIdentifier as SecurityInfos carry it (9303-11 §9.5): a standardized parameter id, or
 * id-ecPublicKey with a named curve or explicit parameters. Undefined when it is no elliptic curve. Throws FormatError
 * CURVE_UNKNOWN when explicit parameters equal no known curve, SECURITY_INFO_MALFORMED when it is out of shape.
 */
export function curveOfAlgorithm(algorithm: Uint8Array, point?: Uint8Array): CurveName | undefined {
  const reader = new DerReader(algorithm, OPTIONS).sequence()
  const oid = reader.oid()
  if (oid === STANDARDIZED_DOMAIN_PARAMETERS) return curveByParameterId(reader.smallInteger())
  if (!EC_KEYS.includes(oid)) return undefined
  // A SubjectPublicKeyInfo needs a point; the generator of explicit parameters is one.
  const onCurve = point ?? generatorOf(reader)
  if (!onCurve) return undefined
  const key = importPublicKey(derSequence(algorithm, derBits(onCurve)))
  return key.kind === 'ec' ? key.curve : undefined
}

/** The base point of explicit ECParameters (X9.62): version, field, curve, base. */
function generatorOf(reader: DerReader): Uint8Array | undefined {
  if (reader.peek() !== DER.sequence) return undefined
  const parameters = reader.sequence()
  parameters.smallInteger()
  parameters.read(DER.sequence)
  parameters.read(DER.sequence)
  return parameters.octetString()
}

/** Curve and point of a raw SubjectPublicKeyInfo; undefined when it is no elliptic-curve key. Throws as above. */
export function ecKeyOf(spki: Uint8Array): { readonly curve: CurveName; readonly point: Uint8Array } | undefined {
  const reader = new DerReader(spki, OPTIONS).sequence()
  const algorithm = reader.read(DER.sequence).raw
  const point = derBitString(reader.read(DER.bitString), OPTIONS)
  const curve = curveOfAlgorithm(algorithm, point)
  return curve && { curve, point }
}
