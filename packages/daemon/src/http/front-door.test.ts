import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HIS, rawExchange, runTestDesk, type TestDesk } from '../testing/running-desk.ts'

let at: TestDesk
let host: string
beforeAll(async () => {
  at = await runTestDesk()
  host = `127.0.0.1:${at.desk.port}`
})
afterAll(() => at.close())

const get = (headers: string, path = '/health'): Promise<string> =>
  rawExchange(at.desk.port, `GET ${path} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`)
const upgrade = (headers: string): Promise<string> =>
  rawExchange(
    at.desk.port,
    `GET /v1/events HTTP/1.1\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    1000,
  )

describe('Host', () => {
  test('each address of loopback is answered under its own name', async () => {
    const { port } = at.desk
    for (const name of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect(await get(`Host: ${name}\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
    }
    expect(
      await rawExchange(port, `GET /health HTTP/1.1\r\nHost: [::1]:${port}\r\nConnection: close\r\n\r\n`, 3000, '::1'),
    ).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each([
    ['a name of somebody else (DNS rebinding)', () => `Host: evil.example:${at.desk.port}\r\n`],
    ['the right name at another port', () => 'Host: 127.0.0.1:1\r\n'],
    ['the right name without a port', () => 'Host: localhost\r\n'],
    ['the right name in other letters', () => `Host: LOCALHOST:${at.desk.port}\r\n`],
    ['the right name with a dot behind', () => `Host: localhost.:${at.desk.port}\r\n`],
    ['the address in another notation', () => `Host: 2130706433:${at.desk.port}\r\n`],
    ['a user before the name', () => `Host: a@${host}\r\n`],
    ['an empty name', () => 'Host: \r\n'],
    ['two, the first right', () => `Host: ${host}\r\nHost: evil.example\r\n`],
    ['two, the second right', () => `Host: evil.example\r\nHost: ${host}\r\n`],
  ])('%s is refused, for a request and for an Upgrade', async (_name, headers) => {
    for (const answer of [await get(headers()), await upgrade(headers())]) {
      expect(answer).toMatch(/^HTTP\/1\.1 (421|400) /)
      expect(answer).not.toContain('0.0.0-test')
    }
  })

  test('a request without Host is refused', async () => {
    expect(await get('')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await rawExchange(at.desk.port, 'GET /health HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /)
  })

  test('a request line with a whole URL is refused, though Host is right', async () => {
    const answer = await get(`Host: ${host}\r\n`, 'http://evil.example/health')
    expect(answer).toMatch(/^HTTP\/1\.1 (421|400|404) /)
    expect(answer).not.toContain('0.0.0-test')
  })

  test('a foreign Host is refused before an address is looked at', async () => {
    for (const path of ['/', '/v1/session', '/nothing-here', '/%zz']) {
      expect(await get('Host: evil.example\r\n', path)).toMatch(/^HTTP\/1\.1 (421|400) /)
    }
  })

  test('CONNECT and a request for another protocol get nothing', async () => {
    expect(await rawExchange(at.desk.port, `CONNECT evil.example:80 HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 1000)).toBe('')
    const h2c = await get(`Host: ${host}\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n`)
    expect(h2c).not.toMatch(/^HTTP\/1\.1 101 /)
  })
})

describe('the origin', () => {
  const session = (headers: Record<string, string>) => at.ask('/v1/session', { headers })

  test.each([
    ['a foreign page', 'https://evil.example'],
    ['a page without an origin', 'null'],
    ['the allowed name by http', 'http://his.example'],
    ['the allowed name at another port', 'https://his.example:8443'],
    ['a name that begins like the allowed one', 'https://his.example.evil.example'],
    ['a name that ends like the allowed one', 'https://evil-his.example'],
    ['the allowed name in capitals', 'https://HIS.example'],
    ['another port of this machine', 'http://127.0.0.1:1'],
    ['an empty one', ''],
  ])('%s is refused and gets no CORS header', async (_name, origin) => {
    for (const path of ['/health', '/v1/session', '/v1/pairing', '/nothing-here']) {
      const { status, headers } = await at.ask(path, { headers: { origin } })
      expect(status).toBe(403)
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
    const preflight = await at.ask('/v1/session', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([403, null])
    expect(await upgrade(`Host: ${host}\r\nOrigin: ${origin}\r\n`)).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('two Origin headers are refused', async () => {
    expect(await get(`Host: ${host}\r\nOrigin: ${HIS}\r\nOrigin: https://evil.example\r\n`)).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('an allowed page is answered with its own name, and never with credentials', async () => {
    const { status, headers } = await session({ origin: HIS })
    expect(status).toBe(401)
    expect(headers.get('access-control-allow-origin')).toBe(HIS)
    expect(headers.get('vary')).toContain('Origin')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('a preflight of an allowed page names what may be asked, and needs no token', async () => {
    const { status, headers } = await at.ask('/v1/session', {
      method: 'OPTIONS',
      headers: {
        origin: HIS,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(HIS)
    expect(headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type')
    expect(headers.get('access-control-allow-private-network')).toBeNull()
  })

  test('OPTIONS that is no preflight is answered by nothing', async () => {
    expect((await at.ask('/v1/session', { method: 'OPTIONS' })).status).toBe(404)
    expect((await at.ask('/v1/session', { method: 'OPTIONS', headers: { origin: HIS } })).status).toBe(404)
  })
})

describe('Sec-Fetch-*', () => {
  const browser = (site: string, mode: string, dest: string, more = '') =>
    `Host: ${host}\r\nSec-Fetch-Site: ${site}\r\nSec-Fetch-Mode: ${mode}\r\nSec-Fetch-Dest: ${dest}\r\n${more}`

  test.each([
    ['a picture of a foreign page', 'cross-site', 'no-cors', 'image', ''],
    ['a picture of another port of this machine', 'same-site', 'no-cors', 'image', ''],
    ['a script of a foreign page', 'cross-site', 'no-cors', 'script', ''],
    ['a frame of a foreign page', 'cross-site', 'navigate', 'iframe', ''],
    ['a frame of an allowed page', 'cross-site', 'navigate', 'iframe', `Origin: ${HIS}\r\n`],
    ['a frame of the own page', 'same-origin', 'navigate', 'iframe', ''],
    ['a blind request of an allowed page', 'cross-site', 'no-cors', 'empty', `Origin: ${HIS}\r\n`],
    ['an object of a foreign page', 'cross-site', 'navigate', 'object', ''],
    ['a cross-site fetch that hides its origin', 'cross-site', 'cors', 'empty', ''],
    ['a same-origin fetch with a foreign origin', 'same-origin', 'cors', 'empty', `Origin: ${HIS}\r\n`],
    ['a site that no browser knows', 'friendly-site', 'cors', 'empty', `Origin: ${HIS}\r\n`],
    ['a mode that no browser knows', 'cross-site', 'please', 'empty', `Origin: ${HIS}\r\n`],
  ])('%s is refused', async (_name, site, mode, dest, more) => {
    expect(await get(browser(site, mode, dest, more))).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('a foreign origin that says it is the same is refused', async () => {
    expect(await get(browser('same-origin', 'cors', 'empty', 'Origin: https://evil.example\r\n'))).toMatch(
      /^HTTP\/1\.1 403 /,
    )
  })

  test('a form of a foreign page reaches nothing, whatever it claims to send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const body = '{"code":"AAAA-AAAA","label":"x"}'
      const answer = await rawExchange(
        at.desk.port,
        `POST /v1/pairing HTTP/1.1\r\n${browser('cross-site', 'navigate', 'document', 'Origin: null\r\n')}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    }
  })

  test('whoever opens the address of the desk in a browser gets the page’s answer', async () => {
    expect(await get(browser('none', 'navigate', 'document'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await get(browser('cross-site', 'navigate', 'document'))).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('a picture or script of the own page reaches the page’s parts alone', async () => {
    expect(await get(browser('same-origin', 'no-cors', 'image'), '/v1/session')).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('opening an address that needs a token shows nothing', async () => {
    expect(await get(browser('none', 'navigate', 'document'), '/v1/session')).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('code of the desk’s own page and of an allowed page passes', async () => {
    expect(await get(browser('same-origin', 'cors', 'empty'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await get(browser('same-origin', 'no-cors', 'style'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(await get(browser('cross-site', 'cors', 'empty', `Origin: ${HIS}\r\n`))).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('what is sent', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/json', 'application/jsonp', ''])(
    'POST as “%s” is refused',
    async type => {
      const { status } = await at.ask('/v1/pairing', {
        body: { code: 'AAAA-AAAA', label: 'x' },
        headers: { 'content-type': type },
      })
      expect(status).toBe(415)
    },
  )

  test('a POST without a body and without a content type is refused too', async () => {
    const answer = await rawExchange(
      at.desk.port,
      `POST /v1/pairing HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 415 /)
  })

  test('a token in the address is refused, though it would be good', async () => {
    const token = await at.token()
    for (const name of ['token', 'access_token', 'Authorization', 'TOKEN']) {
      const { status, json } = await at.ask(`/v1/session?${name}=${token}`)
      expect([status, json.error.code]).toEqual([400, 'TOKEN_IN_URL'])
      expect((await at.ask(`/v1/session?${name}=${token}`, { token })).json.error.code).toBe('TOKEN_IN_URL')
    }
  })

  test('header injection: a line break in an address, a header or a label makes no header of the reply', async () => {
    const answers = [
      await get(`Host: ${host}\r\n`, '/health%0d%0aX-Evil:%201'),
      await get(`Host: ${host}\r\n`, '/health?a=%0d%0aX-Evil:%201'),
      await get(`Host: ${host}\r\nOrigin: ${HIS}\rX-Evil: 1\r\n`),
      await get(`Host: ${host}\r\nOrigin: ${HIS}\nX-Evil: 1\r\n`),
      await get(`Host: ${host}\r\nX-A: 1\r\n X-Evil: 1\r\n`),
    ]
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 /)
      expect(answer.toLowerCase()).not.toMatch(/^x-evil/m)
    }
    const { status } = await at.ask('/v1/pairing', { body: { code: 'AAAA-AAAA', label: 'a\r\nX-Evil: 1' } })
    expect(status).toBe(400)
  })

  test('a request smuggled behind another by two lengths is refused', async () => {
    const answer = await rawExchange(
      at.desk.port,
      `POST /v1/pairing HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
      1000,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).not.toContain('0.0.0-test')
  })

  test('an Upgrade where there is no WebSocket is refused and its connection closed', async () => {
    for (const line of ['GET /health', 'GET /%zz', 'POST /v1/pairing', 'GET /nothing-here']) {
      const begin = Date.now()
      const answer = await rawExchange(
        at.desk.port,
        `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Type: application/json\r\nContent-Length: 5\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /)
      expect(Date.now() - begin).toBeLessThan(1000)
    }
  })

  test('JSON that would reach for a prototype is refused', async () => {
    const answer = await rawExchange(
      at.desk.port,
      `POST /v1/pairing HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 34\r\nConnection: close\r\n\r\n{"__proto__":{"code":"A"},"a":"b"}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('every reply', () => {
  test.each(['/health', '/', '/v1/session', '/nothing-here', '/%zz'])(
    'of %s says that nothing foreign is loaded and nothing kept',
    async path => {
      const { headers } = await at.ask(path)
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-powered-by') ?? headers.get('server')).toBeNull()
    },
  )

  test('/health says name and version, nothing else', async () => {
    expect((await at.ask('/health')).json).toEqual({ name: 'cccd', version: '0.0.0-test' })
  })

  test('a route that does not say who may use it keeps the desk from starting', async () => {
    const { requireAccess } = await import('./access.ts')
    const route = (config: object) => () =>
      requireAccess({ method: 'GET', url: '/x', handler: () => 1, config } as never)
    expect(route({})).toThrow('has to name one of')
    expect(route({ public: true, scope: 'identity' })).toThrow('has to name one of')
    expect(route({ scope: 'identity' })).not.toThrow()
  })

  test('GET changes nothing: no GET route takes a token away or a code out', async () => {
    const token = await at.token()
    for (const path of ['/v1/session', '/v1/keys', '/openapi.json', '/']) await at.ask(path, { token })
    expect((await at.ask('/v1/session', { token })).status).toBe(200)
  })
})
