import type { DeskEvent } from './shapes.ts'

export type LinkState = 'connecting' | 'up' | 'lost'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 5000
/** RFC 6455 §7.4.1: what the desk closes with when the token no longer holds. */
const POLICY_VIOLATION = 1008

interface EventLinkGiven {
  readonly greeting: () => string
  readonly onState: (state: LinkState) => void
  readonly onEvent: (event: DeskEvent) => void
  readonly onRefused: () => void
}

/** The event socket: kept open, built anew when it is lost. The token is its first message, never part of its URL. */
export class EventLink {
  readonly #given: EventLinkGiven
  #socket: WebSocket | null = null
  #retry: ReturnType<typeof setTimeout> | undefined
  #pause = FIRST_RETRY_MS
  #wanted = false

  constructor(given: EventLinkGiven) {
    this.#given = given
  }

  open(): void {
    this.#wanted = true
    if (this.#socket === null) this.#connect()
  }

  close(): void {
    this.#wanted = false
    clearTimeout(this.#retry)
    this.#socket?.close()
    this.#socket = null
  }

  #connect(): void {
    const url = new URL('/v1/events', location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    this.#socket = socket
    let greeted = false
    socket.addEventListener('open', () => {
      socket.send(this.#given.greeting())
      socket.send(JSON.stringify({ subscribe: ['readers', 'readings'] }))
    })
    socket.addEventListener('message', ({ data }) => {
      if (this.#socket !== socket || typeof data !== 'string') return
      if (!greeted) {
        greeted = true
        this.#pause = FIRST_RETRY_MS
        this.#given.onState('up')
      }
      this.#given.onEvent(JSON.parse(data) as DeskEvent)
    })
    socket.addEventListener('close', ({ code }) => {
      if (this.#socket !== socket) return
      this.#socket = null
      if (!this.#wanted) return
      if (code === POLICY_VIOLATION) {
        this.#wanted = false
        this.#given.onRefused()
        return
      }
      this.#given.onState('lost')
      this.#retry = setTimeout(() => this.#connect(), this.#pause)
      this.#pause = Math.min(2 * this.#pause, LONGEST_RETRY_MS)
    })
  }
}
