import type { ErrorBody } from '../api/errors.ts'
import type { ReaderEvent } from '../api/readers.ts'
import type { ReadingEvent } from '../api/readings.ts'
import { DeskCallError } from './call-error.ts'

/** As much of the web's WebSocket as is used: browsers and Node from 22 have it, `ws` has the same face. */
export interface EventSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(): void
}
export type EventSocketMaker = new (url: string) => EventSocketLike

/** A reader, the smart card service, a reading; and the connection itself, which comes back on its own. */
export type DeskEvent =
  | ReaderEvent
  | ReadingEvent
  | ({ readonly type: 'error' } & ErrorBody)
  | { readonly type: 'connection'; readonly state: 'open' | 'lost' }

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 10_000
const POLICY_VIOLATION = 1008

/**
 * The events of the topics, each as it is now and then every change, until `signal` aborts. A connection that breaks is told
 * and made anew, after which everything comes as it is then. Throws DeskCallError TOKEN_REFUSED when the desk does not take the
 * token.
 */
export async function* socketEvents(given: {
  readonly make: EventSocketMaker
  readonly url: string
  readonly token: string
  readonly topics: readonly ('readers' | 'readings')[]
  readonly signal?: AbortSignal | undefined
}): AsyncGenerator<DeskEvent, void, void> {
  const { signal } = given
  for (let retry = FIRST_RETRY_MS; !signal?.aborted; retry = Math.min(2 * retry, LONGEST_RETRY_MS)) {
    let wasOpen = false
    for await (const news of connection(given)) {
      if (news.type === 'refused') throw refused()
      if (news.type === 'connection') wasOpen = true
      yield news
    }
    if (signal?.aborted) return
    if (wasOpen) {
      retry = FIRST_RETRY_MS
      yield { type: 'connection', state: 'lost' }
    }
    await pause(retry, signal)
  }
}

type News = DeskEvent | { readonly type: 'refused' }

/** One connection, from its opening to its end. */
async function* connection(given: Parameters<typeof socketEvents>[0]): AsyncGenerator<News, void, void> {
  const { make: Socket, url, token, topics, signal } = given
  const socket = new Socket(url)
  const waiting: News[] = []
  let ended = false
  let wake: () => void = () => undefined
  const put = (news: News): void => {
    waiting.push(news)
    wake()
  }
  const end = (): void => {
    ended = true
    wake()
  }
  socket.onopen = () => {
    socket.send(JSON.stringify({ token }))
    socket.send(JSON.stringify({ subscribe: topics }))
    put({ type: 'connection', state: 'open' })
  }
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    try {
      put(JSON.parse(String(data)) as DeskEvent)
    } catch {
      // What speaks like that is no desk.
      socket.close()
      end()
    }
  }
  socket.onclose = ({ code }: { readonly code: number }) => {
    if (code === POLICY_VIOLATION) put({ type: 'refused' })
    end()
  }
  // `onclose` follows.
  socket.onerror = () => undefined
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  try {
    while (!signal?.aborted) {
      const next = waiting.shift()
      if (next) {
        yield next
        continue
      }
      if (ended) return
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  } finally {
    signal?.removeEventListener('abort', end)
    socket.close()
  }
}

/** Resolves after so long, or at once when aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
  })
}

function refused(): DeskCallError {
  return new DeskCallError({
    status: 401,
    code: 'TOKEN_REFUSED',
    message: 'the desk does not take the token',
    vi: 'Ghép nối không còn hiệu lực. Ghép nối lại bằng mã mới.',
    en: 'The pairing is no longer valid. Pair again with a new code.',
  })
}
