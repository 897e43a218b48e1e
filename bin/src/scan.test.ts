// `cccd scan` as people run it: dist, in a process of its own, with a pseudo-terminal for a scanner.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { cableMissing, layCable } from '../../tools/rig/pseudo-terminal.ts'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const CARD = '999160012345||TRẦN THỊ B|15011960|Nữ|Số 2, Phố Thử|01012022'
const folder = mkdtempSync(join(tmpdir(), 'cccd-scan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const env = { ...process.env, LANG: 'vi_VN.UTF-8', LC_ALL: '' }

function cccd(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'scan', ...args], {
    encoding: 'utf8',
    input,
    env,
  })
  return { status, stdout, stderr }
}

interface Running {
  readonly child: ChildProcess
  /** The next line of stdout. */
  line(): Promise<string>
  ended(): Promise<{ status: number | null; stdout: string; stderr: string }>
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [CCCD, 'scan', ...args], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  let seen = 0
  let wake = (): void => undefined
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    wake()
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const closed = new Promise<number | null>(resolve => child.once('close', resolve))
  return {
    child,
    async line() {
      for (;;) {
        const end = stdout.indexOf('\n', seen)
        if (end >= 0) {
          const line = stdout.slice(seen, end)
          seen = end + 1
          return line
        }
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
    async ended() {
      const status = await closed
      return { status, stdout, stderr }
    },
  }
}

describe('standard input', () => {
  test('--watch --json prints one typed event a line until the input ends', () => {
    const { status, stdout, stderr } = cccd(['--watch', '--stdin', '--json'], `${CARD}\r\n999160012345\r\n`)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(status).toBe(EXIT.ok)
    expect(stderr).toBe('')
    expect(events.map(({ kind }) => kind)).toEqual(['connected', 'scan', 'scan', 'disconnected'])
    expect(events[1]).toMatchObject({
      scanner: { kind: 'text' },
      scan: { kind: 'card-qr', raw: CARD, provenance: { source: 'qr', via: 'wedge' } },
      accessKeys: [{ kind: 'CAN', can: '012345' }, { kind: 'BAC' }, { kind: 'BAC' }],
    })
  })

  test('without --watch it ends with the first scan, and with `input` when there was none', () => {
    const first = cccd(['--stdin', '--json'], `${CARD}\n999160012345\n`)
    expect(first.status).toBe(EXIT.ok)
    expect(first.stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(cccd(['--stdin'], '\n').status).toBe(EXIT.input)
  })

  test('lines for people in both languages; what is lost is warned of; nothing personal on stderr', () => {
    const damaged = `${CARD.replace('TRẦN THỊ', 'TR?N TH?')}\n`
    for (const [language, title, warning] of [
      ['vi', 'Số định danh', 'Mất chữ tiếng Việt'],
      ['en', 'Personal number', 'Vietnamese letters are lost'],
    ] as const) {
      const { stdout, stderr } = cccd(['--stdin', '--lang', language], damaged)
      expect(stdout).toContain(`${title}`)
      expect(stdout).toContain('999160012345')
      expect(stdout).toContain(warning)
      expect(stderr).not.toMatch(/9991600|TR\?N/)
    }
  })

  test('control characters of a code do not reach the terminal', () => {
    const { stdout } = cccd(['--stdin'], 'a\x1b[2Jb\n')
    expect(stdout).not.toContain('\x1b')
    const json = cccd(['--stdin', '--json'], 'a\x9b2J\u202eb\n').stdout
    expect(json).not.toMatch(/[\x9b\u202e]/)
    expect(JSON.parse(json.split('\n')[1] as string).scan.raw).toBe('a\x9b2J\u202eb')
  })

  test('how many tries the keys are is said', () => {
    expect(cccd(['--stdin'], `${CARD}\n`).stdout).toContain('CAN 012345, BAC × 2 (nhiều nhất 3 lần thử)')
    expect(cccd(['--stdin', '--lang', 'en'], '999160012345\n').stdout).toContain('CAN 012345 (one try)')
  })

  test('Ctrl-C while nothing comes: `cancelled`, with --watch `ok`', async () => {
    for (const [args, exit] of [
      [['--stdin'], EXIT.cancelled],
      [['--stdin', '--watch'], EXIT.ok],
    ] as const) {
      const running = start(args)
      await running.line()
      running.child.kill('SIGINT')
      expect((await running.ended()).status).toBe(exit)
    }
  })

  test('whoever reads the lines may leave', () => {
    if (process.platform === 'win32') return
    const script = `(for i in 1 2 3 4 5; do echo 999160012345; sleep 0.1; done) | "${process.execPath}" "${CCCD}" scan --watch --stdin --json | head -1`
    const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env })
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe('what is asked for wrongly', () => {
  test('--port and --config at once', () => {
    expect(cccd(['--port', 'x', '--config', 'y']).status).toBe(EXIT.usage)
  })

  test('a port where nothing is, and one that is no port: said at once, each with its code', () => {
    for (const [port, code] of [
      [join(folder, 'no-port'), 'NO_SCANNER'],
      [CCCD, 'SCANNER_FAILED'],
    ] as const) {
      const { status, stdout } = cccd(['--port', port, '--json'])
      expect(status).toBe(EXIT.reader)
      expect(JSON.parse(stdout).error).toMatchObject({ code, facts: { remedy: expect.any(String) } })
    }
    const file = join(folder, 'nobody.json')
    writeFileSync(file, '{"scanners": [{"kind": "serial", "match": {"vendorId": "ffff", "serialNumber": "none"}}]}')
    expect(cccd(['--config', file, '--lang', 'en']).stderr).toContain('NO_SCANNER')
  })

  test('a configuration that is not there, or malformed: the place is told', () => {
    expect(cccd(['--config', join(folder, 'none.json')]).status).toBe(EXIT.file)
    const endless = join(folder, 'endless.json')
    writeFileSync(endless, '')
    truncateSync(endless, 3_000_000_000)
    expect(cccd(['--config', endless]).status).toBe(EXIT.file)
    const file = join(folder, 'wrong.json')
    writeFileSync(file, '{"scanners": [\n  {"kind": "serial", "mach": {}}\n]}')
    const { status, stdout } = cccd(['--config', file, '--json'])
    expect(status).toBe(EXIT.file)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'SCANNER_CONFIG_MALFORMED',
      facts: { line: 2, column: 22, field: 'scanners[0].mach' },
    })
  })
})

const missing = cableMissing()
describe.skipIf(missing !== '')(`a serial scanner${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('--watch --port: connected, scan, unplugged, back again, and ended by Ctrl-C with 0', async () => {
    const cable = await layCable()
    onTestFinished(() => cable.remove())
    const running = start(['--watch', '--json', '--port', cable.port])
    const next = async () => JSON.parse(await running.line())
    expect(await next()).toMatchObject({ kind: 'connected', scanner: { kind: 'serial', path: cable.port } })
    await cable.send(`${CARD}\r${CARD.slice(0, 9)}`)
    expect(await next()).toMatchObject({ kind: 'scan', scan: { raw: CARD, provenance: { via: 'serial' } } })
    await cable.unplug()
    const hex = Buffer.from(CARD.slice(0, 9)).toString('hex')
    expect(await next()).toMatchObject({ kind: 'damaged', damage: { code: 'CUT_OFF', bytes: hex } })
    expect(await next()).toMatchObject({ kind: 'disconnected' })
    await cable.plug()
    expect(await next()).toMatchObject({ kind: 'connected' })
    await cable.send(`${CARD}\n`)
    expect(await next()).toMatchObject({ kind: 'scan' })
    running.child.kill('SIGINT')
    expect(await running.ended()).toMatchObject({ status: EXIT.ok, stderr: '' })
  })

  test('--config and --list: the rule that means the port gives its label', async () => {
    const cable = await layCable()
    onTestFinished(() => cable.remove())
    const file = join(folder, 'scanners.json')
    const rule = { kind: 'serial', label: 'Quầy 7', match: { path: cable.port }, baud: 115_200, terminator: 'etx' }
    writeFileSync(file, JSON.stringify({ scanners: [rule] }))
    const listed = cccd(['--list', '--config', file, '--json'])
    expect(listed.status).toBe(EXIT.ok)
    expect(JSON.parse(listed.stdout).scanners).toContainEqual({
      label: 'Quầy 7',
      kind: 'serial',
      path: cable.port,
      used: true,
    })
    const running = start(['--config', file, '--lang', 'en'])
    expect(await running.line()).toContain('Quầy 7: connected')
    await cable.send(`\x02${CARD}\x03`)
    expect((await running.ended()).stdout).toContain('999160012345')
  })
})
