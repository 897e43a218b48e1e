// What opens and closes, with drivers of the test's own; serial.test.ts has real ports. A HID device cannot be made
// without the kernel's help, so its driver stands in here at the port, and the reports are bytes as a device sends them.
import { TransportError } from '@cccd/mrz'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadHidDriver } from './hid-driver.ts'
import { HID_POS_LAYOUT, type HidPosLayout } from './hid-pos.ts'
import { openScanners } from './open-scanners.ts'
import {
  driverMissing,
  type HidDriver,
  type LinkListener,
  OpenError,
  openError,
  type ScannerDrivers,
} from './scanner-driver.ts'
import type { ScannerEvent } from './scanner-event.ts'
import { DEFAULT_CONFIG, type ListedDevice, type ScannerConfig } from './scanner-rule.ts'

const CARD = '999160012345||Trần Thị B|15011960|Nữ|Hà Nội|10052021'
const HID_ONLY: ScannerConfig = { scanners: [{ kind: 'hid', match: {} }], pollMs: 20 }
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const missing = (name: string) => async () => {
  throw driverMissing(name, new Error())
}

class Bench {
  devices: ListedDevice[] = [{ path: 'usb-1', vendorId: '0c2e', productId: '0b61', product: 'Máy quét' }]
  readonly open = new Map<string, LinkListener>()
  layout: HidPosLayout | null = null
  fault: OpenError['reason'] | null = null
  paused = 0

  readonly driver: HidDriver = {
    list: async () => this.devices,
    layout: async () => this.layout,
    open: async (device, _rule, listener) => {
      if (this.fault !== null) throw new OpenError(this.fault, 'the test says so')
      this.open.set(device.path, listener)
      return {
        pause: () => void this.paused++,
        resume: () => void this.paused--,
        close: async () => void this.open.delete(device.path),
      }
    },
  }

  readonly drivers: ScannerDrivers = { hid: async () => this.driver, serial: missing('serialport') }

  send(text: string, layout: HidPosLayout = HID_POS_LAYOUT): void {
    const data = new TextEncoder().encode(text)
    for (let at = 0; at < data.length; at += layout.dataLength) {
      const part = data.subarray(at, at + layout.dataLength)
      const report = new Uint8Array(64)
      if (layout.reportId !== null) report[0] = layout.reportId
      report[layout.length] = part.length
      if (layout.symbology !== null) report.set([0x5d, 0x51, 0x31], layout.symbology)
      report.set(part, layout.data)
      if (layout.continued !== null && at + layout.dataLength < data.length)
        report[layout.continued.byte] = 1 << layout.continued.bit
      this.open.get('usb-1')?.data(report)
    }
  }

  unplug(): void {
    this.devices = []
    const listener = this.open.get('usb-1')
    this.open.clear()
    listener?.closed()
  }
}

function events(bench: Bench, config = HID_ONLY): AsyncGenerator<ScannerEvent, void, undefined> {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  return openScanners(config, { signal: abort.signal, drivers: bench.drivers, now: () => new Date(0) })
}

async function take(from: AsyncGenerator<ScannerEvent, void, undefined>): Promise<ScannerEvent> {
  const { value } = await from.next()
  if (value === undefined) throw new Error('the events ended')
  return value
}

describe('without waiting', () => {
  const next = (bench: Bench, more: { text?: { input: AsyncIterable<string> } } = {}) =>
    openScanners(HID_ONLY, { drivers: bench.drivers, wait: false, ...more }).next()

  test('no scanner is NO_SCANNER, at once', async () => {
    const bench = new Bench()
    bench.devices = []
    await expect(next(bench)).rejects.toMatchObject({ code: 'NO_SCANNER' })
  })

  test('a scanner that does not open is tried twice and then SCANNER_FAILED, with what to do', async () => {
    const bench = new Bench()
    bench.fault = 'busy'
    let asked = 0
    const { list } = bench.driver
    Object.assign(bench.driver, {
      list: () => {
        asked++
        return list()
      },
    })
    const facts = { remedy: expect.stringContaining('other program') }
    await expect(next(bench)).rejects.toMatchObject({ code: 'SCANNER_FAILED', message: 'the test says so', facts })
    expect(asked).toBe(2)
  })

  test('one whose rights come a moment later is taken', async () => {
    const bench = new Bench()
    bench.fault = 'denied'
    setTimeout(() => {
      bench.fault = null
    }, 10)
    const from = openScanners(HID_ONLY, { drivers: bench.drivers, wait: false })
    onTestFinished(() => void from.return())
    expect((await from.next()).value).toMatchObject({ kind: 'connected' })
    // From then on it is waited for.
    bench.unplug()
    expect((await from.next()).value).toMatchObject({ kind: 'disconnected' })
    bench.devices = [{ path: 'usb-1' }]
    expect((await from.next()).value).toMatchObject({ kind: 'connected' })
  })

  test('a text input needs no scanner', async () => {
    const bench = new Bench()
    bench.devices = []
    const input = (async function* () {
      yield `${CARD}\n`
    })()
    expect((await next(bench, { text: { input } })).value).toMatchObject({
      kind: 'connected',
      scanner: { kind: 'text' },
    })
  })
})

