import { buildSecurityInfos, buildSignedData, parseSecurityInfos, SECURITY_OBJECT_OID } from '@cccd/card-core'
import { testDocument } from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { because, flipped, judged, outcome, P256, withFiles } from './testing/judge.ts'

const doc = await testDocument({ csca: P256, ds: P256 })
const cardSecurity = await buildSignedData({
  contentType: SECURITY_OBJECT_OID,
  content: buildSecurityInfos(parseSecurityInfos(doc.document.files['EF.CardAccess'] as Uint8Array)),
  certificate: doc.documentSigner,
  digest: 'sha256',
  signer: doc.documentSignerSigner,
  signingTime: new Date('2021-08-10T12:00:00Z'),
})

test('a card without EF.CardSecurity is not held back by it', () => {
  expect(outcome(judged(doc), 'cardSecurity.signature')).toBe('notSupported FILE_ABSENT')
})

test('an EF.CardSecurity signed by the document signer passes', () => {
  const report = judged(doc, { files: withFiles(doc, { 'EF.CardSecurity': cardSecurity }) })
  expect(because(report)).toEqual([])
  expect(outcome(report, 'cardSecurity.issuer')).toBe('successful PASSED')
})

test('an EF.CardSecurity with a flipped bit is red and named, wherever the bit is', () => {
  const bits = cardSecurity.length * 8
  for (let bit = 0; bit < bits; bit += 23) {
    const report = judged(doc, { files: withFiles(doc, { 'EF.CardSecurity': flipped(cardSecurity, bit) }) })
    expect([bit, report.colour]).toEqual([bit, 'red'])
    expect(report.because.some(({ file }) => file === 'EF.CardSecurity')).toBe(true)
  }
})
