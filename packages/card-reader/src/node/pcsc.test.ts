import { fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CardToolkitError, run, withStatusHandling } from '@cccd/card-core'
import { createChip, type Fault } from '@cccd/card-simulator'
import { type InsertedCard, insertCard } from '@cccd/card-simulator/vpcd'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr } from '@cccd/mrz'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../../../tools/rig/pcscd.ts'
import { readDocument } from '../index.ts'
import { openReaderService, type ReaderEvent, type ReaderService, type ReaderServiceOptions } from './pcsc.ts'

const DIST = fileURLToPath(new URL('../../dist/node/', import.meta.url))
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))

function moduleMissing(): string | undefined {
  try {
    createRequire(import.meta.url)('@pokusew/pcsclite')
    return undefined
  } catch {
    return 'the PC/SC module was not built (libpcsclite-dev)'
  }
}

const reason = rigMissing() ?? moduleMissing()
const given = await testDocument()
const fresh = () => createChip(given.document, { access: given.access, random })

/** Process ids of the living children of this process. */
function children(): number[] {
  const tasks = readdirSync('/proc/self/task')
  return tasks
    .flatMap(task => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean))
    .map(Number)
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

async function failing(work: Promise<unknown>): Promise<CardToolkitError> {
  return work.then(
    () => expect.fail('it succeeded'),
    error => error,
  )
}

