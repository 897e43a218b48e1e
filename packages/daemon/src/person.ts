import type { InsuranceAnswer } from './connectors/insurance-answer.ts'

/** Where a value came from; only what the chip says can be signed. */
export type FieldSource = 'chip' | 'mrz' | 'qr' | 'insurance-gateway' | 'typed'

/** The fields of a person as the card words them; dates are dd/MM/yyyy, or yyyy or MM/yyyy where parts are unknown. */
export const FIELD_NAMES = [
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
] as const
export type FieldName = (typeof FIELD_NAMES)[number]

/** One value and where it came from. `sex` is 'male' or 'female' and 'unknown' where the card says neither. */
export interface Field {
  readonly name: FieldName
  readonly value: string
  readonly source: FieldSource
}

/** What a reading found, in the form that connectors hand on. */
export interface ReadPerson {
  readonly requestId: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly reader?: string
  readonly fields: readonly Field[]
  readonly portrait?: { readonly format: 'image/jpeg' | 'image/jp2' | 'image/png'; readonly bytes: Uint8Array }
  readonly verdict: {
    readonly overall: 'successful' | 'failed' | 'undetermined' | 'aborted'
    readonly colour: 'green' | 'red' | 'yellow' | 'grey'
    readonly policy: string
    readonly because: readonly string[]
  }
  /** What the insurance gateway said of this person, where it was asked. */
  readonly insurance?: InsuranceAnswer
}
