/** Calls once, later; the answer calls it off. */
export type Timer = (ms: number, call: () => void) => () => void

/** The machine's own; it keeps no process alive. */
export const systemTimer: Timer = (ms, call) => {
  const timer = setTimeout(call, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
