// Pictures of invented cards, read under many conditions, through the worker as a desk does it. `npm run test:long` reads
// some ten thousand.
import { FormatError } from '@cccd/card-core'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { readMrzPicture } from './index.ts'
import { cardBackPicture, hasOcrB } from './testing/card-back.ts'
import { CONDITIONS, pictureOf } from './testing/conditions.ts'

const font = hasOcrB()
const skipped = font ? '' : ' (skipped: Debian’s fonts-ocr-b is not installed)'
const long = process.env.CCCD_LONG !== undefined
const perCondition = long ? 400 : 4
const LINES = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']

/** The least part read; 0 where hardly anybody could. Measured over some hundred pictures each, less some room. */
const LEAST: Readonly<Record<string, number>> = {
  glare: 0.2,
  'blur 0.3–0.45 mm': 0.2,
  'phone, bad': 0.2,
  'faint print': 0.2,
}

describe('pictures of cards', () => {
  test.skipIf(!font)(
    `no text is accepted that does not stand there, and what can be read is${skipped}`,
    async () => {
      const rows: string[] = []
      const wrong: string[] = []
      const poor: string[] = []
      for (const condition of CONDITIONS) {
        const tally = { read: 0, repaired: 0, ambiguous: 0, unread: 0 }
        const one = async (n: number): Promise<void> => {
          const card = pictureOf(condition, n)
          const reading = await readMrzPicture(await cardBackPicture(card), { timeLimitMs: 20_000 })
          tally[reading.kind]++
          if (reading.kind !== 'read') return
          if (reading.mrz.lines.join() !== card.lines.join()) wrong.push(`${condition.name} ${n}`)
          if (reading.changes.length > 0) tally.repaired++
          const logged = reading.seen.join().split('')
          for (const { line, column, to } of reading.changes) logged[(line - 1) * 31 + column - 1] = to
          expect(logged.join(''), 'every change is logged').toBe(reading.mrz.lines.join())
        }
        // Two at a time: one is drawn while the other is read.
        for (let n = 0; n < perCondition; n += 2) await Promise.all([one(n), one(n + 1)])
        const rate = tally.read / perCondition
        if (rate < (LEAST[condition.name] ?? 0.9)) poor.push(`${condition.name}: ${rate}`)
        rows.push(
          `${condition.name.padEnd(20)} read ${`${Math.round(rate * 100)}`.padStart(3)} %  repaired ${tally.repaired}  ambiguous ${tally.ambiguous}  cannot read ${tally.unread}`,
        )
      }
      console.log(rows.join('\n'))
      expect(wrong, 'texts accepted that do not stand there').toEqual([])
      expect(poor).toEqual([])
    },
    long ? 14_400_000 : 600_000,
  )

  test.skipIf(!font)(`a reading says where the MRZ lies and how sure each character is${skipped}`, async () => {
    const reading = await readMrzPicture(await cardBackPicture({ lines: LINES, seed: 1, dpi: 200, margin: 0 }))
    if (reading.kind !== 'read') throw new Error(`not read: ${reading.kind}`)
    expect(reading.mrz.lines).toEqual(LINES)
    expect(reading.vietnamese).toBe(true)
    expect(reading.characters.map(line => line.map(({ character }) => character).join(''))).toEqual(LINES)
    expect(Math.min(...reading.characters.flat().map(({ confidence }) => confidence))).toBeGreaterThan(0.999)
    expect(reading.unprotected.map(({ field }) => field)).toEqual(['sex', 'name'])
    const [topLeft, topRight, , bottomLeft] = reading.corners as [
      [number, number],
      [number, number],
      unknown,
      [number, number],
    ]
    const perMm = 200 / 25.4
    expect((topRight[0] - topLeft[0]) / perMm).toBeCloseTo(30 * 2.54, 0)
    expect((bottomLeft[1] - topLeft[1]) / perMm).toBeCloseTo(3 * 6.2, 0)
  })

  test.skipIf(!font)(`a passport’s two lines of 44 and a TD2’s of 36 are read${skipped}`, async () => {
    // The specimens of ICAO 9303-4 and 9303-6.
    const specimens = [
      ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'],
      ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6'],
    ]
    for (const lines of specimens) {
      const reading = await readMrzPicture(await cardBackPicture({ lines, seed: 2, dpi: 250, rotation: 2 }))
      expect(reading.kind === 'read' ? reading.mrz.lines : reading).toEqual(lines)
    }
  })

  test.skipIf(!font)(`an MRZ with a wrong check digit is not accepted, however clear it is${skipped}`, async () => {
    for (const [line, column, character] of [
      [0, 14, '9'],
      [1, 6, '8'],
      [1, 14, '0'],
      [1, 29, '1'],
    ] as const) {
      const lines = LINES.map((text, l) =>
        l === line ? text.slice(0, column) + character + text.slice(column + 1) : text,
      )
      const reading = await readMrzPicture(await cardBackPicture({ lines, seed: 3, dpi: 200 }))
      expect(reading).toEqual({ kind: 'unread', reason: 'CHECK_DIGITS' })
    }
  })

  test.skipIf(!font)(`a card whose two prints of the number differ is not accepted${skipped}`, async () => {
    const lines = ['IDVNM1600123458999160012346<<4', ...LINES.slice(1)]
    const reading = await readMrzPicture(await cardBackPicture({ lines, seed: 3, dpi: 200 }))
    expect(reading.kind).not.toBe('read')
  })
})

