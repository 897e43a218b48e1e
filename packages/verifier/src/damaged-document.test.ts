import { buildCom, buildSod, concat, type FileName, fromHex, type LdsFiles, parseSod, tlv } from '@cccd/card-core'
import { signingTimeOf, signTestLds, testCsca, testDocument, testDocumentSigner, testLds } from '@cccd/fixtures'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { walkChecks } from './check.ts'
import { POLICIES } from './policy.ts'
import {
  anchorsOf,
  because,
  check,
  flipped,
  honestEvidence,
  judged,
  outcome,
  P256,
  withFiles,
} from './testing/judge.ts'
import { trustAnchors } from './trust-anchors.ts'

/** Cheap to verify, for the tests that judge often. */
const quick = await testDocument({ csca: P256, ds: P256 })
const policies = Object.values(POLICIES)

/** A document with other files, signed by the usual test authority. */
async function signedAgain(files: LdsFiles, signingTime = signingTimeOf(quick.holder)) {
  const csca = await testCsca({ choice: P256 })
  const documentSigner = await testDocumentSigner({ csca, choice: P256, signingTime })
  return await signTestLds(files, { ds: P256 }, { documentSigner, signingTime })
}

/** What does not change from one judgement to the next, made once. */
const usually = { evidence: honestEvidence(quick), anchors: anchorsOf(quick) }

test('hashes of an unsigned list prove nothing: with a bad signature no group is called intact', () => {
  const sod = quick.document.files['EF.SOD'] as Uint8Array
  const report = judged(quick, { files: withFiles(quick, { 'EF.SOD': flipped(sod, 8 * (sod.length - 3)) }) })
  expect(outcome(report, 'sod.signature')).toBe('failed SIGNATURE_WRONG')
  expect(outcome(report, 'integrity.dg1')).toBe('undetermined HASH_LIST_UNSIGNED')
  expect(outcome(report, 'chipAuthenticity.activeAuthentication')).toBe('undetermined AA_KEY_NOT_COVERED')
  expect(outcome(report, 'chipAuthenticity.chipAuthentication')).toBe('undetermined CA_KEY_NOT_COVERED')
})

const LONG = process.env.CCCD_LONG === '1'

test.each(Object.keys(quick.document.files))(
  'with one flipped bit in %s the verdict is red and names the file, under both policies',
  name => {
    const file = name as FileName
    const bytes = quick.document.files[file] as Uint8Array
    const bits = bytes.length * 8
    // Some six hundred bits of each file; in the long run all bits of all but the portrait.
    const step = LONG && file !== 'EF.DG2' ? 1 : Math.max(1, Math.floor(bits / 600) | 1)
    for (let bit = 0; bit < bits; bit += step) {
      for (const policy of bit % 2 ? policies : [POLICIES.hospital]) {
        const report = judged(quick, { ...usually, files: withFiles(quick, { [file]: flipped(bytes, bit) }), policy })
        const named = report.because.some(one => one.file === file)
        expect([bit, report.colour, named]).toEqual([bit, 'red', true])
      }
    }
  },
  LONG ? 900_000 : undefined,
)

test('a changed group is blamed by its own check alone', () => {
  const dg2 = quick.document.files['EF.DG2'] as Uint8Array
  const report = judged(quick, { files: withFiles(quick, { 'EF.DG2': flipped(dg2, 8 * 9000) }) })
  expect(because(report)).toEqual(['integrity.dg2 HASH_DIFFERS'])
})

test.each([
  ['no SOD', null, 'failed SOD_MISSING'],
  ['an empty file', new Uint8Array(), 'failed SIGNED_DATA_MALFORMED'],
  ['a SOD that is not CMS', tlv(0x77, tlv(0x30, fromHex('020105'))), 'failed SIGNED_DATA_MALFORMED'],
  ['a SOD cut short', (quick.document.files['EF.SOD'] as Uint8Array).subarray(0, 600), 'failed SIGNED_DATA_MALFORMED'],
  [
    'a SOD with a byte too many',
    concat(quick.document.files['EF.SOD'] as Uint8Array, Uint8Array.of(0)),
    'failed SIGNED_DATA_MALFORMED',
  ],
] as const)('%s is red', (_, sod, expected) => {
  const report = judged(quick, { files: withFiles(quick, { 'EF.SOD': sod }) })
  expect(report.colour).toBe('red')
  expect(outcome(report, 'sod.encoding')).toBe(expected)
  expect(check(report, 'sod.encoding').file).toBe('EF.SOD')
  expect(outcome(report, 'sod.signature')).toBe('undetermined PREREQUISITE_MISSING')
})

