import { z } from 'zod'
import { SCOPES } from '../api/access.ts'
import { DeskError, errorBodySchema } from '../api/errors.ts'
import { codeReplySchema, codeRequestSchema, type ListedToken, tokenListSchema } from '../api/pairing.ts'
import { auditCaller } from '../audit-of-readings.ts'
import type { Caller, Desk, DeskApp, TokenEntry } from '../desk.ts'

const DAY_MS = 86_400_000
const idSchema = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) })
const revoked = z.undefined().describe('Revoked')

/** The list of pairings: for operators by their token, and for `cccd pair` by the socket, where the file system says who
 * may. */
export function tokenRoutes(app: DeskApp, desk: Desk): void {
  const list = async (): Promise<{ tokens: readonly ListedToken[] }> => ({ tokens: desk.tokens.list().map(listed) })
  const revoke = async (id: string, caller?: Caller): Promise<void> => {
    if (!(await desk.tokens.revoke(id))) throw new DeskError('TOKEN_UNKNOWN', 'there is no such token')
    desk.log('info', 'revoked', { tokenId: id })
    await desk.audit?.record({ kind: 'token.revoked', tokenId: id }, caller && { caller: auditCaller(caller) })
  }

  app.route({
    method: 'GET',
    url: '/v1/tokens',
    config: { role: 'operator' },
    schema: {
      tags: ['pairing'],
      operationId: 'listTokens',
      summary: 'Everything that is paired (operators)',
      response: { 200: tokenListSchema, '4xx': errorBodySchema },
    },
    handler: list,
  })
  app.route({
    method: 'DELETE',
    url: '/v1/tokens/:id',
    config: { role: 'operator' },
    schema: {
      tags: ['pairing'],
      operationId: 'revokeToken',
      summary: 'Revoke a token (operators)',
      params: idSchema,
      response: { 204: revoked, '4xx': errorBodySchema },
    },
    handler: async (request, reply) => {
      await revoke(request.params.id, request.caller)
      return reply.code(204).send()
    },
  })
  app.route({
    method: 'GET',
    url: '/local/tokens',
    config: { local: true },
    schema: { hide: true, response: { 200: tokenListSchema, '4xx': errorBodySchema } },
    handler: list,
  })
  app.route({
    method: 'DELETE',
    url: '/local/tokens/:id',
    config: { local: true },
    schema: { hide: true, params: idSchema, response: { 204: revoked, '4xx': errorBodySchema } },
    handler: async (request, reply) => {
      await revoke(request.params.id)
      return reply.code(204).send()
    },
  })
  app.route({
    method: 'POST',
    url: '/local/codes',
    config: { local: true },
    schema: { hide: true, body: codeRequestSchema, response: { 200: codeReplySchema, '4xx': errorBodySchema } },
    handler: async request => {
      const { scopes = SCOPES, role = 'clerk', origin, minutes = 5, days = desk.config.limits.tokenDays } = request.body
      const grant = { scopes, role, ...(origin !== undefined && { origin }), tokenLifeMs: days * DAY_MS }
      const { code, expiresAt } = desk.codes.issue(grant, minutes * 60_000)
      return { code, expiresAt: expiresAt.toISOString(), page: `${desk.ownUrl()}#code=${code}` }
    },
  })
}

function listed({ id, label, origin, scopes, role, createdAt, expiresAt }: TokenEntry): ListedToken {
  return { tokenId: id, label, origin, scopes, role, createdAt, expiresAt }
}
