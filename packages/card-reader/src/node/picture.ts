import { createRequire } from 'node:module'
import { FormatError, type ImageFormat, readImageSize } from '@cccd/card-core'
import sharp from 'sharp'

/** A picture that every browser and viewer shows. */
export interface Picture {
  readonly bytes: Uint8Array
  readonly mediaType: 'image/jpeg' | 'image/png'
  readonly width: number
  readonly height: number
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array
  decode(): void
  getDecodedBuffer(): Uint8Array
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number }
  delete(): void
}

interface Codec {
  J2KDecoder: new () => Decoder
}

// A portrait of 4096 × 4096 is far beyond any card; larger claims are refused before memory is asked for.
const MOST_PIXELS = 4096 * 4096

let codec: Promise<Codec> | undefined

function loadCodec(): Promise<Codec> {
  const require = createRequire(import.meta.url)
  const factory = require('@cornerstonejs/codec-openjpeg/decodewasmjs') as (options: object) => Promise<Codec>
  const wasm = require.resolve('@cornerstonejs/codec-openjpeg/decodewasm')
  // The codec writes its complaints about broken pictures to the console; the caller gets an error instead.
  const silent = (): void => undefined
  return factory({ locateFile: () => wasm, print: silent, printErr: silent })
}

/** The portrait of DG2 as a picture: JPEG as it stands, JPEG 2000 decoded and written as PNG. Throws FormatError
 * IMAGE_MALFORMED when it is neither or cannot be decoded. */
export async function pictureOf(image: Uint8Array, format: ImageFormat): Promise<Picture> {
  if (format === 'unknown') throw new FormatError('IMAGE_MALFORMED', 'the picture is neither JPEG nor JPEG 2000')
  const { width, height } = readImageSize(image)
  if (width * height > MOST_PIXELS) throw new FormatError('IMAGE_MALFORMED', 'the picture claims to be too large')
  if (format === 'jpeg') return { bytes: image, mediaType: 'image/jpeg', width, height }
  codec ??= loadCodec()
  const decoder = new (await codec).J2KDecoder()
  try {
    decoder.getEncodedBuffer(image.length).set(image)
    try {
      decoder.decode()
    } catch (cause) {
      throw new FormatError('IMAGE_MALFORMED', 'the JPEG 2000 picture cannot be decoded', {}, { cause })
    }
    const frame = decoder.getFrameInfo()
    const channels = frame.componentCount
    const pixels = decoder.getDecodedBuffer()
    // Bad input gives a picture of nothing instead of an exception.
    const whole = frame.width * frame.height * channels
    const shown = frame.bitsPerSample === 8 && (channels === 1 || channels === 3 || channels === 4)
    if (whole === 0 || pixels.length < whole || !shown) {
      throw new FormatError('IMAGE_MALFORMED', 'the JPEG 2000 picture holds no pixels that can be shown')
    }
    const raw = { width: frame.width, height: frame.height, channels } as const
    const png = await sharp(Uint8Array.from(pixels.subarray(0, whole)), { raw: raw as sharp.CreateRaw })
      .png()
      .toBuffer()
    return { bytes: Uint8Array.from(png), mediaType: 'image/png', width: frame.width, height: frame.height }
  } finally {
    decoder.delete()
  }
}
