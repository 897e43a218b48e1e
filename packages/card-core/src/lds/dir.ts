import { concat } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { findTlv, parseTlvs, tlv } from '../tlv.ts'
import { inFile } from './files.ts'

/** One application of EF.DIR (9303-10 Table 31, ISO/IEC 7816-4). */
export interface Application {
  readonly aid: Uint8Array
  /** The whole template, for what else it says. */
  readonly raw?: Uint8Array
}

/** Parses EF.DIR: templates 61 in a row. Throws FormatError LDS_MALFORMED. */
export function parseDir(bytes: Uint8Array): Application[] {
  return inFile('EF.DIR', 'LDS_MALFORMED', () =>
    parseTlvs(bytes, 'LDS_MALFORMED').map(template => {
      const start = template.offset + template.raw.length - template.value.length
      const aid = template.tag === 0x61 ? findTlv(parseTlvs(template.value, 'LDS_MALFORMED', start), 0x4f) : undefined
      const { tag, offset, raw } = template
      if (!aid) throw new FormatError('LDS_MALFORMED', 'an application template has no identifier', { tag, offset })
      return { aid: aid.value, raw }
    }),
  )
}

/** Builds EF.DIR; an application without `raw` gets a template with its identifier alone. */
export function buildDir(applications: readonly Application[]): Uint8Array {
  return concat(...applications.map(({ aid, raw }) => raw ?? tlv(0x61, tlv(0x4f, aid))))
}
