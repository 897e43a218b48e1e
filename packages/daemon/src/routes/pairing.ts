import { DeskError, errorBodySchema } from '../api/errors.ts'
import { pairingReplySchema, pairingRequestSchema } from '../api/pairing.ts'
import type { Desk, DeskApp } from '../desk.ts'
import type { PairingGrant } from '../pairing/codes.ts'

/** Pairing: a one-time code for a token, bound to the origin that asks. */
export function pairingRoutes(app: DeskApp, desk: Desk): void {
  const redeem = async (code: string, origin: string | null): Promise<PairingGrant> => {
    try {
      return desk.codes.redeem(code, origin)
    } catch (error) {
      if (error instanceof DeskError) {
        desk.log('warn', 'pairing-refused', { code: error.code, browser: origin !== null })
        await desk.audit?.record({ kind: 'pairing.refused', code: error.code })
      }
      throw error
    }
  }

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
      const grant = await redeem(code, origin)
      const { token, entry } = await desk.tokens.issue({
        label,
        origin,
        scopes: scopes ? grant.scopes.filter(scope => scopes.includes(scope)) : grant.scopes,
        role: grant.role,
        expiresAt: new Date(desk.now().getTime() + grant.tokenLifeMs),
      })
      const { id: tokenId, role } = entry
      await desk.audit?.record({ kind: 'token.paired', tokenId, label, role, scopes: entry.scopes })
      desk.log('info', 'paired', { tokenId: entry.id, role: entry.role, browser: origin !== null })
      return { token, tokenId: entry.id, scopes: entry.scopes, role: entry.role, expiresAt: entry.expiresAt }
    },
  })
}
