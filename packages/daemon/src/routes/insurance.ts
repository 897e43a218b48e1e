import { DeskError, errorBodySchema } from '../api/errors.ts'
import { askInsuranceSchema, insuranceAnswerSchema } from '../api/insurance.ts'
import { readingParamsSchema } from '../api/readings.ts'
import { auditCaller } from '../audit-of-readings.ts'
import { insuranceQuestion } from '../connectors/insurance/question.ts'
import type { Desk, DeskApp } from '../desk.ts'

/** POST /v1/readings/:id/insurance: what the insurance gateway says of the person who was read. The reading keeps the answer
 * for the exports, and forgets it with the rest. */
export function insuranceRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'POST',
    url: '/v1/readings/:id/insurance',
    config: { scope: 'identity' },
    schema: {
      tags: ['connectors'],
      operationId: 'askInsurance',
      summary: 'Ask the insurance gateway about the person who was read; a gateway that is away is an answer too',
      params: readingParamsSchema,
      body: askInsuranceSchema,
      response: { 200: insuranceAnswerSchema, '4xx': errorBodySchema, '5xx': errorBodySchema },
    },
    handler: async (request, reply) => {
      const { caller } = request
      const { readings, connectors } = desk
      const { id, person } = readings.result(caller, request.params.id)
      const gateway = connectors.insurance
      if (!gateway) throw new DeskError('NOT_CONFIGURED', 'no insurance gateway is configured')
      const question = insuranceQuestion(person, request.body.number)
      // Whoever hangs up is not asked for any more.
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      await desk.audit?.record(
        { kind: 'export.made', requestId: id, form: 'insurance' },
        { caller: auditCaller(caller) },
      )
      const answer = await gateway.lookUp(question, gone.signal)
      // Forgotten meanwhile: then nobody is told of that person any more.
      connectors.answers.note(readings.result(caller, id), answer)
      return answer
    },
  })
}
