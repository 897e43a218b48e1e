// Every request, command and program of docs/hospital.md is run as it stands, in its order: `cccd serve --simulate` in a process of
// its own, with the page's own configuration. Only the addresses of other people's servers and two folders are exchanged, for
// local stand-ins and a temporary place.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDeskConfig } from './config/load-config.ts'
import { RESULT_CODES } from './connectors/insurance/result-code.ts'
import { parseTemplate } from './connectors/text/template.ts'
import { TEMPLATE_NAMES } from './connectors/text/template-value.ts'
import { ERROR_REPLIES } from './http/error-table.ts'
import { type StandInFhir, startStandInFhir } from './testing/stand-in-fhir-server.ts'
import { GATEWAY_ACCOUNT, type StandInGateway, startStandInGateway } from './testing/stand-in-insurance-gateway.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const path = join(root, 'docs', 'hospital.md')
const page = readFileSync(path, 'utf8')

const KINDS = ['sh', 'http', 'js', 'json'] as const
interface Block {
  readonly kind: (typeof KINDS)[number]
  readonly text: string
}
const blocks: readonly Block[] = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => {
  const known = KINDS.find(one => one === kind)
  if (known === undefined) throw new Error(`nothing runs a block of ${kind}`)
  return { kind: known, text: text as string }
})
const configuration = blocks.find(({ kind }) => kind === 'json')?.text ?? ''

describe('the page for hospitals', () => {
  /** Compares a generated part; CCCD_UPDATE_DOCS=1 writes it anew. */
  function generated(name: string, lines: readonly string[]): void {
    const wanted = `<!-- ${name} -->\n${lines.join('\n')}\n<!-- /${name} -->`
    const found = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`)
    if (process.env.CCCD_UPDATE_DOCS === '1') writeFileSync(path, readFileSync(path, 'utf8').replace(found, wanted))
    else expect(found.exec(page)?.[0]).toBe(wanted)
  }

  test('lists every code of the insurance gateway with its sentences', () => {
    const rows = Object.entries(RESULT_CODES).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const table = rows.map(([code, { kind, vi, en }]) => `| ${code} | \`${kind}\` | ${vi} | *${en}* |`)
    generated('codes', ['| mã | kind | nghĩa | meaning |', '|---|---|---|---|', ...table])
  })

  test('lists every name that a template knows', () => {
    const names = TEMPLATE_NAMES.map(name => `\`${name}\``).join(', ')
    generated('names', [`Tên dùng được trong ngoặc · *Names for the braces:* ${names}.`])
  })

  test('shows templates that are templates, and error codes with their status', () => {
    const shown = [...page.matchAll(/"template": "([^"]+)"/g)].map(([, text]) => text as string)
    expect(shown.length).toBeGreaterThan(1)
    for (const text of shown) expect(() => parseTemplate(text)).not.toThrow()
    const table = page.slice(page.indexOf('## Lỗi'))
    const rows = [...table.matchAll(/^\| ((?:`[A-Z_]+` )+)(\d{3}) \|/gm)]
    expect(rows.length).toBeGreaterThan(8)
    for (const [, codes = '', status] of rows)
      for (const [, code] of codes.matchAll(/`([A-Z_]+)`/g))
        expect([code, ERROR_REPLIES[code as keyof typeof ERROR_REPLIES]?.status]).toEqual([code, Number(status)])
  })

  test('has a configuration that the desk takes, with the defaults that its table tells', () => {
    const { config, faults } = checkDeskConfig(JSON.parse(configuration))
    expect(faults).toEqual([])
    const { insurance, fhir, webhook, whenSimulated } = config?.connectors ?? {}
    expect(insurance).toMatchObject({ passwordDigest: 'lower', birthDate: 'slashes', history: 'drop', timeoutMs: 8000 })
    expect([fhir?.patient, fhir?.server?.timeoutMs, webhook?.timeoutMs]).toEqual(['create-if-absent', 10_000, 10_000])
    expect(fhir?.systems.personalNumber).toMatch(/\/sid\/cccd$/)
    expect(fhir?.systems.insurance).toMatch(/\/sid\/bhyt$/)
    expect(webhook).toMatchObject({
      portrait: false,
      giveUpAfterHours: 72,
      giveUpAfterRefusals: 10,
      longestRetryMs: 300_000,
    })
    expect(webhook?.outbox).toMatchObject({ maxEntries: 1000, maxBytes: 64 * 1024 * 1024 })
    expect(whenSimulated).toBe('off')
  })
})

