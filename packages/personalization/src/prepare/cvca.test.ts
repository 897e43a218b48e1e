import { FormatError, toHex } from '@cccd/card-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildCvca, parseCvca } from './cvca.ts'

test('EF.CVCA has 36 bytes: the names, the current one first, then zeros', () => {
  const file = buildCvca(['VNTESTCVCA00002', 'VNTESTCVCA00001'])
  expect(toHex(file)).toBe(
    `420F${toHex(Buffer.from('VNTESTCVCA00002'))}420F${toHex(Buffer.from('VNTESTCVCA00001'))}0000`,
  )
  expect(buildCvca(['VN00001']).length).toBe(36)
})

const reference = fc
  .tuple(fc.stringMatching(/^[A-Z]{2}$/), fc.stringMatching(/^[A-Z0-9]{0,9}$/), fc.stringMatching(/^[A-Z0-9]{5}$/))
  .map(parts => parts.join(''))

test('what is built comes back', () => {
  fc.assert(
    fc.property(fc.array(reference, { minLength: 1, maxLength: 2 }), names => {
      expect(parseCvca(buildCvca(names))).toEqual(names)
    }),
  )
})

test.each([[[]], [['VN00001', 'VN00002', 'VN00003']], [['vn00001']], [['VNTOOLONGREFERENCE1']], [['VN1']]])(
  '%j is refused',
  names => {
    expect(() => buildCvca(names)).toThrow(FormatError)
  },
)

test('hostile bytes bring nothing but FormatError', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(fc.constant(buildCvca(['VNTEST00001'])), fc.nat(35), fc.nat(255)).map(([file, at, byte]) => {
      const bytes = Uint8Array.from(file)
      bytes[at] = byte
      return bytes
    }),
  )
  fc.assert(
    fc.property(hostile, bytes => {
      try {
        expect(parseCvca(bytes).length).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
