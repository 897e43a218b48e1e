import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listTtys } from './serial-ports.ts'

/** A /sys with two USB scanners (CDC, and one behind a USB serial chip), a console, and a port on the board. */
function sys(): string {
  const root = mkdtempSync(join(tmpdir(), 'cccd-sys-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const usb = (name: string, attributes: Record<string, string>): string => {
    const folder = join(root, 'devices/pci0/usb1', name)
    mkdirSync(folder, { recursive: true })
    for (const [attribute, value] of Object.entries(attributes)) writeFileSync(join(folder, attribute), `${value}\n`)
    return folder
  }
  const tty = (name: string, device: string | null): void => {
    const folder = join(root, 'class/tty', name)
    mkdirSync(folder, { recursive: true })
    if (device === null) return
    mkdirSync(device, { recursive: true })
    symlinkSync(device, join(folder, 'device'))
  }
  const cdc = usb('1-1', { idVendor: '0C2E', idProduct: '0b61', serial: 'A 1', product: 'Máy quét' })
  const chip = usb('1-2', { idVendor: '067b', idProduct: '2303' })
  tty('ttyACM0', join(cdc, '1-1:1.0'))
  tty('ttyUSB0', join(chip, '1-2:1.0/ttyUSB0'))
  tty('ttyS0', join(root, 'devices/platform/serial8250'))
  tty('ttyAMA0', join(root, 'devices/platform/uart'))
  tty('tty1', null)
  return root
}

test.skipIf(process.platform === 'win32')(
  'USB serial ports are listed with the ids of their device, others are not',
  async () => {
    expect(await listTtys({ sys: sys(), dev: '/dev' })).toEqual([
      { path: '/dev/ttyACM0', vendorId: '0c2e', productId: '0b61', serialNumber: 'A 1', product: 'Máy quét' },
      { path: '/dev/ttyUSB0', vendorId: '067b', productId: '2303' },
    ])
  },
)

test('where there is no such folder there are no ports', async () => {
  expect(await listTtys({ sys: join(tmpdir(), 'cccd-no-such-folder'), dev: '/dev' })).toEqual([])
})

const hasUdev = process.platform === 'linux' && spawnSync('udevadm', ['--version']).status === 0
test.skipIf(!hasUdev)(
  `serialport lists the same USB ports${hasUdev ? '' : ' (skipped: udevadm is not installed)'}`,
  async () => {
    const { SerialPort } = await import('serialport')
    const theirs = (await SerialPort.list()).filter(({ vendorId }) => vendorId !== undefined).map(({ path }) => path)
    expect((await listTtys()).map(({ path }) => path)).toEqual(theirs.toSorted())
  },
)
