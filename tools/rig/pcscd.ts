// A private pcscd for tests: rig.sh does the work, this starts it as a child, waits for its readers and stops it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('./rig.sh', import.meta.url))

/** A running pcscd with two virtual readers of its own. */
export interface Rig {
  readonly pid: number
  /** TCP ports of the two readers, for insertCard. */
  readonly ports: readonly [number, number]
  readonly readers: readonly [string, string]
  /** Environment of a process that is to talk to this pcscd. */
  readonly env: Readonly<{ PCSCLITE_CSOCK_NAME: string }>
  /** What pcscd has printed so far. */
  log(): string
  stop(): Promise<void>
}

/** What is missing for the rig on this machine, in words; undefined when all is there. */
export function rigMissing(): string | undefined {
  if (process.platform !== 'linux') return 'the virtual reader runs on Linux alone'
  const { status, stdout, error } = spawnSync(SCRIPT, ['check'], { encoding: 'utf8' })
  if (status === 0) return undefined
  return stdout.trim() || error?.message || 'tools/rig/rig.sh check failed'
}

function listen(port: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address && typeof address === 'object' ? address.port : undefined))
    })
  })
}

/** A port whose successor is free too. */
async function freePortPair(): Promise<number> {
  for (let i = 0; i < 50; i++) {
    const port = await listen(0)
    if (port !== undefined && port < 65_535 && (await listen(port + 1)) !== undefined) return port
  }
  throw new Error('no two neighbouring TCP ports are free')
}

/** Whether somebody listens; a look at the kernel's table, since a connection would be a card. */
function listens(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return new RegExp(`^ *\\d+: [0-9A-F]{8}:${hex} 00000000:0000 0A`, 'm').test(readFileSync('/proc/net/tcp', 'utf8'))
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
}

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Starts a pcscd of one's own; throws with its output when its readers are not there after ten seconds. */
export async function startRig(): Promise<Rig> {
  const missing = rigMissing()
  if (missing) throw new Error(missing)
  // A port that was free a moment ago may be taken by a rig of another test: then once more with others.
  return attempt().catch(attempt)
}

async function attempt(): Promise<Rig> {
  const dir = mkdtempSync(join(tmpdir(), 'cccd-rig-'))
  const port = await freePortPair()
  let output = ''
  const child = spawn(SCRIPT, ['run', dir, String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, RIG_FOLLOW_PARENT: '1' },
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)))
  const gone = exited(child)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const killer = setTimeout(() => child.kill('SIGKILL'), 3000)
    await gone
    clearTimeout(killer)
    rmSync(dir, { recursive: true, force: true })
  }
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  void gone.then(() => process.removeListener('exit', kill))
  const socket = join(dir, 'run', 'pcscd.comm')
  for (let i = 0; i < 200; i++) {
    if (existsSync(socket) && listens(port) && listens(port + 1)) {
      return {
        pid: child.pid as number,
        ports: [port, port + 1],
        readers: ['Virtual PCD 00 00', 'Virtual PCD 00 01'],
        env: { PCSCLITE_CSOCK_NAME: socket },
        log: () => output,
        stop,
      }
    }
    if (child.exitCode !== null) break
    await wait(50)
  }
  await stop()
  throw new Error(`pcscd did not start: ${output}`)
}
