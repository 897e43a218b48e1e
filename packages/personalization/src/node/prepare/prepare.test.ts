import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type CardToolkitError,
  parseCom,
  parseDg1,
  parseDg2,
  parseDg14,
  parseSod,
  SignerError,
  toHex,
} from '@cccd/card-core'
import { passiveAuthentication, trustAnchors } from '@cccd/verifier'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeChipKeys } from '../../prepare/chip-keys.ts'
import { parseCvca } from '../../prepare/cvca.ts'
import type { SodOutcome, Unsigned } from '../../prepare/sod-service.ts'
import { LINE_NOW, type TestLine, testLine } from '../testing/test-line.ts'
import type { DraftSettings } from './draft.ts'
import { JobStore } from './job-store.ts'
import { type OpenPool, openPool } from './open-pool.ts'
import {
  type DocumentSigning,
  type PrepareOptions,
  type PrepareResult,
  prepareBatch,
  supplyChipKeys,
} from './prepare.ts'

let folder: string
let line: TestLine
let store: JobStore
let pool: OpenPool
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-prepare-'))
  line = await testLine(folder)
  pool = await openPool(line.pool([await line.fileKey('a'), await line.fileKey('b')]), { now: () => LINE_NOW })
  store = await JobStore.open(join(folder, 'jobs'), join(folder, 'store.key'))
})
afterEach(async () => {
  store.close()
  await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

const settings = (more: Partial<DraftSettings> = {}): DraftSettings => ({
  card: '2024',
  portraits: line.portraits,
  ...more,
})
const run = async (batch: string, more: Partial<PrepareOptions> = {}): Promise<PrepareResult> =>
  await prepareBatch({
    batch,
    store,
    signing: pool.service,
    settings: settings(),
    threads: 0,
    now: () => LINE_NOW,
    ...more,
  })
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: CardToolkitError) => error.code ?? error.name,
  )
const signatures = (): number => pool.service.state().reduce((sum, { used }) => sum + used, 0)

