import type { Desk, DeskApp } from '../desk.ts'

/** One line a request: method, the route's pattern (never the address, which has ids and whatever a stranger puts in), status, time. */
export function logRequests(app: DeskApp, desk: Desk): void {
  app.addHook('onResponse', async (request, reply) => {
    desk.log('info', 'request', {
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    })
  })
}
