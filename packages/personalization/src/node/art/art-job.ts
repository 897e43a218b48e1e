/** From a holder's record to the files of a card. */
import { FormatError } from '@cccd/mrz'
import {
  type ArtFinding,
  type CardFace,
  type CardLayout,
  type CardSide,
  type CardVariant,
  cardFaceTexts,
  type Dpi,
  dots,
  type FontFace,
  renderSide,
} from '../../art/index.ts'
import { checkHolder, type Holder } from '../../intake/holder.ts'
import { cardPdf, type PdfSide } from './pdf.ts'
import { blackPng, colourPng } from './png.ts'
import { drawablePortrait } from './portrait.ts'
import { qrSymbol } from './qr-symbol.ts'
import { blackPanel, rasterize } from './rasterize.ts'

/** `png`: a picture of each side. `svg`: the drawing of each. `panels`: for ribbon printers, colours without black as PNG
 * and the black panel as PNG of one bit. `pdf`: a page for each side; with `panels` the black lies over it separately. */
export type ArtOutput = 'png' | 'svg' | 'panels' | 'pdf'

export interface ArtJob {
  readonly holder: Holder
  readonly card: CardVariant
  readonly dpi: Dpi
  readonly outputs: readonly ArtOutput[]
  /** Both when absent. */
  readonly sides?: readonly CardSide[]
  /** The mark MẪU / SPECIMEN; true when absent. */
  readonly specimen?: boolean
  /** Where the birth was registered (card of 2024); the place of origin when absent. */
  readonly placeOfBirth?: string
}

export interface ArtFile {
  /** `front.png`, `back-k.png`, `back-ymc.png`, `front.svg`, `card.pdf`. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface FinishedArt {
  readonly files: readonly ArtFile[]
  readonly findings: readonly ArtFinding[]
}

export interface ArtMeans {
  readonly layouts: Readonly<Partial<Record<CardVariant, CardLayout>>>
  readonly fonts: readonly FontFace[]
  readonly fontFiles: readonly string[]
}

/**
 * Draws one card. Throws FormatError: DOCUMENT_MALFORMED for a record that intake would send back (the first field is
 * named), ART_OVERFLOW, ART_CHARACTER and IMAGE_MALFORMED with the field. Never a part of a card.
 */
export async function renderArt(job: ArtJob, means: ArtMeans): Promise<FinishedArt> {
  const { dpi, outputs, sides = ['front', 'back'], specimen = true } = job
  const layout = means.layouts[job.card]
  if (!layout) throw new FormatError('LAYOUT_MALFORMED', `there is no layout for the card of ${job.card}`)
  const face = await cardFace(job, layout)
  const findings: ArtFinding[] = []
  const files: ArtFile[] = []
  const pages: PdfSide[] = []
  const text = new TextEncoder()
  for (const side of sides) {
    const draw = (panel: 'all' | 'colour' | 'k') =>
      renderSide(face, layout[side], { dpi, fonts: means.fonts, specimen, panel })
    const raster = (svg: string) => rasterize(svg, { dpi, fontFiles: means.fontFiles })
    const whole = draw('all')
    findings.push(...whole.findings)
    if (outputs.includes('svg')) files.push({ name: `${side}.svg`, bytes: text.encode(whole.svg) })
    const picture =
      outputs.includes('png') || (outputs.includes('pdf') && !outputs.includes('panels')) ? raster(whole.svg) : null
    if (picture && outputs.includes('png')) files.push({ name: `${side}.png`, bytes: colourPng(picture, dpi) })
    if (outputs.includes('panels')) {
      const colour = raster(draw('colour').svg)
      const black = blackPanel(raster(draw('k').svg))
      files.push({ name: `${side}-ymc.png`, bytes: colourPng(colour, dpi) })
      files.push({ name: `${side}-k.png`, bytes: blackPng(black, dpi) })
      pages.push({ picture: colour, black })
    } else if (picture) pages.push({ picture })
  }
  if (outputs.includes('pdf')) files.push({ name: 'card.pdf', bytes: await cardPdf(pages, dpi) })
  return { files, findings }
}

async function cardFace(job: ArtJob, layout: CardLayout): Promise<CardFace> {
  const { holder, findings } = checkHolder(job.holder)
  if (holder === null) {
    const { field, reason } = findings.find(one => one.severity === 'error') ?? { field: 'record', reason: 'wrong' }
    throw new FormatError('DOCUMENT_MALFORMED', `the record cannot become a card (${reason})`, { field })
  }
  const { qrText, ...texts } = cardFaceTexts(
    holder,
    job.card,
    job.placeOfBirth === undefined ? {} : { placeOfBirth: job.placeOfBirth },
  )
  const frames = [...layout.front.frames, ...layout.back.frames].map(({ frame }) => frame)
  const symbol = frames.find(frame => frame.kind === 'qr')
  const picture = frames.find(frame => frame.kind === 'portrait')
  if (!symbol || !picture) throw new FormatError('LAYOUT_MALFORMED', 'the layout has no frame for QR or portrait')
  const mostModules = Math.floor(Math.min(symbol.box.width / symbol.module, dots(symbol.box.width, job.dpi) / 3))
  const qr = await qrSymbol(qrText, mostModules)
  const frame = { width: dots(picture.box.width, job.dpi), height: dots(picture.box.height, job.dpi) }
  const portrait = holder.portrait ? await drawablePortrait(holder.portrait, frame) : null
  return { ...texts, qr, portrait }
}
