import { equal, utf8 } from '../bytes.ts'
import { FormatError } from '../error.ts'
import {
  type BiometricTemplate,
  biometricHeader,
  buildBiometricTemplates,
  parseBiometricTemplates,
} from './biometric-template.ts'
import { inFile } from './files.ts'

// EF.DG3 (9303-10 §4.7.3): fingerprints as records of ISO/IEC 19794-4:2005. A card hands it out after terminal
// authentication only. Fingers of several views, and ISO/IEC 39794-4, are not taken apart: the latter is refused.

/** How the picture is packed (ISO/IEC 19794-4). */
export type FingerCompression = 'raw' | 'packed' | 'wsq' | 'jpeg' | 'jpeg2000' | 'png'

export interface Finger {
  /** As ISO/IEC 19794-4 numbers them: 1 right thumb to 5 right little, 6 left thumb to 10 left little, 0 unknown. */
  readonly position: number
  /** 0 to 100. */
  readonly quality: number
  /** As ISO/IEC 19794-4 numbers them: 0 live-scan plain. */
  readonly impressionType: number
  readonly compression: FingerCompression
  /** In pixels. */
  readonly width: number
  readonly height: number
  readonly image: Uint8Array
}

const COMPRESSIONS: readonly FingerCompression[] = ['raw', 'packed', 'wsq', 'jpeg', 'jpeg2000', 'png']
const FIR = utf8('FIR\u0000010\u0000')
const GENERAL_HEADER = 32
const FINGER_HEADER = 14
// Scale in pixels per inch, twice 500 × 500, eight bits a pixel: what 9303-9 asks for.
const SCALE_UNITS_INCH = 1
const RESOLUTION = 500
const ACQUISITION_LEVEL = 31

function fail(message: string, offset: number): never {
  throw new FormatError('LDS_MALFORMED', message, { offset })
}

function parseRecord({ data, offset, constructed }: BiometricTemplate): Finger[] {
  if (constructed || data.length < GENERAL_HEADER || !equal(data.subarray(0, 8), FIR)) {
    return fail('the finger record has no FIR header', offset)
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const compression = COMPRESSIONS[view.getUint8(29)] ?? fail('the compression of a finger is not known', offset + 29)
  const fingers: Finger[] = []
  let at = GENERAL_HEADER
  for (let left = view.getUint8(18); left > 0; left--) {
    if (at + FINGER_HEADER > data.length) fail('a finger record is cut short', offset + at)
    const end = at + view.getUint32(at)
    if (end > data.length || end < at + FINGER_HEADER) fail('a finger record does not fit its length', offset + at)
    fingers.push({
      position: view.getUint8(at + 4),
      quality: view.getUint8(at + 7),
      impressionType: view.getUint8(at + 8),
      compression,
      width: view.getUint16(at + 9),
      height: view.getUint16(at + 11),
      image: data.subarray(at + FINGER_HEADER, end),
    })
    at = end
  }
  return fingers
}

/** Parses EF.DG3; an empty one (no finger could be taken) has no fingers. Throws FormatError LDS_MALFORMED. */
export function parseDg3(bytes: Uint8Array): { readonly fingers: readonly Finger[] } {
  return inFile('EF.DG3', 'LDS_MALFORMED', () => ({
    fingers: parseBiometricTemplates(bytes, 0x63).flatMap(parseRecord),
  }))
}

/** Biometric subtype of ISO/IEC 19785-3 for a finger: hand in the low two bits, finger above. */
function subtype(position: number): number {
  if (position < 1 || position > 10) return 0
  return position <= 5 ? (position << 2) | 1 : ((position - 5) << 2) | 2
}

function buildRecord(finger: Finger): Uint8Array[] {
  const length = FINGER_HEADER + finger.image.length
  const head = new Uint8Array(GENERAL_HEADER + FINGER_HEADER)
  const view = new DataView(head.buffer)
  head.set(FIR)
  view.setUint32(10, GENERAL_HEADER + length)
  view.setUint16(16, ACQUISITION_LEVEL)
  head[18] = 1
  head[19] = SCALE_UNITS_INCH
  for (const at of [20, 22, 24, 26]) view.setUint16(at, RESOLUTION)
  head[28] = 8
  head[29] = COMPRESSIONS.indexOf(finger.compression)
  view.setUint32(32, length)
  head.set([finger.position, 1, 1, finger.quality, finger.impressionType], 36)
  view.setUint16(41, finger.width)
  view.setUint16(43, finger.height)
  return [head, finger.image]
}

/** Builds EF.DG3 with one template for each finger. */
export function buildDg3(fingers: readonly Finger[]): Uint8Array {
  const templates = fingers.map(finger => ({
    header: biometricHeader({ type: 0x08, subtype: subtype(finger.position), formatOwner: 0x0101, formatType: 0x0007 }),
    data: buildRecord(finger),
    constructed: false,
  }))
  return buildBiometricTemplates(0x63, templates)
}
