import { errorBodySchema } from '../api/errors.ts'
import { type ReaderList, readerListSchema } from '../api/readers.ts'
import type { Desk, DeskApp } from '../desk.ts'
import { problemOf } from '../readings/reader-news.ts'

/** GET /v1/readers: the card readers and what lies on them. */
export function readerRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/v1/readers',
    config: { scope: 'readers' },
    schema: {
      tags: ['readers'],
      operationId: 'readers',
      summary: 'The readers, and the smart card service behind them',
      response: { 200: readerListSchema, '4xx': errorBodySchema },
    },
    handler: async (): Promise<ReaderList> => {
      await desk.readers.settled()
      const { service, problem, readers } = desk.readers.now()
      return { service, ...(problem === undefined ? {} : { problem: problemOf(problem) }), readers }
    },
  })
}
