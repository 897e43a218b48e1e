import { createPrivateKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromBigInt } from '../bytes.ts'
import { SignerError } from '../error.ts'
import { CURVE_NAMES } from './curve-parameters.ts'
import type { HashName } from './hash.ts'
import { base64Url } from './node-bytes.ts'
import { encodeEcSpki, encodeRsaSpki, importPublicKey, type PublicKey } from './public-key.ts'
import { keepReady, type SignatureAlgorithm, verifyPlainEcdsa, verifySignature } from './signature.ts'
import { generateKey, signPlainEcdsa, softwareSigner } from './signer.ts'

const HASHES: readonly HashName[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']
const data = new Uint8Array(randomBytes(100))
const otherData = concat(data, Uint8Array.of(0))

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

async function expectSigns(pkcs8: Uint8Array, algorithm: SignatureAlgorithm): Promise<void> {
  const signer = softwareSigner({ pkcs8, algorithm })
  const publicKey = importPublicKey(signer.publicKey)
  const signature = await signer.sign(data)
  const given = { algorithm, publicKey, data, signature }
  expect(verifySignature(given)).toBe(true)
  expect(verifySignature({ ...given, data: otherData })).toBe(false)
  expect(verifySignature({ ...given, signature: flipped(signature, signature.length - 1) })).toBe(false)
}

test.each(CURVE_NAMES)('ECDSA on %s is signed and verified with every hash, as DER and plain', async curve => {
  const { pkcs8, spki } = generateKey({ kind: 'ec', curve })
  const publicKey = importPublicKey(spki)
  for (const hash of HASHES) {
    await expectSigns(pkcs8, { kind: 'ecdsa', hash })
    const signature = signPlainEcdsa({ pkcs8, hash, data })
    expect(verifyPlainEcdsa({ hash, publicKey, data, signature })).toBe(true)
    expect(verifyPlainEcdsa({ hash, publicKey, data: otherData, signature })).toBe(false)
    expect(verifyPlainEcdsa({ hash, publicKey, data, signature: flipped(signature, 3) })).toBe(false)
    expect(verifyPlainEcdsa({ hash, publicKey, data, signature: signature.slice(1) })).toBe(false)
  }
})

test('a key with explicit parameters verifies like the same key by name', async () => {
  for (const curve of CURVE_NAMES) {
    const { pkcs8, spki } = generateKey({ kind: 'ec', curve })
    const named = importPublicKey(spki)
    if (named.kind !== 'ec') throw new Error('not EC')
    const explicit = encodeEcSpki(curve, named.point, 'explicit')
    const signer = softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash: 'sha384' }, spki: explicit })
    expect(signer.publicKey).toEqual(explicit)
    const signature = await signer.sign(data)
    const { algorithm } = signer
    expect(verifySignature({ algorithm, publicKey: importPublicKey(explicit), data, signature })).toBe(true)
  }
})

test.each([
  { bits: 1024, exponent: 3 },
  { bits: 1025, exponent: 65537 },
  { bits: 2048, exponent: 3 },
  { bits: 3072, exponent: 17 },
])('RSA of $bits bits with exponent $exponent is signed and verified in PKCS#1 and in PSS', async given => {
  const { pkcs8 } = generateKey({ kind: 'rsa', ...given })
  for (const hash of HASHES) {
    await expectSigns(pkcs8, { kind: 'rsa-pkcs1', hash })
    for (const mgfHash of HASHES) {
      for (const saltLength of [0, 20, 32]) await expectSigns(pkcs8, { kind: 'rsa-pss', hash, mgfHash, saltLength })
    }
  }
})

test('a PSS signature with another salt length or mask hash than the algorithm says is wrong', async () => {
  const { pkcs8, spki } = generateKey({ kind: 'rsa', bits: 2048 })
  const publicKey = importPublicKey(spki)
  for (const mgfHash of ['sha256', 'sha1'] as const) {
    const algorithm = { kind: 'rsa-pss', hash: 'sha256', mgfHash, saltLength: 32 } as const
    const signature = await softwareSigner({ pkcs8, algorithm }).sign(data)
    const verify = (other: object): boolean =>
      verifySignature({ algorithm: { ...algorithm, ...other }, publicKey, data, signature })
    expect(verify({})).toBe(true)
    for (const other of [
      { saltLength: 31 },
      { saltLength: 33 },
      { saltLength: 0 },
      { mgfHash: 'sha512' },
      { hash: 'sha1' },
    ]) {
      expect(verify(other)).toBe(false)
    }
  }
})

