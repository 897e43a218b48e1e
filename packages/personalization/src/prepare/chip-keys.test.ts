import { createPrivateKey, createPublicKey } from 'node:crypto'
import { ecPublicKey, FormatError, importPublicKey, toHex } from '@cccd/card-core'
import { expect, test } from 'vitest'
import { CA_CURVE, chipKeyOptions, ecPrivateScalar, makeChipKeys } from './chip-keys.ts'

test('the private halves that are handed out belong to the public ones', () => {
  for (const kind of ['EC', 'RSA'] as const) {
    const { keys, publicKeys } = makeChipKeys(kind)
    const own = createPublicKey(
      createPrivateKey({ key: Buffer.from(keys.activeAuthentication ?? []), format: 'der', type: 'pkcs8' }),
    )
    const spki = own.export({ format: 'der', type: 'spki' })
    expect(toHex(Uint8Array.from(spki))).toBe(toHex(publicKeys.activeAuthentication ?? new Uint8Array()))
    const ca = importPublicKey(publicKeys.chipAuthentication)
    const scalar = ecPrivateScalar(keys.chipAuthentication ?? new Uint8Array())
    expect(ca.kind === 'ec' && [ca.curve, toHex(ca.point)]).toEqual([CA_CURVE, toHex(ecPublicKey(CA_CURVE, scalar))])
    expect(chipKeyOptions(publicKeys).activeAuthentication?.hash).toBe(kind === 'EC' ? 'sha256' : undefined)
  }
  expect(makeChipKeys('none').keys.activeAuthentication).toBeUndefined()
})

test('no two chips get the same key', () => {
  const [one, other] = [makeChipKeys('EC'), makeChipKeys('EC')]
  expect(one.publicKeys.chipAuthentication).not.toEqual(other.publicKeys.chipAuthentication)
  expect(one.publicKeys.activeAuthentication).not.toEqual(other.publicKeys.activeAuthentication)
})

test('keys that a chip tells and that are none are refused', () => {
  const { publicKeys } = makeChipKeys('RSA')
  expect(() => chipKeyOptions({ chipAuthentication: new Uint8Array(9) })).toThrow(FormatError)
  const rsa = publicKeys.activeAuthentication ?? new Uint8Array()
  expect(() => chipKeyOptions({ chipAuthentication: rsa })).toThrow(FormatError)
  expect(() => ecPrivateScalar(new Uint8Array(5))).toThrow(FormatError)
})
