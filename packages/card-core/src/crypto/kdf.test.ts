import { readFileSync } from 'node:fs'
import { type BacKey, mrzInformation } from '@cccd/mrz'
import { expect, test } from 'vitest'
import { fromHex, toHex, utf8, xor } from '../bytes.ts'
import { decryptCbc, encryptCbc } from './cipher.ts'
import { digest } from './hash.ts'
import { deriveKey, deriveSessionKeys, type SessionCipher } from './kdf.ts'
import { mac8 } from './mac.ts'

// Key derivation and the mutual authentication of BAC, value by value: fixtures/vectors/bac.json names the source. The
// published cases of secure messaging stand in secure-messaging.test.ts.

interface Step {
  readonly counter: 1 | 2 | 3
  readonly key: string
  readonly hashInput?: string
  readonly hash?: string
  readonly beforeParity?: string
}

const vectors = JSON.parse(readFileSync(new URL('../../../../fixtures/vectors/bac.json', import.meta.url), 'utf8')) as {
  keyDerivation: { id: string; cipher: SessionCipher; secret: string; can?: string; steps: Step[] }[]
  mrz: {
    id: string
    bacKey: BacKey
    checkDigits: string
    mrzInformation: string
    sha1: string
    kSeed: string
    kEnc: string
    kMac: string
  }[]
  mutualAuthentication: Record<string, string>
}

const steps = vectors.keyDerivation.flatMap(({ steps, ...of }) => steps.map(step => ({ ...of, ...step })))

test('the file holds 15 published cases of key derivation, 17 keys', () => {
  expect([vectors.keyDerivation.length, steps.length]).toEqual([15, 17])
})

test.each(steps)('$id, counter $counter', ({ cipher, secret, can, counter, key, hashInput, hash, beforeParity }) => {
  if (can !== undefined) expect(toHex(utf8(can))).toBe(secret)
  if (hashInput && hash && beforeParity) {
    expect(hashInput).toBe(`${secret}0000000${counter}`)
    expect(toHex(digest('sha1', fromHex(hashInput)))).toBe(hash)
    expect(hash.slice(0, 32)).toBe(beforeParity)
  }
  expect(toHex(deriveKey(fromHex(secret), counter, cipher))).toBe(key)
})

test.each(vectors.mrz)('$id gives the document basic access keys', given => {
  expect(mrzInformation(given.bacKey)).toBe(given.mrzInformation)
  const sha1 = digest('sha1', utf8(given.mrzInformation))
  expect(toHex(sha1)).toBe(given.sha1)
  expect(toHex(sha1.slice(0, 16))).toBe(given.kSeed)
  const { ksEnc, ksMac } = deriveSessionKeys(fromHex(given.kSeed), '3DES')
  expect([toHex(ksEnc), toHex(ksMac)]).toEqual([given.kEnc, given.kMac])
})

test('every value of the mutual authentication of 9303-11 Appendix D.3 comes out', () => {
  const v = vectors.mutualAuthentication as Record<string, string>
  const get = (name: string): Uint8Array => fromHex(v[name] as string)
  const seed = digest('sha1', utf8(v.mrzInformation as string)).slice(0, 16)
  expect(toHex(seed)).toBe(v.kSeedDocument)
  const access = deriveSessionKeys(seed, '3DES')
  expect([toHex(access.ksEnc), toHex(access.ksMac)]).toEqual([v.kEnc, v.kMac])
  const encrypt = (data: Uint8Array): string => toHex(encryptCbc({ cipher: '3DES', key: access.ksEnc, data }))
  const mac = (data: Uint8Array): string => toHex(mac8({ cipher: '3DES', key: access.ksMac, data }))

  expect(v.s).toBe(`${v.rndIfd}${v.rndIc}${v.kIfd}`)
  expect(encrypt(get('s'))).toBe(v.eIfd)
  expect(mac(get('eIfd'))).toBe(v.mIfd)
  expect(v.commandData).toBe(`${v.eIfd}${v.mIfd}`)
  expect(v.r).toBe(`${v.rndIc}${v.rndIfd}${v.kIc}`)
  expect(encrypt(get('r'))).toBe(v.eIc)
  expect(toHex(decryptCbc({ cipher: '3DES', key: access.ksEnc, data: get('eIc') }))).toBe(v.r)
  expect(mac(get('eIc'))).toBe(v.mIc)
  expect(v.responseData).toBe(`${v.eIc}${v.mIc}`)

  expect(toHex(xor(get('kIfd'), get('kIc')))).toBe(v.kSeed)
  const session = deriveSessionKeys(get('kSeed'), '3DES')
  expect([toHex(session.ksEnc), toHex(session.ksMac)]).toEqual([v.ksEnc, v.ksMac])
  expect(`${v.rndIc?.slice(8)}${v.rndIfd?.slice(8)}`).toBe(v.ssc)
})
