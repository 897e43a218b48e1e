/** The name field of 9303-3 §4.6: primary identifier, two fillers, secondary identifier; one filler between words. */
import { withoutFillers } from './document-number.ts'

export interface Names {
  /** Words parted by one blank. */
  readonly primaryIdentifier: string
  readonly secondaryIdentifier: string
}

/** The two identifiers of a name field. Each filler inside them becomes a blank and only trailing fillers go, so that
 * `joinNames` gives the field back. */
export function splitNames(field: string): Names {
  const text = withoutFillers(field)
  const at = text.indexOf('<<')
  if (at < 0) return { primaryIdentifier: withBlanks(text), secondaryIdentifier: '' }
  return { primaryIdentifier: withBlanks(text.slice(0, at)), secondaryIdentifier: withBlanks(text.slice(at + 2)) }
}

function withBlanks(text: string): string {
  return text.includes('<') ? text.replaceAll('<', ' ') : text
}

/** The name field without the fillers that fill it up. Letters are taken as they are: see `transliterate`. */
export function joinNames(names: Names): string {
  const secondary = names.secondaryIdentifier === '' ? '' : `<<${names.secondaryIdentifier}`
  return (names.primaryIdentifier + secondary).replaceAll(' ', '<')
}

/** The ways of 9303-4, -5, -6 §4.2.3 that are built here. `cut`: the field ends where its room ends. `initials`: from the
 * last word on, words become initials, as few as possible; the first of them keeps the room that is left. */
export type TruncationMethod = 'cut' | 'initials'

/** Shortens names to a field of `length` characters: the secondary identifier gives way first, but keeps its first
 * letter; a letter stands in the last column, which says that something was cut. Names that fit come back as they
 * are. */
export function truncateNames(names: Names, length: number, method: TruncationMethod = 'cut'): Names {
  if (joinNames(names).length <= length) return names
  if (method === 'initials') return withInitials(names, length)
  const secondary = names.secondaryIdentifier
  const primary = names.primaryIdentifier.slice(0, secondary === '' ? length : length - 3)
  if (secondary === '')
    return { primaryIdentifier: endInLetter(primary, names.primaryIdentifier), secondaryIdentifier: '' }
  const kept = endInLetter(primary, names.primaryIdentifier)
  const room = length - kept.length - 2
  return { primaryIdentifier: kept, secondaryIdentifier: endInLetter(secondary.slice(0, room), secondary) }
}

function withInitials(names: Names, length: number): Names {
  const { primaryIdentifier: primary, secondaryIdentifier: secondary } = names
  if (secondary === '') return { primaryIdentifier: initialsFrom(primary, length), secondaryIdentifier: '' }
  // The primary identifier leaves two fillers and one letter at least.
  const kept = primary.length <= length - 3 ? primary : initialsFrom(primary, length - 3, 'bare')
  const given = initialsFrom(secondary, length - kept.length - 2)
  // A short secondary identifier leaves room again, which goes back to the primary one.
  return { primaryIdentifier: initialsFrom(primary, length - given.length - 2), secondaryIdentifier: given }
}

/** Words shortened to a room of characters; `bare` leaves the room that initials win to what follows. */
function initialsFrom(identifier: string, room: number, rest: 'fill' | 'bare' = 'fill'): string {
  if (identifier.length <= room) return identifier
  for (let words = identifier.split(' '); words.length > 0; words = words.slice(0, -1)) {
    const short = [...words]
    for (let i = short.length - 1; i >= 0; i--) {
      const word = short[i] as string
      short[i] = word.charAt(0)
      const spare = room - short.join(' ').length
      if (spare < 0) continue
      if (rest === 'fill') short[i] = word.slice(0, 1 + spare)
      return short.join(' ')
    }
  }
  return identifier.slice(0, room)
}

/** A cut that ends between two words takes the next word's first letter for the last letter of the word before, so that
 * a letter stands at the end; after a word of one letter the blank just goes. */
function endInLetter(cut: string, whole: string): string {
  if (!cut.endsWith(' ')) return cut
  return /[^ ]{2} $/.test(cut) ? `${cut.slice(0, -2)} ${whole.charAt(cut.length)}` : cut.trimEnd()
}

/** Whether these identifiers can be the given names cut short in one of the ways of 9303-4, -5, -6 §4.2.3: each word is
 * the beginning of the word in its place, words may be missing at the end, and both identifiers keep a letter. */
export function isTruncation(cut: Names, whole: Names): boolean {
  const shortened = (short: string, long: string): boolean => {
    const [words, all] = [short.split(' '), long.split(' ')]
    return words.length <= all.length && words.every((word, i) => word !== '' && (all[i] as string).startsWith(word))
  }
  if (!shortened(cut.primaryIdentifier, whole.primaryIdentifier)) return false
  if (whole.secondaryIdentifier === '') return cut.secondaryIdentifier === ''
  return shortened(cut.secondaryIdentifier, whole.secondaryIdentifier)
}
