// A local HTTP server that behaves, or misbehaves, as a test says. It stands in for a server of somebody else; what it is
// asked comes over real HTTP.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
  readonly text: string
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it stands, anything else as JSON. */
  readonly body?: unknown
  readonly contentType?: string
}

export type Fault =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Takes the request and says nothing. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'reset' }
  /** Promises a long body, sends a little of it and drops the connection. */
  | { readonly kind: 'cut' }
  /** A proper head, then a byte now and then, for ever. */
  | { readonly kind: 'slow-body' }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Answers properly, but only after this time. */
  | { readonly kind: 'late'; readonly ms: number }

export interface StandIn {
  readonly url: string
  readonly seen: readonly Seen[]
  /** The next requests (all, without a count) whose path ends so, and of which `when` is true, meet the fault. */
  fail(
    fault: Fault,
    only?: { readonly times?: number; readonly path?: string; readonly when?: (seen: Seen) => boolean },
  ): void
  heal(): void
  /** Connections that are open. */
  open(): number
  /** Stops listening; connections are dropped. `start` takes the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Starts listening on a free port of 127.0.0.1. Stop it in the end. */
export async function startStandIn(answer: (seen: Seen) => Answer | Promise<Answer>): Promise<StandIn> {
  const seen: Seen[] = []
  const faults: { fault: Fault; meets: (seen: Seen) => boolean; left: number }[] = []
  const timers = new Set<NodeJS.Timeout>()
  const sockets = new Set<Socket>()
  let server: Server | undefined
  let port = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const body = Buffer.concat(chunks)
    const url = new URL(request.url ?? '/', 'http://stand-in')
    const one: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      text: body.toString('utf8'),
    }
    seen.push(one)
    const planned = faults.find(({ meets, left }) => left > 0 && meets(one))
    if (planned === undefined) return send(response, await answer(one))
    planned.left--
    const { fault } = planned
    switch (fault.kind) {
      case 'answer':
        return send(response, fault.answer)
      case 'silent':
        return
      case 'reset':
        request.socket.resetAndDestroy()
        return
      case 'cut':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"maKetQua":"000"', () => request.socket.destroy())
        return
      case 'slow-body': {
        response.writeHead(200, { 'content-type': 'application/json' })
        const timer = setInterval(() => void response.write(' '), 20)
        timers.add(timer)
        return
      }
      case 'huge':
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(new Uint8Array(fault.bytes).fill(0x20))
        return
      case 'redirect':
        return send(response, { status: 307, headers: { location: fault.to }, body: {} })
      case 'late': {
        const timer = setTimeout(async () => send(response, await answer(one)), fault.ms)
        timers.add(timer)
      }
    }
  }

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const starting = createServer((request, response) => {
        // A request that the other end gave up ends in an error here, which is what the test wanted.
        handle(request, response).catch(() => response.destroy())
      })
      server = starting
      starting.on('connection', socket => {
        sockets.add(socket)
        socket.on('error', () => socket.destroy())
        socket.on('close', () => sockets.delete(socket))
      })
      starting.on('error', reject)
      starting.listen(port, '127.0.0.1', () => {
        port = (starting.address() as AddressInfo).port
        resolve()
      })
    })

  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    fail: (fault, only = {}) => {
      const { path = '', when = () => true, times = Number.POSITIVE_INFINITY } = only
      faults.push({ fault, meets: seen => seen.path.endsWith(path) && when(seen), left: times })
    },
    heal: () => void faults.splice(0),
    open: () => sockets.size,
    start,
    stop: () =>
      new Promise(resolve => {
        for (const timer of timers) clearTimeout(timer)
        for (const socket of sockets) socket.destroy()
        if (server === undefined) resolve()
        else server.close(() => resolve())
        server = undefined
      }),
  }
}

function send(response: ServerResponse, answer: Answer): void {
  const { status = 200, headers = {}, body = {}, contentType = 'application/json; charset=utf-8' } = answer
  response.writeHead(status, { 'content-type': contentType, ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
