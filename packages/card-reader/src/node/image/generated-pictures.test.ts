import { holders } from '@cccd/fixtures'
import { formatCardQr, type PartialDate, parsePartialDate } from '@cccd/mrz'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import type { GreyImage } from './grey-image.ts'
import { jsqr } from './jsqr.ts'
import { openPictureDecoder } from './picture-decoder.ts'
import { cardPicture } from './testing/card-picture.ts'
import { CONDITION_NAMES } from './testing/condition.ts'
import { zbar } from './zbar.ts'
import { zxing } from './zxing.ts'

const LONG = process.env.CCCD_LONG !== undefined
const PICTURES = LONG ? 10_000 : 300
const decoder = openPictureDecoder()
afterAll(() => decoder.close())

// The long name lives at an address with every letter there is: 400 bytes, twice what any card holds.
const texts = Object.entries(holders)
  .filter(([name]) => name !== 'longName')
  .flatMap(([, holder]) =>
    (['2021', '2024'] as const).map(variant =>
      formatCardQr({
        ...holder,
        variant,
        oldNumber: holder.oldNumber ?? '',
        dateOfBirth: parsePartialDate(holder.dateOfBirth) as PartialDate,
        address: holder.placeOfResidence,
        dateOfIssue: parsePartialDate(holder.dateOfIssue) as PartialDate,
      }),
    ),
  )

/** Whether one decoder alone reads the picture as it is. jsQR takes longer than all else here together, and is asked only
 * where `ours` reads nothing: so too few count as readable at times, never one too few as missed. */
async function anyReads(bytes: Uint8Array, text: string, ours: Promise<boolean>): Promise<boolean> {
  const { data, info } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true })
  const image: GreyImage = { width: info.width, height: info.height, pixels: new Uint8Array(data) }
  const plain = [(given: GreyImage) => zxing(given, { threshold: 'local', denoise: false }), zbar]
  for (const decode of plain) if ((await decode(image)).some(one => one.text === text)) return true
  if (!LONG && (await ours)) return false
  return (await jsqr(image)).some(one => one.text === text)
}

describe(`${PICTURES} generated pictures of card QRs`, () => {
  const wrong: string[] = []
  let [readable, readByUs, ours, doubtful] = [0, 0, 0, 0]

  test(
    'at least 97 of 100 that any decoder reads by itself are read',
    async () => {
      for (let seed = 0; seed < PICTURES; seed++) {
        const { bytes, text, condition, dpi } = await cardPicture(texts, seed)
        // Both at a time: ours has a thread of its own.
        // A machine that is busy with other things reads no worse, only later.
        const decoding = decoder.decode(bytes, { timeLimitMs: 60_000 })
        const isCard = decoding.then(({ texts }) => texts.some(one => one.text === text && one.kind === 'card-qr'))
        const [any, reading, read] = await Promise.all([anyReads(bytes, text, isCard), decoding, isCard])
        for (const one of reading.texts) if (one.text !== text) wrong.push(`picture ${seed}, ${condition}, ${dpi} dpi`)
        if (reading.doubtful.length > 0) doubtful++
        if (read) ours++
        if (any) readable++
        if (any && read) readByUs++
        if ((seed + 1) % 1000 === 0 || seed + 1 === PICTURES) {
          console.log(
            `QR pictures: ${readByUs} of ${readable} that any one decoder reads, ${ours} of ${seed + 1} in all; ` +
              `${wrong.length} wrong, ${doubtful} doubtful`,
          )
        }
      }
      expect(readable).toBeGreaterThan(PICTURES / 2)
      expect(readByUs / readable).toBeGreaterThanOrEqual(0.97)
    },
    LONG ? 7_200_000 : 600_000,
  )

  test('no wrong text is accepted, not even of one of them', () => {
    expect(ours).toBeGreaterThan(0)
    expect(wrong).toEqual([])
  })
})

test('the same seed gives the same picture, another seed another', async () => {
  const [one, again, other] = [await cardPicture(texts, 7), await cardPicture(texts, 7), await cardPicture(texts, 22)]
  expect(again.bytes).toEqual(one.bytes)
  expect(other.condition).toBe(one.condition)
  expect(other.bytes).not.toEqual(one.bytes)
})

test('every condition takes its turn', async () => {
  const seen = new Set<string>()
  for (let seed = 100; seed < 100 + CONDITION_NAMES.length; seed++) seen.add((await cardPicture(texts, seed)).condition)
  expect([...seen].sort()).toEqual([...CONDITION_NAMES].sort())
})
