import { z } from 'zod'
import { errorBodySchema } from '../api/errors.ts'
import { sessionSchema } from '../api/pairing.ts'
import { auditCaller } from '../audit-of-readings.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** What the caller's token is, and how it gives it back. */
export function sessionRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/v1/session',
    config: { paired: true },
    schema: {
      tags: ['pairing'],
      operationId: 'session',
      summary: 'What this token is',
      response: { 200: sessionSchema, '4xx': errorBodySchema },
    },
    handler: async request => {
      const { id, label, origin, scopes, role, expiresAt } = desk.tokens.entryOf(request.caller.tokenId)
      return { tokenId: id, label, origin, scopes, role, expiresAt }
    },
  })
  app.route({
    method: 'DELETE',
    url: '/v1/session',
    config: { paired: true },
    schema: {
      tags: ['pairing'],
      operationId: 'endSession',
      summary: 'Revoke this token',
      response: { 204: z.undefined().describe('Revoked'), '4xx': errorBodySchema },
    },
    handler: async (request, reply) => {
      const { tokenId } = request.caller
      await desk.tokens.revoke(tokenId)
      await desk.audit?.record({ kind: 'token.revoked', tokenId }, { caller: auditCaller(request.caller) })
      return reply.code(204).send()
    },
  })
}
