import { errorBodySchema } from '../api/errors.ts'
import { healthSchema } from '../api/health.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** GET /health: name and version, nothing else. */
export function healthRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/health',
    config: { public: true },
    schema: {
      tags: ['desk'],
      operationId: 'health',
      summary: 'That a desk answers',
      security: [],
      response: { 200: healthSchema, '4xx': errorBodySchema },
    },
    handler: async () => ({ name: 'cccd' as const, version: desk.version }),
  })
}
