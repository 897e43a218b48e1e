/**
 * What changed since a listener looked last: each key once, with the parts of it that changed. A listener that is slow
 * misses states in between and never the latest one, and what waits for it is bounded by what there is, not by how
 * often it changes. Nothing of a person stands in it: the listener looks the value up when it takes the key.
 */
export class DirtyKeys<K, P extends string = never> implements AsyncIterable<readonly [K, ReadonlySet<P>]> {
  readonly #dirty = new Map<K, Set<P>>()
  #wake: (() => void) | undefined
  #closed = false

  /** Notes a change. Nothing happens once it is closed. */
  mark(key: K, ...parts: readonly P[]): void {
    if (this.#closed) return
    const known = this.#dirty.get(key)
    if (known) for (const part of parts) known.add(part)
    else this.#dirty.set(key, new Set(parts))
    this.#wake?.()
  }

  /** How many keys wait to be taken. */
  get size(): number {
    return this.#dirty.size
  }

  /** Ends the iteration after what is noted already. */
  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  /** The changes in the order in which the keys were first marked. For one listener. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly [K, ReadonlySet<P>], void, void> {
    for (;;) {
      for (const [key, parts] of this.#dirty) {
        this.#dirty.delete(key)
        yield [key, parts]
        // The map may have changed under the iterator while the listener was busy: begin anew.
        break
      }
      if (this.#dirty.size > 0) continue
      if (this.#closed) return
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
