export type { Doubt, TextKind } from './believe.ts'
export type { GreyImage, Point } from './grey-image.ts'
export type { CameraFrame, PictureFormat } from './load-picture.ts'
export {
  decodePicture,
  openPictureDecoder,
  type PictureDecoder,
  type PictureDecoderOptions,
} from './picture-decoder.ts'
export type { ReadOptions } from './read-options.ts'
export type { DoubtfulText, PictureReading, PictureText } from './reading.ts'
export type { DecoderName } from './symbol.ts'
