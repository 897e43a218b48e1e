import { fromLatin1, fromUtf8, utf8 } from '../bytes.ts'
import { derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { findTlv, parseTlv, parseTlvs, type Tlv, tlv } from '../tlv.ts'
import { inFile } from './files.ts'

/** A person to notify (9303-10 §4.7.16); texts as they stand, with `<` between their parts. */
export interface PersonToNotify {
  /** CCYYMMDD. */
  readonly dateRecorded?: string
  readonly name?: string
  readonly telephone?: string
  readonly address?: string
}

const TAGS = { dateRecorded: 0x5f50, name: 0x5f51, telephone: 0x5f52, address: 0x5f53 } as const
const FIELDS = Object.keys(TAGS) as (keyof typeof TAGS)[]

function malformed(message: string, object: { offset: number; tag?: number }): never {
  const { offset, tag } = object
  throw new FormatError('LDS_MALFORMED', message, tag === undefined ? { offset } : { offset, tag })
}

function person(template: Tlv): PersonToNotify {
  const start = template.offset + template.raw.length - template.value.length
  const objects = parseTlvs(template.value, 'LDS_MALFORMED', start)
  const found: Partial<Record<keyof PersonToNotify, string>> = {}
  for (const field of FIELDS) {
    const object = findTlv(objects, TAGS[field])
    if (object) found[field] = field === 'dateRecorded' ? fromLatin1(object.value) : fromUtf8(object.value)
  }
  return found
}

/** Parses EF.DG16: 02 count, templates A1 to AF. Throws FormatError LDS_MALFORMED. */
export function parseDg16(bytes: Uint8Array): { readonly persons: readonly PersonToNotify[] } {
  return inFile('EF.DG16', 'LDS_MALFORMED', () => {
    const outer = parseTlv(bytes, 0x70)
    const objects = parseTlvs(outer.value, 'LDS_MALFORMED', bytes.length - outer.value.length)
    const [count, ...templates] = objects
    const number = count?.tag === 0x02 && count.value.length === 1 ? (count.value[0] as number) : 0
    if (number < 1 || number > 15) malformed('the number of persons is not 1 to 15', count ?? { offset: 0 })
    if (templates.length !== number) malformed('the number of persons is not that of the templates', count as Tlv)
    const stray = templates.find(({ tag }) => tag < 0xa1 || tag > 0xaf)
    if (stray) malformed('a template has a tag other than A1 to AF', stray)
    return { persons: templates.map(person) }
  })
}

/** Builds EF.DG16 for at most 15 persons. */
export function buildDg16(persons: readonly PersonToNotify[]): Uint8Array {
  const templates = persons.map((given, i) => {
    const objects = FIELDS.flatMap(field => {
      const text = given[field]
      return text === undefined ? [] : [tlv(TAGS[field], utf8(text))]
    })
    return tlv(0xa1 + i, ...objects)
  })
  return tlv(0x70, derUnsigned(persons.length), ...templates)
}
