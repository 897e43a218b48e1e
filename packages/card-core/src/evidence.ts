import type { FileName } from './lds/files.ts'

/**
 * What the reader saw of the chip beside its files: how it was opened, and what it answered to the challenges. It
 * holds no opinion; `verifyDocument` judges it, at once or years later.
 */
export interface ChipEvidence {
  readonly access: AccessEvidence
  readonly activeAuthentication?: ActiveAuthenticationEvidence
  readonly chipAuthentication?: ChipAuthenticationEvidence
  /** Files that were asked for, or that the SOD or EF.COM lists, and that the chip did not hand out. */
  readonly refusedFiles: readonly { readonly file: FileName; readonly sw: number }[]
  /** Name of the reader, as PC/SC gives it. */
  readonly reader?: string
  readonly atr?: Uint8Array
}

export interface AccessEvidence {
  /** What the chip was seen to offer. BAC is listed only when it was used or is all there is. */
  readonly offered: readonly ('PACE' | 'BAC')[]
  readonly used: 'PACE' | 'BAC' | 'none'
  readonly password?: 'CAN' | 'MRZ'
  readonly pace?: { readonly oid: string; readonly parameterId?: number; readonly mapping: 'GM' | 'IM' | 'CAM' }
  /** Why BAC was used though the chip offers PACE; absent when there was no such fall. */
  readonly downgrade?: string
}

/** Active authentication, 9303-11 §6.1. */
export interface ActiveAuthenticationEvidence {
  /** RND.IFD, eight bytes. */
  readonly challenge: Uint8Array
  /** The signature, present only when the chip answered 9000. */
  readonly response?: Uint8Array
  /** The status word when it was another one. */
  readonly sw?: number
  /** Who chose the challenge: only with the relying party's own does a signature prove anything to that party. */
  readonly source: 'reader' | 'relying-party'
}

/** Chip authentication, 9303-11 §6.2. */
export interface ChipAuthenticationEvidence {
  /** id-CA-ECDH-…, which names the cipher of the new session. */
  readonly oid: string
  readonly keyId?: bigint
  /** The terminal's ephemeral key, 04‖x‖y. */
  readonly ephemeralPublicKey: Uint8Array
  /** successful: a command under the new keys was answered with a right MAC. failed: it was not. refused: the chip
   * answered the protocol itself with `sw`. */
  readonly outcome: 'successful' | 'failed' | 'refused'
  readonly sw?: number
}
