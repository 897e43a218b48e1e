import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex } from './bytes.ts'
import { FormatError } from './error.ts'
import { decodeOid, encodeOid } from './oid.ts'

test.each([
  ['2A864886F70D010702', '1.2.840.113549.1.7.2'],
  ['04007F000702020401', '0.4.0.127.0.7.2.2.4.1'],
  ['883703', '2.999.3'], // X.660 gives 2.999 for examples
  ['6981E4A8D6C7A8F3D5F2A9B1C3E5F7A9CBED8F00', undefined],
])('%s is the object identifier %s', (hex, text) => {
  if (text === undefined) expect(encodeOid(decodeOid(fromHex(hex)))).toEqual(fromHex(hex))
  else expect(decodeOid(fromHex(hex))).toBe(text)
})

test('decoding undoes encoding, up to arcs of 128 bits', () => {
  const arc = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })
  const root = fc.oneof(
    fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt({ min: 0n, max: 39n })),
    fc.tuple(
      fc.constant(2n),
      arc.map(value => value >> 1n),
    ),
  )
  fc.assert(
    fc.property(root, fc.array(arc, { maxLength: 8 }), (first, rest) => {
      const text = [...first, ...rest].join('.')
      expect(decodeOid(encodeOid(text))).toBe(text)
    }),
  )
})

test.each([
  ['no bytes', fromHex('')],
  ['an arc cut off', fromHex('2A86')],
  ['an arc with a leading zero', fromHex('2A8001')],
  ['an arc without end', concat(fromHex('2A'), new Uint8Array(100_000).fill(0xff))],
])('%s is no object identifier', (_, bytes) => {
  expect(() => decodeOid(bytes)).toThrow(FormatError)
})

test.each(['', '1', '1.', '1.a', '1..2', '-1.2', '3.1', '0.40', '1.40', ' 1.2'])('%j is no text of one', text => {
  expect(() => encodeOid(text)).toThrow(RangeError)
})

test('hostile bytes are read to what they were written from, or throw FormatError alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), bytes => {
      try {
        expect(encodeOid(decodeOid(bytes))).toEqual(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
