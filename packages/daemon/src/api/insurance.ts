import type { ErrorCode } from '@cccd/mrz'
import { z } from 'zod'
import type {
  AskedWith,
  InsuranceAnswer,
  InsuranceAnswered,
  InsuranceCard,
  InsuranceKind,
  InsuranceUnavailable,
} from '../connectors/insurance-answer.ts'

export type { InsuranceAnswer } from '../connectors/insurance-answer.ts'

/** By which number to ask; absent: the insurance number of the reading, else the personal number. */
export interface AskInsurance {
  readonly number?: string
}

export const askInsuranceSchema: z.ZodType<AskInsurance> = z
  .strictObject({ number: z.string().min(1).max(40).exactOptional() })
  .meta({ id: 'AskInsurance' })

const ASKED_WITH = ['insurance-card-number', 'insurance-number', 'personal-number'] as const satisfies AskedWith[]
const KINDS = [
  'valid',
  'valid-changed',
  'elsewhere',
  'expired',
  'withdrawn',
  'not-found',
  'holder-differs',
  'number-wrong',
  'clerk-refused',
  'gateway-fault',
  'account-refused',
  'child',
  'request-wrong',
  'unknown',
] as const satisfies readonly InsuranceKind[]

const said = z.string().exactOptional()
const cardSchema: z.ZodType<InsuranceCard> = z
  .object({
    cardNumber: said,
    fullName: said,
    dateOfBirth: said,
    sex: said,
    address: said,
    facilityCode: said,
    office: said,
    validFrom: said,
    validTo: said,
    areaCode: said,
    fiveYearsFrom: said,
    insuranceNumber: said,
    oldCardNumber: said,
    newCardNumber: said,
    newValidFrom: said,
    newValidTo: said,
    newFacilityCode: said,
    newFacilityName: said,
  })
  .meta({ id: 'InsuranceCard', description: 'The card as the gateway has it; absent where it says nothing.' })

const row = z.record(z.string(), z.string())

const answeredSchema: z.ZodType<InsuranceAnswered> = z
  .object({
    state: z.literal('answered'),
    at: z.string(),
    askedWith: z.enum(ASKED_WITH),
    code: z.string(),
    kind: z.enum(KINDS),
    vi: z.string(),
    en: z.string(),
    note: z.string(),
    card: cardSchema,
    treatments: z.number(),
    checks: z.number(),
    history: z.object({ treatments: z.array(row), checks: z.array(row) }).exactOptional(),
  })
  .meta({ id: 'InsuranceAnswered' })

const unavailableSchema: z.ZodType<InsuranceUnavailable> = z
  .object({
    state: z.literal('unavailable'),
    at: z.string(),
    askedWith: z.enum(ASKED_WITH),
    code: z.string().regex(/^[A-Z][A-Z0-9_]*$/) as unknown as z.ZodType<ErrorCode>,
    vi: z.string(),
    en: z.string(),
  })
  .meta({ id: 'InsuranceUnavailable' })

/** What the gateway said, or that it did not. */
export const insuranceAnswerSchema: z.ZodType<InsuranceAnswer> = z
  .union([answeredSchema, unavailableSchema])
  .meta({ id: 'InsuranceAnswer', description: 'What the insurance gateway said, or that it could not be asked.' })