test('nothing read at all is undetermined, not failed', () => {
  const evidence = { access: { offered: [], used: 'none' }, refusedFiles: [] } as const
  const report = judged(quick, { files: {}, evidence })
  expect(report.colour).toBe('yellow')
  expect(outcome(report, 'sod.encoding')).toBe('undetermined SOD_MISSING')
})

test('a signer that is not in the SOD has its own reason, unless the store has the certificate', () => {
  const { signedData } = parseSod(quick.document.files['EF.SOD'] as Uint8Array)
  const [signer] = signedData.certificates
  const whole = quick.document.files['EF.SOD'] as Uint8Array
  // The certificate stands as [0] in the CMS; without it the lengths around it shrink.
  const without = withoutCertificates(whole, signer?.raw as Uint8Array)
  const files = withFiles(quick, { 'EF.SOD': without })
  const report = judged(quick, { files })
  expect(report.colour).toBe('red')
  expect(outcome(report, 'sod.signer')).toBe('failed SIGNER_NOT_FOUND')
  const { anchors } = trustAnchors({ certificates: [quick.csca, quick.documentSigner], crls: [quick.crl] })
  const found = judged(quick, { files, anchors })
  expect(outcome(found, 'sod.signer')).toBe('successful SIGNER_FROM_STORE')
  expect(found.colour).toBe('green')
})

/** EF.SOD with the certificate taken out of its CMS. */
function withoutCertificates(sod: Uint8Array, certificate: Uint8Array): Uint8Array {
  const strip = (bytes: Uint8Array): Uint8Array => {
    const parts: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const headerEnd = at + 2 + ((bytes[at + 1] as number) > 0x80 ? (bytes[at + 1] as number) & 0x7f : 0)
      const long = bytes.subarray(at + 2, headerEnd).reduce((n, b) => n * 256 + b, 0)
      const length = (bytes[at + 1] as number) < 0x80 ? (bytes[at + 1] as number) : long
      const value = bytes.subarray(headerEnd, headerEnd + length)
      const tag = bytes[at] as number
      at = headerEnd + length
      const holds = Buffer.from(value).indexOf(certificate) >= 0
      if (tag === 0xa0 && Buffer.from(value).equals(certificate)) continue
      parts.push(tlv(tag, holds ? strip(value) : value))
    }
    return concat(...parts)
  }
  return strip(sod)
}

test('a group in the chip that the SOD does not list is reported as not listed', async () => {
  const { files } = testLds()
  const { 'EF.DG15': dg15, ...others } = files
  const signed = await signedAgain(others)
  const report = judged(quick, { files: { ...signed, 'EF.DG15': dg15 as Uint8Array } })
  expect(report.colour).toBe('red')
  expect(outcome(report, 'integrity.dg15')).toBe('failed DATA_GROUP_NOT_LISTED')
  expect(outcome(report, 'integrity.unlisted')).toBe('failed GROUPS_UNLISTED')
  expect(check(report, 'integrity.unlisted').detail).toBe('EF.DG15')
  expect(outcome(report, 'integrity.com')).toBe('failed COM_SOD_DIFFER')
  // The chip answers with the key of that group, and it counts for nothing.
  expect(outcome(report, 'chipAuthenticity.activeAuthentication')).toBe('undetermined AA_KEY_NOT_COVERED')
})

test.each([
  ['leaves out a group of the SOD', [1, 2, 13, 14], 'failed COM_SOD_DIFFER'],
  ['lists a group that is not in the SOD', [1, 2, 11, 13, 14, 15], 'failed COM_SOD_DIFFER'],
  ['lists a group twice', [1, 1, 2, 13, 14, 15], 'failed COM_SOD_DIFFER'],
  ['lists them in another order', [15, 14, 13, 2, 1], 'successful PASSED'],
] as const)('an EF.COM that %s: %s', (_, dataGroups, expected) => {
  const com = buildCom({ ldsVersion: '0107', unicodeVersion: '040000', dataGroups })
  expect(outcome(judged(quick, { files: withFiles(quick, { 'EF.COM': com }) }), 'integrity.com')).toBe(expected)
})

