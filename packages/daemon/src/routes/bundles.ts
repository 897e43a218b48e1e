import type { BundleContents } from '@cccd/verifier'
import type { BundleSigner } from '@cccd/verifier/evidence-bundle'
import { bundleReplySchema, bundleRequestSchema } from '../api/bundles.ts'
import { errorBodySchema } from '../api/errors.ts'
import { readingParamsSchema } from '../api/readings.ts'
import { auditCaller } from '../audit-of-readings.ts'
import type { Desk, DeskApp } from '../desk.ts'
import type { DeskKey } from '../readings/desk-key.ts'
import type { FinishedReading } from '../readings/reading.ts'

/** POST /v1/readings/:id/bundle: what the desk saw of a card, signed, for somebody else to judge again. */
export function bundleRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'POST',
    url: '/v1/readings/:id/bundle',
    config: { scope: 'evidence' },
    schema: {
      tags: ['evidence'],
      operationId: 'makeBundle',
      summary: 'The evidence bundle of a finished reading',
      params: readingParamsSchema,
      body: bundleRequestSchema,
      response: { 200: bundleReplySchema, '4xx': errorBodySchema },
    },
    handler: async request => {
      const { recipient, audience } = request.body
      const reading = desk.readings.result(request.caller, request.params.id)
      // Loaded when the first bundle is made: a desk that makes none starts faster.
      const { sealBundle } = await import('@cccd/verifier/evidence-bundle')
      const bundle = await sealBundle(bundleContents(reading, audience), {
        key: signerOf(desk.key),
        ...(recipient && { recipient: { ...recipient } }),
      })
      await desk.audit?.record(
        {
          ...{ kind: 'bundle.made', requestId: reading.id },
          ...(audience !== undefined && { recipient: audience }),
        },
        { caller: auditCaller(request.caller) },
      )
      return { bundle, kid: desk.key.kid, encrypted: recipient !== undefined }
    },
  })
}

/** A finished reading as a bundle holds it. */
export function bundleContents(reading: FinishedReading, audience?: string): BundleContents {
  const { id, files, evidence, report, printed, trustStore, policy, time, reader, binding, consent } = reading
  return {
    ...{ files, evidence, report, trustStore, policy, time, reader, requestId: id },
    binding: { ...binding, ...(audience !== undefined && { audience }) },
    ...(Object.keys(printed).length > 0 && { printed }),
    ...(consent && { consent }),
  }
}

function signerOf({ kid, publicJwk, sign }: DeskKey): BundleSigner {
  const { kty, crv, x, y } = publicJwk
  return { algorithm: 'ES256', publicKey: { kty, crv, x, y }, kid, sign }
}
