import type { AccessAttempt, Scan } from '@cccd/mrz'
import type { HidPosFault } from './hid-pos.ts'
import type { TextEnd } from './text-assembler.ts'

export type ScannerKind = 'serial' | 'hid' | 'text'

/** Which scanner: `label` is for people; vendor and product id are four hexadecimal digits. */
export interface ScannerIdentity {
  readonly label: string
  readonly kind: ScannerKind
  readonly path?: string
  readonly vendorId?: string
  readonly productId?: string
  readonly serialNumber?: string
}

/** What happened, where and when (ISO 8601). All events of one scanner come in the order in which they happened. */
export type ScannerEvent = ScanEvent | DamagedEvent | ConnectionEvent

export interface ScanEvent {
  readonly kind: 'scan'
  readonly at: string
  readonly scanner: ScannerIdentity
  readonly scan: Scan
  /** What opens the chip, in the order to try; at most five. */
  readonly accessKeys: readonly AccessAttempt[]
  /** AIM identifier such as `]Q1`, where the scanner tells it. */
  readonly symbology?: string
  readonly endedBy: TextEnd | 'report'
}

export interface ConnectionEvent {
  readonly kind: 'connected' | 'disconnected'
  readonly at: string
  readonly scanner: ScannerIdentity
}

export interface DamagedEvent {
  readonly kind: 'damaged'
  readonly at: string
  readonly scanner: ScannerIdentity
  readonly damage: ScannerDamage
}

/** What a scanner sent and what is no scan, or not a whole one; `bytes` are all that came of it. */
export type ScannerDamage =
  /** Longer than any text of a card; comes in pieces, the last of which says so. */
  | { readonly code: 'TOO_LONG'; readonly bytes: Uint8Array; readonly last: boolean }
  /** The scan comes right behind, with U+FFFD for what could not be read: the scanner speaks another character set. */
  | { readonly code: 'NOT_UTF8'; readonly bytes: Uint8Array }
  /** The scanner went away in the middle of a text. */
  | { readonly code: 'CUT_OFF'; readonly bytes: Uint8Array }
  | { readonly code: 'REPORT_MALFORMED'; readonly fault: HidPosFault; readonly bytes: Uint8Array }
  /** The scanner is there and cannot be used; it is tried again until it can. */
  | { readonly code: 'CANNOT_OPEN'; readonly reason: OpenFault; readonly message: string; readonly remedy: string }

export type OpenFault = 'busy' | 'denied' | 'failed' | 'driver-missing'
