import { TransportError } from '@cccd/mrz'
import type { HidPosLayout } from './hid-pos.ts'
import type { OpenFault } from './scanner-event.ts'
import type { HidRule, ListedDevice, SerialRule } from './scanner-rule.ts'

/** What a link tells; after `closed` nothing comes any more. */
export interface LinkListener {
  data(bytes: Uint8Array): void
  /** The device went away by itself. */
  closed(): void
}

/** An open device. */
export interface Link {
  /** No data until `resume`; the device and the system hold what comes. */
  pause(): void
  resume(): void
  /** Resolves when the device is free again; never throws. */
  close(): Promise<void>
}

/** Access to one kind of device. `open` throws OpenError. */
export interface Driver<Rule> {
  list(): Promise<readonly ListedDevice[]>
  open(device: ListedDevice, rule: Rule, listener: LinkListener): Promise<Link>
}

export type SerialDriver = Driver<SerialRule>

export interface HidDriver extends Driver<HidRule> {
  /** Where the device puts its barcodes, null when it does not tell. */
  layout(device: ListedDevice): Promise<HidPosLayout | null>
}

export interface ScannerDrivers {
  /** Throw TransportError SCANNER_DRIVER_MISSING when the native module is not there. */
  serial(): Promise<SerialDriver>
  hid(): Promise<HidDriver>
}

/** Why a device did not open; `gone` when it is not there any more. */
export class OpenError extends Error {
  readonly reason: Exclude<OpenFault, 'driver-missing'> | 'gone'
  constructor(reason: OpenError['reason'], message: string) {
    super(message)
    this.name = 'OpenError'
    this.reason = reason
  }
}

const REMEDIES: Readonly<Record<OpenError['reason'], string>> = {
  busy: 'Close the other program that uses this scanner.',
  denied: 'Allow this user to use the device: on Linux by the udev rule in docs/scanners.md, or the group dialout.',
  failed: 'Unplug the scanner and plug it in again; check its settings in the configuration.',
  gone: 'Plug the scanner in again.',
}

export function remedyOf(reason: OpenError['reason']): string {
  return REMEDIES[reason]
}

/** What the system says, as one of the reasons known here. */
export function openError(error: unknown): OpenError {
  const message =
    (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.replace(/^Error:? /, '') ?? ''
  const reason = /lock|busy|access denied|resource temporarily/i.test(message)
    ? 'busy'
    : /permission|EACCES|EPERM/i.test(message)
      ? 'denied'
      : /no such|not found|ENOENT|ENXIO|ENODEV/i.test(message)
        ? 'gone'
        : 'failed'
  return new OpenError(reason, message)
}

/** The error for a native module that is not installed or does not load here. */
export function driverMissing(name: string, error: unknown): TransportError {
  return new TransportError(
    'SCANNER_DRIVER_MISSING',
    `the module ${name} is not installed or does not load on this system`,
    { remedy: `Install it: npm install ${name}` },
    { cause: error },
  )
}
