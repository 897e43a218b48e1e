import { execFileSync, spawnSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { askLocalDesk } from '../local-desk.ts'
import { runTestDesk, type TestDesk } from '../testing/running-desk.ts'

let at: TestDesk | undefined
afterEach(async () => {
  await at?.close()
  at = undefined
})

const taken = (host: string, port = 0): Promise<Server & { port: number }> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () =>
      resolve(Object.assign(server, { port: (server.address() as { port: number }).port })),
    )
  })

describe('the desk listens', () => {
  test('on 127.0.0.1 and ::1 at one port and on no other address of this machine', async () => {
    at = await runTestDesk()
    const { port } = at.desk
    const reach = (host: string): Promise<boolean> =>
      fetch(`http://${host}:${port}/health`).then(
        () => true,
        () => false,
      )
    expect([await reach('127.0.0.1'), await reach('[::1]')]).toEqual([true, true])
    const others = Object.values(networkInterfaces())
      .flatMap(list => list ?? [])
      .filter(({ internal, scopeid }) => !internal && !scopeid)
    for (const { address, family } of others)
      expect(await reach(family === 'IPv6' ? `[${address}]` : address)).toBe(false)
    expect(await reach('127.0.0.2')).toBe(false)
  })

  test('and tells port and process in a file for its owner alone, which goes with it', async () => {
    at = await runTestDesk()
    const path = join(at.folder, 'desk-port.json')
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ port: at.desk.port, pid: process.pid })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await at.desk.close()
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(stat(at.socket)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.each(['127.0.0.1', '::1'])('or says that the port is taken on %s, and lets go of what it had', async host => {
    const other = await taken(host)
    try {
      await expect(runTestDesk({ listen: { port: other.port } })).rejects.toMatchObject({
        code: 'DESK_LISTEN_FAILED',
        message: expect.stringContaining(`:${other.port} is in use`),
      })
      const free = await taken(host === '::1' ? '127.0.0.1' : '::1', other.port)
      free.close()
    } finally {
      other.close()
    }
  })

  test('a second desk of the same folder does not start, and leaves the first one alone', async () => {
    at = await runTestDesk()
    const before = at
    await expect(runTestDesk({ stateFolder: before.folder })).rejects.toMatchObject({ code: 'DESK_RUNNING' })
    expect((await before.ask('/health')).status).toBe(200)
    expect(await askLocalDesk(before.socket, { method: 'GET', path: '/local/tokens' })).toEqual({ tokens: [] })
    expect(JSON.parse(await readFile(join(before.folder, 'desk-port.json'), 'utf8')).port).toBe(before.desk.port)
  })
})

describe('the socket', () => {
  test('is for its owner alone', async () => {
    at = await runTestDesk()
    expect((await stat(at.socket)).mode & 0o777).toBe(0o600)
  })

  test('serves the whole API, to programs and to no browser', async () => {
    at = await runTestDesk()
    const token = await at.token()
    const ask = (headers: Record<string, string>, path = '/v1/session'): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const call = httpRequest({ socketPath: at?.socket, path, headers }, response => {
          response.resume()
          resolve(response.statusCode)
        })
        call.once('error', reject)
        call.end()
      })
    const authorization = `Bearer ${token}`
    expect(await ask({ host: 'localhost', authorization })).toBe(200)
    expect(await ask({ host: 'localhost' })).toBe(401)
    expect(await ask({ host: 'evil.example', authorization })).toBe(421)
    expect(await ask({ host: 'localhost', authorization, origin: 'https://his.example' })).toBe(403)
    expect(await ask({ host: 'localhost', 'sec-fetch-site': 'same-origin' }, '/local/tokens')).toBe(403)
  })

  test('that a killed desk left behind is taken over', async () => {
    at = await runTestDesk()
    const { folder, socket } = at
    await at.desk.close()
    // Node removes a socket when it closes it: so a process that listens has to be killed.
    const listen = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`
    expect(spawnSync(process.execPath, ['-e', listen]).signal).toBe('SIGKILL')
    expect((await stat(socket)).isSocket()).toBe(true)
    const next = await runTestDesk({ stateFolder: folder })
    expect(await askLocalDesk(socket, { method: 'GET', path: '/local/tokens' })).toEqual({ tokens: [] })
    await next.close()
  })

  test('whose place something else has is not touched', async () => {
    at = await runTestDesk()
    const path = join(at.folder, 'notes.txt')
    await writeFile(path, 'keep me')
    await expect(runTestDesk({ listen: { socket: path } })).rejects.toMatchObject({ code: 'DESK_LISTEN_FAILED' })
    expect(await readFile(path, 'utf8')).toBe('keep me')
  })

  test('of a desk that is not there is told as such', async () => {
    at = await runTestDesk()
    await expect(
      askLocalDesk(join(at.folder, 'none.sock'), { method: 'GET', path: '/local/tokens' }),
    ).rejects.toMatchObject({ code: 'DESK_NOT_RUNNING' })
  })

  test('behind which something else answers is told as such', async () => {
    at = await runTestDesk()
    const path = join(at.folder, 'other.sock')
    const other = createHttpServer((_request, response) => response.end('hello'))
    await new Promise<void>(resolve => other.listen(path, resolve))
    await expect(askLocalDesk(path, { method: 'GET', path: '/local/tokens' })).rejects.toMatchObject({
      code: 'DESK_REFUSED',
    })
    other.close()
  })
})

const missing = spawnSync('openssl', ['version']).status === 0 ? '' : 'needs openssl'

// One of loopback's stands for it here, so that the test speaks to no network.
describe.skipIf(missing)(`a named address${missing && ` (skipped: ${missing})`}`, () => {
  const host = '127.0.0.2'

  test('is served under TLS by the names of the configuration, and by nothing else', async () => {
    const free = await taken(host)
    free.close()
    at = await runTestDesk()
    const [key, cert] = [join(at.folder, 'desk.key'), join(at.folder, 'desk.crt')]
    const subject = ['-subj', '/CN=desk.example', '-addext', 'subjectAltName=DNS:desk.example']
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-nodes', '-days', '1', ...subject, '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    )
    const addresses = [{ host, port: free.port, names: ['desk.example'], tls: { cert, key } }]
    const named = await runTestDesk({}, { listen: { addresses } })
    const ca = await readFile(cert)
    const ask = (hostHeader: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const call = httpsRequest(
          { host, port: free.port, path: '/health', ca, servername: 'desk.example', headers: { host: hostHeader } },
          response => {
            response.resume()
            resolve(response.statusCode)
          },
        )
        call.once('error', reject)
        call.end()
      })
    expect(await ask(`desk.example:${free.port}`)).toBe(200)
    expect(await ask(`${host}:${free.port}`)).toBe(421)
    expect(await ask(`127.0.0.1:${named.desk.port}`)).toBe(421)
    expect(await ask('evil.example')).toBe(421)
    // Without TLS there is nothing.
    await expect(fetch(`http://${host}:${free.port}/health`)).rejects.toThrow()
    await named.close()
  })

  test('without a key that can be read keeps the desk from starting', async () => {
    const free = await taken(host)
    free.close()
    const tls = { cert: '/nowhere/desk.crt', key: '/nowhere/desk.key' }
    const addresses = [{ host, port: free.port, names: ['desk.example'], tls }]
    await expect(runTestDesk({}, { listen: { addresses } })).rejects.toMatchObject({ code: 'DESK_LISTEN_FAILED' })
  })
})
