import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase64Url, toBase64, toBase64Url } from './base64.ts'

test('bytes of every length are written as the platform writes them, and come back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
    }),
  )
})

test('a text of a megabyte is no trouble', () => {
  const bytes = new Uint8Array(1_000_000).map((_, i) => i * 7)
  expect(Buffer.compare(fromBase64Url(toBase64Url(bytes)) ?? new Uint8Array(), bytes)).toBe(0)
})

test('what is read is what would be written: every other text is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^[A-Za-z0-9_-]*$/)), text => {
      const bytes = fromBase64Url(text)
      if (bytes) expect(toBase64Url(bytes)).toBe(text)
    }),
  )
  // The last letter of AB carries four bits that belong to no byte.
  expect(fromBase64Url('AA')).toEqual(Uint8Array.of(0))
  expect(fromBase64Url('AB')).toBeUndefined()
  for (const bad of ['A', 'AA==', 'A A', 'AA\n', '+/+/', 'AAAAA']) expect(fromBase64Url(bad)).toBeUndefined()
})
