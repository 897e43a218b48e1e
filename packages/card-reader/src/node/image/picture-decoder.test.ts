import { deflateSync } from 'node:zlib'
import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import type { GreyImage } from './grey-image.ts'
import { decodePicture, openPictureDecoder } from './picture-decoder.ts'
import { plainSymbol } from './testing/card-picture.ts'
import { pdfOf } from './testing/pdf.ts'
import { seeded } from './testing/seeded.ts'

const LONG = process.env.CCCD_LONG !== undefined
/** A time limit for so many pictures, at the worst. */
const longest = (pictures: number): number => (LONG ? 7_200_000 : 2500 * pictures)

const TEXT =
  '999190012345|999000001|Nguyễn Thị Thử Nghiệm|15051990|Nữ|Số 12 Đường Ví Dụ, Phường Mẫu, TP. Thử Nghiệm|10082021'
const OTHER = '999085067890||Đặng Hữu Mẫu|02111985|Nam|Thôn Ví Dụ, Xã Giả Định, Tỉnh Mẫu|05092024||||'

const symbol = plainSymbol(TEXT)
const frame = { width: symbol.width, height: symbol.height, layout: 'grey' } as const
const raw = (image: GreyImage) =>
  sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 1 as const } })
const refused = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(FormatError)
  expect((error as FormatError).code).toBe('IMAGE_MALFORMED')
  return (error as FormatError).message
}

/** A true PNG of one bit a pixel, all black. */
function blankPng(side: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Uint8Array => {
    const body = Buffer.concat([Buffer.from(type), data])
    const whole = Buffer.alloc(body.length + 8)
    whole.writeUInt32BE(data.length, 0)
    body.copy(whole, 4)
    whole.writeUInt32BE(crc32(body), body.length + 4)
    return whole
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head[8] = 1
  const rows = deflateSync(new Uint8Array(side * (1 + Math.ceil(side / 8))), { level: 9 })
  const mark = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([mark, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))])
}

