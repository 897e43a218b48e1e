// `cccd serve` over the real pcscd: after "next person" nothing of a card is left in its heap, its folders or its log.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createChip } from '@cccd/card-simulator'
import { insertCard } from '@cccd/card-simulator/vpcd'
import { mrzLines } from '@cccd/personalization'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { makeSampleCard, type SampleCard } from './sample.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const missing = rigMissing()
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

describe.skipIf(missing)(`cccd serve forgets${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-forgets-'))
  let rig: Rig
  let sample: SampleCard
  let child: ChildProcess
  let url: string
  let token: string
  let log = ''

  beforeAll(async () => {
    ;[rig, sample] = await Promise.all([startRig(), makeSampleCard({ now: new Date(), random })])
    const own = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: '' }
    child = spawn(process.execPath, ['--heapsnapshot-signal=SIGUSR2', CCCD, 'serve', '--port', '0', '--json'], {
      cwd: folder,
      env: { ...process.env, ...rig.env, ...own, CCCD_TRUST_STORE: '', CCCD_DESK_CONFIG: '' },
    })
    child.stderr?.on('data', chunk => (log += String(chunk)))
    const told = await new Promise<string>((resolve, reject) => {
      let out = ''
      child.stdout?.on('data', chunk => {
        out += String(chunk)
        if (out.endsWith('}\n')) resolve(out)
      })
      child.once('close', status => reject(new Error(`ended with ${status}: ${log}`)))
    })
    const { url: address, pairing } = JSON.parse(told)
    url = address
    token = (await ask('/v1/pairing', { body: { code: pairing.code, label: 'test' } })).json.token
  })
  afterAll(async () => {
    child?.kill('SIGKILL')
    await rig?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function ask(
    path: string,
    given: { method?: string; body?: object } = {},
  ): Promise<{
    status: number
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
    json: any
  }> {
    const origin = new URL(url).origin
    const response = await fetch(new URL(path, url), {
      method: given.method ?? (given.body ? 'POST' : 'GET'),
      headers: {
        origin,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(given.body && { 'content-type': 'application/json' }),
      },
      ...(given.body && { body: JSON.stringify(given.body) }),
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, json: isJson ? JSON.parse(new TextDecoder().decode(bytes)) : undefined }
  }

  const start = async (more: object = {}): Promise<string> => {
    const body = { nonce: randomBytes(18).toString('base64url'), waitSeconds: 20, ...more }
    const { status, json } = await ask('/v1/readings', { body })
    expect([status, json.error]).toEqual([202, undefined])
    return json.id
  }

  async function ended(id: string): Promise<string> {
    for (let i = 0; i < 400; i++) {
      const { state } = (await ask(`/v1/readings/${id}`)).json
      if (['done', 'failed', 'cancelled'].includes(state)) return state
      await wait(20)
    }
    return expect.fail('it never ended')
  }

  async function withCard<T>(during: () => Promise<T>, at?: number): Promise<T> {
    const chip = createChip(sample.document, { access: ['PACE', 'BAC'], random, extendedLength: 32_768 })
    const faults = at === undefined ? [] : [{ kind: 'removed', at } as const]
    const card = await insertCard({ chip, port: rig.ports[0], faults })
    try {
      return await during()
    } finally {
      await card.remove()
      await wait(600)
    }
  }

  /** Every string that the desk can still reach, after a forced collection. */
  async function heapStrings(): Promise<readonly string[]> {
    child.kill('SIGUSR2')
    for (let i = 0; i < 600; i++) {
      await wait(100)
      const [name] = readdirSync(folder).filter(file => file.endsWith('.heapsnapshot'))
      if (name === undefined) continue
      const path = join(folder, name)
      // While the snapshot is written the desk answers nobody.
      await ask('/health')
      const { strings } = JSON.parse(readFileSync(path, 'utf8')) as { strings: string[] }
      rmSync(path)
      return strings
    }
    return expect.fail('no snapshot came')
  }

  /** What of the holder somebody could look for. */
  function known(): string[] {
    const { holder } = sample
    const texts = Object.values(holder).filter(
      (value): value is string => typeof value === 'string' && value.length > 5,
    )
    const upper = ['TRAN THI THU NGHIEM', 'TRAN<<THI']
    return [...texts, ...(holder.parents ?? []), ...mrzLines(holder), ...upper, sample.qr].filter(
      value => !['Việt Nam', 'female'].includes(value),
    )
  }

  function found(strings: readonly string[]): string[] {
    return known().filter(value => strings.some(text => text.includes(value)))
  }

  test('while a reading is kept, a snapshot shows it; after next person nothing of it is left', async () => {
    const id = await start({ scan: sample.qr })
    await withCard(async () => expect(await ended(id)).toBe('done'))
    const { json } = await ask(`/v1/readings/${id}`)
    expect(json.fields.length).toBeGreaterThan(10)
    expect((await ask(`/v1/readings/${id}/portrait`)).status).toBe(200)
    expect((await ask(`/v1/readings/${id}/bundle`, { body: {} })).status).toBe(200)
    // Without this the test could not tell a desk that forgets from a search that finds nothing.
    expect(found(await heapStrings())).toContain(sample.holder.fullName)
    expect((await ask(`/v1/readings/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect(found(await heapStrings())).toEqual([])
  }, 90_000)

  test('nor of a scan, a reading that failed, one that was cancelled and a request that was refused', async () => {
    expect((await ask('/v1/scans', { body: { text: sample.qr } })).status).toBe(200)
    const lifted = await start({ scan: sample.qr })
    await withCard(async () => expect(await ended(lifted)).toBe('failed'), 14)
    const waiting = await start({ mrz: mrzLines(sample.holder).join('\n') })
    await ask(`/v1/readings/${waiting}`, { method: 'DELETE' })
    const refused = await ask('/v1/readings', { body: { nonce: 'short', scan: sample.qr } })
    expect(refused.status).toBe(400)
    expect(found(await heapStrings())).toEqual([])
  }, 90_000)

  test('nothing of it is in its folders or its log', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    const texts = files.map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    expect(files.length).toBeGreaterThan(0)
    expect(log).toContain('"event":"request"')
    expect(found([...texts, log])).toEqual([])
    expect(log).not.toContain(token)
  })
})
