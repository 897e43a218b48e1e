import { signIso9796 } from '@cccd/card-core'
import { signingKey, testDocument } from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { POLICIES } from './policy.ts'
import {
  because,
  CHALLENGE,
  check,
  flipped,
  honestEvidence,
  judged,
  outcome,
  P256,
  withFiles,
} from './testing/judge.ts'

const quick = await testDocument({ csca: P256, ds: P256 })
const policies = Object.values(POLICIES)

test.each([
  ['EF.DG15', 'chipAuthenticity.activeAuthentication', 0x6a82],
  ['EF.DG14', 'chipAuthenticity.chipAuthentication', 0x6982],
] as const)('%s listed in the SOD and refused by the chip is red: a copy hides its missing key', (file, id, sw) => {
  const { activeAuthentication, chipAuthentication, ...rest } = honestEvidence(quick)
  for (const policy of policies) {
    const evidence = { ...rest, refusedFiles: [{ file, sw }] }
    const report = judged(quick, { files: withFiles(quick, { [file]: null }), evidence, policy })
    expect(report.colour).toBe('red')
    expect(outcome(report, id)).toBe('failed FILE_REFUSED')
  }
})

test('a chip without protection against copying is green at a hospital, and yellow at a bank as a possible copy', async () => {
  const doc = await testDocument({ aa: 'none', ca: 'none', csca: P256, ds: P256 })
  expect(judged(doc, { policy: POLICIES.hospital }).colour).toBe('green')
  const report = judged(doc)
  expect(report.colour).toBe('yellow')
  expect(because(report)).toEqual(['chipAuthenticity COULD_BE_A_COPY'])
})

test('an announced protection that nobody tried is not passed', () => {
  const { activeAuthentication, chipAuthentication, ...evidence } = honestEvidence(quick)
  const report = judged(quick, { evidence })
  expect(report.colour).toBe('yellow')
  expect(outcome(report, 'chipAuthenticity.activeAuthentication')).toBe('undetermined AA_NOT_DONE')
  expect(outcome(report, 'chipAuthenticity.chipAuthentication')).toBe('undetermined CA_NOT_DONE')
})

test('one of the two protections is enough for a bank, but a failed one is red beside a successful one', () => {
  const { activeAuthentication, chipAuthentication, ...rest } = honestEvidence(quick)
  if (!activeAuthentication || !chipAuthentication) throw new Error('the test document has both')
  expect(judged(quick, { evidence: { ...rest, activeAuthentication } }).colour).toBe('green')
  expect(judged(quick, { evidence: { ...rest, chipAuthentication } }).colour).toBe('green')
  const refusal = { challenge: CHALLENGE, sw: 0x6982, source: 'reader' } as const
  const refused = judged(quick, { evidence: { ...rest, chipAuthentication, activeAuthentication: refusal } })
  expect(refused.colour).toBe('red')
  expect(outcome(refused, 'chipAuthenticity.activeAuthentication')).toBe('failed AA_REFUSED')
  expect(check(refused, 'chipAuthenticity').status).toBe('successful')
})

test('active authentication with a foreign key, over another challenge, or beside a bad status word is red', () => {
  const honest = honestEvidence(quick)
  const aa = honest.activeAuthentication
  if (!aa?.response) throw new Error('the test document has active authentication')
  const random = (n: number) => new Uint8Array(n).fill(1)
  const foreign = signingKey('somebody-else', 'rsa1024')
  const response = signIso9796({ pkcs8: foreign.pkcs8, hash: 'sha256', challenge: CHALLENGE, random })
  const cases = [
    [{ ...aa, response }, 'failed AA_SIGNATURE_WRONG'],
    [{ ...aa, challenge: CHALLENGE.toReversed() }, 'failed AA_SIGNATURE_WRONG'],
    [{ ...aa, response: flipped(aa.response, 100) }, 'failed AA_SIGNATURE_WRONG'],
    [{ ...aa, response: new Uint8Array() }, 'failed AA_SIGNATURE_WRONG'],
    [{ ...aa, sw: 0x6f00 }, 'failed AA_REFUSED'],
  ] as const
  for (const [activeAuthentication, expected] of cases) {
    const report = judged(quick, { evidence: { ...honest, activeAuthentication }, policy: POLICIES.hospital })
    expect(outcome(report, 'chipAuthenticity.activeAuthentication')).toBe(expected)
    expect(report.colour).toBe('red')
  }
})

