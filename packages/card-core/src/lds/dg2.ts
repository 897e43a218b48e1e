import { equal, utf8 } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { findTlv, parseTlvs, tlv } from '../tlv.ts'
import {
  type BiometricTemplate,
  biometricHeader,
  buildBiometricTemplates,
  parseBiometricTemplates,
} from './biometric-template.ts'
import { inFile } from './files.ts'
import { type ImageFormat, readImageSize, sniffImage, trimImage } from './image.ts'

// EF.DG2 (9303-10 §4.7.2): the face, as a record of ISO/IEC 19794-5:2005 or, on newer cards, of ISO/IEC 39794-5. Of
// the records only what leads to the picture is read; landmarks, capture device and the like are passed over.

export interface Face {
  /** The picture, without padding after it. */
  readonly image: Uint8Array
  /** What the picture's own first bytes say; records are known to declare the other one. */
  readonly format: ImageFormat
  readonly encoding: 'iso19794' | 'iso39794'
  /** Size in pixels as the record declares it; absent where it declares none (ISO/IEC 39794-5 need not). */
  readonly width?: number
  readonly height?: number
  /** Bytes between the end of the picture and the end of its field. */
  readonly paddingLength: number
  /** Face image type of ISO/IEC 19794-5: 0 basic, 1 full frontal, 2 token frontal. */
  readonly faceImageType?: number
}

export interface Dg2 {
  readonly faces: readonly Face[]
}

const HEADER_19794 = biometricHeader({ type: 0x02, subtype: 0x00, formatOwner: 0x0101, formatType: 0x0008 })
const HEADER_39794 = biometricHeader({ formatOwner: 0x0101, formatType: 0x002a })
const FAC = utf8('FAC\u0000010\u0000')
const GENERAL_HEADER = 14
const FACIAL_INFORMATION = 20
const FEATURE_POINT = 8
const IMAGE_INFORMATION = 12

function fail(message: string, offset: number): never {
  throw new FormatError('LDS_MALFORMED', message, { offset })
}

function picture(field: Uint8Array): Pick<Face, 'image' | 'format' | 'paddingLength'> {
  const image = trimImage(field)
  return { image, format: sniffImage(image), paddingLength: field.length - image.length }
}

function parse19794({ data, offset }: BiometricTemplate): Face[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (data.length < GENERAL_HEADER || !equal(data.subarray(0, 8), FAC))
    fail('the facial record has no FAC header', offset)
  const faces: Face[] = []
  let at = GENERAL_HEADER
  for (let left = view.getUint16(12); left > 0; left--) {
    if (at + FACIAL_INFORMATION + IMAGE_INFORMATION > data.length) fail('a facial record is cut short', offset + at)
    const end = at + view.getUint32(at)
    const info = at + FACIAL_INFORMATION + FEATURE_POINT * view.getUint16(at + 4)
    const start = info + IMAGE_INFORMATION
    if (end > data.length || start > end) fail('a facial record does not fit its length', offset + at)
    faces.push({
      ...picture(data.subarray(start, end)),
      encoding: 'iso19794',
      width: view.getUint16(info + 2),
      height: view.getUint16(info + 4),
      faceImageType: view.getUint8(info),
    })
    at = end
  }
  return faces
}

/** The one object with this tag among those that fill `bytes`. */
function child(bytes: Uint8Array, tag: number, offset: number): { value: Uint8Array; offset: number } {
  const found = findTlv(parseTlvs(bytes, 'LDS_MALFORMED', offset), tag)
  if (!found) throw new FormatError('LDS_MALFORMED', 'a part of the face record is missing', { tag, offset })
  return { value: found.value, offset: found.offset + found.raw.length - found.value.length }
}

