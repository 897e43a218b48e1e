/** ZXing-C++ as a writer of QR symbols. Its package would fetch the binary from the network: here it comes from its file. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { FormatError } from '@cccd/mrz'
import { prepareZXingModule, writeBarcode, type ZXingWriterModule } from 'zxing-wasm/writer'
import type { QrModules } from '../../art/index.ts'

let loaded: Promise<ZXingWriterModule> | undefined

function load(): Promise<ZXingWriterModule> {
  const file = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/writer/zxing_writer.wasm'))
  return prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(file).buffer }, fireImmediately: true })
}

/**
 * The symbol of a text in UTF-8 without an ECI, as cards carry it: with error correction M, or with L where M would need
 * more than `mostModules` to the side. When even that is not enough the symbol comes back as it is, too large. Throws
 * FormatError ART_OVERFLOW when no QR holds the text.
 */
export async function qrSymbol(text: string, mostModules: number): Promise<QrModules> {
  loaded ??= load()
  await loaded
  const bytes = new TextEncoder().encode(text)
  let symbol: QrModules | null = null
  for (const level of ['M', 'L'] as const) {
    const written = await writeBarcode(bytes, {
      format: 'QRCode',
      // Bytes would be declared as binary (ECI 899), and readers would show them as Latin letters.
      options: `ecLevel=${level},eci=Unknown`,
      scale: 1,
      addQuietZones: false,
    })
    const { data, width, height } = written.symbol
    if (written.error !== '' || width !== height || data.length !== width * height || width === 0) continue
    symbol = { size: width, dark: Uint8Array.from(data, value => (value === 0 ? 1 : 0)), level }
    if (width <= mostModules) return symbol
  }
  if (symbol === null) throw new FormatError('ART_OVERFLOW', 'no QR holds a text so long', { field: 'qr' })
  return symbol
}
