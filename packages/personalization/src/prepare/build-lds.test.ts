import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CurveName,
  checkSignerInfo,
  digest,
  encodeEcSpki,
  FormatError,
  findSigner,
  generateKey,
  type HashName,
  importPublicKey,
  type LdsFiles,
  parseCom,
  parseDg2,
  parseDg3,
  parseDg14,
  parseDg15,
  parseSecurityInfos,
  parseSod,
  parseTlv,
  type Signer,
  softwareSigner,
  toHex,
} from '@cccd/card-core'
import { expect, test } from 'vitest'
import { createCsca } from '../authority/csca.ts'
import { createDocumentSigner } from '../authority/signer-certificate.ts'
import type { Holder } from '../intake/holder.ts'
import { buildLds, type LdsOptions } from './build-lds.ts'
import { type DocumentSigner, signLds } from './document-signer.ts'

const KNOWN_CARD_ACCESS =
  '3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D'

// SOI, a frame of 3 × 4 pixels, EOI.
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 4, 0, 3, 1, 1, 0x11, 0, 0xff, 0xd9)
const holder: Holder = {
  personalNumber: '999085067890',
  fullName: 'Đặng Hữu Mẫu',
  dateOfBirth: '02/11/1985',
  sex: 'male',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Tỉnh Mẫu',
  placeOfResidence: 'Tỉnh Mẫu',
  identifyingFeatures: 'Không',
  dateOfIssue: '05/09/2024',
  dateOfExpiry: '02/11/2045',
}
const withPortrait: Holder = { ...holder, portrait: jpeg }
const ca = generateKey({ kind: 'ec', curve: 'brainpoolP256r1' })
const aa = generateKey({ kind: 'ec', curve: 'secp256r1' })
const OPTIONS: LdsOptions = {
  chipAuthentication: [{ cipher: 'AES-128', spki: ca.spki }],
  activeAuthentication: { spki: aa.spki, hash: 'sha256' },
}

test('EF.CardAccess is that of the known cards, byte for byte', () => {
  expect(toHex(buildLds(withPortrait, OPTIONS)['EF.CardAccess'] as Uint8Array)).toBe(KNOWN_CARD_ACCESS)
})

test('EF.COM lists the groups that are there, with the versions of the known cards', () => {
  const files = buildLds(withPortrait, OPTIONS)
  expect(parseCom(files['EF.COM'] as Uint8Array)).toEqual({
    ldsVersion: '0107',
    unicodeVersion: '040000',
    dataGroups: [1, 2, 13, 14, 15],
  })
  const bare = buildLds(holder, { pace: [], terminalAuthentication: false })
  expect(parseCom(bare['EF.COM'] as Uint8Array).dataGroups).toEqual([1, 13])
  expect(Object.keys(bare).sort()).toEqual(['EF.COM', 'EF.DG1', 'EF.DG13'])
})

test('DG14 repeats EF.CardAccess and adds the keys and the ECDSA algorithm', () => {
  const files = buildLds(withPortrait, OPTIONS)
  const access = parseSecurityInfos(files['EF.CardAccess'] as Uint8Array)
  const infos = parseDg14(files['EF.DG14'] as Uint8Array)
  expect(infos.slice(0, access.length)).toEqual(access)
  expect(infos.slice(access.length)).toMatchObject([
    { kind: 'chipAuthenticationPublicKey', spki: ca.spki },
    { kind: 'activeAuthentication', signatureAlgorithmOid: '0.4.0.127.0.7.1.1.4.1.3' },
  ])
  expect(toHex(parseDg15(files['EF.DG15'] as Uint8Array).spki)).toBe(toHex(aa.spki))
})

test('two chip-authentication keys keep their identifiers apart', () => {
  const chipAuthentication = [
    { cipher: 'AES-256' as const, spki: ca.spki, keyId: 1n },
    { cipher: '3DES' as const, spki: aa.spki, keyId: 2n },
  ]
  const infos = parseDg14(buildLds(holder, { chipAuthentication })['EF.DG14'] as Uint8Array)
  expect(infos.filter(info => info.kind === 'chipAuthentication')).toMatchObject([
    { cipher: 'AES-256', keyId: 1n },
    { cipher: '3DES', keyId: 2n },
  ])
  expect(infos.filter(info => info.kind === 'chipAuthenticationPublicKey')).toMatchObject([
    { keyId: 1n },
    { keyId: 2n },
  ])
})

test('the portrait comes back out of DG2 unchanged, and fingers out of DG3', () => {
  const finger = { position: 2, quality: 70, impressionType: 0, compression: 'wsq' as const, width: 9, height: 8 }
  const files = buildLds(withPortrait, { fingerprints: [{ ...finger, image: Uint8Array.of(1, 2, 3) }] })
  const [face] = parseDg2(files['EF.DG2'] as Uint8Array).faces
  expect(face).toMatchObject({ format: 'jpeg', image: jpeg })
  expect(parseDg3(files['EF.DG3'] as Uint8Array).fingers).toEqual([{ ...finger, image: Uint8Array.of(1, 2, 3) }])
  expect(parseCom(files['EF.COM'] as Uint8Array).dataGroups).toEqual([1, 2, 3, 13, 14])
})

test('a portrait that is no picture is refused', () => {
  expect(() => buildLds({ ...holder, portrait: Uint8Array.of(1, 2, 3) })).toThrow(FormatError)
})

// Signing.

const VALIDITY = { notBefore: new Date('2021-01-01T00:00:00Z'), notAfter: new Date('2036-01-01T00:00:00Z') }

