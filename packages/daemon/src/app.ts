import { createServer, type IncomingMessage, type ServerOptions } from 'node:http'
import fastifyWebsocket from '@fastify/websocket'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { DeskError } from './api/errors.ts'
import type { Desk, DeskApp } from './desk.ts'
import { guardAccess } from './http/access.ts'
import { answerClientError, answerErrors, answerFrameworkErrors } from './http/error-answers.ts'
import { guardFrontDoor } from './http/front-door.ts'
import type { Entrance } from './http/host-guard.ts'
import { readJson } from './http/json-body.ts'
import { limitRate } from './http/rate-limit.ts'
import { logRequests } from './http/request-log.ts'
import { limitStreams } from './http/streams.ts'
import { ROUTES } from './routes/index.ts'

/** The desk's HTTP side: guards first, then every route. It does not listen yet. */
export async function buildDeskApp(
  desk: Desk,
  given: {
    readonly entranceOf: (raw: IncomingMessage) => Entrance | undefined
    readonly routes?: typeof ROUTES
    /** What has to see every route as it is added, such as the maker of the OpenAPI document. */
    readonly prepare?: (app: DeskApp) => Promise<void>
  },
): Promise<DeskApp> {
  const { limits, origins } = desk.config
  const requestMs = limits.requestSeconds * 1000
  const http: ServerOptions = {
    maxHeaderSize: 16_384,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: limits.idleSeconds * 1000,
    connectionsCheckingInterval: 1000,
  }
  const app: DeskApp = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 128 },
    return503OnClosing: true,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    serverFactory: handler => createServer(http, handler),
    frameworkErrors: answerFrameworkErrors(desk.log),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  answerErrors(app, desk.log)
  logRequests(app, desk)
  guardFrontDoor(app, { entranceOf: given.entranceOf, allowed: new Set(origins) })
  guardAccess(app, desk)
  readJson(app)
  await given.prepare?.(app)
  await app.register(fastifyWebsocket, { options: { maxPayload: 65_536, perMessageDeflate: false } })
  limitStreams(app, limits.streams)
  await limitRate(app, limits.requestsPerMinute)
  app.setNotFoundHandler(() => {
    throw new DeskError('NOT_FOUND', 'there is nothing here')
  })
  await app.register(async scope => {
    for (const routes of given.routes ?? ROUTES) await routes(scope as DeskApp, desk)
  })
  return app
}
