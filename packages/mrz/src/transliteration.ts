/**
 * National characters to the letters of the MRZ, 9303-3 §6. Covers the Latin script, Vietnamese with it; Cyrillic and
 * Arabic are not here yet.
 */
import { FormatError } from './error.ts'

/** Letters that are not just a base letter with marks; every other one loses its marks. */
const latin: Readonly<Record<string, string>> = {
  Ä: 'AE',
  Å: 'AA',
  Æ: 'AE',
  Ð: 'D',
  Đ: 'D',
  Ħ: 'H',
  Ĳ: 'IJ',
  ı: 'I',
  Ŀ: 'L',
  Ł: 'L',
  Ŋ: 'N',
  Ö: 'OE',
  Ø: 'OE',
  Œ: 'OE',
  ẞ: 'SS',
  ß: 'SS',
  Ŧ: 'T',
  Þ: 'TH',
  Ü: 'UE',
}

const marks = /\p{Mn}/gu
// 9303-3 §4.6: apostrophes and other punctuation in names are left out, hyphens become fillers.
const leftOut = /[\p{Pi}\p{Pf}\p{Po}\p{Lm}\p{Sk}`\p{Cf}\0]/gu
const wordBreak = /[\p{Zs}\p{Pd}\t\r\n]+/gu

/** A name in the letters A to Z with single blanks between words; letters in either normal form, either case. Throws
 * FormatError MRZ_MALFORMED with the column (from 1) of the first character that has no transliteration here. */
export function transliterate(name: string): string {
  let out = ''
  let column = 0
  for (const character of name.normalize('NFC').toUpperCase().replace(leftOut, '').replace(wordBreak, ' ')) {
    column++
    const letters = latin[character] ?? character.normalize('NFD').replace(marks, '')
    const plain = [...letters].map(letter => latin[letter] ?? letter).join('')
    if (!/^[A-Z ]*$/.test(plain)) {
      const facts = { field: 'name', column }
      throw new FormatError('MRZ_MALFORMED', `character ${column} of the name has no transliteration`, facts)
    }
    out += plain
  }
  return out.trim()
}