test('an RSA key beyond 6144 bits, the largest that countries use, signs and verifies', async () => {
  // Two Mersenne primes: no search, the same key each time.
  const [p, q, e] = [(1n << 4253n) - 1n, (1n << 2203n) - 1n, 65537n]
  const inverse = (a: bigint, m: bigint): bigint => {
    let [r0, r1, s0, s1] = [m, a % m, 0n, 1n]
    while (r1 > 0n) {
      const quotient = r0 / r1
      ;[r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1]
    }
    return ((s0 % m) + m) % m
  }
  const d = inverse(e, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      base64Url(fromBigInt(value, Math.ceil(value.toString(2).length / 8))),
    ]),
  )
  const key = createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
  const pkcs8 = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }))
  await expectSigns(pkcs8, { kind: 'rsa-pkcs1', hash: 'sha256' })
  await expectSigns(pkcs8, { kind: 'rsa-pss', hash: 'sha512', mgfHash: 'sha512', saltLength: 64 })
})

test('a malformed signature or a key of another kind is false and never throws', () => {
  const keys: PublicKey[] = [
    importPublicKey(generateKey({ kind: 'ec', curve: 'secp256r1' }).spki),
    importPublicKey(generateKey({ kind: 'ec', curve: 'brainpoolP320r1' }).spki),
    importPublicKey(generateKey({ kind: 'rsa', bits: 1024 }).spki),
    // numbers that no key generator gives
    importPublicKey(encodeRsaSpki(1n, 3n)),
    importPublicKey(encodeRsaSpki(4n, 2n)),
  ]
  const algorithms: SignatureAlgorithm[] = [
    { kind: 'ecdsa', hash: 'sha256' },
    { kind: 'rsa-pkcs1', hash: 'sha512' },
    { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 },
    { kind: 'rsa-pss', hash: 'sha512', mgfHash: 'sha1', saltLength: 400 },
    { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: -1 },
  ]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 140 }), signature => {
      for (const publicKey of keys) {
        for (const algorithm of algorithms) {
          expect(verifySignature({ algorithm, publicKey, data, signature })).toBe(false)
        }
        expect(verifyPlainEcdsa({ hash: 'sha256', publicKey, data, signature })).toBe(false)
      }
    }),
  )
})

test('a key that is kept ready verifies as it did before, and one that OpenSSL refuses is no reason to throw', async () => {
  const algorithm: SignatureAlgorithm = { kind: 'ecdsa', hash: 'sha256' }
  for (const curve of ['secp256r1', 'brainpoolP384r1'] as const) {
    const signer = softwareSigner({ pkcs8: generateKey({ kind: 'ec', curve }).pkcs8, algorithm })
    const publicKey = importPublicKey(signer.publicKey)
    const signature = await signer.sign(data)
    keepReady(publicKey)
    expect(verifySignature({ algorithm, publicKey, data, signature })).toBe(true)
    expect(verifySignature({ algorithm, publicKey, data: otherData, signature })).toBe(false)
  }
  const point = Uint8Array.of(4, ...new Uint8Array(64))
  const publicKey: PublicKey = { kind: 'ec', curve: 'secp256r1', point, explicitParameters: false, spki: point }
  keepReady(publicKey)
  expect(verifySignature({ algorithm, publicKey, data, signature: new Uint8Array(70) })).toBe(false)
})

test('an ECDSA signature of zeros, or of r and s equal to the order, is wrong', () => {
  const publicKey = importPublicKey(generateKey({ kind: 'ec', curve: 'secp256r1' }).spki)
  const n = Uint8Array.from(Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'))
  for (const half of [new Uint8Array(32), n]) {
    expect(verifyPlainEcdsa({ hash: 'sha256', publicKey, data, signature: concat(half, half) })).toBe(false)
  }
})

test('a signer whose key does not fit its algorithm is refused with SignerError', () => {
  const ec = generateKey({ kind: 'ec', curve: 'secp256r1' }).pkcs8
  const given = { pkcs8: ec, algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' } } as const
  expect(() => softwareSigner(given)).toThrow(SignerError)
  expect(() => softwareSigner({ ...given, pkcs8: new Uint8Array(10) })).toThrow(SignerError)
})
