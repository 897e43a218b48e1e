import { createHash } from 'node:crypto'

const START = 1 << 12

/**
 * Remembers in which line something was first seen, for millions of things in a few bytes each: of each thing the first 64
 * bits of its SHA-256, in an open-addressing table. Two different things share them once in some ten million batches of a
 * million.
 */
export class FirstSeen {
  #high: Uint32Array<ArrayBuffer> = new Uint32Array(START)
  #low: Uint32Array<ArrayBuffer> = new Uint32Array(START)
  #line: Uint32Array<ArrayBuffer> = new Uint32Array(START)
  #count = 0

  /** The line in which `thing` was seen before, or undefined; then it is remembered with `line`, which is 1 or more. */
  note(thing: string | Uint8Array, line: number): number | undefined {
    const digest = createHash('sha256').update(thing).digest()
    const [high, low] = [digest.readUInt32LE(0), digest.readUInt32LE(4)]
    const at = this.#find(high, low)
    const seen = this.#line[at]
    if (seen) return seen
    this.#high[at] = high
    this.#low[at] = low
    this.#line[at] = line
    if (++this.#count * 2 > this.#line.length) this.#grow()
    return undefined
  }

  #find(high: number, low: number): number {
    const mask = this.#line.length - 1
    let at = low & mask
    while (this.#line[at] && (this.#high[at] !== high || this.#low[at] !== low)) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const [high, low, line] = [this.#high, this.#low, this.#line]
    const size = line.length * 2
    this.#high = new Uint32Array(size)
    this.#low = new Uint32Array(size)
    this.#line = new Uint32Array(size)
    for (let i = 0; i < line.length; i++) {
      if (!line[i]) continue
      const at = this.#find(high[i] as number, low[i] as number)
      this.#high[at] = high[i] as number
      this.#low[at] = low[i] as number
      this.#line[at] = line[i] as number
    }
  }
}
