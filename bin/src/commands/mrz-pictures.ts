import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import {
  type MrzPictureReading,
  type PictureChange,
  readMrzPicture,
  type UnreadReason,
} from '@cccd/card-reader/mrz-image'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { mrzData, mrzTable } from '../mrz-view.ts'
import { type Output, UsageError } from '../output.ts'
import { pictureFault, readPictureFile } from '../picture-file.ts'
import type { Context } from '../wiring.ts'

/** What came of one file. */
interface PictureResult {
  readonly file: string
  readonly reading: MrzPictureReading | null
  readonly fault: Text | null
}

/** The words as files of pictures; null when they are the lines of an MRZ or nothing. Throws UsageError when they are
 * both. */
export async function mrzPictureFiles(words: readonly string[]): Promise<readonly string[] | null> {
  const are = await Promise.all(words.map(isPicture))
  if (!are.includes(true)) return null
  const other = are.indexOf(false)
  if (other === -1) return words
  // What is no picture may be a line of an MRZ, which no message repeats.
  throw new UsageError({
    vi: `Hoặc các dòng MRZ, hoặc các tệp ảnh: từ thứ ${other + 1} không phải tệp ảnh.`,
    en: `Either the lines of an MRZ or picture files: word ${other + 1} is no picture file.`,
  })
}

async function isPicture(word: string): Promise<boolean> {
  if (/^[A-Z0-9<\s,]+$/.test(word) || word.length > 1000) return false
  if (/\.(?:png|jpe?g|webp|tiff?|heic|heif|avif|gif)$/i.test(word)) return true
  return stat(word).then(
    found => found.isFile(),
    () => false,
  )
}

/** Reads the pictures, several at a time, and tells of each what is in it, in the order given. */
export async function mrzPictures(context: Context, files: readonly string[]): Promise<ExitCode> {
  const { output, signal } = context
  const results: PictureResult[] = []
  let [next, done] = [0, 0]
  const work = async (): Promise<void> => {
    while (next < files.length && !signal.aborted) {
      const at = next++
      results[at] = await readOne(files[at] as string, signal)
      done++
      output.status(output.pick({ vi: `Đã đọc ${done}/${files.length} ảnh`, en: `Read ${done} of ${files.length}` }))
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(files.length, availableParallelism(), 5) }, work))
  } catch (error) {
    if (!signal.aborted) throw error
  }
  output.status('')
  const told = results.filter(one => one !== undefined)
  const [only] = told
  output.result({ pictures: told.map(asData) }, () =>
    files.length === 1 && only !== undefined ? wholeOf(output, only) : told.flatMap(one => linesOf(output, one)),
  )
  if (signal.aborted) return EXIT.cancelled
  if (told.some(({ fault }) => fault !== null)) return EXIT.file
  return told.every(({ reading }) => reading?.kind === 'read') ? EXIT.ok : EXIT.input
}

async function readOne(file: string, signal: AbortSignal): Promise<PictureResult> {
  try {
    return { file, reading: await readMrzPicture(await readPictureFile(file), { signal }), fault: null }
  } catch (error) {
    return { file, reading: null, fault: pictureFault(error) }
  }
}

function asData({ file, reading, fault }: PictureResult): unknown {
  if (reading === null) return { file, error: fault?.en }
  if (reading.kind === 'unread') return { file, ...reading }
  if (reading.kind === 'read') return { file, ...reading, mrz: mrzData(reading.mrz).data }
  const candidates = reading.candidates.map(one => ({ ...one, mrz: mrzData(one.mrz).data }))
  return { file, ...reading, candidates }
}

/** One picture by itself: all its fields. */
function wholeOf(output: Output, result: PictureResult): string[] {
  const { reading } = result
  if (reading?.kind !== 'read') return linesOf(output, result)
  const clear: Text = {
    vi: '✔ Mọi chữ số kiểm tra đều đúng. Tên và giới tính không có chữ số kiểm tra: đối chiếu với thẻ.',
    en: '✔ Every check digit is right. Names and sex have none: compare them with the card.',
  }
  return [...mrzTable(output, reading.mrz), '', ...changeLines(output, reading.changes), output.pick(clear)]
}

function linesOf(output: Output, { file, reading, fault }: PictureResult): string[] {
  if (reading === null) return [`${file}: ! ${output.pick(fault ?? { vi: '', en: '' })}`]
  if (reading.kind === 'unread') return [`${file}: ! ${output.pick(REASONS[reading.reason])}`]
  if (reading.kind === 'read') {
    const { documentNumber, primaryIdentifier, secondaryIdentifier } = reading.mrz
    const name = `${primaryIdentifier} ${secondaryIdentifier}`.trim()
    return [`${file}: ${documentNumber} ${name}`, ...changeLines(output, reading.changes).map(line => `  ${line}`)]
  }
  const heading = output.pick({
    vi: `có ${reading.candidates.length} cách đọc, hãy so với thẻ:`,
    en: `${reading.candidates.length} readings, compare them with the card:`,
  })
  return [
    `${file}: ? ${heading}`,
    ...reading.candidates.flatMap(({ mrz, likelihood }) => [
      `  ${Math.round(likelihood * 100)} %`,
      ...mrz.lines.map(line => `    ${line}`),
    ]),
  ]
}

const REASONS: Readonly<Record<UnreadReason, Text>> = {
  NO_MRZ: { vi: 'không thấy MRZ', en: 'no MRZ is to be seen' },
  UNCLEAR: {
    vi: 'MRZ không đủ rõ: chụp lại gần hơn, đủ sáng',
    en: 'the MRZ is not clear enough: closer, with more light',
  },
  CHECK_DIGITS: {
    vi: 'chữ số kiểm tra không khớp: chụp lại, hoặc xem kỹ thẻ',
    en: 'check digits do not hold: take it again, or look closely at the card',
  },
  TIME_LIMIT: { vi: 'hết giờ', en: 'time is up' },
}

function changeLines(output: Output, changes: readonly PictureChange[]): string[] {
  return changes.map(({ line, column, from, to, proof }) =>
    output.pick({
      vi: `~ dòng ${line}, cột ${column}: “${from}” thành “${to}” (${PROOFS[proof].vi})`,
      en: `~ line ${line}, column ${column}: “${from}” to “${to}” (${PROOFS[proof].en})`,
    }),
  )
}

const PROOFS: Readonly<Record<PictureChange['proof'], Text>> = {
  layout: { vi: 'theo bố cục', en: 'by the layout' },
  'printed-twice': { vi: 'in hai lần', en: 'printed twice' },
  'check-digit': { vi: 'theo chữ số kiểm tra', en: 'by check digits' },
}
