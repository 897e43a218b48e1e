import { FormatError } from './error.ts'
import type { MrzFieldName } from './layout.ts'
import type { MrzChange } from './repair-attempt.ts'

const longestText = 1000
const unbroken: Readonly<Record<number, number>> = { 90: 3, 72: 2, 88: 2 }
const lengths: readonly number[] = [30, 36, 44]

/** The lines of a damaged MRZ: two or three, each at most one character longer or shorter than a format has. Blanks
 * inside a line and « for two fillers go where that gives the right length, and are logged. Throws FormatError
 * MRZ_MALFORMED when they have the shape of no MRZ. */
export function readDamagedLines(text: string | readonly string[]): { lines: string[]; changes: MrzChange[] } {
  const raw = typeof text === 'string' ? text : text.length > 10 ? '' : text.join('\n')
  if (raw.length > longestText) throw new FormatError('MRZ_MALFORMED', `${raw.length} characters are no MRZ`)
  const found = raw
    .replace(/[\uFEFF\0]/g, '')
    .split(/[\r\n]+/)
    .map(line => line.trim())
    .filter(line => line !== '')
  const split = found.length === 1 ? splitUnbroken(found[0] as string) : found
  const target = split.length === 3 ? 30 : nearest(split)
  const changes: MrzChange[] = []
  const lines = split.map((line, i) => cleaned(line, { target, line: i + 1, changes }))
  const fits = lines.every(line => Math.abs(line.length - target) <= 1)
  if ((lines.length !== 2 && lines.length !== 3) || !fits) {
    const shape = lines.map(line => line.length).join(', ')
    throw new FormatError('MRZ_MALFORMED', `lines of ${shape || 'no'} characters are no MRZ, nor nearly one`)
  }
  return { lines, changes }
}

function splitUnbroken(line: string): string[] {
  const count = unbroken[line.length]
  if (count === undefined) return [line]
  const length = line.length / count
  return Array.from({ length: count }, (_, i) => line.slice(i * length, (i + 1) * length))
}

/** 36 or 44, whichever the two lines come closer to. */
function nearest(lines: readonly string[]): number {
  const far = (length: number): number =>
    lines.reduce((total, line) => total + Math.abs(line.replace(/\s/g, '').length - length), 0)
  return lengths.filter(length => length > 30).sort((a, b) => far(a) - far(b))[0] as number
}

function cleaned(
  line: string,
  { target, line: number, changes }: { target: number; line: number; changes: MrzChange[] },
): string {
  if (line.length === target) return line
  const field: MrzFieldName = number === 3 ? 'name' : 'documentCode'
  const log = (column: number, from: string, to: string): void =>
    void changes.push({ field, line: number, column, from, to, proofs: [{ kind: 'layout', rule: 'LINE_LENGTH' }] })
  const joined = line.replace(/\s+/g, '')
  const opened = joined.replaceAll('«', '<<')
  for (const [better, what, to] of [
    [joined, /\s+/g, ''],
    [opened, /«/g, '<<'],
  ] as const) {
    if (better.length !== target) continue
    for (const match of line.matchAll(/\s+/g)) log(match.index + 1, match[0], '')
    if (better === opened && opened !== joined)
      for (const match of line.matchAll(what)) log(match.index + 1, match[0], to)
    return better
  }
  return joined
}
