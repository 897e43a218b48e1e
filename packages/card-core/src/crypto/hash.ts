import { createHash, hash as hashOnce } from 'node:crypto'
import { plain } from './node-bytes.ts'

/** The hash functions that 9303-12 §4.4 allows, and SHA-1 for key derivation and active authentication. */
export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

const LENGTHS: Readonly<Record<HashName, number>> = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 }

/** Length of the hash value in bytes. */
export function digestLength(hash: HashName): number {
  return LENGTHS[hash]
}

/** Hash of the parts one after another. */
export function digest(hash: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  // In one call there is no state for the garbage collector to finalize, which doubles the cost of a short hash.
  if (only && parts.length === 1) return plain(hashOnce(hash, only, 'buffer'))
  const state = createHash(hash)
  for (const part of parts) state.update(part)
  return plain(state.digest())
}
