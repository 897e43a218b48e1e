import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex } from '../bytes.ts'
import { derNull, derOctetString, derOid, derSequence, derUnsigned } from '../der.ts'
import { buildLdsSecurityObject, buildSod, parseLdsSecurityObject, parseSod } from './sod.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const hash = (fill: number) => new Uint8Array(32).fill(fill)
const pair = (n: number, fill: number) => derSequence(derUnsigned(n), derOctetString(hash(fill)))
const object = (...hashes: readonly Uint8Array[]) =>
  derSequence(derUnsigned(0), derSequence(derOid(SHA256), derNull()), derSequence(...hashes))

test('the LDS security object lists hashes in the order found, with the version it says', () => {
  const parsed = parseLdsSecurityObject(object(pair(14, 1), pair(1, 2)))
  expect(parsed).toMatchObject({ version: 0, hash: 'sha256', hashParameters: 'null' })
  expect([...parsed.dataGroupHashes]).toEqual([
    [14, hash(1)],
    [1, hash(2)],
  ])
})

test('version 1 carries the versions of EF.COM', () => {
  const dataGroupHashes = new Map([[1, hash(1)]])
  const built = buildLdsSecurityObject({
    hash: 'sha384',
    dataGroupHashes,
    ldsVersion: '0108',
    unicodeVersion: '040000',
  })
  expect(parseLdsSecurityObject(built)).toMatchObject({
    version: 1,
    hash: 'sha384',
    ldsVersion: '0108',
    unicodeVersion: '040000',
  })
})

test.each([
  ['a data group listed twice', object(pair(1, 1), pair(1, 2))],
  ['data group 0', object(pair(0, 1))],
  ['data group 17', object(pair(17, 1))],
  ['no data group', object()],
  ['bytes after it', concat(object(pair(1, 1)), Uint8Array.of(0))],
  ['version 2', derSequence(derUnsigned(2), derSequence(derOid(SHA256)), derSequence(pair(1, 1)))],
])('an LDS security object with %s is refused', (_, bytes) => {
  expect(() => parseLdsSecurityObject(bytes)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: expect.objectContaining({ file: 'EF.SOD' }) }),
  )
})

test('a hash algorithm that is not known is named by its OID', () => {
  const bytes = derSequence(derUnsigned(0), derSequence(derOid('1.2.840.113549.2.5')), derSequence(pair(1, 1)))
  expect(() => parseLdsSecurityObject(bytes)).toThrow(
    expect.objectContaining({ code: 'ALGORITHM_UNKNOWN', facts: { file: 'EF.SOD', oid: '1.2.840.113549.2.5' } }),
  )
})

test('an EF.SOD that is not CMS is refused as such, and one that is no EF.SOD as that', () => {
  expect(() => parseSod(buildSod(fromHex('0403010203')))).toThrow(
    expect.objectContaining({
      code: 'SIGNED_DATA_MALFORMED',
      facts: expect.objectContaining({ file: 'EF.SOD', offset: 2 }),
    }),
  )
  expect(() => parseSod(fromHex('3003020101'))).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: { file: 'EF.SOD', tag: 0x30, offset: 0 } }),
  )
})

test('parsing undoes building for any LDS security object', () => {
  const given = fc.record({
    hash: fc.constantFrom('sha1' as const, 'sha224' as const, 'sha256' as const, 'sha384' as const, 'sha512' as const),
    hashParameters: fc.constantFrom('absent' as const, 'null' as const),
    dataGroupHashes: fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 16 }), fc.uint8Array({ minLength: 20, maxLength: 64 })), {
        minLength: 1,
        selector: ([n]) => n,
      })
      .map(entries => new Map(entries)),
  })
  fc.assert(
    fc.property(given, each => {
      const raw = buildLdsSecurityObject(each)
      expect(parseLdsSecurityObject(raw)).toEqual({ version: 0, ...each, raw })
    }),
  )
})
