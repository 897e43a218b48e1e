import { expect, test } from 'vitest'
import { fromHex } from '../bytes.ts'
import { derSequence, derSetOf, derUnsigned } from '../der.ts'
import { parseCertificate } from './certificate.ts'
import { buildCscaMasterList, buildMasterList, parseMasterList, verifyMasterList } from './master-list.ts'
import { buildSignedData } from './signed-data.ts'
import { EXTENSIONS, ecSigner, issue, issuePair, name } from './testing/issue-certificate.ts'

const signer = ecSigner('secp256r1')
const pair = await issuePair(signer, [EXTENSIONS.digitalSignature, EXTENSIONS.masterListSigning])
const { csca, cscaSigner, documentSigner: listSigner } = pair
const others = [
  await issue(ecSigner(), { subject: name('A', 'XA') }),
  await issue(ecSigner(), { subject: name('B', 'XB') }),
]
const options = {
  certificates: [csca.raw, ...others],
  certificate: listSigner.raw,
  digest: 'sha256',
  signer,
  signingTime: new Date('2024-06-01T00:00:00Z'),
} as const
const list = parseMasterList(await buildMasterList(options))
const AT = Date.UTC(2025, 0, 1)

test('a signed list holds what was put in, and verifies to the CSCA of its signer', () => {
  expect(list.version).toBe(0)
  expect(new Set(list.certificates.map(each => each.subject.text))).toEqual(
    new Set(['C=VN, CN=Test CSCA', 'C=XA, CN=A', 'C=XB, CN=B']),
  )
  const check = verifyMasterList(list, [csca], { at: AT })
  expect(check).toMatchObject({ verified: true, reasons: [], path: [csca] })
  expect(check.signer?.raw).toEqual(listSigner.raw)
})

test('a bare list has the same certificates and no signature to verify', () => {
  const bare = parseMasterList(buildCscaMasterList(options.certificates))
  expect(bare).toEqual({ version: 0, certificates: list.certificates, unreadable: [] })
  expect(verifyMasterList(bare, [csca])).toEqual({ verified: false, reasons: ['NOT_SIGNED'], path: [] })
})

test('a member that is no certificate is set aside, and the others are read', () => {
  const parsed = parseMasterList(derSequence(derUnsigned(0), derSetOf(csca.raw, fromHex('3003020101'))))
  expect(parsed.certificates).toHaveLength(1)
  expect(parsed.unreadable).toEqual([fromHex('3003020101')])
})

test('without its anchor a list is not verified', () => {
  expect(verifyMasterList(list, [])).toMatchObject({ verified: false, reasons: ['ISSUER_NOT_FOUND'] })
  expect(
    verifyMasterList(
      list,
      list.certificates.filter(each => each.subject.country !== 'VN'),
    ),
  ).toMatchObject({
    reasons: ['ISSUER_NOT_FOUND'],
  })
})

test('a self-made CSCA with the name of the anchor does not make a list good', async () => {
  const forged = parseCertificate(await issue(ecSigner('brainpoolP384r1', 'sha384')))
  expect(verifyMasterList(list, [forged])).toMatchObject({
    verified: false,
    reasons: ['ISSUER_SIGNATURE_WRONG'],
    path: [],
  })
})

test('a signer without the purpose of signing master lists is told', async () => {
  const documentSigner = await issuePair(signer)
  const built = await buildMasterList({ ...options, certificate: documentSigner.documentSigner.raw })
  expect(verifyMasterList(parseMasterList(built), [documentSigner.csca])).toMatchObject({
    verified: false,
    reasons: ['SIGNER_PURPOSE_MISSING'],
  })
})

test('a changed list fails by its attributes, a changed signature by itself', async () => {
  const { signedData } = list
  if (!signedData) throw new Error('no signature')
  const content = signedData.content.slice()
  content[content.length - 1] = (content.at(-1) as number) ^ 1
  expect(verifyMasterList({ ...list, signedData: { ...signedData, content } }, [csca]).reasons).toEqual([
    'SIGNED_ATTRIBUTES_WRONG',
  ])
  const signerInfos = signedData.signerInfos.map(info => ({ ...info, signature: info.signature.slice().reverse() }))
  expect(verifyMasterList({ ...list, signedData: { ...signedData, signerInfos } }, [csca]).reasons).toEqual([
    'SIGNATURE_WRONG',
  ])
  expect(verifyMasterList({ ...list, signedData: { ...signedData, certificates: [] } }, [csca]).reasons).toEqual([
    'SIGNER_NOT_FOUND',
  ])
})

test('validity is checked at the time given, and not without one', () => {
  expect(verifyMasterList(list, [csca], { at: Date.UTC(2040, 0, 1) }).reasons).toEqual([
    'SIGNER_NOT_VALID_AT_TIME',
    'ISSUER_NOT_VALID_AT_TIME',
  ])
  expect(verifyMasterList(list, [csca]).verified).toBe(true)
})

test('a link certificate beside the signature leads from an older anchor to the new key', async () => {
  const olderSigner = ecSigner('secp384r1', 'sha384')
  const older = parseCertificate(await issue(olderSigner))
  const link = await issue(olderSigner, { serial: derUnsigned(9), spki: cscaSigner.publicKey })
  const built = parseMasterList(await buildMasterList({ ...options, furtherCertificates: [link] }))
  const check = verifyMasterList(built, [older], { at: AT })
  expect(check.verified).toBe(true)
  expect(check.path.map(each => each.raw)).toEqual([link, older.raw])
})

test('a certificate beside the signature that is no CA leads nowhere', async () => {
  const olderSigner = ecSigner('secp384r1', 'sha384')
  const older = parseCertificate(await issue(olderSigner))
  const link = await issue(olderSigner, { spki: cscaSigner.publicKey, extensions: [EXTENSIONS.keyCertSign] })
  const built = parseMasterList(await buildMasterList({ ...options, furtherCertificates: [link] }))
  expect(verifyMasterList(built, [older])).toMatchObject({ verified: false, reasons: ['ISSUER_SIGNATURE_WRONG'] })
})

test('signed data with other content are no master list', async () => {
  const { certificates: _, ...rest } = options
  const sod = await buildSignedData({ ...rest, contentType: '2.23.136.1.1.1', content: Uint8Array.of(1) })
  expect(() => parseMasterList(sod)).toThrow(
    expect.objectContaining({ code: 'MASTER_LIST_MALFORMED', facts: { oid: '2.23.136.1.1.1' } }),
  )
  for (const hex of ['', '30', '3003020100', '31030201003100']) {
    expect(() => parseMasterList(fromHex(hex))).toThrow(expect.objectContaining({ code: 'MASTER_LIST_MALFORMED' }))
  }
})
