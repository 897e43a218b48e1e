import type { ErrorCode } from '@cccd/mrz'
import { z } from 'zod'

/** `busy`: a reading of this desk or another program holds the card. `mute`: something lies there and does not answer.
 * `gone`: it was unplugged; told once, by an event. */
export const READER_CONDITIONS = ['empty', 'card', 'busy', 'mute', 'gone'] as const
export type ReaderCondition = (typeof READER_CONDITIONS)[number]

/** `missing`: no smart card service was found since the desk started. `lost`: it was there and is looked for again. */
export const SERVICE_CONDITIONS = ['ready', 'lost', 'missing'] as const
export type ServiceCondition = (typeof SERVICE_CONDITIONS)[number]

export interface ReaderInfo {
  readonly name: string
  readonly state: ReaderCondition
  readonly simulated?: true
}

/** Why the service is not ready, in words. */
export interface ServiceProblem {
  readonly code: ErrorCode
  readonly vi: string
  readonly en: string
}

export interface ReaderList {
  readonly service: ServiceCondition
  readonly problem?: ServiceProblem
  readonly readers: readonly ReaderInfo[]
}

export type ReaderEvent =
  | ({ readonly type: 'reader' } & ReaderInfo)
  | { readonly type: 'service'; readonly service: ServiceCondition; readonly problem?: ServiceProblem }

export const readerInfoSchema: z.ZodType<ReaderInfo> = z
  .object({ name: z.string(), state: z.enum(READER_CONDITIONS), simulated: z.literal(true).exactOptional() })
  .meta({ id: 'ReaderInfo', description: 'A card reader and what lies on it.' })

const problemSchema = z.object({
  code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  vi: z.string(),
  en: z.string(),
}) as unknown as z.ZodType<ServiceProblem>

export const readerListSchema: z.ZodType<ReaderList> = z
  .object({
    service: z.enum(SERVICE_CONDITIONS),
    problem: problemSchema.exactOptional(),
    readers: z.array(readerInfoSchema),
  })
  .meta({ id: 'ReaderList', description: 'The readers of this desk and the state of the smart card service.' })

export const simulatedCardSchema: z.ZodType<{
  readonly id: string
  readonly vi: string
  readonly en: string
  readonly lie: string
  readonly scanText: string
}> = z
  .object({
    id: z.string(),
    vi: z.string(),
    en: z.string(),
    lie: z.string().meta({ description: 'What the desk will say of this card.' }),
    scanText: z.string().meta({ description: "The text of this card's QR, as a scanner would send it." }),
  })
  .meta({ id: 'SimulatedCard', description: 'A card of the drawer that `cccd serve --simulate` opens.' })
