import { equal, fromLatin1, fromUtf8, toHex } from '../bytes.ts'
import { DER, type DerNode, type DerOptions, derInside, derOidText } from '../der.ts'
import { FormatError } from '../error.ts'

export interface NameAttribute {
  readonly oid: string
  readonly value: string
}

/** A distinguished name (X.501). `raw` is the whole SEQUENCE as it stood. */
export interface DistinguishedName {
  readonly raw: Uint8Array
  readonly rdns: readonly (readonly NameAttribute[])[]
  /** For people: `C=VN, O=…, CN=…` in the order of the name. Not for comparing: see sameName. */
  readonly text: string
  /** The country attribute as it stands, also in lower case; absent when the name has none. */
  readonly country?: string
}

const COUNTRY = '2.5.4.6'
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  [COUNTRY]: 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '0.9.2342.19200300.100.1.25': 'DC',
}

/** Any string type as text. What is no string of its type is read one character a byte, other types as #hex (RFC 4514). */
function attributeText(node: DerNode, odd: () => void): string {
  switch (node.tag) {
    case DER.utf8String:
      try {
        return fromUtf8(node.value)
      } catch {
        odd()
        return fromLatin1(node.value)
      }
    case DER.bmpString: {
      if (node.value.length % 2) odd()
      let text = ''
      for (let i = 0; i + 1 < node.value.length; i += 2) {
        text += String.fromCharCode(((node.value[i] as number) << 8) | (node.value[i + 1] as number))
      }
      return text
    }
    case DER.printableString:
    case DER.teletexString:
    case DER.ia5String:
    case DER.numericString:
    case DER.visibleString:
      return fromLatin1(node.value)
    default:
      odd()
      return `#${toHex(node.raw)}`
  }
}

/**
 * Reads a Name element (RFC 5280 §4.1.2.4). `odd` is called for an attribute value that is no valid string. Throws
 * FormatError when the structure is broken.
 */
export function readName(
  node: DerNode,
  options: DerOptions = {},
  odd: () => void = () => undefined,
): DistinguishedName {
  const rdns: NameAttribute[][] = []
  let text = ''
  let country: string | undefined
  const sets = derInside(node, options)
  if (node.tag !== DER.sequence) {
    throw new FormatError(options.code ?? 'DER_MALFORMED', 'a name is not a sequence', {
      tag: node.tag,
      offset: node.offset,
    })
  }
  while (!sets.done) {
    const members = sets.set()
    const attributes: NameAttribute[] = []
    while (!members.done) {
      const pair = members.sequence()
      const oid = derOidText(pair.read(DER.oid), options)
      const value = attributeText(pair.next(), odd)
      pair.end()
      attributes.push({ oid, value })
      if (oid === COUNTRY) country = value
      text += `${text === '' ? '' : attributes.length > 1 ? ' + ' : ', '}${SHORT_NAMES[oid] ?? oid}=${value}`
    }
    rdns.push(attributes)
  }
  return country === undefined ? { raw: node.raw, rdns, text } : { raw: node.raw, rdns, text, country }
}

const comparisonKeys = new WeakMap<DistinguishedName, string>()

function comparisonKey(name: DistinguishedName): string {
  let key = comparisonKeys.get(name)
  if (key === undefined) {
    const parts: string[] = []
    for (const rdn of name.rdns) {
      for (const { oid, value } of rdn) {
        parts.push(`${oid}=${value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()}`)
      }
    }
    key = JSON.stringify(parts.sort())
    comparisonKeys.set(name, key)
  }
  return key
}

/**
 * Whether two names mean the same, loosely: attribute order, letter case, string type and blanks do not count, since
 * documents in the field differ from their certificates in all of these. A name only picks candidates; what counts is
 * the signature.
 */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return equal(a.raw, b.raw) || comparisonKey(a) === comparisonKey(b)
}