/** ISO 3309, as PNG has it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

describe('formats', () => {
  test.each([
    ['png', () => raw(symbol).png()],
    ['jpeg', () => raw(symbol).jpeg({ quality: 70 })],
    ['webp', () => raw(symbol).webp()],
  ] as const)('a card is read from %s, with its place in the picture', async (format, encode) => {
    const reading = await decodePicture(await encode().toBuffer())
    expect(reading).toMatchObject({ format, width: symbol.width, height: symbol.height, doubtful: [], timeUp: false })
    expect(reading.texts).toMatchObject([
      { text: TEXT, kind: 'card-qr', decoder: 'zxing', step: 'plain', page: 1, agreeing: ['zxing'] },
    ])
    const [topLeft, , bottomRight] = reading.texts[0]?.position ?? []
    expect(topLeft).toEqual({ x: 16, y: 16 })
    expect(bottomRight).toEqual({ x: symbol.width - 16, y: symbol.width - 16 })
  })

  test('a frame of a camera is read, grey or with colours', async () => {
    const rgba = new Uint8Array(4 * symbol.pixels.length)
    for (const [i, value] of symbol.pixels.entries()) rgba.fill(value, 4 * i, 4 * i + 4)
    for (const [bytes, layout] of [
      [symbol.pixels, 'grey'],
      [rgba, 'rgba'],
    ] as const) {
      const reading = await decodePicture(bytes, { frame: { ...frame, layout } })
      expect(reading.format).toBe('frame')
      expect(reading.texts.map(({ text }) => text)).toEqual([TEXT])
    }
    expect(symbol.pixels).toHaveLength(frame.width * frame.height)
  })

  test('dark on transparent is dark on white', async () => {
    const alpha = new Uint8Array(4 * symbol.pixels.length)
    for (const [i, value] of symbol.pixels.entries()) alpha[4 * i + 3] = 255 - value
    const png = await sharp(alpha, { raw: { width: frame.width, height: frame.height, channels: 4 } })
      .png()
      .toBuffer()
    expect((await decodePicture(png)).texts.map(({ text }) => text)).toEqual([TEXT])
  })

  test('every page of a PDF is read, with the place in points', async () => {
    const { format, texts } = await decodePicture(pdfOf([null, symbol, plainSymbol(OTHER)]))
    expect(format).toBe('pdf')
    expect(texts.map(({ text, page }) => ({ text, page }))).toEqual([
      { text: TEXT, page: 2 },
      { text: OTHER, page: 3 },
    ])
    const at = texts[0]?.position[0]
    expect(at?.x).toBeCloseTo(300 + (51 * 16) / symbol.width, 0)
    expect(at?.y).toBeCloseTo(491 + (51 * 16) / symbol.width, 0)
  }, 30_000)

  test('a small card on a large photo is found at full size', async () => {
    const large = sharp({ create: { width: 5200, height: 3900, channels: 3, background: '#8a8577' } })
    const small = await raw(plainSymbol(TEXT, 'M', 2))
      .png()
      .toBuffer()
    const jpeg = await large
      .composite([{ input: small, left: 4000, top: 2500 }])
      .jpeg({ quality: 90 })
      .toBuffer()
    const { texts } = await decodePicture(jpeg)
    expect(texts.map(({ text }) => text)).toEqual([TEXT])
    expect(texts[0]?.position[0]?.x).toBeGreaterThan(4000)
    expect(texts[0]?.position[0]?.x).toBeLessThan(4020)
  }, 30_000)
})

describe('what is in a picture', () => {
  const beside = (left: GreyImage, right: GreyImage): { pixels: Uint8Array; width: number; height: number } => {
    const width = left.width + right.width
    const height = Math.max(left.height, right.height)
    const pixels = new Uint8Array(width * height).fill(255)
    for (let y = 0; y < left.height; y++)
      pixels.set(left.pixels.subarray(y * left.width, (y + 1) * left.width), y * width)
    for (let y = 0; y < right.height; y++)
      pixels.set(right.pixels.subarray(y * right.width, (y + 1) * right.width), y * width + left.width)
    return { pixels, width, height }
  }

  test('two cards side by side are two texts, not a conflict', async () => {
    const { pixels, width, height } = beside(symbol, plainSymbol(OTHER))
    const { texts, doubtful } = await decodePicture(pixels, { frame: { width, height, layout: 'grey' } })
    expect(texts.map(({ text }) => text).sort()).toEqual([OTHER, TEXT])
    expect(doubtful).toEqual([])
  })

  test('a code of something else is a text of another kind', async () => {
    const other = plainSymbol('https://example.org/menu')
    const { texts } = await decodePicture(other.pixels, { frame: { ...other, layout: 'grey' } })
    expect(texts).toMatchObject([{ text: 'https://example.org/menu', kind: 'other' }])
  })

  test('an insurance card is told from an ID card', async () => {
    const hex = (text: string): string => Buffer.from(text).toString('hex')
    const text = `GD4990000000001|${hex('Nguyễn Văn Thử')}|01/01/1990|1|${hex('Xã Mẫu')}|99 - 001|01/01/2024|-|01/01/2024|99001|||||$`
    const image = plainSymbol(text)
    const { texts } = await decodePicture(image.pixels, { frame: { ...image, layout: 'grey' } })
    expect(texts).toMatchObject([{ text, kind: 'insurance-qr' }])
  })

  test('a picture without a code has no text, and all steps were tried', async () => {
    const pixels = Uint8Array.from({ length: 200 * 200 }, (_, i) => (i < 20_000 ? 200 : 60))
    const reading = await decodePicture(pixels, { frame: { width: 200, height: 200, layout: 'grey' } })
    expect(reading).toMatchObject({ texts: [], doubtful: [], timeUp: false })
    expect(reading.steps).toBeGreaterThan(10)
    const blank = await decodePicture(pixels.fill(99), { frame: { width: 200, height: 200, layout: 'grey' } })
    expect(blank).toMatchObject({ texts: [], steps: 0 })
  })
})

describe('hostile input', () => {
  test('bytes that are no picture are refused, and so are broken ones', async () => {
    await refused(decodePicture(new Uint8Array(0)))
    await refused(decodePicture(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')))
    const png = await raw(symbol).png().toBuffer()
    await refused(decodePicture(png.subarray(0, 60)))
    await refused(decodePicture(png.subarray(0, png.length / 2)))
    await refused(decodePicture(new TextEncoder().encode('%PDF-1.7\nnothing')))
  })

  test('a frame with too few or too many bytes, or of an absurd size, is refused', async () => {
    await refused(decodePicture(symbol.pixels.subarray(1), { frame }))
    await refused(decodePicture(symbol.pixels, { frame: { ...frame, layout: 'rgba' } }))
    for (const width of [0, -1, 1.5, Number.NaN, 1e9])
      await refused(decodePicture(symbol.pixels, { frame: { ...frame, width } }))
  })

  test('a few bytes that claim a billion pixels are refused before memory is asked for', async () => {
    const png = Buffer.from(
      await raw({ width: 8, height: 8, pixels: new Uint8Array(64) })
        .png()
        .toBuffer(),
    )
    png.writeUInt32BE(100_000, 16)
    png.writeUInt32BE(100_000, 20)
    const before = process.memoryUsage().rss
    await refused(decodePicture(png))
    // A true bomb: nothing but zeros, which pack a thousandfold.
    const bomb = blankPng(20_000)
    expect(await refused(decodePicture(bomb))).toContain('too large')
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
    // The same kind of file within the limit is only a picture without a code.
    expect((await decodePicture(blankPng(2000))).texts).toEqual([])
  }, 60_000)

  test(
    'mutated files and random bytes give a reading or FormatError, and nothing wrong is accepted',
    async () => {
      const files = await Promise.all(
        [raw(symbol).png(), raw(symbol).jpeg(), raw(symbol).webp()].map(one => one.toBuffer()),
      )
      const mutated = fc
        .tuple(
          fc.constantFrom(...files),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
          fc.boolean(),
        )
        .map(([file, changes, cut]) => {
          const bytes = Uint8Array.from(file)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          return cut ? bytes.subarray(0, (changes[0]?.[0] ?? 0) % bytes.length) : bytes
        })
      await fc.assert(
        fc.asyncProperty(
          fc.oneof({ weight: 4, arbitrary: mutated }, fc.uint8Array({ maxLength: 200 })),
          async bytes => {
            const outcome = await decodePicture(bytes, { timeLimitMs: 300 }).catch((thrown: unknown) => thrown)
            if (outcome instanceof FormatError) return outcome.code === 'IMAGE_MALFORMED'
            const { texts } = outcome as Awaited<ReturnType<typeof decodePicture>>
            return texts.every(({ text }) => text === TEXT)
          },
        ),
        { numRuns: LONG ? 5000 : 100 },
      )
      // A picture that holds its thread up until it is ended takes 2.3 s.
    },
    longest(100),
  )

  test(
    'mutated PDFs give a reading or FormatError',
    async () => {
      const file = pdfOf([symbol])
      const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255))
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async changes => {
          const bytes = Uint8Array.from(file)
          for (const [at, value] of changes) bytes[at] = value
          const outcome = await decodePicture(bytes, { timeLimitMs: 300 }).catch((thrown: unknown) => thrown)
          if (outcome instanceof FormatError) return outcome.code === 'IMAGE_MALFORMED'
          return (outcome as Awaited<ReturnType<typeof decodePicture>>).texts.every(({ text }) => text === TEXT)
        }),
        { numRuns: LONG ? 500 : 4 },
      )
    },
    longest(20),
  )

  test('PDF pages without end, too narrow, too wide or full of air are refused or blank, in little time and memory', async () => {
    const page = (size: string): Uint8Array =>
      Buffer.from(
        Buffer.from(pdfOf([null]))
          .toString('latin1')
          .replace('0 0 595 842', size),
        'latin1',
      )
    const before = process.memoryUsage().rss
    const begin = performance.now()
    for (const size of ['0 0 99999999 0.001', '0 0 999999999 999999999', '0 0 0 0', '5 5 -5 x']) {
      const outcome = await decodePicture(page(size), { timeLimitMs: 500 }).catch((thrown: unknown) => thrown)
      if (!(outcome instanceof FormatError)) expect(outcome, size).toMatchObject({ format: 'pdf', texts: [] })
    }
    // Drawing rectangles without end, packed a thousandfold.
    const air = pdfOf([null], deflateSync('0 0 500 500 re f\n'.repeat(3_000_000)))
    const outcome = await decodePicture(air, { timeLimitMs: 500 }).catch((thrown: unknown) => thrown)
    if (!(outcome instanceof FormatError)) expect(outcome).toMatchObject({ format: 'pdf', texts: [] })
    expect(performance.now() - begin).toBeLessThan(40_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(1_200_000_000)
  }, 120_000)

  test('noise without end is given up when the time is up', async () => {
    const chance = seeded(1)
    const [width, height] = [3000, 2000]
    const pixels = Uint8Array.from({ length: width * height }, () => (chance() < 0.5 ? 0 : 255))
    const begin = performance.now()
    const reading = await decodePicture(pixels, { frame: { width, height, layout: 'grey' }, timeLimitMs: 50 })
    expect(reading).toMatchObject({ texts: [], timeUp: true })
    expect(performance.now() - begin).toBeLessThan(10_000)
  }, 30_000)
})

describe('threads', () => {
  const decoder = openPictureDecoder({ threads: 2 })
  afterAll(() => decoder.close())

  test('the caller goes on while pictures are read', async () => {
    const chance = seeded(3)
    const noise = Uint8Array.from({ length: 360_000 }, () => 256 * chance())
    await decodePicture(symbol.pixels, { frame })
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const { ms } = await decodePicture(noise, { frame: { width: 600, height: 600, layout: 'grey' } })
    clearInterval(timer)
    expect(ms).toBeGreaterThan(50)
    // A share of what the reading took, since this machine may be busy with other things.
    expect(longest).toBeLessThan(Math.max(100, ms / 2))
  }, 30_000)

  test('many pictures at once all come back, each with its own text', async () => {
    const images = Array.from({ length: 40 }, (_, i) => plainSymbol(`https://example.org/${i}`))
    const readings = await Promise.all(
      images.map(one => decoder.decode(one.pixels, { frame: { ...one, layout: 'grey' } })),
    )
    expect(readings.map(({ texts }) => texts[0]?.text)).toEqual(images.map((_, i) => `https://example.org/${i}`))
  })

  test('a thread that holds on beyond its time is ended, and the next picture has a new one', async () => {
    const hard = openPictureDecoder()
    const chance = seeded(2)
    const pixels = Uint8Array.from({ length: 60_000_000 }, () => (chance() < 0.5 ? 0 : 255))
    const begin = performance.now()
    const outcome = await hard
      .decode(pixels, { frame: { width: 10_000, height: 6000, layout: 'grey' }, timeLimitMs: -1900 })
      .catch((thrown: unknown) => thrown)
    expect(outcome).toBeInstanceOf(FormatError)
    expect(performance.now() - begin).toBeLessThan(20_000)
    expect((await hard.decode(symbol.pixels, { frame })).texts).toHaveLength(1)
    await hard.close()
  }, 60_000)

  test('an answer that waited because the caller was busy is no picture that took too long', async () => {
    await decoder.decode(symbol.pixels, { frame })
    // From here on, timers are looked at before messages.
    await new Promise(resolve => setImmediate(resolve))
    const decoding = decoder.decode(symbol.pixels, { frame, timeLimitMs: -1400 })
    const begin = performance.now()
    while (performance.now() - begin < 1500) Math.sqrt(begin)
    expect((await decoding).texts).toHaveLength(1)
  })

  test('a closed decoder refuses', async () => {
    const closed = openPictureDecoder()
    const waiting = closed.decode(symbol.pixels, { frame })
    await Promise.all([refused(waiting), closed.close()])
    await refused(closed.decode(symbol.pixels, { frame }))
  })
})
