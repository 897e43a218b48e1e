import { z } from 'zod'
import { type Role, roleSchema, SCOPES, type Scope, scopeSchema } from './access.ts'
import { isExactOrigin } from './origin.ts'

/** POST /v1/pairing: a one-time code for a token. */
export interface PairingRequest {
  readonly code: string
  /** What this page or program is called in the list of pairings. */
  readonly label: string
  /** Fewer than the code grants, if wished. */
  readonly scopes?: readonly Scope[]
}

/** The token is told this once. */
export interface PairingReply {
  readonly token: string
  readonly tokenId: string
  readonly scopes: readonly Scope[]
  readonly role: Role
  /** ISO 8601, UTC. */
  readonly expiresAt: string
}

/** GET /v1/session: what the token of this request is. */
export interface Session {
  readonly tokenId: string
  readonly label: string
  readonly origin: string | null
  readonly scopes: readonly Scope[]
  readonly role: Role
  readonly expiresAt: string
}

/** A token as it is listed for the operator. */
export interface ListedToken extends Session {
  readonly createdAt: string
}

/** POST /local/codes, on the socket alone: what the code is to be good for. */
export interface CodeRequest {
  readonly scopes?: readonly Scope[]
  readonly role?: Role
  /** Only this origin may exchange the code; null: only a program without one. */
  readonly origin?: string | null
  readonly minutes?: number
  /** How long the token lives. */
  readonly days?: number
}

export interface CodeReply {
  readonly code: string
  readonly expiresAt: string
  /** The desk's own page with the code behind #, where no server and no log sees it. */
  readonly page: string
}

const label = z
  .string()
  .min(1)
  .max(100)
  // A label is shown to the operator, on a terminal too.
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u)
const scopes = z.array(scopeSchema).min(1).max(SCOPES.length)
const time = z.iso.datetime()

export const pairingRequestSchema: z.ZodType<PairingRequest> = z
  .strictObject({ code: z.string().min(1).max(32), label, scopes: scopes.exactOptional() })
  .meta({ id: 'PairingRequest' })

export const pairingReplySchema: z.ZodType<PairingReply> = z
  .object({
    token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    tokenId: z.string(),
    scopes: z.array(scopeSchema),
    role: roleSchema,
    expiresAt: time,
  })
  .meta({ id: 'PairingReply' })

export const sessionSchema: z.ZodType<Session> = z
  .object({
    tokenId: z.string(),
    label: z.string(),
    origin: z.string().nullable(),
    scopes: z.array(scopeSchema),
    role: roleSchema,
    expiresAt: time,
  })
  .meta({ id: 'Session' })

export const tokenListSchema: z.ZodType<{ readonly tokens: readonly ListedToken[] }> = z
  .object({
    tokens: z.array(
      z.object({
        tokenId: z.string(),
        label: z.string(),
        origin: z.string().nullable(),
        scopes: z.array(scopeSchema),
        role: roleSchema,
        createdAt: time,
        expiresAt: time,
      }),
    ),
  })
  .meta({ id: 'TokenList' })

export const codeRequestSchema: z.ZodType<CodeRequest> = z.strictObject({
  scopes: scopes.exactOptional(),
  role: roleSchema.exactOptional(),
  origin: z.string().max(300).refine(isExactOrigin).nullable().exactOptional(),
  minutes: z.int().min(1).max(60).exactOptional(),
  days: z.int().min(1).max(3650).exactOptional(),
})

export const codeReplySchema: z.ZodType<CodeReply> = z.object({ code: z.string(), expiresAt: time, page: z.string() })
