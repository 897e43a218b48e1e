/** Line and column, both from 1, of the first place at which a text is no JSON; null when it is JSON. The engine's own
 * message names a position for some faults only. */
export function jsonFaultPlace(text: string): { readonly line: number; readonly column: number } | null {
  const at = new Scanner(text).run()
  if (at === null) return null
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1) as string).length + 1 }
}

const BLANK = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const PLAIN = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y

/** RFC 8259, without recursion: `open` holds the brackets that wait to be closed. */
class Scanner {
  readonly #text: string
  readonly #open: ('{' | '[')[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): number | null {
    this.#take(BLANK)
    for (;;) {
      // A value, or the end of an empty object or array.
      const here = this.#text[this.#at]
      if (here === '{' || here === '[') {
        this.#open.push(here)
        this.#at++
        this.#take(BLANK)
        if (this.#text[this.#at] !== (here === '{' ? '}' : ']')) {
          if (here === '{' && !this.#name()) return this.#at
          continue
        }
      } else if (!this.#take(STRING) && !this.#take(PLAIN)) return this.#at
      this.#take(BLANK)
      // What ends, and what follows.
      for (;;) {
        const inner = this.#open.at(-1)
        const next = this.#text[this.#at]
        if (inner === undefined) return this.#at === this.#text.length ? null : this.#at
        if (next !== (inner === '{' ? '}' : ']')) {
          if (next !== ',') return this.#at
          this.#at++
          this.#take(BLANK)
          if (inner === '{' && !this.#name()) return this.#at
          break
        }
        this.#open.pop()
        this.#at++
        this.#take(BLANK)
      }
    }
  }

  /** `"name" :` and the blanks around. */
  #name(): boolean {
    if (!this.#take(STRING)) return false
    this.#take(BLANK)
    if (this.#text[this.#at] !== ':') return false
    this.#at++
    this.#take(BLANK)
    return true
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return false
    this.#at += found[0].length
    return true
  }
}
