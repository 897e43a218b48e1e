import { concat, pad, xor } from '../bytes.ts'
import { encryptCbc } from './cipher.ts'
import type { SessionCipher } from './kdf.ts'

/**
 * ISO/IEC 9797-1 MAC algorithm 3 with DES over `padded`, which holds at least one block; 8 bytes (9303-11 §9.8.6.3).
 * `key` has 16 bytes. Throws RangeError on other lengths.
 */
export function retailMac(key: Uint8Array, padded: Uint8Array): Uint8Array {
  if (key.length !== 16) throw new RangeError('a retail MAC key has 16 bytes')
  if (padded.length === 0 || padded.length % 8) throw new RangeError('a retail MAC needs whole blocks of 8 bytes')
  const last = padded.length - 8
  let chained: Uint8Array = new Uint8Array(8)
  if (last > 0) {
    // OpenSSL 3 has no single DES: 3DES with the same key twice is the same function.
    const first = key.subarray(0, 8)
    chained = encryptCbc({ cipher: '3DES', key: concat(first, first), data: padded.subarray(0, last) }).subarray(-8)
  }
  // The last block ends in E(K1), D(K2), E(K1), which is two-key 3DES.
  return encryptCbc({ cipher: '3DES', key, iv: chained, data: padded.subarray(last) })
}

function aesOf(key: Uint8Array): SessionCipher {
  switch (key.length) {
    case 16:
      return 'AES-128'
    case 24:
      return 'AES-192'
    case 32:
      return 'AES-256'
    default:
      throw new RangeError('an AES key has 16, 24 or 32 bytes')
  }
}

/** Doubling in GF(2^128), without a branch on the secret bit (NIST SP 800-38B §6.1). */
function double(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(16)
  let carry = 0
  for (let i = 15; i >= 0; i--) {
    const byte = block[i] as number
    out[i] = ((byte << 1) | carry) & 0xff
    carry = byte >> 7
  }
  out[15] = (out[15] as number) ^ (0x87 & -carry)
  return out
}

/** The two subkeys of CMAC (NIST SP 800-38B §6.1); exported for its published vectors. */
export function cmacSubkeys(key: Uint8Array): { readonly k1: Uint8Array; readonly k2: Uint8Array } {
  const k1 = double(encryptCbc({ cipher: aesOf(key), key, data: new Uint8Array(16) }))
  return { k1, k2: double(k1) }
}

/** AES-CMAC (NIST SP 800-38B, RFC 4493) over a message of any length; 16 bytes. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const { k1, k2 } = cmacSubkeys(key)
  const whole = message.length > 0 && message.length % 16 === 0
  const data = whole ? message.slice() : pad(message, 16)
  const last = data.length - 16
  data.set(xor(data.subarray(last), whole ? k1 : k2), last)
  return encryptCbc({ cipher: aesOf(key), key, data }).slice(-16)
}

/**
 * The 8-byte MAC of 9303-11: for 3DES the retail MAC over `data` with padding method 2 (§9.8.6.3), for AES the CMAC of
 * `data` as they are, cut to 8 bytes (§9.8.7.3).
 */
export function mac8(given: {
  readonly cipher: SessionCipher
  readonly key: Uint8Array
  readonly data: Uint8Array
}): Uint8Array {
  const { cipher, key, data } = given
  return cipher === '3DES' ? retailMac(key, pad(data, 8)) : aesCmac(key, data).slice(0, 8)
}
