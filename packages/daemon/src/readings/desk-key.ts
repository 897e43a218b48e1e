import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FormatError } from '@cccd/card-core'
// One by one: the whole of jose is forty files that a desk would load before it listens.
import type { JWK, JWSHeaderParameters } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { CompactSign } from 'jose/jws/compact/sign'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { importJWK } from 'jose/key/import'
import { z } from 'zod'

/** The public half as a JWK set shows it (RFC 7517). */
export interface PublicDeskKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  /** RFC 7638 thumbprint, SHA-256. */
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

/** The key with which this desk signs results; the private half never leaves it. */
export interface DeskKey {
  readonly kid: string
  readonly publicJwk: PublicDeskKey
  /** Compact JWS (RFC 7515) over the bytes, ES256, with `kid`, `typ` and what is given in `more` in its header. */
  sign(payload: Uint8Array, typ: string, more?: Pick<JWSHeaderParameters, 'jwk'>): Promise<string>
}

/** Its name in the desk's state folder. */
export const DESK_KEY_FILE = 'desk-key.json'

let written = 0

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const fileSchema = z.strictObject({
  version: z.literal(1),
  key: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    d: coordinate,
  }),
})

/**
 * The desk's key from its file (JSON, mode 0600), made on the first start; without a path a key that lives as long as the
 * process. Throws FormatError KEY_MALFORMED for a file that holds no such key or that others may read.
 */
export async function openDeskKey(path?: string): Promise<DeskKey> {
  if (path === undefined) return deskKey(await freshKey())
  const kept = await readKey(path)
  if (kept) return deskKey(kept)
  const fresh = await freshKey()
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}-${++written}.new`
  try {
    await writeFile(beside, `${JSON.stringify({ version: 1, key: fresh })}\n`, { mode: 0o600, flag: 'wx', flush: true })
    // Of two desks that start at once the first one's key stands.
    await link(beside, path)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
    const theirs = await readKey(path)
    if (!theirs) throw error
    return deskKey(theirs)
  } finally {
    await rm(beside, { force: true })
  }
  return deskKey(fresh)
}

async function freshKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y, d } = await exportJWK(privateKey)
  return { kty, crv, x, y, d } as JWK
}

async function readKey(path: string): Promise<JWK | undefined> {
  const refuse = (message: string): FormatError => new FormatError('KEY_MALFORMED', message, { file: path })
  let text: string
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw refuse("others may read the desk's key: give its file the mode 0600, or delete it for a new key")
    }
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes what it read.
    throw refuse("the desk's key file is not JSON")
  }
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success) throw refuse("the desk's key file holds no P-256 key")
  return parsed.data.key
}

async function deskKey(jwk: JWK): Promise<DeskKey> {
  let key: Awaited<ReturnType<typeof importJWK>>
  try {
    key = await importJWK(jwk, 'ES256')
  } catch {
    throw new FormatError('KEY_MALFORMED', "the desk's key is no point of P-256")
  }
  const { kty, crv, x, y } = jwk as { kty: 'EC'; crv: 'P-256'; x: string; y: string }
  const kid = await calculateJwkThumbprint({ kty, crv, x, y }, 'sha256')
  return {
    kid,
    publicJwk: { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' },
    sign: (payload, typ, more = {}) =>
      new CompactSign(payload).setProtectedHeader({ alg: 'ES256', ...more, kid, typ }).sign(key),
  }
}
