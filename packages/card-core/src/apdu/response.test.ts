import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex } from '../bytes.ts'
import { decodeResponse, encodeResponse, response } from './response.ts'

test('data and status word are told apart', () => {
  expect(decodeResponse(fromHex('60149000'))).toEqual({ data: fromHex('6014'), sw: 0x9000 })
  expect(decodeResponse(fromHex('6A82'))).toEqual(response(0x6a82))
})

test.each([new Uint8Array(), Uint8Array.of(0x90)])('a response of $length bytes is no answer', bytes => {
  expect(() => decodeResponse(bytes)).toThrow(
    expect.objectContaining({ name: 'ProtocolError', code: 'RESPONSE_TOO_SHORT' }),
  )
})

test('two bytes or more are read and written back unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2 }), bytes => {
      expect(encodeResponse(decodeResponse(bytes))).toEqual(bytes)
    }),
  )
})
