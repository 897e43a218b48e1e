import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createChip } from '@cccd/card-simulator'
import { type TestDocument, testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { laid, random } from '../readings/testing/reading-rig.ts'
import { runTestDesk, type TestDesk } from '../testing/running-desk.ts'
import {
  type DeskCallError,
  DeskClient,
  type DeskClientOptions,
  type DeskEvent,
  type EventSocketMaker,
  newNonce,
  type ReadingEvent,
} from './index.ts'

let made: TestDocument
let desk: TestDesk
let client: DeskClient
const Socket = WebSocket as unknown as EventSocketMaker

beforeAll(async () => {
  made = await testDocument()
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  desk = await runTestDesk({ readings: { graceSeconds: 1 } }, { loadAnchors: async () => anchors, now: () => made.at })
  client = await paired()
})
afterAll(() => desk?.close())
beforeEach(() => desk.reader.lift())

async function paired(options: Partial<DeskClientOptions> = {}): Promise<DeskClient> {
  const token = await desk.token({ role: 'operator' })
  return new DeskClient({ url: desk.desk.url, token, WebSocket: Socket, ...options })
}

const layCard = (delayMs = 0): void => {
  const chip = createChip(made.document, { access: made.access, random, extendedLength: 32_768 })
  desk.reader.lay(laid(chip, { delayMs }))
}
const request = () => ({ nonce: newNonce(), scan: made.qr, waitSeconds: 20 })
const failed = (promise: Promise<unknown>): Promise<DeskCallError> =>
  promise.then(
    () => Promise.reject(new Error('this should have failed')),
    error => error,
  )

async function answering(listener: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, close: () => server.close() }
}

describe('the client', () => {
  test('pairs, says who it is, and gives its token back', async () => {
    const open = new DeskClient({ url: desk.desk.url })
    expect((await open.health()).name).toBe('cccd')
    const { tokens } = { tokens: await client.tokens() }
    const own = new URL(desk.desk.url).origin
    const refused = await failed(open.pair({ code: desk.desk.pairingCode(), label: 'x' }))
    // The code was for the desk's own page.
    expect([refused.status, refused.code]).toEqual([403, 'PAIRING_CODE_WRONG'])
    const page = new DeskClient({
      url: desk.desk.url,
      fetch: (input, init) => fetch(input, { ...init, headers: { ...(init?.headers as object), origin: own } }),
    })
    const pairing = await page.pair({ code: desk.desk.pairingCode(), label: 'trang', scopes: ['readers'] })
    expect(await pairing.client.session()).toMatchObject({ label: 'trang', origin: own, scopes: ['readers'] })
    expect((await client.tokens()).length).toBe(tokens.length + 1)
    expect((await failed(pairing.client.keys().then(() => pairing.client.startReading(request())))).code).toBe(
      'SCOPE_MISSING',
    )
    await pairing.client.endSession()
    expect((await failed(pairing.client.session())).code).toBe('TOKEN_REFUSED')
  })

  test('tells errors by code, with words for people and the place', async () => {
    const error = await failed(client.startReading({ nonce: 'short' }))
    expect(error).toMatchObject({
      name: 'DeskCallError',
      status: 400,
      code: 'REQUEST_MALFORMED',
      facts: { path: 'body.nonce' },
    })
    expect(error.vi).toContain('sai dạng')
    expect((await failed(client.reading('A'.repeat(22)))).code).toBe('READING_UNKNOWN')
    expect((await failed(client.startReading({ ...request(), scan: 'not a card' }))).code).toBe('QR_NOT_A_CARD')
  })

  test('says that nothing answers, or that it is no desk', async () => {
    const gone = await answering(() => undefined)
    gone.close()
    expect(await failed(new DeskClient({ url: gone.url }).health())).toMatchObject({
      status: 0,
      code: 'DESK_UNREACHABLE',
    })
    for (const [status, body] of [
      [200, '<html>'],
      [500, '<html>'],
      [404, '{"error":"no"}'],
      [404, '[]'],
      [403, '{"error":{"code":7}}'],
    ] as const) {
      const other = await answering((_request, response) => response.writeHead(status).end(body))
      expect(await failed(new DeskClient({ url: other.url }).health())).toMatchObject({
        status,
        code: 'REPLY_MALFORMED',
      })
      other.close()
    }
    const elsewhere = await answering((_request, response) =>
      response.writeHead(302, { location: desk.desk.url }).end(),
    )
    expect((await failed(new DeskClient({ url: elsewhere.url, token: 'A' }).health())).code).toBe('DESK_UNREACHABLE')
    elsewhere.close()
  })

  test('puts no token into an address', async () => {
    const addresses: string[] = []
    const watched = await paired({
      fetch: (input, init) => {
        addresses.push(String(input))
        return fetch(input, init)
      },
    })
    await watched.readers()
    await watched.session()
    expect(addresses).toEqual([`${watched.url}/v1/readers`, `${watched.url}/v1/session`])
  })

  test('stands on web standards alone: nothing of Node and no package is loaded', () => {
    const folder = new URL('.', import.meta.url)
    for (const name of readdirSync(folder).filter(name => !name.endsWith('.test.ts'))) {
      const text = readFileSync(new URL(name, folder), 'utf8')
      const loaded = [...text.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)'/gm)].map(([, from]) => from)
      for (const from of loaded) expect([name, from?.startsWith('./')]).toEqual([name, true])
      expect(text).not.toMatch(/\b(process|Buffer|require)\b[.(]/)
    }
  })
})

describe('a reading by the client', () => {
  test('yields the name before the verdict, and returns the finished reading', async () => {
    layCard(2)
    const events: ReadingEvent[] = []
    const reading = client.read(request())
    let step = await reading.next()
    for (; !step.done; step = await reading.next()) events.push(step.value)
    expect(step.value).toMatchObject({ state: 'done', verdict: { colour: 'green' } })
    const named = events.findIndex(({ fields }) =>
      fields?.some(({ name, source }) => name === 'fullName' && source === 'chip'),
    )
    const judged = events.findIndex(({ verdict }) => verdict)
    expect(named).toBeGreaterThanOrEqual(0)
    expect(named).toBeLessThan(judged)
    const { id } = step.value
    const portrait = await client.portrait(id)
    expect([portrait.type, portrait.size > 1000]).toEqual(['image/jpeg', true])
    const { bundle } = await client.bundle(id)
    expect(await client.verifyBundle({ bundle })).toMatchObject({ overall: 'successful' })
    await client.forget(id)
    expect((await failed(client.reading(id))).code).toBe('READING_UNKNOWN')
  })

  test('of which one stops early is ended and forgotten', async () => {
    for await (const event of client.read(request())) {
      expect(event.state).toBe('waiting')
      break
    }
    // The reader is free again at once.
    const { id } = await client.startReading(request())
    await client.forget(id)
  })

  test('goes on where its stream breaks', async () => {
    let streams = 0
    const broken = await paired({
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        if (!String(input).endsWith('/events') || !response.body) return response
        streams++
        // Cut after the first bytes, as a network does it.
        const cut = new TransformStream<Uint8Array, Uint8Array>({
          transform(chunk, controller) {
            controller.enqueue(chunk)
            controller.error(new Error('cut'))
          },
        })
        return new Response(response.body.pipeThrough(cut), response)
      },
    })
    const reading = broken.read(request())
    const first = await reading.next()
    expect(first.value).toMatchObject({ state: 'waiting' })
    layCard(2)
    let step = await reading.next()
    while (!step.done) step = await reading.next()
    expect(step.value).toMatchObject({ state: 'done', verdict: { colour: 'green' } })
    expect(streams).toBeGreaterThan(1)
  })

  test('whose desk is gone fails after some tries, as unreachable', async () => {
    let calls = 0
    const lost = await paired({
      patienceMs: 1000,
      fetch: async (input, init) => {
        if (!String(input).endsWith('/events')) return fetch(input, init)
        calls++
        throw new TypeError('fetch failed')
      },
    })
    const { id } = await lost.startReading(request())
    expect(await failed(lost.events(id).next())).toMatchObject({ status: 0, code: 'DESK_UNREACHABLE' })
    expect(calls).toBeGreaterThan(2)
    await lost.forget(id)
  })
})

