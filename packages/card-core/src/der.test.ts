import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, toHex, utf8 } from './bytes.ts'
import {
  DER,
  DerReader,
  derBitString,
  derBits,
  derChildren,
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derString,
  derUnsigned,
  parseDer,
  readDer,
} from './der.ts'
import { FormatError } from './error.ts'
import { tlv } from './tlv.ts'

const malformed = (facts: object = {}) =>
  expect.objectContaining({ name: 'FormatError', code: 'DER_MALFORMED', facts: expect.objectContaining(facts) })
const ber = { allowBer: true }

test.each([
  ['', 'nothing'],
  ['30', 'a tag alone'],
  ['3081', 'a cut length'],
  ['30820100', 'a value past the end'],
  ['308100', 'a length of 0 in two bytes'],
  ['30817F', 'a length of 127 in two bytes'],
  ['30820080', 'a length of 128 in three bytes'],
  ['3085000000000000', 'a length of five bytes'],
  ['30800000', 'an indefinite length'],
  ['1F8101', 'a high tag number'],
  ['300000', 'bytes after the element'],
])('%s is refused: %s', hex => {
  expect(() => parseDer(fromHex(hex))).toThrow(malformed())
})

test('BER in the wrapper is read where it is asked for, with the value before its end-of-contents', () => {
  const nested = fromHex('308030800400000004010A0000')
  const node = parseDer(nested, ber)
  expect(toHex(node.value)).toBe('308004000000' + '04010A')
  expect(derChildren(node, ber).map(child => toHex(child.value))).toEqual(['0400', '0A'])
  expect(parseDer(fromHex('3081020500'), ber).value).toEqual(fromHex('0500'))
  for (const hex of ['3080', '308004', '30800400', '04800000', '3080300000']) {
    expect(() => parseDer(fromHex(hex), ber)).toThrow(malformed())
  }
})

test('an indefinite length nested beyond all reason is refused, not followed until the stack ends', () => {
  expect(() =>
    parseDer(
      new Uint8Array(200_000).map((_, i) => (i % 2 ? 0x80 : 0x30)),
      ber,
    ),
  ).toThrow(malformed())
})

test.each([
  ['020100', 0n],
  ['02017F', 127n],
  ['02020080', 128n],
  ['020180', -128n],
  ['0201FF', -1n],
  ['0202FF7F', -129n],
  ['0209010000000000000000', 1n << 64n],
])('the INTEGER %s is %s', (hex, value) => {
  expect(derInteger(parseDer(fromHex(hex)))).toBe(value)
  if (value >= 0n) expect(toHex(derUnsigned(value))).toBe(hex)
})

test('empty and padded integers are refused; padded ones pass as BER', () => {
  for (const hex of ['0200', '02020001', '0202FF80']) {
    expect(() => derInteger(parseDer(fromHex(hex)))).toThrow(malformed())
  }
  expect(derInteger(parseDer(fromHex('02020001')), ber)).toBe(1n)
  expect(() => derInteger(parseDer(fromHex('0200')), ber)).toThrow(malformed())
})

test('small integers are checked for their range', () => {
  const read = (hex: string): number => new DerReader(fromHex(hex)).smallInteger()
  expect([read('020101'), read('02047FFFFFFF')]).toEqual([1, 0x7fffffff])
  for (const hex of ['0201FF', '02050080000000']) expect(() => read(hex)).toThrow(malformed())
})

test('a bit string with unused bits or without its first byte is refused', () => {
  expect(derBitString(parseDer(derBits(fromHex('AA'))))).toEqual(fromHex('AA'))
  for (const hex of ['0300', '030201AA']) expect(() => derBitString(parseDer(fromHex(hex)))).toThrow(malformed())
})

