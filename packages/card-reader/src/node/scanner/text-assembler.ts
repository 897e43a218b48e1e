/** Puts the bytes of a scanner together into texts, however the way cut them up. No clock and no port: who calls it says
 * when the line fell silent. */

/** What ends a text. `line`: CR, LF or both; `nul`, `tab`: that byte; `etx`: 03, with 02 before the text; `idle`:
 * nothing but silence, so that a text may hold line ends. */
export type Terminator = 'line' | 'nul' | 'tab' | 'etx' | 'idle'
export const TERMINATORS: readonly Terminator[] = ['line', 'nul', 'tab', 'etx', 'idle']

export type TextEnd = 'terminator' | 'idle' | 'end'

export type Assembled =
  /** `text` is what came, without its terminator. `notUtf8` holds the bytes where they were not UTF-8: then `text` has
   * U+FFFD for what could not be read. */
  | { readonly kind: 'text'; readonly text: string; readonly endedBy: TextEnd; readonly notUtf8?: Uint8Array }
  /** A text longer than allowed comes in pieces of bytes, `last` being true for its end; it is no scan. */
  | { readonly kind: 'tooLong'; readonly bytes: Uint8Array; readonly last: boolean }

export interface TextAssemblerOptions {
  readonly terminator?: Terminator
  /** Bytes of the longest text. Default 32,768, which is more than 10,000 letters of three bytes. */
  readonly longest?: number
}

export const LONGEST_TEXT = 32_768

/** Assembles texts from chunks of any size; what it holds never exceeds `longest` bytes. Texts of nothing but blanks,
 * NUL bytes and byte order marks are no texts and are left out. */
export class TextAssembler {
  readonly #ends: readonly [number, number]
  readonly #longest: number
  #buffer: Uint8Array = new Uint8Array(512)
  #length = 0
  #tooLong = false

  constructor(options: TextAssemblerOptions = {}) {
    this.#ends = ENDS[options.terminator ?? 'line']
    this.#longest = options.longest ?? LONGEST_TEXT
  }

  /** Bytes of a text that has not ended. */
  get pending(): number {
    return this.#length
  }

  /** The texts that end within these bytes. */
  push(chunk: Uint8Array): Assembled[] {
    const found: Assembled[] = []
    const [one, other] = this.#ends
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      if (chunk[i] !== one && chunk[i] !== other) continue
      this.#append(chunk.subarray(start, i), found)
      this.#finish('terminator', found)
      start = i + 1
    }
    this.#append(chunk.subarray(start), found)
    return found
  }

  /** What stands there when the line is silent or at its end; empty when nothing does. */
  flush(endedBy: 'idle' | 'end'): Assembled[] {
    const found: Assembled[] = []
    this.#finish(endedBy, found)
    return found
  }

  /** Gives up an unfinished text, as when the scanner is unplugged: its bytes, null when there are none. */
  abandon(): Uint8Array | null {
    const bytes = this.#take()
    this.#tooLong = false
    return holdsSomething(bytes) ? bytes : null
  }

  #append(bytes: Uint8Array, found: Assembled[]): void {
    let rest = bytes
    while (rest.length > this.#longest - this.#length) {
      const part = rest.subarray(0, this.#longest - this.#length)
      rest = rest.subarray(part.length)
      this.#store(part)
      this.#tooLong = true
      found.push({ kind: 'tooLong', bytes: this.#take(), last: false })
    }
    this.#store(rest)
  }

  #store(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#longest, Math.max(needed, 2 * this.#buffer.length)))
      larger.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = needed
  }

  #take(): Uint8Array {
    const bytes = this.#buffer.slice(0, this.#length)
    this.#length = 0
    return bytes
  }

  #finish(endedBy: TextEnd, found: Assembled[]): void {
    const wasTooLong = this.#tooLong
    this.#tooLong = false
    if (this.#length === 0 && !wasTooLong) return
    const bytes = this.#take()
    if (wasTooLong) found.push({ kind: 'tooLong', bytes, last: true })
    else if (holdsSomething(bytes)) found.push(textOf(bytes, endedBy))
  }
}

const NUL = 0x00
const STX = 0x02
const ETX = 0x03
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const NONE = -1

/** The bytes that end a text. STX ends whatever stood before it, so that noise does not stick to the next text. */
const ENDS: Readonly<Record<Terminator, readonly [number, number]>> = {
  line: [CR, LF],
  nul: [NUL, NUL],
  tab: [TAB, TAB],
  etx: [ETX, STX],
  idle: [NONE, NONE],
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** Bytes as a text; what is not UTF-8 is kept beside it. A byte order mark stays in the text. */
export function textOf(bytes: Uint8Array, endedBy: TextEnd): Assembled & { readonly kind: 'text' } {
  try {
    return { kind: 'text', text: strict.decode(bytes), endedBy }
  } catch {
    return { kind: 'text', text: lenient.decode(bytes), endedBy, notUtf8: bytes }
  }
}

/** Whether there is more than blanks, NUL bytes, line ends and byte order marks. */
export function holdsSomething(bytes: Uint8Array): boolean {
  return bytes.some((byte, i) => byte > 0x20 && !isByteOrderMark(bytes, i))
}

function isByteOrderMark(bytes: Uint8Array, i: number): boolean {
  for (let start = Math.max(0, i - 2); start <= i; start++) {
    if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) return true
  }
  return false
}
