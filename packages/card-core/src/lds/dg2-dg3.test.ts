import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../bytes.ts'
import { parseTlv } from '../tlv.ts'
import { biometricHeader, buildBiometricTemplates } from './biometric-template.ts'
import { buildDg2, parseDg2 } from './dg2.ts'
import { buildDg3, type Finger, parseDg3 } from './dg3.ts'

const JPEG = fromHex('FFD8 FFC0000B08001E00140101 1100 FFDA0008010100003F00 A1B2 FFD9')

test.each(['iso19794', 'iso39794'] as const)(
  '%s: parsing undoes building, and padding does not reach the picture',
  encoding => {
    const given = { image: JPEG, format: 'jpeg', width: 20, height: 30, encoding } as const
    const [face, ...more] = parseDg2(buildDg2(given)).faces
    expect(more).toEqual([])
    expect(face).toMatchObject({ ...given, paddingLength: 0 })
    const padded = parseDg2(buildDg2({ ...given, image: concat(JPEG, new Uint8Array(5)) })).faces[0]
    expect(padded?.image).toEqual(JPEG)
    expect(padded?.paddingLength).toBe(5)
  },
)

test('the size comes from the picture when it is not given', () => {
  expect(parseDg2(buildDg2({ image: JPEG, format: 'jpeg' })).faces[0]).toMatchObject({ width: 20, height: 30 })
})

test('a picture that declares JPEG 2000 and is JPEG is called JPEG', () => {
  expect(parseDg2(buildDg2({ image: JPEG, format: 'jpeg2000' })).faces[0]?.format).toBe('jpeg')
})

test('several templates give several faces, and so do several facial records in one', () => {
  const face = { image: JPEG, format: 'jpeg', width: 20, height: 30 } as const
  expect(parseDg2(buildDg2(face, face)).faces).toHaveLength(2)
  // Length 52 with one feature point of 8 bytes; the picture starts after 20 + 8 + 12.
  const record = concat(
    fromHex('00000034 0001'),
    new Uint8Array(14),
    new Uint8Array(8).fill(0x11),
    fromHex('01 00 0014 001E 00 00 0000 0000'),
    fromHex('FFD8FFD9ABCDEF0102030405'),
  )
  const data = concat(fromHex('46414300 30313000 00000076 0002'), record, record)
  const header = biometricHeader({ formatOwner: 0x0101, formatType: 0x0008 })
  const file = buildBiometricTemplates(0x75, [{ header, data: [data], constructed: false }])
  expect(parseDg2(file).faces.map(({ image }) => toHex(image))).toEqual(Array(2).fill('FFD8FFD9ABCDEF0102030405'))
})

test('a facial record longer than its data is refused with its offset in the file', () => {
  const file = buildDg2({ image: JPEG, format: 'jpeg' })
  const start = file.length - JPEG.length - 32
  file[start + 3] = 0xff
  expect(() => parseDg2(file)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: { file: 'EF.DG2', offset: start } }),
  )
})

test('bytes after the file are refused', () => {
  const file = buildDg2({ image: JPEG, format: 'jpeg' })
  expect(() => parseDg2(concat(file, Uint8Array.of(0)))).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ offset: file.length }) }),
  )
})

const finger: fc.Arbitrary<Finger> = fc.record({
  position: fc.integer({ min: 0, max: 10 }),
  quality: fc.integer({ min: 0, max: 100 }),
  impressionType: fc.integer({ min: 0, max: 8 }),
  compression: fc.constantFrom('raw', 'packed', 'wsq', 'jpeg', 'jpeg2000', 'png'),
  width: fc.integer({ min: 0, max: 65535 }),
  height: fc.integer({ min: 0, max: 65535 }),
  image: fc.uint8Array({ maxLength: 300 }),
})

test('DG3: parsing undoes building for any fingers, none included', () => {
  fc.assert(
    fc.property(fc.array(finger, { maxLength: 4 }), fingers => {
      expect(parseDg3(buildDg3(fingers)).fingers).toEqual(fingers)
    }),
  )
})

test('DG3 says in its CBEFF header which finger of which hand it holds', () => {
  const rightIndex: Finger = {
    position: 2,
    quality: 0,
    impressionType: 0,
    compression: 'wsq',
    width: 1,
    height: 1,
    image: new Uint8Array(0),
  }
  const headerOf = (position: number) =>
    toHex(parseTlv(buildDg3([{ ...rightIndex, position }]), 0x63).value).slice(22, 34)
  expect(headerOf(2)).toContain('820109')
  expect(headerOf(7)).toContain('82010A')
})
