/** What a document signer's key may do, as its certificate says; the limit is the operator's. */
export interface KeyAllowance {
  /** SHA-256 of the certificate, upper-case hex. */
  readonly id: string
  /** How many signatures the key may make in its life. */
  readonly limit: number
  /** The private key's usage period, milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

export interface KeyUse {
  readonly used: number
  readonly limit: number
  /** Why the key was taken out. */
  readonly retired?: string
}

/** One document that is to be signed. */
export interface SignatureIntent {
  /** The document number; kept as a keyed digest alone. */
  readonly number: string
  /** Digest of what is signed: the same for the same content only. */
  readonly content: Uint8Array
  /** The card is issued anew: another content under this number is meant. */
  readonly reissue?: boolean
}

export type Reservation =
  | { readonly kind: 'reserved'; readonly again: boolean }
  /** The number was signed, or was about to be, with other content. */
  | { readonly kind: 'signedBefore' }
  /** The key has no signature left for this one. */
  | { readonly kind: 'exhausted' }

/**
 * Counts signatures before they are made, so that neither a crash nor a second process lets a key go over its limit, and
 * remembers which number was signed with which content. A reservation that no signature followed stays counted.
 */
export interface SignatureLedger {
  /** Makes a key known. One that is known already keeps its count, and the lower of both limits. */
  admit(key: KeyAllowance): KeyUse
  use(keyId: string): KeyUse | undefined
  /**
   * Counts and writes down, durably, before it returns. Throws SignerError SIGNER_CLOCK outside the usage period or when
   * the clock went back, SIGNER_EXHAUSTED for a key that was taken out, LEDGER_FAILED when it cannot be written.
   */
  reserve(keyId: string, intents: readonly SignatureIntent[], at: Date): readonly Reservation[]
  /** Notes that the signatures of these are out, each with the digest of its EF.SOD. */
  release(keyId: string, signed: readonly (SignatureIntent & { readonly sod: Uint8Array })[], at: Date): void
  /** Takes a key out for good. */
  retire(keyId: string, reason: string): void
  close(): void
}
