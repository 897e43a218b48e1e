import fastifyRateLimit from '@fastify/rate-limit'
import { DeskError } from '../api/errors.ts'
import type { DeskApp } from '../desk.ts'

const NO_HEADERS = {
  'x-ratelimit-limit': false,
  'x-ratelimit-remaining': false,
  'x-ratelimit-reset': false,
  'retry-after': false,
}

/** Requests a minute for each token, and for all that need none together; beyond, 429 with Retry-After. */
export async function limitRate(app: DeskApp, perMinute: number): Promise<void> {
  await app.register(fastifyRateLimit, {
    global: true,
    max: perMinute,
    timeWindow: 60_000,
    // After the guards: only then is it known whose budget it is, and what they refuse costs nobody's.
    hook: 'preValidation',
    keyGenerator: request => request.caller?.tokenId ?? 'without a token',
    addHeaders: NO_HEADERS,
    addHeadersOnExceeding: NO_HEADERS,
    errorResponseBuilder: (_request, { ttl, max }) =>
      new DeskError('RATE_LIMITED', 'too many requests', { limit: max, retryAfterSeconds: Math.ceil(ttl / 1000) }),
  })
}
