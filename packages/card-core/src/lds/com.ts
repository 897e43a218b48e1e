import { fromLatin1, utf8 } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { findTlv, parseTlv, parseTlvs, type Tlv, tlv } from '../tlv.ts'
import { dataGroupFile, FILES, fileOfTag, inFile } from './files.ts'

/** EF.COM (9303-10 §4.6.1): what the card says it holds. Not signed, so it proves nothing. */
export interface Com {
  /** Four digits, `0107` for LDS 1.7. */
  readonly ldsVersion: string
  /** Six digits, `040000` for Unicode 4.0.0. */
  readonly unicodeVersion: string
  /** Numbers of the data groups, in the order of the tag list. */
  readonly dataGroups: readonly number[]
}

const TAG = { ldsVersion: 0x5f01, unicodeVersion: 0x5f36, tagList: 0x5c } as const

function digits(object: Tlv | undefined, tag: number, length: number): string {
  const text = object && fromLatin1(object.value)
  if (text?.length === length && /^\d+$/.test(text)) return text
  throw new FormatError('LDS_MALFORMED', `the version is not ${length} digits`, { tag, offset: object?.offset ?? 0 })
}

/** Parses EF.COM. Throws FormatError LDS_MALFORMED, also for a tag in the list that no data group has. */
export function parseCom(bytes: Uint8Array): Com {
  return inFile('EF.COM', 'LDS_MALFORMED', () => {
    const outer = parseTlv(bytes, 0x60)
    const objects = parseTlvs(outer.value, 'LDS_MALFORMED', bytes.length - outer.value.length)
    const list = findTlv(objects, TAG.tagList)
    if (!list) throw new FormatError('LDS_MALFORMED', 'the tag list is missing', { tag: TAG.tagList })
    return {
      ldsVersion: digits(findTlv(objects, TAG.ldsVersion), TAG.ldsVersion, 4),
      unicodeVersion: digits(findTlv(objects, TAG.unicodeVersion), TAG.unicodeVersion, 6),
      dataGroups: Array.from(list.value, tag => {
        const file = fileOfTag(tag)
        const dg = file && FILES[file].dg
        if (dg === undefined) throw new FormatError('LDS_MALFORMED', 'no data group has this tag', { tag })
        return dg
      }),
    }
  })
}

/** Builds EF.COM; the tag list keeps the order given. */
export function buildCom(com: Com): Uint8Array {
  const tags = com.dataGroups.map(n => FILES[dataGroupFile(n)].tag as number)
  return tlv(
    0x60,
    tlv(TAG.ldsVersion, utf8(com.ldsVersion)),
    tlv(TAG.unicodeVersion, utf8(com.unicodeVersion)),
    tlv(TAG.tagList, Uint8Array.from(tags)),
  )
}
