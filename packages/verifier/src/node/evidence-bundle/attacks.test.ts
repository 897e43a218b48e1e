// What a thief or a forger might do to a bundle: each is refused with its own code and place, and nothing throws.
import { createHmac } from 'node:crypto'
import { holders, testDocument } from '@cccd/fixtures'
import fc from 'fast-check'
import { CompactEncrypt, CompactSign, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { BUNDLE_CODES, BUNDLE_REFUSALS } from '../../bundle-code.ts'
import { bundleBytes } from '../../evidence-bundle.ts'
import { POLICIES } from '../../policy.ts'
import { honestContents, NONCE, newRecipient, newSigner, ORIGIN, OWN_CHALLENGE } from '../../testing/bundle.ts'
import { anchorsOf, P256 } from '../../testing/judge.ts'
import { LONGEST_BUNDLE } from './compact.ts'
import { type JWK, replayMemory, sealBundle, type VerifyBundleInput, verifyBundle } from './index.ts'

// Without a portrait the bundle is small enough to change every byte of it.
const made = await testDocument({ holder: holders.toddler, csca: P256, ds: P256 })
const desk = await newSigner()
const recipient = await newRecipient('ECDH-ES+A256KW', 'P-256')
const contents = honestContents(made, { challenge: OWN_CHALLENGE })
const signed = await sealBundle(contents, { key: desk })
const sealed = await sealBundle(contents, { key: desk, recipient: recipient.publicKey })
const asked: VerifyBundleInput = {
  anchors: anchorsOf(made),
  policy: POLICIES.kyc,
  at: made.at,
  trustedKeys: [desk.publicKey],
  recipientKey: recipient.privateKey,
  expected: { nonce: NONCE, origin: ORIGIN, challenge: OWN_CHALLENGE },
}

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString())
const [header = '', payload = '', signature = ''] = signed.split('.')

/** Code and place of the refusal, or the result where there was none. */
async function outcome(text: string, changes: Partial<VerifyBundleInput> = {}): Promise<string> {
  const { overall, checks, report, contents: shown, proofs } = await verifyBundle(text, { ...asked, ...changes })
  const refused = checks.find(({ status }) => status === 'refused')
  if (!refused) return overall
  expect([overall, report, shown, proofs]).toEqual(['refused', undefined, undefined, undefined])
  return `${refused.code} ${refused.place}`
}

/** The honest payload under another header, signed by whomever. */
async function signedWith(changes: Record<string, unknown>, key = desk): Promise<string> {
  const all = { alg: key.algorithm, jwk: key.publicKey, kid: key.kid, typ: 'cccd-evidence+jws', ...changes }
  const critical = Array.isArray(changes.crit) ? { crit: { x: true, b64: true, exp: true } } : {}
  return await new CompactSign(bundleBytes(contents))
    .setProtectedHeader(all as { alg: string })
    .sign(key.privateKey, critical as never)
}

async function encryptedWith(
  changes: Record<string, unknown>,
  key: JWK | Uint8Array = recipient.publicKey,
  text = signed,
) {
  const all = { ...decode(sealed.split('.')[0]), epk: undefined, ...changes }
  return await new CompactEncrypt(Buffer.from(text)).setProtectedHeader(all as never).encrypt(key as never)
}

test('the honest bundle is green, signed and encrypted', async () => {
  expect(await outcome(signed)).toBe('successful')
  expect(await outcome(sealed)).toBe('successful')
})

