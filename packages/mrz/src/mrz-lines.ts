import { indexOutsideMrzAlphabet } from './check-digit.ts'
import { FormatError } from './error.ts'
import { layoutOf, type MrzLayout } from './layout.ts'
import { scannedLines } from './scanned-text.ts'

// Three lines of 30 or two of 44 with their ends and some blanks; longer texts are not searched for lines.
const longestText = 1000
const unbroken: Readonly<Record<number, number>> = { 90: 3, 72: 2, 88: 2 }

/** The lines of an MRZ and their layout. A text may have any line ends, blanks around lines, a byte order mark and NUL
 * bytes, or no line ends at all. Throws FormatError MRZ_MALFORMED with line and column. */
export function readLines(text: string | readonly string[]): { layout: MrzLayout; lines: readonly string[] } {
  const lines = typeof text === 'string' ? split(text) : text.length > 3 ? text : [...text]
  const layout = layoutOf(lines)
  if (layout === undefined) throw shapeError(lines)
  for (let i = 0; i < lines.length; i++) {
    const index = indexOutsideMrzAlphabet(lines[i] as string)
    if (index < 0) continue
    const [line, column] = [i + 1, index + 1]
    throw new FormatError('MRZ_MALFORMED', `line ${line}, column ${column}: not a character of an MRZ`, {
      line,
      column,
    })
  }
  return { layout, lines }
}

function split(text: string): string[] {
  if (text.length > longestText) throw new FormatError('MRZ_MALFORMED', `${text.length} characters are no MRZ`)
  const lines = scannedLines(text)
  const [only] = lines
  const count = lines.length === 1 && only !== undefined ? unbroken[only.length] : undefined
  if (count === undefined || only === undefined) return lines
  const length = only.length / count
  return Array.from({ length: count }, (_, i) => only.slice(i * length, (i + 1) * length))
}

/** Points at the first line whose length is not the one its neighbours suggest, one past its end or the usual end. */
function shapeError(lines: readonly string[]): FormatError {
  const lengths = lines.slice(0, 5).map(line => line.length)
  const shape = lines.length === 1 ? `1 line of ${lengths[0]}` : `${lines.length} lines of ${lengths.join(', ')}`
  const possible = lines.length === 3 ? [30] : [44, 36]
  const usual = possible.find(length => lengths.includes(length)) ?? possible[0] ?? 30
  const odd = Math.max(
    0,
    lengths.findIndex(length => length !== usual),
  )
  return new FormatError(
    'MRZ_MALFORMED',
    `an MRZ has 3 lines of 30, 2 of 36 or 2 of 44 characters; this has ${lines.length === 0 ? 'none' : shape}`,
    { line: odd + 1, column: Math.min(lengths[odd] ?? 0, usual) + 1 },
  )
}
