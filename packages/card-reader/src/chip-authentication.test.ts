import { readFileSync } from 'node:fs'
import { encodeCommand, fromHex, parseDg14, response, toHex } from '@cccd/card-core'
import { describe, expect, test } from 'vitest'
import { chipAuthentication, chooseChipAuthentication } from './index.ts'

const text = readFileSync(new URL('../../../fixtures/vectors/security-infos.json', import.meta.url), 'utf8')
const cases: readonly { readonly id: string; readonly hex: string }[] = JSON.parse(text).cases
const dg14 = (id: string) => {
  const hex = cases.find(one => one.id === id)?.hex
  if (!hex) throw new Error(`there is no example ${id}`)
  return parseDg14(fromHex(hex))
}
const key = Uint8Array.from({ length: 28 }, (_, i) => i + 1)

describe('the choice of a key in EF.DG14', () => {
  test('finds the key of the BSI reference set, explicit parameters and all', () => {
    expect(chooseChipAuthentication(dg14('dg14-bsi-tr-03105-5'))).toMatchObject({
      curve: 'brainpoolP224r1',
      cipher: '3DES',
      oid: '0.4.0.127.0.7.2.2.3.2.1',
    })
  })
  test('passes over a key whose point does not fit its curve', () => {
    expect(chooseChipAuthentication(dg14('dg14-chip-authentication-ec-explicit-oid'))).toBeUndefined()
  })
  test('passes over a key on a finite field', () => {
    expect(chooseChipAuthentication(dg14('dg14-dh-sample'))).toBeUndefined()
  })
})

describe('chip authentication', () => {
  const choice = chooseChipAuthentication(dg14('dg14-bsi-tr-03105-5'))
  if (!choice) throw new Error('there is no key')
  test('with 3DES is one MSE:Set KAT without Le', () => {
    const protocol = chipAuthentication(choice, () => key)
    const command = protocol.next().value
    expect(toHex(encodeCommand(command as never))).toMatch(/^002241A63B913904[0-9A-F]{112}$/)
    const end = protocol.next(response(0x9000))
    expect(end.done && 'evidence' in end.value && end.value.evidence.outcome).toBe('successful')
  })
  test('with AES is MSE:Set AT with the key identifier, then GENERAL AUTHENTICATE', () => {
    const aes = { ...choice, cipher: 'AES-128', oid: '0.4.0.127.0.7.2.2.3.2.2', keyId: 195n } as const
    const protocol = chipAuthentication(aes, () => key)
    expect(toHex(encodeCommand(protocol.next().value as never))).toBe('002241A40F800A04007F000702020302028401C3')
    expect(toHex(encodeCommand(protocol.next(response(0x9000)).value as never))).toMatch(
      /^008600003D7C3B803904[0-9A-F]{112}00$/,
    )
  })
  test('that is refused keeps the old channel and the status word', () => {
    const protocol = chipAuthentication(choice, () => key)
    protocol.next()
    const end = protocol.next(response(0x6a80))
    expect(end.value).toMatchObject({ evidence: { outcome: 'refused', sw: 0x6a80 } })
    expect(end.value).not.toHaveProperty('secureMessaging')
  })
})