describe('a changed byte', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  /** Letters replaced by their neighbours in the alphabet, one after the other: every one in the long run, else every
   * one of the short parts and a dense sample of the others. How often each code came. */
  async function changedLetters(text: string): Promise<Map<string, number>> {
    const seen = new Map<string, number>()
    let start = 0
    for (const part of text.split('.')) {
      const stride = process.env.CCCD_LONG || part.length < 400 ? 1 : 29
      for (let i = 0; i < part.length; i += stride) {
        const at = start + i
        const other = alphabet[(alphabet.indexOf(text[at] as string) + 1) % 64]
        const [code = ''] = (await outcome(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).split(' ')
        seen.set(code, (seen.get(code) ?? 0) + 1)
      }
      start += part.length + 1
    }
    return seen
  }

  test('anywhere in header, payload or signature is refused and named', async () => {
    const seen = await changedLetters(signed)
    expect([...seen.keys()].filter(code => !BUNDLE_REFUSALS.includes(code as never))).toEqual([])
    expect(seen.get('SIGNATURE_WRONG')).toBeGreaterThan(payload.length / 30)
  })

  test('anywhere in the encrypted bundle is refused and named', async () => {
    const seen = await changedLetters(sealed)
    expect([...seen.keys()].filter(code => !BUNDLE_REFUSALS.includes(code as never))).toEqual([])
    expect(seen.get('DECRYPTION_FAILED')).toBeGreaterThan(signed.length / 30)
  })

  test('in the bits that base64 leaves over is refused too', async () => {
    const last = alphabet.indexOf(signature.at(-1) as string)
    // 64 bytes end in a letter with four bits to spare.
    for (let spare = 1; spare < 16; spare++) {
      expect(await outcome(`${signed.slice(0, -1)}${alphabet[last ^ spare]}`)).toBe(
        'ENCODING_NOT_CANONICAL jws.signature',
      )
    }
  })

  test('blanks, line feeds, padding and another alphabet are refused', async () => {
    expect(await outcome(`${signed}\n`)).toBe('ENCODING_NOT_CANONICAL jws.signature')
    expect(await outcome(` ${signed}`)).toBe('ENCODING_NOT_CANONICAL jws.header')
    expect(await outcome(`${header}.${payload}=.${signature}`)).toBe('ENCODING_NOT_CANONICAL jws.payload')
    expect(await outcome(`${header}.${payload}.`)).toBe('NOT_A_BUNDLE jws.signature')
    expect(await outcome(`.${payload}.${signature}`)).toBe('HEADER_MALFORMED jws.header')
  })

  test('that turns the signature into its twin gives the same bundle, which is used but once', async () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const raw = Buffer.from(signature, 'base64url')
    const s = order - BigInt(`0x${raw.subarray(32).toString('hex')}`)
    const twin = Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
    const seen = replayMemory({ now: () => made.at })
    expect(await outcome(signed, { seen })).toBe('successful')
    expect(await outcome(`${header}.${payload}.${twin.toString('base64url')}`, { seen })).toBe(
      'REPLAYED payload.requestId',
    )
  })
})

describe('a confused algorithm', () => {
  test.each(['none', 'None', 'HS256', 'HS512', 'RS256', 'PS256', 'ES384', 'ES256K', 'Ed448', '', null, 7, ['ES256']])(
    'alg %j is refused before any cryptography',
    async alg => {
      const forged = encode({ ...decode(header), alg })
      expect(await outcome(`${forged}.${payload}.${signature}`)).toBe('ALGORITHM_REFUSED jws.header.alg')
    },
  )

  test('a MAC made with the public key is no signature', async () => {
    const secrets = [
      JSON.stringify(desk.publicKey),
      desk.publicKey.x as string,
      Buffer.from(desk.publicKey.x as string, 'base64url'),
    ]
    for (const alg of ['HS256', 'ES256']) {
      const forged = `${encode({ ...decode(header), alg })}.${payload}`
      for (const secret of secrets) {
        const mac = createHmac('sha256', secret).update(forged).digest('base64url')
        expect(await outcome(`${forged}.${mac}`)).toMatch(/^(ALGORITHM_REFUSED|SIGNATURE_WRONG) /)
      }
    }
  })

  test('an algorithm that is not that of the key is refused', async () => {
    const forged = encode({ ...decode(header), alg: 'EdDSA' })
    expect(await outcome(`${forged}.${payload}.${signature}`)).toBe('ALGORITHM_REFUSED jws.header.alg')
  })
})