describe('a HID POS scanner', () => {
  test('a card over several reports is one scan with its symbology', async () => {
    const bench = new Bench()
    const from = events(bench)
    const scanner = { label: 'Máy quét', kind: 'hid', path: 'usb-1', vendorId: '0c2e', productId: '0b61' }
    expect(await take(from)).toEqual({ kind: 'connected', at: '1970-01-01T00:00:00.000Z', scanner })
    bench.send(CARD)
    expect(await take(from)).toMatchObject({
      kind: 'scan',
      scanner,
      symbology: ']Q1',
      scan: { kind: 'card-qr', raw: CARD, provenance: { via: 'hid' } },
      accessKeys: [{ kind: 'CAN', can: '012345' }, { kind: 'BAC' }, { kind: 'BAC' }],
      endedBy: 'report',
    })
  })

  test('a device that tells its own layout is believed', async () => {
    const bench = new Bench()
    bench.layout = {
      reportId: null,
      length: 0,
      symbology: null,
      data: 1,
      dataLength: 30,
      continued: { byte: 40, bit: 3 },
    }
    const from = events(bench)
    await take(from)
    bench.send(CARD, bench.layout)
    expect(await take(from)).toMatchObject({ kind: 'scan', scan: { raw: CARD } })
  })

  test('a code whose last report does not come is told after a second, and one cut off by unplugging at once', async () => {
    const bench = new Bench()
    const from = events(bench)
    await take(from)
    const long = { ...HID_POS_LAYOUT, dataLength: 20 }
    const first = new Uint8Array(64).fill(0x41, 5, 61).with(0, 2).with(1, 56).with(63, 1)
    bench.open.get('usb-1')?.data(first)
    expect(await take(from)).toMatchObject({
      kind: 'damaged',
      damage: { code: 'REPORT_MALFORMED', fault: 'PART_MISSING' },
    })
    bench.open.get('usb-1')?.data(first)
    bench.unplug()
    expect(await take(from)).toMatchObject({ kind: 'damaged', damage: { code: 'CUT_OFF', bytes: first.slice(5, 61) } })
    expect(await take(from)).toMatchObject({ kind: 'disconnected' })
    bench.devices = [{ path: 'usb-1' }]
    expect(await take(from)).toMatchObject({ kind: 'connected' })
    bench.send(CARD, long)
    expect(await take(from)).toMatchObject({ kind: 'scan', scan: { raw: CARD } })
  })

  test('a device that is gone without its link telling is closed after three looks, and opened again when it is back', async () => {
    const bench = new Bench()
    const from = events(bench)
    await take(from)
    const [device] = bench.devices
    bench.devices = []
    expect(await take(from)).toMatchObject({ kind: 'disconnected' })
    expect(bench.open.size).toBe(0)
    bench.devices = [device as ListedDevice]
    expect(await take(from)).toMatchObject({ kind: 'connected' })
  })

  test('rights that are missing are told once for as long as they are, and again after it was unplugged', async () => {
    const bench = new Bench()
    bench.fault = 'denied'
    const from = events(bench)
    expect(await take(from)).toMatchObject({ kind: 'damaged', damage: { code: 'CANNOT_OPEN', reason: 'denied' } })
    const next = take(from)
    await pause(100)
    bench.devices = []
    await pause(50)
    bench.devices = [{ path: 'usb-1' }]
    expect(await next).toMatchObject({ damage: { code: 'CANNOT_OPEN' } })
    bench.fault = null
    expect(await take(from)).toMatchObject({ kind: 'connected' })
  })

  test('rules choose by id and serial number, the first that fits gives the label', async () => {
    const bench = new Bench()
    bench.devices = [
      { path: 'usb-1', vendorId: '0c2e', serialNumber: 'A' },
      { path: 'usb-2', vendorId: '0c2e', serialNumber: 'B' },
      { path: 'usb-3', vendorId: '05e0', serialNumber: 'A' },
    ]
    const from = events(bench, {
      scanners: [
        { kind: 'hid', label: 'Quầy 1', match: { vendorId: '0c2e', serialNumber: 'B' } },
        { kind: 'hid', label: 'Quầy 2', match: { vendorId: '0c2e' } },
      ],
    })
    const two = [await take(from), await take(from)].map(({ scanner }) => `${scanner.path} ${scanner.label}`)
    expect(two.toSorted()).toEqual(['usb-1 Quầy 2', 'usb-2 Quầy 1'])
    await from.return()
    expect(bench.open.size).toBe(0)
  })

  test('a slow reader holds the scanners back, and gets everything', async () => {
    const bench = new Bench()
    const from = events(bench)
    await take(from)
    for (let i = 0; i < 1000; i++) bench.send(String(100_000_000_000 + i))
    expect(bench.paused).toBe(1)
    for (let i = 0; i < 1000; i++)
      expect(await take(from)).toMatchObject({ scan: { raw: String(100_000_000_000 + i) } })
    const next = take(from)
    await pause(1)
    expect(bench.paused).toBe(0)
    bench.send(CARD)
    expect(await next).toMatchObject({ scan: { raw: CARD } })
  })
})

