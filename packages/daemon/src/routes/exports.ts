import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DeskError, errorBodySchema } from '../api/errors.ts'
import {
  type ConnectorList,
  connectorListSchema,
  type Delivered,
  deadListSchema,
  deliveredSchema,
  deliverSchema,
  hisFieldsSchema,
  hisQuerySchema,
  settleDeadSchema,
  settledSchema,
  type TextWritten,
  textWrittenSchema,
  writeTextSchema,
} from '../api/exports.ts'
import { readingParamsSchema } from '../api/readings.ts'
import { auditCaller } from '../audit-of-readings.ts'
import { type Xml1, xml1Document } from '../connectors/his-export.ts'
import { parseTemplate, renderTemplate } from '../connectors/text/template.ts'
import { webhookPayload } from '../connectors/webhook/payload.ts'
import type { Webhook } from '../connectors/webhook/webhook.ts'
import type { Desk, DeskApp } from '../desk.ts'
import type { AuditEvent } from '../keeping/audit-log.ts'
import type { FinishedReading } from '../readings/reading.ts'

type Form = Extract<AuditEvent, { kind: 'export.made' }>['form']

/** A finished reading in other programs' forms, and on its way to them. */
export function exportRoutes(app: DeskApp, desk: Desk): void {
  const { connectors } = desk
  const errors = { '4xx': errorBodySchema, '5xx': errorBodySchema }

  /** The caller's finished reading. That it is handed on is recorded first. */
  async function finished(
    request: FastifyRequest<{ Params: { id: string } }>,
    form: Form,
  ): Promise<Pick<FinishedReading, 'id' | 'person' | 'signed'>> {
    const reading = desk.readings.result(request.caller, request.params.id)
    await desk.audit?.record(
      { kind: 'export.made', requestId: reading.id, form },
      { caller: auditCaller(request.caller) },
    )
    return { id: reading.id, person: connectors.answers.complete(reading), signed: reading.signed }
  }
  const mayPortrait = (request: FastifyRequest): boolean => request.caller.scopes.has('portrait')

  app.route({
    method: 'GET',
    url: '/v1/readings/:id/fhir',
    config: { scope: 'identity' },
    schema: {
      tags: ['connectors'],
      operationId: 'fhirBundle',
      summary: 'The reading as an HL7 FHIR R4 transaction: Patient and Provenance',
      params: readingParamsSchema,
      response: {
        200: { description: 'A Bundle.', content: { 'application/fhir+json': { schema: z.unknown() } } },
        ...errors,
      },
    },
    handler: async (request, reply) => {
      const { person, signed } = await finished(request, 'fhir')
      const bundle = connectors.fhir(person, { portrait: mayPortrait(request), signed })
      return reply.type('application/fhir+json; charset=utf-8').send(Buffer.from(JSON.stringify(bundle)))
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/readings/:id/his',
    config: { scope: 'identity' },
    schema: {
      tags: ['connectors'],
      operationId: 'hisExport',
      summary: 'The patient’s fields of table XML1, as XML or as JSON',
      params: readingParamsSchema,
      querystring: hisQuerySchema,
      response: {
        200: {
          description: 'The fields.',
          content: { 'application/xml': { schema: z.unknown() }, 'application/json': { schema: hisFieldsSchema } },
        },
        ...errors,
      },
    },
    handler: async (request, reply) => {
      const { person } = await finished(request, 'his')
      const fields: Xml1 = connectors.his(person)
      if (request.query.format === 'json') return reply.type('application/json').send({ fields })
      return reply.type('application/xml; charset=utf-8').send(Buffer.from(xml1Document(fields)))
    },
  })
  app.route({
    method: 'POST',
    url: '/v1/readings/:id/text',
    config: { scope: 'identity' },
    schema: {
      tags: ['connectors'],
      operationId: 'writeText',
      summary: 'The reading as text by a template: given back, or sent to a COM port, a file or a pipe',
      params: readingParamsSchema,
      body: writeTextSchema,
      response: { 200: textWrittenSchema, ...errors },
    },
    handler: async (request): Promise<TextWritten> => {
      const { output: wanted, template } = request.body
      const parsed = template === undefined ? undefined : parseTemplate(template)
      const output = connectors.texts.find(({ config }) => wanted === undefined || config.id === wanted)
      if (!parsed && !output) throw new DeskError('NOT_CONFIGURED', 'no such text output is configured')
      const { person } = await finished(request, 'text')
      if (parsed) return { kind: 'reply', text: renderTemplate(parsed, person, '\n') }
      return (output as NonNullable<typeof output>).send(person)
    },
  })
  app.route({
    method: 'POST',
    url: '/v1/readings/:id/deliver',
    config: { scope: 'identity' },
    schema: {
      tags: ['connectors'],
      operationId: 'deliver',
      summary: 'Send the reading to the configured webhook, or post it to the configured FHIR server',
      params: readingParamsSchema,
      body: deliverSchema,
      response: { 200: deliveredSchema, ...errors },
    },
    handler: async (request): Promise<Delivered> => {
      const { webhook, postFhir } = connectors
      const to = request.body.to ?? (webhook ? 'webhook' : 'fhir')
      const portrait = mayPortrait(request)
      if (to === 'fhir') {
        if (!postFhir) throw new DeskError('NOT_CONFIGURED', 'no FHIR server is configured')
        const { person, signed } = await finished(request, 'fhir')
        return { to, ...(await postFhir(connectors.fhir(person, { portrait, signed }))) }
      }
      const config = connectors.config.webhook
      if (!webhook || !config) throw new DeskError('NOT_CONFIGURED', 'no webhook is configured')
      const { id, person, signed } = await finished(request, 'webhook')
      return { to, state: await webhook.deliver(id, webhookPayload(person, { config, portrait, signed })) }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/connectors',
    config: { paired: true },
    schema: {
      tags: ['connectors'],
      operationId: 'connectors',
      summary: 'Which connectors are set up, and how they do',
      response: { 200: connectorListSchema, '4xx': errorBodySchema },
    },
    handler: async () => listed(desk),
  })

  const theWebhook = (): Webhook => {
    if (connectors.webhook) return connectors.webhook
    throw new DeskError('NOT_CONFIGURED', 'no webhook is configured')
  }
  app.route({
    method: 'GET',
    url: '/v1/connectors/webhook/dead',
    config: { role: 'operator' },
    schema: {
      tags: ['connectors'],
      operationId: 'deadDeliveries',
      summary: 'Deliveries that were given up, by their reading’s id (operators)',
      response: { 200: deadListSchema, '4xx': errorBodySchema },
    },
    handler: async () => ({ ids: theWebhook().dead() }),
  })
  app.route({
    method: 'POST',
    url: '/v1/connectors/webhook/dead',
    config: { role: 'operator' },
    schema: {
      tags: ['connectors'],
      operationId: 'settleDeadDeliveries',
      summary: 'Try given-up deliveries again, or throw them away (operators)',
      body: settleDeadSchema,
      response: { 200: settledSchema, ...errors },
    },
    handler: async request => {
      const { action, ids } = request.body
      const webhook = theWebhook()
      return { settled: await (action === 'retry' ? webhook.retryDead(ids) : webhook.discardDead(ids)) }
    },
  })
}

function listed({ connectors }: Desk): ConnectorList {
  const { insurance, webhook, postFhir, texts } = connectors
  return {
    insurance: insurance ? { configured: true, ...insurance.health() } : { configured: false },
    fhir: { server: postFhir !== undefined },
    webhook: webhook ? { configured: true, ...webhook.status() } : { configured: false },
    text: texts.map(({ config }) => ({ id: config.id, label: config.label, target: config.target.kind })),
  }
}
