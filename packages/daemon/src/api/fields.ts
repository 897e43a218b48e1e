import { z } from 'zod'
import type { Field, FieldName, FieldSource } from '../person.ts'

export const FIELD_NAMES: readonly [FieldName, ...FieldName[]] = [
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'sex',
  'nationality',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'identifyingFeatures',
  'dateOfIssue',
  'dateOfExpiry',
  'father',
  'mother',
  'spouse',
  'oldNumber',
  'documentNumber',
  'insuranceNumber',
  'insuranceCardNumber',
]

export const FIELD_SOURCES: readonly [FieldSource, ...FieldSource[]] = [
  'chip',
  'mrz',
  'qr',
  'insurance-gateway',
  'typed',
]

export const fieldSchema: z.ZodType<Field> = z
  .object({ name: z.enum(FIELD_NAMES), value: z.string(), source: z.enum(FIELD_SOURCES) })
  .meta({ id: 'Field', description: 'One value and where it came from; only what the chip says can be signed.' })

/** Where what is printed says something else than the chip. The values stand in the fields and in the scan. */
export interface FieldDifference {
  readonly name: FieldName
  /** Which printed side differs from the chip. */
  readonly source: 'qr' | 'mrz' | 'typed'
  /** `diacritics`: the letters are the same, their Vietnamese marks are not. */
  readonly kind: 'differs' | 'diacritics'
}

export const fieldDifferenceSchema: z.ZodType<FieldDifference> = z
  .object({
    name: z.enum(FIELD_NAMES),
    source: z.enum(['qr', 'mrz', 'typed']),
    kind: z.enum(['differs', 'diacritics']),
  })
  .meta({ id: 'FieldDifference', description: 'A field in which the printed side says something else than the chip.' })
