// What the desk records of itself, on top of the hash chain: who did what when, never a personal value.
import { KeepingError } from '@cccd/mrz'
import type { Role } from '../api/access.ts'
import { HEAD_FILE, listSegments, readBeside } from './chain-folder.ts'
import { type ChainKey, createChainKeyFile, readChainKeyFile } from './chain-key.ts'
import { openChainWriter } from './chain-writer.ts'
import type { ChainBody } from './hash-chain.ts'
import type { AuditConfig } from './keeping-config.ts'

/** Who did it: a token as it is listed, never the token itself. */
export interface AuditCaller {
  readonly tokenId: string
  readonly label: string
  readonly role: Role
  /** null for a program without a browser. */
  readonly origin: string | null
}

/** The numbers under which a person can be asked for. */
export const SUBJECT_NAMES = ['personalNumber', 'documentNumber'] as const

/** Whom it was about. Only keyed digests of these values are written. */
export type AuditSubject = { readonly [name in (typeof SUBJECT_NAMES)[number]]?: string | undefined }

/** What happened. Codes, ids and names of things; nothing that a card said. */
export type AuditEvent =
  | { readonly kind: 'desk.started'; readonly version: string }
  | { readonly kind: 'desk.stopped' }
  | {
      readonly kind: 'reading.started'
      readonly requestId: string
      readonly policy: string
      readonly reader?: string
      readonly purpose?: string
    }
  | {
      readonly kind: 'reading.ended'
      readonly requestId: string
      readonly state: 'done' | 'failed' | 'cancelled'
      readonly reader?: string
      readonly verdict?: {
        readonly overall: string
        readonly colour: string
        readonly policy: string
        /** Reason codes of the report. */
        readonly because: readonly string[]
      }
      /** The code of the error that ended it. */
      readonly error?: string
      /** How long it took, in milliseconds. */
      readonly ms?: number
    }
  | {
      readonly kind: 'consent.given'
      readonly requestId: string
      readonly purpose: string
      readonly textVersion: string
      readonly textDigest: string
    }
  | { readonly kind: 'bundle.made'; readonly requestId: string; readonly recipient?: string }
  | {
      readonly kind: 'export.made'
      readonly requestId: string
      readonly form: 'fhir' | 'his' | 'text' | 'webhook' | 'insurance' | 'portrait'
    }
  | {
      readonly kind: 'verify.done'
      readonly what: 'files' | 'bundle'
      readonly colour: string
      readonly policy: string
    }
  | {
      readonly kind: 'token.paired'
      readonly tokenId: string
      readonly label: string
      readonly role: Role
      readonly scopes: readonly string[]
    }
  | { readonly kind: 'token.revoked'; readonly tokenId: string }
  | { readonly kind: 'pairing.refused'; readonly code: string }

/** How the log is doing, for the operator. */
export interface AuditState {
  readonly state: 'writing' | 'failing'
  /** The system's code of what keeps it from being written, such as ENOSPC. */
  readonly cause?: string
  /** ISO 8601: since when it fails. */
  readonly since?: string
  /** Records that could not be written since the start. */
  readonly refused: number
  readonly chain: string
  /** Entries in all, and the hash of the last: note both elsewhere, and `cccd audit verify --noted` holds the log to them. */
  readonly count: number
  readonly hash: string
  readonly whenFailing: 'stop-readings' | 'go-on'
}

/** The open audit log of a desk. */
export interface AuditLog {
  /**
   * Writes what happened; resolves when it is as durable as the configuration asks. While the log cannot be written: throws
   * KeepingError AUDIT_UNAVAILABLE where readings stop then, else counts what is lost and resolves.
   */
  record(event: AuditEvent, given?: { readonly caller?: AuditCaller; readonly subject?: AuditSubject }): Promise<void>
  state(): AuditState
  close(): Promise<void>
}

/** Opens the log, or begins one. Throws as `openChainWriter` and `readChainKeyFile`; a key that is missing beside a log that is there
 * is AUDIT_KEY_REFUSED: another key could not go on with it. */
export async function openAuditLog(given: {
  readonly config: AuditConfig
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
}): Promise<AuditLog> {
  const { config, now, random } = given
  const key = await keyOf(config, random)
  const { folder, sync, keepDays, whenFailing } = config
  const writer = await openChainWriter({ folder, key, now, random, sync, keepDays })
  const state = (): AuditState => {
    const { chain, count, hash, failure, refused } = writer.state()
    const told = failure
      ? { state: 'failing' as const, cause: failure.cause, since: failure.since.toISOString() }
      : { state: 'writing' as const }
    return { ...told, refused, chain, count, hash, whenFailing }
  }
  return {
    async record(event, { caller, subject } = {}) {
      try {
        await writer.append(auditBody(event, caller), subject && secretsOf(subject))
      } catch (error) {
        // The writer has counted it, and the chain will tell of it when it can be written again.
        if (whenFailing === 'go-on' && error instanceof KeepingError && error.code === 'AUDIT_UNAVAILABLE') return
        throw error
      }
    },
    state,
    close: () => writer.close(),
  }
}

async function keyOf({ keyFile, folder }: AuditConfig, random: (length: number) => Uint8Array): Promise<ChainKey> {
  try {
    return await readChainKeyFile(keyFile)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
    const isNew = (await readBeside(folder, HEAD_FILE)) === undefined && (await listSegments(folder)).length === 0
    if (!isNew) {
      throw new KeepingError('AUDIT_KEY_REFUSED', "the log's key file is missing", { file: keyFile }, { cause: error })
    }
    return createChainKeyFile(keyFile, random)
  }
}

/** The one form of a number for its digest: digits and capital letters alone, however it was typed. */
export const normalNumber = (text: string): string =>
  text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')

function secretsOf(subject: AuditSubject): Record<string, string> | undefined {
  const secrets: Record<string, string> = {}
  for (const name of SUBJECT_NAMES) {
    const value = subject[name]
    if (value !== undefined && value !== '') secrets[name] = normalNumber(value)
  }
  return Object.keys(secrets).length > 0 ? secrets : undefined
}

/** The body that stands in the chain for an event. */
function auditBody(event: AuditEvent, caller: AuditCaller | undefined): ChainBody {
  const by = caller && { tokenId: caller.tokenId, label: caller.label, role: caller.role, origin: caller.origin }
  const { ms, ...rest } = event as AuditEvent & { readonly ms?: number }
  // Members that are undefined do not stand in the chain, and it holds whole numbers alone.
  const body = { ...rest, ...(ms === undefined ? {} : { ms: Math.round(ms) }), ...(by ? { by } : {}) }
  return JSON.parse(JSON.stringify(body)) as ChainBody
}
