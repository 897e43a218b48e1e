import { z } from 'zod'
import { type LimitsConfig, limitsConfigSchema } from './limits-config.ts'
import { type ListenConfig, listenConfigSchema } from './listen-config.ts'

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
  readonly metrics: { readonly enabled: boolean }
}

/** Exactly what a browser sends as Origin: scheme, host in lower case, a port only where it is not the scheme's own. */
export function isExactOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, origin } = new URL(text)
  return (protocol === 'https:' || protocol === 'http:') && origin === text
}

const originText = z.string().refine(isExactOrigin, {
  error:
    'phải đúng dạng scheme://máy[:cổng], không mẫu, không dấu / ở cuối / has to be exactly scheme://host[:port], no pattern, no trailing slash',
})

export const deskConfigSchema: z.ZodType<DeskConfig> = z.strictObject({
  listen: listenConfigSchema.prefault({}),
  origins: z.array(originText).max(100).default([]),
  stateFolder: z.string().min(1).exactOptional(),
  runtimeFolder: z.string().min(1).exactOptional(),
  trustStore: z.string().min(1).exactOptional(),
  policies: z.array(z.string().min(1)).max(50).default([]),
  policy: z.string().min(1).default('hospital'),
  limits: limitsConfigSchema.prefault({}),
  metrics: z.strictObject({ enabled: z.boolean().default(false) }).prefault({}),
})

/** A configuration of nothing but defaults. */
export function defaultDeskConfig(): DeskConfig {
  return deskConfigSchema.parse({})
}
