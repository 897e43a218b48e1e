import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Randomness, TransportError } from '@cccd/card-core'
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

export function createContext(options: GlobalOptions, pipes: Pipes): Context {
  const language: Language = languageOf(options.lang, process.env)
  const streams: Streams = { stdout: process.stdout, stderr: process.stderr }
  const abort = new AbortController()
  // The first Ctrl-C ends the command in order; the second one is left to the system.
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  // Whoever read the answers is gone: what runs until Ctrl-C ends too.
  pipes.broken.addEventListener('abort', () => abort.abort(), { once: true })
  if (pipes.broken.aborted) abort.abort()
  // Standard input that is being waited for would keep the program alive.
  abort.signal.addEventListener('abort', () => void process.stdin.destroy(), { once: true })
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

/** The state of standard output. */
export interface Pipes {
  /** Aborted when nothing can be written any more. */
  readonly broken: AbortSignal
  /** The fault, where an answer is lost that somebody wanted (a full disk); a reader who left (`| head`) is none. */
  readonly fault: () => Error | undefined
}

/** Takes the errors of stdout and stderr, which would end the program with a stack trace otherwise. */
export function watchPipes(): Pipes {
  const abort = new AbortController()
  let fault: Error | undefined
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (!abort.signal.aborted && error.code !== 'EPIPE') fault = error
    abort.abort()
  })
  // Progress that nobody sees is no reason to stop.
  process.stderr.on('error', () => undefined)
  return { broken: abort.signal, fault: () => fault }
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

/** All of standard input as text, at most 64 KiB; more is cut, since no QR or MRZ is that long. Throws
 * READ_CANCELLED when Ctrl-C comes first. */
export async function readStdin(stdin: Context['stdin']): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of stdin) {
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
      if (text.length > 65_536) break
    }
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw cause
    throw new TransportError('READ_CANCELLED', 'stopped while waiting for standard input', {}, { cause })
  }
  return text
}
