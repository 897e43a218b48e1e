/** Pages of a PDF as pictures, by pdf.js and a canvas of its own; both are optional and loaded when a PDF comes. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { FormatError } from '@cccd/mrz'
import type { GreyImage } from './grey-image.ts'
import { frameImage, malformed } from './load-picture.ts'

const MOST_PIXELS = 24_000_000
/** However narrow the page is: canvases set memory aside for what lies around, too. */
const LONGEST_SIDE = 12_000
/** A scan of A4 at 600 dpi has 35 million. */
const MOST_IMAGE_PIXELS = 40_000_000

export interface PdfPages {
  readonly count: number
  /** The page, counted from 1, at so many dots an inch, fewer when it is very large, and how many pixels are a point.
   * Throws FormatError. */
  page(number: number, dpi: number): Promise<{ readonly image: GreyImage; readonly pixelsPerPoint: number }>
  close(): Promise<void>
}

/** Opens a PDF. Throws FormatError IMAGE_MALFORMED when it is broken, needs a password, or pdf.js is not installed. */
export async function openPdf(bytes: Uint8Array): Promise<PdfPages> {
  const { pdfjs, canvas } = await load()
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))
  const task = pdfjs.getDocument({
    // pdf.js takes the buffer away from its owner.
    data: bytes.slice(),
    // A path in spite of its name, and it must end with a slash.
    standardFontDataUrl: `${folder}/standard_fonts/`,
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    stopAtErrors: false,
    maxImageSize: MOST_IMAGE_PIXELS,
    verbosity: 0,
  })
  const understood = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      const isLocked = cause instanceof Error && cause.name === 'PasswordException'
      throw malformed(isLocked ? 'the PDF needs a password' : 'the PDF cannot be drawn', cause)
    }
  }
  const document = await understood(() => task.promise)
  return {
    count: document.numPages,
    page: (number, dpi) =>
      understood(async () => {
        const page = await document.getPage(number)
        const inches = page.getViewport({ scale: 1 / 72 })
        const area = inches.width * inches.height
        if (!(area > 0)) throw malformed('the PDF has a page of no size')
        const longest = Math.max(inches.width, inches.height)
        const pixelsPerPoint = Math.min(dpi, Math.sqrt(MOST_PIXELS / area), LONGEST_SIDE / longest) / 72
        const viewport = page.getViewport({ scale: pixelsPerPoint })
        const [width, height] = [Math.max(1, Math.floor(viewport.width)), Math.max(1, Math.floor(viewport.height))]
        const drawn = canvas.createCanvas(width, height)
        const canvasContext = drawn.getContext('2d')
        await page.render({ canvasContext: canvasContext as never, viewport, background: '#ffffff' }).promise
        page.cleanup()
        const { data } = canvasContext.getImageData(0, 0, width, height)
        const rgba = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        return { image: frameImage(rgba, { width, height, layout: 'rgba' }), pixelsPerPoint }
      }),
    close: () => task.destroy(),
  }
}

async function load() {
  try {
    const [pdfjs, canvas] = await Promise.all([import('pdfjs-dist/legacy/build/pdf.mjs'), import('@napi-rs/canvas')])
    return { pdfjs, canvas }
  } catch (cause) {
    const remedy = 'npm install pdfjs-dist@4.9 @napi-rs/canvas'
    throw new FormatError('IMAGE_MALFORMED', 'PDF pages need pdf.js, which is not installed', { remedy }, { cause })
  }
}
