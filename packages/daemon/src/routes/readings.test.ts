import { createHash } from 'node:crypto'
import { parseDg2 } from '@cccd/card-core'
import { createChip } from '@cccd/card-simulator'
import { type TestDocument, testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Scope } from '../api/access.ts'
import type { ReadingEvent } from '../api/readings.ts'
import { laid, newNonce, random, wait } from '../readings/testing/reading-rig.ts'
import { HIS, runTestDesk, type TestDesk } from '../testing/running-desk.ts'

let made: TestDocument
let desk: TestDesk
let token: string
let other: string

beforeAll(async () => {
  made = await testDocument()
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  desk = await runTestDesk(
    { readings: { graceSeconds: 1 }, limits: { streams: 20 } },
    { loadAnchors: async () => anchors, now: () => made.at },
  )
  token = await desk.token({ origin: HIS })
  other = await desk.token({ origin: HIS })
})
afterAll(() => desk?.close())
beforeEach(() => desk.reader.lift())

const ask = (path: string, given: Parameters<TestDesk['ask']>[1] = {}) =>
  desk.ask(path, { token, headers: { origin: HIS }, ...given })
const start = (more: object = {}, by = token) =>
  ask('/v1/readings', { token: by, body: { nonce: newNonce(), scan: made.qr, waitSeconds: 20, ...more } })
const layCard = (delayMs = 0): void => {
  const chip = createChip(made.document, { access: made.access, random, extendedLength: 32_768 })
  desk.reader.lay(laid(chip, { delayMs }))
}

interface Stream {
  readonly status: number
  readonly type: string | null
  events(): AsyncGenerator<ReadingEvent>
  leave(): void
}

/** Server-sent events as a page takes them: a streamed fetch with the token in its header. */
async function stream(id: string, by = token): Promise<Stream> {
  const abort = new AbortController()
  const response = await fetch(new URL(`/v1/readings/${id}/events`, desk.desk.url), {
    headers: { authorization: `Bearer ${by}`, origin: HIS },
    signal: abort.signal,
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    leave: () => abort.abort(),
    async *events() {
      let text = ''
      const decoder = new TextDecoder()
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true })
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        for (const part of parts) if (part.startsWith('data: ')) yield JSON.parse(part.slice(6)) as ReadingEvent
      }
    },
  }
}

async function toTheEnd(id: string): Promise<ReadingEvent[]> {
  const events: ReadingEvent[] = []
  for await (const event of (await stream(id)).events()) events.push(event)
  return events
}

