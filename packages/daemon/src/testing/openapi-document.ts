import { randomBytes } from 'node:crypto'
import { NO_ANCHORS } from '@cccd/verifier'
import fastifySwagger from '@fastify/swagger'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { buildDeskApp } from '../app.ts'
import { defaultDeskConfig } from '../config/desk-config.ts'
import type { Desk } from '../desk.ts'
import { simulatedReaders } from '../readings/simulated-reader.ts'
import { openDesk } from '../services.ts'
import { tidyComponents } from './tidy-components.ts'

const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['desk', 'That a desk answers, what it speaks, and the key that signs its results.'],
  ['pairing', 'A one-time code of `cccd pair` becomes a token; what a token is; giving it back.'],
  ['readers', 'The card readers and what lies on them.'],
  ['scans', 'Texts and pictures of QR codes and MRZ.'],
  ['readings', 'Reading a card: start, progress, result, next person.'],
  ['evidence', 'Evidence bundles, and judging again what another desk saw.'],
  ['connectors', 'Handing a finished reading on: insurance gateway, FHIR, HIS, webhook, text.'],
  ['keeping', 'Consent, and the state of the audit log.'],
  ['training', 'The drawer of simulated cards, only with --simulate.'],
]

const DESCRIPTION = `The desk that reads Vietnam's chip ID card for the pages and programs of this machine.

Every call but those marked as open carries \`Authorization: Bearer <token>\`; a token never stands in a URL. A browser's
origin has to be on the desk's allow-list, and a token is bound to the origin that paired. POST takes \`application/json\`.

Events come by a streamed fetch of \`/v1/readings/{id}/events\` (server-sent events), or by the WebSocket \`/v1/events\`: its
first message is \`{"token": "…"}\` within five seconds, then \`{"subscribe": ["readers", "readings"]}\`.

Every refusal has the form of \`ErrorBody\`, with words in Vietnamese and English for the person at the desk.`

/** The OpenAPI 3.1 document of every route that a desk can have. `desk` has everything on: a route that is only there
 * with some configuration is in the document too. */
export async function openApiDocument(desk: Desk): Promise<Record<string, unknown>> {
  const app = await buildDeskApp(desk, {
    entranceOf: () => undefined,
    prepare: async app => {
      await app.register(fastifySwagger, {
        openapi: {
          openapi: '3.1.1',
          info: {
            title: 'cccd desk',
            version: '1',
            description: DESCRIPTION,
            license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
          },
          servers: [{ url: 'http://127.0.0.1:27107', description: 'This machine' }],
          tags: TAGS.map(([name, description]) => ({ name, description })),
          components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
          security: [{ token: [] }],
        },
        transform: given => {
          const { schema, url } = jsonSchemaTransform(given as Parameters<typeof jsonSchemaTransform>[0])
          const { scope, role, public: open } = given.route.config ?? {}
          const needed = scope ?? role
          // OpenAPI 3.1: for a scheme other than OAuth the list names what the token has to have.
          return { url, schema: { ...schema, ...(!open && { security: [{ token: needed ? [needed] : [] }] }) } }
        },
        transformObject: jsonSchemaTransformObject,
      })
    },
  })
  await app.ready()
  try {
    return tidyComponents(app.swagger() as unknown as Record<string, unknown>)
  } finally {
    await app.close()
  }
}

/** The document of a desk that has every part that a configuration can ask for. */
export async function documentOfEverything(): Promise<Record<string, unknown>> {
  const { desk, stopReadings, close } = await openDesk(
    {
      config: { ...defaultDeskConfig(), metrics: {} },
      version: '0.0.0-test',
      now: () => new Date(),
      random: length => Uint8Array.from(randomBytes(length)),
      log: () => undefined,
      loadAnchors: async () => NO_ANCHORS,
      openReaders: async () => simulatedReaders([]),
      drawer: { cards: () => [], insert: async () => undefined, remove: async () => undefined, scanText: () => '' },
    },
    () => 'http://127.0.0.1:27107/',
  )
  try {
    return await openApiDocument(desk)
  } finally {
    await stopReadings()
    await close()
  }
}