test('strings of every kind become text, other tags do not', () => {
  expect(derString(parseDer(tlv(DER.utf8String, utf8('Nguyễn'))))).toBe('Nguyễn')
  expect(derString(parseDer(tlv(DER.bmpString, fromHex('004E1EC5'))))).toBe('Nễ')
  expect(derString(parseDer(tlv(DER.teletexString, fromHex('E9'))))).toBe('é')
  expect(() => derString(parseDer(tlv(DER.utf8String, fromHex('C0'))))).toThrow(malformed())
  expect(() => derString(parseDer(derNull()))).toThrow(malformed())
})

test('a reader walks in order, tells where it stands, and refuses what is left', () => {
  const bytes = derSequence(derUnsigned(5), derContext(0, derOid('1.2.3')), derOctetString(fromHex('AA')))
  const reader = new DerReader(bytes).sequence()
  expect(reader.smallInteger()).toBe(5)
  expect(reader.optional(DER.null)).toBeUndefined()
  const context = reader.read(0xa0)
  expect(context.offset).toBe(5)
  expect(reader.inside(context).oid()).toBe('1.2.3')
  expect(() => reader.end()).toThrow(malformed({ offset: 11 }))
  expect(() => new DerReader(bytes).set()).toThrow(malformed({ tag: 0x30, offset: 0 }))
  expect(reader.octetString()).toEqual(fromHex('AA'))
  expect(() => reader.end()).not.toThrow()
  expect(() => reader.next()).toThrow(malformed({ offset: 14 }))
})

test('a reader of what is inside ends there, whatever bytes follow', () => {
  // The inner sequence is cut: its INTEGER, or its indefinite length, would go on in the element behind it.
  for (const [inner, options] of [
    ['0202', {}],
    ['020201', {}],
    ['2480', ber],
    ['248000', ber],
    ['048200', {}],
  ] as const) {
    const bytes = derSequence(derSequence(fromHex(inner)), fromHex('0000000000'))
    const reader = new DerReader(bytes, options).sequence().sequence()
    expect(() => reader.next()).toThrow(malformed())
  }
})

test('members of a SET OF stand in the order of their bytes', () => {
  const set = derSetOf(derUnsigned(300), derOid('1.2.3'), derUnsigned(2), derUnsigned(1))
  expect(toHex(set)).toBe('310E' + '020101' + '020102' + '0202012C' + '06022A03')
})

test('elements that are built are read again', () => {
  const leaf = fc.oneof(
    fc.bigInt({ min: 0n, max: 1n << 200n }).map(value => derUnsigned(value)),
    fc.uint8Array({ maxLength: 300 }).map(value => derOctetString(value)),
    fc.constant(derNull()),
  )
  fc.assert(
    fc.property(fc.array(leaf, { maxLength: 6 }), leaves => {
      const children = derChildren(parseDer(derSequence(...leaves)))
      expect(children.map(({ raw }) => raw)).toEqual(leaves)
      expect(children.map(({ tag, value }) => tlv(tag, value))).toEqual(leaves)
    }),
  )
})

test('DER that is read has one form, and hostile bytes throw FormatError alone, as BER too', () => {
  const walk = (bytes: Uint8Array, options: { allowBer?: boolean }, depth = 0): void => {
    const reader = new DerReader(bytes, options)
    while (!reader.done) {
      const node = reader.next()
      if (!options.allowBer) expect(tlv(node.tag, node.value)).toEqual(node.raw)
      if (node.tag & 0x20 && depth < 20) walk(node.value, options, depth + 1)
    }
  }
  const shapes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.constantFrom(0x30, 0x80, 0x00, 0x04, 0x02, 0x01, 0x81), { maxLength: 40 })
      .map(values => Uint8Array.from(values)),
  )
  fc.assert(
    fc.property(shapes, fc.boolean(), (bytes, allowBer) => {
      try {
        walk(bytes, allowBer ? ber : {})
        derString(readDer(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
  for (const tag of [DER.integer, DER.oid, DER.bitString, DER.bmpString, DER.utf8String]) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), value => {
        const node = parseDer(concat(Uint8Array.of(tag, value.length), value))
        for (const read of [derInteger, derBitString, derString]) {
          try {
            read(node)
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError)
          }
        }
      }),
    )
  }
})
