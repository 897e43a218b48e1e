/** The layouts of ICAO 9303 as data: 9303-5 (TD1), 9303-6 (TD2), 9303-4 (TD3), 9303-7 (MRV-A, MRV-B). */

export type MrzFormat = 'TD1' | 'TD2' | 'TD3' | 'MRV-A' | 'MRV-B'

export type CheckDigitField =
  | 'documentNumberCheckDigit'
  | 'dateOfBirthCheckDigit'
  | 'dateOfExpiryCheckDigit'
  | 'optionalDataCheckDigit'
  | 'compositeCheckDigit'

export type MrzFieldName =
  | 'documentCode'
  | 'issuingState'
  | 'name'
  | 'documentNumber'
  | 'nationality'
  | 'dateOfBirth'
  | 'sex'
  | 'dateOfExpiry'
  | 'optionalData1'
  | 'optionalData2'
  | CheckDigitField

/** A run of characters in one line. Lines and columns count from 1, `to` is the last column. */
export interface MrzSpan {
  readonly line: number
  readonly from: number
  readonly to: number
}

export interface MrzWindow extends MrzSpan {
  readonly field: MrzFieldName
}

export interface MrzLayout {
  readonly format: MrzFormat
  readonly lineCount: 2 | 3
  readonly lineLength: 30 | 36 | 44
  /** Every column of every line stands in exactly one window. In reading order. */
  readonly windows: readonly MrzWindow[]
  /** What the composite check digit covers, in this order; empty where the format has none (visas). */
  readonly composite: readonly MrzSpan[]
  /** Whether a document number of more than nine characters may go on in the optional data (9303-5, 9303-6). */
  readonly longDocumentNumber: boolean
}

const w = (field: MrzFieldName, line: number, from: number, to: number = from): MrzWindow => ({ field, line, from, to })
const span = (line: number, from: number, to: number): MrzSpan => ({ line, from, to })

/** Line 1 of the two-line formats. */
const nameLine = (length: number): readonly MrzWindow[] => [
  w('documentCode', 1, 1, 2),
  w('issuingState', 1, 3, 5),
  w('name', 1, 6, length),
]

/** Columns 1 to 28 of line 2, the same in all two-line formats. */
const numberLine: readonly MrzWindow[] = [
  w('documentNumber', 2, 1, 9),
  w('documentNumberCheckDigit', 2, 10),
  w('nationality', 2, 11, 13),
  w('dateOfBirth', 2, 14, 19),
  w('dateOfBirthCheckDigit', 2, 20),
  w('sex', 2, 21),
  w('dateOfExpiry', 2, 22, 27),
  w('dateOfExpiryCheckDigit', 2, 28),
]

export const MRZ_LAYOUTS: Readonly<Record<MrzFormat, MrzLayout>> = {
  TD1: {
    format: 'TD1',
    lineCount: 3,
    lineLength: 30,
    windows: [
      w('documentCode', 1, 1, 2),
      w('issuingState', 1, 3, 5),
      w('documentNumber', 1, 6, 14),
      w('documentNumberCheckDigit', 1, 15),
      w('optionalData1', 1, 16, 30),
      w('dateOfBirth', 2, 1, 6),
      w('dateOfBirthCheckDigit', 2, 7),
      w('sex', 2, 8),
      w('dateOfExpiry', 2, 9, 14),
      w('dateOfExpiryCheckDigit', 2, 15),
      w('nationality', 2, 16, 18),
      w('optionalData2', 2, 19, 29),
      w('compositeCheckDigit', 2, 30),
      w('name', 3, 1, 30),
    ],
    composite: [span(1, 6, 30), span(2, 1, 7), span(2, 9, 15), span(2, 19, 29)],
    longDocumentNumber: true,
  },
  TD2: {
    format: 'TD2',
    lineCount: 2,
    lineLength: 36,
    windows: [...nameLine(36), ...numberLine, w('optionalData1', 2, 29, 35), w('compositeCheckDigit', 2, 36)],
    composite: [span(2, 1, 10), span(2, 14, 20), span(2, 22, 35)],
    longDocumentNumber: true,
  },
  TD3: {
    format: 'TD3',
    lineCount: 2,
    lineLength: 44,
    windows: [
      ...nameLine(44),
      ...numberLine,
      w('optionalData1', 2, 29, 42),
      w('optionalDataCheckDigit', 2, 43),
      w('compositeCheckDigit', 2, 44),
    ],
    composite: [span(2, 1, 10), span(2, 14, 20), span(2, 22, 43)],
    longDocumentNumber: false,
  },
  'MRV-A': {
    format: 'MRV-A',
    lineCount: 2,
    lineLength: 44,
    windows: [...nameLine(44), ...numberLine, w('optionalData1', 2, 29, 44)],
    composite: [],
    longDocumentNumber: false,
  },
  'MRV-B': {
    format: 'MRV-B',
    lineCount: 2,
    lineLength: 36,
    windows: [...nameLine(36), ...numberLine, w('optionalData1', 2, 29, 36)],
    composite: [],
    longDocumentNumber: false,
  },
}

/** The layout that lines of this number and length have; two-line documents whose code starts with V are visas
 * (9303-7). Undefined when no layout has that shape. */
export function layoutOf(lines: readonly string[]): MrzLayout | undefined {
  const length = lines[0]?.length
  if (length === undefined || lines.length > 3) return undefined
  for (const line of lines) if (line.length !== length) return undefined
  if (lines.length === 3) return length === 30 ? MRZ_LAYOUTS.TD1 : undefined
  if (lines.length !== 2) return undefined
  const visa = lines[0]?.startsWith('V') === true
  if (length === 36) return visa ? MRZ_LAYOUTS['MRV-B'] : MRZ_LAYOUTS.TD2
  if (length === 44) return visa ? MRZ_LAYOUTS['MRV-A'] : MRZ_LAYOUTS.TD3
  return undefined
}

/** The window of a field in a layout; undefined when the format has no such field. */
export function windowOf(layout: MrzLayout, field: MrzFieldName): MrzWindow | undefined {
  return windowsByField[layout.format][field]
}

type WindowsByField = Readonly<Partial<Record<MrzFieldName, MrzWindow>>>

const byField = (layout: MrzLayout): WindowsByField =>
  Object.fromEntries(layout.windows.map(window => [window.field, window]))

const windowsByField: Readonly<Record<MrzFormat, WindowsByField>> = {
  TD1: byField(MRZ_LAYOUTS.TD1),
  TD2: byField(MRZ_LAYOUTS.TD2),
  TD3: byField(MRZ_LAYOUTS.TD3),
  'MRV-A': byField(MRZ_LAYOUTS['MRV-A']),
  'MRV-B': byField(MRZ_LAYOUTS['MRV-B']),
}

/** The characters of a span; the lines must have the layout's shape. */
export function textAt(lines: readonly string[], at: MrzSpan): string {
  return lines[at.line - 1]?.slice(at.from - 1, at.to) ?? ''
}
