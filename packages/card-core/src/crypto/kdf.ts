import { digest } from './hash.ts'

/** The ciphers of secure messaging: two-key 3DES in CBC with the retail MAC, or AES in CBC with CMAC. */
export type SessionCipher = '3DES' | 'AES-128' | 'AES-192' | 'AES-256'

export interface SessionKeys {
  readonly cipher: SessionCipher
  readonly ksEnc: Uint8Array
  readonly ksMac: Uint8Array
}

const KEY_LENGTHS: Readonly<Record<SessionCipher, number>> = { '3DES': 16, 'AES-128': 16, 'AES-192': 24, 'AES-256': 32 }

/** Length of a key of the cipher in bytes; two-key 3DES has 16. */
export function keyLength(cipher: SessionCipher): number {
  return KEY_LENGTHS[cipher]
}

/** The bytes with the lowest bit of each set so that the byte has odd parity, as DES keys are written. */
function adjustParity(key: Uint8Array): Uint8Array {
  return key.map(byte => {
    let ones = 0
    for (let rest = byte >> 1; rest; rest >>= 1) ones += rest & 1
    return (byte & 0xfe) | (ones % 2 ? 0 : 1)
  })
}

/**
 * Key derivation function of 9303-11 §9.7.1: hash of the secret and a 32-bit counter, 1 for encryption, 2 for MAC, 3 for
 * the password key of PACE. SHA-1 for 3DES and AES-128, SHA-256 for longer keys; 3DES keys have 16 bytes of odd parity.
 */
export function deriveKey(secret: Uint8Array, counter: 1 | 2 | 3, cipher: SessionCipher): Uint8Array {
  const hash = cipher === 'AES-192' || cipher === 'AES-256' ? 'sha256' : 'sha1'
  const key = digest(hash, secret, Uint8Array.of(0, 0, 0, counter)).slice(0, keyLength(cipher))
  return cipher === '3DES' ? adjustParity(key) : key
}

/** Session keys from a shared secret: counter 1 for encryption, 2 for the MAC. */
export function deriveSessionKeys(secret: Uint8Array, cipher: SessionCipher): SessionKeys {
  return { cipher, ksEnc: deriveKey(secret, 1, cipher), ksMac: deriveKey(secret, 2, cipher) }
}
