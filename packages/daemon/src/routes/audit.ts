import { errorBodySchema } from '../api/errors.ts'
import { auditReplySchema } from '../api/keeping.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** The state of the audit log, for operators; what it holds is asked with `cccd audit`, where the key is. */
export function auditRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/v1/audit',
    config: { role: 'operator' },
    schema: {
      tags: ['keeping'],
      operationId: 'auditState',
      summary: 'How the audit log is doing (operators)',
      response: { 200: auditReplySchema, '4xx': errorBodySchema },
    },
    handler: async () => (desk.audit ? { on: true as const, ...desk.audit.state() } : { on: false as const }),
  })
}
