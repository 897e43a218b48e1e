import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { openPictureDecoder, type PictureReading } from '@cccd/card-reader/image'
import { accessAttempts, accessKeysFromScan, parseScan } from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { UsageError } from '../output.ts'
import { pictureFault, readPictureFile } from '../picture-file.ts'
import type { Context } from '../wiring.ts'

/** What came of one file. */
interface PictureResult {
  readonly file: string
  readonly reading: PictureReading | null
  readonly fault: Text | null
}

/** The words as files of pictures; null when they are the text of a QR or nothing. Throws UsageError when they are both. */
export async function pictureFiles(words: readonly string[]): Promise<readonly string[] | null> {
  const are = await Promise.all(words.map(isPicture))
  if (!are.includes(true)) {
    if (words.length > 1) {
      throw new UsageError({ vi: 'Chỉ một nội dung QR mỗi lần.', en: 'One QR text at a time.' })
    }
    return null
  }
  if (are.includes(false)) {
    // The word itself may be the text of somebody's QR.
    const place = are.indexOf(false) + 1
    throw new UsageError({
      vi: `Đối số thứ ${place} không phải tệp ảnh.`,
      en: `Argument ${place} is no picture file.`,
    })
  }
  return words
}

async function isPicture(word: string): Promise<boolean> {
  if (word === '-' || word.includes('|') || word.length > 1000) return false
  if (/\.(?:png|jpe?g|webp|pdf)$/i.test(word)) return true
  return stat(word).then(
    found => found.isFile(),
    () => false,
  )
}

/** Reads the pictures, several at a time, and tells of each what is in it, in the order given. */
export async function qrPictures(context: Context, files: readonly string[]): Promise<ExitCode> {
  const { output, signal } = context
  const threads = Math.min(files.length, availableParallelism(), 8)
  const decoder = openPictureDecoder({ threads })
  const results: PictureResult[] = []
  let [next, done] = [0, 0]
  const work = async (): Promise<void> => {
    while (next < files.length && !signal.aborted) {
      const at = next++
      results[at] = await readOne(files[at] as string, decoder.decode)
      done++
      output.status(output.pick({ vi: `Đã đọc ${done}/${files.length} ảnh`, en: `Read ${done} of ${files.length}` }))
    }
  }
  try {
    // One more than threads, so that a file is ready when a thread is.
    await Promise.all(Array.from({ length: threads + 1 }, work))
  } finally {
    await decoder.close()
  }
  output.status('')
  const told = results.filter(one => one !== undefined)
  output.result({ pictures: told.map(asData) }, () => [
    ...told.flatMap(one => linesOf(one).map(line => output.pick(line))),
    '',
    output.pick(summary(told)),
  ])
  if (signal.aborted) return EXIT.cancelled
  if (told.some(({ fault }) => fault !== null)) return EXIT.file
  return told.every(holdsCard) ? EXIT.ok : EXIT.input
}

async function readOne(
  file: string,
  decode: (bytes: Uint8Array, options: { want: 'card' }) => Promise<PictureReading>,
): Promise<PictureResult> {
  try {
    return { file, reading: await decode(await readPictureFile(file), { want: 'card' }), fault: null }
  } catch (error) {
    return { file, reading: null, fault: pictureFault(error) }
  }
}

/** Whether the QR of an ID card or of an insurance card is among what may be believed. */
function holdsCard({ reading }: PictureResult): boolean {
  return (reading?.texts ?? []).some(({ kind }) => kind === 'card-qr' || kind === 'insurance-qr')
}

function asData({ file, reading, fault }: PictureResult): unknown {
  if (reading === null) return { file, error: fault?.en }
  const texts = reading.texts.map(one => {
    const scan = parseScan(one.text, { via: 'file' })
    return { ...one, scan, accessKeys: accessAttempts(accessKeysFromScan(scan)) }
  })
  return { file, ...reading, texts }
}

function linesOf(result: PictureResult): Text[] {
  const { file, reading, fault } = result
  if (reading === null || fault !== null) return [{ vi: `${file}: ! ${fault?.vi}`, en: `${file}: ! ${fault?.en}` }]
  const lines = reading.texts.map(({ text, kind, decoder, step, ms }): Text => {
    const how = `(${decoder}, ${step}, ${Math.round(ms)} ms)`
    const scan = parseScan(text, { via: 'file' })
    if (scan.kind === 'card-qr') {
      const { personalNumber, fullName } = scan.qr
      const tries = accessAttempts(accessKeysFromScan(scan)).length
      return {
        vi: `${file}: thẻ căn cước ${personalNumber} ${fullName}, mở chip nhiều nhất ${tries} lần thử ${how}`,
        en: `${file}: ID card ${personalNumber} ${fullName}, opens the chip in ${tries} tries at most ${how}`,
      }
    }
    if (scan.kind === 'insurance-qr') {
      const { cardNumber, fullName } = scan.insurance
      return {
        vi: `${file}: thẻ bảo hiểm y tế ${cardNumber} ${fullName} ${how}`,
        en: `${file}: health-insurance card ${cardNumber} ${fullName} ${how}`,
      }
    }
    return {
      vi: `${file}: mã QR khác (${kind}), ${text.length} ký tự ${how}`,
      en: `${file}: another QR (${kind}), ${text.length} characters ${how}`,
    }
  })
  for (const { doubt, decoder } of reading.doubtful) {
    lines.push({
      vi: `${file}: ! đọc được nhưng không tin được (${doubt}, ${decoder}): chụp lại`,
      en: `${file}: ! read, and not to be believed (${doubt}, ${decoder}): take it again`,
    })
  }
  if (lines.length > 0) return lines
  return reading.timeUp
    ? [{ vi: `${file}: hết giờ, chưa thấy mã QR`, en: `${file}: time is up, no QR found` }]
    : [{ vi: `${file}: không thấy mã QR đọc được`, en: `${file}: no QR that can be read` }]
}

function summary(results: readonly PictureResult[]): Text {
  const cards = results.filter(holdsCard).length
  return {
    vi: `${cards}/${results.length} ảnh có mã QR của thẻ. Mã QR không có chữ ký: nó không chứng minh thẻ là thật.`,
    en: `${cards} of ${results.length} pictures hold a card's QR. The QR is unsigned: it does not prove a card genuine.`,
  }
}
