// What a desk that keeps something keeps, over real HTTP with a simulated card.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChip } from '@cccd/card-simulator'
import { testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { laid, newNonce, random, wait } from '../readings/testing/reading-rig.ts'
import { HIS, runTestDesk, type TestDesk } from '../testing/running-desk.ts'
import { type SmallDisk, smallDisk } from '../testing/small-disk.ts'
import { readChainKeyFile } from './chain-key.ts'
import { type ChainEntry, speaksOf } from './hash-chain.ts'
import { verifyChain } from './verify-chain.ts'

const made = await testDocument({ at: new Date() })
const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
const NUMBER = made.qr.split('|')[0] as string
const TEXT = { purpose: 'open-account', version: '2', vi: 'Tôi đồng ý…', en: 'I agree…', demandedBy: ['kyc'] }
const kept = mkdtempSync(join(tmpdir(), 'cccd-kept-'))
const audit = { folder: join(kept, 'audit'), keyFile: join(kept, 'key') }
afterAll(() => rmSync(kept, { recursive: true, force: true }))

function lay(desk: TestDesk): void {
  desk.reader.lay(laid(createChip(made.document, { access: made.access, random, extendedLength: 32_768 })))
}

async function toTheEnd(
  desk: TestDesk,
  token: string,
  body: object,
): Promise<{ id: string; state: string; code?: string }> {
  const started = await desk.ask('/v1/readings', {
    token,
    headers: { origin: HIS },
    body: { nonce: newNonce(), scan: made.qr, ...body },
  })
  if (started.status !== 202) return { id: '', state: `${started.status}`, code: started.json.error.code }
  const { id } = started.json
  for (let i = 0; i < 1000; i++) {
    const { state } = (await desk.ask(`/v1/readings/${id}`, { token, headers: { origin: HIS } })).json
    if (['done', 'failed', 'cancelled'].includes(state)) return { id, state }
    await wait(10)
  }
  throw new Error('the reading does not end')
}

async function entriesOf(folder: string, keyFile: string): Promise<{ overall: string; entries: ChainEntry[] }> {
  const entries: ChainEntry[] = []
  const { overall } = await verifyChain(folder, {
    key: await readChainKeyFile(keyFile),
    onEntry: entry => entries.push(entry),
  })
  return { overall, entries }
}

/** Everything that lies in a folder, as text. */
function allOf(folder: string): string {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'latin1'))
    .join('\n')
}

describe('a desk that keeps an audit log', () => {
  let desk: TestDesk
  let token = ''
  beforeAll(async () => {
    desk = await runTestDesk({ audit, consent: { texts: [TEXT] }, metrics: {} }, { loadAnchors: async () => anchors })
    token = await desk.token({ origin: HIS, label: 'Quầy 1' })
    lay(desk)
  })
  afterAll(() => desk.close())

  test('refuses a reading whose policy demands a consent, until it is given to the text as it is shown', async () => {
    const { json } = await desk.ask('/v1/consent/texts', { token, headers: { origin: HIS } })
    expect(json.texts).toEqual([{ ...TEXT, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }])
    expect(await toTheEnd(desk, token, { policy: 'kyc' })).toMatchObject({ code: 'CONSENT_REQUIRED', state: '422' })
    const consent = { purpose: TEXT.purpose, textVersion: '1' }
    expect(await toTheEnd(desk, token, { policy: 'kyc', consent })).toMatchObject({ code: 'CONSENT_REQUIRED' })
    const right = { ...consent, textVersion: '2', textDigest: json.texts[0].digest }
    expect(await toTheEnd(desk, token, { policy: 'kyc', consent: right })).toMatchObject({ state: 'done' })
  })

  test('records start, consent, end, export and revocation, by whom, and whom it was about for the key alone', async () => {
    const consent = { purpose: TEXT.purpose, textVersion: '2' }
    const { id } = await toTheEnd(desk, token, { policy: 'kyc', consent })
    expect((await desk.ask(`/v1/readings/${id}/fhir`, { token, headers: { origin: HIS } })).status).toBe(200)
    expect((await desk.ask('/v1/session', { token, method: 'DELETE', headers: { origin: HIS } })).status).toBe(204)
    const { overall, entries } = await entriesOf(audit.folder, audit.keyFile)
    expect(overall).toBe('successful')
    const kinds = entries.filter(({ body }) => body.requestId === id).map(({ body }) => body.kind)
    expect(kinds).toEqual(['reading.started', 'consent.given', 'reading.ended', 'export.made'])
    expect(entries.at(-1)?.body).toMatchObject({
      kind: 'token.revoked',
      by: { label: 'Quầy 1', role: 'clerk', origin: HIS },
    })
    const key = await readChainKeyFile(audit.keyFile)
    const about = entries.filter(entry => speaksOf(entry, { key, name: 'personalNumber', value: NUMBER }))
    expect(about.map(({ body }) => [body.kind, body.state, (body.verdict as { colour: string }).colour])).toEqual([
      ['reading.ended', 'done', 'green'],
      ['reading.ended', 'done', 'green'],
    ])
  })

  test('holds no name, number, text, portrait or token: not on the disk, not in the metrics, not in the log lines', async () => {
    const { text } = await desk.ask('/metrics')
    expect(text).toContain('cccd_readings_total{state="done",colour="green"} 2')
    const everything = [allOf(desk.folder), allOf(kept), text, JSON.stringify(desk.lines)].join('\n')
    expect(everything).toContain('reading.ended')
    const secrets = [
      NUMBER,
      NUMBER.slice(-6),
      made.qr,
      token,
      'Thử Nghiệm',
      'THU NGHIEM',
      ...made.qr.split('|').filter(part => part.length > 7),
    ]
    for (const secret of secrets) {
      for (const form of [secret, Buffer.from(secret).toString('latin1'), Buffer.from(secret).toString('base64url')]) {
        if (everything.includes(form)) expect.fail(`found ${form}`)
      }
    }
    const portrait = Buffer.from(made.document.files['EF.DG2'] as Uint8Array).subarray(200, 232)
    expect(everything.includes(portrait.toString('latin1'))).toBe(false)
  })

  test('tells another log where it stands, so that an older copy is found out', async () => {
    const noted = desk.lines.find(({ event }) => event === 'audit')?.facts.noted
    const [count, hash] = String(noted).split(':') as [string, string]
    const key = await readChainKeyFile(audit.keyFile)
    const held = (more: number) => verifyChain(audit.folder, { key, noted: { count: Number(count) + more, hash } })
    expect(await held(0)).toMatchObject({ overall: 'successful' })
    expect(await held(1)).toMatchObject({ overall: 'failed' })
  })

  test('tells the operator its state, and nobody else', async () => {
    const { json } = await desk.ask('/v1/audit', { token: await desk.token({ role: 'operator' }) })
    const { entries } = await entriesOf(audit.folder, audit.keyFile)
    expect(json).toMatchObject({
      on: true,
      state: 'writing',
      refused: 0,
      count: entries.length,
      whenFailing: 'stop-readings',
    })
    expect((await desk.ask('/v1/audit', { token: await desk.token({ role: 'clerk' }) })).status).toBe(403)
  })
})

