import {
  type DerNode,
  derBits,
  derChildren,
  derContext,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  parseDer,
  type Signer,
  toHex,
} from '@cccd/card-core'
import {
  daysAfter,
  signingTimeOf,
  signTestLds,
  testCrl,
  testCsca,
  testDocument,
  testDocumentSigner,
  testLds,
} from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { POLICIES } from './policy.ts'
import { because, judged, outcome, P256 } from './testing/judge.ts'
import { NO_ANCHORS, trustAnchors } from './trust-anchors.ts'

const quick = await testDocument({ csca: P256, ds: P256 })
const policies = Object.values(POLICIES)
const signingTime = signingTimeOf(quick.holder)

test('without anchors the verdict is yellow and says so, never green, under both policies', () => {
  for (const policy of policies) {
    const report = judged(quick, { anchors: NO_ANCHORS, policy })
    expect(report.colour).toBe('yellow')
    expect(because(report).some(line => line.endsWith('NO_ANCHORS'))).toBe(true)
    expect(outcome(report, 'sod.signature')).toBe('successful PASSED')
  }
})

test('anchors of another state leave the issuer unknown: yellow', async () => {
  const other = await testCsca({ role: 'csca-next', choice: P256, name: { country: 'UT', commonName: 'Other TEST' } })
  const { anchors } = trustAnchors({ certificates: [other.certificate] })
  const report = judged(quick, { anchors })
  expect(report.colour).toBe('yellow')
  expect(outcome(report, 'issuer.documentSignerSignature')).toBe('undetermined ISSUER_UNKNOWN')
})

test('a self-made CSCA with the name of an anchor does not chain: red', async () => {
  const impostor = await testCsca({ choice: P256, role: 'csca-next' })
  const documentSigner = await testDocumentSigner({ csca: impostor, choice: P256, signingTime })
  const files = await signTestLds(testLds().files, { ds: P256 }, { documentSigner, signingTime })
  for (const policy of policies) {
    const report = judged(quick, { files, policy })
    expect(report.colour).toBe('red')
    expect(outcome(report, 'issuer.documentSignerSignature')).toBe('failed ISSUER_NAME_IMITATED')
    expect(outcome(report, 'issuer.trust')).toBe('failed NOT_TRUSTED')
    // Its own signature is right, which is all that a reader without anchors sees.
    expect(outcome(report, 'sod.signature')).toBe('successful PASSED')
    expect(judged(quick, { files, policy, anchors: NO_ANCHORS }).colour).toBe('yellow')
  }
})

test('a revoked signer is red; a stale or missing CRL is undetermined, and yellow only at a bank', async () => {
  const csca = await testCsca({ choice: P256 })
  const { serialNumber } = await testDocumentSigner({ csca, choice: P256, signingTime })
  const revoked = [{ serialNumber, at: daysAfter(quick.at, -10), reason: 1 }]
  const crl = await testCrl({ csca, at: quick.at, revoked })
  const certificates = [quick.csca]
  const red = judged(quick, { anchors: trustAnchors({ certificates, crls: [crl] }).anchors, policy: POLICIES.hospital })
  expect(because(red)).toEqual(['issuer.revocation REVOKED'])
  const none = trustAnchors({ certificates }).anchors
  expect(because(judged(quick, { anchors: none }))).toEqual(['issuer.revocation NO_CRL'])
  expect(judged(quick, { anchors: none, policy: POLICIES.hospital }).colour).toBe('green')
  const old = await testCrl({ csca, at: daysAfter(quick.at, -200) })
  const stale = judged(quick, { anchors: trustAnchors({ certificates, crls: [old] }).anchors })
  expect(because(stale)).toEqual(['issuer.revocation CRL_STALE'])
})

test('a CRL that bears the name of the CSCA but not its signature is as good as none', async () => {
  const impostor = await testCsca({ choice: P256, role: 'csca-next' })
  const csca = await testCsca({ choice: P256 })
  const { serialNumber } = await testDocumentSigner({ csca, choice: P256, signingTime })
  const crls = [
    await testCrl({ csca: impostor, at: quick.at, revoked: [{ serialNumber, at: daysAfter(quick.at, -10) }] }),
  ]
  const report = judged(quick, { anchors: trustAnchors({ certificates: [quick.csca], crls }).anchors })
  expect(outcome(report, 'issuer.revocation')).toBe('undetermined NO_CRL')
})

