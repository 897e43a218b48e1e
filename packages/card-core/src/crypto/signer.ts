import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { SignerError } from '../error.ts'
import { opensslName } from './curve.ts'
import type { CurveName } from './curve-parameters.ts'
import type { HashName } from './hash.ts'
import { plain } from './node-bytes.ts'
import { encodePssPkcs8 } from './pss-parameters.ts'
import type { SignatureAlgorithm } from './signature.ts'

/** Whatever holds a private key: software, an HSM, a remote service. */
export interface Signer {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly algorithm: SignatureAlgorithm
  /** The signature over `data`; ECDSA as DER of r and s. Rejects with SignerError. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

function importPrivateKey(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}

function exportSpki(key: KeyObject): Uint8Array {
  return plain(createPublicKey(key).export({ format: 'der', type: 'spki' }))
}

function fits(key: KeyObject, algorithm: SignatureAlgorithm): boolean {
  return algorithm.kind === 'ecdsa' ? key.asymmetricKeyType === 'ec' : key.asymmetricKeyType === 'rsa'
}

function signWith(key: KeyObject, algorithm: SignatureAlgorithm, data: Uint8Array): Uint8Array {
  switch (algorithm.kind) {
    case 'rsa-pkcs1':
      return plain(sign(algorithm.hash, data, { key, padding: constants.RSA_PKCS1_PADDING }))
    case 'rsa-pss': {
      const { hash, saltLength } = algorithm
      return plain(sign(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }))
    }
    case 'ecdsa':
      return plain(sign(algorithm.hash, data, key))
  }
}

/**
 * A signer with its key in memory, for tests and demonstrations; a long-term key belongs in an HSM. `spki` replaces the
 * public key that is told, as for explicit parameters. Throws SignerError when the key does not fit the algorithm.
 */
export function softwareSigner(given: {
  readonly pkcs8: Uint8Array
  readonly algorithm: SignatureAlgorithm
  readonly spki?: Uint8Array
}): Signer {
  const { algorithm } = given
  let key: KeyObject
  let publicKey: Uint8Array
  try {
    key = importPrivateKey(given.pkcs8)
    if (!fits(key, algorithm)) throw new RangeError('key and algorithm are of different kinds')
    publicKey = given.spki ?? exportSpki(key)
    if (algorithm.kind === 'rsa-pss' && algorithm.hash !== algorithm.mgfHash) {
      // As in verification: the hash of the mask can be told only by the key's own parameters.
      const numbers = plain(key.export({ format: 'der', type: 'pkcs1' }))
      key = importPrivateKey(encodePssPkcs8(numbers, algorithm))
    }
  } catch (cause) {
    throw new SignerError('SIGNER_FAILED', 'the private key cannot be used with the algorithm', {}, { cause })
  }
  return {
    publicKey,
    algorithm,
    async sign(data) {
      try {
        return signWith(key, algorithm, data)
      } catch (cause) {
        throw new SignerError('SIGNER_FAILED', 'the key did not sign', {}, { cause })
      }
    },
  }
}

/** A fresh key pair as PKCS#8 and SubjectPublicKeyInfo, EC curves by name. `exponent` is 65537 when absent. */
export function generateKey(
  given:
    | { readonly kind: 'ec'; readonly curve: CurveName }
    | { readonly kind: 'rsa'; readonly bits: number; readonly exponent?: number },
): { readonly pkcs8: Uint8Array; readonly spki: Uint8Array } {
  const { privateKey } =
    given.kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: opensslName(given.curve) })
      : generateKeyPairSync('rsa', { modulusLength: given.bits, publicExponent: given.exponent ?? 65537 })
  return { pkcs8: plain(privateKey.export({ format: 'der', type: 'pkcs8' })), spki: exportSpki(privateKey) }
}

/** Chip side of active authentication with ECDSA: r‖s over `data` (9303-11 §6.1, TR-03111 §5.2.1). */
export function signPlainEcdsa(given: {
  readonly pkcs8: Uint8Array
  readonly hash: HashName
  readonly data: Uint8Array
}): Uint8Array {
  return plain(sign(given.hash, given.data, { key: importPrivateKey(given.pkcs8), dsaEncoding: 'ieee-p1363' }))
}
