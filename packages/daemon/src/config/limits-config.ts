import { z } from 'zod'

/** How much anybody may ask of the desk. Times in seconds, sizes in bytes. */
export interface LimitsConfig {
  readonly bodyBytes: number
  /** Requests a minute, for each token; and for all that come without one together. */
  readonly requestsPerMinute: number
  /** Open connections; beyond, those that have been idle longest are closed. */
  readonly connections: number
  /** Event streams and WebSockets together. */
  readonly streams: number
  /** How long a request's header or body may take to arrive. */
  readonly requestSeconds: number
  /** How long a connection stays open with nothing asked. */
  readonly idleSeconds: number
  /** How long a token lives. */
  readonly tokenDays: number
}

const whole = (min: number, max: number, otherwise: number): z.ZodDefault<z.ZodInt> =>
  z.int().min(min).max(max).default(otherwise)

export const limitsConfigSchema: z.ZodType<LimitsConfig> = z.strictObject({
  bodyBytes: whole(1024, 64 << 20, 1 << 20),
  requestsPerMinute: whole(10, 1_000_000, 6000),
  connections: whole(8, 10_000, 256),
  streams: whole(1, 1000, 64),
  requestSeconds: whole(1, 300, 10),
  idleSeconds: whole(1, 600, 30),
  tokenDays: whole(1, 3650, 180),
})
