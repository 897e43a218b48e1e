import type { FastifyContextConfig, FastifyRequest, RouteOptions } from 'fastify'
import type { Role, Scope } from '../api/access.ts'
import { DeskError } from '../api/errors.ts'
import type { Caller, Desk, DeskApp } from '../desk.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a token needs here. */
    readonly scope?: Scope
    /** The role that a token needs here, in place of a scope or beside it. */
    readonly role?: Role
    /** Any valid token will do. */
    readonly paired?: true
    /** Nobody is asked for a token. */
    readonly public?: true
    /** A WebSocket, whose token comes in its first message: the route itself calls `desk.tokens.callerOf`. */
    readonly firstMessage?: true
    /** Served on the socket of this machine's user alone, to which the file system lets nobody else. */
    readonly local?: true
    /** A reply that stays open: counted, with the WebSockets, against the limit of streams. */
    readonly stream?: true
    /** A POST whose body is a picture: image/* instead of application/json. */
    readonly accepts?: 'image'
  }
  interface FastifyRequest {
    /** Who asks; set on every route that asks for a token. */
    caller: Caller
    /** The origin of the page that asks, null for a program; set on every route. */
    callerOrigin: string | null
  }
}

/** Refuses, at start, a route that does not say who may use it. */
export function requireAccess(route: RouteOptions): void {
  const { config = {} as FastifyContextConfig, url, method } = route
  const said = [config.public, config.paired, config.firstMessage, config.local, config.scope ?? config.role]
  if (said.filter(Boolean).length !== 1) {
    throw new Error(
      `the route ${String(method)} ${url} has to name one of scope, role, paired, public, firstMessage, local`,
    )
  }
}

/** Finds the caller by the Authorization header and holds the route's scope and role against it. */
export function guardAccess(app: DeskApp, desk: Desk): void {
  app.decorateRequest('caller', null as unknown as Caller)
  app.addHook('onRoute', requireAccess)
  app.addHook('onRequest', async request => {
    if (hasTokenInUrl(request)) {
      throw new DeskError('TOKEN_IN_URL', 'a token stands in the address: it is in logs now, revoke it')
    }
    const { config } = request.routeOptions
    if (config.scope === undefined && config.role === undefined && !config.paired) return
    const caller = desk.tokens.callerOf(bearerOf(request), request.callerOrigin)
    if (config.scope !== undefined && !caller.scopes.has(config.scope)) {
      throw new DeskError('SCOPE_MISSING', `this needs the scope ${config.scope}`, { scope: config.scope })
    }
    if (config.role !== undefined && caller.role !== config.role) {
      throw new DeskError('ROLE_MISSING', `this needs the role ${config.role}`, { role: config.role })
    }
    request.caller = caller
  })
}

/** The token of `Authorization: Bearer …`. Throws DeskError TOKEN_MISSING or TOKEN_REFUSED. */
function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization
  if (header === undefined) throw new DeskError('TOKEN_MISSING', 'the Authorization header is missing')
  const token = /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(header)?.[1]
  if (token === undefined) throw new DeskError('TOKEN_REFUSED', 'Authorization is not Bearer and a token')
  return token
}

/** Names under which programs put tokens into addresses. */
const TOKEN_NAMES = new Set([
  'token',
  'access_token',
  'accesstoken',
  'bearer',
  'authorization',
  'auth',
  'api_key',
  'apikey',
])

function hasTokenInUrl(request: FastifyRequest): boolean {
  const at = request.url.indexOf('?')
  if (at < 0) return false
  for (const name of new URLSearchParams(request.url.slice(at + 1)).keys()) {
    if (TOKEN_NAMES.has(name.toLowerCase())) return true
  }
  return false
}