const dist = join(root, 'bin', 'dist', 'cccd.js')
const missing =
  process.platform === 'win32' ? 'needs a POSIX shell' : existsSync(dist) ? '' : 'the command is not built'
describe.skipIf(missing)(`the blocks of docs/hospital.md${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-hospital-'))
  const children: ChildProcess[] = []
  let [gateway, fhir] = [] as unknown as [StandInGateway, StandInFhir]
  let url = ''
  let hookPort = 0
  let heard = ''
  /** What stands for {{…}}, given or taken from replies. */
  const values = new Map<string, string>([['nonce', randomBytes(18).toString('base64url')]])

  const environment = (): NodeJS.ProcessEnv => ({
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    HOME: folder,
    XDG_STATE_HOME: folder,
    XDG_CONFIG_HOME: folder,
    LC_ALL: 'vi_VN.UTF-8',
    CCCD_DESK_CONFIG: join(folder, 'desk.json'),
    WEBHOOK_SECRET_FILE: join(folder, 'etc', 'webhook.secret'),
    PORT: String(hookPort),
  })

  /** The two folders of the page, in the temporary place. */
  const moved = (text: string): string =>
    text.replaceAll('/etc/cccd', join(folder, 'etc')).replaceAll('/var/lib/cccd', join(folder, 'var'))

  beforeAll(async () => {
    ;[gateway, fhir] = [await startStandInGateway(), await startStandInFhir('t0ken')]
    hookPort = await freePort()
    for (const name of ['bin', 'etc', 'var']) mkdirSync(join(folder, name))
    const script = `#!/bin/sh\ncase "$1" in pair) shift; set -- pair --simulate "$@";; esac\nexec "${process.execPath}" "${join(root, 'bin', 'cccd.mjs')}" "$@"\n`
    writeFileSync(join(folder, 'bin', 'cccd'), script)
    chmodSync(join(folder, 'bin', 'cccd'), 0o755)
    for (const [name, text] of [
      ['insurance.password', GATEWAY_ACCOUNT.password],
      ['fhir.token', 't0ken'],
    ] as const) {
      writeFileSync(join(folder, 'etc', name), text, { mode: 0o600 })
    }
  })
  afterAll(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue
      const ended = new Promise(resolve => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    }
    await gateway?.stop()
    await fhir?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The page's configuration for this place, with what only a test needs beside it. */
  function configure(text: string): void {
    const local = moved(text)
      .replace('https://egw.baohiemxahoi.gov.vn', gateway.url)
      .replace('https://fhir.his.example', fhir.url)
      .replace('https://his.example/cccd', `http://127.0.0.1:${hookPort}/cccd`)
    const config = JSON.parse(local)
    config.connectors.whenSimulated = 'on'
    writeFileSync(
      join(folder, 'desk.json'),
      JSON.stringify({ ...config, listen: { port: 0 }, stateFolder: join(folder, 'var') }),
    )
  }

  /** Starts the desk, once the page's commands have made what it needs. */
  async function serve(): Promise<void> {
    const args = ['--heapsnapshot-signal=SIGUSR2', join(root, 'bin', 'cccd.mjs'), 'serve', '--simulate', '--json']
    const child = spawn(process.execPath, args, { cwd: folder, env: environment() })
    children.push(child)
    let [out, log] = ['', '']
    child.stderr.on('data', chunk => {
      log += String(chunk)
    })
    url = await new Promise((resolve, reject) => {
      child.stdout.on('data', chunk => {
        out += String(chunk)
        if (out.endsWith('}\n')) resolve(JSON.parse(out).url)
      })
      child.once('exit', () => reject(new Error(`the desk ended: ${out}${log}`)))
    })
  }

  function shell(text: string): void {
    const run = spawnSync('sh', ['-e', '-c', moved(text)], { cwd: folder, env: environment(), encoding: 'utf8' })
    expect([run.status, run.status === 0 ? '' : `${run.stdout}${run.stderr}`]).toEqual([0, ''])
    const code = /(?:Pairing code|Mã ghép nối): (\S+)/.exec(run.stdout)?.[1]
    if (code !== undefined) values.set('code', code)
  }

  /** The page's receiver, as a program of its own. */
  function program(text: string): Promise<void> {
    writeFileSync(join(folder, 'receiver.mjs'), text)
    const child = spawn(process.execPath, ['receiver.mjs'], { cwd: folder, env: environment() })
    children.push(child)
    child.stdout.on('data', chunk => {
      heard += String(chunk)
    })
    child.stderr.on('data', chunk => {
      heard += String(chunk)
    })
    return until(
      async () => (await fetch(`http://127.0.0.1:${hookPort}/`, { method: 'POST', body: '{}' })).status === 401,
    )
  }

  function filled(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
      const value = values.get(name)
      if (value === undefined) throw new Error(`the page gives no value for ${name}`)
      return value
    })
  }

  /** Where a reply does not hold what the page shows; `{{name}}` takes a value, or compares it when there is one. Of a list,
   * each thing shown has to be somewhere in it. */
  function differences(shown: unknown, got: unknown, at = ''): string[] {
    const name = typeof shown === 'string' ? /^\{\{(\w+)\}\}$/.exec(shown)?.[1] : undefined
    if (name !== undefined) {
      if (typeof got !== 'string') return [`${at}: no text`]
      if (!values.has(name)) values.set(name, got)
      return values.get(name) === got ? [] : [`${at}: another ${name}`]
    }
    if (typeof shown !== 'object' || shown === null) return shown === got ? [] : [`${at}: ${JSON.stringify(got)}`]
    if (Array.isArray(shown)) {
      if (!Array.isArray(got)) return [`${at}: no list`]
      if (shown.length === 0) return got.length === 0 ? [] : [`${at}: not empty`]
      return shown.flatMap(one => {
        const tried = got
          .toSorted((a, b) => closeness(one, b) - closeness(one, a))
          .map(other => differences(one, other, at))
        return tried.find(faults => faults.length === 0) ?? tried[0] ?? [`${at}: empty`]
      })
    }
    if (typeof got !== 'object' || got === null) return [`${at}: ${JSON.stringify(got)}`]
    return Object.entries(shown).flatMap(([member, value]) =>
      differences(value, (got as Record<string, unknown>)[member], `${at}.${member}`),
    )
  }

  /** How many plain members two objects share, so that a list's `{{name}}` takes its value from the right one. */
  function closeness(shown: unknown, got: unknown): number {
    const mine = Object.entries(Object(shown) as object)
    return mine.filter(([member, value]) => (Object(got) as Record<string, unknown>)[member] === value).length
  }

  async function ask(text: string): Promise<void> {
    const [request = '', reply = ''] = text.split(/^HTTP\/1\.1 /m)
    const [head = '', body = ''] = request.trim().split(/\n\n/)
    const [line = '', ...headerLines] = head.split('\n')
    const [method = '', target = ''] = line.split(' ')
    const headers = Object.fromEntries(headerLines.map(one => filled(one).split(': ') as [string, string]))
    const status = Number(reply.slice(0, 3))
    const shown = reply.slice(3).trim()
    const once = async (): Promise<string[]> => {
      const asked = { method, headers, ...(body !== '' && { body: filled(body) }) }
      const answer = await fetch(new URL(filled(target), url), asked)
      const got = await answer.text()
      if (answer.status !== status) return [`${answer.status}: ${got}`]
      if (shown === '') return []
      if (!shown.startsWith('<')) return differences(JSON.parse(shown), JSON.parse(got))
      return filled(shown)
        .split('\n')
        .filter(one => !got.includes(one))
    }
    let faults = await once()
    const isWaiting = (): boolean => faults.some(fault => /^\.state: "(waiting|opening|reading|judging)"$/.test(fault))
    // "Ask until state is done." The drawer, too, takes a moment to make its cards.
    for (let i = 0; i < 200 && (isWaiting() || faults.some(fault => fault.startsWith('503'))); i++) {
      await new Promise(resolve => setTimeout(resolve, 50))
      faults = await once()
    }
    expect(faults).toEqual([])
  }

  async function scanText(): Promise<string> {
    const headers = { authorization: `Bearer ${values.get('token')}` }
    const answer = await fetch(new URL('/v1/simulated-cards', url), { headers })
    const { cards } = (await answer.json()) as { cards: { id: string; scanText: string }[] }
    return cards.find(({ id }) => id === 'genuine')?.scanText ?? ''
  }

  test.each(blocks.map(block => [block.text.trim().split('\n')[0], block] as const))('%s', async (_title, block) => {
    switch (block.kind) {
      case 'json':
        configure(block.text)
        break
      case 'sh':
        if (block.text.includes('cccd pair') && url === '') await serve()
        shell(block.text)
        break
      case 'js':
        await program(block.text)
        break
      case 'http':
        if (block.text.includes('{{qr}}')) values.set('qr', await scanText())
        await ask(block.text)
        if (block.text.includes('"to": "webhook"}'))
          await until(async () => heard.includes(`${values.get('reading')} green `))
    }
  })

  test('everything that was sent has arrived where it should, and the outbox is empty', () => {
    expect(heard.trim().split('\n')).toEqual([expect.stringMatching(/^[\w-]{22} green \d+$/)])
    expect(fhir.patients).toHaveLength(1)
    expect(gateway.lookUps()).toHaveLength(1)
    expect(readdirSync(join(folder, 'var', 'outbox')).filter(name => /entry|dead/.test(name))).toEqual([])
  })

  test('after “next patient” nothing that the gateway said is left in the memory of the desk', {
    timeout: 60_000,
  }, async () => {
    const desk = children.find(({ spawnargs }) => spawnargs.includes('serve'))
    const snapshots = (): string[] => readdirSync(folder).filter(name => name.endsWith('.heapsnapshot'))
    desk?.kill('SIGUSR2')
    await until(async () => snapshots().length === 1)
    const snapshot = join(folder, snapshots()[0] as string)
    // It is written bit by bit, and ends in the strings.
    await until(async () => readFileSync(snapshot, 'latin1').endsWith(']}'))
    const strings = (JSON.parse(readFileSync(snapshot, 'utf8')) as { strings: string[] }).strings
    // The search finds what is there: the facility of the configuration, and the account.
    for (const there of ['99001', GATEWAY_ACCOUNT.username])
      expect(strings.some(text => text.includes(there))).toBe(true)
    const said = ['DN4999990000001', 'Phường Mẫu, Tỉnh Không Có', 'Thẻ còn giá trị sử dụng!', 'BỆNH BỊA RA']
    expect(said.filter(text => strings.some(one => one.includes(text)))).toEqual([])
  })

  test('there are blocks of each kind', () => {
    for (const kind of KINDS) expect(blocks.filter(block => block.kind === kind)).not.toEqual([])
  })
})

async function until(what: () => Promise<boolean>): Promise<void> {
  let last: unknown
  for (let i = 0; i < 400; i++) {
    try {
      if (await what()) return
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error('it never came', { cause: last })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
