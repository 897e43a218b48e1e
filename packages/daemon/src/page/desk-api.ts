import type { ConnectorList, Deliver, Delivered, TextWritten } from '../api/exports.ts'
import type { ConsentTexts } from '../api/keeping.ts'
import type { Session } from '../api/pairing.ts'
import type { Reading, ReadingStarted, StartReading } from '../api/readings.ts'
import type { PictureScans } from '../api/scans.ts'
import type { InsuranceAnswer } from '../connectors/insurance-answer.ts'
import type { SimulatedCard } from './shapes.ts'
import { DeskFault } from './trouble.ts'
import type { Text } from './words/language.ts'

// The desk's API as this page uses it; paths and shapes are those of openapi.json.

const UNREACHABLE: Text = {
  vi: 'Chương trình đọc thẻ trên máy này không trả lời.',
  en: 'The desk program on this machine does not answer.',
}

const UNREADABLE: Text = {
  vi: 'Chương trình đọc thẻ trả lời không đúng dạng.',
  en: 'The desk program answered in a form that is not known.',
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly picture?: Blob
  /** Sent even while the page goes away. */
  readonly keepalive?: boolean
}

/** The desk's API with the token of this page. Everything throws DeskFault. */
export class DeskApi {
  #token: string | null = null

  /** The token for the calls to come; null forgets it. */
  use(token: string | null): void {
    this.#token = token
  }

  pair(code: string, label: string): Promise<{ readonly token: string; readonly expiresAt: string }> {
    return this.#json('/v1/pairing', { method: 'POST', body: { code, label } })
  }

  session(): Promise<Session> {
    return this.#json('/v1/session')
  }

  async endSession(): Promise<void> {
    await this.#ask('/v1/session', { method: 'DELETE' })
  }

  scanPicture(picture: Blob): Promise<PictureScans> {
    return this.#json('/v1/scans/picture', { method: 'POST', picture })
  }

  start(given: StartReading): Promise<ReadingStarted> {
    return this.#json('/v1/readings', { method: 'POST', body: given })
  }

  reading(id: string): Promise<Reading> {
    return this.#json(`/v1/readings/${encodeURIComponent(id)}`)
  }

  /** "Next person": the desk cancels the reading and forgets all of it. */
  async forget(id: string, keepalive = false): Promise<void> {
    await this.#ask(`/v1/readings/${encodeURIComponent(id)}`, { method: 'DELETE', keepalive })
  }

  consentTexts(): Promise<ConsentTexts> {
    return this.#json('/v1/consent/texts')
  }

  async portrait(id: string): Promise<Blob> {
    return await (await this.#ask(`/v1/readings/${encodeURIComponent(id)}/portrait`)).blob()
  }

  insurance(id: string): Promise<InsuranceAnswer> {
    return this.#json(`/v1/readings/${encodeURIComponent(id)}/insurance`, { method: 'POST', body: {} })
  }

  /** The person in another program's form, as the desk words it. */
  async exported(id: string, form: 'fhir' | 'his'): Promise<Blob> {
    return await (await this.#ask(`/v1/readings/${encodeURIComponent(id)}/${form}`)).blob()
  }

  /** What is set up at this desk. */
  connectors(): Promise<ConnectorList> {
    return this.#json('/v1/connectors')
  }

  /** The person by one of the desk's own text templates: comes back, or went to its port or file. */
  writeText(id: string, output: string): Promise<TextWritten> {
    return this.#json(`/v1/readings/${encodeURIComponent(id)}/text`, { method: 'POST', body: { output } })
  }

  deliver(id: string, to: NonNullable<Deliver['to']>): Promise<Delivered> {
    return this.#json(`/v1/readings/${encodeURIComponent(id)}/deliver`, { method: 'POST', body: { to } })
  }

  async cards(): Promise<readonly SimulatedCard[]> {
    const { cards } = await this.#drawer()
    return cards.map(({ id, vi, en, lie }) => ({ id, vi, en, lie }))
  }

  /** Lays a card of the drawer on the simulated reader and returns the text of its QR. */
  async insertCard(id: string): Promise<string> {
    await this.#ask(`/v1/simulated-cards/${encodeURIComponent(id)}/insert`, { method: 'POST', body: {} })
    const { cards } = await this.#drawer()
    return cards.find(card => card.id === id)?.scanText ?? ''
  }

  #drawer(): Promise<{ readonly cards: readonly (SimulatedCard & { readonly scanText: string })[] }> {
    return this.#json('/v1/simulated-cards')
  }

  async removeCard(): Promise<void> {
    await this.#ask('/v1/simulated-cards/remove', { method: 'POST', body: {} })
  }

  /** The first message of the event socket: the token goes into no URL. */
  greeting(): string {
    return JSON.stringify({ token: this.#token })
  }

  async #json<T>(path: string, call: Call = {}): Promise<T> {
    const response = await this.#ask(path, call)
    try {
      return (await response.json()) as T
    } catch {
      throw new DeskFault({ status: response.status, code: 'REPLY_MALFORMED', words: UNREADABLE })
    }
  }

  async #ask(path: string, call: Call = {}): Promise<Response> {
    const headers = new Headers({ accept: 'application/json' })
    if (this.#token !== null) headers.set('authorization', `Bearer ${this.#token}`)
    if (call.body !== undefined) headers.set('content-type', 'application/json')
    if (call.picture !== undefined) headers.set('content-type', call.picture.type)
    const request: RequestInit = {
      method: call.method ?? 'GET',
      headers,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    }
    if (call.body !== undefined) request.body = JSON.stringify(call.body)
    if (call.picture !== undefined) request.body = call.picture
    if (call.keepalive) request.keepalive = true
    const response = await fetch(path, request).catch(() => {
      throw new DeskFault({ status: 0, code: 'DESK_UNREACHABLE', words: UNREACHABLE })
    })
    if (!response.ok) throw await faultOf(response)
    return response
  }
}

interface ErrorReply {
  readonly error?: {
    readonly code?: string
    readonly vi?: string
    readonly en?: string
    readonly hint?: Text
    readonly facts?: Readonly<Record<string, string | number>>
  }
}

async function faultOf(response: Response): Promise<DeskFault> {
  const { status } = response
  try {
    const { error } = (await response.json()) as ErrorReply
    if (typeof error?.code === 'string') {
      const words = { vi: error.vi ?? error.code, en: error.en ?? error.code }
      return new DeskFault({ status, code: error.code, words, hint: error.hint, facts: error.facts })
    }
  } catch {
    return new DeskFault({ status, code: 'REPLY_MALFORMED', words: UNREADABLE })
  }
  return new DeskFault({ status, code: 'REPLY_MALFORMED', words: UNREADABLE })
}
