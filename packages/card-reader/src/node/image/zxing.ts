/** ZXing-C++ as WebAssembly. Its package would fetch the binary from the network: here it comes from the package's file. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { prepareZXingModule, type ZXingReaderModule } from 'zxing-wasm/reader'
import type { GreyImage } from './grey-image.ts'
import { type DecodedSymbol, utf8Text } from './symbol.ts'

export interface ZxingSettings {
  /** Local: brightness beside its neighbours. Global: one threshold for all of the image. */
  readonly threshold: 'local' | 'global'
  /** Closes gaps by a morphological filter before looking again. */
  readonly denoise: boolean
}

/** What Emscripten puts on every module; its own types are made for browsers. */
interface Memory {
  readonly HEAPU8: Uint8Array
  _malloc(length: number): number
  _free(start: number): void
}

let loaded: Promise<ZXingReaderModule & Memory> | undefined

function load(): Promise<ZXingReaderModule & Memory> {
  const file = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))
  const overrides = { wasmBinary: Uint8Array.from(file).buffer }
  return prepareZXingModule({ overrides, fireImmediately: true }) as Promise<ZXingReaderModule & Memory>
}

const [LOCAL_AVERAGE, GLOBAL_HISTOGRAM] = [0, 1] as const
const PLAIN_TEXT = 0

/** All QR symbols, micro QR included, upright or not, dark on bright or bright on dark. */
export async function zxing(image: GreyImage, settings: ZxingSettings): Promise<readonly DecodedSymbol[]> {
  loaded ??= load()
  const module = await loaded
  const start = module._malloc(image.pixels.length)
  if (!start) throw new RangeError('no memory for the image')
  try {
    // Asked for anew each time: when the memory grows, its view is another one.
    module.HEAPU8.set(image.pixels, start)
    const found = module.readBarcodesFromPixmap(start, image.width, image.height, {
      formats: 'QRCode,QRCodeModel1,MicroQRCode,RMQRCode',
      tryHarder: true,
      tryRotate: true,
      tryInvert: true,
      tryDownscale: true,
      tryDenoise: settings.denoise,
      binarizer: settings.threshold === 'local' ? LOCAL_AVERAGE : GLOBAL_HISTOGRAM,
      isPure: false,
      downscaleThreshold: 500,
      downscaleFactor: 3,
      minLineCount: 2,
      maxNumberOfSymbols: 16,
      validateOptionalChecksum: false,
      returnErrors: false,
      eanAddOnSymbol: 0,
      textMode: PLAIN_TEXT,
      characterSet: 0,
      tryCode39ExtendedMode: true,
    })
    const symbols: DecodedSymbol[] = []
    for (let i = 0; i < found.size(); i++) {
      const one = found.get(i)
      if (one === undefined || !one.isValid) continue
      const bytes = Uint8Array.from(one.bytes)
      const own = utf8Text(bytes)
      const { topLeft, topRight, bottomRight, bottomLeft } = one.position
      const { UEC } = JSON.parse(one.extra || '{}') as { UEC?: number }
      symbols.push({
        // Without an ECI the character set would be guessed; a card's is UTF-8.
        text: own !== null && !one.hasECI ? own : one.text,
        bytes,
        utf8: own !== null,
        corners: [topLeft, topRight, bottomRight, bottomLeft].map(({ x, y }) => ({ x, y })),
        spare: typeof UEC === 'number' ? UEC : null,
        part: one.sequenceSize > 1 || (one.sequenceSize === 0 && one.sequenceIndex >= 0),
      })
    }
    // Embind's vectors live in the module's memory.
    ;(found as { delete?(): void }).delete?.()
    return symbols
  } finally {
    module._free(start)
  }
}
