import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateKey, softwareSigner } from '@cccd/card-core'
import { createCsca, createDocumentSigner } from '@cccd/personalization'
import { writeKeyFile } from '@cccd/personalization/file-signer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'
import { samplePortrait } from './sample-portrait.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const VALIDITY = { notBefore: new Date(Date.now() - 1e9), notAfter: new Date(Date.now() + 1e10) }
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-issue-prepare-'))
  const [ca, ds] = [0, 1].map(() => generateKey({ kind: 'ec', curve: 'secp256r1' })) as [
    ReturnType<typeof generateKey>,
    ReturnType<typeof generateKey>,
  ]
  const signer = softwareSigner({ pkcs8: ca.pkcs8, algorithm: { kind: 'ecdsa', hash: 'sha256' } })
  const csca = await createCsca({ signer, serialNumber: Uint8Array.of(1), validity: VALIDITY })
  const certificate = await createDocumentSigner({
    csca: { certificate: csca, signer },
    spki: ds.spki,
    serialNumber: Uint8Array.of(2),
    validity: VALIDITY,
  })
  writeFileSync(join(folder, 'csca.cer'), csca)
  writeFileSync(join(folder, 'ds.cer'), certificate)
  writeKeyFile(join(folder, 'ds.pem'), ds.pkcs8)
  const signers = [{ certificate: 'ds.cer', key: { file: 'ds.pem' }, limit: 100 }]
  writeFileSync(join(folder, 'pool.json'), JSON.stringify({ cscas: ['csca.cer'], ledger: 'ledger.db', signers }))
  mkdirSync(join(folder, 'pictures'))
  writeFileSync(join(folder, 'pictures', 'mau.jpg'), await samplePortrait())
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const record = (serial: string, more: object = {}) => ({
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
  ...more,
})
const cccd = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'issue', ...words], { encoding: 'utf8' })
  return { status, stdout, stderr }
}
const at = (name: string) => join(folder, name)
const prepare = (batch: string, ...more: string[]) =>
  cccd(
    'prepare',
    batch,
    ...['--signers', at('pool.json'), '--out', at('jobs'), '--key', at('jobs.key')],
    ...['--portraits', at('pictures'), '--threads', '1'],
    ...more,
  )

test('records that were taken in become jobs, are listed, not made twice, and erased', () => {
  const lines = [record('000001'), record('000002'), record('000003', { portrait: 'absent.jpg' })]
  writeFileSync(at('records.ndjson'), `${lines.map(one => JSON.stringify(one)).join('\n')}\n`)
  // Without the folder intake does not look at pictures; preparation does.
  expect(cccd('intake', at('records.ndjson'), '--out', at('batch')).status).toBe(EXIT.ok)
  const first = prepare(at('batch'), '--json')
  expect(first.stderr).toBe('')
  expect(first.status).toBe(EXIT.undetermined)
  const told = JSON.parse(first.stdout)
  expect(told).toMatchObject({ records: 3, prepared: 2, before: 0 })
  expect(told.refused).toEqual([{ line: 3, code: 'IMAGE_MALFORMED', field: 'portrait' }])
  expect(told.signers).toMatchObject([{ used: 2, limit: 100 }])
  const second = prepare(at('batch'), '--lang', 'vi')
  expect([second.status, second.stdout]).toEqual([EXIT.undetermined, expect.stringContaining('đã xong từ trước 2')])
  for (const text of [first.stdout, second.stdout, second.stderr]) {
    expect(text).not.toMatch(/999190|TRẦN|15\/08/)
  }

  const jobs = JSON.parse(cccd('jobs', at('jobs'), '--json').stdout)
  expect(jobs.counts).toEqual({ prepared: 2 })
  expect(cccd('jobs', at('jobs'), '--lang', 'vi').stdout).toContain('2 sẵn sàng')
  expect(cccd('erase', at('jobs'), '--job', 'ABC').status).not.toBe(EXIT.ok)
  const one = cccd('erase', at('jobs'), '--job', jobs.jobs[0].id, '--json')
  expect([one.status, JSON.parse(one.stdout)]).toEqual([EXIT.ok, { erased: 1 }])
  expect(JSON.parse(cccd('jobs', at('jobs'), '--json').stdout).counts).toEqual({ erased: 1, prepared: 1 })
  expect(JSON.parse(cccd('erase', at('jobs'), '--all', '--json').stdout)).toEqual({ erased: 1 })
  // Nothing of them remains beside the key.
  const left = readdirSync(at('jobs')).map(name => readFileSync(join(at('jobs'), name), 'latin1'))
  expect(left.join('')).not.toMatch(/999190|THỬ/)
})

test('what is typed wrong is told: no signers, a key beside the jobs, another card, nothing to list', () => {
  writeFileSync(at('one.ndjson'), `${JSON.stringify({ line: 1, record: record('000009') })}\n`)
  const batch = at('one.ndjson')
  expect(cccd('prepare').status).toBe(EXIT.usage)
  expect(cccd('prepare', batch, '--out', at('j'), '--key', at('k')).status).toBe(EXIT.usage)
  expect(prepare(batch, '--card', '1999').status).toBe(EXIT.usage)
  expect(prepare(batch, '--threads', 'x').status).toBe(EXIT.usage)
  const beside = cccd('prepare', batch, '--signers', at('pool.json'), '--out', at('j'), '--key', join(at('j'), 'k'))
  expect(beside.status).toBe(EXIT.usage)
  expect(prepare(at('absent')).status).toBe(EXIT.file)
  writeFileSync(at('bad.json'), '{"signers":[]}')
  const bad = cccd('prepare', batch, '--signers', at('bad.json'), '--out', at('j'), '--key', at('k'), '--json')
  expect([bad.status, JSON.parse(bad.stdout).error.code]).toEqual([EXIT.file, 'SIGNER_POOL_MALFORMED'])
  expect(cccd('jobs', at('nowhere')).status).toBe(EXIT.file)
  expect(existsSync(at('nowhere'))).toBe(false)
  expect(cccd('erase', at('jobs')).status).toBe(EXIT.usage)
})

test('chips that make their own keys leave their jobs waiting, and need no signers for it', () => {
  writeFileSync(at('two.ndjson'), `${JSON.stringify({ line: 1, record: record('000010') })}\n`)
  const words = ['prepare', at('two.ndjson'), '--out', at('waits'), '--key', at('waits.key'), '--keys-from-chip']
  expect(cccd(...words, '--portraits', at('pictures')).status).toBe(EXIT.ok)
  expect(JSON.parse(cccd('jobs', at('waits'), '--json').stdout).counts).toEqual({ 'awaiting-chip-key': 1 })
})
