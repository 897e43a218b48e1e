/** Scanners that read an MRZ send its lines one by one, like texts of their own: here they come together again. */

/** Holds the lines of an MRZ until it is whole or something else comes; it never holds more than two lines. Joined lines
 * are parted by LF. */
export class MrzGathering {
  #lines: string[] = []

  /** Whether lines wait for more. */
  get waiting(): boolean {
    return this.#lines.length > 0
  }

  /** The texts that are complete with this one, in the order they came. */
  add(text: string): string[] {
    const line = text.replace(/[\uFEFF\0]/g, '').trim()
    const [first] = this.#lines
    if (first !== undefined && belongsTo(first, line)) {
      this.#lines.push(text)
      return this.#lines.length === lineCount(first) ? this.flush() : []
    }
    const before = this.flush()
    if (!startsMrz(line)) return [...before, text]
    this.#lines.push(text)
    return before
  }

  /** What waits, as one text. */
  flush(): string[] {
    if (this.#lines.length === 0) return []
    const joined = this.#lines.join('\n')
    this.#lines = []
    return [joined]
  }
}

/** A reader of OCR may miss or add a character, and give a sign for one it cannot tell. */
const START = /^[ACIPV][A-Z0-9<][A-Z0-9<?* ]{26,43}$/

function startsMrz(line: string): boolean {
  return START.test(line) && line.includes('<')
}

/** TD1 has lines of 30, TD2 and MRV-B of 36, TD3 and MRV-A of 44. */
function lineCount(first: string): number {
  return first.trim().length <= 33 ? 3 : 2
}

function belongsTo(first: string, line: string): boolean {
  return Math.abs(first.trim().length - line.length) <= 2 && /^[A-Z0-9<?* ]+$/.test(line)
}
