/** The name field of 9303-3 §4.6: primary identifier, two fillers, secondary identifier; one filler between words. */

export interface Names {
  /** Words parted by one blank. */
  readonly primaryIdentifier: string
  readonly secondaryIdentifier: string
}

/** The two identifiers of a name field. Each filler inside them becomes a blank and only trailing fillers go, so that
 * `joinNames` gives the field back. */
export function splitNames(field: string): Names {
  const text = field.replace(/<+$/, '')
  const at = text.indexOf('<<')
  const primary = at < 0 ? text : text.slice(0, at)
  const secondary = at < 0 ? '' : text.slice(at + 2)
  return { primaryIdentifier: primary.replaceAll('<', ' '), secondaryIdentifier: secondary.replaceAll('<', ' ') }
}

/** The name field without the fillers that fill it up. Letters are taken as they are: see `transliterate`. */
export function joinNames(names: Names): string {
  const secondary = names.secondaryIdentifier === '' ? '' : `<<${names.secondaryIdentifier}`
  return (names.primaryIdentifier + secondary).replaceAll(' ', '<')
}

/** Shortens names to a field of `length` characters (9303-3 §4.6, truncation): the secondary identifier gives way
 * first, but keeps its first letter; a letter stands in the last column, which says that something was cut. Names that
 * fit come back as they are. */
export function truncateNames(names: Names, length: number): Names {
  if (joinNames(names).length <= length) return names
  const secondary = names.secondaryIdentifier
  const primary = names.primaryIdentifier.slice(0, secondary === '' ? length : length - 3)
  if (secondary === '')
    return { primaryIdentifier: endInLetter(primary, names.primaryIdentifier), secondaryIdentifier: '' }
  const kept = endInLetter(primary, names.primaryIdentifier)
  const room = length - kept.length - 2
  return { primaryIdentifier: kept, secondaryIdentifier: endInLetter(secondary.slice(0, room), secondary) }
}

/** A cut that ends between two words takes the next word's first letter for the last letter of the word before, so that
 * a letter stands at the end; after a word of one letter the blank just goes. */
function endInLetter(cut: string, whole: string): string {
  if (!cut.endsWith(' ')) return cut
  return /[^ ]{2} $/.test(cut) ? `${cut.slice(0, -2)} ${whole.charAt(cut.length)}` : cut.trimEnd()
}
