import type { Timer } from '../connectors/timer.ts'

/** A clock that only a test moves on. */
export interface ManualClock {
  readonly now: () => Date
  readonly timer: Timer
  /** Moves on, and calls what falls due on the way in its order. */
  advance(ms: number): void
  /** When the next call is due, from now; null when none is. */
  nextInMs(): number | null
}

/** Starts at this time. */
export function manualClock(start: Date): ManualClock {
  let at = start.getTime()
  let pending: { readonly due: number; readonly call: () => void }[] = []
  return {
    now: () => new Date(at),
    timer: (ms, call) => {
      const one = { due: at + ms, call }
      pending.push(one)
      return () => {
        pending = pending.filter(other => other !== one)
      }
    },
    advance: ms => {
      const end = at + ms
      for (;;) {
        const next = pending.toSorted((a, b) => a.due - b.due)[0]
        if (next === undefined || next.due > end) break
        pending = pending.filter(other => other !== next)
        at = next.due
        next.call()
      }
      at = end
    },
    nextInMs: () => (pending.length === 0 ? null : Math.min(...pending.map(({ due }) => due)) - at),
  }
}
