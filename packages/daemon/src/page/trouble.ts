import { DeskCallError } from '../client/call-error.ts'
import type { Text } from './words/language.ts'

/** What went wrong, as the page shows it. */
export interface Trouble {
  readonly code: string
  readonly words: Text
  readonly hint?: Text | undefined
  readonly triesLeft?: number | undefined
}

/** What the desk refused, in its own words. Throws on whatever is none of the desk's refusals: that is a fault here. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof DeskCallError)) throw error
  const { code, vi, en, facts } = error
  const triesLeft = typeof facts.triesLeft === 'number' ? facts.triesLeft : undefined
  const wait = facts.retryAfterSeconds
  const hint =
    typeof wait === 'number' ? { vi: `Thử lại sau ${wait} giây.`, en: `Try again in ${wait} seconds.` } : undefined
  return { code, words: { vi, en }, hint, triesLeft }
}

/** Whether the token no longer holds: the page has to be paired again. */
export function isSessionOver(error: unknown): error is DeskCallError {
  return error instanceof DeskCallError && error.status === 401
}
