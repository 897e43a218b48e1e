// The key of a chain: 32 random bytes in a file that its owner alone may read. Keys for single uses are derived from it.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { chmod, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KeepingError } from '@cccd/mrz'
import { canonicalBytes, type Json } from './canonical-json.ts'
import { syncFolder } from './replace-file.ts'

/** What can be done with the key of a chain; the key itself stays inside. */
export interface ChainKey {
  /** Which key it is, without telling it: 16 hexadecimal digits that every chain of this key carries. */
  readonly id: string
  /** HMAC-SHA-256 over the canonical bytes, as hexadecimal digits. `use` parts entries from heads and checkpoints. */
  mac(use: ChainKeyUse, value: Json): string
  /** The same, compared in constant time. */
  proves(use: ChainKeyUse, value: Json, mac: string): boolean
}

export type ChainKeyUse = 'entry' | 'head' | 'checkpoint' | 'digest'

const FORM = /^cccd-chain-key-1:([0-9a-f]{64})\n?$/

/** A key from 32 secret bytes. HKDF-SHA-256 (RFC 5869) gives each use a key of its own. */
export function chainKey(secret: Uint8Array): ChainKey {
  if (secret.length !== 32) throw new RangeError('the key of a chain has 32 bytes')
  const derive = (use: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `cccd chain 1 ${use}`, length))
  const keys: Readonly<Record<ChainKeyUse, Uint8Array>> = {
    entry: derive('entry', 32),
    head: derive('head', 32),
    checkpoint: derive('checkpoint', 32),
    digest: derive('digest', 32),
  }
  const digest = (use: ChainKeyUse, value: Json): Uint8Array =>
    createHmac('sha256', keys[use]).update(canonicalBytes(value)).digest()
  return {
    id: hexText(derive('id', 8)),
    mac: (use, value) => hexText(digest(use, value)),
    proves(use, value, mac) {
      const given = /^[0-9a-f]{64}$/.test(mac) ? Uint8Array.from(Buffer.from(mac, 'hex')) : undefined
      return given !== undefined && timingSafeEqual(digest(use, value), given)
    },
  }
}

/** Makes a key file of mode 0600 with 32 bytes of `random`; a file that is there already is left alone and is an error (EEXIST). */
export async function createChainKeyFile(path: string, random: (length: number) => Uint8Array): Promise<ChainKey> {
  const secret = random(32)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`cccd-chain-key-1:${hexText(secret)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  // The umask may have taken bits, but a file system may also have given some.
  if (process.platform !== 'win32') await chmod(path, 0o600)
  await syncFolder(dirname(path))
  return chainKey(secret)
}

/** Reads a key file. Throws KeepingError AUDIT_KEY_REFUSED when it is malformed or when others may read it. */
export async function readChainKeyFile(path: string): Promise<ChainKey> {
  const { mode, size } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new KeepingError('AUDIT_KEY_REFUSED', 'the key file may be read by others; it needs mode 0600', {
      file: path,
      remedy: `chmod 600 ${path}`,
    })
  const found = size <= 256 ? FORM.exec(await readFile(path, 'utf8')) : null
  if (!found) throw new KeepingError('AUDIT_KEY_REFUSED', 'this is no key file of a chain', { file: path })
  return chainKey(Uint8Array.from(Buffer.from(found[1] as string, 'hex')))
}

export const hexText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
