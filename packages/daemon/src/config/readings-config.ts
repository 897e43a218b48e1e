import { z } from 'zod'

/** How readings go. Times in seconds. */
export interface ReadingsConfig {
  /** How long a card is waited for when the request does not say. */
  readonly waitSeconds: number
  /** How long a reading that is over is kept for its caller. */
  readonly keepSeconds: number
  /** How long a caller whose event stream broke off may take to come back. */
  readonly graceSeconds: number
  /** Readings kept at once, finished ones included. */
  readonly most: number
  /** Whether BAC may be used where PACE fails; every report then says so. */
  readonly allowBacFallback: boolean
}

export const readingsConfigSchema: z.ZodType<ReadingsConfig> = z.strictObject({
  waitSeconds: z.int().min(1).max(600).default(60),
  keepSeconds: z.int().min(5).max(86_400).default(300),
  graceSeconds: z.int().min(1).max(300).default(15),
  most: z.int().min(1).max(1000).default(64),
  allowBacFallback: z.boolean().default(false),
})
