import { z } from 'zod'
import { errorBodySchema } from '../api/errors.ts'
import { simulatedCardSchema } from '../api/readers.ts'
import type { Desk, DeskApp } from '../desk.ts'

const paramsSchema = z.object({ id: z.string().regex(/^[a-z][a-z-]{0,39}$/) })
const noBody = z.strictObject({}).optional()
const laid = z.object({ reader: z.literal('simulated') }).meta({ id: 'CardLaid' })

/** The drawer of simulated cards: there only with `cccd serve --simulate`. */
export function simulatedCardRoutes(app: DeskApp, desk: Desk): void {
  const { drawer } = desk
  if (!drawer) return
  app.route({
    method: 'GET',
    url: '/v1/simulated-cards',
    config: { scope: 'readers' },
    schema: {
      tags: ['training'],
      operationId: 'simulatedCards',
      summary: 'The cards of the drawer',
      response: { 200: z.object({ cards: z.array(simulatedCardSchema) }), '4xx': errorBodySchema },
    },
    handler: async () => ({ cards: drawer.cards().map(card => ({ ...card, scanText: drawer.scanText(card.id) })) }),
  })
  app.route({
    method: 'POST',
    url: '/v1/simulated-cards/:id/insert',
    config: { scope: 'readers' },
    schema: {
      tags: ['training'],
      operationId: 'insertSimulatedCard',
      summary: 'Lay a card on the simulated reader, in place of the one that lies there',
      params: paramsSchema,
      body: noBody,
      response: { 200: laid, '4xx': errorBodySchema },
    },
    handler: async request => {
      await drawer.insert(request.params.id)
      return { reader: 'simulated' as const }
    },
  })
  app.route({
    method: 'POST',
    url: '/v1/simulated-cards/remove',
    config: { scope: 'readers' },
    schema: {
      tags: ['training'],
      operationId: 'removeSimulatedCard',
      summary: 'Take the card from the simulated reader',
      body: noBody,
      response: { 200: laid, '4xx': errorBodySchema },
    },
    handler: async () => {
      await drawer.remove()
      return { reader: 'simulated' as const }
    },
  })
}
