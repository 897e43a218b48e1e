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
const leftOut = /^[\p{Pi}\p{Pf}\p{Po}\p{Ps}\p{Pe}\p{Lm}\p{Sk}\p{Mn}\p{Cf}]$/u
const wordBreak = /^[\p{Zs}\p{Pd}\t\r\n]$/u

/** A name in the letters A to Z with single blanks between words; letters in either normal form, either case. Throws
 * FormatError MRZ_MALFORMED with the column (from 1, in NFC) of the first character that has no transliteration here. */
export function transliterate(name: string): string {
  const letters = [...name.normalize('NFC')].map((character, i) => {
    if (wordBreak.test(character)) return ' '
    if (leftOut.test(character)) return ''
    const plain = lettersFor(character)
    if (/^[A-Z]+$/.test(plain)) return plain
    const facts = { field: 'name', column: i + 1 }
    throw new FormatError('MRZ_MALFORMED', `character ${i + 1} of the name has no transliteration`, facts)
  })
  return letters.join('').replace(/ +/g, ' ').trim()
}

function lettersFor(character: string): string {
  const capitals = [...character.toUpperCase()].filter(letter => !leftOut.test(letter))
  return capitals.map(letter => latin[letter] ?? latin[withoutMarks(letter)] ?? withoutMarks(letter)).join('')
}

function withoutMarks(letter: string): string {
  return letter.normalize('NFD').replace(marks, '')
}
