import type { Text } from './words/language.ts'

/** What the desk answered instead of what was asked; `status` 0: it did not answer at all. */
export class DeskFault extends Error {
  readonly status: number
  readonly code: string
  readonly words: Text
  readonly hint: Text | undefined
  readonly facts: Readonly<Record<string, string | number>>
  constructor(given: {
    readonly status: number
    readonly code: string
    readonly words: Text
    readonly hint?: Text | undefined
    readonly facts?: Readonly<Record<string, string | number>> | undefined
  }) {
    super(given.code)
    this.name = 'DeskFault'
    this.status = given.status
    this.code = given.code
    this.words = given.words
    this.hint = given.hint
    this.facts = given.facts ?? {}
  }
}

/** What went wrong, as the page shows it. */
export interface Trouble {
  readonly code: string
  readonly words: Text
  readonly hint?: Text | undefined
  readonly triesLeft?: number | undefined
}

/** What the desk refused, in its own words. Throws on whatever is none of the desk's refusals: that is a fault here. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof DeskFault)) throw error
  const { code, words, facts } = error
  const triesLeft = typeof facts.triesLeft === 'number' ? facts.triesLeft : undefined
  const wait = facts.retryAfterSeconds
  const hint =
    typeof wait === 'number' ? { vi: `Thử lại sau ${wait} giây.`, en: `Try again in ${wait} seconds.` } : undefined
  return { code, words, hint, triesLeft }
}

/** Whether the token no longer holds: the page has to be paired again. */
export function isSessionOver(error: unknown): error is DeskFault {
  return error instanceof DeskFault && error.status === 401
}
