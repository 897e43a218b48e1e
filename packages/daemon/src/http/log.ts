/** A value that a log line may carry. Whoever logs names fields one by one: no object of a person ever gets here. */
export type LogValue = string | number | boolean | null | undefined

export type LogLevel = 'info' | 'warn' | 'error'

/** Writes one line: an event's name and plain facts. Never a name, number, MRZ, QR text, portrait, key or token. */
export type Log = (level: LogLevel, event: string, facts?: Readonly<Record<string, LogValue>>) => void

/** One JSON object a line: time (ISO 8601, UTC), level, event and the facts. Line breaks cannot get in: JSON escapes them. */
export function jsonLog(given: { readonly now: () => Date; readonly write: (line: string) => void }): Log {
  return (level, event, facts = {}) => {
    given.write(`${JSON.stringify({ time: given.now().toISOString(), level, event, ...facts })}\n`)
  }
}

/** What may be told of an error that nobody expected: its class, its code, and where in the program it arose, never its
 * message, which may hold what was being read. */
export function faultFacts(error: unknown): Readonly<Record<string, LogValue>> {
  if (!(error instanceof Error)) return { fault: typeof error }
  const code = (error as { code?: unknown }).code
  // The stack begins with the message, which may have lines that look like frames.
  const stack = error.stack ?? ''
  const from = stack.indexOf(error.message)
  const frames = stack
    .slice(from < 0 ? 0 : from + error.message.length)
    .split('\n')
    .filter(line => /^\s+at .*(:\d+:\d+|<anonymous>)\)?$/.test(line))
  return {
    fault: error.name,
    ...(typeof code === 'string' && { code }),
    where: frames
      .slice(0, 6)
      .map(frame => frame.trim())
      .join(' < '),
  }
}
