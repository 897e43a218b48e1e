import { FormatError } from '@cccd/mrz'
import type { ArtField } from './frame.ts'

const MOST_CHARACTERS = 1000
// What would move, hide or reorder other letters, or is none: controls, format characters and overrides, lone surrogates,
// private and unassigned code points, marks that belong to the letter before (a text in NFC needs none), line separators.
const NOT_DRAWABLE = /[\p{C}\p{M}\u2028\u2029]/u

/**
 * A field's text as it is printed: runs of blanks are one, none at the ends. Throws FormatError ART_CHARACTER for what must
 * not be printed and for text that is not in NFC, ART_OVERFLOW past a thousand characters; they name the field only.
 */
export function drawableText(text: string, field: ArtField): string {
  if (text.length > MOST_CHARACTERS) {
    throw new FormatError('ART_OVERFLOW', `the text has more than ${MOST_CHARACTERS} characters`, { field })
  }
  const odd = NOT_DRAWABLE.exec(text)?.[0].codePointAt(0)
  if (odd !== undefined) {
    const name = `U+${odd.toString(16).toUpperCase().padStart(4, '0')}`
    throw new FormatError('ART_CHARACTER', `the text holds ${name}, which cannot be printed`, { field })
  }
  if (text !== text.normalize('NFC')) {
    throw new FormatError('ART_CHARACTER', 'the text is not in Unicode normal form C', { field })
  }
  return text.replace(/ +/g, ' ').trim()
}
