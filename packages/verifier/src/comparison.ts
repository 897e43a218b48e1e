// Comparing what two sides of the card say of its holder. A comparison tells which fields differ, never their values.
import { FormatError, MRZ_LAYOUTS, type Mrz, mrzDate, type PartialDate, transliterate, truncateNames } from '@cccd/mrz'
import type { Finding } from './check.ts'
import type { ReasonCode } from './reason.ts'

/** `diacritics`: the same letters, other marks. `unknown`: one side lacks the field or it cannot be read. */
export type Likeness = 'same' | 'diacritics' | 'differs' | 'unknown'

export type Comparison = readonly (readonly [field: string, likeness: Likeness])[]

/** The finding of a comparison: failed when any field differs. */
export function comparisonFinding(comparison: Comparison, differs: ReasonCode = 'FIELDS_DIFFER'): Finding {
  const fields = (likeness: Likeness) => comparison.filter(([, found]) => found === likeness).map(([field]) => field)
  const differing = fields('differs')
  if (differing.length > 0) return { status: 'failed', reason: differs, detail: differing.join(', ') }
  const marks = fields('diacritics')
  if (marks.length > 0) return { status: 'undetermined', reason: 'DIACRITICS_DIFFER', detail: marks.join(', ') }
  const unknown = fields('unknown')
  if (fields('same').length === 0) return { status: 'undetermined', reason: 'NOTHING_TO_COMPARE' }
  const compared = { compared: fields('same') }
  return unknown.length === 0
    ? { status: 'successful', reason: 'PASSED', evidence: compared }
    : { status: 'successful', reason: 'PASSED', evidence: compared, detail: `not compared: ${unknown.join(', ')}` }
}

/** Compares two texts as they stand; absent or empty is unknown. */
export function sameText(a: string | null | undefined, b: string | null | undefined): Likeness {
  if (!a || !b) return 'unknown'
  return a === b ? 'same' : 'differs'
}

/** Compares two dates of which parts may be unknown; only parts that both know count. */
export function sameDate(a: PartialDate | null | undefined, b: PartialDate | null | undefined): Likeness {
  if (!a || !b) return 'unknown'
  const part = (x: number | null, y: number | null) => x === null || y === null || x === y
  return a.year === b.year && part(a.month, b.month) && part(a.day, b.day) ? 'same' : 'differs'
}

/** Compares a date with a date field of an MRZ; fillers and unknown parts match anything. */
export function sameMrzDate(date: PartialDate | null | undefined, field: string): Likeness {
  if (!date) return 'unknown'
  const written = mrzDate(date)
  for (let i = 0; i < written.length; i++) {
    if (written[i] !== field[i] && written[i] !== '<' && field[i] !== '<') return 'differs'
  }
  return 'same'
}

function plain(name: string): string | null {
  try {
    return transliterate(name)
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

function canonical(name: string): string {
  return name.normalize('NFC').toLocaleUpperCase('vi').trim().replace(/\s+/g, ' ')
}

/** Compares two names with their Vietnamese letters; case, normal form and blanks do not count. */
export function sameVietnameseName(a: string | undefined, b: string | undefined): Likeness {
  if (!a || !b) return 'unknown'
  if (canonical(a) === canonical(b)) return 'same'
  const [x, y] = [plain(a), plain(b)]
  if (x === null || y === null) return 'unknown'
  return x === y ? 'diacritics' : 'differs'
}

/** Whether the names of an MRZ are this name, transliterated and cut as 9303-3 §4.6 cuts. */
export function sameMrzName(name: string | undefined, mrz: Mrz): Likeness {
  if (!name) return 'unknown'
  const letters = plain(name)
  if (letters === null || letters === '') return 'unknown'
  const [family = '', ...given] = letters.split(' ')
  const window = MRZ_LAYOUTS[mrz.format].windows.find(one => one.field === 'name')
  const length = window ? window.to - window.from + 1 : 0
  const expected = truncateNames({ primaryIdentifier: family, secondaryIdentifier: given.join(' ') }, length)
  const joined = ({ primaryIdentifier, secondaryIdentifier }: typeof expected) =>
    `${primaryIdentifier} ${secondaryIdentifier}`.trim().replace(/ +/g, ' ')
  const found = joined(mrz)
  if (found === joined(expected) || found === letters) return 'same'
  // A full name line was cut, perhaps in another way: each word left has to begin a word of the name, in order.
  const line = window ? (mrz.lines[window.line - 1] ?? '').slice(window.from - 1, window.to) : ''
  if (line.endsWith('<')) return 'differs'
  const words = letters.split(' ')
  return found.split(' ').every((word, i) => words[i]?.startsWith(word) === true) ? 'same' : 'differs'
}

/** Compares a sex in words with that of an MRZ. */
export function sameSex(sex: 'male' | 'female' | null | undefined, mrz: Mrz): Likeness {
  if (!sex || mrz.sex === '<') return 'unknown'
  return (sex === 'male' ? 'M' : 'F') === mrz.sex ? 'same' : 'differs'
}

/** Nam or Nữ as DG13 and the QR write it; null for anything else. */
export function sexOf(text: string | undefined): 'male' | 'female' | null {
  const word = text?.normalize('NFC').trim().toLowerCase()
  return word === 'nam' ? 'male' : word === 'nữ' ? 'female' : null
}
