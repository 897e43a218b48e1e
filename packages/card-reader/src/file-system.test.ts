import { type CommandApdu, type FileName, FormatError, response, runOn, tlv } from '@cccd/card-core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FileReading, readExtendedLengthLimit, readFile, shortLimits } from './index.ts'

/** A card of one file, in the clear, that gives at most `most` bytes at a time. */
interface OneFile {
  readonly content: Uint8Array
  readonly most?: number
  /** How it refuses to give more; absent: it gives what fits. */
  readonly refusal?: '6700' | '6Cxx'
  readonly sfi?: false
}

function play(card: OneFile, overrides: Partial<FileReading> = {}) {
  const commands: CommandApdu[] = []
  const limits = shortLimits()
  const most = card.most ?? 0x10000
  const give = (offset: number, ne: number, wrap: boolean) => {
    if (offset >= card.content.length) return response(0x6b00)
    if (ne > most && card.refusal === '6700') return response(0x6700)
    if (ne > most && card.refusal === '6Cxx') return response(0x6c00 | most)
    const header = wrap ? 4 : 0
    const data = card.content.subarray(offset, offset + Math.min(ne, most) - header)
    const isEnd = offset + ne - header > card.content.length
    return response(isEnd ? 0x6282 : 0x9000, wrap ? tlv(0x53, data) : data)
  }
  const [bytes] = runOn(
    readFile({ file: 'EF.DG2', limits, plainLength: length => length, ...overrides }),
    (selected: boolean, command) => {
      commands.push(command)
      const { ins, p1, p2, data, ne = 0 } = command
      if (ins === 0xa4) return [response(0x9000), true]
      const bySfi = ins === 0xb0 && p1 >= 0x80
      if (bySfi && card.sfi === false) return [response(0x6a86), selected]
      if (bySfi) return [give(p2, ne, false), true]
      if (!selected) return [response(0x6986), selected]
      const offset =
        ins === 0xb1
          ? Array.from(data ?? [])
              .slice(2)
              .reduce((sum, byte) => sum * 256 + byte, 0)
          : p1 * 256 + p2
      return [give(offset, ne, ins === 0xb1), selected]
    },
    false,
  )
  return { bytes, commands, limits }
}

const dg2 = (length: number): Uint8Array =>
  tlv(
    0x75,
    Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff),
  )

