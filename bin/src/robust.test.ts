// The command in unfriendly surroundings: closed pipes, full disks, signals, hostile names. Runs dist in a process of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'
import { jsonText } from './output.ts'
import { makeSampleCard } from './sample.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-robust-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const env = { ...process.env, LC_ALL: 'en_US.UTF-8', XDG_CONFIG_HOME: folder, CCCD_TRUST_STORE: '' }
const onLinux = process.platform === 'linux'

function cccd(args: readonly string[], language = 'en') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, '--lang', language, ...args], {
    encoding: 'utf8',
    env,
  })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

function ended(child: ChildProcess): Promise<{ status: number | null; stderr: string }> {
  let stderr = ''
  child.stderr?.on('data', chunk => (stderr += String(chunk)))
  return new Promise(resolve => child.once('close', status => resolve({ status, stderr })))
}

test('a reader that leaves the pipe early gets no stack trace, and the exit code stays', async () => {
  const child = spawn(process.execPath, [CCCD, '--help'], { env })
  child.stdout.destroy()
  expect(await ended(child)).toEqual({ status: EXIT.ok, stderr: '' })
})

test.skipIf(!onLinux)('an answer that a full disk swallows is an error in one sentence', () => {
  const { status, stderr } = spawnSync('sh', ['-c', '"$0" "$1" --help > /dev/full', process.execPath, CCCD], {
    encoding: 'utf8',
    env,
  })
  expect(status).toBe(EXIT.file)
  expect(stderr).toBe('The disk is full\n')
})

test.skipIf(process.platform === 'win32')(
  'Ctrl-C and SIGTERM end a command that waits for standard input',
  async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = spawn(process.execPath, [CCCD, 'read', '--qr', '-'], { env })
      setTimeout(() => child.kill(signal), 1500)
      const { status, stderr } = await ended(child)
      expect(stderr).toMatch(/^Error READ_CANCELLED/)
      expect(status).toBe(EXIT.cancelled)
    }
  },
  20_000,
)

test('what was typed wrong is told in the language asked, and as JSON where that is asked', () => {
  expect(cccd(['raed'], 'vi').stderr).toBe('Không có lệnh “raed”. Có phải là: read?\nThêm --help để xem cách dùng.\n')
  expect(cccd(['raed']).stderr).toBe("unknown command 'raed' (Did you mean read?)\nAdd --help for usage.\n")
  expect(cccd(['read', '--help'], 'vi').stdout).toMatch(/^Cách dùng: cccd read/)
  const wrong = [['raed'], ['verify'], ['read', '--nosuch'], ['read', '--qr'], ['verify', 'a', 'b'], ['trust'], []]
  for (const args of wrong) {
    const answer = cccd(['--json', ...args])
    expect(answer.status).toBe(EXIT.usage)
    expect(answer.json().error).toMatchObject({ code: 'USAGE', facts: {}, exit: EXIT.usage })
    expect(answer.json().error.hint.vi).not.toBe(answer.json().error.hint.en)
  }
})

test('--out is refused before a card is made or asked for, and says why', () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  for (const out of [file, join(file, 'under')]) {
    expect(cccd(['demo', '--in-process', '--out', out])).toMatchObject({
      status: EXIT.file,
      stdout: '',
      stderr: `This is a file and no folder: ${out}\n`,
    })
  }
  if (process.getuid?.() === 0) return
  const closed = join(folder, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o500)
  expect(cccd(['demo', '--in-process', '--out', join(closed, 'card')]).stderr).toBe(`No permission: ${closed}\n`)
})

test.skipIf(process.platform === 'win32')('control characters in a file name do not reach the terminal', () => {
  const bad = join(folder, 'a\x1b[31m.cer')
  writeFileSync(bad, 'x')
  const { status, stderr } = cccd(['trust', 'add', bad])
  expect(status).toBe(EXIT.file)
  expect(stderr).not.toContain('\x1b')
  expect(jsonText({ name: 'a\u009b31m\u202e' })).toBe('{\n  "name": "a\\u009b31m\\u202e"\n}\n')
})

test('one refused file keeps the whole trust add from happening', async () => {
  const sample = await makeSampleCard({ now: new Date(), random: length => new Uint8Array(length).fill(7) })
  const good = join(folder, 'good.cer')
  const junk = join(folder, 'junk.cer')
  writeFileSync(good, sample.csca)
  writeFileSync(junk, 'junk')
  const store = join(folder, 'store')
  expect(cccd(['trust', 'add', good, junk, '--trust', store]).status).toBe(EXIT.file)
  expect(existsSync(store)).toBe(false)
  expect(cccd(['trust', 'add', good, good, '--trust', store]).status).toBe(EXIT.ok)
  expect(readdirSync(store)).toHaveLength(1)
})

test('simulate --save leaves no folder where no virtual reader listens', async () => {
  const port = await new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
  const save = join(folder, 'sample')
  expect(cccd(['simulate', '--save', save, '--port', String(port)]).status).toBe(EXIT.service)
  expect(existsSync(save)).toBe(false)
})
