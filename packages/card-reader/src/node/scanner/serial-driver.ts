import { driverMissing, type Link, openError, type SerialDriver } from './scanner-driver.ts'
import type { ListedDevice, Parity, SerialRule } from './scanner-rule.ts'
import { listTtys } from './serial-ports.ts'
import { readingHangUps } from './tty-read.ts'

// The one place that touches serialport.

/** Loads serialport. Throws TransportError SCANNER_DRIVER_MISSING. */
export async function loadSerialDriver(): Promise<SerialDriver> {
  let SerialPort: typeof import('serialport').SerialPort
  try {
    ;({ SerialPort } = await import('serialport'))
  } catch (error) {
    throw driverMissing('serialport', error)
  }

  async function list(): Promise<ListedDevice[]> {
    // On Linux serialport starts a program of udev each time, and fails where that is not installed.
    if (process.platform === 'linux') return listTtys()
    const ports = await SerialPort.list()
    return ports.map(({ path, vendorId, productId, serialNumber, manufacturer }) => ({
      path,
      ...(vendorId ? { vendorId: vendorId.toLowerCase().padStart(4, '0') } : {}),
      ...(productId ? { productId: productId.toLowerCase().padStart(4, '0') } : {}),
      ...(serialNumber ? { serialNumber } : {}),
      ...(manufacturer ? { product: manufacturer } : {}),
    }))
  }

  const open: SerialDriver['open'] = ({ path }, rule, listener) =>
    new Promise((resolve, reject) => {
      const port = new SerialPort({ path, ...settings(rule), autoOpen: false })
      // Before there is a listener for data: reading begins with the listeners of `open` in their order.
      port.once('open', () => readingHangUps(port.port))
      port.on('data', (chunk: Uint8Array) => listener.data(chunk))
      // Errors of an open port end in `close`; without a listener they would end the process.
      port.on('error', () => undefined)
      port.open(error => {
        if (error) {
          reject(openError(error))
          return
        }
        let closing = false
        port.on('close', () => {
          if (!closing) listener.closed()
        })
        const link: Link = {
          pause: () => void port.pause(),
          resume: () => void port.resume(),
          close: () =>
            new Promise(done => {
              closing = true
              if (!port.isOpen) done()
              else port.close(() => done())
            }),
        }
        resolve(link)
      })
    })

  return { list, open }
}

function settings(rule: SerialRule): {
  baudRate: number
  dataBits: 7 | 8
  parity: Parity
  stopBits: 1 | 2
} {
  const { baud = 9600, dataBits = 8, parity = 'none', stopBits = 1 } = rule
  return { baudRate: baud, dataBits, parity, stopBits }
}