test('an expired signer is red at a bank, and green at a hospital when it signed in time', async () => {
  const csca = await testCsca({ choice: P256 })
  const validity = { notBefore: daysAfter(signingTime, -30), notAfter: daysAfter(quick.at, -1) }
  const documentSigner = await testDocumentSigner({ csca, choice: P256, signingTime, validity })
  const files = await signTestLds(testLds().files, { ds: P256 }, { documentSigner, signingTime })
  const bank = judged(quick, { files })
  expect(because(bank)).toEqual(['issuer.validityNow.documentSigner CERTIFICATE_EXPIRED'])
  expect(judged(quick, { files, policy: POLICIES.hospital }).colour).toBe('green')
})

test('a signature from after the signer expired, or after its key was to rest, is red', async () => {
  const csca = await testCsca({ choice: P256 })
  const validity = { notBefore: daysAfter(signingTime, -30), notAfter: daysAfter(quick.at, -1) }
  const documentSigner = await testDocumentSigner({ csca, choice: P256, signingTime, validity })
  const signedAt = async (time: Date) =>
    judged(quick, {
      files: await signTestLds(testLds().files, { ds: P256 }, { documentSigner, signingTime: time }),
      policy: POLICIES.hospital,
    })
  const expired = await signedAt(quick.at)
  expect(because(expired)).toEqual(['issuer.validityAtSigning.documentSigner SIGNED_OUTSIDE_VALIDITY'])
  const resting = await signedAt(daysAfter(signingTime, 90))
  expect(because(resting)).toEqual(['issuer.validityAtSigning.documentSigner SIGNED_OUTSIDE_KEY_USAGE'])
})

test('a signer of another country than DG1 is red', async () => {
  const name = { country: 'DE', commonName: 'Other TEST' }
  const csca = await testCsca({ choice: P256, name, role: 'csca-next' })
  const documentSigner = await testDocumentSigner({ csca, choice: P256, signingTime })
  const files = await signTestLds(testLds().files, { ds: P256 }, { documentSigner, signingTime })
  const crls = [await testCrl({ csca, at: quick.at })]
  const report = judged(quick, { files, anchors: trustAnchors({ certificates: [csca.certificate], crls }).anchors })
  expect(because(report)).toContain('issuingState.documentSigner STATE_DIFFERS')
})

/** The certificate with one more extension, signed anew by its issuer. */
async function withExtension(certificate: Uint8Array, signer: Signer, oid: string, value: Uint8Array) {
  const [tbs, algorithm] = derChildren(parseDer(certificate)) as [DerNode, DerNode]
  const fields = derChildren(tbs)
  const [list] = derChildren(fields.at(-1) as DerNode) as [DerNode]
  const added = derSequence(derOid(oid), Uint8Array.of(1, 1, 0xff), derOctetString(value))
  const kept = derChildren(list)
    .map(({ raw }) => raw)
    .filter(raw => !toHex(raw).includes(toHex(derOid(oid))))
  const extensions = derContext(3, derSequence(...kept, added))
  const changed = derSequence(...fields.slice(0, -1).map(({ raw }) => raw), extensions)
  return derSequence(changed, algorithm.raw, derBits(await signer.sign(changed)))
}

const SERVER = '1.3.6.1.5.5.7.3.1'

test.each([
  ['of a server', '2.5.29.37', derSequence(derOid(SERVER)), 'red', 'KEY_USAGE_WRONG'],
  ['of a list signer', '2.5.29.37', derSequence(derOid('2.23.136.1.1.3')), 'red', 'KEY_USAGE_WRONG'],
  ['with a critical extension nobody knows', '1.2.3.4', derNull(), 'yellow', 'CRITICAL_EXTENSION_UNKNOWN'],
  ['with a critical key usage nobody can read', '2.5.29.15', derNull(), 'yellow', 'CRITICAL_EXTENSION_UNKNOWN'],
] as const)('a certificate %s, issued by the CSCA, signs no document', async (_, oid, value, colour, reason) => {
  const csca = await testCsca({ choice: P256 })
  const honest = await testDocumentSigner({ csca, choice: P256, signingTime })
  const certificate = await withExtension(honest.certificate, csca.signer, oid, value)
  const documentSigner = { ...honest, certificate }
  const files = await signTestLds(testLds().files, { ds: P256 }, { documentSigner, signingTime })
  for (const policy of policies) {
    const report = judged(quick, { files, policy })
    expect(report.colour).toBe(colour)
    expect(because(report)).toEqual([`issuer.extensions ${reason}`])
  }
})
