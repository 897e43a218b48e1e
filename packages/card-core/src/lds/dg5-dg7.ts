import { derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { parseTlv, parseTlvs, tlv } from '../tlv.ts'
import { FILES, inFile } from './files.ts'

// EF.DG5 (displayed portrait) and EF.DG7 (displayed signature or mark), 9303-10 §4.7.5, §4.7.7: 02 count, one object
// for each image. Vietnam's card has neither.

const IMAGE_TAG = { 'EF.DG5': 0x5f40, 'EF.DG7': 0x5f43 } as const
type DisplayedFile = keyof typeof IMAGE_TAG

function parse(file: DisplayedFile, bytes: Uint8Array): Uint8Array[] {
  return inFile(file, 'LDS_MALFORMED', () => {
    const outer = parseTlv(bytes, FILES[file].tag as number)
    const [count, ...images] = parseTlvs(outer.value, 'LDS_MALFORMED', bytes.length - outer.value.length)
    if (count?.tag !== 0x02 || count.value.length !== 1 || count.value[0] !== images.length) {
      throw new FormatError('LDS_MALFORMED', 'the number of images is not that of those present', {
        tag: 0x02,
        offset: count?.offset ?? 0,
      })
    }
    const stray = images.find(({ tag }) => tag !== IMAGE_TAG[file])
    if (stray) {
      throw new FormatError('LDS_MALFORMED', 'an object is no image', { tag: stray.tag, offset: stray.offset })
    }
    return images.map(({ value }) => value)
  })
}

function build(file: DisplayedFile, images: readonly Uint8Array[]): Uint8Array {
  const objects = images.map(image => tlv(IMAGE_TAG[file], image))
  return tlv(FILES[file].tag as number, derUnsigned(images.length), ...objects)
}

/** The portraits of EF.DG5 as they stand, padding included. Throws FormatError LDS_MALFORMED. */
export function parseDg5(bytes: Uint8Array): Uint8Array[] {
  return parse('EF.DG5', bytes)
}

export function buildDg5(images: readonly Uint8Array[]): Uint8Array {
  return build('EF.DG5', images)
}

/** The signatures or marks of EF.DG7 as they stand, padding included. Throws FormatError LDS_MALFORMED. */
export function parseDg7(bytes: Uint8Array): Uint8Array[] {
  return parse('EF.DG7', bytes)
}

export function buildDg7(images: readonly Uint8Array[]): Uint8Array {
  return build('EF.DG7', images)
}
