import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalBytes, canonicalJson, type Json, parseCanonical } from './canonical-json.ts'
import { chainKey } from './chain-key.ts'
import {
  type ChainBody,
  checkpointBytes,
  GENESIS,
  hashOfLine,
  headBytes,
  isProven,
  LONGEST_LINE,
  makeLine,
  parseCheckpoint,
  parseHead,
  parseLine,
  speaksOf,
} from './hash-chain.ts'

const key = chainKey(new Uint8Array(32).fill(7))
const other = chainKey(new Uint8Array(32).fill(8))
const at = new Date('2026-03-02T08:00:00.123Z')
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value)

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().filter(n => !Object.is(n, -0)),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ),
})).value
const body: fc.Arbitrary<ChainBody> = fc
  .dictionary(fc.string(), json, { maxKeys: 5 })
  .map(rest => ({ ...rest, kind: 'test.happened' }))

describe('the canonical form', () => {
  test('sorts members by UTF-16 code units, as RFC 8785 §3.2.3 shows', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
    expect(Object.values(JSON.parse(canonicalJson(value)) as object).length).toBe(7)
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}')
  })

  test('refuses fractions, infinities, minus zero and integers that a double cannot hold', () => {
    for (const value of [0.5, Number.POSITIVE_INFINITY, Number.NaN, -0, 2 ** 53]) {
      expect(() => canonicalJson({ value })).toThrow(RangeError)
    }
  })

  test('of any object is read back as the same object, and no other bytes are read as it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), json), value => {
        const bytes = canonicalBytes(value)
        expect(canonicalJson(parseCanonical(bytes))).toBe(canonicalJson(value))
        expect(() => parseCanonical(bytesOf(` ${text(bytes)}`))).toThrow(FormatError)
      }),
    )
  })

  test('has no second spelling: blanks, order, escapes, doubled members and a byte order mark are refused', () => {
    for (const line of [
      '{"b":1,"a":2}',
      '{ "a":1}',
      '{"a":1,"a":1}',
      '{"\\u0061":1}',
      '{"a":1.0}',
      '{"a":1e2}',
      '\ufeff{"a":1}',
      '[1]',
      '1',
      '',
    ])
      expect(() => parseCanonical(bytesOf(line)), line).toThrow(FormatError)
  })
})

describe('an entry', () => {
  const made = makeLine({ key, seq: 3, at, prev: GENESIS, body: { kind: 'test.happened', n: 1 } })

  test('is read back as it was made, and its key proves it while another key does not', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }), (said, seq, secrets) => {
        const { line, hash } = makeLine({ key, seq, at, prev: GENESIS, body: said, secrets, salt: 'a1' })
        const entry = parseLine(line)
        expect(canonicalJson(entry.body)).toBe(canonicalJson(said))
        expect([entry.seq, entry.at, entry.prev, hash]).toEqual([seq, at.toISOString(), GENESIS, hashOfLine(line)])
        expect([isProven(entry, key), isProven(entry, other)]).toEqual([true, false])
        for (const [name, value] of Object.entries(secrets)) {
          expect(speaksOf(entry, { key, name, value })).toBe(true)
          expect(speaksOf(entry, { key, name, value: `${value}x` })).toBe(false)
          expect(speaksOf(entry, { key: other, name, value })).toBe(false)
        }
      }),
    )
  })

  test('with any byte changed is no longer proven', () => {
    for (let at = 0; at < made.line.length; at++) {
      for (const bit of [1, 2, 0x20]) {
        const changed = Uint8Array.from(made.line)
        changed[at] = (changed[at] as number) ^ bit
        let proven = false
        try {
          proven = isProven(parseLine(changed), key)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
        expect(proven, `byte ${at} ^ ${bit}`).toBe(false)
      }
    }
  })

  test('tells the same number by another digest each time', () => {
    const secrets = { personalNumber: '999190000001' }
    const lines = ['01', '02'].map(salt =>
      parseLine(makeLine({ key, seq: 0, at, prev: GENESIS, body: { kind: 'a' }, secrets, salt }).line),
    )
    expect(lines[0]?.digests?.personalNumber).not.toBe(lines[1]?.digests?.personalNumber)
    expect(JSON.stringify(lines)).not.toContain('999190000001')
    for (const entry of lines)
      expect(speaksOf(entry, { key, name: 'personalNumber', value: '999190000001' })).toBe(true)
  })

  test('does not answer for a name that objects have by themselves', () => {
    const entry = parseLine(made.line)
    expect(speaksOf(entry, { key, name: 'constructor', value: 'x' })).toBe(false)
  })

  test('longer than any line is refused, and so are digests without salt', () => {
    const long = { kind: 'a', text: 'x'.repeat(LONGEST_LINE) }
    expect(() => makeLine({ key, seq: 0, at, prev: GENESIS, body: long })).toThrow(RangeError)
    expect(() => makeLine({ key, seq: 0, at, prev: GENESIS, body: { kind: 'a' }, secrets: { a: 'b' } })).toThrow(
      RangeError,
    )
  })
})

describe('the files beside the lines', () => {
  const head = { chain: 'ab'.repeat(16), keyId: key.id, count: 9, hash: 'cd'.repeat(32), segment: 2, size: 999 }
  const checkpoint = {
    chain: 'ab'.repeat(16),
    keyId: key.id,
    segment: 2,
    seq: 5,
    prev: 'ef'.repeat(32),
    at: at.toISOString(),
  }

  test('are read back as they were made; another key does not prove them, and no key says nothing', () => {
    expect(parseHead(headBytes(head, key), key)).toEqual({ value: head, isProven: true })
    expect(parseHead(headBytes(head, key), other).isProven).toBe(false)
    expect(parseHead(headBytes(head, key)).isProven).toBeUndefined()
    expect(parseCheckpoint(checkpointBytes(checkpoint, key), key)).toEqual({ value: checkpoint, isProven: true })
    expect(parseCheckpoint(checkpointBytes(checkpoint, key), other).isProven).toBe(false)
  })

  test('are not taken for one another, nor a line for either', () => {
    expect(() => parseHead(checkpointBytes(checkpoint, key), key)).toThrow(FormatError)
    expect(() => parseCheckpoint(headBytes(head, key), key)).toThrow(FormatError)
    expect(() => parseLine(headBytes(head, key).subarray(0, -1))).toThrow(FormatError)
  })
})

describe('hostile bytes', () => {
  const near = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string().map(bytesOf),
    fc
      .dictionary(fc.constantFrom('seq', 'at', 'prev', 'mac', 'body', 'digests', 'salt', 'x'), json)
      .map(canonicalBytes),
    fc.constantFrom('['.repeat(100_000), `{"a":${'['.repeat(20_000)}`, '{"__proto__":{"kind":"a"}}').map(bytesOf),
  )
  test('are refused with a FormatError and nothing else, or read as what they say', () => {
    fc.assert(
      fc.property(near, bytes => {
        for (const parse of [parseLine, parseHead, parseCheckpoint, parseCanonical]) {
          try {
            parse(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})
