/** A sheet with the cards of a batch side by side, for people to look over. */
import sharp from 'sharp'
import { CARD_HEIGHT, CARD_WIDTH } from '../../art/index.ts'

export interface SheetCard {
  /** PNGs, at any density; a side that is null stays empty. */
  readonly front: Uint8Array | null
  readonly back: Uint8Array | null
}

export interface SheetOptions {
  /** Cards beside one another; when absent 4, and more so that a large sheet is about as wide as high. */
  readonly columns?: number
  /** Pixels that a card is wide; when absent 360, on a sheet of more than forty 240. */
  readonly cardWidth?: number
}

const CARD = 360
const SMALL_CARD = 240
const GAP = 0.05
const MOST_CARDS = 400
const PAPER = '#e9e9ec'

/** Draws the sheet as a PNG: each card's front above its back, corners rounded as the card's are. Throws RangeError for no
 * cards or more than 400. */
export async function contactSheet(cards: readonly SheetCard[], options: SheetOptions = {}): Promise<Uint8Array> {
  if (cards.length === 0 || cards.length > MOST_CARDS) throw new RangeError(`a sheet has 1 to ${MOST_CARDS} cards`)
  const { cardWidth: width = cards.length > 40 ? SMALL_CARD : CARD } = options
  const columns = Math.min(cards.length, options.columns ?? Math.max(4, Math.ceil(Math.sqrt(cards.length))))
  const height = Math.round((width * CARD_HEIGHT) / CARD_WIDTH)
  const gap = Math.round(width * GAP)
  const rows = Math.ceil(cards.length / columns)
  const cell = { width: width + gap, height: 2 * height + 2 * gap }
  // ISO/IEC 7810: 3.18 mm.
  const radius = ((width * 3.18) / CARD_WIDTH).toFixed(2)
  const corners = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="${radius}"/></svg>`,
  )
  const layers: sharp.OverlayOptions[] = []
  for (const [i, card] of cards.entries()) {
    const left = gap + (i % columns) * cell.width
    const top = gap + Math.floor(i / columns) * cell.height
    for (const [k, bytes] of [card.front, card.back].entries()) {
      if (bytes === null) continue
      const input = await sharp(bytes)
        .resize({ width, height, fit: 'fill' })
        .ensureAlpha()
        .composite([{ input: corners, blend: 'dest-in' }])
        .png({ compressionLevel: 1 })
        .toBuffer()
      layers.push({ input, left, top: top + k * (height + Math.round(gap / 2)) })
    }
  }
  const sheet = sharp({
    create: { width: gap + columns * cell.width, height: gap + rows * cell.height, channels: 3, background: PAPER },
  })
  return Uint8Array.from(
    await sheet.composite(layers).png({ compressionLevel: 9, palette: true, quality: 90, effort: 2 }).toBuffer(),
  )
}

/** A card's side as small as a sheet shows it, so that a hundred of them take little room. */
export async function thumbnail(png: Uint8Array): Promise<Uint8Array> {
  return Uint8Array.from(await sharp(png).resize({ width: CARD }).png({ compressionLevel: 3 }).toBuffer())
}
