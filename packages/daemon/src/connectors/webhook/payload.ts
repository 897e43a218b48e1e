import type { ReadPerson } from '../../person.ts'
import type { WebhookConfig } from '../config.ts'

/** The body of a delivery: JSON in UTF-8. `portrait`: whether whoever asked for the delivery may have it. */
export function webhookPayload(
  person: ReadPerson,
  given: {
    readonly config: Pick<WebhookConfig, 'fields' | 'portrait'>
    readonly portrait: boolean
    /** The signed result of the reading, a compact JWS. */
    readonly signed?: string
  },
): Uint8Array {
  const { config } = given
  const wanted = config.fields
  const fields = wanted === undefined ? person.fields : person.fields.filter(({ name }) => wanted.includes(name))
  const portrait = given.portrait && config.portrait ? person.portrait : undefined
  const body = {
    type: 'cccd.reading',
    version: 1,
    id: person.requestId,
    at: person.at,
    ...(person.reader !== undefined && { reader: person.reader }),
    fields: fields.map(({ name, value, source }) => ({ name, value, source })),
    verdict: person.verdict,
    // The gateway's answer holds name and number again: only where nothing was left out.
    ...(person.insurance !== undefined && wanted === undefined && { insurance: person.insurance }),
    ...(portrait !== undefined && {
      portrait: { format: portrait.format, data: Buffer.from(portrait.bytes).toString('base64') },
    }),
    // So does the signed result.
    ...(given.signed !== undefined && wanted === undefined && { signed: given.signed }),
  }
  return new TextEncoder().encode(JSON.stringify(body))
}
