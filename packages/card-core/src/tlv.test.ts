import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, equal, fromHex, toHex } from './bytes.ts'
import { FormatError } from './error.ts'
import { findTlv, parseTlv, parseTlvs, readTlv, readTlvHeader, tlv } from './tlv.ts'

const malformed = (facts: object = {}) =>
  expect.objectContaining({ name: 'FormatError', code: 'TLV_MALFORMED', facts: expect.objectContaining(facts) })

/** Tags of one, two and three bytes as ISO/IEC 7816-4 §5.2.2.1 forms them. */
const tags = fc.oneof(
  fc.nat(255).filter(tag => (tag & 0x1f) !== 0x1f),
  fc.tuple(fc.nat(7), fc.nat(0x7f)).map(([first, last]) => (((first << 5) | 0x1f) << 8) | last),
  fc
    .tuple(fc.nat(7), fc.nat(0x7f), fc.nat(0x7f))
    .map(([first, second, last]) => (((first << 5) | 0x1f) << 16) | ((second | 0x80) << 8) | last),
)

test.each([
  ['60145F01', { tag: 0x60, headerLength: 2, valueLength: 20 }],
  ['5F0E0A', { tag: 0x5f0e, headerLength: 3, valueLength: 10 }],
  ['7F61823E80', { tag: 0x7f61, headerLength: 5, valueLength: 16000 }],
  ['758401000000', { tag: 0x75, headerLength: 6, valueLength: 0x1000000 }],
  ['DFA0458100', { tag: 0xdfa045, headerLength: 5, valueLength: 0 }],
  ['', null],
  ['7F', null],
  ['7F61', null],
  ['7F6182', null],
  ['7F61823E', null],
])('the header of %s is %j', (hex, header) => {
  expect(readTlvHeader(fromHex(hex))).toEqual(header)
})

test.each([
  ['6080', 'indefinite length'],
  ['60850100000000', 'a length of five bytes'],
  ['DF81818101', 'a tag of more than three bytes'],
])('%s is refused at once: %s', hex => {
  expect(() => readTlvHeader(fromHex(hex))).toThrow(malformed({ offset: 0 }))
})

test('a length that reaches past the end is refused, huge ones without allocating', () => {
  for (const hex of ['6001', '608101', '6082FFFF00', '6084FFFFFFFF', '6004010203']) {
    expect(() => readTlv(fromHex(hex))).toThrow(malformed({ tag: 0x60, offset: 0 }))
  }
  expect(() => readTlv(fromHex('60'))).toThrow(malformed({ offset: 0 }))
})

test('the one object must fill the bytes and carry the tag that belongs', () => {
  expect(parseTlv(fromHex('6001AA'), 0x60)).toMatchObject({ tag: 0x60, value: fromHex('AA') })
  expect(() => parseTlv(fromHex('6101AA'), 0x60)).toThrow(malformed({ tag: 0x61 }))
  expect(() => parseTlv(fromHex('6001AA00'), 0x60)).toThrow(malformed({ offset: 3 }))
})

test('offsets count from the start of the outermost input', () => {
  const outer = parseTlv(fromHex('600880010181030102FF'), 0x60)
  const inner = parseTlvs(outer.value, 'LDS_MALFORMED', 2)
  expect(inner.map(({ tag, offset }) => [tag, offset])).toEqual([
    [0x80, 2],
    [0x81, 5],
  ])
  expect(() => parseTlvs(fromHex('80010181050102FF'), 'LDS_MALFORMED', 10)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: { tag: 0x81, offset: 13 } }),
  )
})

test('objects that are built are read again, each at its place', () => {
  const lengths = fc.oneof(fc.nat(40), fc.constantFrom(127, 128, 255, 256, 65535, 65536))
  fc.assert(
    fc.property(fc.array(fc.tuple(tags, lengths), { maxLength: 5 }), given => {
      const built = given.map(([tag, length]) => tlv(tag, new Uint8Array(length).fill(tag & 0xff)))
      const read = parseTlvs(concat(...built))
      expect(read.map(({ tag, value }) => [tag, value.length])).toEqual(given)
      expect(read.every(({ raw }, i) => equal(raw, built[i] as Uint8Array))).toBe(true)
      for (const [tag] of given) expect(findTlv(read, tag)?.tag).toBe(tag)
    }),
  )
})

test('what is read keeps its own bytes, even in a longer form than needed, and hostile bytes throw FormatError alone', () => {
  expect(toHex(readTlv(fromHex('60820001AA')).raw)).toBe('60820001AA')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        const objects = parseTlvs(bytes)
        expect(concat(...objects.map(({ raw }) => raw))).toEqual(bytes)
        for (const { tag, value, raw } of objects) {
          const again = tlv(tag, value)
          expect(again.length).toBeLessThanOrEqual(raw.length)
          expect(readTlv(again)).toMatchObject({ tag, value })
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
