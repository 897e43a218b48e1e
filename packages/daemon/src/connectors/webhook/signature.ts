/**
 * The signature of the Standard Webhooks specification (v1): HMAC-SHA256 over `id.timestamp.body`, in Base64, so that a
 * receiver can use a ready-made library. One signature for each secret while secrets change.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { FormatError } from '@cccd/mrz'

export interface SignedHeaders {
  readonly 'webhook-id': string
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/** The bytes of `whsec_` and Base64. Throws FormatError CONNECTOR_CONFIG_MALFORMED, which does not repeat the secret. */
export function webhookSecret(line: string): Uint8Array {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(line)?.[1]
  const secret = base64 === undefined ? new Uint8Array() : new Uint8Array(Buffer.from(base64, 'base64'))
  if (secret.length >= 24 && secret.length <= 64) return secret
  const message = 'cần whsec_ và 24–64 byte Base64 / whsec_ and 24 to 64 bytes in Base64 should stand here'
  throw new FormatError('CONNECTOR_CONFIG_MALFORMED', message, { field: 'webhook.secretFile' })
}

/** The three headers for one attempt. */
export function signWebhook(
  secrets: readonly Uint8Array[],
  given: { readonly id: string; readonly at: Date; readonly body: Uint8Array },
): SignedHeaders {
  const timestamp = String(Math.floor(given.at.getTime() / 1000))
  return {
    'webhook-id': given.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map(secret => `v1,${mac(secret, given.id, timestamp, given.body)}`).join(' '),
  }
}

/** Whether a receiver should believe a request: one signature fits and the time is near. What docs/hospital.md shows. */
export function verifyWebhook(
  secret: Uint8Array,
  given: {
    readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
    readonly body: Uint8Array
    readonly now: Date
    readonly toleranceSeconds?: number
  },
): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    name => given.headers[name],
  )
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false
  if (!/^\d{1,12}$/.test(timestamp)) return false
  const away = Math.abs(given.now.getTime() / 1000 - Number(timestamp))
  if (away > (given.toleranceSeconds ?? 300)) return false
  const expected = Buffer.from(`v1,${mac(secret, id, timestamp, given.body)}`)
  return signatures
    .split(' ')
    .map(text => Buffer.from(text))
    .some(found => found.length === expected.length && timingSafeEqual(found, expected))
}

function mac(secret: Uint8Array, id: string, timestamp: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`${id}.${timestamp}.`, 'utf8').update(body).digest('base64')
}
