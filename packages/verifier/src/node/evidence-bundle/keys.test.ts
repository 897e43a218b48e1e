import { FormatError } from '@cccd/card-core'
import fc from 'fast-check'
import { exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { newRecipient, newSigner } from '../../testing/bundle.ts'
import { bundleSigner, recipientKey, signatureKey, trustedKeys } from './keys.ts'

async function field(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run()
  } catch (error) {
    if (error instanceof FormatError && error.code === 'KEY_MALFORMED') return error.facts.field
    throw error
  }
  return 'none'
}

test('the thumbprint is that of RFC 8037 appendix A.3', async () => {
  const key = await signatureKey({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  expect(key).toMatchObject({ algorithm: 'EdDSA', kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k' })
})

test('a set of trusted keys gives public members alone, also where private ones stand in it', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const { publicKey } = await newSigner('EdDSA')
  const keys = await trustedKeys({ keys: [{ ...jwk, kid: 'x', use: 'sig' }, publicKey] })
  expect(keys).toEqual([{ kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y }, publicKey])
  expect(await trustedKeys(jwk)).toHaveLength(1)
})

test('keys that bundles do not use are refused with the member', async () => {
  const rsa = await newRecipient('RSA-OAEP-256')
  const p384 = await newRecipient('ECDH-ES+A256KW', 'P-384')
  const { publicKey } = await newSigner()
  expect(await field(() => signatureKey(rsa.publicKey))).toBe('x')
  expect(await field(() => signatureKey(p384.publicKey))).toBe('crv')
  expect(await field(() => signatureKey({ kty: 'oct', k: 'AAAA' }))).toBe('x')
  expect(await field(() => signatureKey({ ...publicKey, x: publicKey.y }))).toBe('kty')
  expect(await field(() => bundleSigner(publicKey))).toBe('d')
  expect(await field(() => trustedKeys({ keys: 'x' }))).toBe('keys')
  expect(await field(() => recipientKey({ kty: 'oct', k: 'AAAA' }))).toBe('crv')
  expect(await field(() => recipientKey({ ...rsa.publicKey, use: 'sig' }))).toBe('use')
  expect(await field(() => recipientKey({ ...rsa.publicKey, alg: 'RSA1_5' }))).toBe('alg')
  const short = await generateKeyPair('RSA-OAEP-256', { extractable: true, modulusLength: 2048 })
  const { n, e } = await exportJWK(short.publicKey)
  expect(await field(() => recipientKey({ kty: 'RSA', n: n?.slice(0, 171), e }))).toBe('n')
})

test('hostile JWKs throw nothing but FormatError, and nothing of them is repeated', async () => {
  const { publicKey } = await newSigner()
  const jwk = fc.oneof(
    fc.jsonValue(),
    fc.record({ kty: fc.constantFrom('EC', 'OKP', 'RSA', 'oct'), crv: fc.string(), x: fc.string(), y: fc.string() }),
    fc.record({ x: fc.base64String(), y: fc.jsonValue() }).map(changes => ({ ...publicKey, ...changes })),
  )
  let refused = 0
  await fc.assert(
    fc.asyncProperty(jwk, async value => {
      for (const read of [signatureKey, bundleSigner, trustedKeys, recipientKey]) {
        const error = await read(value).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (error === undefined) continue
        expect(error).toBeInstanceOf(FormatError)
        expect((error as FormatError).message).toBe('the JWK is not a key that evidence bundles use')
        refused++
      }
    }),
    { numRuns: 100 },
  )
  expect(refused).toBeGreaterThan(300)
})
