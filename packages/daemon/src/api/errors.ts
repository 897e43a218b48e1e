import type { ErrorCode, ErrorFacts } from '@cccd/mrz'
import { z } from 'zod'

/** The closed list of what the desk itself refuses, beside the toolkit's own codes. */
export type DeskErrorCode =
  // who asks
  | 'HOST_REFUSED'
  | 'ORIGIN_REFUSED'
  | 'FETCH_METADATA_REFUSED'
  | 'TOKEN_MISSING'
  | 'TOKEN_REFUSED'
  | 'TOKEN_IN_URL'
  | 'SCOPE_MISSING'
  | 'ROLE_MISSING'
  // pairing
  | 'PAIRING_CODE_WRONG'
  | 'PAIRING_PAUSED'
  | 'TOO_MANY_TOKENS'
  | 'TOKEN_UNKNOWN'
  // what is asked
  | 'REQUEST_MALFORMED'
  | 'CONTENT_TYPE_REFUSED'
  | 'BODY_TOO_LARGE'
  | 'NOT_FOUND'
  | 'RATE_LIMITED'
  | 'TOO_MANY_SESSIONS'
  | 'NOT_CONFIGURED'
  // readings
  | 'NONCE_USED'
  | 'READING_UNKNOWN'
  | 'READING_NOT_DONE'
  | 'PORTRAIT_MISSING'
  | 'PICTURE_UNREADABLE'
  | 'POLICY_UNKNOWN'
  | 'CARD_UNKNOWN'
  // the rest
  | 'CLOSING'
  | 'INTERNAL'

/** What a person needs to find the cause; never a value of the request. */
export interface DeskErrorFacts extends ErrorFacts {
  /** Where in the request: a JSON path such as `body.scopes.0`. */
  readonly path?: string
  readonly limit?: number
  readonly retryAfterSeconds?: number
  readonly scope?: string
  readonly role?: string
}

/** A refusal by the desk; `http/error-reply.ts` says which HTTP status it becomes. */
export class DeskError extends Error {
  readonly code: DeskErrorCode
  readonly facts: DeskErrorFacts
  constructor(code: DeskErrorCode, message: string, facts: DeskErrorFacts = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DeskError'
    this.code = code
    this.facts = facts
  }
}

/** The body of every reply that is no success. `vi` and `en` are for the person at the desk, `message` for logs. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode | DeskErrorCode
    readonly message: string
    readonly vi: string
    readonly en: string
    readonly facts: DeskErrorFacts
  }
}

const fact = z.union([z.string(), z.number()])

export const errorBodySchema: z.ZodType<ErrorBody> = z
  .object({
    error: z.object({
      code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
      message: z.string(),
      vi: z.string(),
      en: z.string(),
      facts: z.record(z.string(), fact),
    }),
  })
  .meta({ id: 'ErrorBody', description: 'What went wrong, in both languages.' }) as unknown as z.ZodType<ErrorBody>
