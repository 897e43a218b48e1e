import { z } from 'zod'

/** `audit` of the desk's configuration; without it nothing is kept. */
export interface AuditConfig {
  /** The folder of the log, mode 0700. */
  readonly folder: string
  /** The key file, mode 0600; made when it is missing and the folder holds no log yet. Keep it out of the folder. */
  readonly keyFile: string
  /** How many days an entry is kept; older segments are deleted whole, and a checkpoint takes their place. 0: for ever. */
  readonly keepDays: number
  /** `each`: on the disk before the desk goes on. A number: at the latest after so many milliseconds. */
  readonly sync: 'each' | number
  /** What happens while the log cannot be written (a full disk): no readings, or readings that are not recorded. */
  readonly whenFailing: 'stop-readings' | 'go-on'
}

export const auditConfigSchema: z.ZodType<AuditConfig> = z
  .strictObject({
    folder: z.string().min(1),
    keyFile: z.string().min(1),
    keepDays: z.int().min(0).max(36_500).default(730),
    sync: z.union([z.literal('each'), z.int().min(10).max(60_000)]).default('each'),
    whenFailing: z.enum(['stop-readings', 'go-on']).default('stop-readings'),
  })
  .meta({ description: 'Audit log: a hash chain of keyed digests. Nothing is kept without it.' })

/** A text that the holder agrees to. */
export interface ConsentText {
  /** What for; the id that a reading names, such as `treatment`. */
  readonly purpose: string
  /** Raised whenever the words change: consent to another version is no consent. */
  readonly version: string
  readonly vi: string
  readonly en: string
  /** The policies whose readings are refused without this consent. */
  readonly demandedBy: readonly string[]
}

export interface ConsentConfig {
  readonly texts: readonly ConsentText[]
}

export const consentConfigSchema: z.ZodType<ConsentConfig> = z
  .strictObject({
    texts: z
      .array(
        z.strictObject({
          purpose: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
          version: z.string().regex(/^[\w.-]{1,40}$/),
          vi: z.string().min(1).max(20_000),
          en: z.string().min(1).max(20_000),
          demandedBy: z.array(z.string().min(1)).default([]),
        }),
      )
      .max(50)
      .refine(texts => new Set(texts.map(({ purpose }) => purpose)).size === texts.length, {
        message: 'a purpose has one text',
      }),
  })
  .meta({ description: 'Texts that a holder agrees to, and the policies that demand it.' })

/** `metrics` of the desk's configuration; without it there is no /metrics. */
export interface MetricsConfig {
  /** SHA-256 (hexadecimal) of the bearer token that the collector shows. Without it only a loopback address may ask. */
  readonly tokenSha256?: string | undefined
}

export const metricsConfigSchema: z.ZodType<MetricsConfig> = z
  .strictObject({
    tokenSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  })
  .meta({ description: 'GET /metrics for Prometheus. Without a token it answers loopback addresses alone.' })
