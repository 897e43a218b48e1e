import type { CardToolkitError } from '@cccd/card-core'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { PORTRAIT_BUDGET, portraitForChip } from './portrait-to-print.ts'

/** Noise, which no coding makes small. */
async function noise(width: number, height: number): Promise<Uint8Array> {
  let state = 7
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state * 48_271) % 2_147_483_647
    return state & 255
  })
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer()
}
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#88aacc' } })
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: CardToolkitError) => error.code,
  )

test('a large picture becomes a baseline JPEG of the size asked for, within its bytes and near to them', async () => {
  // A landscape of many edges, blurred as photographs are.
  const picture = await sharp(await noise(900, 1200))
    .blur(2)
    .jpeg({ quality: 95 })
    .toBuffer()
  const jpeg = await portraitForChip(picture)
  expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 300, height: 400, isProgressive: false })
  expect(jpeg.length).toBeLessThanOrEqual(PORTRAIT_BUDGET.mostBytes)
  expect(jpeg.length).toBeGreaterThan(PORTRAIT_BUDGET.mostBytes * 0.8)
})

test('a picture that fits is left byte for byte, one that carries metadata is not', async () => {
  const good = new Uint8Array(await plain(300, 400).jpeg().toBuffer())
  expect(await portraitForChip(good)).toBe(good)
  const told = await plain(300, 400)
    .withExif({ IFD0: { Artist: 'SOMEBODY' } })
    .jpeg()
    .toBuffer()
  expect(told.includes('SOMEBODY')).toBe(true)
  const clean = await portraitForChip(told)
  expect(Buffer.from(clean).includes('SOMEBODY')).toBe(false)
  expect((await sharp(clean).metadata()).exif).toBeUndefined()
})

test('a picture that lies on its side by its EXIF stands upright afterwards', async () => {
  // Left half black, right half white; orientation 6 says: turn a quarter clockwise, so black comes on top.
  const half = await plain(200, 300).png().toBuffer()
  const lying = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#ffffff' } })
    .composite([{ input: await sharp(half).linear(0, 0).png().toBuffer(), left: 0, top: 0 }])
    .jpeg({ quality: 95 })
    .withMetadata({ orientation: 6 })
    .toBuffer()
  const upright = await portraitForChip(new Uint8Array(lying))
  // Statistics are of the input, so the piece is cut out first.
  const at = async (top: number) => {
    const piece = await sharp(upright).extract({ left: 140, top, width: 20, height: 20 }).greyscale().png().toBuffer()
    return (await sharp(piece).stats()).channels[0]?.mean
  }
  expect(await at(40)).toBeLessThan(30)
  expect(await at(340)).toBeGreaterThan(225)
})

test('what shines through becomes white', async () => {
  const clear = await sharp({
    create: { width: 300, height: 400, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer()
  const { channels } = await sharp(await portraitForChip(clear)).stats()
  expect(channels.map(({ mean }) => Math.round(mean / 5))).toEqual([51, 51, 51])
})

test('no picture, a cut one, and one that only fits unrecognisably are refused', async () => {
  const picture = await noise(600, 800)
  expect(await code(portraitForChip(new Uint8Array(100)))).toBe('IMAGE_MALFORMED')
  expect(await code(portraitForChip(new Uint8Array()))).toBe('IMAGE_MALFORMED')
  expect(await code(portraitForChip(picture.subarray(0, picture.length / 2)))).toBe('IMAGE_MALFORMED')
  expect(await code(portraitForChip(picture, { width: 300, height: 400, mostBytes: 4000 }))).toBe('IMAGE_MALFORMED')
})
