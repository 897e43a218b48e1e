/**
 * The look-up at the health-insurance gateway (annex to letter 1923/BHXH-CNTT of 2024). Whatever the gateway does, the desk
 * has an answer within the configured time, and the reading never waits for it.
 */
import { CardToolkitError, ConnectorError, type ErrorCode } from '@cccd/card-core'
import type { InsuranceConfig } from '../config.ts'
import { connectorWords } from '../connector-words.ts'
import { type HttpAnswer, httpCall, jsonOf, refusalOf } from '../http-call.ts'
import type { InsuranceAnswer } from '../insurance-answer.ts'
import { type GatewayToken, type LookUpReply, parseLookUpReply } from './gateway-reply.ts'
import { gatewayTokens, gatewayUrl, type TokenSource } from './gateway-token.ts'
import { birthDateOf, type InsuranceQuestion } from './question.ts'
import { explainResultCode } from './result-code.ts'

const LONGEST_REPLY = 2_000_000

/** What the last look-ups told of the gateway. */
export interface GatewayHealth {
  readonly state: 'unused' | 'answering' | 'failing'
  readonly lastAnswerAt?: string
  readonly lastFailureAt?: string
  readonly lastFailure?: ErrorCode
}

export class InsuranceGateway {
  readonly #config: InsuranceConfig
  readonly #ca: string | undefined
  readonly #now: () => Date
  readonly #tokens: TokenSource
  readonly #closing = new AbortController()
  #health: GatewayHealth = { state: 'unused' }

  constructor(given: {
    readonly config: InsuranceConfig
    readonly password: string
    readonly ca?: string
    readonly now: () => Date
  }) {
    this.#config = given.config
    this.#ca = given.ca
    this.#now = given.now
    this.#tokens = gatewayTokens({ ...given, signal: this.#closing.signal })
  }

  health(): GatewayHealth {
    return this.#health
  }

  /** Asks, and answers in any case: a gateway that is slow, away or confused is the answer 'unavailable'. `signal` gives
   * it up, as when the patient leaves. */
  async lookUp(question: InsuranceQuestion, signal?: AbortSignal): Promise<InsuranceAnswer> {
    const { askedWith } = question
    // One limit over all calls of this look-up; a renewal that others wait for too goes on without us.
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort('time'), this.#config.timeoutMs)
    const until = AbortSignal.any([limit.signal, this.#closing.signal, ...(signal === undefined ? [] : [signal])])
    try {
      const reply = await this.#ask(question, until)
      const at = this.#now().toISOString()
      this.#health = { ...this.#health, state: 'answering', lastAnswerAt: at }
      const { kind, vi, en } = explainResultCode(reply.code)
      const { code, note, card, treatments, checks } = reply
      return {
        state: 'answered',
        at,
        askedWith,
        code,
        kind,
        vi,
        en,
        note,
        card,
        treatments: treatments.length,
        checks: checks.length,
        ...(this.#config.history === 'pass' ? { history: { treatments, checks } } : {}),
      }
    } catch (error) {
      const code = limit.signal.aborted ? 'CONNECTOR_TIMEOUT' : until.aborted ? 'READ_CANCELLED' : codeOf(error)
      const at = this.#now().toISOString()
      if (code !== 'READ_CANCELLED')
        this.#health = { ...this.#health, state: 'failing', lastFailureAt: at, lastFailure: code }
      return { state: 'unavailable', at, askedWith, code, ...connectorWords(code) }
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#closing.abort()
  }

  async #ask(question: InsuranceQuestion, until: AbortSignal): Promise<LookUpReply> {
    const token = await unless(until, this.#tokens.take(until))
    const first = await this.#call(question, token, until)
    if (first !== null && first.code !== '401') return first
    // Once: a token may have run out early, a second refusal means something else.
    const second = await this.#call(question, await unless(until, this.#tokens.take(until, token)), until)
    if (second === null) throw refusalOf(401)
    return second
  }

  /** The reply, or null where HTTP itself refused the token. */
  async #call(question: InsuranceQuestion, token: GatewayToken, until: AbortSignal): Promise<LookUpReply | null> {
    const config = this.#config
    const url = gatewayUrl(config.url, 'api/egw/KQNhanLichSuKCB2024')
    url.searchParams.set('token', token.accessToken)
    url.searchParams.set('id_token', token.idToken)
    url.searchParams.set('username', config.username)
    url.searchParams.set('password', this.#tokens.passwordDigest)
    const answer = await httpCall({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({
        maThe: question.number,
        hoTen: question.fullName,
        ngaySinh: birthDateOf(question.dateOfBirth, config.birthDate),
        hoTenCb: config.clerk.fullName,
        cccdCb: config.clerk.personalNumber,
      }),
      timeoutMs: config.timeoutMs,
      maxBytes: LONGEST_REPLY,
      signal: until,
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
    })
    return readReply(answer)
  }
}

function readReply(answer: HttpAnswer): LookUpReply | null {
  if (answer.status === 401) return null
  if (answer.status >= 500) throw refusalOf(answer.status)
  if (answer.status === 200) return parseLookUpReply(jsonOf(answer))
  // A refusal may say its code in the body, as 400 with maKetQua 205.
  try {
    return parseLookUpReply(jsonOf(answer))
  } catch {
    throw refusalOf(answer.status)
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof CardToolkitError) return error.code
  throw error
}

/** The promise, or a rejection as soon as the signal comes. */
function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const given = (): void => reject(new ConnectorError('READ_CANCELLED', 'the look-up was given up'))
    if (signal.aborted) given()
    signal.addEventListener('abort', given, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', given))
  })
}
