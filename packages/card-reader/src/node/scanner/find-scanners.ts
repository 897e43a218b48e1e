import { realpath } from 'node:fs/promises'
import type { HidDriver, Link, LinkListener, SerialDriver } from './scanner-driver.ts'
import type { ScannerIdentity } from './scanner-event.ts'
import { type ListedDevice, meansDevice, type ScannerMatch, type ScannerRule } from './scanner-rule.ts'

export interface FoundScanner {
  /** The same for one device, however many rules and paths lead to it. */
  readonly key: string
  readonly scanner: ScannerIdentity
  readonly device: ListedDevice
  readonly rule: ScannerRule
  open(listener: LinkListener): Promise<Link>
}

/** The scanners that are there now, each with the first rule that means it. A driver that cannot list finds none. */
export async function findScanners(given: {
  readonly rules: readonly ScannerRule[]
  readonly drivers: { readonly serial?: SerialDriver; readonly hid?: HidDriver }
}): Promise<FoundScanner[]> {
  const { serial, hid } = given.drivers
  const [ports, hids] = await Promise.all([listed(serial), listed(hid)])
  const found = new Map<string, FoundScanner>()
  for (const rule of given.rules) {
    const devices = rule.kind === 'hid' ? hids : ports
    const path = await realPathOf(rule.match)
    for (const device of withUnlisted({ devices, rule, path })) {
      const key = `${rule.kind} ${device.path}`
      if (found.has(key) || !meansDevice(rule.match, device, path)) continue
      const scanner = identityOf(device, rule)
      const open = opener(device, rule, given.drivers)
      if (open !== undefined) found.set(key, { key, scanner, device, rule, open })
    }
  }
  return [...found.values()]
}

function opener(
  device: ListedDevice,
  rule: ScannerRule,
  drivers: { readonly serial?: SerialDriver; readonly hid?: HidDriver },
): FoundScanner['open'] | undefined {
  const { serial, hid } = drivers
  switch (rule.kind) {
    case 'serial':
      return serial && (listener => serial.open(device, rule, listener))
    case 'hid':
      return hid && (listener => hid.open(device, rule, listener))
  }
}

async function listed(driver: SerialDriver | HidDriver | undefined): Promise<readonly ListedDevice[]> {
  if (driver === undefined) return []
  // A listing can fail while devices come and go; the next one follows soon.
  return driver.list().catch(() => [])
}

/** A port that is not USB, or not a device at all but a pseudo-terminal, is in no list: being there is enough. */
function withUnlisted(given: {
  readonly devices: readonly ListedDevice[]
  readonly rule: ScannerRule
  readonly path: string | undefined
}): readonly ListedDevice[] {
  const { devices, rule, path } = given
  if (rule.kind === 'hid' || path === undefined || devices.some(device => device.path === path)) return devices
  return [...devices, { path }]
}

/** Where the path of a rule leads; undefined when there is none, or nothing is there. COM ports are no files. */
async function realPathOf({ path }: ScannerMatch): Promise<string | undefined> {
  if (path === undefined) return undefined
  if (process.platform === 'win32') return path.toUpperCase()
  return realpath(path).catch(() => undefined)
}

function identityOf(device: ListedDevice, rule: ScannerRule): ScannerIdentity {
  const { vendorId, productId, serialNumber, product } = device
  const path = rule.match.path ?? device.path
  return {
    label: rule.label ?? product ?? path,
    kind: rule.kind,
    path,
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(productId === undefined ? {} : { productId }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
  }
}
