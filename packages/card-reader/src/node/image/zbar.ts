/** ZBar as WebAssembly; its package reads the binary from its own folder. */
import type { ZBarScanner } from '@undecaf/zbar-wasm'
import type { GreyImage } from './grey-image.ts'
import { type DecodedSymbol, utf8Text } from './symbol.ts'

let scanner: Promise<ZBarScanner> | undefined

async function load(): Promise<ZBarScanner> {
  const { ZBarConfigType, ZBarScanner, ZBarSymbolType } = await import('@undecaf/zbar-wasm')
  const created = await ZBarScanner.create()
  created.setConfig(ZBarSymbolType.ZBAR_NONE, ZBarConfigType.ZBAR_CFG_ENABLE, 0)
  created.setConfig(ZBarSymbolType.ZBAR_QRCODE, ZBarConfigType.ZBAR_CFG_ENABLE, 1)
  // Otherwise it guesses a character set, and takes Vietnamese for Japanese now and then.
  created.setConfig(ZBarSymbolType.ZBAR_QRCODE, ZBarConfigType.ZBAR_CFG_BINARY, 1)
  created.setConfig(ZBarSymbolType.ZBAR_QRCODE, ZBarConfigType.ZBAR_CFG_TEST_INVERTED, 1)
  return created
}

/** All QR symbols, upright or not. */
export async function zbar(image: GreyImage): Promise<readonly DecodedSymbol[]> {
  scanner ??= load()
  const { scanGrayBuffer } = await import('@undecaf/zbar-wasm')
  const found = await scanGrayBuffer(exactBuffer(image.pixels), image.width, image.height, await scanner)
  return found.map(one => {
    const bytes = new Uint8Array(one.data.buffer, one.data.byteOffset, one.data.byteLength).slice()
    const own = utf8Text(bytes)
    return {
      text: own ?? one.decode('latin1'),
      bytes,
      utf8: own !== null,
      // ZBar turns around the outline: top left, bottom left, bottom right, top right.
      corners: [0, 3, 2, 1].flatMap(i => {
        const point = one.points[i]
        return point ? [{ x: point.x, y: point.y }] : []
      }),
      spare: null,
      part: false,
    }
  })
}

function exactBuffer(pixels: Uint8Array): ArrayBuffer {
  return pixels.byteOffset === 0 && pixels.byteLength === pixels.buffer.byteLength
    ? (pixels.buffer as ArrayBuffer)
    : pixels.slice().buffer
}
