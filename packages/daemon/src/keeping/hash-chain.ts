// An append-only chain of records as pure values: lines, hashes, digests, heads, checkpoints. It knows no desk and no file.
//
// A line is the canonical JSON of an entry. `prev` is the SHA-256 of the line before, so that nothing inside can be changed,
// removed or reordered; `mac` proves that whoever holds the key wrote it, so that nobody without it can write the whole chain anew;
// the head, kept beside, says how far the chain went, so that nothing can be cut off at its end.
import { createHash } from 'node:crypto'
import { FormatError } from '@cccd/mrz'
import { canonicalBytes, isObject, type JsonObject, parseCanonical } from './canonical-json.ts'
import type { ChainKey } from './chain-key.ts'

/** What an entry says. Kinds that begin with `chain.` are the chain's own marks. */
export interface ChainBody extends JsonObject {
  readonly kind: string
}

export interface ChainEntry {
  readonly seq: number
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string
  /** SHA-256 of the line before, hexadecimal; `GENESIS` in the first. */
  readonly prev: string
  readonly body: ChainBody
  /** Keyed digests of what may not stand here itself, by name, and the salt that goes into each. */
  readonly digests?: Readonly<Record<string, string>>
  readonly salt?: string
  readonly mac: string
}

/** How far a chain goes: `count` entries, the last of which has this hash and ends at `size` bytes of that segment. */
export interface ChainHead {
  readonly chain: string
  readonly keyId: string
  readonly count: number
  readonly hash: string
  readonly segment: number
  readonly size: number
}

/** Where the chain begins since older segments were deleted. */
export interface ChainCheckpoint {
  readonly chain: string
  readonly keyId: string
  /** The first segment and entry that are still there, and the hash of the entry before it. */
  readonly segment: number
  readonly seq: number
  readonly prev: string
  readonly at: string
}

export const GENESIS: string = '0'.repeat(64)

/** Longest line in bytes, without its line feed. */
export const LONGEST_LINE = 65_536

/** The hash that the next entry carries. */
export const hashOfLine = (line: Uint8Array): string => createHash('sha256').update(line).digest('hex')

/**
 * Makes the line of an entry. `secrets` are values that may not stand in the chain: each becomes an HMAC over name, salt and
 * value, so that the same value twice gives two digests and only the key can ask for it. Throws RangeError when the line is
 * longer than `LONGEST_LINE`, or the body holds fractions.
 */
export function makeLine(given: {
  readonly key: ChainKey
  readonly seq: number
  readonly at: Date
  readonly prev: string
  readonly body: ChainBody
  readonly secrets?: Readonly<Record<string, string>> | undefined
  readonly salt?: string | undefined
}): { readonly line: Uint8Array; readonly hash: string } {
  const { key, seq, prev, body, salt } = given
  const names = Object.keys(given.secrets ?? {})
  if (names.length > 0 && !salt) throw new RangeError('digests need a salt')
  const digests = Object.fromEntries(
    Object.entries(given.secrets ?? {}).map(([name, value]) => [
      name,
      keyedDigest(key, { name, salt: salt ?? '', value }),
    ]),
  )
  const entry = { seq, at: given.at.toISOString(), prev, body, ...(names.length > 0 && salt ? { digests, salt } : {}) }
  const line = canonicalBytes({ ...entry, mac: key.mac('entry', entry) })
  if (line.length > LONGEST_LINE) throw new RangeError(`an entry of a chain has at most ${LONGEST_LINE} bytes`)
  return { line, hash: hashOfLine(line) }
}

const keyedDigest = (
  key: ChainKey,
  of: { readonly name: string; readonly salt: string; readonly value: string },
): string => key.mac('digest', of)

/** Whether this entry is about the value under that name, which only the key can tell. */
export function speaksOf(
  entry: ChainEntry,
  asked: { readonly key: ChainKey; readonly name: string; readonly value: string },
): boolean {
  const digest = entry.digests && Object.hasOwn(entry.digests, asked.name) ? entry.digests[asked.name] : undefined
  if (digest === undefined || entry.salt === undefined) return false
  return asked.key.proves('digest', { name: asked.name, salt: entry.salt, value: asked.value }, digest)
}

/** Whether the holder of the key wrote this entry. */
export function isProven(entry: ChainEntry, key: ChainKey): boolean {
  const { mac, ...rest } = entry
  return key.proves('entry', rest as unknown as JsonObject, mac)
}

