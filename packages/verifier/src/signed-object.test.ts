import { concat, type DerNode, derChildren, derContext, derSequence, parseDer, parseTlv, tlv } from '@cccd/card-core'
import { signingTimeOf, signTestLds, testCsca, testDocument, testDocumentSigner, testLds } from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { passiveAuthentication } from './passive-authentication.ts'
import { POLICIES } from './policy.ts'
import { anchorsOf, flipped, judged, outcome, P256, withFiles } from './testing/judge.ts'

// EF.SOD with several signers: 9303-10 wants one, CMS allows many, and whoever holds the bytes can add his own.

const quick = await testDocument({ csca: P256, ds: P256 })
const policies = Object.values(POLICIES)
const signingTime = signingTimeOf(quick.holder)
const genuine = quick.document.files['EF.SOD'] as Uint8Array

/** The five parts of SignedData: version, digest algorithms, content, certificates, SignerInfos. */
function parts(sod: Uint8Array): DerNode[] {
  const [, explicit] = derChildren(parseDer(parseTlv(sod, 0x77).value)) as [DerNode, DerNode]
  return derChildren(derChildren(explicit)[0] as DerNode)
}

/** EF.SOD with the content of `of`, and the certificates and SignerInfos of `signers`, in their order. */
function joined(of: Uint8Array, signers: readonly Uint8Array[]): Uint8Array {
  const [version, algorithms, content] = parts(of) as [DerNode, DerNode, DerNode]
  const gathered = (at: number, tag: number) =>
    tlv(tag, concat(...signers.map(sod => (parts(sod)[at] as DerNode).value)))
  const signedData = derSequence(version.raw, algorithms.raw, content.raw, gathered(3, 0xa0), gathered(4, 0x31))
  const [type] = derChildren(parseDer(parseTlv(of, 0x77).value)) as [DerNode]
  return tlv(0x77, derSequence(type.raw, derContext(0, signedData)))
}

test('a signer added to EF.SOD makes neither a forged nor a genuine hash list green', async () => {
  const csca = await testCsca({ choice: P256, role: 'csca-next' })
  const documentSigner = await testDocumentSigner({ csca, choice: P256, role: 'document-signer-foreign', signingTime })
  const dg13 = quick.document.files['EF.DG13'] as Uint8Array
  const changed = { ...testLds().files, 'EF.DG13': flipped(dg13, 8 * (dg13.length - 1)) }
  const forged = await signTestLds(changed, { ds: P256 }, { documentSigner, signingTime })
  const foreign = forged['EF.SOD'] as Uint8Array
  for (const signers of [
    [genuine, foreign],
    [foreign, genuine],
  ]) {
    for (const policy of policies) {
      const report = judged(quick, { files: { ...forged, 'EF.SOD': joined(foreign, signers) }, policy })
      expect(report.colour).toBe('red')
    }
  }
  // The genuine list stays what it is when another signer, whose signature is of something else, stands before his.
  const both = judged(quick, { files: withFiles(quick, { 'EF.SOD': joined(genuine, [foreign, genuine]) }) })
  expect(outcome(both, 'sod.signature')).toBe('successful PASSED')
  expect(both.documentSigner?.serialNumber).toBe(judged(quick).documentSigner?.serialNumber)
})

test('thousands of SignerInfos cost no more than a few', () => {
  const spoilt = flipped(genuine, 8 * (genuine.length - 1))
  const sod = joined(genuine, [genuine, ...Array.from({ length: 1999 }, () => spoilt)].reverse())
  const start = performance.now()
  const report = judged(quick, { files: withFiles(quick, { 'EF.SOD': sod }) })
  expect(performance.now() - start).toBeLessThan(2000)
  expect(report.colour).not.toBe('green')
})

test('passive authentication of EF.SOD alone, without DG1, is not successful', () => {
  const anchors = anchorsOf(quick)
  expect(passiveAuthentication({ files: { 'EF.SOD': genuine }, anchors }).successful).toBe(false)
  expect(passiveAuthentication({ files: withFiles(quick, { 'EF.DG1': null }), anchors }).successful).toBe(false)
  expect(passiveAuthentication({ files: quick.document.files, anchors }).successful).toBe(true)
})
