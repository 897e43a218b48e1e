/** From a holder's record to the files of a card. */
import { FormatError } from '@cccd/mrz'
import {
  type ArtFinding,
  type CardFace,
  type CardFaceData,
  type CardLayout,
  type CardSide,
  type CardVariant,
  type Dpi,
  dots,
  type FontFace,
  holderFace,
  type PrintedJob,
  preparedFace,
  renderSide,
} from '../../art/index.ts'
import { checkHolder, type Holder } from '../../intake/holder.ts'
import { cardPdf, type PdfSide } from './pdf.ts'
import { blackPng, colourPng } from './png.ts'
import { drawablePortrait } from './portrait.ts'
import { qrSymbol } from './qr-symbol.ts'
import { blackPanel, type Raster, rasterize } from './rasterize.ts'

/** `png`: a picture of each side. `svg`: the drawing of each. `panels`: for ribbon printers, colours without black as PNG
 * and the black panel as PNG of one bit. `pdf`: a page for each side; with `panels` the black lies over it separately. */
export type ArtOutput = 'png' | 'svg' | 'panels' | 'pdf'

export interface ArtWishes {
  readonly dpi: Dpi
  readonly outputs: readonly ArtOutput[]
  /** Both when absent. */
  readonly sides?: readonly CardSide[]
  /** The mark MẪU / SPECIMEN; true when absent. */
  readonly specimen?: boolean
  /** Where the birth was registered (card of 2024); the place of origin when absent. */
  readonly placeOfBirth?: string
}

/** A card drawn from a record, or from a job that was prepared for the chip. */
export type ArtJob = ArtWishes &
  ({ readonly holder: Holder; readonly card: CardVariant } | { readonly prepared: PrintedJob })

export interface ArtFile {
  /** `front.png`, `back-k.png`, `back-ymc.png`, `front.svg`, `card.pdf`. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface FinishedArt {
  readonly files: readonly ArtFile[]
  readonly findings: readonly ArtFinding[]
}

type Panels = 'all' | 'colour' | 'k'

export interface ArtMeans {
  readonly layouts: Readonly<Partial<Record<CardVariant, CardLayout>>>
  readonly fonts: readonly FontFace[]
  readonly fontFiles: readonly string[]
  /** Kept from card to card: what is the same on all of them. Begins empty. */
  readonly grounds: Map<string, Raster>
}

/**
 * Draws one card; without outputs it is only tried whether everything fits. Throws FormatError: DOCUMENT_MALFORMED for a record that intake would send back (the first field is
 * named), ART_OVERFLOW, ART_CHARACTER and IMAGE_MALFORMED with the field. Never a part of a card.
 */
export async function renderArt(job: ArtJob, means: ArtMeans): Promise<FinishedArt> {
  const { dpi, outputs, sides = ['front', 'back'], specimen = true } = job
  const data = faceData(job)
  const layout = means.layouts[data.card]
  if (!layout) throw new FormatError('LAYOUT_MALFORMED', `there is no layout for the card of ${data.card}`)
  const face = await cardFace(data, layout, dpi)
  const findings: ArtFinding[] = data.portraitOmitted ? [{ side: 'front', field: 'portrait', did: 'omitted' }] : []
  const files: ArtFile[] = []
  const pages: PdfSide[] = []
  const text = new TextEncoder()
  for (const side of sides) {
    const options = { dpi, fonts: means.fonts, specimen }
    // Every drawing of a side fits every field and says the same.
    let said: readonly ArtFinding[] | null = null
    const raster = (panel: Panels): Raster => {
      const key = [data.card, side, dpi, specimen, panel].join()
      const draw = (layer: 'ground' | 'over') => renderSide(face, layout[side], { ...options, panel, layer })
      const own = draw('over')
      said = own.findings
      const by = { dpi, fontFiles: means.fontFiles }
      const ground = means.grounds.get(key) ?? rasterize(draw('ground').svg, by)
      means.grounds.set(key, ground)
      return rasterize(own.svg, { ...by, ground })
    }
    if (outputs.includes('svg') || outputs.length === 0) {
      const whole = renderSide(face, layout[side], options)
      said = whole.findings
      if (outputs.length > 0) files.push({ name: `${side}.svg`, bytes: text.encode(whole.svg) })
    }
    const separated = outputs.includes('panels')
    if (outputs.includes('png') || (outputs.includes('pdf') && !separated)) {
      const picture = raster('all')
      if (outputs.includes('png')) files.push({ name: `${side}.png`, bytes: colourPng(picture, dpi) })
      if (!separated) pages.push({ picture })
    }
    if (separated) {
      const picture = raster('colour')
      const black = blackPanel(raster('k'))
      files.push({ name: `${side}-ymc.png`, bytes: colourPng(picture, dpi) })
      files.push({ name: `${side}-k.png`, bytes: blackPng(black, dpi) })
      pages.push({ picture, black })
    }
    findings.push(...(said ?? []))
  }
  if (outputs.includes('pdf')) files.push({ name: 'card.pdf', bytes: await cardPdf(pages, dpi) })
  return { files, findings }
}

/** The data of a face; throws for a record that intake would send back. */
function faceData(job: ArtJob): CardFaceData {
  const more = job.placeOfBirth === undefined ? {} : { placeOfBirth: job.placeOfBirth }
  if ('prepared' in job) return preparedFace(job.prepared, more)
  const { holder, findings } = checkHolder(job.holder)
  if (holder) return holderFace(holder, job.card, more)
  const { field, reason } = findings.find(one => one.severity === 'error') ?? { field: 'record', reason: 'wrong' }
  throw new FormatError('DOCUMENT_MALFORMED', `the record cannot become a card (${reason})`, { field })
}

/** The face with its symbol and picture, as large as the layout's frames want them. */
async function cardFace(data: CardFaceData, layout: CardLayout, dpi: Dpi): Promise<CardFace> {
  const { qrText, portraitBytes, portraitOmitted: _, ...rest } = data
  const frames = [...layout.front.frames, ...layout.back.frames].map(({ frame }) => frame)
  const symbol = frames.find(frame => frame.kind === 'qr')
  const picture = frames.find(frame => frame.kind === 'portrait')
  if (!symbol || !picture) throw new FormatError('LAYOUT_MALFORMED', 'the layout has no frame for QR or portrait')
  const mostModules = Math.floor(Math.min(symbol.box.width / symbol.module, dots(symbol.box.width, dpi) / 3))
  const qr = await qrSymbol(qrText, mostModules)
  const frame = { width: dots(picture.box.width, dpi), height: dots(picture.box.height, dpi) }
  return { ...rest, qr, portrait: portraitBytes && (await drawablePortrait(portraitBytes, frame)) }
}
