// `cccd audit` as an auditor types it, on a log that the desk's own writer made.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openAuditLog } from '@cccd/daemon/audit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'cccd-audit-cli-'))
const folder = join(root, 'audit')
const key = join(root, 'key')
const NUMBER = '999190000001'

function cccd(args: readonly string[], input = ''): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CCCD, ...args], { env: { ...process.env, LC_ALL: 'en_US.UTF-8' } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => (stdout += String(chunk)))
  child.stderr.on('data', chunk => (stderr += String(chunk)))
  child.stdin.end(input)
  return new Promise(resolve => child.once('close', status => resolve({ status, stdout, stderr })))
}
const json = async (args: readonly string[], input = '') => {
  const { status, stdout } = await cccd([...args, '--json'], input)
  return { status, ...JSON.parse(stdout) }
}

beforeAll(async () => {
  expect((await json(['audit', 'key', key])).status).toBe(EXIT.ok)
  const log = await openAuditLog({
    config: { folder, keyFile: key, keepDays: 0, sync: 'each', whenFailing: 'stop-readings' },
    now: () => new Date(),
    random: length => Uint8Array.from(randomBytes(length)),
  })
  const caller = { tokenId: '00ff00ff00ff00ff', label: 'Quầy 1', role: 'clerk', origin: null } as const
  for (const [requestId, personalNumber] of [
    ['r1', NUMBER],
    ['r2', '999190000002'],
    ['r3', NUMBER],
  ] as const) {
    await log.record({ kind: 'reading.started', requestId, policy: 'hospital' }, { caller })
    const verdict = { overall: 'successful', colour: 'green', policy: 'hospital', because: [] }
    await log.record(
      { kind: 'reading.ended', requestId, state: 'done', verdict, ms: 900 },
      { caller, subject: { personalNumber, documentNumber: '199000001' } },
    )
  }
  await log.record({ kind: 'export.made', requestId: 'r3', form: 'fhir' }, { caller })
  await log.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('cccd audit verify', () => {
  test('ends with 0 with the key, with 4 without it, and says why', async () => {
    expect(statSync(key).mode & 0o777).toBe(0o600)
    expect(await json(['audit', 'verify', folder, '--key', key])).toMatchObject({
      status: EXIT.ok,
      overall: 'successful',
      entries: 8,
      faults: [],
    })
    const without = await json(['audit', 'verify', folder])
    expect(without).toMatchObject({
      status: EXIT.undetermined,
      faults: [{ code: 'KEY_NOT_GIVEN', weight: 'undetermined' }],
    })
    const { stdout } = await cccd(['audit', 'verify', folder, '--key', key, '--lang', 'vi'])
    expect(stdout).toContain('NHẬT KÝ NGUYÊN VẸN')
  })

  test('tells the first bad line with file, line and byte, and ends with 3', async () => {
    const copy = join(root, 'changed')
    cpSync(folder, copy, { recursive: true })
    const name = readdirSync(copy).find(file => file.endsWith('.jsonl')) as string
    writeFileSync(join(copy, name), readFileSync(join(copy, name), 'utf8').replace('"green"', '"white"'))
    const line = readFileSync(join(copy, name), 'utf8').split('\n')
    const offset = Buffer.byteLength(`${line.slice(0, 2).join('\n')}\n`)
    const { status, stdout } = await cccd(['audit', 'verify', copy, '--key', key])
    expect(status).toBe(EXIT.failed)
    expect(stdout).toContain(`PROOF_WRONG ${name}:3 (byte ${offset}) #2`)
    expect(await json(['audit', 'verify', copy, '--key', key])).toMatchObject({
      faults: [{ code: 'PROOF_WRONG', file: name, line: 3, offset, seq: 2 }],
    })
  })

  test('finds out an older copy of everything by what was noted', async () => {
    const { last } = await json(['audit', 'verify', folder, '--key', key])
    const noted = `${last.seq + 1}:${last.hash}`
    const { stdout } = await cccd(['audit', 'verify', folder, '--key', key])
    expect(stdout).toContain(noted)
    expect((await json(['audit', 'verify', folder, '--key', key, '--noted', noted])).status).toBe(EXIT.ok)
    expect((await json(['audit', 'verify', folder, '--key', key, '--noted', `99:${last.hash}`])).status).toBe(
      EXIT.failed,
    )
    expect((await json(['audit', 'verify', folder, '--noted', 'x'])).status).toBe(EXIT.usage)
  })

  test('tells half a line at the end as undetermined', async () => {
    const copy = join(root, 'torn')
    cpSync(folder, copy, { recursive: true })
    appendFileSync(join(copy, readdirSync(copy).find(file => file.endsWith('.jsonl')) as string), '{"at":')
    expect(await json(['audit', 'verify', copy, '--key', key])).toMatchObject({
      status: EXIT.undetermined,
      faults: [{ code: 'TAIL_UNMARKED', line: 9 }],
    })
  })

  test('tells apart a folder that is not there, one without a log, and a key file that is none', async () => {
    expect((await json(['audit', 'verify', join(root, 'nowhere')])).status).toBe(EXIT.file)
    expect(await json(['audit', 'verify', mkdtempSync(join(root, 'empty-'))])).toMatchObject({
      status: EXIT.failed,
      faults: [{ code: 'EMPTY' }, { code: 'KEY_NOT_GIVEN' }],
    })
    copyFileSync(CCCD, join(root, 'no-key'))
    expect(await json(['audit', 'verify', folder, '--key', join(root, 'no-key')])).toMatchObject({
      error: { code: 'AUDIT_KEY_REFUSED', exit: EXIT.file },
    })
    expect((await json(['audit', 'judge', folder])).status).toBe(EXIT.usage)
  })
})

describe('cccd audit find', () => {
  test('says when a number was read and what became of it, the number coming from standard input', async () => {
    const found = await json(['audit', 'find', folder, '--key', key, '--number', '-'], `${NUMBER}\n`)
    expect(found).toMatchObject({ status: EXIT.ok, overall: 'successful', readings: 2 })
    expect(found.entries.map(({ kind, requestId }: { kind: string; requestId: string }) => [kind, requestId])).toEqual([
      ['reading.started', 'r1'],
      ['reading.ended', 'r1'],
      ['reading.started', 'r3'],
      ['reading.ended', 'r3'],
      ['export.made', 'r3'],
    ])
    const { stdout } = await cccd(['audit', 'find', folder, '--key', key, '--number', '-'], NUMBER)
    expect(stdout).toContain('This number was read 2 times.')
    expect(stdout).toContain('Quầy 1')
    expect(stdout).not.toContain(NUMBER)
  })

  test('says so when a number was never read, and takes a document number too', async () => {
    expect(await json(['audit', 'find', folder, '--key', key, '--number', '-'], '999190000009')).toMatchObject({
      status: EXIT.ok,
      readings: 0,
      entries: [],
    })
    expect(await json(['audit', 'find', folder, '--key', key, '--document', '-'], '199 000 001')).toMatchObject({
      readings: 3,
    })
  })

  test('asks nothing without the key, and no number that is none', async () => {
    expect((await json(['audit', 'find', folder, '--number', '-'], NUMBER)).status).toBe(EXIT.usage)
    expect((await json(['audit', 'find', folder, '--key', key])).status).toBe(EXIT.usage)
    expect(await json(['audit', 'find', folder, '--key', key, '--number', '-'], '12345')).toMatchObject({
      error: { code: 'PERSONAL_NUMBER_MALFORMED', exit: EXIT.input },
    })
  })
})
