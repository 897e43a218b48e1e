/** What a keyboard wedge does to a card's text: it types keys, and a keyboard has no Vietnamese letters. */

import { STARTS_A_CARD } from './scanned-text.ts'

/** SEPARATORS_LOST, SEPARATORS_REPLACED: the `|` between fields are gone or another sign. TELEX_KEYS, VNI_KEYS: letters
 * came as the keys of an input method (`Nguyeenx`, `Nguye64n`). LETTERS_LOST: letters are gone, question marks or of a
 * wrong character set. NO_VIETNAMESE_LETTERS: no letter has a mark, which is rare. TEXT_CUT: the end is missing.
 * SEVERAL_TEXTS: more than one card. */
export type ScanDamage =
  | 'SEPARATORS_LOST'
  | 'SEPARATORS_REPLACED'
  | 'TELEX_KEYS'
  | 'VNI_KEYS'
  | 'LETTERS_LOST'
  | 'NO_VIETNAMESE_LETTERS'
  | 'TEXT_CUT'
  | 'SEVERAL_TEXTS'

/** Whether a name and a sex are keys of an input method instead of letters. Names have no digits, and no Vietnamese
 * syllable has w or a doubled vowel or ends in s, f, r, x or j; names of other peoples can, so one sign is not enough. */
export function typedKeys(fullName: string, sexText: string): 'TELEX_KEYS' | 'VNI_KEYS' | null {
  if (/^nu(?:74|47)$/i.test(sexText)) return 'VNI_KEYS'
  if (/^nuw+x$|^nuxw$/i.test(sexText)) return 'TELEX_KEYS'
  if (/[^\0-\x7f]/.test(fullName)) return null
  const words = fullName.split(/[^A-Za-z0-9]+/)
  if (words.some(word => /[A-Za-z][0-9]/.test(word))) return 'VNI_KEYS'
  const signs = words.reduce((total, word) => total + telexSigns(word), 0)
  return signs >= 2 ? 'TELEX_KEYS' : null
}

function telexSigns(word: string): number {
  const vowel = /aa|ee|oo|dd|[aou]w|^w/i.test(word) ? 1 : 0
  const tone = /[aeiouyw](?:c|ch|m|n|ng|nh|p|t)?[sfrxj]$/i.test(word) ? 1 : 0
  return vowel + tone
}

export interface Reassembled {
  /** With `|` between the fields. */
  readonly text: string
  readonly damage: 'SEPARATORS_LOST' | 'SEPARATORS_REPLACED'
}

const longestDamaged = 1000
const usualCounts: readonly number[] = [6, 7, 11]

/** A card's text whose separators were replaced by one other sign or by line ends, with `|` again; null when it does not
 * come apart into as many fields as a card has. Given without byte order mark and blanks around it. */
export function withSeparatorsPutBack(text: string): Reassembled | null {
  if (text.length > longestDamaged) return null
  const number = /^[0-9]{12}/.exec(text)
  if (number === null) return null
  const separator = /^(?:[^\p{L}\p{N} |\r\n\uFEFF]|[\r\n]+)/u.exec(text.slice(12))?.[0]
  if (separator !== undefined) {
    const fields = /^[\r\n]/.test(separator) ? text.split(/\r\n|\r|\n/) : text.split(separator)
    if (!usualCounts.includes(fields.length) || fields.some(field => field.includes('|'))) return null
    return { text: fields.join('|'), damage: 'SEPARATORS_REPLACED' }
  }
  return withoutSeparators(text)
}

/** Number, old number, name, eight digits, sex, address, eight digits: what parts them is of another kind than they. */
function withoutSeparators(text: string): Reassembled | null {
  const run = text.replaceAll('|', '')
  const match =
    /^([0-9]{12})([0-9]{12}|[0-9]{9})?([^0-9]{2,80})([0-9]{8})(Nam|N[ữƯưu\u01B0]\u0303?|N\?*)(.*?)([0-9]{8})$/u.exec(
      run,
    )
  if (match === null) return null
  return {
    text: match
      .slice(1)
      .map(field => field ?? '')
      .join('|'),
    damage: 'SEPARATORS_LOST',
  }
}

/** The symbology identifier of AIM, with that of a character set behind it, which many scanners put in front. */
const IDENTIFIER = /^[\s\0\uFEFF]*\][A-Za-z][0-9A-Za-z](?:\\[0-9]{6})?/

/** The text without an AIM identifier in front. */
export function withoutIdentifier(text: string): string {
  return text.replace(IDENTIFIER, '')
}

/** Behind the end of one card's text, or beside it in a line of its own, stands another card's or an MRZ: fields must not
 * be mixed. Given the lines of the text. */
export function holdsSeveral(lines: readonly string[]): boolean {
  const [first = '', ...rest] = lines
  const isCard = STARTS_A_CARD.test(first)
  const inRest = rest.some(line => STARTS_A_CARD.test(line) || (isCard && /^[A-Z0-9<]{28,}$/.test(line)))
  if (isCard && inRest) return true
  // Three lines of an MRZ and more: twice the same, or another one.
  if (lines.length > 3 && lines.every(line => /^[A-Z0-9<]{28,46}$/.test(line) && line.includes('<'))) return true
  if (!isCard && lines.length > 1 && STARTS_A_CARD.test(rest.at(-1) ?? '') && first.includes('<<')) return true
  return lines.some(line => NEXT_CARD.test(line))
}

// A date of issue, empty last fields or the $ of an insurance card, then a number, and fields enough for a card.
const NEXT_CARD = /(?:\|[0-9]{8}|\|\|\||\$)[ \t]*(?:[0-9]{12}|[A-Z]{2}[0-9]{13})[ \t]*(?:\|[^|]*){5}/

/** Whether the last field, the date of issue, is not there or only begun. Given the fields of a card, in which it could
 * not be read. */
export function isCut(fields: readonly string[]): boolean {
  return fields.length === 6 || (fields.length === 7 && /^[0-9/.-]{0,9}$/.test((fields[6] as string).trim()))
}
