import { z } from 'zod'
import { isExactOrigin } from '../api/origin.ts'
import { type ConnectorsConfig, connectorsConfigSchema } from '../connectors/config.ts'
import {
  type AuditConfig,
  auditConfigSchema,
  type ConsentConfig,
  consentConfigSchema,
  type MetricsConfig,
  metricsConfigSchema,
} from '../keeping/keeping-config.ts'
import { type LimitsConfig, limitsConfigSchema } from './limits-config.ts'
import { type ListenConfig, listenConfigSchema } from './listen-config.ts'
import { type ReadingsConfig, readingsConfigSchema } from './readings-config.ts'

/** The one configuration file of `cccd serve`. Every section has defaults: no file at all is a desk that works. */
export interface DeskConfig {
  readonly listen: ListenConfig
  /** Pages that may pair, each exactly scheme://host[:port]; the desk's own page always may. */
  readonly origins: readonly string[]
  /** Folder of what has to outlive the process: tokens, the signing key, outbox, audit log. */
  readonly stateFolder?: string
  /** Folder of the port file and the socket. */
  readonly runtimeFolder?: string
  /** Folder of trust anchors; the command's own default otherwise. */
  readonly trustStore?: string
  /** JSON files of policies beside those that ship. */
  readonly policies: readonly string[]
  /** The policy of a reading that names none. */
  readonly policy: string
  readonly limits: LimitsConfig
  readonly readings: ReadingsConfig
  readonly connectors: ConnectorsConfig
  /** Without it nothing is kept. */
  readonly audit?: AuditConfig
  readonly consent: ConsentConfig
  /** Without it there is no /metrics. */
  readonly metrics?: MetricsConfig
}

const originText = z.string().refine(isExactOrigin, {
  error:
    'phải đúng dạng scheme://máy[:cổng], không mẫu, không gạch chéo cuối / has to be exactly scheme://host[:port], no pattern, no trailing slash',
})

export const deskConfigSchema: z.ZodType<DeskConfig> = z
  .strictObject({
    $schema: z.string().exactOptional().describe('Where an editor finds this schema.'),
    listen: listenConfigSchema.prefault({}),
    origins: z.array(originText).max(100).default([]),
    stateFolder: z.string().min(1).exactOptional(),
    runtimeFolder: z.string().min(1).exactOptional(),
    trustStore: z.string().min(1).exactOptional(),
    policies: z.array(z.string().min(1)).max(50).default([]),
    policy: z.string().min(1).default('hospital'),
    limits: limitsConfigSchema.prefault({}),
    readings: readingsConfigSchema.prefault({}),
    connectors: connectorsConfigSchema.prefault({}),
    audit: auditConfigSchema.exactOptional(),
    consent: consentConfigSchema.prefault({ texts: [] }),
    metrics: metricsConfigSchema.exactOptional(),
  })
  .transform(({ $schema: _, ...config }) => config)

/** A configuration of nothing but defaults. */
export function defaultDeskConfig(): DeskConfig {
  return deskConfigSchema.parse({})
}
