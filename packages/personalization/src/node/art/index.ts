/** `@cccd/personalization/art`: the pictures of both sides of a card. */
export * from '../../art/index.ts'
export {
  type ArtFile,
  type ArtJob,
  type ArtMeans,
  type ArtOutput,
  type ArtWishes,
  type FinishedArt,
  renderArt,
} from './art-job.ts'
export {
  type ArtEntry,
  type ArtFileSource,
  type ArtShelfSource,
  type ArtSource,
  artEntries,
  countEntries,
  type JobShelf,
} from './art-source.ts'
export { type CardArt, type CardArtOptions, openCardArt } from './card-art.ts'
export { contactSheet, type SheetCard, type SheetOptions, thumbnail } from './contact-sheet.ts'
export { type FontChoice, type LoadedFont, loadFonts } from './fonts.ts'
export {
  demandLayout,
  type LayoutTexts,
  layoutFindingText,
  parseLayout,
  readLayout,
  shippedLayoutFolder,
} from './layouts.ts'
export { cardPdf, type PdfSide } from './pdf.ts'
export { blackPng, colourPng } from './png.ts'
export { drawablePortrait } from './portrait.ts'
export { qrSymbol } from './qr-symbol.ts'
export { type BlackPanel, blackPanel, type Raster, rasterize } from './rasterize.ts'
export { type BatchResult, type CardLine, type RenderBatchOptions, renderBatch } from './render-batch.ts'
