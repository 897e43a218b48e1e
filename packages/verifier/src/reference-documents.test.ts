import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { buildSod, type FileName, type LdsFiles } from '@cccd/card-core'
import { expect, test } from 'vitest'
import { walkChecks } from './check.ts'
import { passiveAuthentication } from './passive-authentication.ts'
import { POLICIES } from './policy.ts'
import { because, check, flipped, outcome } from './testing/judge.ts'
import { NO_ANCHORS } from './trust-anchors.ts'
import { type VerificationReport, verifyDocument } from './verify-document.ts'

const data = process.env.CCCD_TEST_DATA ?? new URL('../../../../shared/data/', import.meta.url).pathname
const bsi = `${data}/lds/bsi-tr03105-5-2013`
const zkr = `${data}/lds/zkr-synthetic`

function read(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path))
}

function judge(files: LdsFiles): VerificationReport {
  const evidence = { access: { offered: [], used: 'none' }, refusedFiles: [] } as const
  return verifyDocument({ files, evidence, anchors: NO_ANCHORS, policy: POLICIES.hospital, at: new Date('2014-01-01') })
}

function bsiFiles(): Record<FileName, Uint8Array> {
  const groups = [1, 2, 3, 4, 14, 15].map(n => [`EF.DG${n}`, read(`${bsi}/Datagroup${n}.bin`)])
  return Object.fromEntries([
    ['EF.COM', read(`${bsi}/EF_COM.bin`)],
    ['EF.SOD', read(`${bsi}/EF_SOD.bin`)],
    ...groups,
  ]) as Record<FileName, Uint8Array>
}

test.skipIf(!existsSync(bsi))(
  'the BSI reference set: signature and hashes right, DG15 reported as not listed (skipped without the shared data)',
  () => {
    const files = bsiFiles()
    const report = judge(files)
    for (const id of ['sod.encoding', 'sod.signer', 'sod.signedAttributes', 'sod.digest', 'sod.signature'] as const) {
      expect([id, outcome(report, id)]).toEqual([id, 'successful PASSED'])
    }
    for (const n of [1, 2, 3, 4, 14] as const) {
      expect([n, outcome(report, `integrity.dg${n}`)]).toEqual([n, 'successful PASSED'])
    }
    expect(outcome(report, 'integrity.com')).toBe('successful PASSED')
    expect(outcome(report, 'integrity.dg15')).toBe('failed DATA_GROUP_NOT_LISTED')
    expect(outcome(report, 'integrity.unlisted')).toBe('failed GROUPS_UNLISTED')
    expect(check(report, 'integrity.unlisted').detail).toBe('EF.DG15')
    expect(report.colour).toBe('red')
    const { 'EF.DG15': _, ...listed } = files
    const without = judge(listed)
    expect(without.because.filter(({ id }) => id.startsWith('integrity') || id.startsWith('sod'))).toEqual([
      { id: 'integrity.dg13', reason: 'FILE_ABSENT', file: 'EF.DG13' },
    ])
    expect(outcome(without, 'integrity.unlisted')).toBe('successful PASSED')
  },
)

test.skipIf(!existsSync(bsi))(
  'each file of the BSI set with a flipped bit is named (skipped without the shared data)',
  () => {
    const { 'EF.DG15': _, ...files } = bsiFiles()
    for (const [name, bytes] of Object.entries(files) as [FileName, Uint8Array][]) {
      const report = judge({ ...files, [name]: flipped(bytes, bytes.length * 8 - 5) })
      expect(report.colour).toBe('red')
      expect(
        report.because.some(({ file }) => file === name),
        `${name}: ${because(report)}`,
      ).toBe(true)
    }
  },
)

test.skipIf(!existsSync(zkr))(
  'the synthetic SODs with a wrong signer identifier or signature are refused (skipped without the shared data)',
  () => {
    const names = readdirSync(zkr).filter(name => name.endsWith('.sod'))
    expect(names).toHaveLength(6)
    for (const name of names) {
      const files = { 'EF.SOD': buildSod(read(`${zkr}/${name}`)) }
      expect(passiveAuthentication({ files, anchors: NO_ANCHORS }).successful).toBe(false)
      const report = judge(files)
      expect([name, report.colour]).toEqual([name, 'red'])
      expect(walkChecks(report.checks).some(({ id, status }) => id.startsWith('sod.') && status === 'failed')).toBe(
        true,
      )
    }
  },
)
