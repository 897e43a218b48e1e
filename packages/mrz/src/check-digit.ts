import { FormatError } from './error.ts'

const weights = [7, 3, 1] as const

/** 9303-3 §4.9 by character code: digits count as themselves, A to Z as 10 to 35, the filler as 0; others are -1. */
const values: Int8Array = Int8Array.from({ length: 128 }, (_, code) => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x41 && code <= 0x5a) return code - 0x41 + 10
  return code === 0x3c ? 0 : -1
})

function characterValue(code: number): number {
  return code < 128 ? (values[code] as number) : -1
}

/** The check digit of 9303-3 §4.9 (weights 7 3 1, modulo 10) over characters of the MRZ alphabet, as one digit.
 * Throws FormatError MRZ_MALFORMED with the column (from 1, in the given text) of a character outside A–Z 0–9 <. */
export function checkDigit(text: string): string {
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const value = characterValue(text.charCodeAt(i))
    if (value < 0) {
      throw new FormatError('MRZ_MALFORMED', `character ${i + 1} is none that an MRZ can hold`, { column: i + 1 })
    }
    sum += value * (weights[i % 3] as number)
  }
  return String(sum % 10)
}

/** The weighted sum over columns `from` to `to` (from 1) of a line that holds characters of the MRZ alphabet only; the
 * first column has the weight of place `start` (from 0) in a longer text. */
export function weightedSum(
  line: string,
  { from, to }: { readonly from: number; readonly to: number },
  start: number,
): number {
  let sum = 0
  let place = start % 3
  for (let i = from - 1; i < to; i++) {
    sum += (values[line.charCodeAt(i)] as number) * (weights[place] as number)
    place = place === 2 ? 0 : place + 1
  }
  return sum
}

/** The index of the first character outside A–Z 0–9 <, or -1. */
export function indexOutsideMrzAlphabet(text: string): number {
  for (let i = 0; i < text.length; i++) if (characterValue(text.charCodeAt(i)) < 0) return i
  return -1
}
