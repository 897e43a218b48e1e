/** The gateway's session: taken once, kept until it expires or is refused, renewed by one call at a time. */
import { createHash } from 'node:crypto'
import { ConnectorError } from '@cccd/card-core'
import type { InsuranceConfig } from '../config.ts'
import { type HttpAnswer, httpCall, jsonOf, refusalOf } from '../http-call.ts'
import { type GatewayToken, parseTokenReply } from './gateway-reply.ts'

// Renewed a little before it runs out, so that a look-up under way does not lose it.
const EARLY_MS = 30_000
// When the gateway does not say how long, or says a time that has passed by our clock.
const UNKNOWN_LIFE_MS = 60_000
const LONGEST_LIFE_MS = 86_400_000
// A refused password is not tried again at once: accounts get locked.
const REFUSED_PAUSE_MS = 60_000

export interface TokenSource {
  /** The present token; a new one when that is `stale`. `until`: whether the asker still wants it. */
  take(until: AbortSignal, stale?: GatewayToken): Promise<GatewayToken>
  /** The digest that stands for the password in each call. */
  readonly passwordDigest: string
}

/** Nothing is asked before the first `take`, which rejects with ConnectorError. */
export function gatewayTokens(given: {
  readonly config: InsuranceConfig
  readonly password: string
  readonly ca?: string
  readonly now: () => Date
  readonly signal: AbortSignal
}): TokenSource {
  const { config, now } = given
  const digest = createHash('md5').update(given.password, 'utf8').digest('hex')
  const passwordDigest = config.passwordDigest === 'upper' ? digest.toUpperCase() : digest
  let token: GatewayToken | undefined
  let goodUntil = 0
  let renewal: Promise<GatewayToken> | undefined
  let refused: { readonly error: ConnectorError; readonly until: number } | undefined

  async function renew(): Promise<GatewayToken> {
    const answer = await httpCall({
      method: 'POST',
      url: gatewayUrl(config.url, 'api/token/take'),
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ username: config.username, password: passwordDigest }),
      timeoutMs: config.timeoutMs,
      maxBytes: 65_536,
      signal: given.signal,
      ...(given.ca === undefined ? {} : { ca: given.ca }),
    })
    const at = now()
    const read = readToken(answer, at)
    if ('refused' in read) {
      const error = new ConnectorError('CONNECTOR_REFUSED', `the gateway refused the account (${read.refused})`, {
        step: 'token',
      })
      refused = { error, until: at.getTime() + REFUSED_PAUSE_MS }
      throw error
    }
    refused = undefined
    const life = (read.expiresAt ?? 0) - at.getTime() - EARLY_MS
    goodUntil = at.getTime() + Math.min(Math.max(life, UNKNOWN_LIFE_MS), LONGEST_LIFE_MS)
    token = read
    return read
  }

  const begin = (): Promise<GatewayToken> => {
    renewal ??= renew().finally(() => {
      renewal = undefined
    })
    return renewal
  }

  return {
    passwordDigest,
    async take(until, stale) {
      const at = now().getTime()
      if (token !== undefined && token !== stale && at < goodUntil) return token
      if (refused !== undefined && at < refused.until) throw refused.error
      if (renewal === undefined) return begin()
      try {
        return await renewal
      } catch (error) {
        // Whoever joined a renewal near its end has time left for one of his own.
        if (until.aborted || (error instanceof ConnectorError && error.code === 'CONNECTOR_REFUSED')) throw error
        return begin()
      }
    },
  }
}

/** A path below the configured address, whether or not that ends in a slash. */
export function gatewayUrl(base: string, path: string): URL {
  return new URL(path, base.endsWith('/') ? base : `${base}/`)
}

function readToken(answer: HttpAnswer, at: Date): GatewayToken | { readonly refused: string } {
  if (answer.status === 401 || answer.status === 403) return { refused: String(answer.status) }
  if (answer.status !== 200) throw refusalOf(answer.status)
  return parseTokenReply(jsonOf(answer), at)
}
