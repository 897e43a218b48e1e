import { buildTagged, parseTagged, type TaggedFrame, type TaggedLayout } from './tagged-fields.ts'

/** EF.DG12 (9303-10 §4.7.12): further details of the document. */
export interface AdditionalDocumentDetails {
  readonly issuingAuthority?: string
  /** CCYYMMDD. */
  readonly dateOfIssue?: string
  readonly otherPersons?: readonly string[]
  readonly endorsements?: string
  readonly taxOrExitRequirements?: string
  /** Images of the document. */
  readonly imageOfFront?: Uint8Array
  readonly imageOfRear?: Uint8Array
  /** CCYYMMDDhhmmss. */
  readonly timeOfPersonalization?: string
  readonly personalizationSystem?: string
}

export type Dg12 = AdditionalDocumentDetails & TaggedFrame

type Name = Exclude<keyof AdditionalDocumentDetails, 'otherPersons'>

const LAYOUT: TaggedLayout<Name, 'otherPersons'> = {
  file: 'EF.DG12',
  fields: [
    { tag: 0x5f19, name: 'issuingAuthority', type: 'text' },
    { tag: 0x5f26, name: 'dateOfIssue', type: 'date' },
    { tag: 0x5f1b, name: 'endorsements', type: 'text' },
    { tag: 0x5f1c, name: 'taxOrExitRequirements', type: 'text' },
    { tag: 0x5f1d, name: 'imageOfFront', type: 'bytes' },
    { tag: 0x5f1e, name: 'imageOfRear', type: 'bytes' },
    { tag: 0x5f55, name: 'timeOfPersonalization', type: 'dateTime' },
    { tag: 0x5f56, name: 'personalizationSystem', type: 'text' },
  ],
  people: { tag: 0x5f1a, name: 'otherPersons' },
}

/** Parses EF.DG12; dates may stand as text or BCD. Throws FormatError LDS_MALFORMED. */
export function parseDg12(bytes: Uint8Array): Dg12 {
  const { values, people, frame } = parseTagged(LAYOUT, bytes)
  return { ...(values as AdditionalDocumentDetails), ...(people && { otherPersons: people }), ...frame }
}

/** Builds EF.DG12; what parseDg12 returned comes out as it was. */
export function buildDg12(given: AdditionalDocumentDetails & Partial<TaggedFrame>): Uint8Array {
  const { otherPersons, ...values } = given
  return buildTagged(LAYOUT, { values, people: otherPersons, frame: given })
}
