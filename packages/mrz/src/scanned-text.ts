/** What scanners, files and messages put around a text. */

/** The lines that hold something, without byte order marks, NUL bytes and blanks around them. */
export function scannedLines(text: string): string[] {
  const cleaned = text.includes('\uFEFF') || text.includes('\0') ? text.replace(/[\uFEFF\0]/g, '') : text
  const lines: string[] = []
  let start = 0
  for (let i = 0; i <= cleaned.length; i++) {
    const code = i < cleaned.length ? cleaned.charCodeAt(i) : LF
    if (code !== LF && code !== CR) continue
    if (i > start) {
      const line = cleaned.slice(start, i).trim()
      if (line !== '') lines.push(line)
    }
    start = i + 1
  }
  return lines
}

const LF = 0x0a
const CR = 0x0d

/** The first fields of the texts that desks scan: personal number, old and new insurance numbers. */
export const STARTS_A_CARD: RegExp = /^(?:[0-9]{12}|[0-9]{10}|[A-Z]{2}[0-9]{13})[ \t]*\|/
export const STARTS_AN_INSURANCE_CARD: RegExp = /^(?:[A-Z]{2}[0-9]{13}|[0-9]{10})[ \t]*\|/
