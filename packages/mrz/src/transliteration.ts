/** National characters to the letters of the MRZ, 9303-3 §4.6 and §6: Latin (Vietnamese with it), Cyrillic, Arabic. */
import { FormatError } from './error.ts'
import {
  ARABIC,
  CYRILLIC,
  CYRILLIC_OF,
  type CyrillicLanguage,
  LATIN,
  SHADDA,
  TEH_MARBUTA,
  TEH_MARBUTA_AT_THE_END,
  UKRAINIAN_FIRST,
} from './transliteration-tables.ts'

export type { CyrillicLanguage } from './transliteration-tables.ts'

const marks = /\p{Mn}/gu
// 9303-3 §4.6: apostrophes and other punctuation in names are left out, hyphens become fillers.
const leftOut = /^[\p{Pi}\p{Pf}\p{Po}\p{Ps}\p{Pe}\p{Lm}\p{Sk}\p{Mn}\p{Cf}]$/u
const wordBreak = /^[\p{Zs}\p{Pd}\t\r\n]$/u

/** A name in the letters A to Z with single blanks between words; letters in either normal form, either case. `cyrillic`
 * names the language where a letter's value depends on it. Throws FormatError MRZ_MALFORMED with the column (from 1, in
 * NFC) of the first character that has no transliteration. */
export function transliterate(name: string, options: { readonly cyrillic?: CyrillicLanguage } = {}): string {
  const characters = [...name.normalize('NFC')]
  const isBreak = (index: number): boolean => {
    const character = characters[index]
    return character === undefined || wordBreak.test(character)
  }
  let written = ''
  let last = ''
  for (const [i, character] of characters.entries()) {
    const known = alwaysWritten.get(character)
    if (known !== undefined) {
      written += known
      last = known
      continue
    }
    if (isBreak(i)) {
      written += ' '
      last = ''
      continue
    }
    if (character === SHADDA) {
      // 9303-3 §6 C: the sequence is repeated, the X that announces it is not.
      written += last.replace(/^X+/, '')
      continue
    }
    const place = { first: isBreak(i - 1), last: isBreak(i + 1), language: options.cyrillic }
    const letters = otherScript(character, place) ?? (leftOut.test(character) ? '' : latinLetters(character))
    if (!/^[A-Z]*$/.test(letters) || (letters === '' && !leftOut.test(character) && !isUnwritten(character))) {
      const facts = { field: 'name', column: i + 1 }
      throw new FormatError('MRZ_MALFORMED', `character ${i + 1} of the name has no transliteration`, facts)
    }
    if (letters !== '') last = letters
    written += letters
    // Bounded by the letters of these blocks.
    if (letters !== '' && isLatinBlock(character)) alwaysWritten.set(character, letters)
  }
  return written.replace(/ +/g, ' ').trim()
}

/** Letters that were transliterated before and whose value depends on no place or language: those of the Latin blocks. */
const alwaysWritten = new Map<string, string>()

function isLatinBlock(character: string): boolean {
  const code = character.charCodeAt(0)
  return code < 0x250 || (code >= 0x1e00 && code < 0x1f00)
}

/** As `transliterate`; null instead of an error. */
export function tryTransliterate(name: string): string | null {
  try {
    return transliterate(name)
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

interface PlaceInWord {
  readonly first: boolean
  readonly last: boolean
  readonly language: CyrillicLanguage | undefined
}

/** Cyrillic and Arabic letters; undefined for all others. */
function otherScript(character: string, { first, last, language }: PlaceInWord): string | undefined {
  const code = character.charCodeAt(0)
  if (code < 0x400 || code > 0x6ff) return undefined
  if (character === TEH_MARBUTA && last) return TEH_MARBUTA_AT_THE_END
  const capital = character.toUpperCase()
  if (language === 'ukrainian' && first && Object.hasOwn(UKRAINIAN_FIRST, capital)) return UKRAINIAN_FIRST[capital]
  if (language !== undefined && Object.hasOwn(CYRILLIC_OF[language], capital)) return CYRILLIC_OF[language][capital]
  return CYRILLIC[capital] ?? ARABIC[capital]
}

function isUnwritten(character: string): boolean {
  const capital = character.toUpperCase()
  return CYRILLIC[capital] === '' || ARABIC[capital] === ''
}

function latinLetters(character: string): string {
  const capitals = [...character.toUpperCase()].filter(letter => !leftOut.test(letter))
  return capitals.map(letter => LATIN[letter] ?? LATIN[withoutMarks(letter)] ?? withoutMarks(letter)).join('')
}

function withoutMarks(letter: string): string {
  return letter.normalize('NFD').replace(marks, '')
}
