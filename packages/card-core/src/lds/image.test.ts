import { expect, test } from 'vitest'
import { concat, fromHex, utf8 } from '../bytes.ts'
import { readImageSize, sniffImage, trimImage } from './image.ts'

// 20 × 30 pixels. The scan holds a stuffed FF00 and a restart marker, neither of which ends it.
const JPEG = fromHex(`
  FFD8 FFE0 0010 4A464946 00 0102 01 0048 0048 00 00
  FFC0 0011 08 001E 0014 03 012200 021101 031101
  FFC4 0004 0000
  FFDA 000C 03 0100 0211 0311 003F00 A1FF00B2FFD0C3
  FFD9`)
const SIZ = 'FF51 0029 0000 00000014 0000001E 00000000 00000000 00000014 0000001E 00000000 00000000 0001 070101'
const CODESTREAM = fromHex(`FF4F ${SIZ} FF90 000A 0000 00000011 00 01 FF93 AABBCC FFD9`)
const be32 = (value: number) => Uint8Array.of(value >> 24, value >> 16, value >> 8, value)
const box = (type: string, ...content: Uint8Array[]) => {
  const inside = concat(...content)
  return concat(be32(8 + inside.length), utf8(type), inside)
}
const HEAD = concat(
  fromHex('0000000C 6A502020 0D0A870A'),
  box('ftyp', utf8('jp2 '), be32(0), utf8('jp2 ')),
  box('jp2h', box('ihdr', be32(30), be32(20), fromHex('0003 07 07 00 00'))),
)
const JP2 = concat(HEAD, box('jp2c', CODESTREAM))
const ALL = { jpeg: JPEG, 'bare codestream': CODESTREAM, jp2: JP2 }

test('the formats are told apart by their first bytes, anything else is unknown', () => {
  expect(sniffImage(JPEG)).toBe('jpeg')
  expect(sniffImage(JP2)).toBe('jpeg2000')
  expect(sniffImage(CODESTREAM)).toBe('jpeg2000')
  for (const other of ['', 'FFD8', '89504E470D0A1A0A', 'FFA0FFA4']) expect(sniffImage(fromHex(other))).toBe('unknown')
})

test.each(Object.entries(ALL))('%s: the size is 20 by 30', (_, image) => {
  expect(readImageSize(image)).toMatchObject({ width: 20, height: 30 })
})

test.each(Object.entries(ALL))(
  '%s: padding of zeros or FF after it is cut off, the image itself is not',
  (_, image) => {
    expect(trimImage(image)).toEqual(image)
    for (const padding of ['00', '0000000000000000', 'FFFFFFFF', '9000']) {
      expect(trimImage(concat(image, fromHex(padding)))).toEqual(image)
    }
  },
)

test('a JP2 whose codestream box runs to the end of the file ends where its codestream ends', () => {
  const open = concat(HEAD, be32(0), utf8('jp2c'), CODESTREAM)
  expect(readImageSize(open)).toEqual({ format: 'jpeg2000', width: 20, height: 30 })
  expect(trimImage(concat(open, new Uint8Array(9)))).toEqual(open)
})

test('boxes after the codestream belong to the image, zeros after them do not', () => {
  const image = concat(JP2, box('xml ', utf8('<a/>')))
  expect(trimImage(concat(image, new Uint8Array(16)))).toEqual(image)
})

test.each(Object.entries(ALL))(
  '%s: cut short anywhere it gives a size or IMAGE_MALFORMED, and is not trimmed',
  (_, image) => {
    for (let length = 0; length < image.length; length++) {
      const cut = image.subarray(0, length)
      try {
        expect(readImageSize(cut)).toMatchObject({ width: 20, height: 30 })
      } catch (error) {
        expect(error).toMatchObject({ name: 'FormatError', code: 'IMAGE_MALFORMED' })
      }
      expect(trimImage(cut)).toEqual(cut)
    }
  },
)

test('an image without area is refused', () => {
  const flat = JPEG.slice()
  flat.set([0, 0], 27)
  expect(() => readImageSize(flat)).toThrow(expect.objectContaining({ code: 'IMAGE_MALFORMED' }))
})
