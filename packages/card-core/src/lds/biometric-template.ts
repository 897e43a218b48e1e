import { concat } from '../bytes.ts'
import { derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { findTlv, parseTlv, parseTlvs, type Tlv, tlv, tlvHeader } from '../tlv.ts'

// The CBEFF wrapping of DG2, DG3 and DG4 (9303-10 §4.7.2, ISO/IEC 7816-11):
//   7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E data } … }
// The count is not held against the templates found: some cards keep the count of what they were made with.

export interface BiometricTemplate {
  /** The data objects of the header as they stand, without A1. */
  readonly header: Uint8Array
  /** Format owner and type (0101 and 0008 for a face of ISO/IEC 19794-5), where the header says so. */
  readonly formatOwner?: number
  readonly formatType?: number
  /** The biometric data block. */
  readonly data: Uint8Array
  /** Whether the data block is itself made of data objects (tag 7F2E), as ISO/IEC 39794 has it. */
  readonly constructed: boolean
  /** Where the data block starts in the file. */
  readonly offset: number
}

function inside(object: Tlv): Tlv[] {
  return parseTlvs(object.value, 'LDS_MALFORMED', object.offset + object.raw.length - object.value.length)
}

function number(object: Tlv | undefined): number | undefined {
  return object?.value.length === 2 ? ((object.value[0] as number) << 8) | (object.value[1] as number) : undefined
}

function parseTemplate(object: Tlv): BiometricTemplate {
  const objects = inside(object)
  const header = findTlv(objects, 0xa1)
  const data = findTlv(objects, 0x5f2e) ?? findTlv(objects, 0x7f2e)
  if (!header || !data) {
    const facts = { tag: header ? 0x5f2e : 0xa1, offset: object.offset }
    throw new FormatError('LDS_MALFORMED', 'a biometric template lacks its header or its data', facts)
  }
  const elements = inside(header)
  const formatOwner = number(findTlv(elements, 0x87))
  const formatType = number(findTlv(elements, 0x88))
  return {
    header: header.value,
    ...(formatOwner !== undefined && { formatOwner }),
    ...(formatType !== undefined && { formatType }),
    data: data.value,
    constructed: data.tag === 0x7f2e,
    offset: data.offset + data.raw.length - data.value.length,
  }
}

/** Parses the templates in a file with this outermost tag. Throws FormatError with offsets into the file. */
export function parseBiometricTemplates(bytes: Uint8Array, tag: number): BiometricTemplate[] {
  const outer = parseTlv(bytes, tag, 'LDS_MALFORMED')
  const [group, ...rest] = parseTlvs(outer.value, 'LDS_MALFORMED', bytes.length - outer.value.length)
  if (group?.tag !== 0x7f61 || rest.length) {
    const facts = { tag: group?.tag ?? 0x7f61, offset: bytes.length - outer.value.length }
    throw new FormatError('LDS_MALFORMED', 'the file does not hold one group of biometric templates', facts)
  }
  return inside(group)
    .filter(object => object.tag === 0x7f60)
    .map(parseTemplate)
}

/** A template whose data come in parts: a record's head, then its picture. */
export interface TemplateToBuild extends Pick<BiometricTemplate, 'header' | 'constructed'> {
  readonly data: readonly Uint8Array[]
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)

/** The parts with a header around them; nothing is copied. */
const wrapped = (tag: number, parts: readonly Uint8Array[]): Uint8Array[] => [tlvHeader(tag, lengthOf(parts)), ...parts]

/** Builds the file from its templates; each picture is copied once. */
export function buildBiometricTemplates(tag: number, templates: readonly TemplateToBuild[]): Uint8Array {
  const built = templates.flatMap(({ header, data, constructed }) =>
    wrapped(0x7f60, [tlv(0xa1, header), ...wrapped(constructed ? 0x7f2e : 0x5f2e, data)]),
  )
  return concat(...wrapped(tag, wrapped(0x7f61, [derUnsigned(templates.length), ...built])))
}

/** The header of a template: biometric type and subtype (ISO/IEC 19785-3), and whose format the data have. */
export function biometricHeader(given: {
  type?: number
  subtype?: number
  formatOwner: number
  formatType: number
}): Uint8Array {
  const one = (tag: number, value: number | undefined) => (value === undefined ? [] : [tlv(tag, Uint8Array.of(value))])
  const two = (tag: number, value: number) => tlv(tag, Uint8Array.of(value >> 8, value & 0xff))
  return concat(
    ...one(0x81, given.type),
    ...one(0x82, given.subtype),
    two(0x87, given.formatOwner),
    two(0x88, given.formatType),
  )
}
