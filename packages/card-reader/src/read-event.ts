import { concat, equal, type FileName } from '@cccd/card-core'

/**
 * What happens while a document is read, told by the protocol itself since everything below it sees ciphertext. The
 * events `bytes` and `fileComplete` carry what was read: treat them as personal data.
 */
export type ReadEvent =
  | {
      readonly kind: 'accessTried'
      readonly protocol: 'PACE' | 'BAC'
      readonly password: 'CAN' | 'MRZ'
      readonly attempt: number
      readonly of: number
    }
  | {
      readonly kind: 'accessRefused'
      readonly protocol: 'PACE' | 'BAC'
      readonly password: 'CAN' | 'MRZ'
      readonly attempt: number
      readonly of: number
      readonly sw?: number
      readonly triesLeft?: number
    }
  | { readonly kind: 'accessOpened'; readonly protocol: 'PACE' | 'BAC'; readonly password: 'CAN' | 'MRZ' }
  /** The channel was lost and built anew; reading goes on where it stood. */
  | { readonly kind: 'accessReopened'; readonly reason: string }
  /** `from` is where reading starts: more than 0 when an earlier reading is continued. */
  | { readonly kind: 'fileStarted'; readonly file: FileName; readonly from: number }
  /** `length` is that of the whole file, known from the first bytes on. */
  | {
      readonly kind: 'bytes'
      readonly file: FileName
      readonly offset: number
      readonly data: Uint8Array
      readonly length: number
    }
  | { readonly kind: 'fileComplete'; readonly file: FileName; readonly data: Uint8Array }
  | { readonly kind: 'fileRefused'; readonly file: FileName; readonly sw: number }
  | { readonly kind: 'chipAuthentication'; readonly outcome: 'successful' | 'failed' | 'refused' }
  | { readonly kind: 'activeAuthentication'; readonly answered: boolean }

/** Fragments of files already read, to continue a reading that a lost card broke off. */
export type HeldFiles = Readonly<Partial<Record<FileName, HeldFile>>>

export interface HeldFile {
  /** From offset 0 on, without gaps. */
  readonly bytes: Uint8Array
  readonly complete: boolean
}

/** Collects what events carry: hand `observe` to a reading, and `held()` to the next one. */
export interface Holding {
  observe(event: ReadEvent): void
  held(): HeldFiles
}

/**
 * A collector of fragments; it starts with `earlier`, what a reading before held. A complete EF.SOD is what a chip is
 * known by, so it stays until another one is complete, and another one makes everything held worthless.
 */
export function holding(earlier: HeldFiles = {}): Holding {
  let files: Partial<Record<FileName, HeldFile>> = { ...earlier }
  return {
    observe(event) {
      if (event.kind === 'bytes') {
        const { file, offset, data } = event
        const before = files[file]
        if (before?.complete || (before?.bytes.length ?? 0) < offset) return
        files[file] = { bytes: concat(before?.bytes.subarray(0, offset) ?? new Uint8Array(), data), complete: false }
      } else if (event.kind === 'fileComplete') {
        const sod = files['EF.SOD']
        if (event.file === 'EF.SOD' && sod?.complete && !equal(sod.bytes, event.data)) files = {}
        files[event.file] = { bytes: event.data, complete: true }
      }
    },
    held: () => files,
  }
}
