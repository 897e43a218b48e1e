// QR pictures: every decoder by itself on the picture as it is, beside our cascade, on generated pictures of card QRs and
// on the published pictures where they are; and what each step of the cascade adds, which is why the order is as it is.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openPictureDecoder } from '@cccd/card-reader/image'
import { holders } from '@cccd/fixtures'
import { cardQrText } from '@cccd/personalization'
import jsqrPackage from 'jsqr'
import sharp from 'sharp'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { cardPicture } from '../packages/card-reader/dist/node/image/testing/card-picture.js'
import { zbar } from '../packages/card-reader/dist/node/image/zbar.js'
import { median, printTable, progress } from './table.mjs'

const jsQR = jsqrPackage.default ?? jsqrPackage
const PICTURES = Number(process.env.CCCD_QR_PICTURES ?? 150)
const CODES = ['zxing-wasm', 'zbar-wasm', 'jsqr', 'ours']

/** What the packages do when they are used as their own documentation says. */
const plain = {
  'zxing-wasm': async image => {
    const found = await readBarcodes(rgbaOf(image), { formats: ['QRCode', 'MicroQRCode'] })
    return found.map(({ text }) => text)
  },
  'zbar-wasm': async image => (await zbar(image)).map(({ text }) => text),
  jsqr: async image => {
    const { data, width, height } = rgbaOf(image)
    const found = jsQR(data, width, height)
    return found ? [found.data] : []
  },
}

function rgbaOf({ width, height, pixels }) {
  const data = new Uint8ClampedArray(4 * pixels.length)
  for (let i = 0; i < pixels.length; i++) data.fill(pixels[i], 4 * i, 4 * i + 4)
  return { data, width, height }
}

/** Hits and wrong texts of one decoder in one group of pictures, with the time of each. */
class Score {
  hits = 0
  wrong = 0
  times = []
  add(texts, expected, ms) {
    if (texts.includes(expected)) this.hits++
    else if (texts.length > 0) this.wrong++
    this.times.push(ms)
  }
}

async function timed(work) {
  const begin = process.hrtime.bigint()
  const result = await work()
  return { result, ms: Number(process.hrtime.bigint() - begin) / 1e6 }
}

async function measure(decoder, pictures, told = () => undefined) {
  const groups = new Map()
  const firstTimes = []
  const steps = new Map()
  for await (const { group, bytes, text } of pictures) {
    const scores = groups.get(group) ?? Object.fromEntries(['any', ...CODES].map(code => [code, new Score()]))
    groups.set(group, scores)
    const load = await timed(() =>
      sharp(bytes).flatten({ background: '#fff' }).greyscale().raw().toBuffer({ resolveWithObject: true }),
    )
    const { data, info } = load.result
    const image = { width: info.width, height: info.height, pixels: Uint8Array.from(data) }
    let any = false
    for (const code of CODES.slice(0, 3)) {
      const { result, ms } = await timed(() => plain[code](image))
      scores[code].add(result, text, load.ms + ms)
      any ||= result.includes(text)
    }
    const { result, ms } = await timed(() => decoder.decode(bytes))
    scores.ours.add(
      result.texts.map(one => one.text),
      text,
      ms,
    )
    scores.any.add(any ? [text] : [], text, 0)
    const read = result.texts.find(one => one.text === text)
    if (read) {
      const name = `${read.decoder}, ${read.step}`
      steps.set(name, [...(steps.get(name) ?? []), ms])
      if (result.steps === 1) firstTimes.push(ms)
    }
    told()
  }
  return { groups, firstTimes, steps }
}

function print(title, { groups, firstTimes, steps }) {
  const all = Object.fromEntries(['any', ...CODES].map(code => [code, new Score()]))
  for (const scores of groups.values()) {
    for (const [code, score] of Object.entries(scores)) {
      all[code].hits += score.hits
      all[code].wrong += score.wrong
      all[code].times.push(...score.times)
    }
  }
  const rows = [...groups, ['all', all]].map(([group, scores]) => [
    group,
    scores.any.times.length,
    ...CODES.flatMap(code => [scores[code].hits, median(scores[code].times).toFixed(1)]),
    scores.any.hits,
    CODES.map(code => scores[code].wrong).join(' / '),
  ])
  printTable(title, ['condition', 'pictures', ...CODES.flatMap(code => [code, 'ms']), 'any one', 'other text'], rows)
  console.log(
    `first step succeeds: ${firstTimes.length} pictures, median ${median(firstTimes).toFixed(1)} ms with file and thread (aim < 15 ms)`,
  )
  printTable(
    'What each step of ours added, in its order',
    ['step', 'pictures', 'median ms until then'],
    [...steps]
      .sort((a, b) => b[1].length - a[1].length)
      .map(([name, times]) => [name, times.length, median(times).toFixed(1)]),
  )
}

async function* generated(count) {
  const people = Object.entries(holders).filter(([name]) => name !== 'longName')
  const texts = people.flatMap(([, holder]) => [cardQrText(holder, '2021'), cardQrText(holder, '2024')])
  for (let seed = 0; seed < count; seed++) {
    const { condition, bytes, text } = await cardPicture(texts, seed)
    yield { group: condition, bytes, text }
  }
}

async function* published(folder) {
  for (const group of readdirSync(folder)) {
    for (const name of readdirSync(`${folder}/${group}`)) {
      const texts = `${folder}/${group}/${name.replace(/\.\w+$/, '')}.txt`
      if (name.endsWith('.txt') || !existsSync(texts)) continue
      yield { group, bytes: readFileSync(`${folder}/${group}/${name}`), text: readFileSync(texts, 'utf8') }
    }
  }
}

export async function benchQrPictures() {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))
  prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } })
  const decoder = openPictureDecoder()
  try {
    // The first pictures pay for loading the decoders.
    await measure(decoder, generated(15))
    print(
      `QR pictures of cards: 18 mm, 200 to 1200 dpi, ${PICTURES} pictures; read, and median ms from file to text`,
      await measure(decoder, generated(PICTURES), progress('QR pictures', PICTURES)),
    )
    const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url))
    if (existsSync(`${data}/qr/zxing-cpp`)) {
      print('QR pictures that zxing-cpp tests itself with', await measure(decoder, published(`${data}/qr/zxing-cpp`)))
    } else console.log('\nThe published pictures are not here: set CCCD_TEST_DATA.')
  } finally {
    await decoder.close()
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await benchQrPictures()
