/** A Vietnamese name in the parts that FHIR's HumanName has. */

export interface NameParts {
  readonly family: string
  /** Middle and given names in the order of speaking, as FHIR asks of `given`. */
  readonly given: readonly string[]
}

// Family names of more than one word that are written apart; anything else is told by its first word.
const COMPOUND_FAMILY_NAMES = ['công tằng tôn nữ', 'công huyền tôn nữ', 'huyền tôn nữ', 'tôn thất', 'tôn nữ']

/** Family name first, as the custom is; null for a name of one word, which can be either. The whole name as one text is
 * what counts: some peoples of Vietnam name themselves otherwise. */
export function nameParts(fullName: string): NameParts | null {
  const words = fullName
    .normalize('NFC')
    .split(/[\s\p{Z}]+/u)
    .filter(word => word !== '')
  const lower = words.map(word => word.toLocaleLowerCase('vi'))
  const compound = COMPOUND_FAMILY_NAMES.map(name => name.split(' ')).find(
    // Someone called just “Tôn Nữ” has the family name Tôn.
    name => name.length < words.length && name.every((word, i) => lower[i] === word),
  )
  const count = compound?.length ?? 1
  if (words.length < 2) return null
  return { family: words.slice(0, count).join(' '), given: words.slice(count) }
}
