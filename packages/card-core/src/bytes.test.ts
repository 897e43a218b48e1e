import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  concat,
  equal,
  equalConstantTime,
  fromBigInt,
  fromHex,
  fromLatin1,
  fromUtf8,
  pad,
  toBigInt,
  toHex,
  unpad,
  utf8,
  xor,
} from './bytes.ts'
import { FormatError } from './error.ts'

const bytes = fc.uint8Array({ maxLength: 70 })
const holds = (property: fc.IProperty<unknown>): void => fc.assert(property)

test('hex is upper case, and blanks and colons between bytes are passed over', () => {
  expect(toHex(Uint8Array.of(0, 0x0f, 0xab))).toBe('000FAB')
  expect(fromHex('00 0f:AB\n')).toEqual(Uint8Array.of(0, 0x0f, 0xab))
})

test('a character that is no digit and an odd digit are told by their column', () => {
  const at = (column: number) => expect.objectContaining({ name: 'FormatError', facts: { column } })
  expect(() => fromHex('00G0')).toThrow(at(3))
  expect(() => fromHex('000')).toThrow(at(3))
  expect(() => fromHex('0x00', 'KEY_MALFORMED')).toThrow(expect.objectContaining({ code: 'KEY_MALFORMED' }))
})

test('hex, numbers and texts come back as they went', () => {
  holds(
    fc.property(bytes, each => {
      expect(fromHex(toHex(each))).toEqual(each)
      expect(fromBigInt(toBigInt(each), each.length)).toEqual(each)
      expect(fromLatin1(each)).toHaveLength(each.length)
    }),
  )
  holds(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      expect(fromUtf8(utf8(text))).toBe(text)
    }),
  )
})

test('bytes that are not UTF-8 throw FormatError alone', () => {
  expect(() => fromUtf8(Uint8Array.of(0xc0, 0x80))).toThrow(FormatError)
  expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA')
  holds(
    fc.property(bytes, each => {
      try {
        expect(utf8(fromUtf8(each))).toEqual(each)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})

test('a number that does not fit is refused instead of cut', () => {
  expect(fromBigInt(0xffn, 2)).toEqual(Uint8Array.of(0, 0xff))
  expect(() => fromBigInt(0x100n, 1)).toThrow(RangeError)
  expect(() => fromBigInt(-1n, 4)).toThrow(RangeError)
  expect(toBigInt(new Uint8Array())).toBe(0n)
})

test('padding method 2 adds one byte to a block at most, and comes off again', () => {
  holds(
    fc.property(bytes, fc.constantFrom(8, 16), (each, block) => {
      const padded = pad(each, block)
      expect(padded.length % block).toBe(0)
      expect(padded.length - each.length).toBeGreaterThan(0)
      expect(padded.length - each.length).toBeLessThanOrEqual(block)
      expect(unpad(padded)).toEqual(each)
    }),
  )
})

test.each(['', '00', '0000', '01', '8001', '800100'])('the bytes %j carry no padding', hex => {
  expect(unpad(fromHex(hex))).toBeNull()
})

test('both ways of comparing agree, on length too', () => {
  holds(
    fc.property(bytes, bytes, (a, b) => {
      const same = toHex(a) === toHex(b)
      expect([equal(a, b), equalConstantTime(a, b)]).toEqual([same, same])
      expect([equal(a, a.slice()), equalConstantTime(a, a.slice())]).toEqual([true, true])
      expect(equalConstantTime(a, concat(a, Uint8Array.of(0)))).toBe(false)
    }),
  )
})

test('xor undoes itself, and parts are joined in order', () => {
  holds(
    fc.property(bytes, each => {
      const mask = each.map(byte => byte ^ 0x5a)
      expect(xor(xor(each, mask), mask)).toEqual(each)
      expect(concat(each.slice(0, 3), each.slice(3))).toEqual(each)
    }),
  )
  expect(concat()).toEqual(new Uint8Array())
})
