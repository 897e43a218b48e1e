import { holders, testDocument } from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { walkChecks } from './check.ts'
import { CHECK_IDS } from './check-tree.ts'
import { POLICIES, parsePolicy } from './policy.ts'
import { because, flipped, honestEvidence, judged, outcome, P256, withFiles } from './testing/judge.ts'
import { NO_ANCHORS } from './trust-anchors.ts'

/** Cheap to verify, for the tests that judge often. */
const quick = await testDocument({ csca: P256, ds: P256 })
const usual = await testDocument()
const policies = Object.values(POLICIES)

test('a good card is green for a bank and for a hospital, and every check appears in its order', () => {
  for (const policy of policies) {
    const report = judged(usual, { policy })
    expect(because(report)).toEqual([])
    expect([report.overall, report.colour]).toEqual(['successful', 'green'])
    expect(walkChecks(report.checks).map(({ id }) => id)).toEqual(CHECK_IDS)
  }
})

test('every kind of holder has a green card', async () => {
  for (const [name, holder] of Object.entries(holders)) {
    if (holder === holders.expired) continue
    const doc = await testDocument({ holder, csca: P256, ds: P256 })
    for (const policy of policies) {
      const report = judged(doc, { policy })
      expect([name, ...because(report)]).toEqual([name])
      expect(report.colour).toBe('green')
    }
  }
})

test.each([
  { aa: 'ecdsa' },
  { aa: 'ecdsa', aaCurve: 'secp384r1', aaHash: 'sha384' },
  { aaBits: 2048, aaHash: 'sha1' },
  { sid: 'subjectKeyIdentifier' },
  { ldsVersion: '1.8' },
  { access: ['BAC'] },
  { ca: { keyId: 5n } },
  { ca: 'none' },
  { aa: 'none' },
  { ds: { kind: 'rsa-pss', bits: 2048, hash: 'sha256' }, csca: { kind: 'rsa-pkcs1', bits: 3072, hash: 'sha256' } },
  { digest: 'sha1', csca: P256, ds: P256 },
] as const)('a card made with %o is green for a bank', async options => {
  const doc = await testDocument(options as Parameters<typeof testDocument>[0])
  const { keyId } = ('ca' in options && typeof options.ca === 'object' ? options.ca : {}) as { keyId?: bigint }
  const evidence = honestEvidence(doc)
  const { chipAuthentication } = evidence
  const report = judged(doc, {
    evidence: {
      ...evidence,
      ...(chipAuthentication && keyId !== undefined ? { chipAuthentication: { ...chipAuthentication, keyId } } : {}),
    },
  })
  expect(because(report)).toEqual([])
})

test('the report is JSON, and holds nothing of the holder', () => {
  const report = judged(usual, { files: withFiles(usual, { 'EF.DG13': Uint8Array.of(0x6d, 0) }) })
  const text = JSON.stringify(report)
  expect(JSON.parse(text)).toEqual(report)
  const { holder, mrzLines } = usual
  const secrets = [
    holder.personalNumber,
    holder.personalNumber.slice(3),
    holder.personalNumber.slice(6),
    holder.fullName,
    holder.dateOfBirth,
    holder.placeOfResidence,
    ...mrzLines,
    'NGHIEM',
    '900515',
  ]
  for (const secret of secrets) {
    expect(text.includes(String(secret))).toBe(false)
    expect(text.includes(Buffer.from(String(secret)).toString('hex').toUpperCase())).toBe(false)
  }
})

test('without anchors the verdict is yellow and says so, never green, under both policies', () => {
  for (const policy of policies) {
    const report = judged(quick, { anchors: NO_ANCHORS, policy })
    expect(report.colour).toBe('yellow')
    expect(because(report).some(line => line.endsWith('NO_ANCHORS'))).toBe(true)
    expect(outcome(report, 'sod.signature')).toBe('successful PASSED')
  }
})

test('a card without the deprecated EF.COM is green', () => {
  expect(because(judged(quick, { files: withFiles(quick, { 'EF.COM': null }) }))).toEqual([])
})

test('a holder without portrait has no DG2 in the SOD: not supported, and green', async () => {
  const doc = await testDocument({ holder: holders.toddler, csca: P256, ds: P256 })
  expect(doc.document.files['EF.DG2']).toBeUndefined()
  const report = judged(doc)
  expect(outcome(report, 'integrity.dg2')).toBe('notSupported FILE_ABSENT')
  expect(because(report)).toEqual([])
})

test('a DG2 that the SOD lists and nobody read holds the verdict at yellow', () => {
  for (const policy of policies) {
    const report = judged(quick, { files: withFiles(quick, { 'EF.DG2': null }), policy })
    expect(because(report)).toEqual(['integrity.dg2 FILE_NOT_READ'])
    expect(report.colour).toBe('yellow')
  }
})

test('fingerprints that only terminals with rights may read do not hold the verdict back', async () => {
  const doc = await testDocument({ fingerprints: true, csca: P256, ds: P256 })
  const files = withFiles(doc, { 'EF.DG3': null })
  const evidence = { ...honestEvidence(doc), refusedFiles: [{ file: 'EF.DG3', sw: 0x6982 }] as const }
  for (const policy of policies) {
    const report = judged(doc, { files, evidence, policy })
    expect(outcome(report, 'integrity.dg3')).toBe('undetermined DATA_GROUP_PROTECTED')
    expect(because(report)).toEqual([])
  }
})

test('with a clock the report tells how long the top-level checks took', () => {
  let now = 0
  const report = judged(quick, { clock: () => now++ })
  const timed = report.checks.filter(({ ms }) => ms !== undefined).map(({ id }) => id)
  expect(timed).toEqual(['chipAuthenticity', 'sod', 'cardSecurity', 'issuer', 'integrity', 'encoding', 'combined'])
})

test('a face that a matcher refuses is told, and counts where a policy asks for it', () => {
  const face = { matches: false, score: 0.2, threshold: 0.6, software: 'a matcher' }
  const report = judged(quick, { face })
  expect(outcome(report, 'holder.face')).toBe('failed FACE_DIFFERS')
  expect(report.colour).toBe('green')
  const policy = parsePolicy({ id: 'counter', extends: 'kyc', requirements: { 'holder.face': 'mandatory' } })
  expect(judged(quick, { face, policy }).colour).toBe('red')
  expect(judged(quick, { face: { ...face, matches: true }, policy }).colour).toBe('green')
  expect(judged(quick, { policy }).colour).toBe('yellow')
})

test('a policy that forgets the data groups gives no green to a changed one', async () => {
  const policy = parsePolicy({ id: 'thin', requirements: { 'sod.signature': 'mandatory' } })
  expect(judged(quick, { policy }).colour).toBe('green')
  const dg1 = quick.document.files['EF.DG1'] as Uint8Array
  const report = judged(quick, { policy, files: withFiles(quick, { 'EF.DG1': flipped(dg1, 8 * (dg1.length - 1)) }) })
  expect(report.colour).toBe('yellow')
  expect(because(report)).toEqual(['integrity.dg1 HASH_DIFFERS'])
})