describe('reading a file', () => {
  test('of less than a block takes one command, by short file identifier', () => {
    const { bytes, commands } = play({ content: dg2(100) })
    expect(bytes).toEqual(dg2(100))
    expect(commands).toEqual([{ cla: 0, ins: 0xb0, p1: 0x82, p2: 0, ne: 256 }])
  })
  test('asks at its end for exactly what is left', () => {
    const { commands } = play({ content: dg2(300) })
    expect(commands.map(({ ne }) => ne)).toEqual([256, 48])
  })
  test('beyond 32 KiB goes on with the odd INS and the offset in DO 54', () => {
    const content = dg2(33_000)
    const { bytes, commands } = play({ content })
    expect(bytes).toEqual(content)
    const odd = commands.filter(({ ins }) => ins === 0xb1)
    expect(odd[0]).toMatchObject({ p1: 0, p2: 0, data: Uint8Array.of(0x54, 2, 0x80, 0) })
    expect(commands.every(({ ins, p1 }, i) => i === 0 || ins === 0xb1 || p1 < 0x80)).toBe(true)
  })
  test('a chip that claims a megabyte and gives it byte by byte is left after a bounded number of commands', () => {
    let commands = 0
    const trickle = (): void => {
      runOn(
        readFile({ file: 'EF.DG2', limits: shortLimits(), plainLength: length => length }),
        (state: null, _command) => {
          commands++
          return [
            response(0x9000, commands === 1 ? Uint8Array.of(0x75, 0x83, 0x0f, 0xff, 0x00) : Uint8Array.of(0)),
            state,
          ]
        },
        null,
      )
    }
    expect(trickle).toThrow(expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }))
    expect(commands).toBeLessThan(66_000)
  })
  test('selects it once and for all where short file identifiers are not known', () => {
    const { bytes, commands, limits } = play({ content: dg2(100), sfi: false })
    expect(bytes).toEqual(dg2(100))
    expect(commands.map(({ ins }) => ins)).toEqual([0xb0, 0xa4, 0xb0])
    expect(commands[1]?.ne).toBeUndefined()
    expect(limits.shortFileIdentifiers).toBe(false)
  })
  test.each(['6700', '6Cxx'] as const)('steps down to what the card gives after %s, and remembers it', refusal => {
    const content = dg2(2000)
    const { bytes, commands, limits } = play({ content, most: 200, refusal })
    expect(bytes).toEqual(content)
    expect(limits.maxResponse).toBe(192)
    expect(commands.length).toBeLessThan(16)
  })
  test('takes fewer bytes than asked for as they come', () => {
    const content = dg2(1000)
    expect(play({ content, most: 100 }).bytes).toEqual(content)
  })
  test('compares what is held with what the chip has, and refuses another file', () => {
    const content = dg2(1000)
    const { bytes, commands } = play({ content }, { held: content.slice(0, 700) })
    expect(bytes).toEqual(content)
    expect(commands.map(({ p1, p2 }) => p1 * 256 + p2)).toEqual([0x8200, 700, 956])
    const other = Uint8Array.from(content.slice(0, 700))
    other[50] = (other[50] as number) ^ 1
    expect(() => play({ content }, { held: other })).toThrow(expect.objectContaining({ code: 'CHIP_CHANGED' }))
  })
  test('ends, whatever the chip answers, with bytes or an error of the toolkit', () => {
    const answers = fc.array(
      fc.record({
        sw: fc.constantFrom(0x9000, 0x6282, 0x6700, 0x6c10, 0x6b00, 0x6a82, 0x6982, 0x6f00),
        data: fc.uint8Array({ maxLength: 40 }),
      }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(answers, fc.constantFrom<FileName>('EF.DG1', 'EF.COM'), (list, file) => {
        const protocol = readFile({ file, limits: shortLimits(), plainLength: length => length })
        try {
          let step = protocol.next()
          for (const answer of list) {
            if (step.done) break
            step = protocol.next(answer)
          }
          for (let i = 0; i < 100 && !step.done; i++) step = protocol.next(response(0x6b00))
          expect(step.done).toBe(true)
        } catch (error) {
          const isOurs = error instanceof FormatError || (error as { facts?: object }).facts !== undefined
          if (!isOurs) throw error
        }
      }),
    )
  })
})

describe('the limit of EF.ATR/INFO', () => {
  const limit = (data: Uint8Array, sw = 0x9000) => {
    const protocol = readExtendedLengthLimit()
    expect(protocol.next().value).toMatchObject({ ins: 0xb0, p1: 0x81, p2: 0 })
    return protocol.next(response(sw, data)).value
  }
  const sizes = (...bytes: number[]): Uint8Array => tlv(0x02, Uint8Array.from(bytes))
  test('is the second number of DO 7F66, less the status word', () => {
    expect(limit(tlv(0x7f66, sizes(0x01, 0x00), sizes(0x08, 0x00)))).toBe(2046)
    expect(limit(tlv(0x7f66, sizes(0x01, 0, 0), sizes(0x01, 0, 0)), 0x6282)).toBe(65_534)
  })
  test('is unknown where the file or the object is missing, empty or malformed', () => {
    expect(limit(new Uint8Array(), 0x6a82)).toBeUndefined()
    expect(limit(tlv(0x47, Uint8Array.of(0)))).toBeUndefined()
    expect(limit(tlv(0x7f66))).toBeUndefined()
    expect(limit(Uint8Array.of(0x7f, 0x66, 0x09))).toBeUndefined()
    expect(limit(tlv(0x7f66, sizes(1, 0), sizes(0xff)))).toBeUndefined()
  })
})
