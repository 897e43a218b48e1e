import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ServiceError } from '@cccd/mrz'
import { z } from 'zod'
import { type Role, roleSchema, type Scope, scopeSchema } from '../api/access.ts'
import { DeskError } from '../api/errors.ts'
import type { Caller } from '../desk.ts'

/** A token as it is kept and listed: everything but the token. */
export interface TokenEntry {
  readonly id: string
  /** SHA-256 of the token, hex. */
  readonly hash: string
  readonly label: string
  readonly origin: string | null
  readonly scopes: readonly Scope[]
  readonly role: Role
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly expiresAt: string
}

/** What a new token is to be. */
export interface NewToken {
  readonly label: string
  readonly origin: string | null
  readonly scopes: readonly Scope[]
  readonly role: Role
  readonly expiresAt: Date
}

export interface TokenStore {
  /** Makes a token of 256 bits and keeps its digest. Throws DeskError TOO_MANY_TOKENS. */
  issue(given: NewToken): Promise<{ readonly token: string; readonly entry: TokenEntry }>
  /** Who holds this token. Throws DeskError TOKEN_REFUSED when it is unknown, expired, revoked or of another origin. */
  callerOf(token: string, origin: string | null): Caller
  /** The entry of a caller. Throws DeskError TOKEN_REFUSED when it has been revoked meanwhile. */
  entryOf(tokenId: string): TokenEntry
  /** Those still valid. */
  list(): readonly TokenEntry[]
  /** Whether there was such a token. Those who listen are told after it is gone from the file too. */
  revoke(id: string): Promise<boolean>
  /** Calls back with each token id that is revoked; returns how to stop. */
  onRevoked(listener: (tokenId: string) => void): () => void
}

const MOST_TOKENS = 200

const entrySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  label: z.string().max(200),
  origin: z.string().nullable(),
  scopes: z.array(scopeSchema),
  role: roleSchema,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
const fileSchema = z.strictObject({ version: z.literal(1), tokens: z.array(entrySchema) })

/** Opens the file of tokens (JSON, mode 0600); without a path they live as long as the process. Throws ServiceError
 * DESK_STATE_DAMAGED for a file that is not what was written: what cannot be read is no reason to start without it. */
export async function openTokenStore(given: {
  readonly path?: string
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
}): Promise<TokenStore> {
  const { path, now, random } = given
  const entries = new Map<string, TokenEntry>()
  for (const entry of path === undefined ? [] : await readTokens(path)) entries.set(entry.hash, entry)
  const listeners = new Set<(tokenId: string) => void>()
  // Revoked here, but perhaps still in the file: a disk may be full.
  const unsaved = new Set<string>()
  let writing: Promise<void> = Promise.resolve()
  const isValid = (entry: TokenEntry): boolean => Date.parse(entry.expiresAt) > now().getTime()

  /** One write after the other: the file always holds a state that the store had. */
  const save = (): Promise<void> => {
    if (path === undefined) return Promise.resolve()
    const write = async (): Promise<void> => writeTokens(path, [...entries.values()], random)
    writing = writing.then(write, write)
    return writing
  }

  return {
    async issue({ label, origin, scopes, role, expiresAt }) {
      for (const [hash, entry] of entries) if (!isValid(entry)) entries.delete(hash)
      if (entries.size >= MOST_TOKENS) {
        throw new DeskError('TOO_MANY_TOKENS', 'too many tokens are kept', { limit: MOST_TOKENS })
      }
      const token = Buffer.from(random(32)).toString('base64url')
      const entry: TokenEntry = {
        id: Buffer.from(random(8)).toString('hex'),
        hash: hashOf(token),
        label,
        origin,
        scopes: [...new Set(scopes)],
        role,
        createdAt: now().toISOString(),
        expiresAt: expiresAt.toISOString(),
      }
      entries.set(entry.hash, entry)
      try {
        await save()
      } catch (error) {
        entries.delete(entry.hash)
        throw error
      }
      return { token, entry }
    },
    callerOf(token, origin) {
      const entry = entries.get(hashOf(token))
      if (!entry || !isValid(entry)) throw new DeskError('TOKEN_REFUSED', 'the token is unknown, expired or revoked')
      if (entry.origin !== origin) throw new DeskError('TOKEN_REFUSED', 'the token was given to another origin')
      return { tokenId: entry.id, origin, scopes: new Set(entry.scopes), role: entry.role, label: entry.label }
    },
    entryOf(tokenId) {
      for (const entry of entries.values()) if (entry.id === tokenId) return entry
      throw new DeskError('TOKEN_REFUSED', 'the token has been revoked')
    },
    list: () => [...entries.values()].filter(isValid),
    async revoke(id) {
      const entry = [...entries.values()].find(one => one.id === id)
      if (!entry && !unsaved.has(id)) return false
      // The token is of no use from this moment, whatever comes of the file; asking again writes the file again.
      if (entry) {
        entries.delete(entry.hash)
        unsaved.add(id)
        for (const listener of listeners) listener(id)
      }
      await save()
      unsaved.delete(id)
      return true
    },
    onRevoked(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Tokens are 256 random bits: one round of SHA-256 is enough, and finding one by its digest leaks nothing of it. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

async function readTokens(path: string): Promise<readonly TokenEntry[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw damaged(path, cause)
  }
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success) throw damaged(path, parsed.error)
  return parsed.data.tokens
}

function damaged(path: string, cause: unknown): ServiceError {
  return new ServiceError('DESK_STATE_DAMAGED', 'the file of tokens is not what was written', { file: path }, { cause })
}

/** Beside the file and then in its place: whoever looks sees the old or the new, never half. */
async function writeTokens(
  path: string,
  tokens: readonly TokenEntry[],
  random: (length: number) => Uint8Array,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${Buffer.from(random(6)).toString('hex')}`
  try {
    await writeFile(beside, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
