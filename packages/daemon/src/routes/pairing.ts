import { errorBodySchema } from '../api/errors.ts'
import { pairingReplySchema, pairingRequestSchema } from '../api/pairing.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** Pairing: a one-time code for a token, bound to the origin that asks. */
export function pairingRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'POST',
    url: '/v1/pairing',
    config: { public: true },
    schema: {
      tags: ['pairing'],
      operationId: 'pair',
      summary: 'Exchange a one-time code for a token',
      security: [],
      body: pairingRequestSchema,
      response: { 200: pairingReplySchema, '4xx': errorBodySchema },
    },
    handler: async request => {
      const { code, label, scopes } = request.body
      const origin = request.callerOrigin
      const grant = desk.codes.redeem(code, origin)
      const { token, entry } = await desk.tokens.issue({
        label,
        origin,
        scopes: scopes ? grant.scopes.filter(scope => scopes.includes(scope)) : grant.scopes,
        role: grant.role,
        expiresAt: new Date(desk.now().getTime() + grant.tokenLifeMs),
      })
      desk.log('info', 'paired', { tokenId: entry.id, role: entry.role, browser: origin !== null })
      return { token, tokenId: entry.id, scopes: entry.scopes, role: entry.role, expiresAt: entry.expiresAt }
    },
  })
}
