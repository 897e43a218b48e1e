import { createChip } from '@cccd/card-simulator'
import { type TestDocument, testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { laid, newNonce, random, wait } from '../readings/testing/reading-rig.ts'
import { HIS, runTestDesk, type TestDesk } from '../testing/running-desk.ts'

let made: TestDocument
let desk: TestDesk
let token: string

beforeAll(async () => {
  made = await testDocument()
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  desk = await runTestDesk(
    { readings: { graceSeconds: 1 }, limits: { streams: 20 } },
    { loadAnchors: async () => anchors },
  )
  token = await desk.token({ origin: HIS })
})
afterAll(() => desk?.close())

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
type Message = any

interface Listener {
  readonly socket: WebSocket
  readonly messages: Message[]
  readonly closed: Promise<number>
  /** The first message, past or to come, that fits. */
  until(fits: (message: Message) => boolean): Promise<Message>
}

const open: WebSocket[] = []
afterEach(() => {
  desk.reader.lift()
  for (const socket of open.splice(0)) socket.terminate()
})

async function listen(send: readonly unknown[] = [], origin: string | null = HIS): Promise<Listener> {
  const url = new URL('/v1/events', desk.desk.url)
  url.protocol = 'ws:'
  const socket = new WebSocket(url, origin === null ? {} : { origin })
  open.push(socket)
  const messages: Message[] = []
  const waiting = new Set<() => void>()
  socket.on('message', data => {
    messages.push(JSON.parse(String(data)))
    for (const look of [...waiting]) look()
  })
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  for (const message of send) socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  return {
    ...{ socket, messages, closed },
    until: fits =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`never came; ${JSON.stringify(messages.at(-1))}`)), 5000)
        const look = (): void => {
          const found = messages.find(fits)
          if (!found) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}

const paired = (): unknown[] => [{ token }, { subscribe: ['readers', 'readings'] }]
const start = async (more: object = {}): Promise<string> => {
  const body = { nonce: newNonce(), scan: made.qr, waitSeconds: 20, ...more }
  return (await desk.ask('/v1/readings', { token, headers: { origin: HIS }, body })).json.id
}
const state = async (id: string): Promise<string> =>
  (await desk.ask(`/v1/readings/${id}`, { token, headers: { origin: HIS } })).json.state
const layCard = (delayMs = 0): void => {
  const chip = createChip(made.document, { access: made.access, random, extendedLength: 32_768 })
  desk.reader.lay(laid(chip, { delayMs }))
}