function unsigned(bytes: Uint8Array, offset: number): number {
  if (bytes.length === 0 || bytes.length > 4) fail('an integer of the face record is out of range', offset)
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

function parse39794({ data, offset }: BiometricTemplate): Face[] {
  // A1 wraps FaceImageDataBlock [APPLICATION 5]; its [1] holds the representations.
  let at = child(data, 0xa1, offset)
  at = child(at.value, 0x65, at.offset)
  at = child(at.value, 0xa1, at.offset)
  return parseTlvs(at.value, 'LDS_MALFORMED', at.offset).map(block => {
    // imageRepresentation [1], base [0], imageRepresentation2DBlock [0]
    let node = child(block.value, 0xa1, block.offset + block.raw.length - block.value.length)
    node = child(node.value, 0xa0, node.offset)
    node = child(node.value, 0xa0, node.offset)
    const image = child(node.value, 0x80, node.offset)
    const information = child(node.value, 0xa1, node.offset)
    const size = findTlv(parseTlvs(information.value, 'LDS_MALFORMED', information.offset), 0xa7)
    const face = { ...picture(image.value), encoding: 'iso39794' as const }
    if (!size) return face
    const width = child(size.value, 0x80, size.offset)
    const height = child(size.value, 0x81, size.offset)
    return { ...face, width: unsigned(width.value, width.offset), height: unsigned(height.value, height.offset) }
  })
}

/**
 * Parses EF.DG2 into its faces; the wrapping tells the two standards apart. A picture that is no JPEG or JPEG 2000 is
 * returned as it stands, with format `unknown`. Throws FormatError LDS_MALFORMED.
 */
export function parseDg2(bytes: Uint8Array): Dg2 {
  return inFile('EF.DG2', 'LDS_MALFORMED', () => {
    const templates = parseBiometricTemplates(bytes, 0x75)
    return { faces: templates.flatMap(template => (template.constructed ? parse39794 : parse19794)(template)) }
  })
}

export interface FaceToBuild {
  readonly image: Uint8Array
  readonly format: 'jpeg' | 'jpeg2000'
  /** In pixels; taken from the picture when absent, except that ISO/IEC 39794-5 then leaves the size out. */
  readonly width?: number
  readonly height?: number
  /** Default `iso19794`, as known cards have it. */
  readonly encoding?: 'iso19794' | 'iso39794'
  /** Default 1, full frontal. */
  readonly faceImageType?: number
}

function build19794(face: FaceToBuild): Uint8Array[] {
  const given = face.width && face.height ? { width: face.width, height: face.height } : undefined
  const { width, height } = given ?? readImageSize(face.image)
  const recordLength = FACIAL_INFORMATION + IMAGE_INFORMATION + face.image.length
  const head = new Uint8Array(GENERAL_HEADER + FACIAL_INFORMATION + IMAGE_INFORMATION)
  const view = new DataView(head.buffer)
  head.set(FAC)
  view.setUint32(8, GENERAL_HEADER + recordLength)
  view.setUint16(12, 1)
  view.setUint32(GENERAL_HEADER, recordLength)
  const info = GENERAL_HEADER + FACIAL_INFORMATION
  head[info] = face.faceImageType ?? 1
  head[info + 1] = face.format === 'jpeg' ? 0 : 1
  view.setUint16(info + 2, width)
  view.setUint16(info + 4, height)
  return [head, face.image]
}

/** A non-negative INTEGER under a context tag. */
function contextUnsigned(tag: number, value: number): Uint8Array {
  const bytes = value > 0x7fff ? [0, value >> 8, value] : value > 0x7f ? [value >> 8, value] : [value]
  return tlv(tag, Uint8Array.from(bytes))
}

function build39794(face: FaceToBuild): Uint8Array {
  const { width, height } = face
  const size = width && height ? [tlv(0xa7, contextUnsigned(0x80, width), contextUnsigned(0x81, height))] : []
  const information = tlv(0xa1, tlv(0xa0, contextUnsigned(0x80, face.format === 'jpeg' ? 2 : 3)), ...size)
  const block = tlv(0xa0, tlv(0xa0, tlv(0x80, face.image), information))
  const representation = tlv(0x30, contextUnsigned(0x80, 0), tlv(0xa1, block))
  const version = tlv(0xa0, contextUnsigned(0x80, 3), contextUnsigned(0x81, 2019))
  return tlv(0xa1, tlv(0x65, version, tlv(0xa1, representation)))
}

/** Builds EF.DG2, one template for each face. Throws FormatError IMAGE_MALFORMED where the size is neither given nor
 * to be read from the picture. */
export function buildDg2(...faces: readonly FaceToBuild[]): Uint8Array {
  const templates = faces.map(face =>
    face.encoding === 'iso39794'
      ? { header: HEADER_39794, data: [build39794(face)], constructed: true }
      : { header: HEADER_19794, data: build19794(face), constructed: false },
  )
  return buildBiometricTemplates(0x75, templates)
}
