// Pictures of card backs: how many are read under each condition, and in what time; beside Debian's tesseract where it is
// installed, on the picture as it is and on the MRZ that we cut out of it.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { median, printTable } from './table.mjs'

const dist = new URL('../packages/card-reader/dist/node/mrz-image/', import.meta.url)
const load = name => import(new URL(name, dist))
const sharp = createRequire(new URL('../packages/card-reader/package.json', import.meta.url))('sharp')

/** Prints the table; `count` pictures under each condition. */
export async function benchMrzPictures(count = 6) {
  const { cardBackPicture, hasOcrB } = await load('testing/card-back.js')
  if (!hasOcrB()) {
    console.log("\nMRZ pictures are not measured: Debian's fonts-ocr-b is not installed")
    return
  }
  const { CONDITIONS, pictureOf } = await load('testing/conditions.js')
  const { greyOf } = await load('decode.js')
  const { readMrzPixels } = await load('read-picture.js')
  const hasTesseract = spawnSync('tesseract', ['--version']).status === 0
  const rows = []
  for (const condition of CONDITIONS) {
    const tally = { ours: 0, wrong: 0, ambiguous: 0, unread: 0, tesseract: 0, cut: 0, theirWrong: 0 }
    const times = { ours: [], tesseract: [] }
    for (let n = 900_000; n < 900_000 + count; n++) {
      const card = pictureOf(condition, n % 90_000)
      const bytes = await cardBackPicture(card)
      const begin = performance.now()
      const grey = await greyOf(bytes, 30)
      const reading = readMrzPixels(grey, () => false)
      times.ours.push(performance.now() - begin)
      if (reading.kind === 'read') tally[reading.mrz.lines.join() === card.lines.join() ? 'ours' : 'wrong']++
      else tally[reading.kind]++
      if (!hasTesseract) continue
      const png = await sharp(bytes).png().toBuffer()
      const start = performance.now()
      const whole = await tesseractVerdict(png, card.lines)
      times.tesseract.push(performance.now() - start)
      if (whole === 'read') tally.tesseract++
      const cut = reading.kind === 'unread' ? null : await cutOut(grey, reading.corners)
      const inner = cut === null ? 'none' : await tesseractVerdict(cut, card.lines)
      if (inner === 'read') tally.cut++
      if (whole === 'wrong' || inner === 'wrong') tally.theirWrong++
    }
    const rate = part => `${Math.round((100 * part) / count)} %`
    const own = [rate(tally.ours), tally.wrong, tally.ambiguous, tally.unread, `${Math.round(median(times.ours))} ms`]
    const theirs = [
      rate(tally.tesseract),
      rate(tally.cut),
      tally.theirWrong,
      `${Math.round(median(times.tesseract))} ms`,
    ]
    rows.push([condition.name, ...own, ...(hasTesseract ? theirs : [])])
  }
  printTable(
    `MRZ pictures, ${count} under each condition${hasTesseract ? '' : ' (tesseract-ocr is not installed)'}`,
    ['condition', 'read', 'wrong', 'ambiguous', 'cannot read', 'median'].concat(
      hasTesseract ? ['tesseract', 'on our cut', 'wrong', 'median'] : [],
    ),
    rows,
  )
}

/** Three lines that tesseract saw, put right by the same repair. */
async function tesseractVerdict(png, truth) {
  const { repairMrz } = await import('../packages/mrz/dist/index.js')
  const options = ['--psm', '6', '-c', 'tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<']
  const plain = ['-c', 'load_system_dawg=0', '-c', 'load_freq_dawg=0']
  const { stdout } = spawnSync('tesseract', ['-', '-', ...options, ...plain], { input: png })
  const lines = String(stdout)
    .split('\n')
    .map(line => line.replace(/\s/g, ''))
    .filter(line => line.length >= 27 && line.length <= 33)
  for (let i = 0; i + 3 <= lines.length; i++) {
    try {
      const { status, mrz } = repairMrz(lines.slice(i, i + 3))
      if (status !== 'unchanged' && status !== 'repaired') continue
      return mrz.lines.join() === truth.join() ? 'read' : 'wrong'
    } catch {
      // Not the lines of an MRZ.
    }
  }
  return 'none'
}

async function cutOut(grey, corners) {
  const { mapped, mappingOf } = await load('mapping.js')
  const { sampleAt } = await load('grey.js')
  const [width, height, edge] = [1500, 470, 40]
  const frame = [
    [edge, edge],
    [width - edge, edge],
    [width - edge, height - edge],
    [edge, height - edge],
  ]
  const mapping = mappingOf(corners.map((to, i) => ({ from: frame[i], to, weight: 1 })))
  const data = new Uint8Array(width * height)
  for (let i = 0; i < data.length; i++) {
    const [x, y] = mapped(mapping, i % width, Math.floor(i / width))
    data[i] = sampleAt(grey, x, y)
  }
  return sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer()
}
