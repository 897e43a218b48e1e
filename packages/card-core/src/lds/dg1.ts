import { type Mrz, parseMrz } from '@cccd/mrz'
import { fromLatin1, utf8 } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { parseTlv, tlv } from '../tlv.ts'
import { inFile } from './files.ts'

/** EF.DG1 (9303-10 §4.7.1): the MRZ, its lines joined. */
export interface Dg1 {
  /** The text as it stands, 90, 72 or 88 characters. */
  readonly mrzText: string
  readonly mrz: Mrz
}

/** Characters and lines of TD1, TD2 and TD3. */
const LINES: Readonly<Record<number, number>> = { 90: 3, 72: 2, 88: 2 }
const TAG_MRZ = 0x5f1f

/**
 * Parses EF.DG1. Throws FormatError LDS_MALFORMED for a length no format has, MRZ_MALFORMED for a character or shape
 * the MRZ does not have; wrong check digits are findings on `mrz`.
 */
export function parseDg1(bytes: Uint8Array): Dg1 {
  return inFile('EF.DG1', 'LDS_MALFORMED', () => {
    const outer = parseTlv(bytes, 0x61)
    const { value } = parseTlv(outer.value, TAG_MRZ)
    const mrzText = fromLatin1(value)
    const count = LINES[value.length]
    if (count === undefined) {
      const offset = bytes.length - value.length
      throw new FormatError('LDS_MALFORMED', `an MRZ of ${value.length} characters has no format`, {
        tag: TAG_MRZ,
        offset,
      })
    }
    const width = value.length / count
    const lines = Array.from({ length: count }, (_, i) => mrzText.slice(i * width, (i + 1) * width))
    return { mrzText, mrz: parseMrz(lines) }
  })
}

/** Builds EF.DG1 from the lines of an MRZ, or from their joined text. */
export function buildDg1(lines: string | readonly string[]): Uint8Array {
  const text = typeof lines === 'string' ? lines.replace(/\r?\n/g, '') : lines.join('')
  return tlv(0x61, tlv(TAG_MRZ, utf8(text)))
}
