/** Between sources that push and one reader that pulls. When the reader is slow, `full` is called so that the sources
 * hold back, and `drained` when it has caught up; nothing is dropped. */
export class EventQueue<T> implements AsyncIterable<T> {
  #items: T[] = []
  #ended = false
  #isFull = false
  #error: { readonly error: unknown } | null = null
  #wake = (): void => undefined
  readonly #flow: { readonly full: () => void; readonly drained: () => void }

  constructor(flow: { readonly full: () => void; readonly drained: () => void }) {
    this.#flow = flow
  }

  get isFull(): boolean {
    return this.#isFull
  }

  push(item: T): void {
    this.#items.push(item)
    if (!this.#isFull && this.#items.length >= MANY) {
      this.#isFull = true
      this.#flow.full()
    }
    this.#wake()
  }

  /** What was pushed before is still given out. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** Ends; the reader gets the error after what was pushed before. */
  fail(error: unknown): void {
    this.#error ??= { error }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#items
      this.#items = []
      yield* batch
      if (this.#items.length > 0) continue
      if (this.#isFull) {
        this.#isFull = false
        this.#flow.drained()
      }
      if (this.#ended) {
        if (this.#error !== null) throw this.#error.error
        return
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve
        if (this.#items.length > 0 || this.#ended) resolve()
      })
    }
  }
}

const MANY = 256
