import { readFileSync } from 'node:fs'
import { type CommandApdu, fromHex, importPublicKey, parseDg15, recoverIso9796, response } from '@cccd/card-core'
import { describe, expect, test } from 'vitest'
import { activeAuthentication } from './index.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/active-authentication.json', import.meta.url), 'utf8'),
)
const example = vectors.signatures.find((one: { efDg15?: string }) => one.efDg15)
const challenge = fromHex(example.rndIfd)
const dg15 = fromHex(example.efDg15)

function start(overrides: object = {}) {
  return activeAuthentication({ challenge, source: 'reader', dg15, shortPlainLength: 223, ...overrides })
}

describe('active authentication', () => {
  test('asks with the length of the key, and hands on the published signature', () => {
    const protocol = start()
    expect(protocol.next().value).toEqual({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: challenge, ne: 128 })
    const end = protocol.next(response(0x9000, fromHex(example.signature)))
    expect(end).toEqual({
      done: true,
      value: { challenge, source: 'reader', response: fromHex(example.signature) },
    })
    const publicKey = importPublicKey(parseDg15(dg15).spki)
    expect(recoverIso9796({ publicKey, signature: fromHex(example.signature), challenge }).valid).toBe(true)
  })
  test('asks with extended length when the signature does not fit in a short response', () => {
    expect((start({ shortPlainLength: 100 }).next().value as CommandApdu).ne).toBe(0x10000)
  })
  test.each([
    ['6700', 256],
    ['6C80', 128],
  ])('asks once more after %s', (word, ne) => {
    const protocol = start()
    protocol.next()
    expect((protocol.next(response(Number.parseInt(word, 16))).value as CommandApdu).ne).toBe(ne)
  })
  test('asks once more when the answer is cut', () => {
    const protocol = start()
    protocol.next()
    expect((protocol.next(response(0x9000, new Uint8Array(100))).value as CommandApdu).ne).toBe(256)
  })
  test('never hands on data that came with another status word', () => {
    const protocol = start()
    protocol.next()
    const end = protocol.next(response(0x6300, fromHex(example.signature)))
    expect(end).toEqual({ done: true, value: { challenge, source: 'reader', sw: 0x6300 } })
  })
  test('refuses a challenge that is not eight bytes', () => {
    expect(() => start({ challenge: new Uint8Array(7) }).next()).toThrow(RangeError)
  })
})
