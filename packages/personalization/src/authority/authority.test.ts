import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Certificate,
  type CurveName,
  crlState,
  digest,
  encodeEcSpki,
  findRevocation,
  generateKey,
  type HashName,
  importPublicKey,
  isRevoked,
  parseCertificate,
  parseCrl,
  parseMasterList,
  type Signer,
  softwareSigner,
  toHex,
  verifyCertificate,
  verifyCrl,
  verifyMasterList,
} from '@cccd/card-core'
import * as pkijs from 'pkijs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCrl } from './crl.ts'
import { createCsca, createLinkCertificate } from './csca.ts'
import { ownBuffer } from './issue-certificate.ts'
import { createMasterList } from './master-list.ts'
import { createDocumentSigner, createMasterListSigner } from './signer-certificate.ts'

function ecSigner(curve: CurveName, hash: HashName, form: 'named' | 'explicit'): Signer {
  const { pkcs8, spki } = generateKey({ kind: 'ec', curve })
  const key = importPublicKey(spki)
  if (key.kind !== 'ec') throw new Error('not an EC key')
  return softwareSigner({
    pkcs8,
    algorithm: { kind: 'ecdsa', hash },
    spki: encodeEcSpki(curve, key.point, form),
  })
}

function rsaSigner(kind: 'rsa-pkcs1' | 'rsa-pss', hash: HashName): Signer {
  const { pkcs8 } = generateKey({ kind: 'rsa', bits: 2048 })
  return softwareSigner({
    pkcs8,
    algorithm: kind === 'rsa-pkcs1' ? { kind, hash } : { kind, hash, mgfHash: hash, saltLength: 32 },
  })
}

const PAIRS: readonly [title: string, csca: () => Signer, documentSigner: () => Signer][] = [
  [
    'brainpoolP512r1 and brainpoolP384r1 with explicit parameters',
    () => ecSigner('brainpoolP512r1', 'sha512', 'explicit'),
    () => ecSigner('brainpoolP384r1', 'sha384', 'explicit'),
  ],
  [
    'secp384r1 and secp256r1 by name',
    () => ecSigner('secp384r1', 'sha384', 'named'),
    () => ecSigner('secp256r1', 'sha256', 'named'),
  ],
  [
    'secp521r1 explicit and secp224r1 by name',
    () => ecSigner('secp521r1', 'sha512', 'explicit'),
    () => ecSigner('secp224r1', 'sha224', 'named'),
  ],
  ['RSA with PKCS #1', () => rsaSigner('rsa-pkcs1', 'sha256'), () => rsaSigner('rsa-pkcs1', 'sha256')],
  ['RSA with PSS', () => rsaSigner('rsa-pss', 'sha256'), () => rsaSigner('rsa-pss', 'sha256')],
]

