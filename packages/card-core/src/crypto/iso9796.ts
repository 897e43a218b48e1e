import { constants, createPrivateKey, privateEncrypt, publicEncrypt } from 'node:crypto'
import { concat, equalConstantTime, fromBigInt, type Randomness, toBigInt } from '../bytes.ts'
import { digest, digestLength, type HashName } from './hash.ts'
import { plain } from './node-bytes.ts'
import type { PublicKey } from './public-key.ts'
import { keyObject } from './signature.ts'

// ISO/IEC 9796-2 digital signature scheme 1 with partial recovery, as 9303-11 §6.1 and Appendix F use it. Subset: the
// header is the byte 6A, so the modulus has a whole number of bytes; the truncated hashes SHA-512/224 and SHA-512/256
// (trailers 39CC, 3ACC), which 9303 does not name, are refused.

const HEADER = 0x6a
/** Hash identifiers of ISO/IEC 10118-3 in a two-byte trailer; the trailer BC means SHA-1 too. */
const IDENTIFIERS: ReadonlyMap<number, HashName> = new Map([
  [0x33, 'sha1'],
  [0x34, 'sha256'],
  [0x35, 'sha512'],
  [0x36, 'sha384'],
  [0x38, 'sha224'],
])

export interface Iso9796Recovery {
  readonly valid: boolean
  /** The hash that the trailer names. */
  readonly hash?: HashName
  /** The recovered part of the message, which the chip chose. */
  readonly m1?: Uint8Array
}

function readTrailer(representative: Uint8Array): { hash: HashName; length: 1 | 2 } | null {
  const last = representative.at(-1)
  if (last === 0xbc) return { hash: 'sha1', length: 1 }
  const hash = last === 0xcc ? IDENTIFIERS.get(representative.at(-2) as number) : undefined
  return hash ? { hash, length: 2 } : null
}

/**
 * Opens a message representative 6A‖M1‖H(M1‖challenge)‖trailer. Not valid when header or trailer are others, when it is
 * too short, or when the hash does not match; nothing throws.
 */
export function openMessageRepresentative(representative: Uint8Array, challenge: Uint8Array): Iso9796Recovery {
  const trailer = readTrailer(representative)
  if (representative[0] !== HEADER || !trailer) return { valid: false }
  const { hash } = trailer
  const hashEnd = representative.length - trailer.length
  const hashStart = hashEnd - digestLength(hash)
  if (hashStart <= 1) return { valid: false, hash }
  const m1 = representative.slice(1, hashStart)
  const valid = equalConstantTime(digest(hash, m1, challenge), representative.subarray(hashStart, hashEnd))
  return valid ? { valid, hash, m1 } : { valid, hash }
}

/** Builds the message representative of `length` bytes; M1 fills what header, hash and trailer leave. */
export function buildMessageRepresentative(given: {
  readonly length: number
  readonly hash: HashName
  readonly challenge: Uint8Array
  readonly random: Randomness
}): Uint8Array {
  const { length, hash, challenge, random } = given
  const identifier = [...IDENTIFIERS].find(([, name]) => name === hash)?.[0] as number
  const trailer = hash === 'sha1' ? Uint8Array.of(0xbc) : Uint8Array.of(identifier, 0xcc)
  const m1Length = length - 1 - digestLength(hash) - trailer.length
  if (m1Length < 1) throw new RangeError('the RSA key is too short for the hash')
  const m1 = random(m1Length)
  return concat(Uint8Array.of(HEADER), m1, digest(hash, m1, challenge), trailer)
}

/**
 * Checks the response of active authentication with RSA (9303-11 §6.1): recovers the message representative from the
 * signature and compares the hash over M1 and the challenge. Never throws.
 */
export function recoverIso9796(given: {
  readonly publicKey: PublicKey
  readonly signature: Uint8Array
  readonly challenge: Uint8Array
}): Iso9796Recovery {
  const { publicKey, signature, challenge } = given
  if (publicKey.kind !== 'rsa' || signature.length !== publicKey.modulus.length) return { valid: false }
  let recovered: Uint8Array
  try {
    recovered = plain(publicEncrypt({ key: keyObject(publicKey), padding: constants.RSA_NO_PADDING }, signature))
  } catch {
    return { valid: false }
  }
  const opened = openMessageRepresentative(recovered, challenge)
  if (opened.valid) return opened
  // A signer may give the smaller of s and n − s (ISO/IEC 9796-2 §B.6); raising that gives n − F.
  const n = toBigInt(publicKey.modulus)
  const other = openMessageRepresentative(fromBigInt(n - toBigInt(recovered), recovered.length), challenge)
  return other.valid || opened.hash === undefined ? other : opened
}

/**
 * The chip's side: a signature over the challenge, as long as the modulus. `pkcs8` is an RSA key. Throws RangeError when
 * the key is too short for the hash.
 */
export function signIso9796(given: {
  readonly pkcs8: Uint8Array
  readonly hash: HashName
  readonly challenge: Uint8Array
  readonly random: Randomness
}): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(given.pkcs8), format: 'der', type: 'pkcs8' })
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits === undefined || bits % 8) throw new RangeError('the key is not RSA with a modulus of whole bytes')
  const representative = buildMessageRepresentative({ ...given, length: bits / 8 })
  return plain(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, representative))
}
