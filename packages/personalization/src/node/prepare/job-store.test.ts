import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CardToolkitError } from '@cccd/card-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PreparedJob } from '../../prepare/job.ts'
import { openDatabase } from '../ledger/sqlite.ts'
import { JobStore } from './job-store.ts'
import { sealDraft } from './sealing.ts'

const AT = new Date('2026-03-01T08:00:00Z')
const job = (line: number, name = 'NGUYỄN THỊ THỬ'): PreparedJob => ({
  version: 1,
  id: `JOB${line}`,
  line,
  personalNumber: '999190012345',
  files: { 'EF.DG1': new Uint8Array(200).fill(line), 'EF.SOD': new Uint8Array(300).fill(line) },
  keys: { chipAuthentication: Uint8Array.of(9, 9, line) },
  access: { can: '012345', bacKey: { documentNumber: '000012345', dateOfBirth: '900101', dateOfExpiry: '300101' } },
  printed: { qr: `999190012345||${name}|`, mrzLines: ['A', 'B', 'C'], card: '2024' },
  documentSigner: 'KEY',
})

let folder: string
let keyFile: string
let store: JobStore | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-jobs-'))
  keyFile = join(folder, 'store.key')
})
afterEach(() => {
  store?.close()
  store = undefined
  rmSync(folder, { recursive: true, force: true })
})

const jobs = () => join(folder, 'jobs')
/** Drafted, then signed. */
const put = (one: JobStore, jobs: readonly PreparedJob[]): void => {
  const drafts = jobs.map(({ documentSigner: _, files: { 'EF.SOD': __, ...files }, ...rest }) => ({ ...rest, files }))
  one.begin(
    drafts.map(draft => sealDraft(draft)),
    AT,
  )
  one.finish(
    jobs.map(({ id, files, documentSigner }) => ({ id, sod: files['EF.SOD'] as Uint8Array, documentSigner })),
    AT,
  )
}
const opened = async (): Promise<JobStore> => {
  store?.close()
  store = undefined
  store = await JobStore.open(jobs(), keyFile)
  return store
}
/** All that lies on the disk beside the key file. */
const onDisk = (): Buffer => Buffer.concat(readdirSync(jobs()).map(name => readFileSync(join(jobs(), name))))
const refusal = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    return (error as CardToolkitError).code
  }
}

test('jobs come back as they were put in, also by another opening, in the order of their lines', async () => {
  put(await opened(), [job(3), job(1)])
  const again = await opened()
  expect([again.state('JOB1'), again.state('JOB2')]).toEqual(['prepared', undefined])
  expect(again.get('JOB3')).toEqual(job(3))
  expect(again.list()).toEqual(
    [1, 3].map(line => ({ id: `JOB${line}`, line, state: 'prepared', at: AT.toISOString() })),
  )
})

test('a job that is there is not replaced', async () => {
  const one = await opened()
  put(one, [job(1)])
  put(one, [job(1, 'ANOTHER'), job(2)])
  expect(one.get('JOB1')).toEqual(job(1))
  expect(one.list().length).toBe(2)
})

test('nothing of a holder can be read on the disk, and two jobs of one content look different', async () => {
  const one = await opened()
  put(one, [job(1), { ...job(1), id: 'JOB2' }])
  one.close()
  store = undefined
  const bytes = onDisk()
  for (const text of ['999190012345', 'THỬ', '012345']) expect(bytes.includes(text)).toBe(false)
  const database = await openDatabase(join(jobs(), 'jobs.db'))
  const bodies = database
    .prepare('select body from jobs')
    .all()
    .map(({ body }) => body as Buffer)
  database.close()
  expect(bodies[0]?.subarray(12, 40).equals(bodies[1]?.subarray(12, 40) as Buffer)).toBe(false)
  if (process.platform !== 'win32') {
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    expect(statSync(join(jobs(), 'jobs.db')).mode & 0o777).toBe(0o600)
  }
})

