import { buildTagged, parseTagged, type TaggedFrame, type TaggedLayout } from './tagged-fields.ts'

/** EF.DG11 (9303-10 §4.7.11): further personal details. Texts as they stand, with `<` between their parts. */
export interface AdditionalPersonalDetails {
  readonly nameOfHolder?: string
  readonly otherNames?: readonly string[]
  readonly personalNumber?: string
  /** CCYYMMDD. */
  readonly dateOfBirth?: string
  readonly placeOfBirth?: string
  readonly permanentAddress?: string
  readonly telephone?: string
  readonly profession?: string
  readonly title?: string
  readonly personalSummary?: string
  /** An image. */
  readonly proofOfCitizenship?: Uint8Array
  readonly otherTravelDocuments?: string
  readonly custodyInformation?: string
}

export type Dg11 = AdditionalPersonalDetails & TaggedFrame

type Name = Exclude<keyof AdditionalPersonalDetails, 'otherNames'>

const LAYOUT: TaggedLayout<Name, 'otherNames'> = {
  file: 'EF.DG11',
  fields: [
    { tag: 0x5f0e, name: 'nameOfHolder', type: 'text' },
    { tag: 0x5f10, name: 'personalNumber', type: 'text' },
    { tag: 0x5f2b, name: 'dateOfBirth', type: 'date' },
    { tag: 0x5f11, name: 'placeOfBirth', type: 'text' },
    { tag: 0x5f42, name: 'permanentAddress', type: 'text' },
    { tag: 0x5f12, name: 'telephone', type: 'text' },
    { tag: 0x5f13, name: 'profession', type: 'text' },
    { tag: 0x5f14, name: 'title', type: 'text' },
    { tag: 0x5f15, name: 'personalSummary', type: 'text' },
    { tag: 0x5f16, name: 'proofOfCitizenship', type: 'bytes' },
    { tag: 0x5f17, name: 'otherTravelDocuments', type: 'text' },
    { tag: 0x5f18, name: 'custodyInformation', type: 'text' },
  ],
  people: { tag: 0x5f0f, name: 'otherNames' },
}

/** Parses EF.DG11. Throws FormatError LDS_MALFORMED. */
export function parseDg11(bytes: Uint8Array): Dg11 {
  const { values, people, frame } = parseTagged(LAYOUT, bytes)
  return { ...(values as AdditionalPersonalDetails), ...(people && { otherNames: people }), ...frame }
}

/** Builds EF.DG11; what parseDg11 returned comes out as it was. */
export function buildDg11(given: AdditionalPersonalDetails & Partial<TaggedFrame>): Uint8Array {
  const { otherNames, ...values } = given
  return buildTagged(LAYOUT, { values, people: otherNames, frame: given })
}
