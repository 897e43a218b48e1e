import { mkdir, open as openFile, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '@cccd/card-core'
import type { AuthorityName } from '../../authority/authority-name.ts'
import type { Person } from './person.ts'
import {
  type Approval,
  approvalBytes,
  type CeremonyRequest,
  canonicalJson,
  type KeySpec,
  sha256Hex,
} from './request.ts'

/** What an authority is, as `authority.json` holds it. */
export interface AuthorityState {
  readonly version: 1
  /** Random, so that a request of one authority cannot be approved for another. */
  readonly id: string
  /** A test authority keeps its keys in files and says TEST in every subject. */
  readonly test: boolean
  readonly name: AuthorityName
  readonly people: readonly Person[]
  /** How many different people have to approve an act. */
  readonly approvals: number
  /** The keys that were made, by their label. */
  readonly keys: Readonly<Record<string, KeySpec>>
  /** The number of the last CRL of each CSCA. */
  readonly crls: Readonly<Record<string, number>>
}

/** What was made of a request. Each one names the one before by its digest, so that none can be taken away unseen. */
export interface CeremonyRecord {
  readonly request: number
  readonly requestDigest: string
  readonly act: string
  readonly at: string
  readonly approvedBy: readonly string[]
  /** Files made, with their SHA-256. */
  readonly made: readonly { readonly file: string; readonly sha256: string }[]
  /** SHA-256 of the record before, zeros for the first. */
  readonly previous: string
}

const STATE = 'authority.json'
const LOG = 'ceremonies.jsonl'
export const FOLDERS = {
  keys: 'keys',
  certificates: 'certificates',
  crls: 'crls',
  lists: 'lists',
  requests: 'requests',
}

function malformed(file: string, message: string, facts: { line?: number } = {}): FormatError {
  return new FormatError('AUTHORITY_MALFORMED', message, { file, ...facts })
}

/** Writes a file whole or not at all, and syncs it. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const staged = `${path}.${process.pid}.new`
  const file = await openFile(staged, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(staged, path).catch(async error => {
    await rm(staged, { force: true })
    throw error
  })
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const text = await readFile(join(folder, name), 'utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FormatError('AUTHORITY_MALFORMED', 'a file of the authority is no JSON', { file: name }, { cause })
  }
}

/** Makes the folder of a new authority. Throws when one is there. */
export async function createAuthorityFolder(folder: string, state: AuthorityState): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw malformed(STATE, 'the folder is not empty')
  for (const name of Object.values(FOLDERS)) await mkdir(join(folder, name), { mode: 0o700 })
  await writeState(folder, state)
}

export async function writeState(folder: string, state: AuthorityState): Promise<void> {
  await writeWhole(join(folder, STATE), `${JSON.stringify(state, null, 2)}\n`)
}

function isPerson(value: unknown): value is Person {
  const person = value as Person | null
  return typeof person?.name === 'string' && typeof person.publicKey === 'string'
}

/** Throws FormatError AUTHORITY_MALFORMED, or the system's error where there is no authority. */
export async function readState(folder: string): Promise<AuthorityState> {
  const state = (await readJson(folder, STATE)) as AuthorityState
  const sound =
    state?.version === 1 &&
    typeof state.id === 'string' &&
    typeof state.test === 'boolean' &&
    typeof state.name?.country === 'string' &&
    typeof state.name.commonName === 'string' &&
    Array.isArray(state.people) &&
    state.people.every(isPerson) &&
    Number.isInteger(state.approvals) &&
    state.approvals >= 2 &&
    typeof state.keys === 'object' &&
    typeof state.crls === 'object'
  if (!sound) throw malformed(STATE, 'the authority is not described as it should be')
  return state
}

export const requestFile = (number: number): string => join(FOLDERS.requests, `${String(number).padStart(4, '0')}.json`)
const approvalFile = (number: number): string =>
  join(FOLDERS.requests, `${String(number).padStart(4, '0')}.approvals.json`)

export async function readRequest(folder: string, number: number): Promise<CeremonyRequest> {
  const request = (await readJson(folder, requestFile(number))) as CeremonyRequest
  if (request?.number !== number || typeof request.act?.what !== 'string' || typeof request.authority !== 'string') {
    throw malformed(requestFile(number), 'the request is not as it should be')
  }
  return request
}

/** The numbers of all requests, in order. */
export async function requestNumbers(folder: string): Promise<number[]> {
  const names = await readdir(join(folder, FOLDERS.requests))
  return names.flatMap(name => (/^\d{4,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : [])).sort((a, b) => a - b)
}

export async function writeRequest(folder: string, request: CeremonyRequest): Promise<void> {
  await writeWhole(join(folder, requestFile(request.number)), `${JSON.stringify(request, null, 2)}\n`)
}

export async function readApprovals(folder: string, number: number): Promise<readonly Approval[]> {
  let all: unknown
  try {
    all = await readJson(folder, approvalFile(number))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  }
  if (!Array.isArray(all)) throw malformed(approvalFile(number), 'the approvals are no list')
  return all.filter(
    one => typeof one?.person === 'string' && typeof one.at === 'string' && typeof one.signature === 'string',
  )
}

export async function writeApprovals(folder: string, number: number, approvals: readonly Approval[]): Promise<void> {
  await writeWhole(join(folder, approvalFile(number)), `${JSON.stringify(approvals, null, 2)}\n`)
}

/** The records of what was done. Throws FormatError with the line where the chain is broken. */
export async function readRecords(folder: string): Promise<CeremonyRecord[]> {
  let text: string
  try {
    text = await readFile(join(folder, LOG), 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  }
  const records: CeremonyRecord[] = []
  let previous = '0'.repeat(64)
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    let record: CeremonyRecord
    try {
      record = JSON.parse(line) as CeremonyRecord
    } catch {
      throw malformed(LOG, 'a record is no JSON', { line: index + 1 })
    }
    if (record?.previous !== previous)
      throw malformed(LOG, 'a record does not follow the one before', { line: index + 1 })
    previous = sha256Hex(canonicalJson(record))
    records.push(record)
  }
  return records
}

export async function appendRecord(folder: string, record: Omit<CeremonyRecord, 'previous'>): Promise<CeremonyRecord> {
  const last = (await readRecords(folder)).at(-1)
  const whole = { ...record, previous: last === undefined ? '0'.repeat(64) : sha256Hex(canonicalJson(last)) }
  const file = await openFile(join(folder, LOG), 'a', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(whole)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return whole
}

/** The people among `people` whose approval of the request is good; each counts once. */
export function approvers(
  request: CeremonyRequest,
  approvals: readonly Approval[],
  people: readonly Person[],
  isSigned: (person: Person, bytes: Uint8Array, signature: string) => boolean,
): string[] {
  const good = approvals.filter(approval => {
    const person = people.find(({ name }) => name === approval.person)
    return person !== undefined && isSigned(person, approvalBytes(request, approval), approval.signature)
  })
  // One key under two names is one person.
  const keys = new Map(good.map(({ person }) => [people.find(({ name }) => name === person)?.publicKey, person]))
  return [...keys.values()]
}