test('a draft is kept before its signature, becomes a job by it, and is not replaced by another', async () => {
  const one = await opened()
  const { documentSigner, files, ...rest } = job(1)
  const { 'EF.SOD': sod = new Uint8Array(), ...unsigned } = files
  const draft = { ...rest, files: unsigned }
  expect([...one.begin([sealDraft(draft)], AT)]).toEqual(['JOB1'])
  expect([...one.begin([sealDraft({ ...draft, line: 5 })], AT)]).toEqual([])
  expect([one.state('JOB1'), one.draft('JOB1')]).toEqual(['drafted', draft])
  expect(await refusal(() => one.get('JOB1'))).toBe('JOB_FAILED')
  one.finish([{ id: 'JOB1', sod, documentSigner }], AT)
  expect(one.get('JOB1')).toEqual(job(1))
  one.discard(['JOB1'])
  expect(one.state('JOB1')).toBe('prepared')
  one.begin([sealDraft({ ...draft, id: 'JOB2' })], AT)
  one.discard(['JOB2'])
  expect(one.state('JOB2')).toBeUndefined()
})

test('a store that was opened without its key lists and erases, and shows nothing', async () => {
  put(await opened(), [job(1)])
  store?.close()
  store = await JobStore.open(jobs())
  const one = store
  expect(one.list().length).toBe(1)
  expect(await refusal(() => one.get('JOB1'))).toBe('JOB_FAILED')
  expect(one.erase(['JOB1'], AT)).toBe(1)
})

test('an erased job is gone with its key, from the log beside the database too, and the others stay', async () => {
  const one = await opened()
  put(one, [job(1), job(2)])
  const database = await openDatabase(join(jobs(), 'jobs.db'))
  const row = (table: string) => database.prepare(`select * from ${table} where id = ?`).get('JOB1')
  const [wrapped, body] = [row('job_keys')?.wrapped as Buffer, row('jobs')?.body as Buffer]
  database.close()
  expect([onDisk().includes(wrapped), onDisk().includes(body)]).toEqual([true, true])
  expect(one.erase(['JOB1', 'JOB9'], AT)).toBe(1)
  expect([onDisk().includes(wrapped), onDisk().includes(body)]).toEqual([false, false])
  expect(await refusal(() => one.get('JOB1'))).toBe('JOB_ERASED')
  expect(one.get('JOB2')).toEqual(job(2))
  expect(one.list().map(({ state }) => state)).toEqual(['erased', 'prepared'])
  // It is still known as made: it will not be prepared a second time by accident.
  expect(one.state('JOB1')).toBe('erased')
  put(one, [job(1)])
  expect(await refusal(() => one.get('JOB1'))).toBe('JOB_ERASED')
  expect(one.erase(['JOB1'], AT)).toBe(0)
})

test('another key, a missing one, and one of another length open nothing', async () => {
  put(await opened(), [job(1)])
  const right = readFileSync(keyFile)
  writeFileSync(keyFile, new Uint8Array(32))
  expect(await refusal(opened)).toBe('JOB_FAILED')
  writeFileSync(keyFile, new Uint8Array(31))
  expect(await refusal(opened)).toBe('JOB_FAILED')
  rmSync(keyFile)
  // It would be made anew, and the jobs be lost unnoticed.
  expect(await refusal(opened)).toBe('ENOENT')
  writeFileSync(keyFile, right)
  expect((await opened()).get('JOB1')).toEqual(job(1))
})

test('a job that was changed, or put in the place of another, is refused', async () => {
  const one = await opened()
  put(one, [job(1), job(2), job(3)])
  const database = await openDatabase(join(jobs(), 'jobs.db'))
  database.exec("update jobs set body = (select body from jobs where id = 'JOB3') where id = 'JOB1'")
  const { body } = database.prepare('select body from jobs where id = ?').get('JOB2') as { body: Buffer }
  body[20] = (body[20] as number) ^ 1
  database.prepare('update jobs set body = ? where id = ?').run(body, 'JOB2')
  database.close()
  expect(await refusal(() => one.get('JOB1'))).toBe('JOB_FAILED')
  expect(await refusal(() => one.get('JOB2'))).toBe('JOB_FAILED')
  expect(await refusal(() => one.get('JOB9'))).toBe('JOB_FAILED')
  expect(one.get('JOB3')).toEqual(job(3))
})
