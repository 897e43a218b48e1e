import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod'
import { DeskError } from '../api/errors.ts'
import type { DeskApp, Log } from '../desk.ts'
import { errorReply } from './error-reply.ts'
import { endWithReply } from './front-door.ts'
import { faultFacts } from './log.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Turns whatever a route or a guard throws into the one form of error replies. */
export function answerErrors(app: DeskApp, log: Log): void {
  app.setErrorHandler((error, _request, reply) => {
    answer(error, reply, log)
  })
}

/** As answerErrors, for what fastify refuses before any hook: a malformed address. */
export function answerFrameworkErrors(log: Log): (error: unknown, request: unknown, reply: FastifyReply) => void {
  return (error, _request, reply) => {
    reply.headers(SECURITY_HEADERS)
    endWithReply(reply)
    answer(error, reply, log)
  }
}

function answer(error: unknown, reply: FastifyReply, log: Log): void {
  const { status, body } = errorReply(refusalOf(error))
  if (status >= 500) log(status === 500 ? 'error' : 'warn', 'failed', { reply: body.error.code, ...faultFacts(error) })
  const wait = body.error.facts.retryAfterSeconds
  if (wait !== undefined) reply.header('retry-after', String(wait))
  // Serialized here: the reply must leave whatever schema the route has for its success.
  reply.code(status).header('content-type', 'application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

/** What a schema found wrong becomes a place in the request; the value itself is not told back. */
function refusalOf(error: unknown): unknown {
  if (isResponseSerializationError(error as Error)) return error
  if (!hasZodFastifySchemaValidationErrors(error)) return error
  const first = error.validation[0]
  const context = error.validationContext ?? 'request'
  const path = `${context}${(first?.instancePath ?? '').replaceAll('/', '.')}`
  return new DeskError('REQUEST_MALFORMED', `the request does not have the form documented at ${path}`, { path })
}

/** What Node itself refuses: half a header, one that is too long, one that came too slowly. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    socket.destroy(),
  )
}
