import { z } from 'zod'
import type { FhirConfig } from '../config.ts'
import { type HttpAnswer, httpCall, jsonOf, malformed, refusalOf } from '../http-call.ts'
import type { FhirBundle } from './resources.ts'

/** What the server made of a bundle: its own references, such as `Patient/7/_history/1`, in the bundle's order. */
export interface FhirReceipt {
  readonly entries: readonly { readonly status: string; readonly location: string | null }[]
}

const response = z.object({
  resourceType: z.literal('Bundle'),
  type: z.literal('transaction-response'),
  entry: z.array(
    z.object({ response: z.object({ status: z.string().max(200), location: z.string().max(2000).nullish() }) }),
  ),
})

/** Posts a transaction. Throws ConnectorError; an OperationOutcome is not repeated, since servers quote what they got. */
export async function postBundle(
  bundle: FhirBundle,
  given: {
    readonly server: NonNullable<FhirConfig['server']>
    readonly token?: string
    readonly ca?: string
    readonly signal?: AbortSignal
  },
): Promise<FhirReceipt> {
  const answer = await httpCall({
    method: 'POST',
    url: new URL(given.server.url),
    headers: {
      accept: 'application/fhir+json',
      'content-type': 'application/fhir+json; charset=utf-8',
      ...(given.token === undefined ? {} : { authorization: `Bearer ${given.token}` }),
    },
    body: JSON.stringify(bundle),
    timeoutMs: given.server.timeoutMs,
    maxBytes: 4_000_000,
    ...(given.ca === undefined ? {} : { ca: given.ca }),
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  })
  return readReceipt(answer, bundle.entry.length)
}

function readReceipt(answer: HttpAnswer, count: number): FhirReceipt {
  if (answer.status !== 200) throw refusalOf(answer.status)
  const read = response.safeParse(jsonOf(answer))
  if (!read.success) throw malformed('the server’s answer is no transaction-response', answer.status)
  const entries = read.data.entry.map(({ response }) => ({
    status: response.status,
    location: response.location ?? null,
  }))
  // R4 §3.1.0.11.2: one entry for each, and a transaction succeeds as a whole or not at all.
  if (entries.length !== count || entries.some(({ status }) => !/^2\d\d(?:\D|$)/.test(status)))
    throw malformed('the server’s answer does not fit the transaction', answer.status)
  return { entries }
}
