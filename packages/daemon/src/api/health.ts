import { z } from 'zod'

export interface Health {
  readonly name: 'cccd'
  readonly version: string
}

export const healthSchema: z.ZodType<Health> = z
  .object({ name: z.literal('cccd'), version: z.string() })
  .meta({ id: 'Health', description: 'That a desk answers, and which.' })