const HASH = /^[0-9a-f]{64}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const MEMBERS = new Set(['seq', 'at', 'prev', 'body', 'digests', 'salt', 'mac'])

/** Reads one line (without line feed). Throws FormatError DOCUMENT_MALFORMED, nothing else. */
export function parseLine(line: Uint8Array): ChainEntry {
  if (line.length > LONGEST_LINE) throw malformed('a line is longer than any entry')
  const value = parseCanonical(line)
  const { seq, at, prev, body, digests, salt, mac } = value
  if (Object.keys(value).some(name => !MEMBERS.has(name))) throw malformed('an entry has an unknown member')
  if (!isCount(seq)) throw malformed('an entry has no sequence number')
  if (typeof at !== 'string' || !TIME.test(at) || Number.isNaN(Date.parse(at))) throw malformed('an entry has no time')
  if (!isHash(prev)) throw malformed('an entry names no entry before it')
  if (!isHash(mac)) throw malformed('an entry has no proof')
  if (!isObject(body) || typeof body.kind !== 'string') throw malformed('an entry says nothing')
  if ((digests === undefined) !== (salt === undefined)) throw malformed('digests and salt belong together')
  if (digests !== undefined && (!isObject(digests) || !Object.values(digests).every(isHash)))
    throw malformed('a digest is malformed')
  if (salt !== undefined && typeof salt !== 'string') throw malformed('a salt is malformed')
  return value as unknown as ChainEntry
}

/** The bytes of a head's file: canonical JSON with a proof, and a line feed. */
export const headBytes = (head: ChainHead, key: ChainKey): Uint8Array => sealed('head', { ...head }, key)

/** The bytes of a checkpoint's file. */
export const checkpointBytes = (checkpoint: ChainCheckpoint, key: ChainKey): Uint8Array =>
  sealed('checkpoint', { ...checkpoint }, key)

/** A head and, where a key is given, whether it proves it. Throws FormatError DOCUMENT_MALFORMED. */
export function parseHead(bytes: Uint8Array, key?: ChainKey): Proven<ChainHead> {
  const { value, isProven } = unsealed('head', bytes, key)
  const { chain, keyId, count, hash, segment, size } = value
  if (!isName(chain) || !isName(keyId) || !isCount(count) || !isHash(hash) || !isCount(segment) || !isCount(size))
    throw malformed('the head is malformed')
  if (Object.keys(value).length !== 6) throw malformed('the head has an unknown member')
  return { value: { chain, keyId, count, hash, segment, size }, isProven }
}

/** A checkpoint and, where a key is given, whether it proves it. Throws FormatError DOCUMENT_MALFORMED. */
export function parseCheckpoint(bytes: Uint8Array, key?: ChainKey): Proven<ChainCheckpoint> {
  const { value, isProven } = unsealed('checkpoint', bytes, key)
  const { chain, keyId, segment, seq, prev, at } = value
  if (!isName(chain) || !isName(keyId) || !isCount(segment) || !isCount(seq) || !isHash(prev) || typeof at !== 'string')
    throw malformed('the checkpoint is malformed')
  if (Object.keys(value).length !== 6) throw malformed('the checkpoint has an unknown member')
  return { value: { chain, keyId, segment, seq, prev, at }, isProven }
}

/** `isProven` is undefined where no key was there to ask. */
export interface Proven<T> {
  readonly value: T
  readonly isProven: boolean | undefined
}

function sealed(use: 'head' | 'checkpoint', value: JsonObject, key: ChainKey): Uint8Array {
  const bytes = canonicalBytes({ ...value, mac: key.mac(use, value) })
  const withEnd = new Uint8Array(bytes.length + 1)
  withEnd.set(bytes)
  withEnd[bytes.length] = 0x0a
  return withEnd
}

function unsealed(use: 'head' | 'checkpoint', bytes: Uint8Array, key: ChainKey | undefined): Proven<JsonObject> {
  if (bytes.length > LONGEST_LINE || bytes.at(-1) !== 0x0a) throw malformed(`the ${use} is cut off`)
  const { mac, ...value } = parseCanonical(bytes.subarray(0, -1))
  if (!isHash(mac)) throw malformed(`the ${use} has no proof`)
  return { value, isProven: key?.proves(use, value, mac) }
}

const isHash = (value: unknown): value is string => typeof value === 'string' && HASH.test(value)
const isName = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{16,64}$/.test(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const malformed = (message: string): FormatError => new FormatError('DOCUMENT_MALFORMED', message)
