import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { hidPosLayout } from './hid-descriptor.ts'
import { BAR_CODE_SCANNER_PAGE } from './hid-pos.ts'
import { driverMissing, type HidDriver, type Link, openError } from './scanner-driver.ts'
import type { ListedDevice } from './scanner-rule.ts'

// The one place that touches node-hid.

/** Loads node-hid. Throws TransportError SCANNER_DRIVER_MISSING, also when the system lacks what it links to. */
export async function loadHidDriver(): Promise<HidDriver> {
  let hid: typeof import('node-hid')
  try {
    const loaded = (await import('node-hid')) as typeof import('node-hid') & { default?: typeof import('node-hid') }
    hid = loaded.default ?? loaded
    // The native part is loaded by the first call.
    hid.getHidapiVersion()
  } catch (error) {
    throw driverMissing('node-hid', error)
  }

  return {
    async list() {
      const devices = await hid.devicesAsync()
      return devices.flatMap(({ path, vendorId, productId, serialNumber, product, usagePage }): ListedDevice[] => {
        if (!path || usagePage !== BAR_CODE_SCANNER_PAGE) return []
        return [
          {
            path,
            vendorId: fourHex(vendorId),
            productId: fourHex(productId),
            ...(serialNumber ? { serialNumber } : {}),
            ...(product ? { product } : {}),
          },
        ]
      })
    },

    async layout({ path }) {
      if (process.platform !== 'linux') return null
      const file = `/sys/class/hidraw/${basename(path)}/device/report_descriptor`
      const descriptor = await readFile(file).catch(() => null)
      return descriptor === null ? null : hidPosLayout(descriptor)
    },

    async open({ path }, _rule, listener) {
      const device = await hid.HIDAsync.open(path).catch((error: unknown) => {
        throw openError(error)
      })
      let closed = false
      device.on('data', (report: Uint8Array) => {
        if (!closed) listener.data(report)
      })
      // An unplugged device fails to be read; what was read before has been told.
      device.on('error', () => {
        if (closed) return
        closed = true
        listener.closed()
        device.close().catch(() => undefined)
      })
      const link: Link = {
        // Stopping and starting node-hid's reading thread may cost a report, and nobody scans faster than texts are read.
        pause: () => undefined,
        resume: () => undefined,
        async close() {
          if (closed) return
          closed = true
          await device.close().catch(() => undefined)
        },
      }
      return link
    },
  }
}

function fourHex(id: number): string {
  return id.toString(16).padStart(4, '0')
}
