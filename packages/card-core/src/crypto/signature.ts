import {
  constants,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  type PublicKeyInput,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto'
import { toBigInt } from '../bytes.ts'
import type { HashName } from './hash.ts'
import { base64Url } from './node-bytes.ts'
import { encodePssSpki } from './pss-parameters.ts'
import { encodeEcSpki, type PublicKey } from './public-key.ts'

/** How a signature was made, free of object identifiers. */
export type SignatureAlgorithm =
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly mgfHash: HashName; readonly saltLength: number }
  | { readonly kind: 'ecdsa'; readonly hash: HashName }

// Keys that are ready for OpenSSL, forgotten with their PublicKey object.
const ready = new WeakMap<PublicKey, KeyObject>()

/**
 * Makes a key ready that will verify many signatures, as an anchor's does. Other keys are handed to OpenSSL with each
 * signature: a document's key is used once, and an object for it would only be work for the garbage collector. Never
 * throws.
 */
export function keepReady(key: PublicKey): void {
  try {
    keyObject(key)
  } catch {
    // OpenSSL refuses the key: then no signature verifies with it, which is for verifySignature to say.
  }
}

/** The key as node:crypto holds it, made ready once. */
export function keyObject(key: PublicKey): KeyObject {
  let object = ready.get(key)
  if (!object) {
    object = createPublicKey(keyInput(key))
    ready.set(key, object)
  }
  return object
}

/** The key as node:crypto takes it in, always from the checked numbers, never from the bytes of the document. */
function keyInput(key: PublicKey): JsonWebKeyInput | PublicKeyInput {
  switch (key.kind) {
    case 'rsa':
      // A JSON Web Key goes past OpenSSL's generic decoder, which costs 0.1 ms a key in OpenSSL 3.0.
      return { key: { kty: 'RSA', n: base64Url(key.modulus), e: base64Url(key.exponent) }, format: 'jwk' }
    case 'ec': {
      if (key.curve === 'secp256r1') {
        // As above; on the larger curves the check of the point's order that comes with it costs more than it saves.
        const [x, y] = [base64Url(key.point.subarray(1, 33)), base64Url(key.point.subarray(33))]
        return { key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' }
      }
      return { key: Buffer.from(encodeEcSpki(key.curve, key.point, 'named')), format: 'der', type: 'spki' }
    }
  }
}

function verifyingKey(key: PublicKey): JsonWebKeyInput | PublicKeyInput | VerifyKeyObjectInput {
  const object = ready.get(key)
  return object ? { key: object } : keyInput(key)
}

function pssKeyObject(
  key: PublicKey & { kind: 'rsa' },
  algorithm: SignatureAlgorithm & { kind: 'rsa-pss' },
): KeyObject {
  // node:crypto takes the hash of the mask from nowhere but the parameters of an id-RSASSA-PSS key.
  const spki = encodePssSpki(toBigInt(key.modulus), toBigInt(key.exponent), algorithm)
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
}

export interface VerifyInput {
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: PublicKey
  readonly data: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Whether the signature is right: RSA PKCS#1 v1.5, RSA-PSS with any mask hash and exactly this salt length, or ECDSA
 * as DER of r and s. A malformed signature, or a key of another kind, is false; never throws.
 */
export function verifySignature(given: VerifyInput): boolean {
  const { algorithm, publicKey, data, signature } = given
  try {
    switch (algorithm.kind) {
      case 'rsa-pkcs1':
        if (publicKey.kind !== 'rsa') return false
        return verify(
          algorithm.hash,
          data,
          { ...verifyingKey(publicKey), padding: constants.RSA_PKCS1_PADDING },
          signature,
        )
      case 'rsa-pss': {
        if (publicKey.kind !== 'rsa') return false
        const { hash, mgfHash, saltLength } = algorithm
        const key = hash === mgfHash ? verifyingKey(publicKey) : { key: pssKeyObject(publicKey, algorithm) }
        return verify(hash, data, { ...key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
      }
      case 'ecdsa':
        return publicKey.kind === 'ec' && verify(algorithm.hash, data, verifyingKey(publicKey), signature)
    }
  } catch {
    return false
  }
}

/** Whether a plain ECDSA signature r‖s (TR-03111 §5.2.1), as active authentication has it, is right; never throws. */
export function verifyPlainEcdsa(given: {
  readonly hash: HashName
  readonly publicKey: PublicKey
  readonly data: Uint8Array
  readonly signature: Uint8Array
}): boolean {
  const { hash, publicKey, data, signature } = given
  if (publicKey.kind !== 'ec' || signature.length !== publicKey.point.length - 1) return false
  try {
    return verify(hash, data, { ...verifyingKey(publicKey), dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    return false
  }
}
