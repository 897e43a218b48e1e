import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NO_ANCHORS, POLICIES, type TrustAnchors } from '@cccd/verifier'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HIS, idleConnection, rawExchange, runTestDesk, type TestDesk } from './testing/running-desk.ts'

let at: TestDesk | undefined
afterEach(async () => {
  await at?.close()
  at = undefined
})

async function freePort(): Promise<number> {
  const desk = await runTestDesk()
  await desk.close()
  return desk.desk.port
}

const nonce = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(18))).toString('base64url')

describe('a desk that closes', () => {
  test('ends event streams, WebSockets and idle connections, and is gone within its grace time', async () => {
    at = await runTestDesk()
    const token = await at.token({ origin: HIS })
    const headers = { authorization: `Bearer ${token}`, origin: HIS }
    const { json } = await at.ask('/v1/readings', {
      body: { nonce: nonce(), number: '999190000001' },
      headers,
    })
    const stream = await fetch(new URL(`/v1/readings/${json.id}/events`, at.desk.url), { headers })
    const socket = new WebSocket(`ws://127.0.0.1:${at.desk.port}/v1/events`, { headers: { origin: HIS } })
    await new Promise(resolve => socket.once('open', resolve))
    const closed = new Promise(resolve => socket.once('close', resolve))
    const idle = await idleConnection(at.desk.port)
    const idleClosed = new Promise(resolve => idle.once('close', resolve).resume())
    const begin = Date.now()
    await at.desk.close()
    expect(Date.now() - begin).toBeLessThan(4000)
    // The stream has an end and is not broken off: its last event says that the reading is over.
    expect(await stream.text()).toContain('"forgotten":true')
    await Promise.all([closed, idleClosed])
    await expect(fetch(new URL('/health', at.desk.url))).rejects.toThrow()
    expect(at.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('answers what it is being asked', async () => {
    at = await runTestDesk()
    const body = JSON.stringify({ code: 'AAAA-AAAA', label: 'x' })
    const head = `POST /v1/pairing HTTP/1.1\r\nHost: 127.0.0.1:${at.desk.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const socket = await idleConnection(at.desk.port)
    let answer = ''
    socket.on('data', chunk => (answer += String(chunk)))
    const over = new Promise(resolve => socket.once('close', resolve))
    socket.write(head)
    await new Promise(resolve => setTimeout(resolve, 200))
    const closing = at.desk.close()
    setTimeout(() => socket.write(body), 200)
    const begin = Date.now()
    await Promise.all([closing, over])
    expect(Date.now() - begin).toBeLessThan(1500)
    expect(answer).toMatch(/^HTTP\/1\.1 (403|503) /)
  })

  test('may be asked twice to', async () => {
    at = await runTestDesk()
    await Promise.all([at.desk.close(), at.desk.close()])
  })
})

describe('a desk that cannot start', () => {
  test('leaves nothing open behind', async () => {
    at = await runTestDesk()
    const { folder } = at
    await at.desk.close()
    await writeFile(join(folder, 'tokens.json'), '{')
    await expect(runTestDesk({ stateFolder: folder })).rejects.toMatchObject({ code: 'DESK_STATE_DAMAGED' })
    expect(await readdir(folder)).not.toContain('desk.sock')
    await writeFile(join(folder, 'tokens.json'), '{"version":1,"tokens":[]}')
    await expect(runTestDesk({ stateFolder: folder, policy: 'none' })).rejects.toMatchObject({
      code: 'DESK_CONFIG_MALFORMED',
      facts: { field: 'policy' },
    })
    const again = await runTestDesk({ stateFolder: folder })
    await again.close()
  })

  test('because its port file cannot be written lets go of its addresses', async () => {
    at = await runTestDesk()
    const { mkdir } = await import('node:fs/promises')
    const runtime = join(at.folder, 'run')
    // A folder in its place: nothing can be renamed onto it.
    await mkdir(join(runtime, 'desk-port.json', 'x'), { recursive: true })
    const port = await freePort()
    await expect(runTestDesk({ runtimeFolder: runtime, listen: { port } })).rejects.toMatchObject({
      code: expect.stringMatching(/^(EISDIR|ENOTEMPTY|EEXIST)$/),
    })
    const again = await runTestDesk({ listen: { port } })
    await again.close()
  })

  test('because of a policy says which file, and what in it', async () => {
    at = await runTestDesk()
    const path = join(at.folder, 'policy.json')
    for (const [policy, field] of [
      [{ id: 'ours', requirements: { nothing: 'mandatory' } }, 'nothing'],
      [{ id: 'hospital', requirements: {} }, 'id'],
    ] as const) {
      await writeFile(path, JSON.stringify(policy))
      await expect(runTestDesk({ policies: [path] })).rejects.toMatchObject({
        code: 'POLICY_MALFORMED',
        facts: { file: path, field },
      })
    }
    await writeFile(path, JSON.stringify({ id: 'ours', extends: 'kyc', requirements: {} }))
    await expect(runTestDesk({ policies: [path, path] })).rejects.toMatchObject({ facts: { file: path, field: 'id' } })
  })
})

describe('the trust anchors of a running desk', () => {
  test('are read again when asked; a load that fails leaves them as they were, and is logged', async () => {
    let loaded: TrustAnchors = { ...NO_ANCHORS, id: 'first' }
    let fails = false
    at = await runTestDesk(
      {},
      {
        loadAnchors: async () => {
          if (fails) throw new Error('TÊN BÍ MẬT in a message')
          return loaded
        },
      },
    )
    loaded = { ...NO_ANCHORS, id: 'second' }
    await at.desk.reloadAnchors()
    expect(at.lines.find(({ event }) => event === 'anchors')?.facts).toMatchObject({ id: 'second' })
    fails = true
    await at.desk.reloadAnchors()
    expect(at.lines.at(-1)).toMatchObject({ level: 'error', event: 'anchors-not-reloaded' })
    expect(JSON.stringify(at.lines)).not.toContain('BÍ MẬT')
  })
})

describe('the page', () => {
  test('is served from its folder by exact names, and no address leads out of it', async () => {
    at = await runTestDesk()
    const page = join(at.folder, 'page')
    const { mkdir, symlink } = await import('node:fs/promises')
    await mkdir(join(page, 'assets'), { recursive: true })
    await writeFile(join(page, 'index.html'), '<!doctype html><title>x</title>')
    await writeFile(join(page, 'assets', 'main-1a.js'), 'export {}')
    await writeFile(join(page, '.hidden.js'), 'HIDDEN')
    await writeFile(join(page, 'notes.txt'), 'HIDDEN')
    await writeFile(join(at.folder, 'secret.js'), 'HIDDEN')
    await symlink(join(at.folder, 'secret.js'), join(page, 'link.js'))
    const desk = await runTestDesk({}, { pageFolder: page })
    try {
      for (const [path, type] of [
        ['/', 'text/html; charset=utf-8'],
        ['/index.html', 'text/html; charset=utf-8'],
        ['/?x=1', 'text/html; charset=utf-8'],
        ['/assets/main-1a.js', 'text/javascript; charset=utf-8'],
      ]) {
        const { status, headers } = await desk.ask(path as string)
        expect([path, status, headers.get('content-type')]).toEqual([path, 200, type])
      }
      const paths = [
        ...['/../secret.js', '/assets/../../secret.js', '/..%2fsecret.js', '/%2e%2e/secret.js', '/..%5csecret.js'],
        ...[
          '//etc/passwd',
          '/assets/..%252f..%252fsecret.js',
          '/.hidden.js',
          '/notes.txt',
          '/link.js',
          '/assets',
          '/assets/',
        ],
        ...[
          '/index.html%00.js',
          '/INDEX.HTML',
          '/%69ndex.html',
          `${join(at.folder, 'secret.js')}`,
          '/tokens.json',
          '/%zz',
        ],
      ]
      for (const path of paths) {
        // Past every client, which would tidy the address first.
        const host = `Host: 127.0.0.1:${desk.desk.port}\r\nConnection: close\r\n\r\n`
        const answer = await rawExchange(desk.desk.port, `GET ${path} HTTP/1.1\r\n${host}`)
        expect([path, answer.slice(0, 13)]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 40[04] $/)])
        expect(answer).not.toContain('HIDDEN')
      }
      expect((await desk.ask('/', { method: 'POST', body: {} })).status).toBe(404)
    } finally {
      await desk.close()
    }
  })

  test('that has not been built is told as such, and nothing else is missing', async () => {
    at = await runTestDesk({}, { pageFolder: '/nowhere/page' })
    const { status, json } = await at.ask('/')
    expect([status, json.error.message]).toEqual([404, 'the page has not been built: npm run build'])
    expect((await at.ask('/health')).status).toBe(200)
  })
})

test('the policies that ship are those that the configuration check knows', async () => {
  expect(Object.values(POLICIES).map(({ id }) => id)).toEqual(['hospital', 'kyc'])
})
