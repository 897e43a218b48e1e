// Every request and every command of docs/bank.md is run as it stands, in its order: a simulated card in pcscd's virtual
// reader, `cccd serve` as the desk, and the bank's side in a folder of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUNDLE_CHECKS, BUNDLE_CODES } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { EXIT } from './exit-code.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const path = join(root, 'docs', 'bank.md')
const page = readFileSync(path, 'utf8')

interface Block {
  readonly kind: 'sh' | 'http' | 'js'
  readonly text: string
}
const blocks: readonly Block[] = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => {
  if (kind !== 'sh' && kind !== 'http' && kind !== 'js') throw new Error(`nothing runs a block of ${kind}`)
  return { kind, text: text as string }
})

describe('the page for banks', () => {
  test('lists every code with its sentences', () => {
    const rows = Object.entries(BUNDLE_CODES).map(([code, { vi, en }]) => `| \`${code}\` | ${vi} | ${en} |`)
    const table = `<!-- codes -->\n| code | nghĩa | meaning |\n|---|---|---|\n${rows.join('\n')}\n<!-- /codes -->`
    const found = /<!-- codes -->[\s\S]*<!-- \/codes -->/
    // To write it anew: CCCD_UPDATE_DOCS=1 npx vitest run bin/src/docs-bank.test.ts
    if (process.env.CCCD_UPDATE_DOCS === '1') writeFileSync(path, page.replace(found, table))
    else expect(found.exec(page)?.[0]).toBe(table)
  })

  test('names every check, in order, and the exit codes of bundles', () => {
    expect(page.replaceAll('\n', ' ')).toContain(BUNDLE_CHECKS.map(id => `\`${id}\``).join(', '))
    for (const [code, word] of [
      [EXIT.ok, 'green'],
      [EXIT.failed, 'red'],
      [EXIT.undetermined, 'yellow'],
      [EXIT.aborted, 'grey'],
      [EXIT.refused, 'the bundle is refused'],
    ] as const) {
      expect(page).toContain(`${code} ${word}`)
    }
  })
})