describe('watching by the client', () => {
  async function until(events: AsyncIterator<DeskEvent>, fits: (event: DeskEvent) => boolean): Promise<DeskEvent> {
    for (;;) {
      const { done, value } = await events.next()
      if (done) throw new Error('the events ended')
      if (fits(value)) return value
    }
  }

  test('tells readers and readings, and comes back when the connection breaks', async () => {
    const sockets: WebSocket[] = []
    class Watched extends WebSocket {
      constructor(url: string) {
        super(url)
        sockets.push(this)
      }
    }
    const watcher = await paired({ WebSocket: Watched as unknown as EventSocketMaker })
    const stop = new AbortController()
    const events = watcher.watch(['readers', 'readings'], stop.signal)
    await until(events, event => event.type === 'connection' && event.state === 'open')
    await until(events, event => event.type === 'reader' && event.state === 'empty')
    layCard()
    await until(events, event => event.type === 'reader' && event.state === 'card')
    sockets[0]?.terminate()
    await until(events, event => event.type === 'connection' && event.state === 'lost')
    await until(events, event => event.type === 'connection' && event.state === 'open')
    // Everything is told again as it is now.
    await until(events, event => event.type === 'reader' && event.state === 'card')
    await watcher.startReading(request())
    await until(events, event => event.type === 'reading' && event.state === 'done')
    stop.abort()
    expect((await events.next()).done).toBe(true)
    expect(sockets.length).toBe(2)
  })

  test('ends with TOKEN_REFUSED when the token is revoked', async () => {
    const watcher = await paired()
    const events = watcher.watch(['readers'])
    await until(events, event => event.type === 'service')
    await client.revokeToken((await watcher.session()).tokenId)
    await expect(until(events, () => false)).rejects.toMatchObject({ code: 'TOKEN_REFUSED', status: 401 })
  })
})
