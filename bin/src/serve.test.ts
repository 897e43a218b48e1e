// `cccd serve` and `cccd pair` as people run them: dist, in processes of their own, over a simulated reader.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'cccd-serve-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

interface Place {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

/** A user of their own: configuration, state and run time folder apart from everybody's. */
function place(): Place {
  const folder = mkdtempSync(join(root, 'user-'))
  const env = {
    ...process.env,
    ...{
      LANG: 'vi_VN.UTF-8',
      LC_ALL: '',
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      XDG_STATE_HOME: folder,
      XDG_RUNTIME_DIR: '',
    },
    ...{ STATE_DIRECTORY: '', RUNTIME_DIRECTORY: '', CCCD_TRUST_STORE: '', CCCD_DESK_CONFIG: '' },
  }
  return { folder, env }
}

function cccd({ env }: Place, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

interface Served {
  readonly child: ChildProcess
  readonly told: {
    readonly url: string
    readonly port: number
    readonly pid: number
    readonly pairing: { code: string; page: string }
  }
  readonly log: () => string
  readonly ended: Promise<number | null>
}

async function serve({ env }: Place, ...args: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, [CCCD, 'serve', '--simulate', '--port', '0', '--json', ...args], { env })
  running.push(child)
  let [out, log] = ['', '']
  child.stderr.on('data', chunk => (log += String(chunk)))
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const told = await new Promise<Served['told']>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      out += String(chunk)
      if (out.endsWith('}\n')) resolve(JSON.parse(out))
    })
    ended.then(status => reject(new Error(`ended with ${status}: ${out}${log}`)), reject)
  })
  return { child, told, log: () => log, ended }
}

describe('cccd serve --check', () => {
  test('is content where there is no file', () => {
    expect(cccd(place(), 'serve', '--check')).toMatchObject({ status: EXIT.ok, stderr: '' })
  })

  test('tells everything that is wrong, with its place and in both languages', () => {
    const at = place()
    mkdirSync(join(at.folder, 'cccd'))
    const file = join(at.folder, 'cccd', 'desk.json')
    writeFileSync(file, JSON.stringify({ listen: { port: 'ba' }, origins: ['*'], nothing: true }))
    const { status, stdout } = cccd(at, 'serve', '--check')
    expect(status).toBe(EXIT.file)
    for (const words of [file, 'listen.port', 'origins.0', 'phải đúng dạng', 'has to be exactly', '"nothing"']) {
      expect(stdout).toContain(words)
    }
    const { faults, ok } = cccd(at, 'serve', '--check', '--json').json()
    expect([ok, faults.map(({ path }: { path: string }) => path)]).toEqual([false, ['listen.port', 'origins.0', '']])
    // What --check finds keeps the desk from starting.
    const start = cccd(at, 'serve', '--json')
    expect([start.status, start.json().error.code]).toEqual([EXIT.file, 'DESK_CONFIG_MALFORMED'])
  })

  test('looks into the files that the configuration names, from its own folder on', () => {
    const at = place()
    const file = join(at.folder, 'desk.json')
    writeFileSync(join(at.folder, 'good.json'), JSON.stringify({ id: 'ours', extends: 'hospital', requirements: {} }))
    writeFileSync(file, JSON.stringify({ policies: ['good.json'], policy: 'ours' }))
    expect(cccd(at, 'serve', '--check', '--config', file).status).toBe(EXIT.ok)
    const faultsOf = (config: object): readonly string[] => {
      writeFileSync(file, JSON.stringify(config))
      const { status, json } = cccd(at, 'serve', '--check', '--json', '--config', file)
      expect(status).toBe(EXIT.file)
      return json().faults.map(({ path }: { path: string }) => path)
    }
    expect(faultsOf({ policies: ['none.json'] })).toEqual(['policies.0'])
    expect(faultsOf({ policy: 'ours' })).toEqual(['policy'])
    expect(faultsOf({ trustStore: 'none' })).toEqual(['trustStore'])
    const tls = { cert: 'none.crt', key: 'none.key' }
    expect(faultsOf({ listen: { addresses: [{ host: '192.0.2.1', port: 8443, names: ['a'], tls }] } })).toEqual([
      'listen.addresses.0.tls.cert',
      'listen.addresses.0.tls.key',
    ])
  })

  test('a configuration that was named and is not there is an error', () => {
    const { status, json } = cccd(place(), 'serve', '--check', '--json', '--config', '/nowhere/desk.json')
    expect([status, json().error.code]).toEqual([EXIT.file, 'DESK_CONFIG_MALFORMED'])
  })
})

