// A cable between two pseudo-terminals, made by socat: what one end is told, the other hears, as with a serial scanner.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why there can be no cable here; empty when there can. */
export function cableMissing(): string {
  if (process.platform === 'win32') return 'there are no pseudo-terminals on Windows'
  return spawnSync('socat', ['-V']).status === 0 ? '' : 'socat is not installed'
}

export interface Cable {
  /** Where the scanner's end is heard; the same after `plug` as before. */
  readonly port: string
  /** The process that is the cable. */
  pid(): number
  /** Resolves when all is taken. */
  send(bytes: Uint8Array | string): Promise<void>
  unplug(): Promise<void>
  plug(): Promise<void>
  remove(): Promise<void>
}

/** A plugged-in cable. Remove it: it holds a process. */
export async function layCable(): Promise<Cable> {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-cable-'))
  const [scanner, port] = [join(folder, 'scanner'), join(folder, 'port')]
  let socat: ChildProcess | undefined
  let end: FileHandle | undefined

  async function plug(): Promise<void> {
    const ends = [scanner, port].map(link => `pty,raw,echo=0,link=${link}`)
    const child = spawn('socat', ['-d', '-d', ...ends], { stdio: ['ignore', 'ignore', 'pipe'] })
    socat = child
    await new Promise<void>((resolve, reject) => {
      let told = ''
      child.stderr?.on('data', chunk => {
        told += String(chunk)
        if (told.includes('starting data transfer loop')) resolve()
      })
      child.once('exit', () => reject(new Error(`socat ended: ${told}`)))
    })
    end = await open(scanner, 'r+')
  }

  async function unplug(): Promise<void> {
    const child = socat
    socat = undefined
    await end?.close()
    end = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }

  await plug()
  return {
    port,
    pid: () => socat?.pid as number,
    async send(bytes) {
      const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
      for (let at = 0; at < data.length; ) {
        const { bytesWritten } = (await end?.write(data, at)) ?? { bytesWritten: data.length }
        at += bytesWritten
      }
    },
    plug,
    unplug,
    async remove() {
      await unplug()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
