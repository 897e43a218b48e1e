import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type StandIn, startStandIn } from '../testing/stand-in-server.ts'
import { type HttpCall, httpCall, jsonOf } from './http-call.ts'

let standIn: StandIn
let elsewhere: StandIn
beforeAll(async () => {
  standIn = await startStandIn(() => ({ body: { fine: true } }))
  elsewhere = await startStandIn(() => ({ body: {} }))
})
afterEach(() => standIn.heal())
afterAll(async () => {
  await standIn.stop()
  await elsewhere.stop()
})
const call = (given: Partial<HttpCall> = {}) =>
  httpCall({
    method: 'POST',
    url: new URL(`${standIn.url}/a?token=hush`),
    body: '{}',
    timeoutMs: 5000,
    maxBytes: 1000,
    ...given,
  })

describe('a call', () => {
  test('goes out as given and brings the answer', async () => {
    const { status, contentType, body } = await call({ headers: { 'x-one': '1' }, body: 'chữ' })
    expect([status, contentType, new TextDecoder().decode(body)]).toEqual([200, 'application/json', '{"fine":true}'])
    expect(standIn.seen.at(-1)).toMatchObject({ method: 'POST', path: '/a', text: 'chữ' })
    expect(standIn.seen.at(-1)?.headers).toMatchObject({ 'x-one': '1', 'content-length': '5', connection: 'close' })
  })

  test('follows no redirect: nothing arrives elsewhere', async () => {
    standIn.fail({ kind: 'redirect', to: elsewhere.url })
    await expect(call()).rejects.toMatchObject({ code: 'CONNECTOR_REPLY_MALFORMED', facts: { httpStatus: 307 } })
    expect(elsewhere.seen).toHaveLength(0)
  })

  test('that is not answered whole in time is over', async () => {
    for (const kind of ['silent', 'slow-body'] as const) {
      standIn.fail({ kind })
      await expect(call({ timeoutMs: 200 })).rejects.toMatchObject({ code: 'CONNECTOR_TIMEOUT' })
      standIn.heal()
    }
  })

  test('takes an answer of the longest length and none of one byte more', async () => {
    for (const [bytes, maxBytes, isTaken] of [
      [1000, 1000, true],
      [1001, 1000, false],
    ] as const) {
      standIn.fail({ kind: 'huge', bytes }, { times: 1 })
      const outcome = await call({ maxBytes }).then(
        ({ body }) => body.length,
        error => error.code,
      )
      expect(outcome).toBe(isTaken ? bytes : 'CONNECTOR_REPLY_MALFORMED')
    }
  })

  test('for its status alone waits for no body', async () => {
    standIn.fail({ kind: 'slow-body' })
    expect(await call({ statusOnly: true })).toMatchObject({ status: 200, body: new Uint8Array() })
  })

  test('is given up at once when its signal says so, also before it began', async () => {
    standIn.fail({ kind: 'silent' })
    const start = performance.now()
    await expect(call({ signal: AbortSignal.abort(), timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
    })
    await expect(call({ signal: AbortSignal.timeout(50), timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
    })
    expect(performance.now() - start).toBeLessThan(2000)
  })

  test('to nobody, to an unknown name, to what is no HTTP: an error that repeats no address', async () => {
    const closed = await startStandIn(() => ({}))
    await closed.stop()
    for (const url of [closed.url, 'http://no-such-host.invalid/', standIn.url.replace('http:', 'https:')]) {
      const error = await call({ url: new URL(`${url}/?token=hush`), timeoutMs: 3000 }).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({ code: 'CONNECTOR_UNREACHABLE' })
      const { message, facts } = error as Error & { facts: unknown }
      expect(`${message}${JSON.stringify(facts)}`).not.toMatch(/hush|127\.0|no-such/)
    }
  })

  test('many at once leave no connection behind', async () => {
    await Promise.all(Array.from({ length: 30 }, () => call({ timeoutMs: 5000 })))
    for (let i = 0; i < 100 && standIn.open() > 0; i++) await new Promise(resolve => setTimeout(resolve, 5))
    expect(standIn.open()).toBe(0)
  })
})

describe('JSON of an answer', () => {
  const answer = (contentType: string, body: Uint8Array) => ({ status: 200, contentType, retryAfter: null, body })

  test.each(['application/json', 'application/fhir+json', 'text/json', 'application/problem+json'])(
    '%s is taken',
    type => {
      expect(jsonOf(answer(type, new TextEncoder().encode('\uFEFF{"a":1}')))).toEqual({ a: 1 })
    },
  )

  test.each(['', 'text/html', 'text/plain', 'application/jsonx', 'application/octet-stream', 'image/json'])(
    '%j is not',
    type => {
      expect(() => jsonOf(answer(type, new TextEncoder().encode('{}')))).toThrow(
        expect.objectContaining({ code: 'CONNECTOR_REPLY_MALFORMED' }),
      )
    },
  )

  test('any bytes are JSON or refused, and the error does not quote them', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map(text => new TextEncoder().encode(text)),
        ),
        bytes => {
          try {
            jsonOf(answer('application/json', bytes))
          } catch (error) {
            expect(error).toMatchObject({ code: 'CONNECTOR_REPLY_MALFORMED', message: 'the answer is no JSON' })
          }
        },
      ),
    )
  })
})

const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? '' : 'openssl is not installed'
describe.skipIf(noOpenssl)(`over TLS${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  let server: ReturnType<typeof createServer>
  let url: URL

  beforeAll(async () => {
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=stand-in',
    ]
    const run = spawnSync(
      'openssl',
      [...made, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
      { encoding: 'utf8' },
    )
    expect([run.status, run.status === 0 ? '' : run.stderr]).toEqual([0, ''])
    server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{}')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    rmSync(folder, { recursive: true, force: true })
  })

  test('a server of the configured CA is believed, the same without it is not, nor under another name', async () => {
    const ca = readFileSync(cert, 'utf8')
    expect((await call({ url, ca, timeoutMs: 3000 })).status).toBe(200)
    await expect(call({ url, timeoutMs: 3000 })).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
      facts: { step: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    const other = new URL(url)
    other.hostname = 'localhost'
    await expect(call({ url: other, ca, timeoutMs: 3000 })).rejects.toMatchObject({
      facts: { step: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })
})
