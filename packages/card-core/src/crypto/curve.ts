import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto'
import { type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { fromBigInt, type Randomness, toBigInt } from '../bytes.ts'
import { derContext, derOctetString, derSequence, derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { type CurveName, curveParameters } from './curve-parameters.ts'
import { encodeExplicitParameters } from './ec-parameters.ts'
import { plain } from './node-bytes.ts'

// Scalar multiplication is OpenSSL's; point addition and on-curve checks are noble's.

export interface EcKeyPair {
  readonly curve: CurveName
  /** Big-endian, as many bytes as the group order has. */
  readonly privateKey: Uint8Array
  /** Uncompressed point, 04‖x‖y. */
  readonly publicKey: Uint8Array
}

/** The name by which OpenSSL knows a curve. */
export function opensslName(curve: CurveName): string {
  if (curve === 'secp192r1') return 'prime192v1'
  if (curve === 'secp256r1') return 'prime256v1'
  return curve
}

const groups = new Map<CurveName, WeierstrassPointCons<bigint>>()

function group(curve: CurveName): WeierstrassPointCons<bigint> {
  let points = groups.get(curve)
  if (!points) {
    const { p, n, h, a, b, gx, gy } = curveParameters(curve)
    points = weierstrass({ p, n, h, a, b, Gx: gx, Gy: gy })
    groups.set(curve, points)
  }
  return points
}

function invalid(message: string): FormatError {
  return new FormatError('POINT_INVALID', message)
}

/**
 * Checks a public point before anything is done with it (9303-11 §4.4.1, TR-03111 §3.2.2): uncompressed, coordinates
 * below p, on the curve, not infinity. The curves have cofactor 1, so that is all. Throws FormatError POINT_INVALID.
 */
export function validatePoint(curve: CurveName, point: Uint8Array): void {
  const { fieldLength } = curveParameters(curve)
  if (point[0] !== 4 || point.length !== 1 + 2 * fieldLength)
    throw invalid('a point is not uncompressed or has a wrong length')
  expandPoint(curve, point)
}

/** Whether 04‖x‖y holds coordinates below p of a point on the curve. */
function isOnCurve(curve: CurveName, point: Uint8Array): boolean {
  const { p, a, b, fieldLength } = curveParameters(curve)
  if (point.length !== 1 + 2 * fieldLength) return false
  const x = toBigInt(point.subarray(1, 1 + fieldLength))
  const y = toBigInt(point.subarray(1 + fieldLength))
  return x < p && y < p && (y * y - (x * x + a) * x - b) % p === 0n
}

/** A point, compressed or not, as 04‖x‖y. Throws FormatError POINT_INVALID when it is not on the curve. */
export function expandPoint(curve: CurveName, point: Uint8Array): Uint8Array {
  if (point[0] === 4) {
    if (!isOnCurve(curve, point)) throw invalid('a point is not on its curve')
    return point
  }
  try {
    return group(curve).fromBytes(point).toBytes(false)
  } catch {
    throw invalid('a point is not on its curve')
  }
}

/** Checks a private key: 1 to n − 1, in as many bytes as the order has. Throws FormatError KEY_MALFORMED. */
function validateScalar(curve: CurveName, privateKey: Uint8Array): void {
  const { n, fieldLength } = curveParameters(curve)
  const value = toBigInt(privateKey)
  if (privateKey.length !== fieldLength || value === 0n || value >= n) {
    throw new FormatError('KEY_MALFORMED', 'a private key is not a number from 1 to the order of its curve')
  }
}

/** scalar·point as an uncompressed point. Both are checked by the caller. */
function multiply(curve: CurveName, scalar: Uint8Array, point: Uint8Array): Uint8Array {
  // node:crypto offers ECDH, which gives x alone. A SEC 1 key (RFC 5915) whose explicit generator is `point` has the
  // wanted product as its public key, and OpenSSL computes that when it is left out.
  const key = derSequence(derUnsigned(1), derOctetString(scalar), derContext(0, encodeExplicitParameters(curve, point)))
  const privateKey = createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'sec1' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return plain(spki).slice(-(1 + 2 * curveParameters(curve).fieldLength))
}

/**
 * The public point of a private key, 04‖x‖y, to the curve's generator or to another one (the mapped generator of PACE).
 * Throws FormatError KEY_MALFORMED or POINT_INVALID.
 */
export function ecPublicKey(curve: CurveName, privateKey: Uint8Array, generator?: Uint8Array): Uint8Array {
  validateScalar(curve, privateKey)
  if (generator) {
    validatePoint(curve, generator)
    return multiply(curve, privateKey, generator)
  }
  const own = createECDH(opensslName(curve))
  own.setPrivateKey(privateKey)
  return plain(own.getPublicKey())
}

/**
 * A fresh key pair. `random` is asked for as many bytes as the order has, cut to its bits, until they make a number
 * from 1 to n − 1, so that a test can give the key itself. `generator` as for ecPublicKey.
 */
export function generateEcKeyPair(curve: CurveName, random: Randomness, generator?: Uint8Array): EcKeyPair {
  const { n, fieldLength } = curveParameters(curve)
  const topBits = n.toString(2).length - 8 * (fieldLength - 1)
  for (let attempt = 0; attempt < 128; attempt++) {
    const privateKey = Uint8Array.from(random(fieldLength))
    privateKey[0] = (privateKey[0] as number) & ((1 << topBits) - 1)
    const value = toBigInt(privateKey)
    if (value > 0n && value < n) return { curve, privateKey, publicKey: ecPublicKey(curve, privateKey, generator) }
  }
  throw new RangeError('the source of randomness gives no usable private key')
}

/** ECDH key agreement: the x coordinate of the shared point, fieldLength bytes. Throws POINT_INVALID, KEY_MALFORMED. */
export function ecdh(curve: CurveName, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  validateScalar(curve, privateKey)
  validatePoint(curve, publicKey)
  const own = createECDH(opensslName(curve))
  own.setPrivateKey(privateKey)
  return plain(own.computeSecret(publicKey))
}

/** The whole shared point, 04‖x‖y, as generic mapping needs it. Throws POINT_INVALID, KEY_MALFORMED. */
export function ecdhPoint(curve: CurveName, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  validateScalar(curve, privateKey)
  validatePoint(curve, publicKey)
  return multiply(curve, privateKey, publicKey)
}

/**
 * Generic mapping of PACE (9303-11 §4.4.3.3.1): the generator G~ = s·G + H of nonce s and shared point H, 04‖x‖y.
 * Throws POINT_INVALID when H is no point of the curve or G~ is infinity.
 */
export function mapGeneratorGm(curve: CurveName, nonce: Uint8Array, sharedPoint: Uint8Array): Uint8Array {
  validatePoint(curve, sharedPoint)
  const { n, fieldLength } = curveParameters(curve)
  const s = toBigInt(nonce) % n
  if (s === 0n) return sharedPoint
  const points = group(curve)
  const mapped = points.fromBytes(ecPublicKey(curve, fromBigInt(s, fieldLength))).add(points.fromBytes(sharedPoint))
  if (mapped.is0()) throw invalid('the mapped generator is infinity')
  return mapped.toBytes(false)
}
