// What a web page can try, from a real browser. Every attack has its control: the same call from where it is allowed.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { askLocalDesk } from './local-desk.ts'
import { CHROMIUM, NO_BROWSER } from './testing/browser.ts'
import { runTestDesk, type TestDesk } from './testing/running-desk.ts'

const REBOUND = 'rebound.example'

/** An empty page of somebody's own. */
async function somebody(): Promise<{ server: Server; origin: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end('<!doctype html><title>x</title><body></body>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const shut = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

interface Said {
  readonly status?: number
  readonly text?: string
  readonly failed?: string
}

describe.skipIf(NO_BROWSER !== null)(`a page in Chromium${NO_BROWSER ? ` (skipped: ${NO_BROWSER})` : ''}`, () => {
  let browser: Browser
  let desk: TestDesk
  let [his, other, foreign] = [] as unknown as { server: Server; origin: string }[]
  const pages: Page[] = []

  beforeAll(async () => {
    browser = await chromium.launch({
      ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
      chromiumSandbox: process.getuid?.() !== 0,
      args: ['--disable-dev-shm-usage', `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`],
    })
  })
  afterAll(async () => await browser?.close())

  beforeEach(async () => {
    ;[his, other, foreign] = [await somebody(), await somebody(), await somebody()]
    desk = await runTestDesk({ origins: [his.origin, other.origin] })
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
    // Whatever was tried, the desk stands.
    expect((await desk.ask('/health')).status).toBe(200)
    await desk.close()
    for (const one of [his, other, foreign]) if (one) await shut(one.server)
  })

  async function at(origin: string | undefined): Promise<Page> {
    const page = await browser.newPage()
    pages.push(page)
    await page.goto(`${origin}/`)
    return page
  }
  /** Runs a function of the page's own world, which knows the document. */
  const runs = (page: Page, source: string, values: readonly string[] = []): Promise<unknown> =>
    page.evaluate(`(${source})(${JSON.stringify(values)})`)
  const url = (path: string): string => new URL(path, desk.desk.url).href

  /** fetch as that page's own script does it. */
  const asks = (page: Page, address: string, init: RequestInit = {}): Promise<Said> =>
    page.evaluate(
      async ([to, given]) => {
        try {
          const response = await fetch(to, given)
          return { status: response.status, text: await response.text() }
        } catch (error) {
          return { failed: String(error) }
        }
      },
      [address, init] as const,
    )
  const json = (body: unknown, token?: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  const bearing = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })
  const newCode = async (): Promise<string> =>
    ((await askLocalDesk(desk.socket, { method: 'POST', path: '/local/codes', body: {} })) as { code: string }).code

  /** Pairs a page as it would pair itself. */
  async function paired(page: Page): Promise<string> {
    const said = await asks(page, url('/v1/pairing'), json({ code: await newCode(), label: 'trang thử' }))
    expect(said.status).toBe(200)
    return JSON.parse(said.text ?? '').token
  }

  /** What a WebSocket of the page comes to: whether it opened, and what it was told. */
  const socketOf = (page: Page, address: string, first: string): Promise<{ opened: boolean; told: string[] }> =>
    page.evaluate(
      ([to, message]) =>
        new Promise<{ opened: boolean; told: string[] }>(resolve => {
          const told: string[] = []
          let opened = false
          const socket = new WebSocket(to)
          const end = (): void => resolve({ opened, told })
          socket.onopen = () => {
            opened = true
            socket.send(message)
            socket.send(JSON.stringify({ subscribe: ['readers', 'readings'] }))
          }
          socket.onmessage = ({ data }) => {
            told.push(String(data))
            socket.close()
          }
          socket.onclose = end
          setTimeout(end, 4000)
        }),
      [address, first] as const,
    )
  const events = (): string => url('/v1/events').replace('http', 'ws')

  test('a page that is allowed pairs, asks and listens: the control of all that follows', async () => {
    const page = await at(his?.origin)
    const token = await paired(page)
    expect(await asks(page, url('/v1/readers'), bearing(token))).toMatchObject({ status: 200 })
    const { opened, told } = await socketOf(page, events(), JSON.stringify({ token }))
    expect(opened).toBe(true)
    expect(told).toHaveLength(1)
  })

  test('a foreign origin gets nothing by fetch, not even with a token', async () => {
    const token = await paired(await at(his?.origin))
    const page = await at(foreign?.origin)
    for (const path of ['/v1/readers', '/v1/session', '/v1/keys', '/openapi.json', '/health']) {
      expect([path, await asks(page, url(path), bearing(token))]).toEqual([path, { failed: expect.any(String) }])
      expect([path, await asks(page, url(path))]).toEqual([path, { failed: expect.any(String) }])
    }
    expect((await asks(page, url('/v1/readings'), json({ nonce: 'n'.repeat(22) }, token))).failed).toBeDefined()
  })

  test('a foreign page that posts without asking first changes nothing and burns no code', async () => {
    const code = await newCode()
    const page = await at(foreign?.origin)
    await asks(page, url('/v1/pairing'), {
      method: 'POST',
      mode: 'no-cors',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ code, label: 'x' }),
    })
    await runs(
      page,
      `([to, body]) => {
        const form = document.createElement('form')
        Object.assign(form, { method: 'post', enctype: 'text/plain', action: to })
        const input = document.createElement('input')
        Object.assign(input, { name: body.slice(0, -1), value: '}' })
        form.append(input)
        document.body.append(form)
        form.submit()
      }`,
      [url('/v1/pairing'), JSON.stringify({ code, label: 'x' })],
    )
    await page.waitForURL(url('/v1/pairing'))
    expect(await page.textContent('body')).not.toContain('token')
    const list = (await askLocalDesk(desk.socket, { method: 'GET', path: '/local/tokens' })) as { tokens: unknown[] }
    expect(list.tokens).toEqual([])
    // The code is still good, where it is meant for.
    const said = await asks(await at(his?.origin), url('/v1/pairing'), json({ code, label: 'trang thử' }))
    expect(said.status).toBe(200)
  })

  test('pictures, scripts and style sheets of a foreign page load nothing from the desk', async () => {
    const page = await at(foreign?.origin)
    const loaded = await runs(
      page,
      `async ([health, index]) => {
        const load = (tag, given) => new Promise(resolve => {
          const element = Object.assign(document.createElement(tag), given)
          element.onload = () => resolve(tag + ' loaded')
          element.onerror = () => resolve(tag + ' refused')
          document.body.append(element)
        })
        return [
          await load('img', { src: health }),
          await load('script', { src: health }),
          await load('link', { rel: 'stylesheet', href: index }),
        ]
      }`,
      [url('/health'), url('/')],
    )
    expect(loaded).toEqual(['img refused', 'script refused', 'link refused'])
  })

  test('a foreign page opens no WebSocket, with or without a token', async () => {
    const token = await paired(await at(his?.origin))
    const page = await at(foreign?.origin)
    expect(await socketOf(page, events(), JSON.stringify({ token }))).toEqual({ opened: false, told: [] })
  })

  test('a foreign page cannot put the desk into a frame', async () => {
    const page = await at(foreign?.origin)
    await runs(page, `([src]) => document.body.append(Object.assign(document.createElement('iframe'), { src }))`, [
      url('/'),
    ])
    await page.waitForTimeout(500)
    const frame = page.frames().find(one => one !== page.mainFrame())
    expect(frame).toBeDefined()
    expect(await frame?.locator('#desk').count()).toBe(0)
  })

  test('the null origin of a sandboxed frame and of a data page gets nothing', async () => {
    const token = await paired(await at(his?.origin))
    const page = await at(foreign?.origin)
    await runs(
      page,
      `() => {
        const frame = document.createElement('iframe')
        frame.setAttribute('sandbox', 'allow-scripts')
        frame.srcdoc = '<!doctype html><title>null</title>'
        document.body.append(frame)
      }`,
    )
    await page.waitForTimeout(300)
    const sandboxed = page.frames().find(one => one !== page.mainFrame())
    expect(await sandboxed?.evaluate('self.origin')).toBe('null')
    const said = await sandboxed?.evaluate(
      async ([to, bearer]) => {
        const asked = await fetch(to, { headers: { authorization: bearer } }).then(
          response => response.status,
          () => 'refused',
        )
        const socket = await new Promise(resolve => {
          const one = new WebSocket(to.replace('http', 'ws').replace('/v1/readers', '/v1/events'))
          one.onopen = () => resolve('opened')
          one.onclose = () => resolve('refused')
        })
        return [asked, socket]
      },
      [url('/v1/readers'), `Bearer ${token}`] as const,
    )
    expect(said).toEqual(['refused', 'refused'])
  })

  test('a token that was stolen from one allowed page is of no use to another', async () => {
    const token = await paired(await at(his?.origin))
    const page = await at(other?.origin)
    const said = await asks(page, url('/v1/readers'), bearing(token))
    expect(said.status).toBeGreaterThanOrEqual(401)
    expect(said.text).not.toContain('Đầu đọc')
    const { told } = await socketOf(page, events(), JSON.stringify({ token }))
    expect(told.join()).not.toContain('Đầu đọc')
    // Its own token is.
    expect(await asks(page, url('/v1/readers'), bearing(await paired(page)))).toMatchObject({ status: 200 })
  })

  test('a page on a name that was rebound to this machine reaches nothing, though it is of one origin with the desk', async () => {
    const token = await paired(await at(his?.origin))
    const page = await browser.newPage()
    pages.push(page)
    const { port } = new URL(desk.desk.url)
    const rebound = `http://${REBOUND}:${port}`
    const answer = await page.goto(`${rebound}/`)
    expect(answer?.status()).toBeGreaterThanOrEqual(400)
    expect(await page.locator('#desk').count()).toBe(0)
    const said = await asks(page, `${rebound}/v1/readers`, bearing(token))
    expect(said.status ?? 400).toBeGreaterThanOrEqual(400)
    expect(said.text ?? '').not.toContain('Đầu đọc')
    expect(await socketOf(page, `ws://${REBOUND}:${port}/v1/events`, JSON.stringify({ token }))).toEqual({
      opened: false,
      told: [],
    })
  })

  const startReading = (page: Page, token: string, nonce: string): Promise<Said> =>
    asks(page, url('/v1/readings'), json({ nonce, can: '000001', waitSeconds: 30 }, token))

  test('a nonce serves once, for whatever page', async () => {
    const page = await at(his?.origin)
    const token = await paired(page)
    const nonce = 'attack-nonce-0123456789abcdef'
    const first = await startReading(page, token, nonce)
    expect(first.status).toBe(202)
    const { id } = JSON.parse(first.text ?? '')
    await asks(page, url(`/v1/readings/${id}`), { ...bearing(token), method: 'DELETE' })
    const again = await startReading(page, token, nonce)
    expect([again.status, JSON.parse(again.text ?? '').error.code]).toEqual([409, 'NONCE_USED'])
  })

  test('a page neither reads while another reads, nor sees, follows or ends what the other reads', async () => {
    const [mine, theirs] = [await at(his?.origin), await at(other?.origin)]
    const [myToken, theirToken] = [await paired(mine), await paired(theirs)]
    const started = await startReading(mine, myToken, 'mine-0123456789abcdef-mine')
    expect(started.status).toBe(202)
    const { id } = JSON.parse(started.text ?? '')
    const refused = await startReading(theirs, theirToken, 'theirs-0123456789abcdef')
    expect([refused.status, JSON.parse(refused.text ?? '').error.code]).toEqual([409, 'READER_BUSY'])
    for (const path of [`/v1/readings/${id}`, `/v1/readings/${id}/events`, `/v1/readings/${id}/portrait`]) {
      const said = await asks(theirs, url(path), bearing(theirToken))
      expect([path, said.status]).toEqual([path, 404])
    }
    const ended = await asks(theirs, url(`/v1/readings/${id}`), { ...bearing(theirToken), method: 'DELETE' })
    expect(ended.status).toBe(404)
    const still = await asks(mine, url(`/v1/readings/${id}`), bearing(myToken))
    expect(JSON.parse(still.text ?? '').state).toBe('waiting')
  })
})