test('an ECDSA answer under another hash than DG14 names is refused', async () => {
  const doc = await testDocument({ aa: 'ecdsa', aaHash: 'sha256', csca: P256, ds: P256 })
  expect(outcome(judged(doc), 'chipAuthenticity.activeAuthentication')).toBe('successful PASSED')
  const { activeAuthentication: secret } = doc.document.secrets
  if (!secret) throw new Error('the test document has active authentication')
  const secrets = { ...doc.document.secrets, activeAuthentication: { ...secret, hash: 'sha1' as const } }
  const other = { ...doc, document: { ...doc.document, secrets } }
  expect(outcome(judged(other), 'chipAuthenticity.activeAuthentication')).toBe('failed AA_SIGNATURE_WRONG')
})

test.each([
  ['failed', 'failed CA_FAILED'],
  ['refused', 'failed CA_REFUSED'],
] as const)('chip authentication that %s is red', (result, expected) => {
  const evidence = honestEvidence(quick)
  if (!evidence.chipAuthentication) throw new Error('the test document has chip authentication')
  const chipAuthentication = { ...evidence.chipAuthentication, outcome: result, sw: 0x6300 }
  const report = judged(quick, { evidence: { ...evidence, chipAuthentication } })
  expect(outcome(report, 'chipAuthenticity.chipAuthentication')).toBe(expected)
  expect(report.colour).toBe('red')
})

test('chip authentication with a key that DG14 does not name proves nothing', async () => {
  const doc = await testDocument({ ca: { keyId: 5n }, csca: P256, ds: P256 })
  const evidence = honestEvidence(doc)
  if (!evidence.chipAuthentication) throw new Error('the test document has chip authentication')
  const chipAuthentication = { ...evidence.chipAuthentication, keyId: 9n }
  const report = judged(doc, { evidence: { ...evidence, chipAuthentication } })
  expect(outcome(report, 'chipAuthenticity.chipAuthentication')).toBe('undetermined CA_KEY_OTHER')
})

test('a kept record of chip authentication alone is no clone check; a kept signature of active authentication is', async () => {
  const without = await testDocument({ aa: 'none', csca: P256, ds: P256 })
  expect(judged(without).colour).toBe('green')
  const kept = judged(without, { keptEvidence: true })
  expect(outcome(kept, 'chipAuthenticity.chipAuthentication')).toBe('undetermined CA_NOT_REPLAYABLE')
  expect(kept.colour).toBe('yellow')
  expect(judged(quick, { keptEvidence: true }).colour).toBe('green')
})

test('a downgrade to BAC is red at a bank and only told at a hospital', () => {
  const access = { offered: ['PACE', 'BAC'], used: 'BAC', password: 'MRZ', downgrade: 'PACE failed' } as const
  const evidence = { ...honestEvidence(quick), access }
  const bank = judged(quick, { evidence })
  expect(because(bank)).toContain('access.downgrade DOWNGRADED')
  expect(bank.colour).toBe('red')
  const hospital = judged(quick, { evidence, policy: POLICIES.hospital })
  expect(outcome(hospital, 'access.downgrade')).toBe('failed DOWNGRADED')
  expect(hospital.colour).toBe('green')
})

test('a chip that hides its EF.CardAccess to force BAC is betrayed by DG14', () => {
  const evidence = { ...honestEvidence(quick), access: { offered: ['BAC'], used: 'BAC', password: 'MRZ' } as const }
  const report = judged(quick, { files: withFiles(quick, { 'EF.CardAccess': null }), evidence })
  expect(outcome(report, 'access.downgrade')).toBe('failed DOWNGRADE_CONCEALED')
  expect(report.colour).toBe('red')
})
