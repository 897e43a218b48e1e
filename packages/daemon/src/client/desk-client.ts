import type { VerificationReport } from '@cccd/verifier'
import type { BundleReply, BundleRequest } from '../api/bundles.ts'
import type { ConnectorList, Deliver, Delivered, HisFields, TextWritten, WriteText } from '../api/exports.ts'
import type { Health } from '../api/health.ts'
import type { AskInsurance, InsuranceAnswer } from '../api/insurance.ts'
import type { AuditReply, ConsentTexts } from '../api/keeping.ts'
import type { ListedToken, PairingReply, PairingRequest, Session } from '../api/pairing.ts'
import type { ReaderList } from '../api/readers.ts'
import type { Reading, ReadingEvent, ReadingStarted, StartReading } from '../api/readings.ts'
import type { PictureScans, ScanRequest, ScanView } from '../api/scans.ts'
import type { VerifyBundleReply, VerifyBundleRequest, VerifyRequest } from '../api/verify.ts'
import { DeskCallError, malformed, refusalOf, unreachable } from './call-error.ts'
import { type DeskEvent, type EventSocketMaker, pause, socketEvents } from './event-socket.ts'
import { eventData } from './event-stream.ts'

/** Where a desk listens when its configuration does not say otherwise. */
export const DESK_URL = 'http://127.0.0.1:27107'

export interface DeskClientOptions {
  /** Default DESK_URL. */
  readonly url?: string
  /** Of `pair`; without one only `health` and `pair` are answered. */
  readonly token?: string
  /** Default the platform's own. */
  readonly fetch?: typeof fetch
  /** For how long a broken stream of events is asked for again, in milliseconds; default 15,000, as the desk waits. */
  readonly patienceMs?: number
  /** Default the platform's own; Node has one from 22 on. Only `watch` needs it. */
  readonly WebSocket?: EventSocketMaker
}

export interface SimulatedCardInfo {
  readonly id: string
  readonly vi: string
  readonly en: string
  readonly lie: string
  readonly scanText: string
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly picture?: Blob
  readonly signal?: AbortSignal | undefined
}

/** The desk's own grace time for a caller whose stream broke off. */
const PATIENCE_MS = 15_000
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 2000

/**
 * The desk's API, for pages and programs. Every call throws DeskCallError: with the desk's own code, DESK_UNREACHABLE or
 * REPLY_MALFORMED. A token stands in headers and first messages, never in an address.
 */
export class DeskClient {
  readonly url: string
  readonly #token: string | undefined
  readonly #fetch: typeof fetch
  readonly #WebSocket: EventSocketMaker | undefined
  readonly #patienceMs: number

  constructor(options: DeskClientOptions = {}) {
    this.url = new URL(options.url ?? DESK_URL).origin
    this.#token = options.token
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
    // A browser's fetch wants to be called on its window.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
    this.#WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: EventSocketMaker }).WebSocket
  }

  /** Exchanges a one-time code for a token; the client returned has it. Keep `token` where nobody else reads it. */
  async pair(request: PairingRequest): Promise<PairingReply & { readonly client: DeskClient }> {
    const reply = await this.#json<PairingReply>('/v1/pairing', { body: request })
    return { ...reply, client: this.withToken(reply.token) }
  }

