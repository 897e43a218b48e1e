import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  encodeEcSpki,
  FormatError,
  generateKey,
  importPublicKey,
  type Signer,
  SignerError,
  softwareSigner,
} from '@cccd/card-core'
import { readKeyFile, writeKeyFile } from '../file-signer.ts'
import type { KeySpec } from './request.ts'

/** Where an authority's keys live. A key store makes a key once under a label and opens it again later. */
export interface KeyStore {
  create(label: string, key: KeySpec): Promise<Signer>
  open(label: string, key: KeySpec): Promise<Signer>
}

/** Keys in files that only their owner reads, for test authorities: whoever has the file has the key. */
export function fileKeyStore(folder: string): KeyStore {
  const path = (label: string): string => join(folder, `${label}.pem`)
  const open = async (label: string, { curve, form, hash }: KeySpec): Promise<Signer> => {
    const pkcs8 = readKeyFile(path(label))
    const plain = softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash } })
    const key = importPublicKey(plain.publicKey)
    if (key.kind !== 'ec' || key.curve !== curve) {
      throw new FormatError('AUTHORITY_MALFORMED', 'a key is not on the curve that it was made for', { file: label })
    }
    return softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash }, spki: encodeEcSpki(curve, key.point, form) })
  }
  return {
    async create(label, key) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      if (existsSync(path(label))) throw new SignerError('SIGNER_FAILED', 'a key of that label is there already')
      writeKeyFile(path(label), generateKey({ kind: 'ec', curve: key.curve }).pkcs8)
      return await open(label, key)
    },
    open,
  }
}
