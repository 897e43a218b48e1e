import { z } from 'zod'

/** GET /v1/audit: how the audit log is doing. */
export type AuditReply =
  | { readonly on: false }
  | {
      readonly on: true
      readonly state: 'writing' | 'failing'
      readonly cause?: string | undefined
      readonly since?: string | undefined
      readonly refused: number
      readonly chain: string
      readonly count: number
      readonly hash: string
      readonly whenFailing: 'stop-readings' | 'go-on'
    }

export const auditReplySchema: z.ZodType<AuditReply> = z
  .discriminatedUnion('on', [
    z.object({ on: z.literal(false) }),
    z.object({
      on: z.literal(true),
      state: z.enum(['writing', 'failing']),
      cause: z.string().optional().meta({ description: "The system's code of what keeps it from being written." }),
      since: z.iso.datetime().optional(),
      refused: z.int().min(0).meta({ description: 'Records that could not be written since the start.' }),
      chain: z.string(),
      count: z.int().min(0),
      hash: z.string().meta({ description: 'Of the last entry; note it with `count` elsewhere.' }),
      whenFailing: z.enum(['stop-readings', 'go-on']),
    }),
  ])
  .meta({ id: 'AuditState', description: 'The state of the audit log, for operators.' })

/** GET /v1/consent/texts: what holders agree to at this desk. */
export interface ConsentTexts {
  readonly texts: readonly {
    readonly purpose: string
    readonly version: string
    readonly vi: string
    readonly en: string
    readonly digest: string
    readonly demandedBy: readonly string[]
  }[]
}

export const consentTextsSchema: z.ZodType<ConsentTexts> = z
  .object({
    texts: z.array(
      z.object({
        purpose: z.string(),
        version: z.string(),
        vi: z.string(),
        en: z.string(),
        digest: z
          .string()
          .meta({ description: 'SHA-256 (hex) over the canonical JSON of { en, purpose, version, vi }.' }),
        demandedBy: z
          .array(z.string())
          .meta({ description: 'Policies whose readings are refused without this consent.' }),
      }),
    ),
  })
  .meta({ id: 'ConsentTexts', description: 'The texts that a holder can agree to.' })
