import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Assembled, TERMINATORS, TextAssembler, type TextAssemblerOptions } from './text-assembler.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const runs = process.env.CCCD_LONG ? 20_000 : 1000

function assemble(chunks: readonly Uint8Array[], options: TextAssemblerOptions = {}): Assembled[] {
  const assembler = new TextAssembler(options)
  return [...chunks.flatMap(chunk => assembler.push(chunk)), ...assembler.flush('end')]
}

function texts(assembled: readonly Assembled[]): string[] {
  return assembled.flatMap(one => (one.kind === 'text' ? [one.text] : []))
}

/** The bytes in pieces that end at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map(place => place % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : (ends[i - 1] as number), end))
}

describe('what ends a text', () => {
  test.each([
    ['line', 'một\rhai\nba\r\nbốn\r\r\n\nnăm'],
    ['nul', 'một\0hai\0ba\0\0bốn\0năm\0'],
    ['tab', 'một\thai\tba\tbốn\tnăm\t'],
    ['etx', '\x02một\x03\x02hai\x03ba\x03\x02bốn\x02năm\x03'],
  ] as const)('%s', (terminator, stream) => {
    expect(texts(assemble([utf8(stream)], { terminator }))).toEqual(['một', 'hai', 'ba', 'bốn', 'năm'])
  })

  test('idle: nothing but silence, so line ends stay in the text', () => {
    const assembler = new TextAssembler({ terminator: 'idle' })
    expect([...assembler.push(utf8('một\r')), ...assembler.push(utf8('\nhai'))]).toEqual([])
    expect(assembler.flush('idle')).toEqual([{ kind: 'text', text: 'một\r\nhai', endedBy: 'idle' }])
    expect(assembler.flush('idle')).toEqual([])
  })

  test('blanks, NUL bytes and byte order marks alone are no text; around one they stay', () => {
    expect(texts(assemble([utf8('\r\n \t\r\uFEFF\r\0\0\n\uFEFF \0\uFEFF\r')]))).toEqual([])
    expect(texts(assemble([utf8('\uFEFF một \0\r')]))).toEqual(['\uFEFF một \0'])
  })

  test('an unfinished text is given up as bytes, and nothing of it sticks to the next', () => {
    const assembler = new TextAssembler()
    assembler.push(utf8('nửa'))
    expect(assembler.pending).toBe(5)
    expect(assembler.abandon()).toEqual(utf8('nửa'))
    expect(assembler.abandon()).toBeNull()
    expect(texts(assembler.push(utf8('hai\r')))).toEqual(['hai'])
  })
})

test('bytes that are no UTF-8 come along with a text that says where', () => {
  const bytes = Uint8Array.of(0x54, 0x72, 0xe2, 0x6e, 0x0d)
  expect(assemble([bytes])).toEqual([
    { kind: 'text', text: 'Tr\uFFFDn', endedBy: 'terminator', notUtf8: bytes.slice(0, 4) },
  ])
})

describe('the bound', () => {
  test('a text of exactly the longest length is one, with a byte more it is none', () => {
    const options = { longest: 300 }
    expect(texts(assemble([utf8(`${'x'.repeat(300)}\r`)], options))).toEqual(['x'.repeat(300)])
    const more = assemble([utf8(`${'x'.repeat(301)}\rnext\r`)], options)
    expect(more.map(({ kind }) => kind)).toEqual(['tooLong', 'tooLong', 'text'])
    expect(texts(more)).toEqual(['next'])
  })

  test('4,000 letters of three bytes fit into the default', () => {
    expect(texts(assemble([utf8(`${'ễ'.repeat(4000)}\r`)]))).toEqual(['ễ'.repeat(4000)])
  })

  test('a stream without end never makes it hold more than allowed', () => {
    const assembler = new TextAssembler({ longest: 1024 })
    let given = 0
    for (let i = 0; i < 1000; i++) {
      for (const one of assembler.push(new Uint8Array(997).fill(0x41)))
        given += one.kind === 'tooLong' ? one.bytes.length : 0
      expect(assembler.pending).toBeLessThanOrEqual(1024)
    }
    expect(given + assembler.pending).toBe(997_000)
  })
})

describe('properties', () => {
  const line = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .map(text => `x${text.replace(/[\r\n\0]/g, '|')}`)

  test('whatever the cuts, even inside letters, and the line ends: the same texts', () => {
    const ends = fc.constantFrom('\r', '\n', '\r\n', '\r\n\r\n', '\n\0\r')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, ends), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (lines, places) => {
          const stream = utf8(lines.map(([text, end]) => text + end).join(''))
          expect(texts(assemble(cut(stream, places))).map(text => text.replace(/^\0/, ''))).toEqual(
            lines.map(([text]) => text),
          )
        },
      ),
      { numRuns: runs },
    )
  })

  test('hostile bytes: never throws, gives the same for every cut, and loses nothing but ends and blank texts', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.constantFrom(0x0d, 0x0a, 0, 2, 3, 9, 0xef, 0xbb, 0xbf, 0xe1, 0xba, 0x41), { maxLength: 300 })
        .map(bytes => Uint8Array.from(bytes)),
    )
    const longest = fc.integer({ min: 1, max: 400 })
    fc.assert(
      fc.property(
        hostile,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom(...TERMINATORS),
        longest,
        (bytes, places, terminator, most) => {
          const options = { terminator, longest: most }
          const whole = assemble([bytes], options)
          expect(assemble(cut(bytes, places), options)).toEqual(whole)
          const kept = whole.flatMap(one => [...(one.kind === 'tooLong' ? one.bytes : (one.notUtf8 ?? utf8(one.text)))])
          const counted = (from: Iterable<number>): number => [...from].filter(isOfAText).length
          expect(counted(kept)).toBe(counted(bytes))
        },
      ),
      { numRuns: runs },
    )
  })

  /** No end of any kind, no blank, no part of a byte order mark. */
  function isOfAText(byte: number): boolean {
    return byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf
  }
})
