/** What scanners, files and messages put around a text. */

/** The lines that hold something, without byte order marks, NUL bytes and blanks around them. */
export function scannedLines(text: string): string[] {
  const cleaned = needsCleaning(text) ? text.replace(/[\uFEFF\0]/g, '') : text
  return cleaned
    .split(/[\r\n]+/)
    .map(line => line.trim())
    .filter(line => line !== '')
}

function needsCleaning(text: string): boolean {
  return text.includes('\uFEFF') || text.includes('\0')
}

/** The first fields of the texts that desks scan: personal number, old and new insurance numbers. */
export const STARTS_A_CARD: RegExp = /^(?:[0-9]{12}|[0-9]{10}|[A-Z]{2}[0-9]{13})\|/
export const STARTS_AN_INSURANCE_CARD: RegExp = /^(?:[A-Z]{2}[0-9]{13}|[0-9]{10})\|/
