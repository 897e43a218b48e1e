import { cascade } from './cascade.ts'
import type { GreyImage } from './grey-image.ts'
import { frameImage, loadPicture, pictureFormat } from './load-picture.ts'
import { openPdf } from './pdf-page.ts'
import { type ReadOptions, TIME_LIMIT_MS } from './read-options.ts'
import { Findings, type PictureReading } from './reading.ts'

const [FIRST_DPI, SECOND_DPI] = [200, 450] as const

/** A picture at one size: corners found in `image` times `scale` are corners in the picture given. */
interface View {
  readonly page: number
  /** Asked for only when nothing was read so far. */
  readonly last?: boolean
  readonly load: () => Promise<{ readonly image: GreyImage; readonly scale: number }>
}

/** Reads the QR symbols of a picture in this thread, which it may hold up for the time of a step: programs use
 * `decodePicture`. Throws FormatError IMAGE_MALFORMED for a file that is none of a picture. */
export async function readPicture(
  bytes: Uint8Array,
  options: ReadOptions,
  clock: () => number,
): Promise<PictureReading> {
  const begin = clock()
  const end = begin + (options.timeLimitMs ?? TIME_LIMIT_MS)
  const opened = await open(bytes, options)
  const { format, width, height } = opened
  const pages = new Map<number, Findings>()
  let [steps, timeUp] = [0, false]
  const isDone = (page: Findings): boolean => {
    const { texts } = page.verdict()
    return texts.some(({ kind }) => options.want !== 'card' || kind === 'card-qr' || kind === 'insurance-qr')
  }
  try {
    for (const { page, last, load } of opened.views) {
      if (last && [...pages.values()].some(isDone)) break
      const findings = pages.get(page) ?? new Findings()
      pages.set(page, findings)
      if (isDone(findings)) continue
      // One step runs in any case.
      if (steps > 0 && clock() >= end) timeUp = true
      if (timeUp) break
      const { image, scale } = await load()
      for await (const result of cascade(image, clock)) {
        steps++
        findings.add(result, { ms: clock() - begin, page, scale })
        if (isDone(findings)) break
        if (clock() >= end) timeUp = true
        if (timeUp) break
      }
    }
  } finally {
    await opened.close()
  }
  const verdicts = [...pages.values()].map(page => page.verdict())
  return {
    ...{ format, width, height },
    texts: verdicts.flatMap(({ texts }) => texts),
    doubtful: verdicts.flatMap(({ doubtful }) => doubtful),
    ms: clock() - begin,
    ...{ steps, timeUp },
  }
}

interface Opened extends Pick<PictureReading, 'format' | 'width' | 'height'> {
  readonly views: readonly View[]
  close(): Promise<void>
}

async function open(bytes: Uint8Array, options: ReadOptions): Promise<Opened> {
  const close = async (): Promise<void> => undefined
  if (options.frame) {
    const image = frameImage(bytes, options.frame)
    const { width, height } = image
    return { format: 'frame', width, height, views: [{ page: 1, load: async () => ({ image, scale: 1 }) }], close }
  }
  const format = pictureFormat(bytes)
  if (format === 'pdf') return openPages(bytes, options.mostPages ?? 4)
  const { width, height, ample, scale, whole } = await loadPicture(bytes)
  const views: View[] = [{ page: 1, load: async () => ({ image: ample, scale }) }]
  if (whole !== null) views.push({ page: 1, last: true, load: async () => ({ image: await whole(), scale: 1 }) })
  return { format, width, height, views, close }
}

async function openPages(bytes: Uint8Array, most: number): Promise<Opened> {
  const pdf = await openPdf(bytes)
  const views: View[] = []
  const numbers = Array.from({ length: Math.min(pdf.count, most) }, (_, i) => i + 1)
  for (const dpi of [FIRST_DPI, SECOND_DPI]) {
    for (const page of numbers) {
      const load: View['load'] = async () => {
        const { image, pixelsPerPoint } = await pdf.page(page, dpi)
        return { image, scale: 1 / pixelsPerPoint }
      }
      views.push({ page, last: dpi === SECOND_DPI, load })
    }
  }
  return { format: 'pdf', width: 0, height: 0, views, close: pdf.close }
}
