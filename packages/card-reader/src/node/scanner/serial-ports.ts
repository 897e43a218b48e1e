import { readdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ListedDevice } from './scanner-rule.ts'

/** The USB serial ports of Linux, out of /sys/class/tty: no program to start, so it may be asked every second. Ports
 * that are not USB have no ids to match and are named by path. Empty where there is no such folder. */
export async function listTtys(
  roots: { readonly sys: string; readonly dev: string } = { sys: '/sys', dev: '/dev' },
): Promise<ListedDevice[]> {
  const folder = join(roots.sys, 'class', 'tty')
  const names = await readdir(folder).catch(() => [])
  const devices: ListedDevice[] = []
  for (const name of names.toSorted()) {
    // Consoles and pseudo-terminals have no device behind them; ttyS are there whether or not they exist.
    if (!/^tty[A-Z]/.test(name) || /^ttyS[0-9]/.test(name)) continue
    const device = await realpath(join(folder, name, 'device')).catch(() => null)
    const usb = device === null ? null : await usbDeviceOf(device)
    if (usb !== null) devices.push({ path: join(roots.dev, name), ...usb })
  }
  return devices
}

/** The USB device stands a few folders above its interface and port. */
const HIGHEST = 5

async function usbDeviceOf(folder: string): Promise<Omit<ListedDevice, 'path'> | null> {
  let at = folder
  for (let i = 0; i < HIGHEST && dirname(at) !== at; i++, at = dirname(at)) {
    const vendorId = await attribute(at, 'idVendor')
    if (vendorId === undefined) continue
    const productId = await attribute(at, 'idProduct')
    const serialNumber = await attribute(at, 'serial')
    const product = await attribute(at, 'product')
    return {
      vendorId: vendorId.toLowerCase(),
      ...(productId === undefined ? {} : { productId: productId.toLowerCase() }),
      ...(serialNumber === undefined ? {} : { serialNumber }),
      ...(product === undefined ? {} : { product }),
    }
  }
  return null
}

async function attribute(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => '')
  return text.trim() || undefined
}
