import { loadHidDriver } from './hid-driver.ts'
import type { ScannerDrivers } from './scanner-driver.ts'
import type { ScannerEvent } from './scanner-event.ts'
import { DEFAULT_CONFIG, type ScannerConfig } from './scanner-rule.ts'
import { ScannerSupervisor, type TextInput } from './scanner-supervisor.ts'
import { loadSerialDriver } from './serial-driver.ts'

export interface OpenScannersOptions {
  /** Ends the events, after those that happened before. */
  readonly signal?: AbortSignal
  /** A keyboard, or whatever else gives texts in lines, such as standard input. */
  readonly text?: TextInput
  /** Whether to wait for scanners that are not there, or do not open; default true. A text input is waited for always. */
  readonly wait?: boolean
  readonly now?: () => Date
  readonly drivers?: ScannerDrivers
}

export const SYSTEM_DRIVERS: ScannerDrivers = { serial: loadSerialDriver, hid: loadHidDriver }

/**
 * Opens every scanner that the configuration means, now and whenever it comes, until `signal` aborts or the reader of the
 * events leaves its loop; then all are closed. Without rules for devices it ends with the text input. Nothing is lost
 * when events are read slowly: the scanners are held back. Throws TransportError SCANNER_DRIVER_MISSING when none of
 * the native modules that the rules need is there; if only one is, that is told by an event. With `wait: false` and no
 * text input it throws NO_SCANNER when no scanner is there, and SCANNER_FAILED when none of those that are opens.
 */
export async function* openScanners(
  config: ScannerConfig = DEFAULT_CONFIG,
  options: OpenScannersOptions = {},
): AsyncGenerator<ScannerEvent, void, undefined> {
  const { signal } = options
  if (signal?.aborted) return
  const supervisor = new ScannerSupervisor(config, {
    drivers: options.drivers ?? SYSTEM_DRIVERS,
    now: options.now ?? (() => new Date()),
    wait: options.wait ?? true,
    ...(options.text === undefined ? {} : { text: options.text }),
  })
  const abort = (): void => void supervisor.close()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await supervisor.start()
    yield* supervisor.events
  } finally {
    signal?.removeEventListener('abort', abort)
    await supervisor.close()
  }
}
