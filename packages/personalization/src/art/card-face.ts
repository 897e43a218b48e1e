import { FormatError, type LdsFiles, parseDg1, parseDg2, parseDg13 } from '@cccd/card-core'
import { type FullDate, type PartialDate, parseCardQr } from '@cccd/mrz'
import { type Holder, isUnderSix, recordDate, recordDay } from '../intake/holder.ts'
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

/** What of a face the data alone give; symbol and picture are made of it outside of the pure code. */
export interface CardFaceData extends Pick<CardFace, 'card' | 'texts' | 'mrz'> {
  readonly qrText: string
  /** JPEG or JPEG 2000; null for a holder under six. */
  readonly portraitBytes: Uint8Array | null
  /** Whether the record brought a portrait that is not printed, since the holder is under six. */
  readonly portraitOmitted: boolean
}

/**
 * What is printed for a holder. The record knows no place of birth registration, which the card of 2024 shows: the place
 * of origin stands there unless one is given. Throws RangeError for a date that is none, FormatError as `cardQrText` and
 * `mrzLines` do.
 */
export function holderFace(
  holder: Holder,
  card: CardVariant,
  more: { readonly placeOfBirth?: string } = {},
): CardFaceData {
  const texts: Record<TextField, string> = {
    personalNumber: holder.personalNumber,
    fullName: holder.fullName,
    // As the record writes it; MM/yyyy and yyyy where the day is not known.
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
  // As in the chip: a child of that age has no portrait, whatever the record brings.
  const child = isUnderSix(recordDate(holder.dateOfBirth), recordDay(holder.dateOfIssue))
  const portraitBytes = child ? null : (holder.portrait ?? null)
  const portraitOmitted = child && holder.portrait !== undefined
  return { card, texts, mrz: mrzLines(holder), qrText: cardQrText(holder, card), portraitBytes, portraitOmitted }
}

/** The part of a prepared job that is printed. */
export interface PrintedJob {
  readonly files: LdsFiles
  readonly printed: { readonly qr: string; readonly mrzLines: readonly string[]; readonly card: CardVariant }
}

/**
 * What is printed for a prepared job: the texts of the chip's own DG13 and the face of its DG2, so that print and chip
 * cannot differ. Throws FormatError DOCUMENT_MALFORMED with the field that DG13 lacks, or `mrz` or `qr` when what is to be
 * printed is not what the chip holds, and LDS_MALFORMED for files that cannot be read.
 */
export function preparedFace(
  { files, printed }: PrintedJob,
  more: { readonly placeOfBirth?: string } = {},
): CardFaceData {
  const dg1 = files['EF.DG1']
  const dg2 = files['EF.DG2']
  const dg13 = files['EF.DG13']
  if (!dg1 || !dg13) throw new FormatError('DOCUMENT_MALFORMED', 'the job has no DG1 or DG13', { field: 'files' })
  const fields = parseDg13(dg13)
  const of = (field: Exclude<TextField, 'placeOfBirth'>): string => {
    const text = fields[field]
    if (text === undefined) throw new FormatError('DOCUMENT_MALFORMED', 'DG13 of the job lacks a field', { field })
    return text
  }
  const texts: Record<TextField, string> = {
    personalNumber: of('personalNumber'),
    fullName: of('fullName'),
    dateOfBirth: of('dateOfBirth'),
    sex: of('sex'),
    nationality: of('nationality'),
    placeOfOrigin: of('placeOfOrigin'),
    placeOfResidence: of('placeOfResidence'),
    placeOfBirth: more.placeOfBirth ?? of('placeOfOrigin'),
    identifyingFeatures: of('identifyingFeatures'),
    dateOfIssue: of('dateOfIssue'),
    dateOfExpiry: of('dateOfExpiry'),
  }
  const differs = (field: string): never => {
    throw new FormatError('DOCUMENT_MALFORMED', 'what is to be printed is not what the chip holds', { field })
  }
  if (parseDg1(dg1).mrz.lines.join() !== printed.mrzLines.join()) differs('mrz')
  const qr = parseCardQr(printed.qr)
  const same = qr.personalNumber === texts.personalNumber && qr.fullName === texts.fullName
  if (!same || qr.variant !== printed.card) differs('qr')
  const image = dg2 ? parseDg2(dg2).faces[0]?.image : undefined
  if (!image && !isUnderSix(dateOf(texts, 'dateOfBirth'), dayOf(texts, 'dateOfIssue'))) {
    throw new FormatError('DOCUMENT_MALFORMED', 'the job of a holder past six has no portrait', { field: 'portrait' })
  }
  const { card, mrzLines: mrz, qr: qrText } = printed
  return { card, texts, mrz, qrText, portraitBytes: image ?? null, portraitOmitted: false }
}

type Texts = Readonly<Record<TextField, string>>
type DateField = 'dateOfBirth' | 'dateOfIssue'

const dateOf = (texts: Texts, field: DateField): PartialDate => asDate(field, () => recordDate(texts[field]))
const dayOf = (texts: Texts, field: DateField): FullDate => asDate(field, () => recordDay(texts[field]))

function asDate<T>(field: DateField, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new FormatError('DOCUMENT_MALFORMED', 'a date of DG13 is none', { field }, { cause })
  }
}