const disk = smallDisk(256)
const missing = typeof disk === 'string' ? disk : undefined
describe.skipIf(missing)(`a desk whose disk is full${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const small = disk as SmallDisk
  afterAll(() => small.remove())

  async function fullDesk(
    whenFailing: string,
  ): Promise<{ desk: TestDesk; token: string; folder: string; keyFile: string }> {
    const folder = join(small.folder, whenFailing)
    const keyFile = join(kept, `${whenFailing}-key`)
    const desk = await runTestDesk({ audit: { folder, keyFile, whenFailing } }, { loadAnchors: async () => anchors })
    lay(desk)
    return { desk, token: await desk.token({ origin: HIS }), folder, keyFile }
  }

  test('reads no card while the demanded log cannot be written, and reads again when there is room', async () => {
    const { desk, token, folder, keyFile } = await fullDesk('stop-readings')
    try {
      expect(await toTheEnd(desk, token, {})).toMatchObject({ state: 'done' })
      small.fill()
      let refused = { state: '', code: '' } as { state: string; code?: string }
      for (let i = 0; (i < 40 && refused.code === undefined) || i === 0; i++) refused = await toTheEnd(desk, token, {})
      expect(refused).toMatchObject({ code: 'AUDIT_UNAVAILABLE', state: '503' })
      const operator = await desk.token({ role: 'operator' }).catch(() => undefined)
      expect(operator).toBeUndefined()
      small.free()
      desk.clock.skipMs += 2000
      expect(await toTheEnd(desk, token, {})).toMatchObject({ state: 'done' })
    } finally {
      await desk.close()
    }
    const { overall, entries } = await entriesOf(folder, keyFile)
    expect(overall).toBe('successful')
    expect(entries.some(({ body }) => body.kind === 'chain.repaired' && body.cause === 'ENOSPC')).toBe(true)
  })

  test('goes on where that is asked for by name, and says so to the operator', async () => {
    const { desk, token } = await fullDesk('go-on')
    try {
      const operator = await desk.token({ role: 'operator' })
      small.fill()
      for (let i = 0; i < 8; i++) expect(await toTheEnd(desk, token, {})).toMatchObject({ state: 'done' })
      const { json } = await desk.ask('/v1/audit', { token: operator })
      expect(json).toMatchObject({ state: 'failing', cause: 'ENOSPC' })
      expect(json.refused).toBeGreaterThan(8)
    } finally {
      small.free()
      await desk.close()
    }
  })
})
