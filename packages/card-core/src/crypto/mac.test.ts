import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, pad, toHex, unpad } from '../bytes.ts'
import { decryptCbc, encryptCbc } from './cipher.ts'
import { aesCmac, cmacSubkeys, mac8, retailMac } from './mac.ts'

// The 35 published cases of fixtures/vectors/cmac-retailmac.json, which names their source.

type Case = Readonly<Record<string, string>> & { readonly id: string; readonly blockSize: number }
type Section = 'cmacSubkeys' | 'cmac' | 'retailMac' | 'padding' | 'des' | 'tripleDes'
const vectors = JSON.parse(
  readFileSync(new URL('../../../../fixtures/vectors/cmac-retailmac.json', import.meta.url), 'utf8'),
) as Record<Section, Case[]>
const hex = (text: string | undefined): Uint8Array => fromHex(text as string)

test('all 35 published cases stand in a section that is asserted', () => {
  const { cmacSubkeys, cmac, retailMac, padding, des, tripleDes } = vectors
  expect([cmacSubkeys, cmac, retailMac, padding, des, tripleDes].map(section => section.length)).toEqual([
    1, 12, 9, 9, 1, 3,
  ])
})

test.each(vectors.cmacSubkeys)('$id', ({ key, l, k1, k2 }) => {
  expect(toHex(encryptCbc({ cipher: 'AES-128', key: hex(key), data: new Uint8Array(16) }))).toBe(l)
  const subkeys = cmacSubkeys(hex(key))
  expect([toHex(subkeys.k1), toHex(subkeys.k2)]).toEqual([k1, k2])
})

test.each(vectors.cmac)('$id', ({ key, message, mac, macTruncated8 }) => {
  expect(toHex(aesCmac(hex(key), hex(message)))).toBe(mac)
  const cipher = ({ 32: 'AES-128', 48: 'AES-192', 64: 'AES-256' } as const)[key?.length as 32]
  expect(toHex(mac8({ cipher, key: hex(key), data: hex(message) }))).toBe(macTruncated8)
})

test.each(vectors.retailMac)('$id', ({ key, message, paddedMessage, mac, padding }) => {
  if (padding === 'none') return expect(toHex(retailMac(hex(key), hex(message)))).toBe(mac)
  expect(toHex(pad(hex(message), 8))).toBe(paddedMessage)
  expect(toHex(retailMac(hex(key), hex(paddedMessage)))).toBe(mac)
  expect(toHex(mac8({ cipher: '3DES', key: hex(key), data: hex(message) }))).toBe(mac)
})

test.each(vectors.padding)('$id', ({ blockSize, message, paddedMessage }) => {
  expect(toHex(pad(hex(message), blockSize))).toBe(paddedMessage)
  expect(toHex(unpad(hex(paddedMessage)) as Uint8Array)).toBe(message)
})

test.each(vectors.des)('$id: 3DES with one key twice is DES', ({ key, plaintext, ciphertext }) => {
  const twice = { cipher: '3DES', key: hex(`${key}${key}`) } as const
  expect(toHex(encryptCbc({ ...twice, data: hex(plaintext) }))).toBe(ciphertext)
  expect(toHex(decryptCbc({ ...twice, data: hex(ciphertext) }))).toBe(plaintext)
})

test.each(vectors.tripleDes)('$id', ({ key, plaintext, paddedPlaintext, ciphertext }) => {
  expect(toHex(pad(hex(plaintext), 8))).toBe(paddedPlaintext)
  expect(toHex(encryptCbc({ cipher: '3DES', key: hex(key), data: hex(paddedPlaintext) }))).toBe(ciphertext)
  expect(toHex(decryptCbc({ cipher: '3DES', key: hex(key), data: hex(ciphertext) }))).toBe(paddedPlaintext)
})

test('a key or message of a wrong length is refused instead of giving some MAC', () => {
  expect(() => retailMac(new Uint8Array(8), new Uint8Array(8))).toThrow(RangeError)
  expect(() => retailMac(new Uint8Array(16), new Uint8Array(0))).toThrow(RangeError)
  expect(() => retailMac(new Uint8Array(16), new Uint8Array(9))).toThrow(RangeError)
  expect(() => aesCmac(new Uint8Array(15), new Uint8Array(16))).toThrow(RangeError)
  expect(() => encryptCbc({ cipher: 'AES-128', key: new Uint8Array(16), data: new Uint8Array(15) })).toThrow(RangeError)
  expect(() => decryptCbc({ cipher: '3DES', key: new Uint8Array(24), data: new Uint8Array(8) })).toThrow(RangeError)
})
