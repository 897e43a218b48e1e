import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-issue-intake-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const record = (serial: string) => ({
  personalNumber: `999190${serial}`,
  fullName: 'TRẦN THỊ THỬ NGHIỆM',
  dateOfBirth: '15/08/1990',
  sex: 'female',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: `Xã Mẫu ${serial}, Tỉnh Giả Định`,
  placeOfResidence: 'Số 1, Phường Mẫu, Tỉnh Giả Định',
  identifyingFeatures: 'Không có thật',
  dateOfIssue: '01/09/2024',
  dateOfExpiry: '15/08/2030',
  portrait: 'mau.jpg',
})

function cccd(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'issue', 'intake', ...words], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a batch is sorted, its report shown, and the same batch refused the second time', () => {
  const input = join(folder, 'records.ndjson')
  const lines = [record('000001'), record('000002'), { ...record('000003'), fullName: '' }]
  writeFileSync(input, `${lines.map(one => JSON.stringify(one)).join('\n')}\n`)
  const out = join(folder, 'out')
  const first = cccd(input, '--out', out, '--json')
  expect(first.status).toBe(EXIT.undetermined)
  expect(JSON.parse(first.stdout).report).toMatchObject({ records: 3, accepted: 2, rejected: 1 })
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<svg')
  const second = cccd(input, '--out', join(folder, 'again'), '--json')
  expect(second.status).toBe(EXIT.input)
  expect(JSON.parse(second.stdout).error.code).toBe('BATCH_SEEN')
  const third = cccd(input, '--out', join(folder, 'again'), '--again', '--lang', 'vi')
  expect(third.status).toBe(EXIT.undetermined)
  expect(third.stdout).toContain('3 hồ sơ: nhận 2')
  expect(third.stdout + third.stderr).not.toContain('TRẦN')
})

test('what is typed wrong is told: no file, another format, a folder that is there', () => {
  expect(cccd().status).toBe(EXIT.usage)
  expect(cccd(join(folder, 'absent')).status).toBe(EXIT.file)
  const input = join(folder, 'one.ndjson')
  writeFileSync(input, `${JSON.stringify(record('000009'))}\n`)
  expect(cccd(input, '--format', 'xml').status).toBe(EXIT.usage)
  expect(cccd(input, '--out', join(folder, 'out')).status).not.toBe(EXIT.ok)
})
