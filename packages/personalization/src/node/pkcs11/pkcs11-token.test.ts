import { execFileSync } from 'node:child_process'
import { inspect } from 'node:util'
import { type CardToolkitError, importPublicKey, type Signer, SignerError, verifySignature } from '@cccd/card-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SoftHsm, softHsmMissing, startSoftHsm } from '../testing/soft-hsm.ts'
import { openToken, type Pkcs11Token } from './pkcs11-token.ts'

const missing = softHsmMissing()
const DATA = new TextEncoder().encode('what is signed')

function verifies(signer: Signer, signature: Uint8Array, data = DATA): boolean {
  return verifySignature({ algorithm: signer.algorithm, publicKey: importPublicKey(signer.publicKey), data, signature })
}
const refusal = (work: Promise<unknown>): Promise<CardToolkitError> =>
  work.then(
    () => {
      throw new Error('it was accepted')
    },
    (error: CardToolkitError) => error,
  )

describe.skipIf(missing)(`keys in a token${missing && ` (skipped: ${missing})`}`, () => {
  let hsm: SoftHsm
  let token: Pkcs11Token
  const open = (given: Partial<{ tokenLabel: string; pin: string; library: string }> = {}) => {
    const { library, tokenLabel, pin } = { ...hsm, ...given }
    return openToken({ library, tokenLabel, pin: () => pin })
  }

  beforeAll(async () => {
    hsm = startSoftHsm()
    const words = ['--module', hsm.library, '--token-label', hsm.tokenLabel, '--login', '--pin', hsm.pin]
    const rsa = [...words, '--keypairgen', '--key-type', 'rsa:2048', '--label', 'rsa', '--id', '77']
    execFileSync('pkcs11-tool', rsa, { stdio: 'ignore' })
    token = await open()
  })
  afterAll(async () => {
    await token.close()
    hsm.remove()
  })

  test.each(['secp256r1', 'secp384r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'] as const)(
    'a key on %s is made, signs, and is told with explicit parameters where that is asked',
    async curve => {
      const spki = await token.generate({ label: curve }, curve)
      expect(importPublicKey(spki)).toMatchObject({ kind: 'ec', curve, explicitParameters: false })
      for (const form of ['named', 'explicit'] as const) {
        const signer = await token.signer({ label: curve }, { kind: 'ecdsa', hash: 'sha384' }, form)
        expect(importPublicKey(signer.publicKey)).toMatchObject({ curve, explicitParameters: form === 'explicit' })
        const signature = await signer.sign(DATA)
        expect(verifies(signer, signature)).toBe(true)
        expect(verifies(signer, signature, DATA.subarray(1))).toBe(false)
      }
    },
  )

  test('many signatures asked for at once are each right', async () => {
    await token.generate({ label: 'many' }, 'secp256r1')
    const signer = await token.signer({ label: 'many' }, { kind: 'ecdsa', hash: 'sha256' })
    const texts = Array.from({ length: 50 }, (_, n) => new TextEncoder().encode(`document ${n}`))
    const signatures = await Promise.all(texts.map(text => signer.sign(text)))
    for (const [n, signature] of signatures.entries()) expect(verifies(signer, signature, texts[n])).toBe(true)
  })

  test('an RSA key signs by PKCS #1 and by PSS', async () => {
    const key = { label: 'rsa', id: Uint8Array.of(0x77) }
    for (const algorithm of [
      { kind: 'rsa-pkcs1', hash: 'sha256' },
      { kind: 'rsa-pkcs1', hash: 'sha512' },
      { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 },
    ] as const) {
      const signer = await token.signer(key, algorithm)
      expect(verifies(signer, await signer.sign(DATA))).toBe(true)
    }
  })

  test('a private key cannot be taken out of the token', () => {
    const words = ['--module', hsm.library, '--token-label', hsm.tokenLabel, '--login', '--pin', hsm.pin]
    const listed = execFileSync('pkcs11-tool', [...words, '--list-objects', '--type', 'privkey'], { encoding: 'utf8' })
    expect(listed).toContain('secp256r1')
    const access = listed.split('Private Key Object').find(one => one.includes('secp256r1'))
    expect(access).toMatch(/sensitive/)
    expect(access).toMatch(/never extractable/)
  })

  test('a missing key, two of one label, and a wrong kind are told apart', async () => {
    const ecdsa = { kind: 'ecdsa', hash: 'sha256' } as const
    expect(await refusal(token.signer({ label: 'nobody' }, ecdsa))).toMatchObject({ code: 'SIGNER_KEY_MISSING' })
    await token.generate({ label: 'twin', id: Uint8Array.of(1) }, 'secp256r1')
    await token.generate({ label: 'twin', id: Uint8Array.of(2) }, 'secp256r1')
    expect(await refusal(token.signer({ label: 'twin' }, ecdsa))).toMatchObject({ code: 'SIGNER_KEY_MISSING' })
    const second = await token.signer({ label: 'twin', id: Uint8Array.of(2) }, ecdsa)
    expect(verifies(second, await second.sign(DATA))).toBe(true)
    expect(await refusal(token.signer({ label: 'rsa' }, ecdsa))).toMatchObject({ code: 'SIGNER_FAILED' })
  })

  test('a token of another label and a library that is none are named', async () => {
    expect(await refusal(open({ tokenLabel: 'line two' }))).toMatchObject({ code: 'SIGNER_TOKEN_GONE' })
    expect(await refusal(open({ library: '/nowhere/libhsm.so' }))).toMatchObject({ code: 'SIGNER_DRIVER_MISSING' })
  })

  test('a token that is taken out stops the signing, and one that comes back goes on', async () => {
    const signer = await token.signer({ label: 'secp256r1' }, { kind: 'ecdsa', hash: 'sha256' })
    hsm.unplug()
    try {
      const error = await refusal(signer.sign(DATA))
      expect(error).toBeInstanceOf(SignerError)
      expect(['SIGNER_TOKEN_GONE', 'SIGNER_KEY_MISSING']).toContain(error.code)
    } finally {
      hsm.plug()
    }
    expect(verifies(signer, await signer.sign(DATA))).toBe(true)
  })

  test('a wrong PIN is refused, asked for once, and stands in no error', async () => {
    // Whoever logs in logs in the whole process, so nobody else may be in.
    await token.close()
    let asked = 0
    const wrong = '000111222'
    const error = await refusal(
      openToken({
        library: hsm.library,
        tokenLabel: hsm.tokenLabel,
        pin: () => {
          asked++
          return wrong
        },
      }),
    )
    expect(error).toMatchObject({ code: 'SIGNER_PIN_WRONG' })
    expect(asked).toBe(1)
    expect(inspect(error, { depth: 8 })).not.toContain(wrong)
  })
})
