import { errorBodySchema } from '../api/errors.ts'
import { consentTextsSchema } from '../api/keeping.ts'
import type { Desk, DeskApp } from '../desk.ts'
import { consentDigest } from '../keeping/consent.ts'

/** The texts that a page shows to the holder before a reading. */
export function consentRoutes(app: DeskApp, desk: Desk): void {
  const { texts } = desk.config.consent
  const shown = texts.map(text => ({ ...text, demandedBy: [...text.demandedBy], digest: consentDigest(text) }))
  app.route({
    method: 'GET',
    url: '/v1/consent/texts',
    config: { scope: 'identity' },
    schema: {
      tags: ['keeping'],
      operationId: 'consentTexts',
      summary: 'The texts that a holder can agree to, and the policies that demand it',
      response: { 200: consentTextsSchema, '4xx': errorBodySchema },
    },
    handler: async () => ({ texts: shown }),
  })
}
