/** Whatever comes in, every reader of this package answers or throws a FormatError, and at once. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { accessAttempts, accessKeysFromMrz, accessKeysFromQr, accessKeysFromScan } from './access-keys.ts'
import { parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { parseInsuranceQr } from './insurance-qr.ts'
import { parseMrz } from './mrz.ts'
import { parsePartialDate } from './partial-date.ts'
import { decodePersonalNumber } from './personal-number.ts'
import { repairMrz } from './repair.ts'
import { parseScan } from './scan-text.ts'
import { transliterate } from './transliteration.ts'
import { parseVietnameseMrz } from './vietnamese-mrz.ts'

const cases = process.env.CCCD_LONG === undefined ? 50_000 : 1_000_000
const most = 50
const timeout = process.env.CCCD_LONG === undefined ? 240_000 : 7_200_000

const { specimens, vietnamese, malformed, ocrConfusions } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8'),
) as {
  specimens: { lines: string[] }[]
  vietnamese: { lines: string[] }[]
  malformed: { text: string }[]
  ocrConfusions: { lines: string[] }
}
const card = '999160012345||Trần Thị B|15011960|Nữ|Thôn Đồng Mẫu, Xã Thử, Hà Nội|10082024||||'
const samples = [
  ...[...vietnamese, ...specimens, ocrConfusions].map(({ lines }) => lines.join('\n')),
  ...malformed.map(({ text }) => text),
  vietnamese[1]?.lines.join('') ?? '',
  card,
  card.replaceAll('|', ''),
  card.replaceAll('|', '~'),
  card.normalize('NFD'),
  card + card,
  `]Q1${card}`,
  `999160012345|099000001|Trần Thị B|15011960|Nữ|Hà Nội|10052021`,
  'DN4990000000001|5472E1BAA76E|15/01/1960|2|48C3A0|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|y|z|$',
  '0000000001|5472E1BAA76E|1960|1|-|99 - 001|01/01/2024|31/12/2024|-|-|||||$',
  'Công Tằng Tôn Nữ Thị Hoàng Phương Thảo',
  'Анна Їжакевич عبّاس فضّة',
]
const readers: readonly (readonly [string, (text: string) => unknown])[] = [
  ['parseScan', text => accessAttempts(accessKeysFromScan(parseScan(text)))],
  ['parseMrz', parseMrz],
  ['parseVietnameseMrz', parseVietnameseMrz],
  ['repairMrz', repairMrz],
  ['repairMrz beside a QR', text => repairMrz(text, { qr: card })],
  ['repairMrz beside what it is given', text => repairMrz(vietnamese[0]?.lines ?? [], { qr: text })],
  ['parseCardQr', parseCardQr],
  ['parseInsuranceQr', parseInsuranceQr],
  ['accessKeysFromQr', accessKeysFromQr],
  ['accessKeysFromMrz', accessKeysFromMrz],
  ['transliterate', transliterate],
  ['decodePersonalNumber', decodePersonalNumber],
  ['parsePartialDate', parsePartialDate],
]

let turn = 0

/** `parseScan`, which leads to most of the others, and two of those in turn. */
function readersInTurn(): typeof readers {
  turn = (turn + 2) % (readers.length - 1)
  return [...readers.slice(0, 1), ...readers.slice(1 + turn), ...readers.slice(1)].slice(0, 3)
}

/** Milliseconds of the slowest reader, by the clock or by the processor's time of this process, whichever is less: a
 * machine that does other things, too, makes the clock run on. One that seems slow is asked twice more. */
