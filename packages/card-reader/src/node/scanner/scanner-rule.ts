import type { Terminator } from './text-assembler.ts'

/** Which devices a rule means: all that is given must fit. Ids are four lower-case hexadecimal digits; a path may be a
 * link, such as those in /dev/serial/by-id. */
export interface ScannerMatch {
  readonly path?: string
  readonly vendorId?: string
  readonly productId?: string
  readonly serialNumber?: string
}

export type Parity = 'none' | 'even' | 'odd'

export interface SerialRule {
  readonly kind: 'serial'
  readonly label?: string
  readonly match: ScannerMatch
  /** Default 9600. USB scanners take any. */
  readonly baud?: number
  readonly dataBits?: 7 | 8
  readonly parity?: Parity
  readonly stopBits?: 1 | 2
  /** Default `line`. */
  readonly terminator?: Terminator
  /** Milliseconds of silence after which a text without terminator counts as ended; 0: never. Default 2,000, for the
   * terminator `idle` 150. */
  readonly idleMs?: number
  /** Bytes of the longest text. */
  readonly longest?: number
}

export interface HidRule {
  readonly kind: 'hid'
  readonly label?: string
  /** Empty: every device of usage page 8C. */
  readonly match: ScannerMatch
  readonly longest?: number
}

export type ScannerRule = SerialRule | HidRule

export interface ScannerConfig {
  readonly scanners: readonly ScannerRule[]
  /** How often to look for scanners that come and go, in milliseconds. Default 1,000. */
  readonly pollMs?: number
}

export const DEFAULT_IDLE_MS = 2000
export const DEFAULT_GAP_MS = 150
export const DEFAULT_POLL_MS = 1000

/** Makers whose USB serial devices are scanners. Other serial devices must be named, since opening a port can disturb
 * what hangs on it. */
const MAKERS: readonly (readonly [string, string])[] = [
  ['0536', 'Honeywell'],
  ['0c2e', 'Honeywell'],
  ['05e0', 'Zebra'],
  ['05f9', 'Datalogic'],
  ['080c', 'Datalogic'],
  ['065a', 'Opticon'],
  ['1eab', 'Newland'],
]

/** Used where no configuration is given: HID POS scanners of every maker, serial ones of the known makers. */
export const DEFAULT_CONFIG: ScannerConfig = {
  scanners: [
    { kind: 'hid', match: {} },
    ...MAKERS.map(([vendorId, label]) => ({ kind: 'serial', label, match: { vendorId } }) as const),
  ],
}

/** A device as the system lists it; ids as in ScannerMatch, absent where the system does not tell. */
export interface ListedDevice {
  readonly path: string
  readonly vendorId?: string
  readonly productId?: string
  readonly serialNumber?: string
  readonly product?: string
}

/** Whether the rule means this device; `path` is where the rule's own path leads. */
export function meansDevice(match: ScannerMatch, device: ListedDevice, path: string | undefined = match.path): boolean {
  return (
    (match.path === undefined || match.path === device.path || path === device.path) &&
    (match.vendorId === undefined || match.vendorId === device.vendorId) &&
    (match.productId === undefined || match.productId === device.productId) &&
    (match.serialNumber === undefined || match.serialNumber === device.serialNumber)
  )
}