test('records become jobs whose documents verify up to the CSCA, in threads too', async () => {
  const told: number[] = []
  const result = await run(line.batch(20), {
    threads: 2,
    together: 7,
    progress: ({ done, of }) => void told.push(done, of),
  })
  expect(result).toMatchObject({ records: 20, prepared: 20, before: 0, awaiting: 0, refused: [] })
  expect(told.slice(-2)).toEqual([20, 20])
  const { anchors } = trustAnchors({ certificates: [line.csca] })
  const jobs = store.list().map(({ id }) => store.get(id))
  expect(jobs.map(job => job.line)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
  for (const { files, printed, access, personalNumber } of jobs) {
    expect(passiveAuthentication({ files, anchors }).successful).toBe(true)
    expect(parseCom(files['EF.COM'] as Uint8Array).dataGroups).toEqual([1, 2, 13, 14, 15])
    expect(parseDg1(files['EF.DG1'] as Uint8Array).mrz.lines).toEqual(printed.mrzLines)
    expect(printed.qr.startsWith(`${personalNumber}|`)).toBe(true)
    expect(access).toMatchObject({ can: personalNumber.slice(6), bacKey: { documentNumber: personalNumber.slice(3) } })
  }
  const image = parseDg2(jobs[0]?.files['EF.DG2'] as Uint8Array).faces[0]?.image ?? new Uint8Array()
  expect(await sharp(image).metadata()).toMatchObject({ format: 'jpeg', width: 300, height: 400 })
  expect(new Set(jobs.map(({ keys }) => toHex(keys.chipAuthentication ?? new Uint8Array()))).size).toBe(20)
})

test('LDS 1.8, RSA, the card of 2021 and EF.CVCA come as asked', async () => {
  const asked = settings({ ldsVersion: '1.8', activeAuthentication: 'RSA', card: '2021', cvca: ['VNTEST00001'] })
  await run(line.batch(1), { settings: asked })
  const { files, printed } = store.get(store.list()[0]?.id ?? '')
  expect(parseSod(files['EF.SOD'] as Uint8Array).ldsSecurityObject).toMatchObject({ version: 1, ldsVersion: '0108' })
  expect(parseCvca(files['EF.CVCA'] as Uint8Array)).toEqual(['VNTEST00001'])
  expect(printed.card).toBe('2021')
  // RSA announces no algorithm in DG14.
  const kinds = parseDg14(files['EF.DG14'] as Uint8Array).map(({ kind }) => kind)
  expect(kinds).toEqual(['terminalAuthentication', 'chipAuthentication', 'pace', 'chipAuthenticationPublicKey'])
})

test('a child under six gets no portrait even where a picture was sent in', async () => {
  const child = { personalNumber: '999220777888', dateOfBirth: '20/06/2020', sex: 'male', dateOfExpiry: '20/06/2034' }
  const batch = line.batch(1, record => ({ ...record, ...child }))
  expect((await run(batch)).refused).toEqual([])
  const { files } = store.get(store.list()[0]?.id ?? '')
  expect(files['EF.DG2']).toBeUndefined()
  expect(parseCom(files['EF.COM'] as Uint8Array).dataGroups).toEqual([1, 13, 14, 15])
})

test('records that cannot become a card are told with line and reason, and the others go on', async () => {
  writeFileSync(join(line.portraits, 'damaged.jpg'), new Uint8Array(3000).fill(0xff))
  const changes: Record<number, object> = {
    1: { fullName: 'NGUYỄN V4N' },
    2: { portrait: 'absent.jpg' },
    3: { portrait: 'damaged.jpg' },
    4: { portrait: '../mau.jpg' },
  }
  const batch = line.batch(6, (record, index) => ({ ...record, ...changes[index] }))
  appendFileSync(batch, 'not json\n{"line":9}\n')
  const result = await run(batch)
  expect(result).toMatchObject({ records: 8, prepared: 2 })
  expect(result.refused).toEqual([
    { line: 2, code: 'DOCUMENT_MALFORMED', field: 'fullName' },
    { line: 3, code: 'IMAGE_MALFORMED', field: 'portrait' },
    { line: 4, code: 'IMAGE_MALFORMED', field: 'portrait' },
    { line: 5, code: 'IMAGE_MALFORMED', field: 'portrait' },
    { line: 7, code: 'DOCUMENT_MALFORMED' },
    { line: 8, code: 'DOCUMENT_MALFORMED' },
  ])
  expect(store.list().map(one => one.line)).toEqual([1, 6])
})

test('the same batch again makes nothing and signs nothing, and what was erased stays erased', async () => {
  const batch = line.batch(5)
  await run(batch)
  const made = store.list().map(({ id }) => store.get(id))
  store.erase([made[0]?.id ?? ''], LINE_NOW)
  expect(await run(batch)).toMatchObject({ prepared: 0, before: 5, refused: [] })
  expect(signatures()).toBe(5)
  expect(store.get(made[1]?.id ?? '')).toEqual(made[1])
  expect(store.state(made[0]?.id ?? '')).toBe('erased')
})

test('a number that was signed with other content is refused, unless its card is issued anew', async () => {
  await run(line.batch(2))
  const other = line.batch(2, record => ({ ...record, placeOfResidence: 'Số 9, Phường Mẫu' }), 'other.ndjson')
  const second = await run(other)
  expect(second.prepared).toBe(0)
  expect(second.refused).toEqual([1, 2].map(n => ({ line: n, code: 'NUMBER_SIGNED_BEFORE', field: 'personalNumber' })))
  // Nothing is left behind that would be taken for a job.
  expect(store.list().length).toBe(2)
  expect(await run(other, { reissue: true })).toMatchObject({ prepared: 2, refused: [] })
})

test('what was drafted when the signers failed is signed as it was drafted, keys and all', async () => {
  const batch = line.batch(4)
  const broken: DocumentSigning = {
    sign: () => Promise.reject(new SignerError('SIGNER_TOKEN_GONE', 'nobody is there')),
  }
  expect(await refusal(run(batch, { signing: broken }))).toBe('SIGNER_TOKEN_GONE')
  expect(store.list().map(({ state }) => state)).toEqual(Array(4).fill('drafted'))
  const drafts = store.list().map(({ id }) => store.draft(id))
  expect(await run(batch)).toMatchObject({ prepared: 4, refused: [] })
  for (const draft of drafts) {
    const { files, keys } = store.get(draft.id)
    expect(keys).toEqual(draft.keys)
    expect(files).toMatchObject(draft.files)
  }
})

test('a signature that was made and not stored is made again over the same content, not over another', async () => {
  const batch = line.batch(3)
  // The line dies after the signers handed the documents out.
  const dies: DocumentSigning = {
    async sign(documents: readonly Unsigned[]): Promise<readonly SodOutcome[]> {
      await pool.service.sign(documents)
      throw new Error('the plug was pulled')
    },
  }
  await expect(run(batch, { signing: dies })).rejects.toThrow('the plug was pulled')
  expect(signatures()).toBe(3)
  expect(await run(batch)).toMatchObject({ prepared: 3, refused: [] })
  expect(signatures()).toBe(6)
})

test('a run that is stopped ends with an AbortError and can be gone on with', async () => {
  const batch = line.batch(30)
  const abort = new AbortController()
  const stopped = run(batch, { signal: abort.signal, together: 4, progress: () => abort.abort() })
  expect(await refusal(stopped)).toBe(20)
  const before = store.list().filter(({ state }) => state === 'prepared').length
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThan(30)
  expect(await run(batch)).toMatchObject({ prepared: 30 - before, before })
})

test('a chip that makes its own keys gets its files and signature once they are known', async () => {
  const waits = settings({ keysFromChip: true })
  const batch = line.batch(2)
  const first = await prepareBatch({ batch, store, settings: waits, threads: 0, now: () => LINE_NOW })
  expect(first).toMatchObject({ prepared: 0, awaiting: 2 })
  expect(await run(batch, { settings: waits })).toMatchObject({ prepared: 0, awaiting: 2 })
  const [one, two] = store.list().map(({ id }) => id) as [string, string]
  expect(store.draft(one).keys).toEqual({})
  expect(store.draft(one).files['EF.SOD']).toBeUndefined()
  const { publicKeys } = makeChipKeys('EC')
  const line2 = { store, signing: pool.service, settings: waits, now: () => LINE_NOW }
  await supplyChipKeys(one, publicKeys, line2)
  const { files, keys } = store.get(one)
  expect(keys).toEqual({})
  const told = parseDg14(files['EF.DG14'] as Uint8Array).find(({ kind }) => kind === 'chipAuthenticationPublicKey')
  expect(told).toMatchObject({ spki: publicKeys.chipAuthentication })
  const { anchors } = trustAnchors({ certificates: [line.csca] })
  expect(passiveAuthentication({ files, anchors }).successful).toBe(true)
  expect(await refusal(supplyChipKeys(one, publicKeys, line2))).toBe('JOB_FAILED')
  const bad = { chipAuthentication: new Uint8Array(4) }
  expect(await refusal(supplyChipKeys(two, bad, line2))).not.toBe('accepted')
  expect(store.state(two)).toBe('awaiting-chip-key')
  // The signers fail once the keys are in: the same keys may be tried again, others may not.
  const broken: DocumentSigning = { sign: () => Promise.reject(new SignerError('SIGNER_TOKEN_GONE', 'gone')) }
  expect(await refusal(supplyChipKeys(two, publicKeys, { ...line2, signing: broken }))).toBe('SIGNER_TOKEN_GONE')
  expect(await refusal(supplyChipKeys(two, makeChipKeys('EC').publicKeys, line2))).toBe('JOB_FAILED')
  await supplyChipKeys(two, publicKeys, line2)
  expect(store.state(two)).toBe('prepared')
})

const PROCESS = fileURLToPath(new URL('../testing/prepare-process.mjs', import.meta.url))

test('a run that is killed again and again ends with every job once, each verified, and no number signed twice differently', async () => {
  const batch = line.batch(60)
  const config = join(folder, 'pool.json')
  const words = [PROCESS, batch, config, join(folder, 'jobs'), join(folder, 'store.key'), line.portraits]
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(child, 'exit')
    // Killed at another place each time: after so many progress reports.
    let reports = 0
    child.stdout.on('data', (chunk: Buffer) => {
      reports += chunk.toString().split('\n').length - 1
      if (reports > round) child.kill('SIGKILL')
    })
    expect((await gone)[1]).toBe('SIGKILL')
  }
  const before = store.list().filter(({ state }) => state === 'prepared').length
  expect(before).toBeGreaterThan(0)
  expect(await run(batch)).toMatchObject({ prepared: 60 - before, before, refused: [] })
  const { anchors } = trustAnchors({ certificates: [line.csca] })
  const numbers = store.list().map(({ id }) => {
    const { files, personalNumber } = store.get(id)
    expect(passiveAuthentication({ files, anchors }).successful).toBe(true)
    return personalNumber
  })
  expect(new Set(numbers).size).toBe(60)
  expect(existsSync(config) && readFileSync(config, 'utf8')).toContain('ledger.db')
})
