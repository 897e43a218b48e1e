// Every `cccd` command of the README is run as it stands, in the README's order, against a card in pcscd's virtual reader.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { EXIT, EXIT_MEANING, OUTCOMES } from './exit-code.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)

/** Lines of the shell blocks that begin with `cccd`, with the exit code that a comment promises. */
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .flatMap(block => (block[1] as string).split('\n'))
  .filter(line => line.startsWith('cccd '))
  .map(line => ({ line: line.replace(/\s+#.*$/, ''), exit: Number(/#\s*exit (\d+)/.exec(line)?.[1] ?? 0) }))

describe('the README', () => {
  test('lists every exit code with its meaning', () => {
    for (const [name, code] of Object.entries(EXIT)) {
      expect(readme).toContain(`| ${code} | ${EXIT_MEANING[name as keyof typeof EXIT].en} |`)
    }
  })

  test('lists every error code under its exit code', () => {
    for (const [code, { exit }] of Object.entries(OUTCOMES)) {
      const row = readme.split('\n').find(line => line.startsWith(`| ${exit} | \``))
      expect(row?.match(/`[A-Z_]+`/g) ?? []).toContain(`\`${code}\``)
    }
  })

  test('names no npm script that is not there', () => {
    for (const [, name] of readme.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toContain(name)
  })
})

const missing = process.platform === 'win32' ? 'needs a POSIX shell' : rigMissing()
describe.skipIf(missing)(`the commands of the README${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-readme-'))
  const running: ChildProcess[] = []
  let rig: Rig

  beforeAll(async () => {
    rig = await startRig()
    // `cccd` as a shell finds it; the simulated card goes to the private reader of this test.
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    const script = `#!/bin/sh\nif [ "$1" = simulate ]; then set -- "$@" --port ${rig.ports[0]}; fi\nif [ "$1" = serve ]; then set -- "$@" --port 0; fi\nexec "${process.execPath}" "${join(root, 'bin', 'cccd.mjs')}" "$@"\n`
    writeFileSync(join(bin, 'cccd'), script)
    chmodSync(join(bin, 'cccd'), 0o755)
  })
  afterAll(async () => {
    for (const child of running) child.kill('SIGTERM')
    await rig?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function shell(line: string): ChildProcess {
    const env = {
      ...process.env,
      ...rig.env,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
      XDG_CONFIG_HOME: folder,
      XDG_STATE_HOME: folder,
      XDG_RUNTIME_DIR: '',
      CCCD_TRUST_STORE: '',
    }
    return spawn('sh', ['-c', `exec ${line}`], { cwd: folder, env })
  }

  test.each(commands)('$line', async ({ line, exit }) => {
    const child = shell(line)
    let told = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (told += String(chunk)))
    if (line.startsWith('cccd simulate') || line === 'cccd serve --simulate') {
      running.push(child)
      await new Promise<void>((resolve, reject) => {
        child.stdout?.once('data', () => resolve())
        child.once('exit', () => reject(new Error(told)))
      })
      return
    }
    const status = await new Promise(resolve => child.once('close', resolve))
    expect([status, told]).toEqual([exit, told])
  })

  test('there are commands to run', () => expect(commands.length).toBeGreaterThan(5))
})
