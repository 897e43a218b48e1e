import { DeskError } from '../api/errors.ts'
import type { DeskApp } from '../desk.ts'

/** Counts event streams (`config.stream`) and WebSockets while they are open, and refuses those beyond `most`. Routes
 * keep an own limit on how long a stream may stay without a token. */
export function limitStreams(app: DeskApp, most: number): void {
  let open = 0
  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws && !request.routeOptions.config.stream) return
    if (open >= most) throw new DeskError('TOO_MANY_SESSIONS', 'too many streams are open', { limit: most })
    open++
    const end: { once(event: 'close', listener: () => void): unknown } = request.ws ? request.raw.socket : reply.raw
    end.once('close', () => {
      open--
    })
  })
}