const missing = process.platform === 'win32' ? 'needs a POSIX shell' : rigMissing()
describe.skipIf(missing)(`the requests and commands of docs/bank.md${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bank-'))
  const children: ChildProcess[] = []
  let rig: Rig
  let url = ''
  /** What stands for {{…}}, given or taken from replies. */
  const values = new Map<string, string>()

  function environment(): NodeJS.ProcessEnv {
    return {
      HOME: folder,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
      LC_ALL: 'en_US.UTF-8',
      CCCD_DESK_CONFIG: join(folder, 'desk.json'),
      NONCE: values.get('NONCE') ?? '',
      CHALLENGE: values.get('CHALLENGE') ?? '',
      ...rig.env,
    }
  }

  /** Starts a command that stays, and returns what it prints first. */
  async function start(args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [join(root, 'bin', 'cccd.mjs'), ...args], { cwd: folder, env: environment() })
    children.push(child)
    let told = ''
    child.stderr?.on('data', chunk => (told += String(chunk)))
    return await new Promise((resolve, reject) => {
      let text = ''
      child.stdout?.on('data', chunk => {
        text += String(chunk)
        if (text.endsWith('\n')) resolve(text)
      })
      child.once('exit', () => reject(new Error(`${args.join(' ')} ended: ${text}${told}`)))
    })
  }

  beforeAll(async () => {
    rig = await startRig()
    mkdirSync(join(folder, 'bin'))
    const script = `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin', 'cccd.mjs')}" "$@"\n`
    writeFileSync(join(folder, 'bin', 'cccd'), script)
    chmodSync(join(folder, 'bin', 'cccd'), 0o755)
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    await start(['simulate', '--save', join(folder, 'sample'), '--port', String(rig.ports[0])])
    symlinkSync(join(folder, 'sample', 'trust'), join(folder, 'trust'))
    const qr = readFileSync(join(folder, 'sample', 'qr.txt'), 'utf8').trim()
    writeFileSync(join(folder, 'qr.txt'), qr)
    values.set('qr', qr)
    for (const name of ['SOD', 'DG1', 'DG2', 'DG13', 'DG14', 'DG15']) {
      const bytes = readFileSync(join(folder, 'sample', `EF.${name}.bin`))
      values.set(name.toLowerCase(), bytes.toString('base64url'))
    }
    const config = {
      listen: { port: 0 },
      origins: ['https://bank.example'],
      trustStore: join(folder, 'trust'),
      stateFolder: join(folder, 'state'),
    }
    writeFileSync(join(folder, 'desk.json'), JSON.stringify(config))
    url = JSON.parse(await start(['serve', '--json'])).url
  })
  afterAll(async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null) continue
      const ended = new Promise(resolve => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    }
    await rig?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function filled(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
      const value = values.get(name)
      if (value === undefined) throw new Error(`the page gives no value for ${name}`)
      return value
    })
  }

  /** Where a reply does not hold what the page shows; `{{name}}` takes a value, or compares it when there is one. */
  function differences(shown: unknown, got: unknown, at = ''): string[] {
    const name = typeof shown === 'string' ? /^\{\{(\w+)\}\}$/.exec(shown)?.[1] : undefined
    if (name !== undefined) {
      if (typeof got !== 'string') return [`${at}: no text`]
      if (!values.has(name)) values.set(name, got)
      return values.get(name) === got ? [] : [`${at}: another ${name}`]
    }
    if (typeof shown !== 'object' || shown === null) return shown === got ? [] : [`${at}: ${JSON.stringify(got)}`]
    if (typeof got !== 'object' || got === null) return [`${at}: ${JSON.stringify(got)}`]
    return Object.entries(shown).flatMap(([member, value]) =>
      differences(value, (got as Record<string, unknown>)[member], `${at}.${member}`),
    )
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
      const answer = await fetch(new URL(filled(target), url), {
        method,
        headers,
        ...(body !== '' && { body: filled(body) }),
      })
      const got = await answer.text()
      if (answer.status !== status) return [`${answer.status}: ${got}`]
      return shown === '' ? [] : differences(JSON.parse(shown), JSON.parse(got))
    }
    let faults = await once()
    // "Ask until it is done."
    for (let i = 0; i < 100 && isWaiting(faults); i++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      faults = await once()
    }
    expect(faults).toEqual([])
  }

  function isWaiting(faults: readonly string[]): boolean {
    return faults.some(fault => /^\.state: "(waiting|opening|reading|judging)"$/.test(fault))
  }

  function shell(text: string): void {
    const exit = Number(/#\s*exit (\d+)/.exec(text)?.[1] ?? 0)
    const kept = join(folder, 'kept')
    const script = `set -e\n${text}\nprintf '%s\\n%s\\n' "$NONCE" "$CHALLENGE" > "${kept}"\n`
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      cwd: folder,
      env: environment(),
      encoding: 'utf8',
    })
    expect([status, status === exit ? '' : `${stdout}${stderr}`]).toEqual([exit, ''])
    const code = /(?:Pairing code|Mã ghép nối): (\S+)/.exec(stdout)?.[1]
    if (code !== undefined) values.set('code', code)
    if (exit !== 0) return
    const [nonce = '', challenge = ''] = readFileSync(kept, 'utf8').split('\n')
    if (nonce !== '') values.set('NONCE', nonce).set('CHALLENGE', challenge)
  }

  function program(text: string): void {
    writeFileSync(join(folder, 'server.mjs'), text)
    const { status, stdout, stderr } = spawnSync(process.execPath, ['server.mjs'], {
      cwd: folder,
      env: environment(),
      encoding: 'utf8',
    })
    expect([status, stdout, stderr]).toEqual([0, 'successful\n', ''])
  }

  test.each(blocks.map(block => [block.text.trim().split('\n')[0], block] as const))('%s', async (_title, block) => {
    switch (block.kind) {
      case 'sh':
        shell(block.text)
        if (block.text.includes('bank-public.jwk"'))
          values.set('recipient', readFileSync(join(folder, 'bank-public.jwk'), 'utf8'))
        break
      case 'http':
        await ask(block.text)
        if (block.text.includes('"{{bundle}}"')) {
          writeFileSync(join(folder, 'card.bundle'), values.get('bundle') ?? '', { mode: 0o600 })
        }
        break
      case 'js':
        program(block.text)
    }
  })

  test('there are blocks of each kind', () => {
    for (const kind of ['sh', 'http', 'js']) expect(blocks.filter(block => block.kind === kind)).not.toEqual([])
  })
})
