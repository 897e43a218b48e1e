import { expect, test } from 'vitest'
import { fromHex } from '../bytes.ts'
import type { HashName } from '../crypto/hash.ts'
import type { SignatureAlgorithm } from '../crypto/signature.ts'
import { derContext, derNull, derOid, derSequence, derUnsigned } from '../der.ts'
import {
  encodeHashAlgorithm,
  encodeSignatureAlgorithm,
  hashAlgorithm,
  hasOddParameters,
  isPlainEcdsa,
  parseAlgorithmIdentifier,
  signatureAlgorithm,
} from './algorithm.ts'

const identifier = (oid: string, ...parameters: Uint8Array[]) =>
  parseAlgorithmIdentifier(derSequence(derOid(oid), ...parameters))
const HASHES: readonly HashName[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']

test.each(HASHES)('every signature algorithm with %s is read as it was written', hash => {
  const algorithms: SignatureAlgorithm[] = [
    { kind: 'rsa-pkcs1', hash },
    { kind: 'ecdsa', hash },
    { kind: 'rsa-pss', hash, mgfHash: hash, saltLength: 32 },
    { kind: 'rsa-pss', hash, mgfHash: 'sha1', saltLength: 20 },
  ]
  for (const algorithm of algorithms) {
    const parsed = parseAlgorithmIdentifier(encodeSignatureAlgorithm(algorithm))
    expect(signatureAlgorithm(parsed)).toEqual(algorithm)
    expect(hasOddParameters(parsed)).toBe(false)
  }
  expect(hashAlgorithm(parseAlgorithmIdentifier(encodeHashAlgorithm(hash, 'null')))).toBe(hash)
})

test('PSS parameters have their defaults: SHA-1, MGF1 with SHA-1, a salt of 20 (RFC 4055 §3.1)', () => {
  const defaults = { kind: 'rsa-pss', hash: 'sha1', mgfHash: 'sha1', saltLength: 20 }
  expect(signatureAlgorithm(identifier('1.2.840.113549.1.1.10'))).toEqual(defaults)
  expect(signatureAlgorithm(identifier('1.2.840.113549.1.1.10', derSequence()))).toEqual(defaults)
  expect(signatureAlgorithm(identifier('1.2.840.113549.1.1.10', derSequence(derContext(2, derUnsigned(48)))))).toEqual({
    ...defaults,
    saltLength: 48,
  })
})

test('the PSS parameters of the BSI reference SOD are SHA-256, MGF1 with SHA-256 and a salt of 32', () => {
  const parameters = fromHex(
    '3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120',
  )
  expect(signatureAlgorithm(identifier('1.2.840.113549.1.1.10', parameters))).toEqual({
    kind: 'rsa-pss',
    hash: 'sha256',
    mgfHash: 'sha256',
    saltLength: 32,
  })
})

test('PSS with another trailer, mask or an endless salt is not known', () => {
  for (const parameters of [
    derSequence(derContext(3, derUnsigned(2))),
    derSequence(derContext(1, derSequence(derOid('1.2.3')))),
    derSequence(derContext(2, derUnsigned(100_000))),
    derSequence(derUnsigned(1)),
  ]) {
    expect(() => signatureAlgorithm(identifier('1.2.840.113549.1.1.10', parameters))).toThrow(
      expect.objectContaining({ code: 'ALGORITHM_UNKNOWN' }),
    )
  }
})

test('an identifier that names the key type alone takes the hash of the digest, and without one is not known', () => {
  const digest = parseAlgorithmIdentifier(encodeHashAlgorithm('sha384'))
  const rsa = identifier('1.2.840.113549.1.1.1', derNull())
  expect(signatureAlgorithm(rsa, digest)).toEqual({ kind: 'rsa-pkcs1', hash: 'sha384' })
  expect(signatureAlgorithm(identifier('1.2.840.10045.2.1'), digest)).toEqual({ kind: 'ecdsa', hash: 'sha384' })
  expect(() => signatureAlgorithm(rsa)).toThrow(expect.objectContaining({ code: 'ALGORITHM_UNKNOWN' }))
})

test('an identifier that names a hash keeps it whatever the digest says', () => {
  const digest = parseAlgorithmIdentifier(encodeHashAlgorithm('sha384'))
  expect(signatureAlgorithm(identifier('1.2.840.10045.4.3.2'), digest)).toEqual({ kind: 'ecdsa', hash: 'sha256' })
})

test('plain ECDSA of TR-03111 is ECDSA with r‖s', () => {
  const plain = identifier('0.4.0.127.0.7.1.1.4.1.3')
  expect(signatureAlgorithm(plain)).toEqual({ kind: 'ecdsa', hash: 'sha256' })
  expect(isPlainEcdsa(plain)).toBe(true)
  expect(isPlainEcdsa(identifier('1.2.840.10045.4.3.2'))).toBe(false)
})

test('MD5 is not known, and its OID stands in the facts', () => {
  expect(() => signatureAlgorithm(identifier('1.2.840.113549.1.1.4', derNull()))).toThrow(
    expect.objectContaining({ code: 'ALGORITHM_UNKNOWN', facts: { oid: '1.2.840.113549.1.1.4' } }),
  )
  expect(() => hashAlgorithm(identifier('1.2.840.113549.2.5'))).toThrow(
    expect.objectContaining({ code: 'ALGORITHM_UNKNOWN' }),
  )
})
