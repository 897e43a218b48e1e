import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { curveByParameterId } from '../crypto/curve-parameters.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import { FormatError } from '../error.ts'
import { parseCardSecurity, SECURITY_OBJECT_OID } from './card-security.ts'
import { buildDg14, parseDg14 } from './dg14.ts'
import { buildSecurityInfo, buildSecurityInfos, parseSecurityInfos, type SecurityInfo } from './security-infos.ts'

interface Case {
  readonly id: string
  readonly file: 'EF.CardAccess' | 'EF.CardSecurity' | 'EF.DG14' | 'SecurityInfos'
  readonly hex: string
  readonly reject?: string
  readonly contentType?: string
  readonly content?: string
  readonly infos?: readonly {
    readonly kind: SecurityInfo['kind']
    readonly oid: string
    readonly raw: string
    readonly version?: number
    readonly parameterId?: number
    readonly keyId?: number
    readonly domainParameter?: string
    readonly signatureAlgorithmOid?: string
    readonly protocol?: string
  }[]
}

const vectors = new URL('../../../../fixtures/vectors/security-infos.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: readonly Case[] }

function parse({ file, hex }: Case): readonly SecurityInfo[] {
  const bytes = fromHex(hex)
  switch (file) {
    case 'EF.CardAccess':
    case 'SecurityInfos':
      return parseSecurityInfos(bytes)
    case 'EF.DG14':
      return parseDg14(bytes)
    case 'EF.CardSecurity':
      return parseCardSecurity(bytes).securityInfos
  }
}

const accepted = cases.filter(each => !each.reject)
const refused = cases.filter(each => each.reject)

test('all 27 published cases are asserted: 20 to be read, 7 to be refused', () => {
  expect([accepted.length, refused.length]).toEqual([20, 7])
})

test.each(accepted)('$id: kinds, order and fields are those published', given => {
  const infos = parse(given)
  expect(infos.map(({ kind, oid }) => ({ kind, oid }))).toEqual(given.infos?.map(({ kind, oid }) => ({ kind, oid })))
  for (const [i, expected] of (given.infos ?? []).entries()) {
    const info = infos[i] as SecurityInfo
    const fields = info as unknown as Record<string, unknown>
    if (expected.version !== undefined) expect(fields.version).toBe(expected.version)
    expect(fields.parameterId).toBe(expected.parameterId)
    expect(fields.keyId).toBe(expected.keyId === undefined ? undefined : BigInt(expected.keyId))
    if (expected.domainParameter) expect(toHex(fields.domainParameter as Uint8Array)).toBe(expected.domainParameter)
    if (expected.signatureAlgorithmOid) expect(fields.signatureAlgorithmOid).toBe(expected.signatureAlgorithmOid)
  }
})

test.each(accepted)('$id: each info and the whole set are built again to the same bytes', given => {
  const infos = parse(given)
  expect(infos.map(info => toHex(buildSecurityInfo(info)))).toEqual(given.infos?.map(({ raw }) => raw))
  if (given.file === 'EF.DG14') expect(toHex(buildDg14(infos))).toBe(given.hex)
  else expect(toHex(buildSecurityInfos(infos))).toBe(given.content ?? given.hex)
})

test.each(accepted.filter(({ infos }) => infos?.some(({ kind }) => kind === 'pace')))(
  '$id: the protocol name says the same as agreement, mapping and cipher',
  given => {
    const names = given.infos?.filter(({ kind }) => kind === 'pace').map(({ protocol }) => protocol)
    const told = parse(given).flatMap(info => {
      if (info.kind !== 'pace') return []
      const cipher = info.cipher === '3DES' ? '3DES-CBC-CBC' : info.cipher.replace('AES-', 'AES-CBC-CMAC-')
      return [`id-PACE-${info.agreement}-${info.mapping}-${cipher}`]
    })
    expect(told).toEqual(names)
  },
)

test.each(refused)('$id is refused: $reject', given => {
  expect(() => parse(given)).toThrow(expect.objectContaining({ code: 'SECURITY_INFO_MALFORMED' }))
})

test('EF.CardSecurity is signed under id-SecurityObject', () => {
  const signed = cases.filter(({ file }) => file === 'EF.CardSecurity')
  expect(signed).toHaveLength(2)
  for (const { hex, contentType } of signed) {
    expect(contentType).toBe(SECURITY_OBJECT_OID)
    expect(parseCardSecurity(fromHex(hex)).signedData.contentType).toBe(contentType)
  }
})

test('a key whose point does not fit its named curve parses here and is refused when it is imported', () => {
  const given = cases.find(({ id }) => id === 'dg14-chip-authentication-ec-explicit-oid') as Case
  const [info] = parse(given)
  if (info?.kind !== 'chipAuthenticationPublicKey') return expect.unreachable()
  expect(() => importPublicKey(info.spki)).toThrow(FormatError)
})

test("the known card's EF.CardAccess says PACE-ECDH-GM with AES-128 on brainpoolP256r1", () => {
  const bytes = fromHex(
    '3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D',
  )
  const infos = parseSecurityInfos(bytes)
  expect(infos.map(({ kind }) => kind)).toEqual(['terminalAuthentication', 'chipAuthentication', 'pace'])
  expect(infos[1]).toMatchObject({ cipher: 'AES-128', agreement: 'ECDH', version: 1 })
  expect(infos[2]).toMatchObject({ cipher: 'AES-128', agreement: 'ECDH', mapping: 'GM', version: 2, parameterId: 13 })
  expect(curveByParameterId(13)).toBe('brainpoolP256r1')
  expect(buildSecurityInfos(infos)).toEqual(bytes)
})

test('a PACEInfo without parameterId is read, its parameters stand in the info beside it', () => {
  const algorithm = fromHex('300C060704007F0007010202010D')
  const infos: SecurityInfo[] = [
    { kind: 'pace', oid: '0.4.0.127.0.7.2.2.4.2.2', cipher: 'AES-128', agreement: 'ECDH', mapping: 'GM', version: 2 },
    {
      kind: 'paceDomainParameters',
      oid: '0.4.0.127.0.7.2.2.4.2',
      agreement: 'ECDH',
      mapping: 'GM',
      domainParameter: algorithm,
    },
  ]
  expect(parseSecurityInfos(buildSecurityInfos(infos))).toEqual(infos)
})

test('a parameterId above 31 is accepted with its own domain parameters beside it, refused alone', () => {
  const pace = {
    kind: 'pace',
    oid: '0.4.0.127.0.7.2.2.4.2.4',
    cipher: 'AES-256',
    agreement: 'ECDH',
    mapping: 'GM',
    version: 2,
    parameterId: 40,
  } as const
  const own = {
    kind: 'paceDomainParameters',
    oid: '0.4.0.127.0.7.2.2.4.2',
    agreement: 'ECDH',
    mapping: 'GM',
    domainParameter: fromHex('300C060704007F0007010202010D'),
    parameterId: 40,
  } as const
  expect(parseSecurityInfos(buildSecurityInfos([pace, own]))).toEqual([pace, own])
  expect(() => parseSecurityInfos(buildSecurityInfos([pace]))).toThrow(FormatError)
})

test('terminal authentication may name where EF.CVCA lies', () => {
  const infos: SecurityInfo[] = [
    { kind: 'terminalAuthentication', oid: '0.4.0.127.0.7.2.2.2', version: 1, efCvca: { fid: 0x011c, sfi: 0x1c } },
    { kind: 'terminalAuthentication', oid: '0.4.0.127.0.7.2.2.2', version: 1, efCvca: { fid: 0x4f01 } },
  ]
  expect(parseSecurityInfos(buildSecurityInfos(infos))).toEqual(infos)
})

test('chip authentication mapping with 3DES does not exist and stays unknown', () => {
  const bytes = fromHex('31143012060A04007F0007020204060102010202010D')
  expect(parseSecurityInfos(bytes).map(({ kind }) => kind)).toEqual(['unknown'])
})

test('bytes after the set are refused, and the error says in which file and where', () => {
  const bytes = fromHex('6E0F310D300D060804007F0007020202020101'.replace('0F310D', '11310F'))
  expect(parseDg14(bytes)).toHaveLength(1)
  const longer = fromHex(`${toHex(bytes)}00`)
  expect(() => parseDg14(longer)).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ file: 'EF.DG14', offset: bytes.length }) }),
  )
})
