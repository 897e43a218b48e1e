// What the desk records of itself, on top of the hash chain: who did what when, never a personal value.
import type { Role } from '../api/access.ts'
import type { ChainBody } from './hash-chain.ts'

/** Who did it: a token as it is listed, never the token itself. */
export interface AuditCaller {
  readonly tokenId: string
  readonly label: string
  readonly role: Role
  /** null for a program without a browser. */
  readonly origin: string | null
}

/** Whom it was about. Only keyed digests of these values are written. */
export interface AuditSubject {
  readonly personalNumber?: string
  readonly documentNumber?: string
}

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

/** The body that stands in the chain for an event. */
export function auditBody(event: AuditEvent, caller: AuditCaller | undefined): ChainBody {
  const by = caller && { tokenId: caller.tokenId, label: caller.label, role: caller.role, origin: caller.origin }
  return JSON.parse(JSON.stringify({ ...event, ...(by ? { by } : {}) })) as ChainBody
}
