import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../bytes.ts'
import { generateKey, softwareSigner } from '../crypto/signer.ts'
import { derNull, derOctetString, derOid, derSequence, derUnsigned } from '../der.ts'
import { buildSignedData } from '../pki/signed-data.ts'
import { parseCardSecurity, SECURITY_OBJECT_OID } from './card-security.ts'
import { buildSecurityInfos } from './security-infos.ts'
import { buildLdsSecurityObject, buildSod, LDS_SECURITY_OBJECT_OID, parseLdsSecurityObject, parseSod } from './sod.ts'

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

const CARD_SECURITY = (() => {
  const url = new URL('../../../../fixtures/vectors/security-infos.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: readonly { id: string; hex: string }[] }
  return fromHex(cases.find(({ id }) => id === 'card-security-eac2-ecdh')?.hex ?? '')
})()

/** Signed data over `content`; nobody checks the signature here, so the certificate need not be the key's. */
function signed(contentType: string, content: Uint8Array): Promise<Uint8Array> {
  const { pkcs8 } = generateKey({ kind: 'ec', curve: 'secp256r1' })
  const signer = softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash: 'sha256' } })
  const [certificate] = parseCardSecurity(CARD_SECURITY).signedData.certificates
  return buildSignedData({
    contentType,
    content,
    certificate: certificate?.raw ?? new Uint8Array(0),
    digest: 'sha256',
    signer,
  })
}

test.each([LDS_SECURITY_OBJECT_OID, '1.2.528.1.1006.1.20.1', '1.2.840.113549.1.7.1'])(
  'an EF.SOD with content type %s is parsed, and keeps saying so',
  async oid => {
    const content = object(pair(1, 1), pair(2, 2))
    const { signedData, ldsSecurityObject } = parseSod(buildSod(await signed(oid, content)))
    expect(signedData.contentType).toBe(oid)
    expect(ldsSecurityObject.raw).toEqual(content)
    expect([...ldsSecurityObject.dataGroupHashes.keys()]).toEqual([1, 2])
  },
)

test('content signed under any other type is no LDS security object, whatever it looks like', async () => {
  const sod = buildSod(await signed(SECURITY_OBJECT_OID, object(pair(1, 1))))
  expect(() => parseSod(sod)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: { file: 'EF.SOD', oid: SECURITY_OBJECT_OID } }),
  )
})

test('a fault in the LDS security object is placed by its offset in EF.SOD', async () => {
  const sod = buildSod(await signed(LDS_SECURITY_OBJECT_OID, object(pair(1, 1), pair(17, 2))))
  const second = toHex(sod).indexOf(toHex(pair(17, 2))) / 2
  expect(() => parseSod(sod)).toThrow(expect.objectContaining({ facts: { file: 'EF.SOD', offset: second + 2 } }))
})

test('EF.CardSecurity: parsing undoes building, and an EF.SOD content in its place is refused', async () => {
  const { securityInfos } = parseCardSecurity(CARD_SECURITY)
  const built = await signed(SECURITY_OBJECT_OID, buildSecurityInfos(securityInfos))
  expect(parseCardSecurity(built).securityInfos).toEqual(securityInfos)
  const other = await signed(LDS_SECURITY_OBJECT_OID, object(pair(1, 1)))
  expect(() => parseCardSecurity(other)).toThrow(
    expect.objectContaining({
      code: 'SECURITY_INFO_MALFORMED',
      facts: { file: 'EF.CardSecurity', oid: LDS_SECURITY_OBJECT_OID },
    }),
  )
})
