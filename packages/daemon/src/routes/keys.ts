import { z } from 'zod'
import { errorBodySchema } from '../api/errors.ts'
import type { Desk, DeskApp } from '../desk.ts'

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const keysSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        x: coordinate,
        y: coordinate,
        kid: z.string(),
        alg: z.literal('ES256'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'Keys', description: 'JWK set (RFC 7517) of the key that signs results of this desk.' })

/** GET /v1/keys: with what signed results are verified. */
export function keyRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/v1/keys',
    config: { paired: true },
    schema: {
      tags: ['desk'],
      operationId: 'keys',
      summary: 'The public key that signs results',
      response: { 200: keysSchema, '4xx': errorBodySchema },
    },
    handler: async () => ({ keys: [desk.key.publicJwk] }),
  })
}
