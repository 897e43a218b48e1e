import { createCipheriv, createDecipheriv } from 'node:crypto'
import { concat } from '../bytes.ts'
import { keyLength, type SessionCipher } from './kdf.ts'
import { plain } from './node-bytes.ts'

/** Input of a CBC operation: `data` is whole blocks, padding is the caller's; `iv` is one block, zeros when absent. */
export interface CbcInput {
  readonly cipher: SessionCipher
  readonly key: Uint8Array
  readonly iv?: Uint8Array
  readonly data: Uint8Array
}

const NODE_NAMES: Readonly<Record<SessionCipher, string>> = {
  '3DES': 'des-ede3-cbc',
  'AES-128': 'aes-128-cbc',
  'AES-192': 'aes-192-cbc',
  'AES-256': 'aes-256-cbc',
}

/** Block size in bytes. */
export function blockSize(cipher: SessionCipher): 8 | 16 {
  return cipher === '3DES' ? 8 : 16
}

function prepare({ cipher, key, iv, data }: CbcInput): { name: string; nodeKey: Uint8Array; start: Uint8Array } {
  const block = blockSize(cipher)
  if (key.length !== keyLength(cipher)) throw new RangeError(`a key for ${cipher} has ${keyLength(cipher)} bytes`)
  if (data.length % block) throw new RangeError(`data for ${cipher} come in blocks of ${block} bytes`)
  const nodeKey = cipher === '3DES' ? concat(key, key.subarray(0, 8)) : key
  return { name: NODE_NAMES[cipher], nodeKey, start: iv ?? new Uint8Array(block) }
}

/** Encrypts whole blocks in CBC mode (9303-11 §9.8.6.1, §9.8.7.1). Throws RangeError on a wrong key or data length. */
export function encryptCbc(given: CbcInput): Uint8Array {
  const { name, nodeKey, start } = prepare(given)
  // Auto padding is off and the data are whole blocks, so update returns everything and final nothing.
  return plain(createCipheriv(name, nodeKey, start).setAutoPadding(false).update(given.data))
}

/** Decrypts whole blocks in CBC mode. Throws RangeError on a wrong key or data length. */
export function decryptCbc(given: CbcInput): Uint8Array {
  const { name, nodeKey, start } = prepare(given)
  return plain(createDecipheriv(name, nodeKey, start).setAutoPadding(false).update(given.data))
}
