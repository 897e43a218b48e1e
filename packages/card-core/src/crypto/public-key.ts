import {
  DER,
  type DerNode,
  DerReader,
  derBitString,
  derBits,
  derNull,
  derOid,
  derSequence,
  derUnsigned,
  parseDer,
} from '../der.ts'
import { FormatError } from '../error.ts'
import { expandPoint } from './curve.ts'
import type { CurveName } from './curve-parameters.ts'
import { encodeExplicitParameters, encodeNamedParameters, readEcParameters } from './ec-parameters.ts'

/** A public key out of a SubjectPublicKeyInfo; `spki` keeps the bytes as they stood. */
export type PublicKey = RsaPublicKey | EcPublicKey

export interface RsaPublicKey {
  readonly kind: 'rsa'
  /** Big-endian without leading zeros. */
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
  readonly spki: Uint8Array
}

export interface EcPublicKey {
  readonly kind: 'ec'
  readonly curve: CurveName
  /** Uncompressed, 04‖x‖y, checked to be on the curve. */
  readonly point: Uint8Array
  readonly explicitParameters: boolean
  readonly spki: Uint8Array
}

const RSA = '1.2.840.113549.1.1.1'
const RSA_PSS = '1.2.840.113549.1.1.10'
const EC = '1.2.840.10045.2.1'
const ECDH = '1.3.132.1.12' // id-ecDH of RFC 5480; some chip authentication keys carry it
const OPTIONS = { code: 'KEY_MALFORMED' } as const

/** The number without leading zeros. Some documents leave out the zero that keeps it positive, so the sign is not
 * looked at. */
function unsigned(node: DerNode): Uint8Array {
  const start = node.value.findIndex(byte => byte !== 0)
  if (start < 0) throw new FormatError('KEY_MALFORMED', 'an RSA number is zero', { offset: node.offset })
  return node.value.subarray(start)
}

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) with an RSA or EC key. Throws FormatError KEY_MALFORMED for bad DER
 * or an RSA exponent of 1, ALGORITHM_UNKNOWN for other kinds of key, CURVE_UNKNOWN when the curve is none of 9303-11's
 * or explicit parameters differ from it in any number, POINT_INVALID when the point is not on its curve.
 */
export function importPublicKey(spki: Uint8Array): PublicKey {
  const outer = new DerReader(parseDer(spki, OPTIONS).raw, OPTIONS).sequence()
  const algorithm = outer.sequence()
  const oid = algorithm.oid()
  const bits = derBitString(outer.read(DER.bitString), OPTIONS)
  switch (oid) {
    case RSA:
    case RSA_PSS: {
      const numbers = new DerReader(parseDer(bits, OPTIONS).raw, OPTIONS).sequence()
      const modulus = unsigned(numbers.read(DER.integer))
      const exponent = unsigned(numbers.read(DER.integer))
      // A message is its own signature under exponent 1, and the libraries below verify it.
      if (exponent.length === 1 && exponent[0] === 1) throw new FormatError('KEY_MALFORMED', 'an RSA exponent is 1')
      return { kind: 'rsa', modulus, exponent, spki }
    }
    case EC:
    case ECDH: {
      if (algorithm.done) throw new FormatError('CURVE_UNKNOWN', 'an EC key names no curve', { oid })
      const { curve, explicit } = readEcParameters(algorithm.next())
      return { kind: 'ec', curve, point: expandPoint(curve, bits), explicitParameters: explicit, spki }
    }
    default:
      throw new FormatError('ALGORITHM_UNKNOWN', 'a public key is neither RSA nor EC', { oid })
  }
}

/** SubjectPublicKeyInfo of an EC point (04‖x‖y), the curve by name or spelt out as 9303-12 §4.4 wants it. */
export function encodeEcSpki(curve: CurveName, point: Uint8Array, form: 'named' | 'explicit'): Uint8Array {
  const parameters = form === 'named' ? encodeNamedParameters(curve) : encodeExplicitParameters(curve)
  return derSequence(derSequence(derOid(EC), parameters), derBits(point))
}

/** SubjectPublicKeyInfo of an RSA key. */
export function encodeRsaSpki(modulus: bigint, exponent: bigint): Uint8Array {
  return derSequence(
    derSequence(derOid(RSA), derNull()),
    derBits(derSequence(derUnsigned(modulus), derUnsigned(exponent))),
  )
}