describe('a header of somebody else', () => {
  test('another key under the desk’s name is refused, and under its own name is not trusted', async () => {
    const thief = await newSigner()
    expect(await outcome(await signedWith({ kid: desk.kid }, thief))).toBe('KEY_REFUSED jws.header.kid')
    expect(await outcome(await signedWith({ jwk: desk.publicKey, kid: desk.kid }, thief))).toBe(
      'SIGNATURE_WRONG jws.signature',
    )
    expect(await outcome(await signedWith({}, thief))).toBe('SIGNER_NOT_TRUSTED jws.header.kid')
    const { trustedKeys: _known, ...unknown } = asked
    const verdict = await verifyBundle(await signedWith({}, thief), unknown)
    expect(verdict.overall).toBe('undetermined')
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['a private key', { jwk: { ...desk.publicKey, d: 'AAAA' } }, 'KEY_REFUSED jws.header.jwk'],
    ['a secret', { jwk: { kty: 'oct', k: 'AAAA' } }, 'KEY_REFUSED jws.header.jwk'],
    ['no key', { jwk: undefined }, 'KEY_REFUSED jws.header.jwk'],
    ['a point off the curve', { jwk: { ...desk.publicKey, y: desk.publicKey.x } }, 'KEY_REFUSED jws.header.jwk'],
    ['no key id', { kid: undefined }, 'KEY_REFUSED jws.header.kid'],
    ['the type of a JWT', { typ: 'JWT' }, 'TYPE_WRONG jws.header.typ'],
    ['no type', { typ: undefined }, 'TYPE_WRONG jws.header.typ'],
    ['a key by address', { jku: 'http://127.0.0.1/' }, 'HEADER_PARAMETER_REFUSED jws.header.jku'],
    ['certificates', { x5c: ['AAAA'] }, 'HEADER_PARAMETER_REFUSED jws.header.x5c'],
    ['critical extensions', { crit: ['exp'], exp: 1 }, 'HEADER_PARAMETER_REFUSED jws.header.crit'],
    ['compression', { zip: 'DEF' }, 'COMPRESSION_REFUSED jws.header.zip'],
    ['a parameter nobody knows', { hello: 'world' }, 'HEADER_PARAMETER_REFUSED jws.header'],
  ])('%s is refused although the signature is right', async (_name, changes, expected) => {
    expect(await outcome(await signedWith(changes))).toBe(expected)
  })

  test('a member written twice, blanks, or no object is malformed', async () => {
    const text = Buffer.from(header, 'base64url').toString()
    for (const other of [
      text.replace('{', '{"alg":"none",'),
      text.replace('{', '{ '),
      '[]',
      'null',
      '"x"',
      '{',
      '\ufeff{}',
    ]) {
      const found = await outcome(`${encode(other)}.${payload}.${signature}`)
      expect(found).toBe('HEADER_MALFORMED jws.header')
    }
    expect(await outcome(`${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${payload}.${signature}`)).toBe(
      'HEADER_MALFORMED jws.header',
    )
  })

  test('a right signature over something else is no bundle', async () => {
    const sign = async (text: string): Promise<string> =>
      await new CompactSign(Buffer.from(text))
        .setProtectedHeader(decode(header) as { alg: string })
        .sign(desk.privateKey)
    expect(await outcome(await sign('{"iss":"bank","sub":"x"}'))).toBe('NOT_A_BUNDLE payload.format')
    expect(await outcome(await sign('[]'))).toBe('CONTENTS_MALFORMED payload')
    expect(await outcome(await sign('x'))).toBe('CONTENTS_MALFORMED payload')
  })
})

