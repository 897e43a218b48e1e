// Scanners over real pseudo-terminals: socat is the cable.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Cable, cableMissing, layCable } from '../../../../../tools/rig/pseudo-terminal.ts'
import { openScanners } from './open-scanners.ts'
import type { ScanEvent, ScannerEvent } from './scanner-event.ts'
import type { ScannerConfig, SerialRule } from './scanner-rule.ts'

const missing = cableMissing()
const CARD = '999160012345|099000001|Trần Thị B|15011960|Nữ|Thôn Đồng Mẫu, Xã Thử, Huyện Nghiệm, Hà Nội|10052021'

interface Desk {
  readonly cable: Cable
  readonly events: ScannerEvent[]
  /** The next event of that kind after those asked for before. */
  next<K extends ScannerEvent['kind']>(kind: K): Promise<ScannerEvent & { kind: K }>
  /** Lets the scanner go; the cable stays until the test ends. */
  close(): Promise<void>
}

async function desk(rule: Partial<SerialRule> = {}, given: { readonly pollMs?: number } = {}): Promise<Desk> {
  const cable = await layCable()
  const abort = new AbortController()
  const config: ScannerConfig = {
    scanners: [{ kind: 'serial', label: 'Quầy 1', match: { path: cable.port }, ...rule }],
    pollMs: given.pollMs ?? 100,
  }
  const events: ScannerEvent[] = []
  let seen = 0
  let wake = (): void => undefined
  const reading = (async () => {
    for await (const event of openScanners(config, { signal: abort.signal })) {
      events.push(event)
      wake()
    }
  })()
  const close = async (): Promise<void> => {
    abort.abort()
    await reading
  }
  onTestFinished(async () => {
    await close()
    await cable.remove()
  })
  const next: Desk['next'] = async kind => {
    for (;;) {
      const at = events.findIndex((event, i) => i >= seen && event.kind === kind)
      if (at >= 0) {
        seen = at + 1
        return events[at] as never
      }
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
  await next('connected')
  return { cable, events, next, close }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const title = `a serial scanner over pseudo-terminals${missing ? ` (skipped: ${missing})` : ''}`

describe.skipIf(missing !== '')(title, () => {
  test('a scan tells who, what, whence and the keys in the order to try', async () => {
    const { cable, next } = await desk()
    await cable.send(`${CARD}\r\n`)
    const event = await next('scan')
    expect(event).toMatchObject({
      scanner: { label: 'Quầy 1', kind: 'serial', path: cable.port },
      scan: { kind: 'card-qr', raw: CARD, provenance: { source: 'qr', via: 'serial' }, damage: [] },
      endedBy: 'terminator',
    })
    expect(event.accessKeys[0]).toEqual({ kind: 'CAN', can: '012345' })
    expect(event.accessKeys.length).toBeLessThanOrEqual(5)
    expect(Date.parse(event.at)).toBeGreaterThan(0)
  })

  test('a scan split at every byte, and so inside letters, is one scan', async () => {
    const { cable, next, events } = await desk()
    for (const byte of new TextEncoder().encode(`${CARD}\r`)) {
      await cable.send(Uint8Array.of(byte))
      await pause(1)
    }
    expect((await next('scan')).scan.raw).toBe(CARD)
    expect(events.filter(({ kind }) => kind === 'scan')).toHaveLength(1)
  })

  test.each([
    ['CR only', '\r'],
    ['LF only', '\n'],
    ['CR and LF', '\r\n'],
    ['empty lines between', '\r\n\r\n\0'],
  ])('scans merged into one chunk come apart: %s', async (_what, end) => {
    const { cable, next } = await desk()
    const texts = [CARD, '999160012345', CARD.replace('Trần Thị B', 'Lê Văn C')]
    await cable.send(texts.map(text => text + end).join(''))
    for (const text of texts) expect((await next('scan')).scan.text).toBe(text)
  })

  test('a byte order mark is kept in the raw text and not in the way', async () => {
    const { cable, next } = await desk()
    await cable.send(`\uFEFF${CARD}\r`)
    expect((await next('scan')).scan).toMatchObject({ kind: 'card-qr', raw: `\uFEFF${CARD}`, text: CARD })
  })

  test('4,000 letters of three bytes arrive whole', async () => {
    const { cable, next } = await desk()
    const text = `${CARD.slice(0, 20)}${'ễ'.repeat(3980)}`
    await cable.send(`${text}\r`)
    expect((await next('scan')).scan.raw).toBe(text)
  })

  test('a text longer than any is set aside, and the next scan is read', async () => {
    const { cable, next } = await desk({ longest: 1000 })
    await cable.send(`${'x'.repeat(2500)}\r${CARD}\r`)
    const parts = [await next('damaged'), await next('damaged'), await next('damaged')].map(({ damage }) => damage)
    expect(parts.map(part => part.code === 'TOO_LONG' && [part.bytes.length, part.last])).toEqual([
      [1000, false],
      [1000, false],
      [500, true],
    ])
    expect((await next('scan')).scan.raw).toBe(CARD)
  })

  test('bytes that are not UTF-8 are told beside the scan', async () => {
    const { cable, next } = await desk()
    const bytes = new TextEncoder().encode(`${CARD.replace('ầ', '#')}\r`)
    bytes[bytes.indexOf(0x23)] = 0xe2
    await cable.send(bytes)
    const { damage } = await next('damaged')
    expect(damage).toEqual({ code: 'NOT_UTF8', bytes: bytes.slice(0, -1) })
    expect((await next('scan')).scan).toMatchObject({ kind: 'card-qr', damage: ['LETTERS_LOST'] })
  })

  test('a scanner that ends its texts with nothing is understood by its silence', async () => {
    const { cable, next } = await desk({ terminator: 'idle', idleMs: 80 })
    await cable.send(CARD)
    expect(await next('scan')).toMatchObject({ scan: { raw: CARD }, endedBy: 'idle' })
    await cable.send(CARD.replaceAll('|', '\r\n'))
    expect((await next('scan')).scan).toMatchObject({ kind: 'card-qr', damage: ['SEPARATORS_REPLACED'] })
  })

  test('the three lines of an MRZ are one scan; two of them come after a while', async () => {
    const { cable, next } = await desk()
    const lines = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']
    await cable.send(`${lines.join('\r')}\r`)
    expect((await next('scan')).scan).toMatchObject({ kind: 'mrz', raw: lines.join('\n'), mrz: { lines } })
    await cable.send(`${lines.slice(0, 2).join('\r')}\r`)
    expect(await next('scan')).toMatchObject({ scan: { raw: lines.slice(0, 2).join('\n') }, endedBy: 'idle' })
  })

  test('unplugged while scanning: said with what came, and read again when it is back', async () => {
    const { cable, next, events } = await desk()
    for (let round = 0; round < 3; round++) {
      await cable.send(`${CARD}\r${CARD.slice(0, 30)}`)
      expect((await next('scan')).scan.raw).toBe(CARD)
      await pause(30)
      await cable.unplug()
      const { damage } = await next('damaged')
      expect(damage).toEqual({ code: 'CUT_OFF', bytes: new TextEncoder().encode(CARD.slice(0, 30)) })
      await next('disconnected')
      await cable.plug()
      await next('connected')
      await cable.send(`${CARD.slice(30)}\r`)
      expect((await next('scan')).scan.raw).toBe(CARD.slice(30))
    }
    expect(events.filter(({ kind }) => kind === 'connected')).toHaveLength(4)
    expect(events.filter(({ kind }) => kind === 'disconnected')).toHaveLength(3)
  })

  test('unplugged between two reads: said at once, and nothing spins', async () => {
    const cable = await layCable()
    onTestFinished(() => cable.remove())
    const config: ScannerConfig = { scanners: [{ kind: 'serial', match: { path: cable.port } }], pollMs: 10_000 }
    let armed = false
    // The time is asked for while a chunk is being worked on, before the next read begins.
    const now = (): Date => {
      if (armed) process.kill(cable.pid(), 'SIGKILL')
      const until = Date.now() + (armed ? 100 : 0)
      while (Date.now() < until);
      armed = false
      return new Date()
    }
    const events = openScanners(config, { now })
    expect((await events.next()).value?.kind).toBe('connected')
    armed = true
    await cable.send(`${CARD}\r${CARD.slice(0, 9)}`)
    const kinds = [await events.next(), await events.next(), await events.next()].map(({ value }) => value?.kind)
    expect(kinds).toEqual(['scan', 'damaged', 'disconnected'])
    const before = process.cpuUsage()
    await pause(200)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(100)
    await events.return()
  })

  test('a scanner that comes later is opened when it comes', async () => {
    const { cable, next } = await desk()
    await cable.unplug()
    await next('disconnected')
    await pause(350)
    await cable.plug()
    await next('connected')
    await cable.send(`${CARD}\n`)
    expect((await next('scan')).scan.raw).toBe(CARD)
  })

  test('a port that another holds is told once, with a remedy, and taken when it is free', async () => {
    const first = await desk()
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    const config: ScannerConfig = { scanners: [{ kind: 'serial', match: { path: first.cable.port } }], pollMs: 50 }
    const events = openScanners(config, { signal: abort.signal })
    const { value: refused } = await events.next()
    expect(refused).toMatchObject({ kind: 'damaged', damage: { code: 'CANNOT_OPEN', reason: 'busy' } })
    expect(refused?.kind === 'damaged' && refused.damage.code === 'CANNOT_OPEN' && refused.damage.remedy).toMatch(
      /[Cc]lose/,
    )
    const later = events.next()
    await pause(200)
    await first.close()
    expect((await later).value?.kind).toBe('connected')
    await first.cable.send(`${CARD}\r`)
    expect((await events.next()).value).toMatchObject({ kind: 'scan', scan: { raw: CARD } })
    abort.abort()
    expect((await events.next()).done).toBe(true)
  })

  test('whoever leaves the loop frees the port', async () => {
    const cable = await layCable()
    onTestFinished(() => cable.remove())
    const config: ScannerConfig = { scanners: [{ kind: 'serial', match: { path: cable.port } }], pollMs: 50 }
    for (let i = 0; i < 3; i++) {
      let event: ScannerEvent | undefined
      for await (event of openScanners(config)) break
      expect(event?.kind).toBe('connected')
    }
  })

  test('10,000 scans to a slow reader: none lost, none changed, memory flat', async () => {
    const cable = await layCable()
    onTestFinished(() => cable.remove())
    const total = 10_000
    const textOf = (i: number): string => CARD.replace('Thôn', `Thôn ${i}`)
    const encoded = Array.from({ length: 100 }, (_, hundred) =>
      new TextEncoder().encode(
        Array.from({ length: 100 }, (_, i) => `${textOf(hundred * 100 + i)}${i % 3 ? '\r' : '\r\n'}`).join(''),
      ),
    )
    const config: ScannerConfig = { scanners: [{ kind: 'serial', match: { path: cable.port } }], pollMs: 100 }
    let scans = 0
    let wrong = 0
    let sending: Promise<void> | undefined
    const heaps: number[] = []
    for await (const event of openScanners(config)) {
      if (event.kind === 'connected') {
        sending = (async () => {
          // Cut where no text ends.
          for (const bytes of encoded)
            for (let at = 0; at < bytes.length; at += 777) await cable.send(bytes.subarray(at, at + 777))
        })()
        continue
      }
      if (event.kind !== 'scan' || (event as ScanEvent).scan.raw !== textOf(scans)) wrong++
      scans++
      if (scans % 500 === 0) await pause(5)
      if (scans % 2000 === 0) heaps.push(heapAfterCollection())
      if (scans === total) break
    }
    await sending
    expect({ scans, wrong }).toEqual({ scans: total, wrong: 0 })
    const growth = (heaps.at(-1) as number) - (heaps[0] as number)
    // 8,000 scans lie between; a leak of 250 bytes each would show.
    expect(growth).toBeLessThan(2_000_000)
  })
})

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  return process.memoryUsage().heapUsed
}