describe('pictures without an MRZ', () => {
  test.skipIf(!font)(`a card back whose MRZ is not printed, or half of it, cannot be read${skipped}`, async () => {
    const blank = ' '.repeat(30)
    for (const lines of [
      [blank, blank, blank],
      [LINES[0] as string, blank, blank],
      LINES.map(line => line.slice(0, 22)),
    ]) {
      const reading = await readMrzPicture(await cardBackPicture({ lines, seed: 5, noise: 5 }))
      expect(reading.kind, lines.join('\n')).not.toBe('read')
    }
  })

  test('noise, stripes, a chessboard and plain paper cannot be read', async () => {
    const [width, height] = [700, 440]
    const kinds: ((x: number, y: number) => number)[] = [
      () => 200,
      (x, y) => (x * 7919 + y * 104_729 + ((x * y) % 251) * 31) % 256,
      x => (x % 20 < 6 ? 30 : 220),
      (x, y) => (Math.floor(x / 10) % 2 === Math.floor(y / 10) % 2 ? 30 : 220),
      // Three rows of 30 boxes, as far apart as characters.
      (x, y) => (x % 22 > 7 && [100, 155, 210].some(top => y > top && y < top + 22) ? 30 : 220),
    ]
    for (const kind of kinds) {
      const data = Uint8Array.from({ length: width * height }, (_, i) => kind(i % width, Math.floor(i / width)))
      const bytes = await sharp(data, { raw: { width, height, channels: 1 } })
        .png()
        .toBuffer()
      const reading = await readMrzPicture(new Uint8Array(bytes))
      expect(reading.kind).toBe('unread')
    }
  })
})

describe('what is no picture', () => {
  test('bytes that are none, drawings and claims of endless size are refused as malformed', async () => {
    const hostile = [
      new Uint8Array(),
      new Uint8Array(100),
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>'),
      hugePng(),
    ]
    for (const bytes of hostile) {
      await expect(readMrzPicture(bytes)).rejects.toMatchObject({ code: 'IMAGE_MALFORMED' })
    }
  })

  test('damaged files throw nothing but FormatError', async () => {
    const data = new Uint8Array(160 * 100).map((_, i) => (i * 37) % 256)
    const raw = sharp(data, { raw: { width: 160, height: 100, channels: 1 } })
    const files = [
      await raw.clone().jpeg().toBuffer(),
      await raw.clone().png().toBuffer(),
      await raw.clone().webp().toBuffer(),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (file, flips, cut) => {
          const bytes = Uint8Array.from(files[file] as Uint8Array)
          for (const [at, value] of flips) bytes[at % bytes.length] = value
          const end = cut % 3 === 0 ? cut % bytes.length : bytes.length
          try {
            const { kind } = await readMrzPicture(bytes.slice(0, end))
            expect(kind).toBe('unread')
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError)
          }
        },
      ),
      { numRuns: long ? 3000 : 100 },
    )
  })
})

describe('the desk goes on', () => {
  test('while a picture is read, timers run', async () => {
    const data = new Uint8Array(2400 * 1500).map((_, i) => (i * 2_654_435_761) >>> 24)
    const bytes = await sharp(data, { raw: { width: 2400, height: 1500, channels: 1 } })
      .png({ compressionLevel: 1 })
      .toBuffer()
    let [last, longest] = [performance.now(), 0]
    const timer = setInterval(() => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }, 5)
    const begin = performance.now()
    await readMrzPicture(new Uint8Array(bytes))
    clearInterval(timer)
    // On a machine that is busy with other things timers wait, too, but never for most of a reading.
    expect(longest).toBeLessThan(Math.max(250, (performance.now() - begin) / 3))
  })

  test('time limit and abortion end a reading', async () => {
    const data = new Uint8Array(2400 * 2400).map((_, i) => (i * 2_654_435_761) >>> 24)
    const raw = sharp(data, { raw: { width: 2400, height: 2400, channels: 1 } })
    const bytes = new Uint8Array(await raw.png({ compressionLevel: 1 }).toBuffer())
    expect(await readMrzPicture(bytes, { timeLimitMs: 1 })).toMatchObject({ kind: 'unread' })
    const signal = AbortSignal.abort(new Error('stopped'))
    await expect(readMrzPicture(bytes, { signal })).rejects.toThrow('stopped')
    const later = new AbortController()
    setTimeout(() => later.abort(new Error('stopped later')), 50)
    await expect(readMrzPicture(bytes, { signal: later.signal })).rejects.toThrow('stopped later')
  })
})

/** A PNG of a few bytes that claims 60,000 × 60,000 pixels. */
function hugePng(): Uint8Array {
  const header = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
  const size = [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]
  return Uint8Array.from([...header, ...size, 8, 0, 0, 0, 0, 0, 0, 0, 0, ...new Array<number>(40).fill(0)])
}