test('an EF.COM of LDS 3.0 or of Unicode 5 is refused', () => {
  for (const versions of [
    { ldsVersion: '0300', unicodeVersion: '040000' },
    { ldsVersion: '0107', unicodeVersion: '050000' },
  ]) {
    const com = buildCom({ ...versions, dataGroups: [1, 2, 13, 14, 15] })
    const report = judged(quick, { files: withFiles(quick, { 'EF.COM': com }) })
    expect(outcome(report, 'integrity.com')).toBe('failed COM_VERSION_WRONG')
  }
})

test('a card lifted in mid-reading is grey where something mandatory is missing, and says nothing of the document', () => {
  const { activeAuthentication, chipAuthentication, ...evidence } = honestEvidence(quick)
  const files = withFiles(quick, { 'EF.DG13': null, 'EF.DG2': null })
  const report = judged(quick, { files, evidence, aborted: ['EF.DG13', 'EF.DG2'] })
  expect(report.colour).toBe('grey')
  expect(outcome(report, 'integrity.dg13')).toBe('aborted ABORTED')
  expect(walkChecks(report.checks).filter(({ status }) => status === 'failed')).toEqual([])
})

test('a failure is red even when the card was lifted afterwards', () => {
  const dg1 = quick.document.files['EF.DG1'] as Uint8Array
  const files = withFiles(quick, { 'EF.DG1': flipped(dg1, 300), 'EF.DG2': null })
  expect(judged(quick, { files, aborted: ['EF.DG2'] }).colour).toBe('red')
})

test.each(['EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.CardAccess', 'EF.COM'] as const)(
  'a signed %s that does not parse is a failed check with code and offset, not an error',
  async file => {
    const { files } = testLds()
    const bytes = (files[file] as Uint8Array).slice(0, -1)
    const unsigned = file === 'EF.COM' || file === 'EF.CardAccess'
    const signed = await signedAgain(unsigned ? files : { ...files, [file]: bytes })
    const report = judged(quick, { files: { ...signed, [file]: bytes } })
    const id =
      `encoding.${file.slice(3).replace('C', 'c').toLowerCase().replace('cardaccess', 'cardAccess')}` as 'encoding.dg1'
    expect(check(report, id).status).toBe('failed')
    expect(check(report, id).detail).toMatch(/_MALFORMED.*offset \d+/)
    expect(report.colour).toBe('red')
    expect(report.because.some(one => one.file === file)).toBe(true)
  },
)

test('no hostile files make it throw, and none are green', () => {
  const names = Object.keys(quick.document.files) as FileName[]
  const mutation = fc.record({
    file: fc.constantFrom(...names),
    cut: fc.option(fc.nat({ max: 300 }), { nil: undefined }),
    at: fc.nat({ max: 2000 }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  })
  const report = (files: LdsFiles) => judged(quick, { ...usually, files, policy: POLICIES.hospital })
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), mutations => {
      const files: Partial<Record<FileName, Uint8Array>> = { ...quick.document.files }
      for (const { file, cut, at, bytes } of mutations) {
        const changed = (files[file] as Uint8Array).slice()
        for (const [i, byte] of bytes.entries()) if (at + i < changed.length) changed[at + i] = byte
        files[file] = cut === undefined ? changed : changed.slice(0, cut)
      }
      const same = names.every(
        name => Buffer.compare(files[name] as Uint8Array, quick.document.files[name] as Uint8Array) === 0,
      )
      if (!same) expect(report(files).colour).not.toBe('green')
    }),
    { numRuns: LONG ? 5000 : 300 },
  )
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 200 }), (file, bytes) => {
      expect(report({ ...quick.document.files, [file]: bytes }).colour).not.toBe('green')
    }),
    { numRuns: 200 },
  )
})

test('random bytes as the content of a well-formed SOD do not throw either', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      const files = withFiles(quick, { 'EF.SOD': buildSod(bytes), 'EF.CardSecurity': bytes })
      expect(judged(quick, { files }).colour).toBe('red')
    }),
    { numRuns: 100 },
  )
})