const VALIDITY = { notBefore: new Date('2024-03-01T10:20:30Z'), notAfter: new Date('2037-03-01T10:20:30Z') }
const SIGNER_VALIDITY = { notBefore: new Date('2025-03-01T00:00:00Z'), notAfter: new Date('2035-03-01T00:00:00Z') }
const openssl = spawnSync('openssl', ['version']).status === 0
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-authority-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function asFile(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function asPem(name: string, certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return asFile(name, Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`))
}

/** Every field as pkijs reads it, in our words. */
function asPkijsReads(der: Uint8Array): Record<string, unknown> {
  const certificate = pkijs.Certificate.fromBER(ownBuffer(der))
  const spki = new Uint8Array(certificate.subjectPublicKeyInfo.toSchema().toBER(false))
  return {
    serialNumber: toHex(certificate.serialNumber.valueBlock.valueHexView),
    subject: toHex(new Uint8Array(certificate.subject.toSchema().toBER(false))),
    issuer: toHex(new Uint8Array(certificate.issuer.toSchema().toBER(false))),
    notBefore: certificate.notBefore.value.getTime(),
    notAfter: certificate.notAfter.value.getTime(),
    spki: toHex(spki),
    tbs: toHex(certificate.tbsView),
    algorithm: certificate.signatureAlgorithm.algorithmId,
    signature: toHex(certificate.signatureValue.valueBlock.valueHexView),
    extensions: certificate.extensions?.map(one => [
      one.extnID,
      one.critical,
      toHex(one.extnValue.valueBlock.valueHexView),
    ]),
  }
}

function asWeRead(der: Uint8Array): Record<string, unknown> {
  const certificate = parseCertificate(der)
  return {
    serialNumber: toHex(certificate.serialNumber),
    subject: toHex(certificate.subject.raw),
    issuer: toHex(certificate.issuer.raw),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    spki: toHex(certificate.spki),
    tbs: toHex(certificate.tbs),
    algorithm: certificate.signatureAlgorithm.oid,
    signature: toHex(certificate.signature),
    extensions: [...certificate.extensions].map(([oid, one]) => [oid, one.critical, toHex(one.value)]),
  }
}

function criticalOf(certificate: Certificate): string[] {
  return [...certificate.extensions].filter(([, one]) => one.critical).map(([oid]) => oid)
}

describe.each(PAIRS)('an authority of %s', (_title, makeCsca, makeDocumentSigner) => {
  let cscaSigner: Signer
  let documentSignerKey: Signer
  let csca: Uint8Array
  let documentSigner: Uint8Array
  let masterListSigner: Uint8Array
  let link: Uint8Array
  let next: Uint8Array

  beforeAll(async () => {
    cscaSigner = makeCsca()
    documentSignerKey = makeDocumentSigner()
    csca = await createCsca({ signer: cscaSigner, serialNumber: Uint8Array.of(0x80, 1), validity: VALIDITY })
    const common = { csca: { certificate: csca, signer: cscaSigner }, spki: documentSignerKey.publicKey }
    documentSigner = await createDocumentSigner({
      ...common,
      serialNumber: Uint8Array.of(0, 0x7f, 2),
      validity: SIGNER_VALIDITY,
      privateKeyUsage: { notBefore: SIGNER_VALIDITY.notBefore, notAfter: new Date('2025-06-01T00:00:00Z') },
    })
    masterListSigner = await createMasterListSigner({
      ...common,
      serialNumber: Uint8Array.of(3),
      validity: SIGNER_VALIDITY,
    })
    const nextSigner = makeCsca()
    next = await createCsca({
      signer: nextSigner,
      name: { country: 'VN', commonName: 'CSCA Việt Nam TEST' },
      serialNumber: Uint8Array.of(9),
      validity: { notBefore: VALIDITY.notBefore, notAfter: new Date('2051-01-01T00:00:00Z') },
    })
    link = await createLinkCertificate({
      old: { certificate: csca, signer: cscaSigner },
      newCsca: next,
      serialNumber: Uint8Array.of(4),
      validity: SIGNER_VALIDITY,
    })
  })

  test('has certificates that pkijs and we read alike, without a finding', () => {
    for (const der of [csca, documentSigner, masterListSigner, link, next]) {
      expect(asWeRead(der)).toEqual(asPkijsReads(der))
      expect(parseCertificate(der).findings).toEqual([])
    }
  })

  test('has keys byte for byte as the signers gave them', () => {
    expect(toHex(parseCertificate(csca).spki)).toBe(toHex(cscaSigner.publicKey))
    expect(toHex(parseCertificate(documentSigner).spki)).toBe(toHex(documentSignerKey.publicKey))
    expect(toHex(parseCertificate(link).spki)).toBe(toHex(parseCertificate(next).spki))
  })

  test('signed itself, the document signer, the master-list signer and the link, and not the next CSCA', () => {
    const key = importPublicKey(cscaSigner.publicKey)
    for (const der of [csca, documentSigner, masterListSigner, link]) {
      expect(verifyCertificate(parseCertificate(der), key)).toBe(true)
    }
    expect(verifyCertificate(parseCertificate(next), key)).toBe(false)
  })

  test('keeps to the certificate profile of 9303-12', () => {
    const root = parseCertificate(csca)
    expect(root).toMatchObject({
      version: 3,
      keyUsage: ['keyCertSign', 'cRLSign'],
      basicConstraints: { ca: true, pathLength: 0 },
    })
    expect(root.subject.text).toBe('C=VN, O=CCCD toolkit TEST, CN=CSCA Viet Nam TEST - not a real authority')
    expect(criticalOf(root)).toEqual(['2.5.29.15', '2.5.29.19'])
    const point = (importPublicKey(root.spki) as { point?: Uint8Array }).point
    if (point) expect(toHex(root.subjectKeyIdentifier as Uint8Array)).toBe(toHex(digest('sha1', point)))

    const signer = parseCertificate(documentSigner)
    expect(signer).toMatchObject({ version: 3, keyUsage: ['digitalSignature'], documentTypes: ['ID'] })
    expect(signer.basicConstraints).toBeUndefined()
    expect(signer.extendedKeyUsage).toBeUndefined()
    expect(toHex(signer.issuer.raw)).toBe(toHex(root.subject.raw))
    expect(signer.authorityKeyIdentifier).toEqual(root.subjectKeyIdentifier)
    expect(signer.issuer.country).toBe('VN')
    expect(signer.privateKeyUsagePeriod?.notAfter).toBe(Date.UTC(2025, 5, 1))
    expect(signer.crlDistributionPoints).toEqual(['http://crl.cccd.invalid/test-csca.crl'])
    expect(criticalOf(signer)).toEqual(['2.5.29.15'])

    const lister = parseCertificate(masterListSigner)
    expect(lister.extendedKeyUsage).toEqual(['2.23.136.1.1.3'])
    expect(lister.documentTypes).toBeUndefined()
    expect(criticalOf(lister)).toEqual(['2.5.29.15', '2.5.29.37'])

    expect(parseCertificate(link).extensions.has('2.23.136.1.1.6.1')).toBe(true)
  })

  test('issues CRLs that name what is revoked and nothing else', async () => {
    const issuer = { certificate: csca, signer: cscaSigner }
    const thisUpdate = new Date('2025-05-01T00:00:00Z')
    const nextUpdate = new Date('2025-07-30T00:00:00Z')
    const revoked = [
      { serialNumber: parseCertificate(documentSigner).serialNumber, at: new Date('2025-04-30T00:00:00Z'), reason: 1 },
      { serialNumber: Uint8Array.of(0x80, 0xff), at: new Date('2025-04-29T00:00:00Z') },
    ]
    const der = await createCrl({ csca: issuer, number: 300, thisUpdate, nextUpdate, revoked })
    const crl = parseCrl(der)
    expect(crl.findings).toEqual([])
    expect(crl).toMatchObject({ version: 2, crlNumber: 300n, thisUpdate: thisUpdate.getTime() })
    expect(verifyCrl(crl, importPublicKey(cscaSigner.publicKey))).toBe(true)
    expect(findRevocation(crl, parseCertificate(documentSigner))).toEqual({ date: Date.UTC(2025, 3, 30), reason: 1 })
    expect(isRevoked(crl, parseCertificate(masterListSigner))).toBe(false)
    expect([...crl.revoked.keys()]).toContain('80FF')
    expect(crlState(crl, Date.UTC(2025, 8, 1))).toBe('stale')
    const again = pkijs.CertificateRevocationList.fromBER(ownBuffer(der))
    expect(again.revokedCertificates).toHaveLength(2)

    const empty = parseCrl(await createCrl({ csca: issuer, number: 301, thisUpdate, nextUpdate, revoked: [] }))
    expect(empty.findings).toEqual([])
    expect(empty.revoked.size).toBe(0)
    if (openssl) {
      const arguments_ = ['crl', '-inform', 'DER', '-noout', '-text', '-in', asFile('list.crl', der)]
      const text = execFileSync('openssl', arguments_, { encoding: 'utf8' })
      expect(text).toContain('Key Compromise')
    }
  })

  test('makes a master list that verifies up to the CSCA', async () => {
    const bytes = await createMasterList({
      certificates: [next, csca],
      masterListSigner: { certificate: masterListSigner, signer: documentSignerKey },
      csca,
      digest: 'sha384',
      signingTime: new Date('2025-05-01T00:00:00Z'),
    })
    const list = parseMasterList(bytes)
    expect(list.certificates.map(one => toHex(one.raw)).sort()).toEqual([toHex(csca), toHex(next)].sort())
    expect(verifyMasterList(list, [parseCertificate(csca)])).toMatchObject({ verified: true })
    expect(verifyMasterList(list, [parseCertificate(next)])).toMatchObject({ verified: false })
  })

  test.skipIf(!openssl)('has certificates that OpenSSL prints and verifies (needs the openssl command)', () => {
    const paths = [csca, documentSigner, masterListSigner, link].map((der, i) => {
      const path = asPem(`${i}.pem`, der)
      const text = execFileSync('openssl', ['x509', '-in', path, '-noout', '-text'], {
        encoding: 'utf8',
      })
      expect(text).toContain('TEST - not a real authority')
      expect(text).toContain('Version: 3 (0x2)')
      expect(text).not.toContain('Unable to load Public Key')
      return path
    })
    const [root, ...issued] = paths as [string, ...string[]]
    for (const path of issued) {
      const arguments_ = ['verify', '-CAfile', root, '-attime', String(Date.UTC(2026, 0, 1) / 1000), path]
      const { stdout, stderr } = spawnSync('openssl', arguments_, { encoding: 'utf8' })
      // OpenSSL refuses paths with explicit parameters; their signatures are checked below all the same.
      if (cscaSigner.publicKey.length > 200 && cscaSigner.algorithm.kind === 'ecdsa') {
        expect(stderr).toContain('explicit ECC parameters')
      } else expect(stdout).toContain(': OK')
    }
    if (cscaSigner.algorithm.kind === 'rsa-pss') return
    const publicKey = execFileSync('openssl', ['x509', '-in', root, '-noout', '-pubkey'])
    const key = asFile('key.pem', publicKey)
    for (const der of [csca, documentSigner, masterListSigner, link]) {
      const { tbs, signature } = parseCertificate(der)
      const files = ['-verify', key, '-signature', asFile('signature', signature), asFile('tbs', tbs)]
      const said = execFileSync('openssl', ['dgst', `-${cscaSigner.algorithm.hash}`, ...files], { encoding: 'utf8' })
      expect(said).toContain('Verified OK')
    }
  })
})

test('a CRL that lasts longer than 90 days is refused', async () => {
  const signer = ecSigner('secp256r1', 'sha256', 'named')
  const certificate = await createCsca({ signer, serialNumber: Uint8Array.of(1), validity: VALIDITY })
  const given = { csca: { certificate, signer }, number: 1, thisUpdate: new Date(0), revoked: [] }
  await expect(createCrl({ ...given, nextUpdate: new Date(91 * 86_400_000) })).rejects.toThrow(RangeError)
  await expect(createCrl({ ...given, nextUpdate: new Date(0) })).rejects.toThrow(RangeError)
})

test.each([
  ['zero', Uint8Array.of(0, 0)],
  ['empty', new Uint8Array(0)],
  ['longer than 20 octets', new Uint8Array(20).fill(0x80)],
])('a serial number that is %s is refused', async (_title, serialNumber) => {
  const signer = ecSigner('secp256r1', 'sha256', 'named')
  await expect(createCsca({ signer, serialNumber, validity: VALIDITY })).rejects.toThrow(RangeError)
})

test('a validity that ends before it begins is refused', async () => {
  const signer = ecSigner('secp256r1', 'sha256', 'named')
  const validity = { notBefore: VALIDITY.notAfter, notAfter: VALIDITY.notBefore }
  await expect(createCsca({ signer, serialNumber: Uint8Array.of(1), validity })).rejects.toThrow(RangeError)
})

test('a signer that fails leaves no certificate', async () => {
  const signer = ecSigner('secp256r1', 'sha256', 'named')
  const broken: Signer = { ...signer, sign: () => Promise.reject(new Error('the token is gone')) }
  const made = createCsca({ signer: broken, serialNumber: Uint8Array.of(1), validity: VALIDITY })
  await expect(made).rejects.toThrow('the token is gone')
})