describe('the event socket', () => {
  test('tells readers and readings as they are, then each change', async () => {
    const { messages, until } = await listen(paired())
    await until(message => message.type === 'service' && message.service === 'ready')
    await until(message => message.type === 'reader' && message.state === 'empty')
    const id = await start()
    await until(message => message.type === 'reading' && message.id === id && message.state === 'waiting')
    layCard(1)
    const done = await until(message => message.type === 'reading' && message.state === 'done')
    expect(done).toMatchObject({ id, reader: 'Đầu đọc thử' })
    expect(messages).toContainEqual(expect.objectContaining({ type: 'reader', state: 'busy' }))
    const fields = messages.filter(message => message.fields).map(message => message.fields)
    expect(fields.at(-1)).toContainEqual({ name: 'fullName', value: 'Nguyễn Thị Thử Nghiệm', source: 'chip' })
    const verdict = messages.find(message => message.verdict)?.verdict
    expect(verdict).toMatchObject({ policy: 'hospital', colour: expect.stringMatching(/green|yellow|red/) })
    expect(verdict.report).toBeUndefined()
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE', token, headers: { origin: HIS } })
    const last = await until(message => message.type === 'reading' && message.forgotten)
    expect(last).toEqual({ type: 'reading', id, state: 'done', reader: 'Đầu đọc thử', forgotten: true })
    desk.reader.lift()
    await until(message => message.type === 'reader' && message.state === 'card')
  })

  test('a page that comes back finds its reading as it is', async () => {
    const first = await listen(paired())
    await first.until(message => message.type === 'service')
    const id = await start()
    await first.until(message => message.id === id)
    first.socket.terminate()
    await wait(300)
    const again = await listen(paired())
    expect(await again.until(message => message.id === id)).toMatchObject({ state: 'waiting' })
    await wait(1200)
    expect(await state(id)).toBe('waiting')
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE', token, headers: { origin: HIS } })
  })

  test('a page that closes ends its reading after the grace time', async () => {
    const page = await listen(paired())
    await page.until(message => message.type === 'service')
    const id = await start()
    await page.until(message => message.id === id)
    page.socket.close()
    await wait(1500)
    expect(await state(id)).toBe('cancelled')
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE', token, headers: { origin: HIS } })
  })

  test.each([
    ['a wrong token', [{ token: 'A'.repeat(43) }]],
    ['a first message without a token', [{ subscribe: ['readers'] }]],
    ['no JSON', ['{"token":']],
    ['a token and more', [{ token: 'A'.repeat(43), subscribe: ['readers'] }]],
  ])('%s is closed with 1008 and without a word', async (_what, messages) => {
    const { closed, messages: got } = await listen(messages)
    expect(await closed).toBe(1008)
    expect(got).toEqual([])
  })

  test("another origin's token is closed with 1008", async () => {
    // A program has no origin: the page's token is none of its.
    const { closed, messages } = await listen(paired(), null)
    expect(await closed).toBe(1008)
    expect(messages).toEqual([])
  })

  test('a foreign page does not even get a connection', async () => {
    await expect(listen(paired(), 'https://evil.example')).rejects.toThrow('403')
  })

  test('who sends no token in time is closed', async () => {
    const { closed, messages } = await listen()
    expect(await closed).toBe(1008)
    expect(messages).toEqual([])
  }, 10_000)

  test('nonsense after the token is closed with 1008, a message too large with 1009, too many with 1008', async () => {
    expect(await (await listen([{ token }, { subscribe: ['everything'] }])).closed).toBe(1008)
    expect(await (await listen([{ token }, 'x'.repeat(70_000)])).closed).toBe(1009)
    const many = Array.from({ length: 150 }, () => ({ subscribe: ['readers'] }))
    expect(await (await listen([{ token }, ...many])).closed).toBe(1008)
  })

  test('a topic without its scope is refused by name, the others are told', async () => {
    const narrow = await desk.token({ origin: HIS, scopes: ['readers'] })
    const { until, messages } = await listen([{ token: narrow }, { subscribe: ['readings', 'readers'] }])
    const error = await until(message => message.type === 'error')
    expect(error.error).toMatchObject({ code: 'SCOPE_MISSING', facts: { scope: 'identity' } })
    await until(message => message.type === 'service')
    const id = await start()
    await wait(100)
    expect(messages.filter(message => message.type === 'reading')).toEqual([])
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE', token, headers: { origin: HIS } })
  })

  test('a revoked token is cut off at once, and its readings are gone', async () => {
    const leaving = await desk.token({ origin: HIS })
    const { closed, until } = await listen([{ token: leaving }, { subscribe: ['readings'] }])
    const body = { nonce: newNonce(), scan: made.qr, waitSeconds: 20 }
    const { id } = (await desk.ask('/v1/readings', { token: leaving, headers: { origin: HIS }, body })).json
    await until(message => message.id === id)
    await desk.ask('/v1/session', { method: 'DELETE', token: leaving, headers: { origin: HIS } })
    expect(await closed).toBe(1008)
    // The reader is free again.
    const next = await start()
    expect(next).toMatch(/^[\w-]{22}$/)
    await desk.ask(`/v1/readings/${next}`, { method: 'DELETE', token, headers: { origin: HIS } })
  })

  test('a plain GET is told that this is a WebSocket', async () => {
    const { status, json } = await desk.ask('/v1/events', { token, headers: { origin: HIS } })
    expect([status, json.error.code]).toEqual([400, 'REQUEST_MALFORMED'])
  })

  test('a listener that reads nothing holds up nobody, and gets the latest state when it reads again', async () => {
    const slow = await listen(paired())
    await slow.until(message => message.type === 'service')
    slow.socket.pause()
    const id = await start()
    for (let i = 0; i < 200; i++) {
      layCard()
      desk.reader.lift()
    }
    layCard()
    const fast = await listen(paired())
    await fast.until(message => message.id === id && message.state === 'done')
    slow.socket.resume()
    await slow.until(message => message.id === id && message.state === 'done')
    expect(slow.messages.length).toBeLessThan(400)
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE', token, headers: { origin: HIS } })
  })
})
