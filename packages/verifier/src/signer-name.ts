import { DER, DerReader, type DistinguishedName, equal } from '@cccd/card-core'

// A SignerInfo names its signer by the issuer's name, and nobody signs that name. Documents in the field write it otherwise
// than the certificate does: attributes in another order, another string type, other blanks, all in capitals. Those
// habits are taken. A name that differs in a single letter's case or in an odd string type is no habit but damage, and
// a reader that let it pass would not notice a changed EF.SOD.

const STRING_TYPES: readonly number[] = [
  DER.printableString,
  DER.utf8String,
  DER.teletexString,
  DER.ia5String,
  DER.bmpString,
]

interface Attribute {
  readonly oid: string
  readonly text: string
  readonly raw: Uint8Array
}

/** The attributes of a Name that was parsed before; the text is empty where the value is no string of a usual type. */
function attributes(name: DistinguishedName): Attribute[] {
  const found: Attribute[] = []
  const texts = name.rdns.flat()
  for (const rdns = new DerReader(name.raw, { allowBer: true }).sequence(); !rdns.done; ) {
    for (const set = rdns.set(); !set.done; ) {
      const pair = set.sequence()
      const oid = pair.oid()
      const { tag, raw } = pair.next()
      found.push({ oid, text: STRING_TYPES.includes(tag) ? (texts[found.length]?.value ?? '') : '', raw })
    }
  }
  return found
}

function collapse(text: string): string {
  return text.replace(/^ +| +$/g, '').replace(/ +/g, ' ')
}

function sameSpelling(a: Attribute, b: Attribute): boolean {
  if (a.oid !== b.oid) return false
  if (equal(a.raw, b.raw)) return true
  if (a.text === '' || b.text === '') return false
  const [x, y] = [collapse(a.text), collapse(b.text)]
  if (x === y) return true
  if (x.toUpperCase() !== y.toUpperCase()) return false
  return [...x].filter((letter, i) => letter !== y[i]).length > 1
}

/** No issuer's name has more attributes than this; each is compared with each. */
const MOST_ATTRIBUTES = 64

/** Whether two names are one name written by different habits: order, string type, blanks, capitals throughout. */
export function sameNameByHabit(a: DistinguishedName, b: DistinguishedName): boolean {
  if (equal(a.raw, b.raw)) return true
  const [mine, theirs] = [attributes(a), attributes(b)]
  if (mine.length !== theirs.length || mine.length > MOST_ATTRIBUTES) return false
  const left = [...theirs]
  return mine.every(attribute => {
    const at = left.findIndex(other => sameSpelling(attribute, other))
    if (at < 0) return false
    left.splice(at, 1)
    return true
  })
}