describe.skipIf(reason !== undefined)(`PC/SC through pcscd${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let rig: Rig
  const before = process.env.PCSCLITE_CSOCK_NAME
  const services: ReaderService[] = []
  const cards: InsertedCard[] = []
  beforeAll(async () => {
    rig = await startRig()
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
  })
  afterEach(async () => {
    await Promise.all(services.splice(0).map(service => service.close()))
    await Promise.all(cards.splice(0).map(card => card.remove()))
    // pcscd looks for cards every 400 ms: until then it believes in the one that was there.
    await wait(500)
  })
  afterAll(async () => {
    await rig?.stop()
    if (before === undefined) delete process.env.PCSCLITE_CSOCK_NAME
    else process.env.PCSCLITE_CSOCK_NAME = before
  })

  async function open(options?: ReaderServiceOptions): Promise<ReaderService> {
    const service = await openReaderService(options)
    services.push(service)
    return service
  }
  async function insert(faults: readonly Fault[] = [], slot: 0 | 1 = 0): Promise<InsertedCard> {
    const card = await insertCard({ chip: fresh(), port: rig.ports[slot], faults })
    cards.push(card)
    await card.powered
    return card
  }
  const reader = (): string => rig.readers[0]

  /** One reading with the QR text alone, the card let go afterwards. */
  async function read(service: ReaderService) {
    const card = await service.waitForCard({ reader: reader() })
    try {
      const keys = accessKeysFromQr(given.qr)
      return await run(readDocument({ accessKeys: keys, random }), withStatusHandling(card))
    } finally {
      await card.disconnect()
    }
  }

  test('the readers are listed with what lies on them', async () => {
    const service = await open()
    await insert()
    await wait(600)
    const states = await service.readers()
    expect(states.map(state => [state.reader, state.card])).toEqual([
      [rig.readers[0], 'present'],
      [rig.readers[1], 'absent'],
    ])
    expect(states[0]?.atr).toEqual(fresh().atr)
  })
  test('a card is waited for and read whole, twice', async () => {
    const service = await open()
    const reading = read(service)
    await insert()
    expect((await reading).files).toEqual(given.document.files)
    const again = await read(service)
    expect(again.evidence.chipAuthentication?.outcome).toBe('successful')
  })
  test('cards are told as they come and go', async () => {
    const service = await open()
    const seen: ReaderEvent['kind'][] = []
    const watching = (async () => {
      for await (const event of service.events()) {
        seen.push(event.kind)
        if (event.kind === 'cardRemoved') break
      }
    })()
    await wait(50)
    const card = await insert()
    await wait(600)
    await card.remove()
    await watching
    expect(seen).toEqual(['cardInserted', 'cardRemoved'])
  })
  test('a reader that is not there is NO_READER', async () => {
    const service = await open()
    const error = await failing(service.waitForCard({ reader: 'Nowhere 00 00' }))
    expect(error).toMatchObject({ code: 'NO_READER', facts: { reader: 'Nowhere 00 00' } })
  })
  test('waiting can be cancelled', async () => {
    const service = await open()
    const abort = new AbortController()
    const waiting = failing(service.waitForCard({ signal: abort.signal }))
    await wait(20)
    abort.abort()
    expect((await waiting).code).toBe('READ_CANCELLED')
  })
  test('a card that another program holds is READER_BUSY', async () => {
    const first = await open()
    const second = await open()
    await insert()
    await first.waitForCard()
    expect((await failing(second.waitForCard())).code).toBe('READER_BUSY')
  })
  test('an answer of one byte is refused', async () => {
    const service = await open()
    await insert([{ kind: 'answer', at: 3, bytes: Uint8Array.of(0x90) }])
    const error = await failing(read(service))
    expect(error.code).toBe('RESPONSE_TOO_SHORT')
  })

  test(
    'a card lifted during the session is always CARD_REMOVED',
    async () => {
      const service = await open()
      const whole = await insert()
      await read(service)
      const length = whole.counts.apdus
      await whole.remove()
      const step = process.env.CCCD_LONG ? 1 : 8
      for (let at = 0; at < length; at += step) {
        const card = await insert([{ kind: 'removed', at }])
        const error = await failing(read(service))
        expect(error.code, `at command ${at} of ${length}: ${error.message}`).toBe('CARD_REMOVED')
        await card.removed
        await wait(500)
      }
      await insert()
      expect((await read(service)).files).toEqual(given.document.files)
      expect(children().length).toBeLessThanOrEqual(3)
    },
    20 * 60_000,
  )
  test('a card that stays silent is CARD_TIMEOUT, its process is killed, and another one takes over', async () => {
    const others = children()
    const service = await open({ timeoutMs: 700 })
    const [child] = children().filter(pid => !others.includes(pid))
    if (child === undefined) throw new Error('there is no reader process')
    const mute = await insert([{ kind: 'mute', at: 9 }])
    const error = await failing(read(service))
    expect(error).toMatchObject({ code: 'CARD_TIMEOUT', facts: { remedy: expect.any(String) } })
    await wait(100)
    expect(isAlive(child)).toBe(false)
    await mute.remove()
    await wait(1000)
    await insert()
    expect((await read(service)).files).toEqual(given.document.files)
  })
  test('closing leaves no process behind', async () => {
    const others = children()
    const service = await open()
    const own = children().filter(pid => !others.includes(pid))
    expect(own).toHaveLength(1)
    await service.close()
    expect(own.filter(isAlive)).toEqual([])
    expect((await failing(service.readers())).code).toBe('READER_FAILED')
  })
  test('the reader process ends with the process that started it', async () => {
    const script = `
      const { openReaderService } = await import(${JSON.stringify(join(DIST, 'pcsc.js'))})
      await openReaderService()
      const { readFileSync, readdirSync } = await import('node:fs')
      const pids = readdirSync('/proc/self/task').map(t => readFileSync('/proc/self/task/' + t + '/children', 'utf8')).join('')
      console.log(pids)`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid] = await new Promise<number[]>(resolve =>
      parent.stdout.once('data', text => resolve(String(text).trim().split(/\s+/).map(Number))),
    )
    expect(isAlive(pid as number)).toBe(true)
    parent.kill('SIGKILL')
    for (let i = 0; i < 50 && isAlive(pid as number); i++) await wait(50)
    expect(isAlive(pid as number)).toBe(false)
  })
  test('a service that goes away is told, and found again when it is back', async () => {
    const service = await open()
    const waiting = failing(service.waitForCard())
    await rig.stop()
    expect((await waiting).code).toBe('NO_SMARTCARD_SERVICE')
    expect((await failing(service.readers())).code).toBe('NO_SMARTCARD_SERVICE')
    rig = await startRig()
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
    await insert()
    expect((await read(service)).files).toEqual(given.document.files)
  })
})

test.skipIf(process.platform !== 'linux')(
  'without pcscd it is NO_SMARTCARD_SERVICE at once, with its remedy',
  async () => {
    const before = process.env.PCSCLITE_CSOCK_NAME
    process.env.PCSCLITE_CSOCK_NAME = join(tmpdir(), 'cccd-no-such-socket')
    try {
      const started = Date.now()
      const error = await failing(openReaderService())
      expect(error).toMatchObject({ code: 'NO_SMARTCARD_SERVICE', facts: { remedy: expect.stringContaining('pcscd') } })
      expect(Date.now() - started).toBeLessThan(1000)
    } finally {
      if (before === undefined) delete process.env.PCSCLITE_CSOCK_NAME
      else process.env.PCSCLITE_CSOCK_NAME = before
    }
  },
)

test('the process tells a module that is not there from a service that is not there', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cccd-reader-'))
  try {
    for (const file of ['reader-process.js', 'pcsclite.js']) copyFileSync(join(DIST, file), join(dir, file))
    const child = fork(join(dir, 'reader-process.js'), [], {
      execArgv: ['--experimental-default-type=module'],
      serialization: 'advanced',
    })
    const told = await new Promise<{ kind: string }>(resolve => child.once('message', resolve as never))
    child.kill('SIGKILL')
    expect(told.kind).toBe('notInstalled')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
