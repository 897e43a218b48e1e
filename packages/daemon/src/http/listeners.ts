import { chmod, lstat, mkdir, readFile, unlink } from 'node:fs/promises'
import type { IncomingMessage, Server } from 'node:http'
import { connect, createServer, type ListenOptions, type Server as NetServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { ServiceError } from '@cccd/mrz'
import type { ListenConfig, NamedAddress } from '../config/listen-config.ts'
import type { Log } from '../desk.ts'
import { type Entrance, loopbackHosts, namedHosts } from './host-guard.ts'

/** Every way in, all of them served by one HTTP server. */
export interface Listeners {
  /** The port of 127.0.0.1 and ::1. */
  readonly port: number
  /** Takes no new connection by any way; those open stay. */
  close(): Promise<void>
}

/** Knows by which way a request came. */
export class Entrances {
  readonly #bySocket = new WeakMap<Socket, Entrance>()
  set(socket: Socket, entrance: Entrance): void {
    this.#bySocket.set(socket, entrance)
  }
  of(raw: IncomingMessage): Entrance | undefined {
    return this.#bySocket.get(raw.socket)
  }
  has(socket: Socket): boolean {
    return this.#bySocket.has(socket)
  }
}

/**
 * Opens 127.0.0.1 and ::1 at the same port, the socket, and each named address under TLS. Throws ServiceError
 * DESK_LISTEN_FAILED or DESK_RUNNING; what was opened by then is closed again.
 */
export async function openListeners(
  server: Server,
  entrances: Entrances,
  given: { readonly listen: ListenConfig; readonly socket: string | undefined; readonly log: Log },
): Promise<Listeners> {
  const opened: NetServer[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(one => new Promise<void>(resolve => one.close(() => resolve()))))
  }
  /** Connections of the other ways go to the HTTP server, which keeps their time limits too. */
  const handOver = (socket: Socket, entrance: Entrance): void => {
    entrances.set(socket, entrance)
    server.emit('connection', socket)
  }
  try {
    // The socket first: a desk that runs already is best told as such.
    if (given.socket !== undefined) {
      const local: Entrance = { scheme: 'http', hosts: new Set(['localhost']), local: true }
      opened.push(await openSocket(given.socket, socket => handOver(socket, local)))
    }
    // Until both are open nobody knows the port, and so what Host has to be.
    let loopback: Entrance | undefined
    const { port, six } = await openLoopback(server, given.listen.port, given.log, socket => {
      if (loopback) handOver(socket, loopback)
      else socket.destroy()
    })
    loopback = { scheme: 'http', hosts: loopbackHosts(port), local: false }
    const own = loopback
    server.prependListener('connection', (socket: Socket) => {
      if (!entrances.has(socket)) entrances.set(socket, own)
    })
    if (six) opened.push(six)
    for (const address of given.listen.addresses) opened.push(await openNamed(address, handOver))
    return { port, close }
  } catch (error) {
    await close()
    if (server.listening) await new Promise<void>(resolve => server.close(() => resolve()))
    throw error
  }
}

const TRIES = 10

/** 127.0.0.1 by the HTTP server itself, ::1 beside it at the same port; a machine without IPv6 has the first alone. */
async function openLoopback(
  server: Server,
  wished: number,
  log: Log,
  take: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly six: NetServer | undefined }> {
  for (let tries = 1; ; tries++) {
    let six: NetServer | undefined
    try {
      six = await listenOn(createServer(take), { host: '::1', port: wished, ipv6Only: true })
    } catch (error) {
      if (!isWithoutIpv6(error)) throw listenFailed(error, '::1', wished)
      log('info', 'no-ipv6')
    }
    try {
      await listenOn(server, { host: '127.0.0.1', port: wished || (six ? portOf(six) : 0) })
      return { port: portOf(server), six }
    } catch (error) {
      await new Promise<void>(resolve => (six ? six.close(() => resolve()) : resolve()))
      // With port 0 the number that ::1 got may be taken on 127.0.0.1.
      if (wished !== 0 || tries === TRIES || codeOf(error) !== 'EADDRINUSE')
        throw listenFailed(error, '127.0.0.1', wished)
    }
  }
}

async function openNamed(
  address: NamedAddress,
  handOver: (socket: Socket, entrance: Entrance) => void,
): Promise<NetServer> {
  const { host, port, names, tls } = address
  const entrance: Entrance = { scheme: 'https', hosts: namedHosts(names, port), local: false }
  try {
    const [cert, key] = await Promise.all([readFile(tls.cert), readFile(tls.key)])
    const server = createTlsServer({
      cert,
      key,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: 10_000,
    })
    server.on('secureConnection', socket => handOver(socket, entrance))
    // A handshake that fails is the other side's matter; the connection ends with it.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return await listenOn(server, { host, port, ipv6Only: true })
  } catch (error) {
    throw listenFailed(error, host, port)
  }
}

async function openSocket(path: string, take: (socket: Socket) => void): Promise<NetServer> {
  const isPipe = path.startsWith('\\\\.\\pipe\\')
  try {
    if (!isPipe) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await removeStale(path)
    }
    const server = await listenOn(createServer(take), { path })
    if (!isPipe) await chmod(path, 0o600)
    return server
  } catch (error) {
    if (error instanceof ServiceError) throw error
    if (codeOf(error) === 'EADDRINUSE')
      throw new ServiceError('DESK_RUNNING', `a desk listens on ${path}`, {}, { cause: error })
    throw new ServiceError(
      'DESK_LISTEN_FAILED',
      `the socket ${path} cannot be opened (${codeOf(error)})`,
      {},
      { cause: error },
    )
  }
}

/** A socket that a killed desk left behind; one that answers, or anything else of that name, stays. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(error => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (!found) return
  if (!found.isSocket()) {
    throw new ServiceError('DESK_LISTEN_FAILED', `${path} exists and is no socket`)
  }
  const answers = await new Promise<boolean>(resolve => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (answers) throw new ServiceError('DESK_RUNNING', `a desk listens on ${path}`)
  await unlink(path)
}

function listenOn<T extends NetServer>(server: T, options: ListenOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.removeListener('error', reject)
      resolve(server)
    })
  })
}

function portOf(server: NetServer): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server without a port')
  return address.port
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'unknown'
}

function isWithoutIpv6(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'].includes(codeOf(error))
}

function listenFailed(error: unknown, host: string, port: number): ServiceError {
  const code = codeOf(error)
  const why =
    code === 'EADDRINUSE'
      ? 'is in use by another program'
      : code === 'EACCES'
        ? 'may not be opened by this user'
        : code === 'EADDRNOTAVAIL'
          ? 'is no address of this machine'
          : `cannot be opened (${code})`
  return new ServiceError(
    'DESK_LISTEN_FAILED',
    `${host.includes(':') ? `[${host}]` : host}:${port} ${why}`,
    {},
    { cause: error },
  )
}