function signerOf(curve: CurveName | 'rsa', hash: HashName, form: 'named' | 'explicit'): Signer {
  const key = curve === 'rsa' ? generateKey({ kind: 'rsa', bits: 2048 }) : generateKey({ kind: 'ec', curve })
  if (curve === 'rsa') return softwareSigner({ pkcs8: key.pkcs8, algorithm: { kind: 'rsa-pkcs1', hash } })
  const publicKey = importPublicKey(key.spki)
  if (publicKey.kind !== 'ec') throw new Error('not an EC key')
  const spki = encodeEcSpki(curve, publicKey.point, form)
  return softwareSigner({ pkcs8: key.pkcs8, algorithm: { kind: 'ecdsa', hash }, spki })
}

async function documentSignerOf(signer: Signer, hash: HashName): Promise<DocumentSigner & { csca: Uint8Array }> {
  const cscaSigner = signerOf('secp256r1', 'sha256', 'named')
  const csca = await createCsca({ signer: cscaSigner, serialNumber: Uint8Array.of(1), validity: VALIDITY })
  const certificate = await createDocumentSigner({
    csca: { certificate: csca, signer: cscaSigner },
    spki: signer.publicKey,
    serialNumber: Uint8Array.of(2),
    validity: VALIDITY,
  })
  return { certificate, signer, digest: hash, csca }
}

function checkSod(files: LdsFiles, sod: Uint8Array, hash: HashName) {
  const { signedData, ldsSecurityObject } = parseSod(sod)
  expect(ldsSecurityObject.hash).toBe(hash)
  for (const [n, listed] of ldsSecurityObject.dataGroupHashes) {
    expect(toHex(listed)).toBe(toHex(digest(hash, files[`EF.DG${n}` as keyof LdsFiles] as Uint8Array)))
  }
  const [info] = signedData.signerInfos
  const signer = info && findSigner(signedData, info)
  if (!info || !signer) throw new Error('no signer')
  expect(checkSignerInfo(signedData, info, signer)).toMatchObject({
    signedAttributes: 'successful',
    digest: true,
    signature: true,
  })
  return { info, ldsSecurityObject }
}

test.each(['1.7', '1.8'] as const)('the SOD of LDS %s has the version of its security object', async ldsVersion => {
  const files = buildLds(withPortrait, { ...OPTIONS, ldsVersion })
  const documentSigner = await documentSignerOf(signerOf('brainpoolP384r1', 'sha384', 'explicit'), 'sha384')
  const sod = await signLds(files, documentSigner)
  const { info, ldsSecurityObject } = checkSod(files, sod, 'sha384')
  expect(info.signedAttributes?.signingTime).toBeUndefined()
  expect([...ldsSecurityObject.dataGroupHashes.keys()]).toEqual([1, 2, 13, 14, 15])
  expect(ldsSecurityObject).toMatchObject(
    ldsVersion === '1.7' ? { version: 0 } : { version: 1, ldsVersion: '0108', unicodeVersion: '040000' },
  )
  expect(parseCom(files['EF.COM'] as Uint8Array).ldsVersion).toBe(ldsVersion === '1.7' ? '0107' : '0108')
})

test('signing without EF.COM is refused', async () => {
  const documentSigner = await documentSignerOf(signerOf('secp256r1', 'sha256', 'named'), 'sha256')
  await expect(signLds({}, documentSigner)).rejects.toThrow(FormatError)
})

const openssl = spawnSync('openssl', ['version']).status === 0

test.skipIf(!openssl).each([
  ['rsa', 'sha256', 'named', 'issuerAndSerialNumber'],
  ['secp256r1', 'sha256', 'named', 'subjectKeyIdentifier'],
  ['brainpoolP256r1', 'sha256', 'named', 'issuerAndSerialNumber'],
  ['brainpoolP384r1', 'sha384', 'explicit', 'issuerAndSerialNumber'],
] as const)(
  'OpenSSL verifies the SOD of a %s signer with %s, curve %s, by %s (needs the openssl command)',
  async (curve, hash, form, sid) => {
    const files = buildLds(withPortrait, OPTIONS)
    const documentSigner = await documentSignerOf(signerOf(curve, hash, form), hash)
    const signingTime = new Date('2022-02-02T02:02:02Z')
    const sod = await signLds(files, documentSigner, { signingTime, sid })
    expect(checkSod(files, sod, hash).info).toMatchObject({
      sid: { kind: sid },
      signedAttributes: { signingTime: signingTime.getTime() },
    })
    const folder = mkdtempSync(join(tmpdir(), 'cccd-sod-'))
    try {
      const pem = Buffer.from(documentSigner.csca)
        .toString('base64')
        .match(/.{1,64}/g)
        ?.join('\n')
      writeFileSync(join(folder, 'csca.pem'), `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`)
      writeFileSync(join(folder, 'sod.der'), parseTlv(sod, 0x77).value)
      // OpenSSL builds no path over explicit parameters: there the signature alone is asked for.
      const path =
        form === 'explicit'
          ? ['-noverify']
          : ['-CAfile', join(folder, 'csca.pem'), '-purpose', 'any', '-attime', String(Date.UTC(2022, 1, 3) / 1000)]
      const arguments_ = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', join(folder, 'sod.der'), ...path]
      const run = spawnSync('openssl', [...arguments_, '-out', join(folder, 'content')], { encoding: 'utf8' })
      expect(run.stderr).toMatch(/success/i)
      expect(toHex(readFileSync(join(folder, 'content')))).toBe(toHex(parseSod(sod).ldsSecurityObject.raw))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
