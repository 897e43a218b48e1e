import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { errorBodySchema } from '../api/errors.ts'
import {
  type ReadingEvent,
  readingListSchema,
  readingParamsSchema,
  readingSchema,
  readingStartedSchema,
  startReadingSchema,
} from '../api/readings.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** A line that says nothing, so that proxies and browsers keep a quiet stream open. */
const HEARTBEAT_MS = 15_000

/** Reading a card: start, progress, result, portrait, next person. */
export function readingRoutes(app: DeskApp, desk: Desk): void {
  const { readings } = desk
  app.route({
    method: 'POST',
    url: '/v1/readings',
    config: { scope: 'identity' },
    schema: {
      tags: ['readings'],
      operationId: 'startReading',
      summary: 'Begin a reading: the card is waited for from now on',
      body: startReadingSchema,
      response: { 202: readingStartedSchema, '4xx': errorBodySchema, '5xx': errorBodySchema },
    },
    handler: async (request, reply) => reply.code(202).send(await readings.start(request.caller, request.body)),
  })
  app.route({
    method: 'GET',
    url: '/v1/readings',
    config: { scope: 'identity' },
    schema: {
      tags: ['readings'],
      operationId: 'listReadings',
      summary: 'The readings of this token that are not forgotten yet',
      response: { 200: readingListSchema, '4xx': errorBodySchema },
    },
    handler: async request => ({ readings: readings.list(request.caller) }),
  })
  app.route({
    method: 'GET',
    url: '/v1/readings/:id',
    config: { scope: 'identity' },
    schema: {
      tags: ['readings'],
      operationId: 'reading',
      summary: 'A reading as far as it has come',
      params: readingParamsSchema,
      response: { 200: readingSchema, '4xx': errorBodySchema },
    },
    handler: async request => readings.get(request.caller, request.params.id),
  })
  app.route({
    method: 'DELETE',
    url: '/v1/readings/:id',
    config: { scope: 'identity' },
    schema: {
      tags: ['readings'],
      operationId: 'endReading',
      summary: 'Next person: stop the reading where it runs, and forget all of it',
      params: readingParamsSchema,
      response: { 204: z.undefined().describe('Forgotten'), '4xx': errorBodySchema },
    },
    handler: async (request, reply) => {
      await readings.cancel(request.caller, request.params.id)
      return reply.code(204).send()
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/readings/:id/events',
    config: { scope: 'identity', stream: true },
    schema: {
      tags: ['readings'],
      operationId: 'readingEvents',
      summary: 'The events of a reading to its end, as server-sent events over a streamed fetch',
      params: readingParamsSchema,
      response: {
        200: {
          description: 'One `data:` line of JSON an event.',
          content: { 'text/event-stream': { schema: z.string() } },
        },
        '4xx': errorBodySchema,
      },
    },
    handler: async (request, reply) => {
      const gone = new AbortController()
      // Before the headers go out, a reading that is unknown is a plain 404.
      const events = readings.events(request.caller, request.params.id, gone.signal)
      return streamed(reply, events, gone)
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/readings/:id/portrait',
    config: { scope: 'portrait' },
    schema: {
      tags: ['readings'],
      operationId: 'portrait',
      summary: 'The portrait, as browsers show it: JPEG as it stands in the chip, or PNG made of its JPEG 2000',
      params: readingParamsSchema,
      response: {
        200: {
          description: 'The picture.',
          content: { 'image/jpeg': { schema: z.unknown() }, 'image/png': { schema: z.unknown() } },
        },
        '4xx': errorBodySchema,
      },
    },
    handler: async (request, reply) => {
      const { format, bytes } = readings.portrait(request.caller, request.params.id)
      // A copy: the reading may be forgotten, and its bytes overwritten, while they are sent.
      return reply.type(format).send(Buffer.from(bytes))
    },
  })
}

/** Sends events as they come, waiting for a slow reader; `gone` is aborted when the caller leaves. */
function streamed(reply: FastifyReply, events: AsyncIterable<ReadingEvent>, gone: AbortController): FastifyReply {
  const stream = new PassThrough()
  reply.raw.once('close', () => gone.abort())
  const beat = setInterval(() => stream.write(':\n\n'), HEARTBEAT_MS)
  const pump = async (): Promise<void> => {
    try {
      for await (const event of events) {
        if (!stream.write(`data: ${JSON.stringify(event)}\n\n`)) await drained(stream, gone.signal)
      }
    } finally {
      clearInterval(beat)
      stream.end()
    }
  }
  pump().catch(error => stream.destroy(error))
  return reply.header('x-accel-buffering', 'no').type('text/event-stream; charset=utf-8').send(stream)
}

function drained(stream: PassThrough, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      stream.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    stream.once('drain', done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
