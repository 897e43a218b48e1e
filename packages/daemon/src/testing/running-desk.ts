import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_ANCHORS } from '@cccd/verifier'
import type { Role, Scope } from '../api/access.ts'
import type { DeskConfig } from '../config/desk-config.ts'
import { deskFolders } from '../config/folders.ts'
import type { ListenConfig } from '../config/listen-config.ts'
import { checkDeskConfig, requireDeskConfig } from '../config/load-config.ts'
import type { LogLevel, LogValue } from '../http/log.ts'
import { askLocalDesk } from '../local-desk.ts'
import { SimulatedReader, simulatedReaders } from '../readings/simulated-reader.ts'
import { type RunningDesk, startDesk } from '../server.ts'
import type { DeskParts } from '../services.ts'

/** A page that the test desk lets in. */
export const HIS = 'https://his.example'

export interface LoggedLine {
  readonly level: LogLevel
  readonly event: string
  readonly facts: Readonly<Record<string, LogValue>>
}

/** A real desk on a free port of loopback, with its folders in a temporary place and a simulated reader. */
export interface TestDesk {
  readonly desk: RunningDesk
  readonly config: DeskConfig
  readonly folder: string
  readonly socket: string
  readonly reader: SimulatedReader
  readonly lines: LoggedLine[]
  /** Moves the desk's clock. */
  readonly clock: { skipMs: number }
  /** A token, paired by the socket and /v1/pairing as a page of `origin` or as a program does it. */
  token(given?: { origin?: string | null; scopes?: readonly Scope[]; role?: Role; label?: string }): Promise<string>
  /** fetch to 127.0.0.1 with JSON where a body is given. */
  ask(path: string, given?: Asked): Promise<Answer>
  close(): Promise<void>
}

export interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
  readonly json: any
}

/** `config` is what a configuration file would hold; port 0 and the allowed page HIS stand unless it says otherwise.
 * `parts.listen` goes past the schema, which would not let a named address be one of loopback's. */
export async function runTestDesk(
  config: Readonly<Record<string, unknown>> = {},
  parts: Partial<DeskParts> & { readonly listen?: Partial<ListenConfig> } = {},
): Promise<TestDesk> {
  const folder = await mkdtemp(join(tmpdir(), 'cccd-desk-'))
  const listen = { port: 0, ...((config.listen as object | undefined) ?? {}) }
  const checked = requireDeskConfig(checkDeskConfig({ origins: [HIS], stateFolder: folder, ...config, listen }), 'test')
  const { listen: unchecked, ...others } = parts
  const parsed = { ...checked, listen: { ...checked.listen, ...unchecked } }
  const folders = deskFolders(parsed, { platform: process.platform, home: folder, environment: {} })
  const clock = { skipMs: 0 }
  const lines: LoggedLine[] = []
  const reader = new SimulatedReader('Đầu đọc thử')
  const desk = await startDesk({
    config: parsed,
    folders,
    version: '0.0.0-test',
    now: () => new Date(Date.now() + clock.skipMs),
    random: length => Uint8Array.from(randomBytes(length)),
    log: (level, event, facts = {}) => lines.push({ level, event, facts }),
    loadAnchors: async () => NO_ANCHORS,
    openReaders: async () => simulatedReaders([reader]),
    ...others,
  }).catch(async error => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  const socket = folders.socket as string
  const ask: TestDesk['ask'] = async (path, { method, body, token, headers } = {}) => {
    const response = await fetch(new URL(path, desk.url), {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  return {
    ...{ desk, config: parsed, folder, socket, reader, lines, clock, ask },
    async token({ origin = null, scopes, role, label = 'thử' } = {}) {
      const code = await askLocalDesk(socket, {
        method: 'POST',
        path: '/local/codes',
        body: { ...(scopes && { scopes }), ...(role && { role }) },
      })
      const { status, json } = await ask('/v1/pairing', {
        body: { code: (code as { code: string }).code, label },
        ...(origin !== null && { headers: { origin } }),
      })
      if (status !== 200) throw new Error(`pairing was refused: ${status} ${json?.error?.code}`)
      return json.token
    },
    async close() {
      await desk.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Sends bytes as they are and returns everything that comes back until the other side closes, or `ms` pass. */
export async function rawExchange(port: number, request: string, ms = 3000, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host })
  let text = ''
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
    })
    socket.on('close', end)
    socket.on('error', end)
    socket.write(request)
  })
  socket.destroy()
  return text
}

/** An open connection on which nothing is asked. */
export function idleConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket))
    socket.once('error', reject)
  })
}
