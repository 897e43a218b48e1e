import { deflateSync } from 'node:zlib'
import type { GreyImage } from '../grey-image.ts'

/** A PDF with one A4 page for each image, which stands 51 points wide at (300, 491) from the top left; without an image the
 * page is blank, or draws what is given packed. */
export function pdfOf(images: readonly (GreyImage | null)[], packedDrawing?: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  const offsets: number[] = []
  let length = 0
  const put = (...chunks: (string | Uint8Array)[]): void => {
    for (const chunk of chunks) {
      const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
      parts.push(bytes)
      length += bytes.length
    }
  }
  const object = (...chunks: (string | Uint8Array)[]): void => {
    offsets.push(length)
    put(`${offsets.length} 0 obj\n`, ...chunks, '\nendobj\n')
  }
  put('%PDF-1.4\n')
  object('<</Type/Catalog/Pages 2 0 R>>')
  const kids = images.map((_, i) => `${3 + 3 * i} 0 R`)
  object(`<</Type/Pages/Kids[${kids.join(' ')}]/Count ${images.length}>>`)
  for (const [i, image] of images.entries()) {
    const number = 3 + 3 * i
    object(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${number + 1} 0 R`,
      `/Resources<</XObject<</I ${number + 2} 0 R>>>>>>`,
    )
    const drawing = image ? 'q 51 0 0 51 300 300 cm /I Do Q' : ' '
    if (image === null && packedDrawing !== undefined) {
      object(`<</Filter/FlateDecode/Length ${packedDrawing.length}>>stream\n`, packedDrawing, '\nendstream')
    } else object(`<</Length ${drawing.length}>>stream\n${drawing}\nendstream`)
    const { width, height, pixels } = image ?? { width: 1, height: 1, pixels: Uint8Array.of(255) }
    const packed = deflateSync(pixels)
    object(
      `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}/ColorSpace/DeviceGray/BitsPerComponent 8`,
      `/Filter/FlateDecode/Length ${packed.length}>>stream\n`,
      packed,
      '\nendstream',
    )
  }
  const start = length
  put(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n`)
  for (const offset of offsets) put(`${String(offset).padStart(10, '0')} 00000 n \n`)
  put(`trailer<</Size ${offsets.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF`)
  return Uint8Array.from(Buffer.concat(parts))
}
