/**
 * Whether the one who started a reading is still there: as long as an event stream to it is open, and for a grace time
 * after the last one broke off. Who never opened a stream is not expected to.
 */
export class Presence {
  readonly #graceMs: number
  readonly #left: (id: string) => void
  readonly #streams = new Map<string, number>()
  readonly #timers = new Map<string, NodeJS.Timeout>()

  /** `left` is called with the id of a reading when its grace time is over. */
  constructor(graceMs: number, left: (id: string) => void) {
    this.#graceMs = graceMs
    this.#left = left
  }

  /** A stream to this reading was opened. */
  begin(id: string): void {
    this.#streams.set(id, (this.#streams.get(id) ?? 0) + 1)
    this.#stop(id)
  }

  /** A stream ended; `broke` when its listener went before it was over. */
  end(id: string, { broke }: { readonly broke: boolean }): void {
    const count = this.#streams.get(id)
    if (count === undefined) return
    if (count > 1) this.#streams.set(id, count - 1)
    else this.#streams.delete(id)
    if (broke && count === 1) this.#begin(id)
  }

  /** A sign of life: the grace time begins anew where it runs. */
  sign(id: string): void {
    if (this.#timers.has(id)) this.#begin(id)
  }

  /** The reading is forgotten. */
  drop(id: string): void {
    this.#streams.delete(id)
    this.#stop(id)
  }

  #begin(id: string): void {
    this.#stop(id)
    const timer = setTimeout(() => {
      this.#timers.delete(id)
      this.#left(id)
    }, this.#graceMs)
    timer.unref()
    this.#timers.set(id, timer)
  }

  #stop(id: string): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }
}
