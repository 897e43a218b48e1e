import { z } from 'zod'

/** Which text to write: a configured output by its id (the first, when absent), or a template of the caller's own, whose
 * text always comes back. */
export interface WriteText {
  readonly output?: string
  readonly template?: string
}

export const writeTextSchema: z.ZodType<WriteText> = z
  .strictObject({
    output: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
      .exactOptional(),
    template: z.string().min(1).max(4000).exactOptional(),
  })
  .refine(({ output, template }) => output === undefined || template === undefined, {
    message: 'output or template, not both',
  })
  .meta({ id: 'WriteText' })

/** `reply`: the text, for the page to copy or type. `sent`: it went down the port or into the file. */
export type TextWritten =
  | { readonly kind: 'reply'; readonly text: string }
  | { readonly kind: 'sent'; readonly bytes: number }

export const textWrittenSchema: z.ZodType<TextWritten> = z
  .union([
    z.object({ kind: z.literal('reply'), text: z.string() }),
    z.object({ kind: z.literal('sent'), bytes: z.number() }),
  ])
  .meta({ id: 'TextWritten' })

/** Where to: the webhook by its outbox, or the FHIR server at once. Absent: the webhook where there is one. */
export interface Deliver {
  readonly to?: 'webhook' | 'fhir'
}

export const deliverSchema: z.ZodType<Deliver> = z
  .strictObject({ to: z.enum(['webhook', 'fhir']).exactOptional() })
  .meta({ id: 'Deliver' })

export type Delivered =
  /** `stored`: on the disk, on its way. The others: this reading was given before. */
  | { readonly to: 'webhook'; readonly state: 'stored' | 'waiting' | 'dead' | 'delivered' }
  | { readonly to: 'fhir'; readonly entries: readonly { readonly status: string; readonly location: string | null }[] }

export const deliveredSchema: z.ZodType<Delivered> = z
  .union([
    z.object({ to: z.literal('webhook'), state: z.enum(['stored', 'waiting', 'dead', 'delivered']) }),
    z.object({
      to: z.literal('fhir'),
      entries: z.array(z.object({ status: z.string(), location: z.string().nullable() })),
    }),
  ])
  .meta({ id: 'Delivered' })

/** XML1 fields by their names in the table; those that are not known are absent. */
export interface HisFields {
  readonly fields: Readonly<Record<string, string>>
}

export const hisFieldsSchema: z.ZodType<HisFields> = z
  .object({ fields: z.record(z.string(), z.string()) })
  .meta({ id: 'HisFields', description: 'Fields of table XML1 (Quyết định 130/QĐ-BYT) that are known.' })

export const hisQuerySchema: z.ZodType<{ readonly format: 'xml' | 'json' }> = z.object({
  format: z.enum(['xml', 'json']).default('xml'),
})

/** What is configured, and how it is doing. */
export interface ConnectorList {
  readonly insurance:
    | { readonly configured: false }
    | {
        readonly configured: true
        readonly state: 'unused' | 'answering' | 'failing'
        readonly lastAnswerAt?: string
        readonly lastFailureAt?: string
        readonly lastFailure?: string
      }
  /** Bundles are given back in any case; `server`: whether they can be posted. */
  readonly fhir: { readonly server: boolean }
  readonly webhook:
    | { readonly configured: false }
    | {
        readonly configured: true
        readonly state: 'idle' | 'delivering' | 'retrying'
        readonly waiting: number
        /** Given up, kept for an operator. */
        readonly dead: number
        readonly bytes: number
        readonly maxEntries: number
        readonly maxBytes: number
        readonly delivered: number
        readonly lastDeliveryAt?: string
        readonly lastFailureAt?: string
        readonly lastFailure?: string
        readonly lastHttpStatus?: number
      }
  readonly text: readonly {
    readonly id: string
    readonly label: string
    readonly target: 'reply' | 'serial' | 'file'
  }[]
}

const time = z.string().exactOptional()
const absent = z.object({ configured: z.literal(false) })

export const connectorListSchema: z.ZodType<ConnectorList> = z
  .object({
    insurance: z.union([
      absent,
      z.object({
        configured: z.literal(true),
        state: z.enum(['unused', 'answering', 'failing']),
        lastAnswerAt: time,
        lastFailureAt: time,
        lastFailure: time,
      }),
    ]),
    fhir: z.object({ server: z.boolean() }),
    webhook: z.union([
      absent,
      z.object({
        configured: z.literal(true),
        state: z.enum(['idle', 'delivering', 'retrying']),
        waiting: z.number(),
        dead: z.number(),
        bytes: z.number(),
        maxEntries: z.number(),
        maxBytes: z.number(),
        delivered: z.number(),
        lastDeliveryAt: time,
        lastFailureAt: time,
        lastFailure: time,
        lastHttpStatus: z.number().exactOptional(),
      }),
    ]),
    text: z.array(z.object({ id: z.string(), label: z.string(), target: z.enum(['reply', 'serial', 'file']) })),
  })
  .meta({ id: 'ConnectorList', description: 'Which connectors are set up, how they do, what waits in the outbox.' })

/** What an operator does with given-up deliveries; all of them without ids. */
export interface SettleDead {
  readonly action: 'retry' | 'discard'
  readonly ids?: readonly string[]
}

const idSchema = z.string().regex(/^[\w.:-]{1,100}$/)

export const settleDeadSchema: z.ZodType<SettleDead> = z
  .strictObject({ action: z.enum(['retry', 'discard']), ids: z.array(idSchema).max(1000).exactOptional() })
  .meta({ id: 'SettleDead' })

export const deadListSchema: z.ZodType<{ readonly ids: readonly string[] }> = z.object({ ids: z.array(z.string()) })
export const settledSchema: z.ZodType<{ readonly settled: number }> = z.object({ settled: z.number() })
