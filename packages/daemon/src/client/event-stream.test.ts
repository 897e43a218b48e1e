import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventData } from './event-stream.ts'

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

async function all(chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  const bytes = chunks.map(chunk => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk))
  const found: string[] = []
  for await (const data of eventData(streamOf(bytes))) found.push(data)
  return found
}

/** Cuts bytes at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map(place => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, n) => bytes.slice(at[n], end))
}

describe('a stream of events', () => {
  test.each([
    ['data: a\n\ndata: b\n\n', ['a', 'b']],
    ['data:a\n\n', ['a']],
    ['data: a\r\n\r\ndata: b\r\rdata: c\n\n', ['a', 'b', 'c']],
    ['data: a\ndata: b\n\n', ['a\nb']],
    [':\n\n: comment\ndata: a\n\n', ['a']],
    ['event: x\nid: 7\nretry: 9\ndata: a\nother: y\n\n', ['a']],
    ['data\n\n', ['']],
    ['data:  a \n\n', [' a ']],
    ['\n\n\n\ndata: a\n\n', ['a']],
    // Without its blank line an event is not whole.
    ['data: a\n\ndata: b\n', ['a']],
  ])('%j holds %j', async (text, data) => {
    expect(await all([text])).toEqual(data)
  })

  test('says the same however its bytes are cut', async () => {
    const event = fc.record({ text: fc.string({ unit: 'grapheme' }), end: fc.constantFrom('\n', '\r\n', '\r') })
    await fc.assert(
      fc.asyncProperty(fc.array(event), fc.array(fc.nat()), async (events, places) => {
        const values = events.map(({ text }) => JSON.stringify(text))
        const text = events.map(({ end }, n) => `data: ${values[n]}${end}${end}`).join('')
        expect(await all(cut(new TextEncoder().encode(text), places))).toEqual(values)
      }),
    )
  })

  test('of any bytes ends or fails, and never hangs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async chunks => {
        for (const data of await all(chunks)) expect(typeof data).toBe('string')
      }),
    )
  })

  test('without an end is given up', async () => {
    const long = 'data: '.padEnd(600_000, 'a')
    await expect(all([long, long])).rejects.toThrow('no end')
  })

  test('that nobody listens to any more is let go', async () => {
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const data of eventData(stream)) {
      expect(data).toBe('a')
      break
    }
    expect(cancelled).toBe(true)
  })
})
