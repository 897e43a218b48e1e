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
 * Holds the number of open connections of a server under `most`: beyond, the one that has been idle longest is closed,
 * so that idle connections never keep anybody out. Only when all are busy is the new one refused.
 */
export function limitConnections(server: Server, most: number): Connections {
  const open = new Set<Socket>()
  // A map keeps the order in which connections fell idle.
  const idle = new Set<Socket>()
  let closing = false
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    idle.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      idle.delete(socket)
    })
    if (open.size <= most) return
    const [longest = socket] = idle
    open.delete(longest)
    idle.delete(longest)
    longest.destroy()
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => {
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
