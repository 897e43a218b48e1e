import type { Socket } from 'node:net'
import { DeskError } from '../api/errors.ts'
import type { DeskApp } from '../desk.ts'

const trusted = new WeakSet<Socket>()

/** Notes that whoever holds this WebSocket has shown a token. */
export function trustStream(socket: Socket): void {
  trusted.add(socket)
}

/** Counts event streams (`config.stream`) and WebSockets while they are open. Beyond `most` the oldest WebSocket that has
 * shown no token gives way; where there is none, the new one is refused. Routes keep an own limit on how long a stream
 * may stay without a token. */
export function limitStreams(app: DeskApp, most: number): void {
  let open = 0
  const unknown = new Set<Socket>()
  const giveWay = (): boolean => {
    for (const socket of unknown) {
      unknown.delete(socket)
      if (trusted.has(socket)) continue
      socket.destroy()
      return true
    }
    return false
  }
  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws && !request.routeOptions.config.stream) return
    if (open >= most && !giveWay())
      throw new DeskError('TOO_MANY_SESSIONS', 'too many streams are open', { limit: most })
    open++
    const end: { once(event: 'close', listener: () => void): unknown } = request.ws ? request.raw.socket : reply.raw
    const { socket } = request.raw
    if (request.ws) unknown.add(socket)
    end.once('close', () => {
      open--
      unknown.delete(socket)
    })
  })
}
