import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { idleConnection, rawExchange, runTestDesk, type TestDesk } from '../testing/running-desk.ts'

let at: TestDesk
afterEach(() => at?.close())

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const post = (length: number): string =>
  `POST /v1/pairing HTTP/1.1\r\nHost: 127.0.0.1:${at.desk.port}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n`

describe('a body', () => {
  test('over 1 MiB is refused by its announced length, before it is sent', async () => {
    at = await runTestDesk()
    const answer = await rawExchange(at.desk.port, `${post((1 << 20) + 1)}Connection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('BODY_TOO_LARGE')
  })

  test('over 1 MiB is refused where no length is announced', async () => {
    at = await runTestDesk()
    const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
    const answer = await rawExchange(
      at.desk.port,
      `POST /v1/pairing HTTP/1.1\r\nHost: 127.0.0.1:${at.desk.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect((await at.ask('/health')).status).toBe(200)
  })

  test('just under the limit is read, and its contents judged', async () => {
    at = await runTestDesk()
    const { status } = await at.ask('/v1/pairing', { body: { code: 'x', label: 'a'.repeat((1 << 20) - 100) } })
    expect(status).toBe(400)
  })

  test('that comes too slowly is cut off, and others are answered meanwhile', async () => {
    at = await runTestDesk({ limits: { requestSeconds: 1 } })
    const begin = Date.now()
    const slow = rawExchange(at.desk.port, `${post(1000)}\r\n{"code":`, 10_000)
    expect((await at.ask('/health')).status).toBe(200)
    expect(await slow).toMatch(/^HTTP\/1\.1 408 /)
    expect(Date.now() - begin).toBeLessThan(5000)
  })

  test('that comes byte by byte (slow loris) is cut off all the same', async () => {
    at = await runTestDesk({ limits: { requestSeconds: 1 } })
    for (const start of [`${post(1000)}\r\n`, `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${at.desk.port}\r\nX-Slow: `]) {
      const socket = connect(at.desk.port, '127.0.0.1')
      // A reset, when the desk has gone already, is what is waited for.
      socket.on('error', () => socket.destroy())
      socket.write(start)
      const begin = Date.now()
      const drip = setInterval(() => socket.write('a'), 100)
      await new Promise<void>(resolve => socket.once('close', () => resolve()).resume())
      clearInterval(drip)
      expect(Date.now() - begin).toBeLessThan(5000)
    }
  })
})

describe('connections', () => {
  test('whose bodies never come keep nobody out, however many they are and however often they come back', async () => {
    at = await runTestDesk({ limits: { connections: 40 } })
    const open = new Set<Socket>()
    let ended = false
    const hold = (): void => {
      const socket = connect(at.desk.port, '127.0.0.1', () => socket.write(`${post(1000)}\r\n{`))
      open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => {
        open.delete(socket)
        if (!ended) setTimeout(hold, 50)
      })
    }
    for (let n = 0; n < 60; n++) hold()
    await wait(300)
    for (let n = 0; n < 20; n++) expect((await at.ask('/health')).status).toBe(200)
    ended = true
    for (const socket of open) socket.destroy()
  })

  test('500 idle ones keep nobody out, and are closed', async () => {
    at = await runTestDesk({ limits: { requestSeconds: 1 } })
    const token = await at.token()
    let open = 0
    const idle = await Promise.all(Array.from({ length: 500 }, () => idleConnection(at.desk.port)))
    for (const socket of idle) {
      open++
      socket.on('error', () => socket.destroy())
      socket.once('close', () => open--).resume()
    }
    const begin = Date.now()
    for (let n = 0; n < 20; n++) expect((await at.ask('/v1/session', { token })).status).toBe(200)
    expect(Date.now() - begin).toBeLessThan(2000)
    // The limit of connections closed the oldest at once.
    expect(open).toBeLessThanOrEqual(at.config.limits.connections)
    for (let n = 0; n < 100 && open > 0; n++) await wait(100)
    expect(open).toBe(0)
    for (const socket of idle) socket.destroy()
  })

  test('a kept-alive one is closed when nothing more is asked', async () => {
    at = await runTestDesk({ limits: { idleSeconds: 1 } })
    const begin = Date.now()
    const answer = await rawExchange(
      at.desk.port,
      `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${at.desk.port}\r\n\r\n`,
      10_000,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(Date.now() - begin).toBeLessThan(5000)
  })

  test('that hold requests in work are not closed for idle ones', async () => {
    at = await runTestDesk({ limits: { connections: 8 } })
    const slow = rawExchange(at.desk.port, `${post(34)}Connection: close\r\n\r\n{"code":"AAAA-AAAA",`, 5000)
    await wait(100)
    const idle = await Promise.all(Array.from({ length: 40 }, () => idleConnection(at.desk.port)))
    for (const socket of idle) socket.on('error', () => socket.destroy()).resume()
    await wait(100)
    expect((await at.ask('/health')).status).toBe(200)
    // The slow one is still being read: it ends by its own time limit, not by a reset.
    expect(await Promise.race([slow, wait(300).then(() => 'still open')])).toBe('still open')
    for (const socket of idle) socket.destroy()
    await at.desk.close()
    await slow
  })
})

describe('requests', () => {
  test('with headers over 16 KiB are refused', async () => {
    at = await runTestDesk()
    const head = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${at.desk.port}\r\n`
    expect(await rawExchange(at.desk.port, `${head}X-Long: ${'a'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('that are no HTTP get 400 and nothing of what they said', async () => {
    at = await runTestDesk()
    for (const bytes of ['\x16\x03\x01\x02\x00\x01\x00', 'SECRET\r\n\r\n', 'GET\r\n\r\n', '\0\0\0\0']) {
      const answer = await rawExchange(at.desk.port, bytes)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).not.toContain('SECRET')
    }
    expect((await at.ask('/health')).status).toBe(200)
  })

  test('beyond the limit a minute are refused for that token alone, and told how long to wait', async () => {
    at = await runTestDesk({ limits: { requestsPerMinute: 10 } })
    const [one, two] = [await at.token(), await at.token()]
    const statuses = new Map<number, number>()
    for (let n = 0; n < 15; n++) {
      const { status, headers, json } = await at.ask('/v1/session', { token: one })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status !== 429) continue
      expect(json.error.code).toBe('RATE_LIMITED')
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect([...statuses]).toEqual([
      [200, 10],
      [429, 5],
    ])
    expect((await at.ask('/v1/session', { token: two })).status).toBe(200)
  })

  test('a foreign page uses up nobody’s requests', async () => {
    at = await runTestDesk({ limits: { requestsPerMinute: 10 } })
    for (let n = 0; n < 30; n++) {
      expect((await at.ask('/health', { headers: { origin: 'https://evil.example' } })).status).toBe(403)
    }
    expect((await at.ask('/health')).status).toBe(200)
  })

  test('leave in the log their route and status, and nothing that they brought', async () => {
    at = await runTestDesk()
    const token = await at.token({ label: 'NHÃN BÍ MẬT' })
    await at.ask('/v1/session?secret=BIMAT', { token, headers: { 'user-agent': 'BIMAT', referer: 'https://BIMAT' } })
    await at.ask('/v1/BIMAT')
    await at.ask('/v1/pairing', { body: { code: 'BIMAT', label: 'BIMAT' } })
    const text = JSON.stringify(at.lines)
    expect(text).not.toMatch(/BIMAT|BÍ MẬT/)
    expect(text).not.toContain(token)
    expect(at.lines.filter(({ event }) => event === 'request').at(-3)?.facts).toMatchObject({
      method: 'GET',
      route: '/v1/session',
      status: 200,
    })
  })
})
