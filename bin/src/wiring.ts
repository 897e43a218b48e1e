import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Randomness } from '@cccd/card-core'
import { type Language, languageOf } from './language.ts'
import { createOutput, type Output, type Streams } from './output.ts'

/** What a command may touch: nothing else opens a clock, chance, a stream or the environment. */
export interface Context {
  readonly output: Output
  readonly streams: Streams
  readonly now: () => Date
  readonly random: Randomness
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean }
}

export interface GlobalOptions {
  readonly json?: boolean
  readonly lang?: string
}

export function createContext(options: GlobalOptions): Context {
  const language: Language = languageOf(options.lang, process.env)
  const streams: Streams = { stdout: process.stdout, stderr: process.stderr }
  const abort = new AbortController()
  // The first Ctrl-C ends the command in order; the second one is left to the system.
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  return {
    output: createOutput({ json: options.json === true, language, streams }),
    streams,
    now: () => new Date(),
    random: length => Uint8Array.from(randomBytes(length)),
    environment: process.env,
    signal: abort.signal,
    stdin: process.stdin,
  }
}

/** The trust store: --trust, then CCCD_TRUST_STORE, then the user's configuration folder of this system. */
export function trustStoreFolder(option: string | undefined, environment: Context['environment']): string {
  if (option) return option
  if (environment.CCCD_TRUST_STORE) return environment.CCCD_TRUST_STORE
  if (process.platform === 'win32')
    return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'cccd', 'trust')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'cccd', 'trust')
  return join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'cccd', 'trust')
}

/** All of standard input as text, at most 64 KiB; more is cut, since no QR or MRZ is that long. */
export async function readStdin(stdin: Context['stdin']): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stdin) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (text.length > 65_536) break
  }
  return text
}
