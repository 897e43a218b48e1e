/** Where each element of the Patient came from, and for the chip's: what was checked, and how it ended. */
import type { FieldSource, ReadPerson } from '../../person.ts'
import type { Extension, Provenance } from './resources.ts'

/** Names the elements of the target that a Provenance speaks of, by their ids. */
const TARGET_ELEMENT = 'http://hl7.org/fhir/StructureDefinition/targetElement'
/** Ours, described in docs/hospital.md; no registered name, so under x-. */
export const VERDICT_EXTENSION = 'urn:x-cccd:fhir:verdict'

const SOURCES: Readonly<Record<FieldSource, { readonly activity: string; readonly source: string }>> = {
  chip: { activity: 'Đọc chip thẻ căn cước / chip of the identity card read', source: 'Chip thẻ căn cước' },
  mrz: { activity: 'Đọc dòng MRZ in trên thẻ / printed MRZ read', source: 'MRZ in trên thẻ (không ký)' },
  qr: { activity: 'Quét mã QR in trên thẻ / printed QR scanned', source: 'Mã QR in trên thẻ (không ký)' },
  'insurance-gateway': {
    activity: 'Tra cứu cổng giám định BHYT / insurance gateway asked',
    source: 'Cổng giám định bảo hiểm y tế',
  },
  typed: { activity: 'Nhân viên nhập / typed by the clerk', source: 'Nhân viên nhập tay' },
}

const ORDER: readonly FieldSource[] = ['chip', 'mrz', 'qr', 'insurance-gateway', 'typed']

/** One Provenance for each source that gave something, the chip's first. Only the chip's carries the verdict and the
 * desk's signature: nothing else of a reading is signed by anybody. */
export function provenances(
  person: ReadPerson,
  given: {
    readonly patientUrl: string
    readonly elements: ReadonlyMap<FieldSource, readonly string[]>
    readonly deviceName: string
    /** The signed result of the reading, a compact JWS. */
    readonly signed?: string
  },
): readonly Provenance[] {
  return ORDER.filter(source => (given.elements.get(source) ?? []).length > 0).map(source => {
    const { activity, source: display } = SOURCES[source]
    const ofChip = source === 'chip'
    return {
      resourceType: 'Provenance',
      ...(ofChip && { extension: [verdictExtension(person)] }),
      target: [
        {
          extension: (given.elements.get(source) ?? []).map(id => ({ url: TARGET_ELEMENT, valueUri: id })),
          reference: given.patientUrl,
        },
      ],
      occurredDateTime: person.at,
      recorded: person.at,
      ...(ofChip && { policy: [`urn:x-cccd:policy:${encodeURIComponent(person.verdict.policy)}`] }),
      activity: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation', code: 'CREATE', display: 'create' },
        ],
        text: activity,
      },
      agent: [
        {
          type: {
            coding: [
              {
                system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
                code: 'assembler',
                display: 'Assembler',
              },
            ],
          },
          who: { display: person.reader === undefined ? given.deviceName : `${given.deviceName}, ${person.reader}` },
        },
      ],
      entity: [{ role: 'source', what: { display } }],
      ...(ofChip && given.signed !== undefined && { signature: [signature(person, given.deviceName, given.signed)] }),
    }
  })
}

function verdictExtension({ verdict, requestId }: ReadPerson): Extension {
  return {
    url: VERDICT_EXTENSION,
    extension: [
      { url: 'overall', valueCode: verdict.overall },
      { url: 'colour', valueCode: verdict.colour },
      { url: 'policy', valueString: verdict.policy },
      { url: 'requestId', valueString: requestId },
      ...verdict.because.map(reason => ({ url: 'because', valueString: reason })),
    ],
  }
}

function signature(
  person: ReadPerson,
  deviceName: string,
  signed: string,
): NonNullable<Provenance['signature']>[number] {
  return {
    // ASTM E1762-95: the source's signature, over where the data came from.
    type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.14', display: 'Source Signature' }],
    when: person.at,
    who: { display: deviceName },
    sigFormat: 'application/jose',
    data: Buffer.from(signed, 'utf8').toString('base64'),
  }
}
