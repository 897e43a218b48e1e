/** What a stream may hold before a blank line; the desk's own events are a few KiB. */
const MOST_EVENT_CHARACTERS = 1 << 20

/**
 * The `data` of each event of a server-sent event stream (WHATWG HTML §9.2.6), however its bytes are cut. Names, ids and retry
 * times are not used by the desk and are left out. Throws Error for an event without end; throws what reading the stream
 * throws. Whoever stops early releases the stream.
 */
export async function* eventData(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      text += done ? decoder.decode() : decoder.decode(value, { stream: true })
      // A carriage return at the end may be the first half of a line end.
      const whole = done || !text.endsWith('\r') ? text.length : text.length - 1
      const events = text.slice(0, whole).replace(/\r\n?/g, '\n').split('\n\n')
      text = (events.pop() as string) + text.slice(whole)
      for (const event of events) {
        const data = dataOf(event)
        if (data !== undefined) yield data
      }
      if (done) return
      if (text.length > MOST_EVENT_CHARACTERS) throw new Error('an event of the stream has no end')
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function dataOf(event: string): string | undefined {
  const lines = event.split('\n').filter(line => line === 'data' || line.startsWith('data:'))
  if (lines.length === 0) return undefined
  return lines.map(line => line.slice('data:'.length).replace(/^ /, '')).join('\n')
}