describe('cccd serve', () => {
  test('answers at once with --simulate, says where, and ends in order', async () => {
    const at = place()
    const begin = performance.now()
    const { child, told, log, ended } = await serve(at)
    const ms = performance.now() - begin
    // Alone on this machine it is well under 500 ms; a test machine is shared.
    expect(ms).toBeLessThan(8000)
    const health = await fetch(new URL('/health', told.url))
    expect(((await health.json()) as { name: string }).name).toBe('cccd')
    expect(told.pairing.page).toBe(`${told.url}#code=${told.pairing.code}`)
    const state = join(at.folder, 'cccd', 'training')
    expect(JSON.parse(readFileSync(join(state, 'desk-port.json'), 'utf8'))).toEqual({ port: told.port, pid: told.pid })
    for (const name of ['desk-port.json', 'desk-key.json']) expect(statSync(join(state, name)).mode & 0o777).toBe(0o600)
    child.kill('SIGTERM')
    expect(await ended).toBe(EXIT.ok)
    expect(readdirSync(state)).not.toContain('desk-port.json')
    for (const line of log().trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event')
    expect(log()).not.toContain(told.pairing.code)
  })

  test('tells a code to people, and none where its words go to a journal', async () => {
    const { env } = place()
    const child = spawn(process.execPath, [CCCD, 'serve', '--simulate', '--port', '0'], { env })
    running.push(child)
    const out = await new Promise<string>(resolve => child.stdout.once('data', chunk => resolve(String(chunk))))
    expect(out).toContain('cccd pair')
    expect(out).not.toContain('code=')
    child.kill('SIGINT')
    await new Promise(resolve => child.once('close', resolve))
  })

  test('says so when it runs already, or when the port is taken', async () => {
    const at = place()
    await serve(at)
    const second = cccd(at, 'serve', '--simulate', '--port', '0', '--json')
    expect([second.status, second.json().error.code]).toEqual([EXIT.desk, 'DESK_RUNNING'])
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const third = cccd(place(), 'serve', '--simulate', '--port', String(port), '--json')
    expect([third.status, third.json().error.code]).toEqual([EXIT.desk, 'DESK_LISTEN_FAILED'])
    expect(third.json().error.hint.vi).toContain('--port')
    other.close()
  })

  test('a training desk shares neither key nor pairings with the real one', async () => {
    const at = place()
    await serve(at)
    expect(existsSync(join(at.folder, 'cccd', 'desk-key.json'))).toBe(false)
    expect(existsSync(join(at.folder, 'cccd', 'training', 'desk-key.json'))).toBe(true)
    // Without --simulate the real desk is meant, and that is not there.
    expect(cccd(at, 'pair').status).toBe(EXIT.desk)
  })

  test.each(['-1', '65536', 'x', ''])('--port %j is a typing fault', port => {
    expect(cccd(place(), 'serve', '--port', port).status).toBe(EXIT.usage)
  })
})

describe('cccd pair', () => {
  test('gives a code that pairs a program, which is listed and revoked', async () => {
    const at = place()
    const { told } = await serve(at)
    const { status, json } = cccd(
      at,
      'pair',
      '--simulate',
      '--json',
      '--program',
      '--scopes',
      'readers,qr',
      '--role',
      'integration',
    )
    expect(status).toBe(EXIT.ok)
    const paired = await fetch(new URL('/v1/pairing', told.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: json().code, label: 'Phần mềm bệnh viện' }),
    })
    const { token, tokenId, scopes, role } = (await paired.json()) as Record<string, string>
    expect([scopes, role]).toEqual([['readers', 'qr'], 'integration'])
    const session = () => fetch(new URL('/v1/session', told.url), { headers: { authorization: `Bearer ${token}` } })
    expect((await session()).status).toBe(200)
    const listed = cccd(at, 'pair', '--simulate', '--list').stdout
    expect(listed).toContain('Phần mềm bệnh viện')
    expect(listed).toContain(tokenId)
    expect(cccd(at, 'pair', '--simulate', '--revoke', tokenId as string).status).toBe(EXIT.ok)
    expect((await session()).status).toBe(401)
    expect(cccd(at, 'pair', '--simulate', '--revoke', tokenId as string).status).toBe(EXIT.desk)
  })

  test('prints the address of the own page with the code behind #', async () => {
    const at = place()
    const { told } = await serve(at)
    const { code, page } = cccd(at, 'pair', '--simulate', '--json').json()
    expect(page).toBe(`${told.url}#code=${code}`)
    expect(cccd(at, 'pair', '--simulate', '--json', '--origin', 'https://his.example').json()).not.toHaveProperty(
      'page',
    )
  })

  test('says that no desk runs', () => {
    const { status, json } = cccd(place(), 'pair', '--json')
    expect([status, json().error.code]).toEqual([EXIT.desk, 'DESK_NOT_RUNNING'])
  })

  test.each([
    ['--scopes', 'all'],
    ['--role', 'boss'],
    ['--origin', 'his.example'],
    ['--minutes', '0'],
    ['--days', 'many'],
    ['--revoke', 'x'],
  ])('%s %s is a typing fault', (...args) => {
    expect(cccd(place(), 'pair', ...args).status).toBe(EXIT.usage)
  })
})
