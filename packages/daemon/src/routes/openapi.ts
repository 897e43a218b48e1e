import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { errorBodySchema } from '../api/errors.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** Beside src and dist alike; a test holds it to what the routes say. */
const DOCUMENT = new URL('../../openapi.json', import.meta.url)

/** GET /openapi.json: what this desk speaks, in OpenAPI 3.1. */
export function openApiRoutes(app: DeskApp, _desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { public: true },
    schema: {
      tags: ['desk'],
      operationId: 'openApi',
      summary: 'This document',
      security: [],
      response: { 200: z.unknown().describe('OpenAPI 3.1'), '4xx': errorBodySchema },
    },
    handler: async (_request, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .serializer((text: unknown) => String(text))
        .send(await readFile(DOCUMENT, 'utf8')),
  })
}
