import { fromHex } from '../bytes.ts'
import { type ErrorCode, FormatError } from '../error.ts'

/** The elementary files of the eMRTD application and those beside it under the master file (9303-10, 9303-11 §9.2). */
export type FileName =
  | 'EF.CardAccess'
  | 'EF.CardSecurity'
  | 'EF.ATR/INFO'
  | 'EF.DIR'
  | 'EF.COM'
  | 'EF.SOD'
  | 'EF.CVCA'
  | 'EF.DG1'
  | 'EF.DG2'
  | 'EF.DG3'
  | 'EF.DG4'
  | 'EF.DG5'
  | 'EF.DG6'
  | 'EF.DG7'
  | 'EF.DG8'
  | 'EF.DG9'
  | 'EF.DG10'
  | 'EF.DG11'
  | 'EF.DG12'
  | 'EF.DG13'
  | 'EF.DG14'
  | 'EF.DG15'
  | 'EF.DG16'

export interface FileEntry {
  /** File identifier, two bytes. */
  readonly fid: number
  /** Short file identifier, five bits. */
  readonly sfi: number
  /** Tag of the outermost data object, where the file is one. EF.CardAccess and EF.CardSecurity are bare ASN.1. */
  readonly tag?: number
  /** Number of the data group. */
  readonly dg?: number
  readonly under: 'mf' | 'lds1'
}

/** What a file holds and how it is addressed, by name. Iterates in the order of the type above. */
export const FILES: Readonly<Record<FileName, FileEntry>> = {
  'EF.CardAccess': { fid: 0x011c, sfi: 0x1c, under: 'mf' },
  'EF.CardSecurity': { fid: 0x011d, sfi: 0x1d, under: 'mf' },
  'EF.ATR/INFO': { fid: 0x2f01, sfi: 0x01, under: 'mf' },
  'EF.DIR': { fid: 0x2f00, sfi: 0x1e, under: 'mf' },
  'EF.COM': { fid: 0x011e, sfi: 0x1e, tag: 0x60, under: 'lds1' },
  'EF.SOD': { fid: 0x011d, sfi: 0x1d, tag: 0x77, under: 'lds1' },
  // Names of the certification authorities in tag 42; not one data object, so no tag.
  'EF.CVCA': { fid: 0x011c, sfi: 0x1c, under: 'lds1' },
  'EF.DG1': { fid: 0x0101, sfi: 0x01, tag: 0x61, dg: 1, under: 'lds1' },
  'EF.DG2': { fid: 0x0102, sfi: 0x02, tag: 0x75, dg: 2, under: 'lds1' },
  'EF.DG3': { fid: 0x0103, sfi: 0x03, tag: 0x63, dg: 3, under: 'lds1' },
  'EF.DG4': { fid: 0x0104, sfi: 0x04, tag: 0x76, dg: 4, under: 'lds1' },
  'EF.DG5': { fid: 0x0105, sfi: 0x05, tag: 0x65, dg: 5, under: 'lds1' },
  'EF.DG6': { fid: 0x0106, sfi: 0x06, tag: 0x66, dg: 6, under: 'lds1' },
  'EF.DG7': { fid: 0x0107, sfi: 0x07, tag: 0x67, dg: 7, under: 'lds1' },
  'EF.DG8': { fid: 0x0108, sfi: 0x08, tag: 0x68, dg: 8, under: 'lds1' },
  'EF.DG9': { fid: 0x0109, sfi: 0x09, tag: 0x69, dg: 9, under: 'lds1' },
  'EF.DG10': { fid: 0x010a, sfi: 0x0a, tag: 0x6a, dg: 10, under: 'lds1' },
  'EF.DG11': { fid: 0x010b, sfi: 0x0b, tag: 0x6b, dg: 11, under: 'lds1' },
  'EF.DG12': { fid: 0x010c, sfi: 0x0c, tag: 0x6c, dg: 12, under: 'lds1' },
  'EF.DG13': { fid: 0x010d, sfi: 0x0d, tag: 0x6d, dg: 13, under: 'lds1' },
  'EF.DG14': { fid: 0x010e, sfi: 0x0e, tag: 0x6e, dg: 14, under: 'lds1' },
  'EF.DG15': { fid: 0x010f, sfi: 0x0f, tag: 0x6f, dg: 15, under: 'lds1' },
  'EF.DG16': { fid: 0x0110, sfi: 0x10, tag: 0x70, dg: 16, under: 'lds1' },
}

/** All names, in the order of the table. */
export const FILE_NAMES: readonly FileName[] = Object.keys(FILES) as FileName[]

/** Identifier of the eMRTD application (9303-10). */
export const LDS1_AID: Uint8Array = fromHex('A0000002471001')

/** The files of a document as read: exactly one data object each, no padding after it. */
export type LdsFiles = Readonly<Partial<Record<FileName, Uint8Array>>>

const DATA_GROUP_FILES: readonly (FileName | undefined)[] = Array.from({ length: 17 }, (_, n) =>
  FILE_NAMES.find(name => FILES[name].dg === n),
)

/** The file of data group `n`; throws RangeError outside 1 to 16. */
export function dataGroupFile(n: number): FileName {
  const file = DATA_GROUP_FILES[n]
  if (!file) throw new RangeError(`there is no data group ${n}`)
  return file
}

/** The file whose outermost tag this is, as EF.COM lists it; undefined for a tag no file has. */
export function fileOfTag(tag: number): FileName | undefined {
  return FILE_NAMES.find(name => FILES[name].tag === tag)
}

/**
 * Runs a parser of `file`, so that every FormatError it throws names the file. `code` replaces the general codes of
 * the TLV and DER readers; a more particular one stays. `base` is where the parsed bytes start in the file.
 */
export function inFile<T>(file: FileName, code: ErrorCode, parse: () => T, base = 0): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const general = error.code === 'TLV_MALFORMED' || error.code === 'DER_MALFORMED'
    const { offset } = error.facts
    const facts = { file, ...error.facts, ...(offset !== undefined && { offset: base + offset }) }
    throw new FormatError(general ? code : error.code, error.message, facts, { cause: error })
  }
}
