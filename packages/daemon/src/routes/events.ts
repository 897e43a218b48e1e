import type { WebSocket } from '@fastify/websocket'
import { z } from 'zod'
import { DeskError } from '../api/errors.ts'
import type { ReaderEvent } from '../api/readers.ts'
import type { ReadingEvent } from '../api/readings.ts'
import type { Caller, Desk, DeskApp, Scope } from '../desk.ts'
import { errorReply } from '../http/error-reply.ts'
import { faultFacts } from '../http/log.ts'
import { trustStream } from '../http/streams.ts'
import { readerEvent } from '../readings/reader-news.ts'

/** The token has to come within this time. */
const TOKEN_MS = 5000
/** A listener that answers no ping for so long is gone, whatever its connection says. */
const HEARTBEAT_MS = 20_000
/** A page sends two messages in all. */
const MOST_MESSAGES = 100

/** Close codes of RFC 6455 §7.4.1. */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008

const tokenSchema = z.strictObject({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })
const TOPICS = ['readers', 'readings'] as const
type Topic = (typeof TOPICS)[number]
const subscribeSchema = z.strictObject({ subscribe: z.array(z.enum(TOPICS)).min(1).max(TOPICS.length) })

/** Each needs one of these; what an event of a reading holds depends on the token's scopes again. */
const NEEDS: Readonly<Record<Topic, readonly Scope[]>> = { readers: ['readers'], readings: ['identity', 'portrait'] }

/**
 * GET /v1/events: a WebSocket. Its first message is {"token"}, within five seconds; then {"subscribe": ["readers",
 * "readings"]}: everything as it is now, and each change. A slow listener gets the latest states, not every one.
 */
export function eventRoutes(app: DeskApp, desk: Desk): void {
  app.route({
    method: 'GET',
    url: '/v1/events',
    config: { firstMessage: true },
    schema: { hide: true },
    handler: async () => {
      throw new DeskError('REQUEST_MALFORMED', 'this is a WebSocket: the request has to ask for an upgrade')
    },
    wsHandler: (socket, request) => {
      new EventSocket(socket, desk, { origin: request.callerOrigin, trust: () => trustStream(request.raw.socket) })
    },
  })
}

interface From {
  readonly origin: string | null
  /** Called once a token has been shown. */
  trust(): void
}

class EventSocket {
  readonly #socket: WebSocket
  readonly #desk: Desk
  readonly #gone = new AbortController()
  readonly #topics = new Set<Topic>()
  #caller: Caller | undefined
  #messages = 0
  #isAlive = true

  constructor(socket: WebSocket, desk: Desk, { origin, trust }: From) {
    this.#socket = socket
    this.#desk = desk
    const late = setTimeout(() => this.#refuse(), TOKEN_MS)
    const beat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    const stop = desk.tokens.onRevoked(tokenId => {
      if (tokenId === this.#caller?.tokenId) this.#refuse()
    })
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      clearTimeout(late)
      clearInterval(beat)
      stop()
      this.#gone.abort()
    })
    socket.on('message', (data, isBinary) => {
      this.#messages++
      const message = isBinary || this.#messages > MOST_MESSAGES ? undefined : parsed(String(data))
      if (this.#caller === undefined) {
        if (this.#enter(message, origin)) {
          clearTimeout(late)
          trust()
        }
      } else this.#subscribe(message)
    })
  }

  /** Whether the first message holds a token that is valid for this origin. */
  #enter(message: unknown, origin: string | null): boolean {
    const first = tokenSchema.safeParse(message)
    try {
      if (first.success) this.#caller = this.#desk.tokens.callerOf(first.data.token, origin)
    } catch (error) {
      if (!(error instanceof DeskError)) throw error
    }
    if (this.#caller === undefined) this.#refuse()
    return this.#caller !== undefined
  }

  #subscribe(message: unknown): void {
    const caller = this.#caller as Caller
    const wish = subscribeSchema.safeParse(message)
    if (!wish.success) {
      this.#refuse()
      return
    }
    for (const topic of wish.data.subscribe) {
      if (this.#topics.has(topic)) continue
      if (!NEEDS[topic].some(scope => caller.scopes.has(scope))) {
        const scope = NEEDS[topic][0] as Scope
        const { body } = errorReply(new DeskError('SCOPE_MISSING', `${topic} need the scope ${scope}`, { scope }))
        this.#socket.send(JSON.stringify({ type: 'error', ...body }))
        continue
      }
      this.#topics.add(topic)
      void this.#pump(topic === 'readers' ? this.#readerEvents() : this.#readingEvents(caller))
    }
  }

  async *#readerEvents(): AsyncGenerator<ReaderEvent, void, void> {
    await this.#desk.readers.settled()
    for await (const news of this.#desk.readers.events(this.#gone.signal)) yield readerEvent(news)
  }

  #readingEvents(caller: Caller): AsyncIterable<ReadingEvent> {
    return this.#desk.readings.allEvents(caller, this.#gone.signal)
  }

  /** Sends one event after the other; the next one is looked up when this one has left for the network. */
  async #pump(events: AsyncIterable<ReaderEvent | ReadingEvent>): Promise<void> {
    try {
      for await (const event of events) {
        await new Promise<void>(resolve => this.#socket.send(JSON.stringify(event), () => resolve()))
      }
      this.#socket.close(GOING_AWAY)
    } catch (error) {
      this.#desk.log('error', 'event-socket', faultFacts(error))
      this.#socket.terminate()
    }
  }

  #beat(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    this.#socket.ping()
    if (this.#caller && !this.#isValid(this.#caller)) this.#refuse()
  }

  #isValid({ tokenId }: Caller): boolean {
    try {
      return Date.parse(this.#desk.tokens.entryOf(tokenId).expiresAt) > this.#desk.now().getTime()
    } catch (error) {
      if (error instanceof DeskError) return false
      throw error
    }
  }

  /** Closes without a word of why: whoever has no valid token learns nothing. */
  #refuse(): void {
    this.#gone.abort()
    this.#socket.close(POLICY_VIOLATION)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