describe('a reading over HTTP', () => {
  test('from card down to signed result, portrait and next person', async () => {
    const nonce = newNonce()
    const started = await start({ nonce })
    expect(started.status).toBe(202)
    expect(started.json).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), state: 'waiting' })
    const { id } = started.json
    const opened = await stream(id)
    expect([opened.status, opened.type]).toEqual([200, 'text/event-stream; charset=utf-8'])
    const events: ReadingEvent[] = []
    layCard(1)
    for await (const event of opened.events()) events.push(event)
    expect(events.at(-1)).toMatchObject({ type: 'reading', id, state: 'done' })
    expect(events.some(({ progress }) => progress?.file === 'EF.DG2')).toBe(true)
    const { status, json, headers } = await ask(`/v1/readings/${id}`)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toContain('no-store')
    expect(json).toMatchObject({ state: 'done', reader: 'Đầu đọc thử', verdict: { colour: 'green', because: [] } })
    expect(json.fields).toContainEqual({ name: 'fullName', value: 'Nguyễn Thị Thử Nghiệm', source: 'chip' })
    // Every check of the report comes through the reply's schema.
    const leaves = JSON.stringify(json.verdict.report).match(/"children":\[\]/g) ?? []
    expect(leaves.length).toBeGreaterThan(50)

    const { keys } = (await ask('/v1/keys')).json
    const { payload } = await compactVerify(json.signed, await importJWK(keys[0], 'ES256'))
    const signed = JSON.parse(new TextDecoder().decode(payload))
    expect(signed.binding).toMatchObject({ nonce, origin: HIS, requestId: id, policy: 'hospital', kid: keys[0].kid })
    expect(signed.fields).toEqual(json.fields)
    expect(signed.report).toEqual(json.verdict.report)

    const portrait = await fetch(new URL(`/v1/readings/${id}/portrait`, desk.desk.url), {
      headers: { authorization: `Bearer ${token}`, origin: HIS },
    })
    expect(portrait.headers.get('content-type')).toBe('image/jpeg')
    const bytes = new Uint8Array(await portrait.arrayBuffer())
    expect(bytes).toEqual(parseDg2(made.document.files['EF.DG2'] as Uint8Array).faces[0]?.image)
    expect(signed.portrait.sha256).toBe(createHash('sha256').update(bytes).digest('base64url'))

    expect((await ask(`/v1/readings/${id}`, { method: 'DELETE' })).status).toBe(204)
    for (const path of ['', '/portrait', '/events']) {
      const gone = await ask(`/v1/readings/${id}${path}`)
      expect([path, gone.status, gone.json.error.code]).toEqual([path, 404, 'READING_UNKNOWN'])
      for (const value of [made.holder.personalNumber, made.holder.fullName]) expect(gone.text).not.toContain(value)
    }
    expect((await ask('/v1/readings')).json).toEqual({ readings: [] })
  })

  test('the name is there before the portrait is read, and with DG1 alone', async () => {
    const { id } = (await start()).json
    const opened = await stream(id)
    layCard(3)
    let atName: ReadingEvent | undefined
    let portraitSeen = false
    for await (const event of opened.events()) {
      portraitSeen ||= event.portrait !== undefined
      const name = event.fields?.find(field => field.name === 'fullName' && field.source === 'chip')
      if (name && !atName) {
        atName = event
        expect(name.value).toBe('NGUYEN THI THU NGHIEM')
        expect(portraitSeen).toBe(false)
      }
    }
    expect(atName?.progress?.file).toBe('EF.DG1')
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
  })

  test('another reading on the same reader is 409 READER_BUSY, and the first one goes on', async () => {
    const { id } = (await start()).json
    const refused = await start({}, other)
    expect([refused.status, refused.json.error.code]).toEqual([409, 'READER_BUSY'])
    layCard()
    expect((await toTheEnd(id)).at(-1)?.state).toBe('done')
    // One's reading is nobody else's, by any path.
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/portrait'],
      ['GET', '/events'],
      ['DELETE', ''],
    ]) {
      const answer = await ask(`/v1/readings/${id}${path}`, { token: other, method: method as string })
      expect([method, path, answer.status]).toEqual([method, path, 404])
    }
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
  })

  test('a nonce serves once', async () => {
    const nonce = newNonce()
    const { id } = (await start({ nonce })).json
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
    const again = await start({ nonce })
    expect([again.status, again.json.error.code]).toEqual([409, 'NONCE_USED'])
  })

  test('a client that leaves its event stream ends the reading; one that comes back does not', async () => {
    const { id } = (await start()).json
    const first = await stream(id)
    await first.events().next()
    first.leave()
    await wait(300)
    const back = await stream(id)
    await back.events().next()
    await wait(1200)
    expect((await ask(`/v1/readings/${id}`)).json.state).toBe('waiting')
    back.leave()
    let state = 'waiting'
    // Looking at it would be a sign of life: the reader is free for others when it is over.
    for (let i = 0; i < 60 && state === 'waiting'; i++) {
      await wait(100)
      const tried = await start({}, other)
      if (tried.status !== 202) continue
      await ask(`/v1/readings/${tried.json.id}`, { token: other, method: 'DELETE' })
      state = (await ask(`/v1/readings/${id}`)).json.state
    }
    expect(state).toBe('cancelled')
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
  })

  test.each([
    [{ nonce: 'short' }, 400, 'REQUEST_MALFORMED'],
    [{ nonce: `${'a'.repeat(20)}\r\nX-Evil: 1` }, 400, 'REQUEST_MALFORMED'],
    [{ scan: 'x'.repeat(8001) }, 400, 'REQUEST_MALFORMED'],
    [{ scan: 'https://example.vn' }, 422, 'QR_NOT_A_CARD'],
    [{ challenge: '00' }, 400, 'REQUEST_MALFORMED'],
    [{ waitSeconds: 100_000 }, 400, 'REQUEST_MALFORMED'],
    [{ policy: 'no-such' }, 422, 'POLICY_UNKNOWN'],
    [{ reader: 'no such reader' }, 409, 'NO_READER'],
    [{ surprise: 1 }, 400, 'REQUEST_MALFORMED'],
  ])('%j is refused with %i %s, and what was sent is not sent back', async (more, status, code) => {
    const answer = await start(more)
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
    for (const value of [made.holder.personalNumber, made.holder.fullName, 'X-Evil', 'example.vn']) {
      expect(answer.text).not.toContain(value)
    }
  })

  test('each scope opens its own doors and no other', async () => {
    const { id } = (await start()).json
    layCard()
    await toTheEnd(id)
    const doors: readonly (readonly [Scope, string, string])[] = [
      ['readers', 'GET', '/v1/readers'],
      ['qr', 'POST', '/v1/scans'],
      ['identity', 'GET', `/v1/readings/${id}`],
      ['identity', 'GET', `/v1/readings/${id}/events`],
      ['identity', 'POST', '/v1/readings'],
      ['identity', 'DELETE', `/v1/readings/${id}`],
      ['portrait', 'GET', `/v1/readings/${id}/portrait`],
      ['evidence', 'POST', `/v1/readings/${id}/bundle`],
    ]
    for (const scope of ['readers', 'qr', 'identity', 'portrait', 'evidence', 'verify'] as const) {
      const narrow = await desk.token({ origin: HIS, scopes: [scope] })
      for (const [needed, method, path] of doors) {
        const { status } = await ask(path, { token: narrow, method, ...(method === 'POST' && { body: {} }) })
        expect([scope, method, path, status === 403]).toEqual([scope, method, path, scope !== needed])
      }
    }
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
  })

  test('a token without the scope portrait sees none, in no answer and no event', async () => {
    const faceless = await desk.token({ origin: HIS, scopes: ['identity'] })
    const { id } = (await start({}, faceless)).json
    layCard()
    const texts: string[] = []
    for await (const event of (await stream(id, faceless)).events()) texts.push(JSON.stringify(event))
    texts.push((await ask(`/v1/readings/${id}`, { token: faceless })).text)
    expect(texts.join()).toContain('fullName')
    expect(texts.join()).not.toContain('image/jpeg')
    expect((await ask(`/v1/readings/${id}/portrait`, { token: faceless })).status).toBe(403)
    await ask(`/v1/readings/${id}`, { token: faceless, method: 'DELETE' })
  })

  test('nothing of a card, of a scan or of a token is in the log', async () => {
    const { id } = (await start({ purpose: 'khám bệnh' })).json
    layCard()
    await toTheEnd(id)
    await ask('/v1/scans', { body: { text: made.qr } })
    await start({ scan: made.qr.slice(0, 20) })
    const text = JSON.stringify(desk.lines)
    expect(text).toContain('/v1/readings/:id')
    const { holder } = made
    const secrets = [
      ...Object.values(holder).filter((value): value is string => typeof value === 'string' && value.length > 4),
      ...(holder.parents ?? []),
      ...made.mrzLines,
      holder.personalNumber.slice(-6),
      'NGUYEN',
      token,
      other,
      id,
    ]
    for (const secret of secrets) expect(text).not.toContain(secret)
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
  })
})
