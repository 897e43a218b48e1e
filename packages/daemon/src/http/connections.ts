import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The open connections of a server. */
export interface Connections {
  /** Closes those on which no request is being answered, also those that never asked anything; the others when they
   * have been answered. */
  closeIdle(): void
  closeAll(): void
}

/**
 * Holds the number of open connections of a server under `most`: beyond, the one that has been idle longest is closed, or,
 * where half of all are requests that have not come whole, the oldest of those, so that neither ever keeps anybody out. Only when all
 * are being answered is the new one refused.
 */
export function limitConnections(server: Server, most: number): Connections {
  const open = new Set<Socket>()
  // A map keeps the order in which connections fell idle.
  const idle = new Set<Socket>()
  const asking = new Map<Socket, IncomingMessage>()
  let closing = false
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    idle.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      idle.delete(socket)
      asking.delete(socket)
    })
    if (open.size <= most) return
    const longest = longestIdle(socket)
    open.delete(longest)
    idle.delete(longest)
    asking.delete(longest)
    longest.destroy()
  })
  const longestIdle = (newcomer: Socket): Socket => {
    const unfinished = [...asking].flatMap(([one, request]) => (request.complete ? [] : [one]))
    const [oldest] = unfinished
    // Many of them are no accident, and whoever is idle for a moment may be about to ask.
    if (oldest && unfinished.length * 2 > most) return oldest
    for (const one of idle) if (one !== newcomer) return one
    return oldest ?? newcomer
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    idle.delete(socket)
    asking.set(socket, request)
    response.once('close', () => {
      asking.delete(socket)
      if (!open.has(socket)) return
      if (closing) socket.destroySoon()
      else idle.add(socket)
    })
  })
  server.on('upgrade', ({ socket }: IncomingMessage) => void idle.delete(socket))
  return {
    closeIdle() {
      closing = true
      for (const socket of idle) socket.destroy()
    },
    closeAll() {
      for (const socket of open) socket.destroy()
    },
  }
}