describe('standard input', () => {
  async function* input(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
    yield* chunks
  }
  const typed = async (...chunks: readonly (string | Uint8Array)[]): Promise<ScannerEvent[]> => {
    const found: ScannerEvent[] = []
    for await (const event of openScanners({ scanners: [] }, { text: { input: input(...chunks) } })) found.push(event)
    return found
  }

  test('lines are scans of a wedge, the last one also without a line end; then the events end', async () => {
    const found = await typed(`${CARD.slice(0, 20)}`, `${CARD.slice(20)}\r\n9991600`, '12345')
    expect(found.map(event => (event.kind === 'scan' ? event.scan.raw : event.kind))).toEqual([
      'connected',
      CARD,
      '999160012345',
      'disconnected',
    ])
    expect(found[1]).toMatchObject({
      scanner: { kind: 'text', label: 'stdin' },
      scan: { provenance: { via: 'wedge' } },
    })
  })

  test.each([
    ['letters dropped', 'Trn Th B', 'LETTERS_LOST'],
    ['question marks', 'Tr?n Th? B', 'LETTERS_LOST'],
    ['Telex keys', 'Traanf Thij B', 'TELEX_KEYS'],
    ['VNI keys', 'Tra62n Thi5 B', 'VNI_KEYS'],
  ])('Vietnamese letters that a keyboard loses are warned of: %s', async (_what, name, damage) => {
    const [, event] = await typed(`${CARD.replace('Trần Thị B', name)}\n`)
    expect(event?.kind === 'scan' && event.scan.damage).toContain(damage)
  })

  test('an input that fails ends the events with its error', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield `${CARD}\n`
      throw new Error('the input broke')
    }
    const found: string[] = []
    const reading = (async () => {
      for await (const { kind } of openScanners({ scanners: [] }, { text: { input: failing() } })) found.push(kind)
    })()
    await expect(reading).rejects.toThrow('the input broke')
    expect(found).toEqual(['connected', 'scan'])
  })
})

describe('native modules that are not installed', () => {
  const none: ScannerDrivers = { serial: missing('serialport'), hid: missing('node-hid') }

  test('none of those needed: TransportError with a remedy', async () => {
    const error = await openScanners(DEFAULT_CONFIG, { drivers: none })
      .next()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransportError)
    expect(error).toMatchObject({
      code: 'SCANNER_DRIVER_MISSING',
      facts: { remedy: 'Install it: npm install node-hid' },
    })
  })

  test('one of two: told by an event, and the other kind works', async () => {
    const bench = new Bench()
    const from = events(bench, { ...DEFAULT_CONFIG, pollMs: 20 })
    expect(await take(from)).toMatchObject({
      damage: { code: 'CANNOT_OPEN', reason: 'driver-missing' },
      scanner: { kind: 'serial' },
    })
    expect(await take(from)).toMatchObject({ kind: 'connected', scanner: { kind: 'hid' } })
  })
})

test('what systems say about a port that does not open', () => {
  const said = {
    'Error: Resource temporarily unavailable Cannot lock port': 'busy',
    'Opening COM3: Access denied': 'busy',
    'Error: Permission denied, cannot open /dev/ttyACM0': 'denied',
    'Error: No such file or directory, cannot open /dev/ttyACM0': 'gone',
    'Opening COM3: File not found': 'gone',
    'Error: Invalid argument, cannot open /dev/null': 'failed',
  }
  for (const [message, reason] of Object.entries(said)) expect(openError(new Error(message)).reason).toBe(reason)
})

test('events asked for after the signal aborted are none', async () => {
  expect(await openScanners(DEFAULT_CONFIG, { signal: AbortSignal.abort() }).next()).toEqual({
    done: true,
    value: undefined,
  })
})

test('node-hid loads here and lists nothing but bar code scanners', async () => {
  const driver = await loadHidDriver()
  for (const { path, vendorId } of await driver.list()) {
    expect(path).not.toBe('')
    expect(vendorId).toMatch(/^[0-9a-f]{4}$/)
  }
  await expect(
    driver.open(
      { path: '/dev/hidraw-none' },
      { kind: 'hid', match: {} },
      { data: () => undefined, closed: () => undefined },
    ),
  ).rejects.toBeInstanceOf(OpenError)
  expect(await driver.layout({ path: '/dev/hidraw-none' })).toBeNull()
})
