// Stands in for an operator's webhook: verifies each request by itself, and does each thing once by its idempotency key.
import { createHmac } from 'node:crypto'
import { type StandIn, startStandIn } from './stand-in-server.ts'

export interface StandInReceiver extends StandIn {
  /** What was done, by idempotency key. */
  readonly done: ReadonlyMap<string, string>
  /** How often a key came, with what was refused for its signature left out. */
  readonly came: ReadonlyMap<string, number>
  /** Why requests were refused. */
  readonly refused: readonly string[]
}

export const WEBHOOK_SECRET: string = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`

/** Starts it. The same key with another body is an error that `refused` tells. */
export async function startStandInReceiver(secretLine: string = WEBHOOK_SECRET): Promise<StandInReceiver> {
  const secret = Buffer.from(secretLine.replace('whsec_', ''), 'base64')
  const done = new Map<string, string>()
  const came = new Map<string, number>()
  const refused: string[] = []

  const standIn = await startStandIn(({ headers, text }) => {
    const refuse = (why: string, status: number) => {
      refused.push(why)
      return { status, body: { why } }
    }
    const id = String(headers['webhook-id'])
    const timestamp = String(headers['webhook-timestamp'])
    const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${text}`).digest('base64')
    if (!String(headers['webhook-signature']).split(' ').includes(`v1,${expected}`)) return refuse('signature', 401)
    if (headers['idempotency-key'] !== id) return refuse('key', 400)
    came.set(id, (came.get(id) ?? 0) + 1)
    const before = done.get(id)
    if (before !== undefined && before !== text) return refuse('another body under the same key', 422)
    done.set(id, text)
    return { status: 204, body: '' }
  })
  return { ...standIn, done, came, refused }
}
