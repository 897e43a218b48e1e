/** JSON (RFC 8259) in which every value knows where it stands, so that a configuration can be refused with the place.
 * Keys may not repeat. */
import { FormatError } from '@cccd/mrz'

export type PlacedJson =
  | { readonly kind: 'object'; readonly at: number; readonly members: ReadonlyMap<string, PlacedMember> }
  | { readonly kind: 'array'; readonly at: number; readonly items: readonly PlacedJson[] }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'boolean'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'null'; readonly at: number }

export interface PlacedMember {
  readonly keyAt: number
  readonly value: PlacedJson
}

const DEEPEST = 16
const LONGEST = 1_000_000

/** Reads the text; a byte order mark at its start is allowed, since editors put one there. Throws FormatError
 * SCANNER_CONFIG_MALFORMED with line and column. */
export function parsePlacedJson(text: string): PlacedJson {
  if (text.length > LONGEST) throw malformed(text, { at: 0, message: 'longer than a million characters' })
  const reader = new JsonReader(text)
  return reader.document()
}

/** The error for a place in the text: line and column count from 1. `field` is the path of the value. */
export function malformed(
  text: string,
  given: { readonly at: number; readonly message: string; readonly field?: string },
): FormatError {
  const before = text.slice(0, given.at)
  const line = before.split('\n').length
  const column = given.at - (before.lastIndexOf('\n') + 1) + 1
  const { field, message } = given
  return new FormatError('SCANNER_CONFIG_MALFORMED', message, { line, column, ...(field ? { field } : {}) })
}

class JsonReader {
  readonly #text: string
  #at: number

  constructor(text: string) {
    this.#text = text
    this.#at = text.startsWith('\uFEFF') ? 1 : 0
  }

  document(): PlacedJson {
    const value = this.#value(0)
    this.#blanks()
    if (this.#at < this.#text.length) throw this.#fault('text behind the end of the JSON value')
    return value
  }

  #value(depth: number): PlacedJson {
    if (depth > DEEPEST) throw this.#fault('nested too deeply')
    this.#blanks()
    const at = this.#at
    const next = this.#text[at]
    if (next === '{') return this.#object(at, depth)
    if (next === '[') return this.#array(at, depth)
    if (next === '"') return { kind: 'string', at, value: this.#string() }
    const word = this.#match(/true|false|null/y)
    if (word === 'null') return { kind: 'null', at }
    if (word !== null) return { kind: 'boolean', at, value: word === 'true' }
    const number = this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y)
    if (number !== null) return { kind: 'number', at, value: Number(number) }
    throw this.#fault(next === undefined ? 'the text ends where a value should stand' : 'no JSON value begins here')
  }

  #object(at: number, depth: number): PlacedJson {
    const members = new Map<string, PlacedMember>()
    this.#at++
    this.#blanks()
    if (this.#took('}')) return { kind: 'object', at, members }
    for (;;) {
      this.#blanks()
      const keyAt = this.#at
      if (this.#text[keyAt] !== '"') throw this.#fault('a key in quotation marks should stand here')
      const key = this.#string()
      if (members.has(key)) throw malformed(this.#text, { at: keyAt, message: 'this key stands twice' })
      this.#blanks()
      if (!this.#took(':')) throw this.#fault('a colon should stand here')
      members.set(key, { keyAt, value: this.#value(depth + 1) })
      this.#blanks()
      if (this.#took('}')) return { kind: 'object', at, members }
      if (!this.#took(',')) throw this.#fault('a comma or a closing brace should stand here')
    }
  }

  #array(at: number, depth: number): PlacedJson {
    const items: PlacedJson[] = []
    this.#at++
    this.#blanks()
    if (this.#took(']')) return { kind: 'array', at, items }
    for (;;) {
      items.push(this.#value(depth + 1))
      this.#blanks()
      if (this.#took(']')) return { kind: 'array', at, items }
      if (!this.#took(',')) throw this.#fault('a comma or a closing bracket should stand here')
    }
  }

  #string(): string {
    const start = this.#at
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1
    this.#at = end + 1
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string
    } catch {
      const message = 'this string does not end, or holds a wrong escape or a control character'
      throw malformed(this.#text, { at: start, message })
    }
  }

  #blanks(): void {
    this.#match(/[ \t\r\n]*/y)
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#at += found[0].length
    return found[0]
  }

  #took(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  #fault(message: string): FormatError {
    return malformed(this.#text, { at: this.#at, message })
  }
}
