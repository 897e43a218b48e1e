// Pictures of card backs: how many are read under each condition, and in what time; beside Debian's tesseract where it is
// installed, on the picture as it is and on the MRZ that we cut out of it and laid straight. What tesseract sees goes through
// the same repair, and counts as read when all check digits hold.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { FormatError, repairMrz } from '@cccd/mrz'
import { median, printTable, progress } from './table.mjs'

const dist = new URL('../packages/card-reader/dist/node/mrz-image/', import.meta.url)
const load = name => import(new URL(name, dist))
const sharp = createRequire(new URL('../packages/card-reader/package.json', import.meta.url))('sharp')
const PICTURES = Number(process.env.CCCD_MRZ_PICTURES ?? 2)

/** Prints the table; `count` pictures under each condition. */
export async function benchMrzPictures(count = PICTURES) {
  const { cardBackPicture, hasOcrB } = await load('testing/card-back.js')
  if (!hasOcrB()) {
    console.log("\nMRZ pictures are not measured: Debian's fonts-ocr-b is not installed.")
    return
  }
  const { CONDITIONS, pictureOf } = await load('testing/conditions.js')
  const { greyOf } = await load('decode.js')
  const { readMrzPixels } = await load('read-picture.js')
  const hasTesseract = spawnSync('tesseract', ['--version']).status === 0
  const told = progress('MRZ pictures', CONDITIONS.length * count)
  const rows = []
  const total = newTally()
  for (const condition of CONDITIONS) {
    const tally = newTally()
    for (let n = 90_000; n < 90_000 + count; n++) {
      const card = pictureOf(condition, n)
      const bytes = await cardBackPicture(card)
      const begin = performance.now()
      const grey = await greyOf(bytes, 30)
      const reading = readMrzPixels(grey, () => false)
      tally.ourTimes.push(performance.now() - begin)
      if (reading.kind === 'read') tally[reading.mrz.lines.join() === card.lines.join() ? 'read' : 'wrong']++
      else tally[reading.kind]++
      if (hasTesseract) await addTheirs(tally, { bytes, grey, reading, truth: card.lines })
      told()
    }
    for (const [key, value] of Object.entries(tally)) total[key] = total[key].concat?.(value) ?? total[key] + value
    rows.push(rowOf(condition.name, tally, count, hasTesseract))
  }
  rows.push(rowOf('all', total, count * CONDITIONS.length, hasTesseract))
  printTable(
    `MRZ pictures, ${count} under each condition${hasTesseract ? '; tesseract (psm 6, MRZ characters alone) with the same repair' : ''}`,
    ['condition', 'read', 'wrong', 'ambiguous', 'cannot read', 'ms'].concat(
      hasTesseract ? ['tesseract', 'on our cut', 'lines 1, 2 right', 'wrong', 'where ours did not', 'ms'] : [],
    ),
    rows,
  )
  if (!hasTesseract) console.log('tesseract is not measured: the package tesseract-ocr is not installed.')
}

function newTally() {
  const ours = { read: 0, wrong: 0, ambiguous: 0, unread: 0, ourTimes: [] }
  return { ...ours, whole: 0, cut: 0, twoLines: 0, theirWrong: 0, onlyThey: 0, theirTimes: [] }
}

function rowOf(name, tally, count, hasTesseract) {
  const rate = part => `${Math.round((100 * part) / count)} %`
  const ours = [name, rate(tally.read), tally.wrong, tally.ambiguous, tally.unread, Math.round(median(tally.ourTimes))]
  if (!hasTesseract) return ours
  const { whole, cut, twoLines, theirWrong, onlyThey, theirTimes } = tally
  return [...ours, rate(whole), rate(cut), rate(twoLines), theirWrong, onlyThey, Math.round(median(theirTimes))]
}

async function addTheirs(tally, { bytes, grey, reading, truth }) {
  const png = await sharp(bytes).png({ compressionLevel: 1 }).toBuffer()
  const start = performance.now()
  const whole = verdictOn(tesseract(png), truth)
  tally.theirTimes.push(performance.now() - start)
  const seen = reading.kind === 'unread' ? [] : tesseract(await cutOut(grey, reading.corners))
  const inner = verdictOn(seen, truth)
  if (whole === 'read') tally.whole++
  if (inner === 'read') tally.cut++
  if (seen[0] === truth[0] && seen[1] === truth[1]) tally.twoLines++
  if (whole === 'wrong' || inner === 'wrong') tally.theirWrong++
  if (reading.kind !== 'read' && (whole === 'read' || inner === 'read')) tally.onlyThey++
}

/** The lines that tesseract sees, without blanks; none when it takes longer than a person would wait. */
function tesseract(png) {
  const options = ['--psm', '6', '-c', 'tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<']
  const plain = ['-c', 'load_system_dawg=0', '-c', 'load_freq_dawg=0']
  // Its threads hinder one another on small pictures.
  const env = { ...process.env, OMP_THREAD_LIMIT: '1' }
  const { stdout } = spawnSync('tesseract', ['-', '-', ...options, ...plain], { input: png, env, timeout: 5000 })
  return String(stdout)
    .split('\n')
    .map(line => line.replace(/\s/g, ''))
    .filter(line => line.length >= 27 && line.length <= 33)
}

/** What the same repair makes of three lines in a row. */
function verdictOn(lines, truth) {
  for (let i = 0; i + 3 <= lines.length; i++) {
    const { status, mrz } = repaired(lines.slice(i, i + 3))
    if (status !== 'unchanged' && status !== 'repaired') continue
    return mrz.lines.join() === truth.join() ? 'read' : 'wrong'
  }
  return 'none'
}

function repaired(lines) {
  try {
    return repairMrz(lines)
  } catch (error) {
    if (error instanceof FormatError) return { status: 'no MRZ', mrz: null }
    throw error
  }
}

/** The MRZ laid straight, 22 pixels from one character to the next: of several sizes tesseract read this one best. */
async function cutOut(grey, corners) {
  const { mapped, mappingOf } = await load('mapping.js')
  const { sampleAt } = await load('grey.js')
  const [width, height, edge] = [740, 242, 40]
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

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await benchMrzPictures()
