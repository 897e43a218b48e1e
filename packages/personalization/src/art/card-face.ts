import { type Holder, recordDate } from '../intake/holder.ts'
import { mrzLines } from '../prepare/mrz-lines.ts'
import { cardQrText } from '../prepare/qr-text.ts'
import { NO_EXPIRY_TEXT } from '../prepare/vietnamese-fields.ts'
import type { TextField } from './frame.ts'
import type { CardVariant } from './geometry.ts'

/** The modules of a QR symbol without its quiet zone, row by row, 1 being dark. */
export interface QrModules {
  readonly size: number
  readonly dark: Uint8Array
  readonly level: 'L' | 'M' | 'Q' | 'H'
}

/** A picture inside of the drawing. */
export interface EmbeddedPicture {
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** `data:image/png;base64,…` or jpeg. */
  readonly dataUri: string
}

/** All that is printed of one person. */
export interface CardFace {
  readonly card: CardVariant
  readonly texts: Readonly<Record<TextField, string>>
  readonly qr: QrModules
  /** Three lines of thirty. */
  readonly mrz: readonly string[]
  /** null for a holder under six. */
  readonly portrait: EmbeddedPicture | null
}

/** What of a face a record alone gives; the symbol and the picture are made outside of the pure code. */
export interface CardFaceTexts extends Pick<CardFace, 'card' | 'texts' | 'mrz'> {
  readonly qrText: string
}

/**
 * What is printed for a holder. The record knows no place of birth registration, which the card of 2024 shows: the place
 * of origin stands there unless one is given. Throws RangeError for a date that is none, FormatError as `cardQrText` and
 * `mrzLines` do.
 */
export function cardFaceTexts(
  holder: Holder,
  card: CardVariant,
  more: { readonly placeOfBirth?: string } = {},
): CardFaceTexts {
  // As the record writes them; MM/yyyy and yyyy where the day is not known.
  recordDate(holder.dateOfBirth)
  const texts: Record<TextField, string> = {
    personalNumber: holder.personalNumber,
    fullName: holder.fullName,
    dateOfBirth: holder.dateOfBirth,
    sex: holder.sex === 'male' ? 'Nam' : 'Nữ',
    nationality: holder.nationality,
    placeOfOrigin: holder.placeOfOrigin,
    placeOfResidence: holder.placeOfResidence,
    placeOfBirth: more.placeOfBirth ?? holder.placeOfOrigin,
    identifyingFeatures: holder.identifyingFeatures,
    dateOfIssue: holder.dateOfIssue,
    dateOfExpiry: holder.dateOfExpiry ?? NO_EXPIRY_TEXT,
  }
  return { card, texts, mrz: mrzLines(holder), qrText: cardQrText(holder, card) }
}