  /** The same desk with another token. */
  withToken(token: string): DeskClient {
    const [fetch, WebSocket, patienceMs] = [this.#fetch, this.#WebSocket, this.#patienceMs]
    return new DeskClient({ url: this.url, token, fetch, patienceMs, ...(WebSocket && { WebSocket }) })
  }

  health(): Promise<Health> {
    return this.#json('/health')
  }

  session(): Promise<Session> {
    return this.#json('/v1/session')
  }

  /** Revokes this client's token. */
  endSession(): Promise<void> {
    return this.#none('/v1/session', { method: 'DELETE' })
  }

  /** Everything that is paired; operators only. */
  async tokens(): Promise<readonly ListedToken[]> {
    return (await this.#json<{ tokens: readonly ListedToken[] }>('/v1/tokens')).tokens
  }

  revokeToken(tokenId: string): Promise<void> {
    return this.#none(`/v1/tokens/${encodeURIComponent(tokenId)}`, { method: 'DELETE' })
  }

  /** The public keys (RFC 7517) with which this desk signs its results. */
  keys(): Promise<{ readonly keys: readonly Readonly<Record<string, string>>[] }> {
    return this.#json('/v1/keys')
  }

  readers(): Promise<ReaderList> {
    return this.#json('/v1/readers')
  }

  /** What a scanned text is and says. */
  async scan(request: ScanRequest): Promise<ScanView> {
    return (await this.#json<{ scan: ScanView }>('/v1/scans', { body: request })).scan
  }

  /** The QR codes and the MRZ of a picture, whose type has to be set (image/jpeg, image/png, image/webp). */
  scanPicture(picture: Blob): Promise<PictureScans> {
    return this.#json('/v1/scans/picture', { picture })
  }

  /** Begins a reading; `newNonce` makes what it needs. */
  startReading(request: StartReading): Promise<ReadingStarted> {
    return this.#json('/v1/readings', { body: request })
  }

  reading(id: string): Promise<Reading> {
    return this.#json(ofReading(id))
  }

  /** "Next person": ends the reading where it runs and makes the desk forget all of it. */
  forget(id: string): Promise<void> {
    return this.#none(ofReading(id), { method: 'DELETE' })
  }

  /**
   * A reading as it is now, then each change, to its end. A stream that breaks is asked for again. Whoever stops before the end,
   * or aborts `signal`, has left: the desk ends the reading after its grace time.
   */
  async *events(id: string, signal?: AbortSignal): AsyncGenerator<ReadingEvent, void, void> {
    let last: ReadingEvent | undefined
    let waited = 0
    for (let retry = FIRST_RETRY_MS; !signal?.aborted; retry = Math.min(2 * retry, LONGEST_RETRY_MS)) {
      let fault: unknown = new Error('the event stream ended before the reading')
      try {
        const response = await this.#ask(`${ofReading(id)}/events`, { signal })
        if (!response.body) throw malformed(response.status)
        for await (const data of eventData(response.body)) {
          waited = 0
          retry = FIRST_RETRY_MS
          last = JSON.parse(data) as ReadingEvent
          yield last
        }
      } catch (error) {
        if (error instanceof DeskCallError && error.status !== 0) throw error
        fault = error
      }
      if (signal?.aborted || (last && (last.forgotten || isOver(last.state)))) return
      if (waited >= this.#patienceMs) throw fault instanceof DeskCallError ? fault : unreachable(fault)
      waited += retry
      await pause(retry, signal)
    }
  }

  /**
   * Reads a card from beginning to end: yields what happens and returns the finished reading. Whoever stops early ends the
   * reading and makes the desk forget it. A finished one stays with the desk until `forget`, or for its keeping time.
   */
  async *read(request: StartReading, signal?: AbortSignal): AsyncGenerator<ReadingEvent, Reading, void> {
    const { id } = await this.startReading(request)
    let isFinished = false
    try {
      yield* this.events(id, signal)
      const reading = await this.reading(id)
      isFinished = isOver(reading.state)
      return reading
    } finally {
      // Whoever cleared it already has what is wanted here.
      if (!isFinished) await this.forget(id).catch(ignoreUnknown)
    }
  }

  portrait(id: string): Promise<Blob> {
    return this.#ask(`${ofReading(id)}/portrait`).then(response => response.blob())
  }

  bundle(id: string, request: BundleRequest = {}): Promise<BundleReply> {
    return this.#json(`${ofReading(id)}/bundle`, { body: request })
  }

  insurance(id: string, request: AskInsurance = {}): Promise<InsuranceAnswer> {
    return this.#json(`${ofReading(id)}/insurance`, { body: request })
  }

  /** A Bundle of FHIR R4. */
  fhir(id: string): Promise<unknown> {
    return this.#json(`${ofReading(id)}/fhir`)
  }

  his(id: string): Promise<HisFields> {
    return this.#json(`${ofReading(id)}/his?format=json`)
  }

  text(id: string, request: WriteText): Promise<TextWritten> {
    return this.#json(`${ofReading(id)}/text`, { body: request })
  }

  deliver(id: string, request: Deliver = {}): Promise<Delivered> {
    return this.#json(`${ofReading(id)}/deliver`, { body: request })
  }

  connectors(): Promise<ConnectorList> {
    return this.#json('/v1/connectors')
  }

  /** Judges a card's files anew with the desk's own anchors. */
  async verify(request: VerifyRequest): Promise<VerificationReport> {
    return (await this.#json<{ report: VerificationReport }>('/v1/verify', { body: request })).report
  }

  verifyBundle(request: VerifyBundleRequest): Promise<VerifyBundleReply> {
    return this.#json('/v1/bundles/verify', { body: request })
  }

  consentTexts(): Promise<ConsentTexts> {
    return this.#json('/v1/consent/texts')
  }

  /** The state of the audit log; operators only. */
  audit(): Promise<AuditReply> {
    return this.#json('/v1/audit')
  }

  /** The drawer of `cccd serve --simulate`. */
  async simulatedCards(): Promise<readonly SimulatedCardInfo[]> {
    return (await this.#json<{ cards: readonly SimulatedCardInfo[] }>('/v1/simulated-cards')).cards
  }

  async insertSimulatedCard(id: string): Promise<void> {
    await this.#json(`/v1/simulated-cards/${encodeURIComponent(id)}/insert`, { body: {} })
  }

  async removeSimulatedCard(): Promise<void> {
    await this.#json('/v1/simulated-cards/remove', { body: {} })
  }

  /** Readers and readings as they change, over a WebSocket that comes back when it breaks. */
  watch(
    topics: readonly ('readers' | 'readings')[] = ['readers', 'readings'],
    signal?: AbortSignal,
  ): AsyncGenerator<DeskEvent, void, void> {
    if (!this.#WebSocket) throw new TypeError('this platform has no WebSocket: give one as an option')
    const url = `${this.url.replace(/^http/, 'ws')}/v1/events`
    return socketEvents({ make: this.#WebSocket, url, token: this.#token ?? '', topics, signal })
  }

  async #json<T>(path: string, call: Call = {}): Promise<T> {
    const response = await this.#ask(path, call)
    try {
      return (await response.json()) as T
    } catch (cause) {
      throw malformed(response.status, cause)
    }
  }

  async #none(path: string, call: Call): Promise<void> {
    await (await this.#ask(path, call)).arrayBuffer()
  }

  async #ask(path: string, { method, body, picture, signal }: Call = {}): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (picture) headers['content-type'] = picture.type
    const given: RequestInit = {
      ...{ headers, cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' },
      method: method ?? (body === undefined && !picture ? 'GET' : 'POST'),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(picture && { body: picture }),
      ...(signal && { signal }),
    }
    let response: Response
    try {
      response = await this.#fetch(`${this.url}${path}`, given)
    } catch (cause) {
      throw unreachable(cause)
    }
    if (!response.ok) throw await refusalOf(response)
    return response
  }
}

/** A nonce for one reading: 144 random bits, base64url. A server that wants to be sure makes its own. */
export function newNonce(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(18))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}

function ofReading(id: string): string {
  return `/v1/readings/${encodeURIComponent(id)}`
}

function isOver(state: Reading['state']): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof DeskCallError) || error.code !== 'READING_UNKNOWN') throw error
}