describe('a confused encryption', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['dir', { alg: 'dir' }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['a shared key', { alg: 'A256KW' }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['a password', { alg: 'PBES2-HS256+A128KW', p2s: 'AAAA', p2c: 2_000_000_000 }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['RSA of old', { alg: 'RSA1_5' }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['RSA-OAEP with SHA-1', { alg: 'RSA-OAEP' }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['direct agreement', { alg: 'ECDH-ES' }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['none', { alg: 'none' }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['CBC', { enc: 'A256CBC-HS512' }, 'ALGORITHM_REFUSED jwe.header.enc'],
    ['a weaker cipher', { enc: 'A128GCM' }, 'ALGORITHM_REFUSED jwe.header.enc'],
    ['RSA for an EC key', { alg: 'RSA-OAEP-256', epk: undefined }, 'ALGORITHM_REFUSED jwe.header.alg'],
    ['another type', { typ: 'JOSE' }, 'TYPE_WRONG jwe.header.typ'],
    ['another content', { cty: 'JWT' }, 'TYPE_WRONG jwe.header.cty'],
    ['party info', { apu: 'AAAA' }, 'HEADER_PARAMETER_REFUSED jwe.header.apu'],
    ['a private ephemeral key', { epk: { ...recipient.privateKey } }, 'HEADER_MALFORMED jwe.header.epk'],
    ['no ephemeral key', { epk: undefined }, 'HEADER_MALFORMED jwe.header.epk'],
    [
      'an ephemeral key that is no point',
      { epk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } },
      'DECRYPTION_FAILED jwe',
    ],
    [
      'an ephemeral key on another curve',
      { epk: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) } },
      'DECRYPTION_FAILED jwe',
    ],
  ])('%s is refused', async (_name, changes, expected) => {
    const [first, ...rest] = sealed.split('.')
    expect(await outcome([encode({ ...decode(first), ...changes }), ...rest].join('.'))).toBe(expected)
  })

  test('a compressed bomb is refused unopened', async () => {
    const bomb = await encryptedWith({ zip: 'DEF' }, recipient.publicKey, 'A'.repeat(50_000_000))
    expect(bomb.length).toBeLessThan(200_000)
    const before = process.memoryUsage().rss
    expect(await outcome(bomb)).toBe('COMPRESSION_REFUSED jwe.header.zip')
    expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000)
  })

  test('an encryption in an encryption, and an encrypted text, are no bundles', async () => {
    expect(await outcome(await encryptedWith({}, recipient.publicKey, sealed))).toBe('NOT_A_BUNDLE jwe.ciphertext')
    expect(await outcome(await encryptedWith({}, recipient.publicKey, 'hello'))).toBe('NOT_A_BUNDLE bundle')
  })

  test('whoever it was sent to cannot hand it on to a party that expects to be named', async () => {
    const other = await newRecipient('ECDH-ES+A256KW', 'P-256')
    const handedOn = await encryptedWith(
      { kid: await import('jose').then(j => j.calculateJwkThumbprint(other.publicKey)) },
      other.publicKey,
    )
    const theirs = { recipientKey: other.privateKey, expected: { audience: 'https://other.example' } }
    expect(await outcome(handedOn, theirs)).toBe('AUDIENCE_DIFFERS payload.binding.audience')
  })
})

describe('something huge or foreign', () => {
  test('is refused quickly', async () => {
    const start = performance.now()
    expect(await outcome('A'.repeat(LONGEST_BUNDLE + 1))).toBe('TOO_LARGE bundle')
    expect(await outcome('.'.repeat(LONGEST_BUNDLE))).toBe('NOT_A_BUNDLE bundle')
    expect(await outcome(`${'A'.repeat(8000)}.${payload}.${signature}`)).toBe('TOO_LARGE jws.header')
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('the JSON serialization, a JWT and nothing at all are no bundles', async () => {
    for (const text of ['', '{}', JSON.stringify({ payload, signatures: [] }), 'a.b', '....', 'a.b.c.d']) {
      expect(await outcome(text)).toMatch(/^(NOT_A_BUNDLE|HEADER_MALFORMED|ENCODING_NOT_CANONICAL) /)
    }
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwt = await new CompactSign(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
      .sign(privateKey)
    expect(await outcome(jwt)).toBe('TYPE_WRONG jws.header.typ')
  })

  test('hostile texts are refused with a code of the list and a sentence, and nothing throws', async () => {
    const parts = [...signed.split('.'), ...sealed.split('.'), '', 'AAAA', encode('{}'), encode(decode(header))]
    const hostile = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map(some => some.join('.')),
      fc
        .tuple(fc.constantFrom(signed, sealed), fc.nat(), fc.nat(), fc.string({ maxLength: 6 }))
        .map(([text, at, cut, other]) => {
          const from = at % text.length
          return `${text.slice(0, from)}${other}${text.slice(from + (cut % 50))}`
        }),
      fc.jsonValue().map(value => `${encode(value)}.${payload}.${signature}`),
      fc
        .dictionary(fc.constantFrom('alg', 'jwk', 'kid', 'typ', 'crit', 'zip'), fc.jsonValue())
        .map(changes => `${encode({ ...decode(header), ...changes })}.${payload}.${signature}`),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async text => {
        if (text === signed || text === sealed) return
        const found = await outcome(text)
        const [code = '', place = ''] = found.split(' ')
        expect(BUNDLE_REFUSALS).toContain(code)
        expect(place).toMatch(/^(bundle|jws|jwe|payload)[A-Za-z0-9.]*$/)
        expect(BUNDLE_CODES[code as keyof typeof BUNDLE_CODES].vi).not.toBe('')
      }),
      { numRuns: 400 },
    )
  })
})
