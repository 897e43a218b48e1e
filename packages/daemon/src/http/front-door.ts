import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DeskError } from '../api/errors.ts'
import type { DeskApp } from '../desk.ts'
import { checkHost, type Entrance } from './host-guard.ts'
import { checkOrigin } from './origin-guard.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Every request, every Upgrade and every address that does not exist pass here first: Host, then the origin, then what
 * a browser may ask of another origin (CORS), then the content type. */
export function guardFrontDoor(
  app: DeskApp,
  given: {
    readonly entranceOf: (raw: IncomingMessage) => Entrance | undefined
    readonly allowed: ReadonlySet<string>
  },
): void {
  app.decorateRequest('callerOrigin', null)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    const { raw, method } = request
    // Node has let go of a connection that asks for an Upgrade: without one it would stay open for ever.
    const isUpgrade = raw.headers.upgrade !== undefined
    if (isUpgrade) endWithReply(reply)
    const entrance = given.entranceOf(raw)
    if (!entrance) throw new DeskError('HOST_REFUSED', 'the request came by no known way')
    const host = checkHost(raw, entrance)
    const { config } = request.routeOptions
    const isPage = config.public === true && method === 'GET'
    const { origin, own } = checkOrigin(raw, { entrance, host, allowed: given.allowed, isPage })
    request.callerOrigin = origin
    if (isUpgrade && !config.firstMessage) throw new DeskError('NOT_FOUND', 'there is no WebSocket here')
    reply.header('vary', 'Origin')
    if (origin !== null && !own) reply.header('access-control-allow-origin', origin)
    if (method === 'OPTIONS') return preflight(request, reply)
    if (config.local && !entrance.local) throw new DeskError('NOT_FOUND', 'this is served on the socket alone')
    if (method === 'POST' || method === 'PUT' || method === 'PATCH') checkContentType(request)
    return undefined
  })
}

/** Closes the connection once it is answered. */
export function endWithReply(reply: FastifyReply): void {
  const { socket } = reply.request.raw
  reply.raw.once('finish', () => socket.destroySoon())
}

/** The answer to what a browser asks before a request of another origin. */
function preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.headers['access-control-request-method'] === undefined || request.callerOrigin === null) {
    throw new DeskError('NOT_FOUND', 'this is no preflight')
  }
  return reply
    .headers({
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type',
      'access-control-max-age': '600',
    })
    .code(204)
    .send()
}

/** Nothing that a form can send: JSON, or a picture where the route takes one. */
function checkContentType(request: FastifyRequest): void {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const wanted = request.routeOptions.config.accepts === 'image' ? /^image\/[a-z0-9.+-]+$/ : /^application\/json$/
  if (type === undefined || !wanted.test(type)) {
    throw new DeskError('CONTENT_TYPE_REFUSED', 'the content type is not the one taken here')
  }
}
