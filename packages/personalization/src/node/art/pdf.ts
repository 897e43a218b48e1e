/** PDF pages of the size of a card, one for each side. No date and no random identifier: the same dots give the same bytes. */
import { deflateSync } from 'node:zlib'
import { PDFDocument, PDFName, PDFNumber, PDFRawStream } from 'pdf-lib'
import type { Dpi } from '../../art/index.ts'
import { compressedRows } from './png.ts'
import type { BlackPanel, Raster } from './rasterize.ts'

export interface PdfSide {
  readonly picture: Raster
  /** Painted over the picture in pure black (DeviceCMYK 0 0 0 1), where the two were separated. */
  readonly black?: BlackPanel
}

/** The file, in PDF 1.7. */
export async function cardPdf(sides: readonly PdfSide[], dpi: Dpi): Promise<Uint8Array> {
  const document = await PDFDocument.create({ updateMetadata: false })
  const { context } = document
  for (const { picture, black } of sides) {
    const { width, height } = picture
    // Points of 1/72 inch.
    const size: [number, number] = [(width * 72) / dpi, (height * 72) / dpi]
    const page = document.addPage(size)
    const place = `q ${size[0].toFixed(4)} 0 0 ${size[1].toFixed(4)} 0 0 cm`
    const image = context.obj({
      Type: 'XObject',
      Subtype: 'Image',
      Width: width,
      Height: height,
      ColorSpace: 'DeviceRGB',
      BitsPerComponent: 8,
      Filter: 'FlateDecode',
      // The rows are a PNG's.
      DecodeParms: { Predictor: 15, Colors: 3, BitsPerComponent: 8, Columns: width },
    })
    page.node.setXObject(PDFName.of('Picture'), context.register(PDFRawStream.of(image, compressedRows(picture))))
    let drawing = `${place} /Picture Do Q`
    if (black) {
      const mask = context.obj({
        Type: 'XObject',
        Subtype: 'Image',
        Width: black.width,
        Height: black.height,
        ImageMask: true,
        BitsPerComponent: 1,
        // 1 paints.
        Decode: [1, 0],
        Filter: 'FlateDecode',
      })
      const bits = Uint8Array.from(deflateSync(black.bits, { level: 6 }))
      page.node.setXObject(PDFName.of('Black'), context.register(PDFRawStream.of(mask, bits)))
      drawing += `\n0 0 0 1 k ${place} /Black Do Q`
    }
    const bytes = new TextEncoder().encode(drawing)
    const contents = PDFRawStream.of(context.obj({ Length: PDFNumber.of(bytes.length) }), bytes)
    page.node.set(PDFName.of('Contents'), context.register(contents))
  }
  return Uint8Array.from(await document.save({ useObjectStreams: false, addDefaultPage: false }))
}
