import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { openPictureDecoder } from './picture-decoder.ts'

// The pictures are not part of the project: they are read from CCCD_TEST_DATA, else from ../shared/data.
const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../../../shared/data', import.meta.url))
const folder = `${data}/qr/zxing-cpp`
const absent = !existsSync(folder)
const title = (text: string): string => (absent ? `${text} (skipped: no test data at CCCD_TEST_DATA)` : text)

const decoder = openPictureDecoder()
afterAll(() => decoder.close())

const TURNS = [0, 90, 180, 270] as const

/** What zxing-cpp's own test demands of it, the better of its two speeds, for each turn of the picture. */
function publishedRates(set: string): readonly number[] {
  const peers = JSON.parse(readFileSync(`${data}/qr/peer-rates.json`, 'utf8'))['zxing-cpp'][set]
  const byTurn = peers['fast/slow@0,90,180,270'] as [number, number][] | undefined
  if (byTurn) return byTurn.map(pair => Math.max(...pair))
  const all: number | undefined = peers.all ?? peers['all rotations']
  return all === undefined ? [Math.max(...[peers['fast/slow@0'] ?? peers['fast@0']].flat())] : TURNS.map(() => all)
}

// A picture with one code inside another: the outer one is in it too.
const ALSO_THERE = new Map([['qrcode-2/16.webp', '外側QRコード']])

interface Rate {
  readonly read: number
  readonly wrong: readonly string[]
}

async function rate(set: string, turn: number): Promise<Rate> {
  let read = 0
  const wrong: string[] = []
  for (const name of readdirSync(`${folder}/${set}`)) {
    const answer = `${folder}/${set}/${name.replace(/\.\w+$/, '')}.txt`
    if (name.endsWith('.txt') || !existsSync(answer)) continue
    const file = readFileSync(`${folder}/${set}/${name}`)
    const { texts } = await decoder.decode(turn === 0 ? file : await sharp(file).rotate(turn).png().toBuffer())
    const expected = readFileSync(answer, 'utf8')
    if (texts.some(({ text }) => text === expected)) read++
    const also = ALSO_THERE.get(`${set}/${name}`)
    for (const { text, kind } of texts) {
      if (text !== expected && !(also && text.includes(also))) wrong.push(name)
      if (kind !== 'other') wrong.push(`${name} as ${kind}`)
    }
  }
  return { read, wrong }
}

describe.skipIf(absent)(title('the pictures that zxing-cpp tests itself with'), () => {
  const sets = absent ? [] : readdirSync(folder).filter(set => set !== 'qrcode-7')

  test.each(sets)('%s: as many are read as zxing-cpp reads, and none wrongly', async set => {
    const published = publishedRates(set)
    const measured = await Promise.all(published.map((_, i) => rate(set, TURNS[i] as number)))
    console.log(`${set}: ${measured.map(({ read }) => read).join(' ')} (published: ${published.join(' ')})`)
    for (const [i, { read, wrong }] of measured.entries()) {
      expect(read, `turned by ${TURNS[i]}`).toBeGreaterThanOrEqual(published[i] as number)
      expect(wrong).toEqual([])
    }
  })

  test('one part of a text that is spread over four symbols is no text', async () => {
    for (const part of ['01-01', '01-02', '01-03', '01-04']) {
      const { texts, doubtful } = await decoder.decode(readFileSync(`${folder}/qrcode-7/${part}.png`))
      expect(texts).toEqual([])
      expect(doubtful.map(({ doubt }) => doubt)).toContain('PART_OF_SEVERAL')
    }
  })
})
