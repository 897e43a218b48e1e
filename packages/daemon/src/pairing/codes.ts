import { createHash } from 'node:crypto'
import type { Role, Scope } from '../api/access.ts'
import { DeskError } from '../api/errors.ts'

/** What a code is good for; the token made from it can do no more. */
export interface PairingGrant {
  readonly scopes: readonly Scope[]
  readonly role: Role
  /** Only this origin may exchange the code; null: only a program without one; undefined: whichever is allowed. */
  readonly origin?: string | null
  /** How long the token lives, in milliseconds. */
  readonly tokenLifeMs: number
}

export interface OpenCode extends PairingGrant {
  readonly code: string
  readonly expiresAt: Date
}

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 8
/** Wrong codes until the first pause; each further round of as many doubles it. */
const TRIES = 5
const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 3_600_000
const MOST_CODES = 20

/** One-time codes: random, short-lived, in memory only. Wrong tries make everybody wait, for the guesser cannot be told
 * from the clerk. */
export class PairingCodes {
  readonly #now: () => Date
  readonly #random: (length: number) => Uint8Array
  readonly #open = new Map<string, OpenCode>()
  #wrong = 0
  #pausedUntil = 0

  constructor(given: { readonly now: () => Date; readonly random: (length: number) => Uint8Array }) {
    this.#now = given.now
    this.#random = given.random
  }

  /** A new code of eight letters and digits in the form XXXX-XXXX (39 bits). */
  issue(grant: PairingGrant, lifeMs: number): OpenCode {
    this.#forgetOld()
    const oldest = this.#open.keys().next().value
    if (this.#open.size >= MOST_CODES && oldest !== undefined) this.#open.delete(oldest)
    const letters = randomLetters(this.#random)
    const code = `${letters.slice(0, 4)}-${letters.slice(4)}`
    const open: OpenCode = { ...grant, code, expiresAt: new Date(this.#now().getTime() + lifeMs) }
    this.#open.set(digest(letters), open)
    return open
  }

  /** Takes a code out and returns what it grants. Throws DeskError PAIRING_CODE_WRONG, or PAIRING_PAUSED after five
   * wrong ones, with the seconds to wait; within a pause even the right code is refused and stays good. */
  redeem(code: string, origin: string | null): PairingGrant {
    const now = this.#now().getTime()
    if (now < this.#pausedUntil) throw paused(this.#pausedUntil - now)
    this.#forgetOld()
    const key = digest(normal(code))
    const open = this.#open.get(key)
    if (open && (open.origin === undefined || open.origin === origin)) {
      this.#open.delete(key)
      this.#wrong = 0
      return open
    }
    this.#wrong++
    if (this.#wrong % TRIES === 0) {
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#wrong / TRIES - 1), LONGEST_PAUSE_MS)
      this.#pausedUntil = now + pause
    }
    throw new DeskError('PAIRING_CODE_WRONG', 'no such pairing code is open')
  }

  #forgetOld(): void {
    const now = this.#now().getTime()
    for (const [key, { expiresAt }] of this.#open) if (expiresAt.getTime() <= now) this.#open.delete(key)
  }
}

function paused(ms: number): DeskError {
  return new DeskError('PAIRING_PAUSED', 'too many wrong pairing codes', { retryAfterSeconds: Math.ceil(ms / 1000) })
}

/** As typed by people: case, blanks and hyphens do not count. */
function normal(code: string): string {
  return code.toUpperCase().replace(/[\s-]/g, '')
}

/** Codes are found by their digest, so that the time of a look-up says nothing of the code. */
function digest(letters: string): string {
  return createHash('sha256').update(letters).digest('hex')
}

/** Bytes beyond the last whole multiple of the alphabet are thrown away, so that all letters are equally likely. */
function randomLetters(random: (length: number) => Uint8Array): string {
  const limit = 256 - (256 % ALPHABET.length)
  let letters = ''
  while (letters.length < LENGTH) {
    for (const byte of random(LENGTH)) {
      if (byte < limit && letters.length < LENGTH) letters += ALPHABET[byte % ALPHABET.length]
    }
  }
  return letters
}
