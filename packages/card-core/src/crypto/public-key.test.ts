import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromBigInt, fromHex, toHex } from '../bytes.ts'
import { derBits, derNull, derOctetString, derOid, derSequence, derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { ecPublicKey, generateEcKeyPair } from './curve.ts'
import { CURVE_NAMES, type CurveName, curveParameters } from './curve-parameters.ts'
import { generatorPoint } from './ec-parameters.ts'
import { encodeEcSpki, encodeRsaSpki, importPublicKey } from './public-key.ts'
import { generateKey } from './signer.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const code = (name: string) => expect.objectContaining({ name: 'FormatError', code: name })
const EC = '1.2.840.10045.2.1'
const PRIME_FIELD = '1.2.840.10045.1.1'

interface Spelt {
  readonly p: bigint
  readonly a: Uint8Array
  readonly b: Uint8Array
  readonly generator: Uint8Array
  readonly n: bigint
  readonly h: bigint | null
  readonly seed?: Uint8Array
  readonly field?: string
}

/** An SPKI whose explicit parameters are those of the curve but for `changes`. */
function spell(curve: CurveName, point: Uint8Array, changes: Partial<Spelt>): Uint8Array {
  const { p, a, b, n, h, fieldLength } = curveParameters(curve)
  const own = {
    p,
    a: fromBigInt(a, fieldLength),
    b: fromBigInt(b, fieldLength),
    generator: generatorPoint(curve),
    n,
    h,
  }
  const all: Spelt = { ...own, ...changes }
  const coefficients = [derOctetString(all.a), derOctetString(all.b), ...(all.seed ? [derBits(all.seed)] : [])]
  const parameters = derSequence(
    derUnsigned(1),
    derSequence(derOid(all.field ?? PRIME_FIELD), derUnsigned(all.p)),
    derSequence(...coefficients),
    derOctetString(all.generator),
    derUnsigned(all.n),
    ...(all.h === null ? [] : [derUnsigned(all.h)]),
  )
  return derSequence(derSequence(derOid(EC), parameters), derBits(point))
}

test.each(CURVE_NAMES)('a key on %s is the same by name, spelt out, without cofactor, and with a seed', curve => {
  const { publicKey: point } = generateEcKeyPair(curve, random)
  const { fieldLength, gy } = curveParameters(curve)
  const named = encodeEcSpki(curve, point, 'named')
  const explicit = encodeEcSpki(curve, point, 'explicit')
  expect(importPublicKey(named)).toEqual({ kind: 'ec', curve, point, explicitParameters: false, spki: named })
  expect(importPublicKey(explicit)).toEqual({ kind: 'ec', curve, point, explicitParameters: true, spki: explicit })
  expect(toHex(spell(curve, point, {}))).toBe(toHex(explicit))
  const compressed = concat(Uint8Array.of(gy & 1n ? 3 : 2), generatorPoint(curve).subarray(1, 1 + fieldLength))
  for (const changes of [{ h: null }, { seed: random(20) }, { generator: compressed }]) {
    expect(importPublicKey(spell(curve, point, changes))).toMatchObject({ curve, point, explicitParameters: true })
  }
})

test.each(CURVE_NAMES)('one changed number in the explicit parameters of %s makes the curve unknown', curve => {
  const { publicKey: point } = generateEcKeyPair(curve, random)
  const { p, a, b, n, fieldLength } = curveParameters(curve)
  const other = generateEcKeyPair(curve, random).publicKey
  const compressedWrong = concat(
    Uint8Array.of(curveParameters(curve).gy & 1n ? 2 : 3),
    generatorPoint(curve).subarray(1, 1 + fieldLength),
  )
  const changes: Partial<Spelt>[] = [
    { p: p + 2n },
    { a: fromBigInt(a - 1n, fieldLength) },
    { b: fromBigInt(b + 1n, fieldLength) },
    { generator: other },
    { generator: compressedWrong },
    { generator: new Uint8Array(1) },
    { generator: new Uint8Array() },
    { n: n - 2n },
    { h: 2n },
    { h: 0n },
    { field: '1.2.840.10045.1.2' },
  ]
  for (const change of changes) {
    expect(() => importPublicKey(spell(curve, point, change))).toThrow(code('CURVE_UNKNOWN'))
  }
})

test('a forged generator that makes a foreign public point one of known private key is refused (CVE-2020-0601)', () => {
  // The forger takes the victim's point Q as generator: then Q has the private key 1.
  const victim = generateEcKeyPair('secp256r1', random).publicKey
  const one = fromBigInt(1n, 32)
  expect(ecPublicKey('secp256r1', one, victim)).toEqual(victim)
  expect(() => importPublicKey(spell('secp256r1', victim, { generator: victim }))).toThrow(code('CURVE_UNKNOWN'))
  // ... or a generator G' = x⁻¹·Q of a private key x of the forger's choice.
  const half = fromBigInt((curveParameters('secp256r1').n + 1n) / 2n, 32)
  const generator = ecPublicKey('secp256r1', half, victim)
  expect(ecPublicKey('secp256r1', fromBigInt(2n, 32), generator)).toEqual(victim)
  expect(() => importPublicKey(spell('secp256r1', victim, { generator }))).toThrow(code('CURVE_UNKNOWN'))
})

test('an unknown named curve, implicit parameters and absent ones are no curve', () => {
  const { publicKey: point } = generateEcKeyPair('secp256r1', random)
  const key = (...parameters: Uint8Array[]): Uint8Array =>
    derSequence(derSequence(derOid(EC), ...parameters), derBits(point))
  const secp256k1 = '1.3.132.0.10'
  expect(() => importPublicKey(key(derOid(secp256k1)))).toThrow(
    expect.objectContaining({ code: 'CURVE_UNKNOWN', facts: { oid: secp256k1 } }),
  )
  expect(() => importPublicKey(key(derNull()))).toThrow(code('CURVE_UNKNOWN'))
  expect(() => importPublicKey(key())).toThrow(code('CURVE_UNKNOWN'))
})

test('a public point off its curve is refused, and a compressed one is expanded', () => {
  const { publicKey: point } = generateEcKeyPair('brainpoolP384r1', random)
  const moved = point.slice()
  moved[20] = (moved[20] as number) ^ 1
  for (const bad of [moved, point.slice(1), new Uint8Array(1), new Uint8Array()]) {
    expect(() => importPublicKey(encodeEcSpki('brainpoolP384r1', bad, 'named'))).toThrow(code('POINT_INVALID'))
  }
  const short = concat(Uint8Array.of(2 + ((point.at(-1) as number) & 1)), point.subarray(1, 49))
  expect(importPublicKey(encodeEcSpki('brainpoolP384r1', short, 'named'))).toMatchObject({ point })
})

test.each([3, 65537])('an RSA key with exponent %i is read with its numbers', exponent => {
  const { spki } = generateKey({ kind: 'rsa', bits: 1024, exponent })
  const key = importPublicKey(spki)
  expect(key).toMatchObject({ kind: 'rsa', spki })
  expect(key.kind === 'rsa' && BigInt(`0x${toHex(key.exponent)}`)).toBe(BigInt(exponent))
  expect(key.kind === 'rsa' && key.modulus).toHaveLength(128)
})

test('an RSA modulus written without its leading zero is the same number, and zero is refused', () => {
  const { spki } = generateKey({ kind: 'rsa', bits: 1024 })
  const good = importPublicKey(spki)
  if (good.kind !== 'rsa') throw new Error('not RSA')
  const raw = (value: Uint8Array): Uint8Array => concat(Uint8Array.of(0x02, 0x81, value.length), value)
  const bare = derSequence(
    derSequence(derOid('1.2.840.113549.1.1.1'), derNull()),
    derBits(derSequence(raw(good.modulus), derUnsigned(65537))),
  )
  expect(importPublicKey(bare)).toMatchObject({ modulus: good.modulus, exponent: good.exponent })
  expect(() => importPublicKey(encodeRsaSpki(0n, 3n))).toThrow(code('KEY_MALFORMED'))
})

test('a key for something else is refused by name of its algorithm', () => {
  const ed25519 = fromHex(`302A300506032B6570032100${'00'.repeat(32)}`)
  expect(() => importPublicKey(ed25519)).toThrow(
    expect.objectContaining({ code: 'ALGORITHM_UNKNOWN', facts: { oid: '1.3.101.112' } }),
  )
})

test('cut or hostile keys throw nothing but FormatError', () => {
  const good = [
    encodeEcSpki('secp256r1', generatorPoint('secp256r1'), 'explicit'),
    encodeEcSpki('brainpoolP224r1', generatorPoint('brainpoolP224r1'), 'named'),
    encodeRsaSpki((1n << 1023n) + 1n, 65537n),
  ]
  const hostile = (bytes: Uint8Array): void => {
    try {
      importPublicKey(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
  }
  for (const spki of good) {
    for (let end = 0; end < spki.length; end++)
      expect(() => importPublicKey(spki.subarray(0, end))).toThrow(FormatError)
    for (let at = 0; at < spki.length; at++) {
      for (const value of [0x00, 0x7f, 0x80, 0xff]) {
        const changed = spki.slice()
        changed[at] = value
        hostile(changed)
      }
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), hostile))
})

test('an RSA key with exponent 1 is refused, since every message would be its own signature', () => {
  const modulus = 2n ** 2048n - 1n
  expect(() => importPublicKey(encodeRsaSpki(modulus, 1n))).toThrow(code('KEY_MALFORMED'))
  expect(importPublicKey(encodeRsaSpki(modulus, 3n)).kind).toBe('rsa')
})