function slowest(text: string): number {
  let slow = 0
  for (const [name, read] of readersInTurn()) {
    let took = Number.POSITIVE_INFINITY
    for (let times = 0; times < 3 && took > most / 5; times++) {
      const [start, used] = [performance.now(), process.cpuUsage()]
      try {
        read(text)
      } catch (error) {
        if (!(error instanceof FormatError)) throw new Error(`${name}: ${JSON.stringify(text)}`, { cause: error })
      }
      took = Math.min(took, performance.now() - start)
      if (took <= most / 5) break
      const { user, system } = process.cpuUsage(used)
      took = Math.min(took, (user + system) / 1000)
    }
    if (took > most) throw new Error(`${name} took ${took} ms: ${JSON.stringify(text).slice(0, 500)}`)
    slow = Math.max(slow, took)
  }
  return slow
}

// What is compiled while it runs for the first time is no measure.
beforeAll(() => {
  for (const text of samples) {
    for (const [, read] of readers) {
      for (const variant of [text, text.slice(1), text.replace('<', '?')]) {
        try {
          read(variant)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }
    }
  }
})

/** A small generator of numbers with a seed, so that a failure can be had again. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const pool = [
  ...'0123456789ABCDEFGHIKLMNOQRSUVZ<<<<|||$~?(«\0\r\n\t ',
  'ữ',
  'u\u031b\u0303',
  '\uFEFF',
  '\uD83D',
  '😀',
  '١',
  'ß',
  'İ',
]

function mutated(number: (below: number) => number): string {
  let text = samples[number(samples.length)] as string
  for (let times = number(6); times >= 0; times--) {
    const at = number(text.length + 1)
    const piece = pool[number(pool.length)] as string
    switch (number(7)) {
      case 0:
        text = text.slice(0, at) + text.slice(at + 1)
        break
      case 1:
        text = text.slice(0, at) + piece + text.slice(at)
        break
      case 2:
      case 3:
        text = text.slice(0, at) + piece + text.slice(at + 1)
        break
      case 4: {
        const to = at + number(12)
        text = text.slice(0, to) + text.slice(at)
        break
      }
      case 5:
        text = text.slice(0, at) + (samples[number(samples.length)] as string).slice(number(40))
        break
      default:
        text =
          number(40) === 0
            ? piece.repeat(number(7000)) + text
            : text.slice(0, at) + piece.repeat(number(4)) + text.slice(at)
    }
  }
  return text
}

test(
  `${(cases * 0.8).toLocaleString('en')} mutated samples are read or refused with a FormatError, each in less than ${most} ms`,
  () => {
    const number = numbersFrom(0x9303)
    let slow = 0
    for (let i = 0; i < cases * 0.8; i++) slow = Math.max(slow, slowest(mutated(number)))
    console.log(`slowest of ${cases * 0.8} mutated samples: ${slow.toFixed(1)} ms`)
  },
  timeout,
)

test(
  `${(cases * 0.2).toLocaleString('en')} texts of any characters likewise`,
  () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 100 }),
      fc.string({ unit: fc.constantFrom(...pool), maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...'0123456789|'), maxLength: 120 }).map(text => `999160012345${text}`),
      fc
        .array(fc.string({ unit: fc.constantFrom(...'0123456789ABCDOIVNM<<<?'), minLength: 29, maxLength: 31 }), {
          minLength: 3,
          maxLength: 3,
        })
        .map(lines => lines.join('\n')),
    )
    fc.assert(
      fc.property(any, text => {
        expect(slowest(text)).toBeLessThan(most)
      }),
      { numRuns: cases * 0.2 },
    )
  },
  timeout,
)

test('texts far longer than any card are refused at once', () => {
  for (const piece of ['<', '|', '0', 'N', 'ữ', 'u\u031b', '\r', ' ', '999160012345|', 'IDVNM<', '\u0651']) {
    for (const length of [1000, 8000, 1_000_000]) {
      const start = performance.now()
      for (const text of [piece.repeat(length), `999160012345|${piece.repeat(length)}`]) {
        for (const [name, read] of readers) {
          // Names come from fields that are bounded by then.
          if (name === 'transliterate' && length > 8000) continue
          try {
            read(text)
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError)
          }
        }
      }
      expect(performance.now() - start).toBeLessThan(2000)
    }
  }
})
