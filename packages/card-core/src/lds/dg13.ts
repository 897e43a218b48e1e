import { utf8 } from '../bytes.ts'
import { DER, type DerNode, DerReader, derChildren, derOid, derSequence, derString, derUnsigned } from '../der.ts'
import { parseTlv, tlv } from '../tlv.ts'
import { inFile } from './files.ts'

// DG13 is left to the issuer by 9303-10 §4.7.13. On Vietnam's card it is
//   6D { SEQUENCE { version INTEGER, OID 1.0.10646.1.0.8, SET OF SEQUENCE { number INTEGER, value } } }
// Its lengths are DER, the order of its SET is not, so that order is not enforced. No public document describes it:
// what follows is what the cards show, and whatever does not fit is kept verbatim.

/** The fields of the Vietnamese card in DG13, as the card writes them: dates as dd/MM/yyyy, sex as Nam or Nữ. */
export interface VietnameseFields {
  readonly personalNumber?: string
  readonly fullName?: string
  readonly dateOfBirth?: string
  readonly sex?: string
  readonly nationality?: string
  readonly ethnicity?: string
  readonly religion?: string
  readonly placeOfOrigin?: string
  readonly placeOfResidence?: string
  readonly identifyingFeatures?: string
  readonly dateOfIssue?: string
  /** A date, or words such as `Không thời hạn` for a card that does not expire. */
  readonly dateOfExpiry?: string
  readonly parents?: readonly string[]
  readonly spouse?: string
  /** The number of the old identity card; may be empty. */
  readonly oldNumber?: string
  /** Sixteen hex characters whose meaning is not known. */
  readonly chipField16?: string
}

export interface Dg13 extends VietnameseFields {
  readonly version: number
  readonly oid: string
  /** Members of the SET that are none of the fields above: an unknown number, a value of another type, a number met
   * a second time. `raw` is the whole pair. */
  readonly unknown: readonly { readonly n: number; readonly raw: Uint8Array }[]
  /** The numbers in the order found, also of pairs that hold no value. */
  readonly order: readonly number[]
}

type TextField = Exclude<keyof VietnameseFields, 'parents'>

const OID = '1.0.10646.1.0.8'
const PARENTS = 13
const SPOUSE = 14
const P = DER.printableString
const U = DER.utf8String
const FIELDS: Readonly<Record<number, readonly [TextField, number]>> = {
  1: ['personalNumber', P],
  2: ['fullName', U],
  3: ['dateOfBirth', P],
  4: ['sex', U],
  5: ['nationality', U],
  6: ['ethnicity', U],
  7: ['religion', U],
  8: ['placeOfOrigin', U],
  9: ['placeOfResidence', U],
  10: ['identifyingFeatures', U],
  11: ['dateOfIssue', P],
  12: ['dateOfExpiry', U],
  [SPOUSE]: ['spouse', U],
  15: ['oldNumber', P],
  16: ['chipField16', P],
}

const OPTIONS = { code: 'LDS_MALFORMED' } as const
const STRINGS: readonly number[] = [
  DER.utf8String,
  DER.printableString,
  DER.ia5String,
  DER.teletexString,
  DER.bmpString,
]
const DEEPEST = 8

/** All strings below a node, in order: parents stand as two strings or as two SEQUENCEs of some depth. Null when
 * something else stands among them. */
function strings(node: DerNode, depth = 0): string[] | null {
  if (STRINGS.includes(node.tag)) return [derString(node, OPTIONS)]
  if ((node.tag !== DER.sequence && node.tag !== DER.set) || depth > DEEPEST) return null
  const found: string[] = []
  for (const child of derChildren(node, OPTIONS)) {
    const below = strings(child, depth + 1)
    if (!below) return null
    for (const text of below) found.push(text)
  }
  return found
}

/**
 * Parses EF.DG13 of Vietnam's card. Every field may be absent; a pair without a value, as of a holder without a spouse,
 * leaves its field undefined. Throws FormatError LDS_MALFORMED when the frame does not hold.
 */
export function parseDg13(bytes: Uint8Array): Dg13 {
  return inFile('EF.DG13', OPTIONS.code, () => {
    const { value } = parseTlv(bytes, 0x6d)
    const outer = new DerReader(value, OPTIONS, bytes.length - value.length)
    const body = outer.sequence()
    outer.end()
    const version = body.smallInteger()
    const oid = body.oid()
    const set = body.set()
    body.end()

    const texts: Partial<Record<TextField, string>> = {}
    let parents: string[] | undefined
    const unknown: { n: number; raw: Uint8Array }[] = []
    const order: number[] = []
    const met = new Set<number>()
    while (!set.done) {
      const node = set.read(DER.sequence)
      const pair = set.inside(node)
      const n = pair.smallInteger()
      const field = FIELDS[n]
      const again = met.has(n)
      met.add(n)
      order.push(n)
      if (pair.done && !again && (field || n === PARENTS)) continue
      const content = pair.done ? undefined : pair.next()
      const whole = content !== undefined && pair.done && !again
      while (!pair.done) pair.next()
      if (whole && field && STRINGS.includes(content.tag)) {
        texts[field[0]] = derString(content, OPTIONS)
        continue
      }
      const names = whole && n === PARENTS ? strings(content) : null
      if (names) parents = names
      else unknown.push({ n, raw: node.raw })
    }
    return { version, oid, ...texts, ...(parents && { parents }), unknown, order }
  })
}

function pair(fields: VietnameseFields, n: number): Uint8Array | undefined {
  const number = derUnsigned(n)
  const { parents } = fields
  if (n === PARENTS) {
    return parents && derSequence(number, derSequence(...parents.map(name => tlv(DER.utf8String, utf8(name)))))
  }
  const [field, type] = FIELDS[n] ?? []
  const text = field && fields[field]
  return text === undefined || type === undefined ? undefined : derSequence(number, tlv(type, utf8(text)))
}

/**
 * Builds EF.DG13. Without `order` the fields stand by number, absent ones left out but for the spouse, whose empty pair
 * the cards write. With the `order` of a parsed DG13 the file comes out as it was, save for string types the card's
 * maker chose otherwise and for the nesting of the parents.
 */
export function buildDg13(
  fields: VietnameseFields & Partial<Pick<Dg13, 'version' | 'oid' | 'unknown' | 'order'>>,
): Uint8Array {
  const unknown = [...(fields.unknown ?? [])]
  const numbers = [...Object.keys(FIELDS).map(Number), PARENTS].sort((a, b) => a - b)
  const order = fields.order ?? [...numbers, ...unknown.map(({ n }) => n)]
  const written = new Set<number>()
  const pairs: Uint8Array[] = []
  for (const n of order) {
    const known = written.has(n) ? undefined : pair(fields, n)
    const kept = unknown.findIndex(other => other.n === n)
    if (known) pairs.push(known)
    else if (kept >= 0) pairs.push(...unknown.splice(kept, 1).map(({ raw }) => raw))
    else if (fields.order || n === SPOUSE) pairs.push(derSequence(derUnsigned(n)))
    written.add(n)
  }
  const body = derSequence(derUnsigned(fields.version ?? 1), derOid(fields.oid ?? OID), tlv(DER.set, ...pairs))
  return tlv(0x6d, body)
}
