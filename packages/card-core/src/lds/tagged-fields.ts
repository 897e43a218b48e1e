import { fromHex, fromLatin1, fromUtf8, toHex, utf8 } from '../bytes.ts'
import { derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { findTlv, parseTlv, parseTlvs, type Tlv, tlv } from '../tlv.ts'
import { FILES, type FileName, inFile } from './files.ts'

// What DG11 and DG12 have in common (9303-10 §4.7.11, §4.7.12): a list of tags (5C), then the data objects, names of
// further people inside a template A0 { 02 count, tag … }. Seen and accepted: a list that names A0 instead of the tag
// inside it, no list at all, names without the template, objects in another order than the list's, dates in BCD.

export type DateForm = 'text' | 'bcd'

/** A field of the file: its tag, its name in the result, and how its value is written. */
export interface FieldLayout<Name extends string> {
  readonly tag: number
  readonly name: Name
  readonly type: 'text' | 'bytes' | 'date' | 'dateTime'
}

export interface TaggedLayout<Name extends string, People extends string> {
  readonly file: FileName
  readonly fields: readonly FieldLayout<Name>[]
  readonly people: { readonly tag: number; readonly name: People }
}

/** What a parsed file carries besides its fields, enough to write it again as it was. */
export interface TaggedFrame {
  /** Absent where the file has none. */
  readonly tagList?: readonly number[]
  /** Tags of the objects in the order found; A0 is the template. */
  readonly order: readonly number[]
  /** How the dates are written; text where there are none. */
  readonly dateForm: DateForm
  /** Objects with a tag the file does not define, or met again. */
  readonly unknown: readonly { readonly tag: number; readonly value: Uint8Array }[]
}

const TEMPLATE = 0xa0
const TAG_LIST = 0x5c
/** Characters of a date and of a date with time; BCD takes half as many bytes. */
const DIGITS = { date: 8, dateTime: 14 } as const

function parseTagList(list: Tlv, known: readonly number[]): number[] {
  const start = list.offset + list.raw.length - list.value.length
  const tags: number[] = []
  for (let at = 0; at < list.value.length; at++) {
    const first = list.value[at] as number
    const offset = start + at
    // All tags of these files have one byte or two.
    const tag = (first & 0x1f) === 0x1f ? (first << 8) | (list.value[++at] ?? 0) : first
    if (!known.includes(tag)) {
      throw new FormatError('LDS_MALFORMED', 'the tag list names a tag the file does not define, or ends inside one', {
        tag,
        offset,
      })
    }
    tags.push(tag)
  }
  return tags
}

/** UTF-8 as 9303-10 has it; older cards wrote ISO 8859-1, whose letters beyond ASCII are not UTF-8. */
function text(value: Uint8Array): string {
  try {
    return fromUtf8(value)
  } catch {
    return fromLatin1(value)
  }
}

function dateText(object: Tlv, digits: number): { text: string; form: DateForm } {
  const form: DateForm = object.value.length === digits / 2 ? 'bcd' : 'text'
  const date = form === 'bcd' ? toHex(object.value) : fromLatin1(object.value)
  // A part that is not known is written as fillers or zeros.
  if (date.length !== digits || !/^[0-9<]+$/.test(date)) {
    throw new FormatError('LDS_MALFORMED', 'a date is neither digits nor BCD', {
      tag: object.tag,
      offset: object.offset,
    })
  }
  return { text: date, form }
}

function names(template: Tlv, tag: number): string[] {
  return parseTlvs(template.value, 'LDS_MALFORMED', template.offset + template.raw.length - template.value.length)
    .filter(object => object.tag === tag)
    .map(object => text(object.value))
}

/** Parses a file of this layout. Throws FormatError LDS_MALFORMED. */
export function parseTagged<Name extends string, People extends string>(
  layout: TaggedLayout<Name, People>,
  bytes: Uint8Array,
): {
  readonly values: Readonly<Partial<Record<Name, string | Uint8Array>>>
  readonly people?: readonly string[]
  readonly frame: TaggedFrame
} {
  return inFile(layout.file, 'LDS_MALFORMED', () => {
    const outer = parseTlv(bytes, FILES[layout.file].tag as number)
    const objects = parseTlvs(outer.value, 'LDS_MALFORMED', bytes.length - outer.value.length)
    const list = findTlv(objects, TAG_LIST)
    const known = [...layout.fields.map(({ tag }) => tag), layout.people.tag, TEMPLATE]

    const values: Partial<Record<Name, string | Uint8Array>> = {}
    const people: string[] = []
    let hasPeople = false
    let dateForm: DateForm = 'text'
    const unknown: { tag: number; value: Uint8Array }[] = []
    const order: number[] = []
    const met = new Set<number>()
    for (const object of objects) {
      if (object === list) continue
      const field = layout.fields.find(({ tag }) => tag === object.tag)
      const again = met.has(object.tag)
      met.add(object.tag)
      order.push(object.tag)
      if (object.tag === TEMPLATE && !again) {
        hasPeople = true
        for (const name of names(object, layout.people.tag)) people.push(name)
      } else if (object.tag === layout.people.tag) {
        hasPeople = true
        people.push(text(object.value))
      } else if (!field || again) unknown.push({ tag: object.tag, value: object.value })
      else if (field.type === 'bytes') values[field.name] = object.value
      else if (field.type === 'text') values[field.name] = text(object.value)
      else {
        const date = dateText(object, DIGITS[field.type])
        values[field.name] = date.text
        dateForm = date.form
      }
    }
    const frame = { ...(list && { tagList: parseTagList(list, known) }), order, dateForm, unknown }
    return hasPeople ? { values, people, frame } : { values, frame }
  })
}

function encodeTags(tags: readonly number[]): Uint8Array {
  return Uint8Array.from(tags.flatMap(tag => (tag > 0xff ? [tag >> 8, tag & 0xff] : [tag])))
}

/** Builds a file of this layout; without a frame in the layout's order, dates as text, names in the template. */
export function buildTagged<Name extends string, People extends string>(
  layout: TaggedLayout<Name, People>,
  given: {
    readonly values: Readonly<Partial<Record<Name, string | Uint8Array | undefined>>>
    readonly people?: readonly string[] | undefined
    readonly frame?: Partial<TaggedFrame>
  },
): Uint8Array {
  const { values, frame = {} } = given
  const people = [...(given.people ?? [])]
  const unknown = [...(frame.unknown ?? [])]
  const present = layout.fields.filter(({ name }) => values[name] !== undefined).map(({ tag }) => tag)
  const order = frame.order ?? [...present, ...(people.length ? [TEMPLATE] : []), ...unknown.map(({ tag }) => tag)]
  const listed = [...present, ...(people.length ? [layout.people.tag] : [])]
  // A frame with an order and no list is that of a file without one.
  const tagList = frame.tagList ?? (frame.order ? undefined : listed)
  const bare = order.filter(tag => tag === layout.people.tag).length

  const written = new Set<number>()
  const objects = order.map(tag => {
    const field = layout.fields.find(each => each.tag === tag)
    const value = field && values[field.name]
    const again = written.has(tag)
    written.add(tag)
    if (tag === layout.people.tag) return tlv(tag, utf8(people.shift() ?? ''))
    if (tag === TEMPLATE && !again) {
      const inside = people.splice(0, people.length - bare)
      return tlv(tag, derUnsigned(inside.length), ...inside.map(name => tlv(layout.people.tag, utf8(name))))
    }
    if (again || !field || value === undefined) {
      const [kept] = unknown.splice(unknown.findIndex(each => each.tag === tag) >>> 0, 1)
      return kept ? tlv(kept.tag, kept.value) : new Uint8Array(0)
    }
    if (typeof value !== 'string') return tlv(tag, value)
    const bcd = frame.dateForm === 'bcd' && (field.type === 'date' || field.type === 'dateTime')
    return tlv(tag, bcd ? fromHex(value, 'LDS_MALFORMED') : utf8(value))
  })
  return tlv(FILES[layout.file].tag as number, ...(tagList ? [tlv(TAG_LIST, encodeTags(tagList))] : []), ...objects)
}
