// `cccd serve` as a process of its own, for what only a process shows: memory, files, children, an end.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { eventData } from '../client/event-stream.ts'

const CCCD = fileURLToPath(new URL('../../../../bin/cccd.mjs', import.meta.url))

export interface ServedAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
  readonly json: any
  readonly text: string
}

/** What a process holds after a forced collection, in bytes. */
export interface Held {
  readonly heap: number
  /** Buffers and the like, outside the heap. */
  readonly external: number
  readonly rss: number
  readonly files: number
}

export interface ServingDesk {
  readonly pid: number
  readonly url: string
  /** Milliseconds from the start of the process to its address. */
  readonly startMs: number
  ask(path: string, given?: { readonly method?: string; readonly body?: object }): Promise<ServedAnswer>
  /** The events of a reading to the end; `each` ends it early by returning true. Returns the last state. */
  follow(
    id: string,
    each?: (event: { readonly state: string; readonly progress?: { readonly file: string } }) => boolean,
  ): Promise<string>
  /** Process ids of the children that hold PC/SC. */
  readerProcesses(): readonly number[]
  /** Needs `inspect`. */
  held(): Promise<Held>
  log(): string
  /** SIGTERM; resolves with the exit code when it and its streams are gone. */
  stop(): Promise<number | null>
}

/** Starts `cccd serve` with these arguments and pairs with it as its own page. Throws what it printed when it does not start. */
export async function startServing(given: {
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly inspect?: boolean
}): Promise<ServingDesk> {
  let log = ''
  const begun = performance.now()
  const node = given.inspect ? ['--inspect=127.0.0.1:0'] : []
  const child = spawn(process.execPath, [...node, CCCD, 'serve', '--json', '--port', '0', ...given.args], {
    cwd: given.cwd,
    env: given.env,
  })
  child.stderr.on('data', chunk => (log += String(chunk)))
  const gone = new Promise<number | null>(resolve => child.once('close', resolve))
  const told = await firstAnswer(child, () => log)
  const startMs = performance.now() - begun
  const { url, pairing } = JSON.parse(told) as { url: string; pairing: { code: string } }
  const { origin } = new URL(url)
  let token: string | undefined
  const headers = () => ({ origin, ...(token !== undefined && { authorization: `Bearer ${token}` }) })

  const ask: ServingDesk['ask'] = async (path, { method, body } = {}) => {
    const response = await fetch(new URL(path, url), {
      method: method ?? (body ? 'POST' : 'GET'),
      headers: { ...headers(), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, json: isJson ? JSON.parse(text) : undefined, text }
  }
  token = (await ask('/v1/pairing', { body: { code: pairing.code, label: 'test' } })).json.token

  const pid = child.pid as number
  return {
    ...{ pid, url, startMs, ask },
    async follow(id, each) {
      const abort = new AbortController()
      const response = await fetch(new URL(`/v1/readings/${id}/events`, url), {
        headers: headers(),
        signal: abort.signal,
      })
      if (!response.body || response.status !== 200) throw new Error(`the events of ${id} are ${response.status}`)
      let state = ''
      for await (const data of eventData(response.body as ReadableStream<Uint8Array>)) {
        const event = JSON.parse(data)
        state = event.state
        if (each?.(event)) break
      }
      abort.abort()
      return state
    },
    readerProcesses: () => readerProcessesOf(pid),
    async held() {
      const inspector = /Debugger listening on (ws:\S+)/.exec(log)?.[1]
      if (inspector === undefined) throw new Error('it was not started with `inspect`')
      const { heapUsed, external } = await collected(inspector)
      const rss = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
      return { heap: heapUsed, external, rss, files: readdirSync(`/proc/${pid}/fd`).length }
    },
    log: () => log,
    stop() {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 15_000)
      return gone.finally(() => clearTimeout(killer))
    },
  }
}

function firstAnswer(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = ''
    child.stdout?.on('data', chunk => {
      out += String(chunk)
      if (out.endsWith('}\n')) resolve(out)
    })
    child.once('close', status => reject(new Error(`cccd serve ended with ${status}: ${log()}`)))
  })
}

export function readerProcessesOf(pid: number): readonly number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const pids = tasks.flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return pids.map(Number).filter(isReaderProcess)
}

/** Whether a process of this id lives and holds PC/SC. */
export function isReaderProcess(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reader-process')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return false
    throw error
  }
}

/** Memory after two forced collections: the first leaves what finalizers hold. */
async function collected(inspector: string): Promise<{ readonly heapUsed: number; readonly external: number }> {
  const socket = new WebSocket(inspector)
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  let id = 0
  const call = (method: string, params: object = {}): Promise<{ result?: { value?: string } }> =>
    new Promise((resolve, reject) => {
      const mine = ++id
      socket.on('message', function hear(data) {
        const message = JSON.parse(String(data))
        if (message.id !== mine) return
        socket.off('message', hear)
        if (message.error) reject(new Error(message.error.message))
        else resolve(message.result)
      })
      socket.send(JSON.stringify({ id: mine, method, params }))
    })
  await call('HeapProfiler.collectGarbage')
  await call('HeapProfiler.collectGarbage')
  const { result } = await call('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' })
  socket.close()
  return JSON.parse(result?.value ?? '{}')
}
