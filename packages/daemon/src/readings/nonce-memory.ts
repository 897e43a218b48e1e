import { createHash } from 'node:crypto'

/** More readings than a desk does in weeks; a nonce is taken by a reading that began, so nobody can flush the memory fast. */
const MOST = 20_000

/** Remembers digests of the nonces that were used, the oldest forgotten first. */
export class NonceMemory {
  readonly #used = new Set<string>()

  /** Takes a nonce for this caller's origin; false when it was taken before. */
  take(origin: string | null, nonce: string): boolean {
    const digest = digestOf(origin, nonce)
    if (this.#used.has(digest)) return false
    if (this.#used.size >= MOST) for (const oldest of this.#used) return this.#used.delete(oldest) && this.#add(digest)
    return this.#add(digest)
  }

  /** Gives a nonce back whose reading never began. */
  giveBack(origin: string | null, nonce: string): void {
    this.#used.delete(digestOf(origin, nonce))
  }

  #add(digest: string): true {
    this.#used.add(digest)
    return true
  }
}

function digestOf(origin: string | null, nonce: string): string {
  return createHash('sha256')
    .update(JSON.stringify([origin, nonce]))
    .digest('base64url')
}
