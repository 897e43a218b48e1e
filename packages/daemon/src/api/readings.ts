import type { FileName } from '@cccd/card-core'
import type { ErrorCode } from '@cccd/mrz'
import type { VerificationReport } from '@cccd/verifier'
import { z } from 'zod'
import type { Field } from '../person.ts'
import type { DeskErrorCode } from './errors.ts'
import { type FieldDifference, fieldDifferenceSchema, fieldSchema } from './fields.ts'
import { reportSchema } from './report.ts'

/** Every reading ends in `done`, `failed` or `cancelled`; a card that lies is `done`, with its verdict. */
export const READING_STATES = ['waiting', 'opening', 'reading', 'judging', 'done', 'failed', 'cancelled'] as const
export type ReadingState = (typeof READING_STATES)[number]

/** What a caller asks for. */
export interface StartReading {
  /** The caller's own, new for each reading: it comes back signed. */
  readonly nonce: string
  /** Name of a reader, or a part of it. Absent: whichever free reader gets the card. */
  readonly reader?: string
  /** The text of the card's QR or MRZ as scanned, or the twelve digits as typed. */
  readonly scan?: string
  readonly mrz?: string
  readonly can?: string
  readonly number?: string
  readonly policy?: string
  /** Eight bytes as hex: the relying party's own challenge for active authentication. */
  readonly challenge?: string
  readonly purpose?: string
  readonly consent?: { readonly purpose: string; readonly textVersion: string; readonly textDigest?: string }
  /** How long to wait for the card. */
  readonly waitSeconds?: number
  /** How long to wait for the same card to be put back when it is lifted while being read; 0 (default): it fails. */
  readonly resumeSeconds?: number
}

export interface ReadingStarted {
  readonly id: string
  readonly state: ReadingState
}

/** Bytes read of the file that is being read. */
export interface ReadingProgress {
  readonly file: FileName
  readonly bytes: number
  readonly of: number
}

export interface PortraitInfo {
  readonly format: 'image/jpeg' | 'image/png'
  readonly width: number
  readonly height: number
}

/** Why the overall result is what it is, in words. */
export interface Because {
  readonly id: string
  readonly reason: string
  readonly file?: string
  readonly vi: string
  readonly en: string
}

export interface VerdictSummary {
  readonly overall: VerificationReport['overall']
  readonly colour: VerificationReport['colour']
  readonly policy: string
  readonly because: readonly Because[]
}

export interface Verdict extends VerdictSummary {
  readonly report: VerificationReport
}

export interface ReadingError {
  readonly code: ErrorCode | DeskErrorCode
  /** What happened. */
  readonly vi: string
  readonly en: string
  /** What to do about it. */
  readonly hintVi: string
  readonly hintEn: string
  /** How many wrong keys the card will still take, where it says so. */
  readonly triesLeft?: number
}

export interface Reading {
  readonly id: string
  readonly state: ReadingState
  readonly policy: string
  readonly reader?: string
  readonly progress?: ReadingProgress
  /** Of the printed side at first, of the chip as soon as DG1 is read, whole with DG13. Only with the scope `identity`. */
  readonly fields?: readonly Field[]
  readonly differences?: readonly FieldDifference[]
  /** null: the chip has none that can be shown. Absent: not read yet. Only with the scope `portrait`. */
  readonly portrait?: PortraitInfo | null
  readonly verdict?: Verdict
  /** Why it failed; while it is `waiting`, why it waits again. */
  readonly error?: ReadingError
  /** Compact JWS of the desk's key over report, fields and binding; see docs. */
  readonly signed?: string
  /** When a finished reading is forgotten by itself, ISO 8601, UTC. */
  readonly forgottenAt?: string
}

/** A reading as it is now. `fields`, `differences`, `portrait` and `verdict` stand in an event when they are new. */
export interface ReadingEvent extends Omit<Reading, 'policy' | 'verdict' | 'signed' | 'forgottenAt'> {
  readonly type: 'reading'
  readonly verdict?: VerdictSummary
  /** It is cleared: nothing of it is left. */
  readonly forgotten?: true
}

/** 16 to 128 characters of base64url: enough that two readings never share one by chance. */
export const nonceSchema: z.ZodType<string> = z.string().regex(/^[A-Za-z0-9_-]{16,128}$/)

export const LONGEST_WAIT_SECONDS = 600

export const startReadingSchema: z.ZodType<StartReading> = z
  .strictObject({
    nonce: nonceSchema,
    reader: z.string().min(1).max(200).exactOptional(),
    scan: z.string().min(1).max(8000).exactOptional(),
    mrz: z.string().min(1).max(400).exactOptional(),
    can: z
      .string()
      .regex(/^[0-9]{6}$/)
      .exactOptional(),
    number: z
      .string()
      .regex(/^[0-9]{12}$/)
      .exactOptional(),
    policy: z.string().min(1).max(64).exactOptional(),
    challenge: z
      .string()
      .regex(/^[0-9A-Fa-f]{16}$/)
      .exactOptional(),
    purpose: z.string().min(1).max(200).exactOptional(),
    consent: z
      .strictObject({
        purpose: z.string().min(1).max(40),
        textVersion: z.string().min(1).max(40),
        textDigest: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .exactOptional(),
      })
      .exactOptional(),
    waitSeconds: z.int().min(0).max(LONGEST_WAIT_SECONDS).exactOptional(),
    resumeSeconds: z.int().min(0).max(LONGEST_WAIT_SECONDS).exactOptional(),
  })
  .meta({ id: 'StartReading', description: 'A reading to begin. One of scan, mrz, can and number opens the chip.' })

export const readingIdSchema: z.ZodType<string> = z.string().regex(/^[A-Za-z0-9_-]{22}$/)
export const readingParamsSchema: z.ZodType<{ readonly id: string }> = z.object({ id: readingIdSchema })

const state = z.enum(READING_STATES)

export const readingStartedSchema: z.ZodType<ReadingStarted> = z.object({ id: readingIdSchema, state })

const progressSchema = z.object({
  file: z.string(),
  bytes: z.number(),
  of: z.number(),
}) as unknown as z.ZodType<ReadingProgress>

const portraitSchema: z.ZodType<PortraitInfo> = z
  .object({ format: z.enum(['image/jpeg', 'image/png']), width: z.number(), height: z.number() })
  .meta({ id: 'PortraitInfo' })

const summary = {
  overall: z.enum(['successful', 'failed', 'undetermined', 'aborted']),
  colour: z.enum(['green', 'red', 'yellow', 'grey']),
  policy: z.string(),
  because: z.array(
    z.object({ id: z.string(), reason: z.string(), file: z.string().exactOptional(), vi: z.string(), en: z.string() }),
  ),
}

export const readingErrorSchema: z.ZodType<ReadingError> = z
  .object({
    code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    vi: z.string(),
    en: z.string(),
    hintVi: z.string(),
    hintEn: z.string(),
    triesLeft: z.number().exactOptional(),
  })
  .meta({ id: 'ReadingError' }) as unknown as z.ZodType<ReadingError>

export const readingSchema: z.ZodType<Reading> = z
  .object({
    id: readingIdSchema,
    state,
    policy: z.string(),
    reader: z.string().exactOptional(),
    progress: progressSchema.exactOptional(),
    fields: z.array(fieldSchema).exactOptional(),
    differences: z.array(fieldDifferenceSchema).exactOptional(),
    portrait: portraitSchema.nullable().exactOptional(),
    verdict: z.object({ ...summary, report: reportSchema }).exactOptional(),
    error: readingErrorSchema.exactOptional(),
    signed: z.string().exactOptional(),
    forgottenAt: z.string().exactOptional(),
  })
  .meta({ id: 'Reading', description: 'A reading as far as it has come, by what the token may see.' })

export const readingListSchema: z.ZodType<{ readonly readings: readonly (ReadingStarted & { reader?: string })[] }> =
  z.object({ readings: z.array(z.object({ id: readingIdSchema, state, reader: z.string().exactOptional() })) })
