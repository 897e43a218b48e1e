// A desk that runs for long: `cccd serve` over the real pcscd, with all that goes wrong in a day. 100 readings here, 2,000 with CCCD_LONG.
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChip, type Fault } from '@cccd/card-simulator'
import { type InsertedCard, insertCard } from '@cccd/card-simulator/vpcd'
import { testDocument } from '@cccd/fixtures'
import { addToTrustStore } from '@cccd/verifier/trust-store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../../tools/rig/pcscd.ts'
import { readChainKeyFile } from './keeping/chain-key.ts'
import { verifyChain } from './keeping/verify-chain.ts'
import { type Held, isReaderProcess, type ServingDesk, startServing } from './testing/serving-desk.ts'
import { type SmallDisk, smallDisk } from './testing/small-disk.ts'
import { type StandInReceiver, startStandInReceiver, WEBHOOK_SECRET } from './testing/stand-in-webhook-receiver.ts'

function moduleMissing(): string | undefined {
  try {
    createRequire(import.meta.url)('@pokusew/pcsclite')
    return undefined
  } catch {
    return 'the PC/SC module was not built (libpcsclite-dev)'
  }
}

const isLong = process.env.CCCD_LONG === '1'
const ROUNDS = isLong ? 100 : 5
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const disk = smallDisk(512)
const missing = rigMissing() ?? moduleMissing() ?? (typeof disk === 'string' ? disk : undefined)

/** How a reading is meant to end, and how it did. */
interface Told {
  readonly what: string
  readonly expected: string
  readonly found: string
}

describe.skipIf(missing)(`a desk for a long time${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const small = disk as SmallDisk
  const folder = mkdtempSync(join(tmpdir(), 'cccd-soak-'))
  const state = join(folder, 'state')
  const temporary = join(folder, 'tmp')
  const audit = { folder: join(state, 'audit'), keyFile: join(state, 'audit.key') }
  const outbox = join(small?.folder ?? folder, 'outbox')
  const socket = join(folder, 'pcscd.comm')
  let made: Awaited<ReturnType<typeof testDocument>>
  let rig: Rig
  let receiver: StandInReceiver
  let desk: ServingDesk
  const told: Told[] = []
  /** Readings whose delivery the desk has taken. */
  const taken = new Set<string>()
  const readerProcesses = new Set<number>()

  beforeAll(async () => {
    for (const one of [state, temporary]) mkdirSync(one)
    made = await testDocument({ at: new Date(), dg2Size: 20_480 })
    const trust = join(folder, 'trust')
    for (const [name, bytes] of [
      ['csca.cer', made.csca],
      ['csca.crl', made.crl],
    ] as const) {
      writeFileSync(join(folder, name), bytes)
      await addToTrustStore(trust, join(folder, name))
    }
    writeFileSync(join(folder, 'webhook.secret'), WEBHOOK_SECRET, { mode: 0o600 })
    receiver = await startStandInReceiver()
    const webhook = {
      ...{ url: receiver.url, secretFile: 'webhook.secret', portrait: true, firstRetryMs: 50, longestRetryMs: 500 },
      outbox: { folder: outbox, keyFile: join(state, 'outbox.key') },
    }
    const config = {
      ...{
        stateFolder: state,
        runtimeFolder: join(folder, 'run'),
        trustStore: trust,
        policy: 'kyc',
        audit,
        metrics: {},
      },
      ...{ connectors: { webhook }, readings: { graceSeconds: 1 }, limits: { requestsPerMinute: 1_000_000 } },
    }
    writeFileSync(join(folder, 'desk.json'), JSON.stringify(config))
    await startPcscd()
    desk = await startServing({
      ...{ args: ['--config', join(folder, 'desk.json')], cwd: folder, inspect: true },
      env: { ...process.env, PCSCLITE_CSOCK_NAME: socket, TMPDIR: temporary, HOME: folder },
    })
  })
  afterAll(async () => {
    await desk?.stop()
    await receiver?.stop()
    await rig?.stop()
    small.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Every pcscd has a socket of its own; the desk knows this one place. */
  async function startPcscd(): Promise<void> {
    rig = await startRig()
    rmSync(socket, { force: true })
    symlinkSync(rig.env.PCSCLITE_CSOCK_NAME, socket)
  }

  async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
    const end = performance.now() + ms
    while (!(await condition())) {
      if (performance.now() > end) expect.fail(`${what}: not within ${ms} ms`)
      await wait(25)
    }
  }

  const readerState = async (slot: 0 | 1): Promise<string | undefined> => {
    const { readers } = (await desk.ask('/v1/readers')).json
    return readers.find((one: { name: string }) => one.name === rig.readers[slot])?.state
  }

  const isReady = async (): Promise<boolean> => {
    const { service, readers } = (await desk.ask('/v1/readers')).json
    return service === 'ready' && readers.length === 2
  }

  async function lay(
    slot: 0 | 1,
    given: { faults?: readonly Fault[]; forged?: boolean; short?: boolean } = {},
  ): Promise<InsertedCard> {
    const { faults = [], forged = false, short = false } = given
    const files = { ...made.document.files }
    if (forged) files['EF.DG13'] = (files['EF.DG13'] as Uint8Array).with(-5, 0x21)
    const chip = createChip(
      { ...made.document, files },
      { access: made.access, random, extendedLength: short ? false : 32_768 },
    )
    return insertCard({ chip, port: rig.ports[slot], faults })
  }

  async function lift(slot: 0 | 1, card: InsertedCard): Promise<void> {
    await card.remove()
    await until('the reader is empty', async () => (await readerState(slot)) === 'empty')
  }

  async function start(slot: 0 | 1, more: object = {}): Promise<string> {
    const body = {
      nonce: randomBytes(18).toString('base64url'),
      scan: made.qr,
      reader: rig.readers[slot],
      waitSeconds: 20,
      ...more,
    }
    const { status, json } = await desk.ask('/v1/readings', { body })
    if (status !== 202) throw new Error(`no reading begins: ${JSON.stringify(json)}`)
    return json.id
  }

  /** Reads, notes how it ended beside how it was meant to end, and clears it. */
  async function reading(slot: 0 | 1, what: string, expected: string, more: object = {}): Promise<void> {
    const id = await start(slot, more)
    await ended(id, what, expected)
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE' })
  }

  async function ended(id: string, what: string, expected: string): Promise<void> {
    await desk.follow(id)
    const { state, verdict, error } = (await desk.ask(`/v1/readings/${id}`)).json
    told.push({ what, expected, found: [state, verdict?.colour ?? error?.code].join(' ') })
  }

  /** A good reading that is handed on, as a bank's terminal does. */
  async function delivered(slot: 0 | 1, what: string): Promise<void> {
    const id = await start(slot)
    await ended(id, what, 'done green')
    const bundle = await desk.ask(`/v1/readings/${id}/bundle`, { body: {} })
    const portrait = await desk.ask(`/v1/readings/${id}/portrait`)
    const handed = await desk.ask(`/v1/readings/${id}/deliver`, { body: {} })
    if (handed.status === 200) taken.add(id)
    expect([what, bundle.status, portrait.status, handed.status]).toEqual([what, 200, 200, 200])
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE' })
  }

  /** What one reader sees in a while: ten readings. */
  async function lane(slot: 0 | 1): Promise<void> {
    const good = await lay(slot)
    for (let n = 0; n < 4; n++) await delivered(slot, 'a genuine card')
    const left = await start(slot)
    told.push({ what: 'the caller clears it at once', expected: '204 404', found: await cleared(left) })
    const half = await start(slot)
    await desk.follow(half, ({ progress }) => progress !== undefined)
    told.push({ what: 'the caller clears it in the middle', expected: '204 404', found: await cleared(half) })
    await reading(slot, 'a genuine card', 'done green')
    await lift(slot, good)

    const forged = await lay(slot, { forged: true })
    await reading(slot, 'an altered DG13', 'done red')
    await lift(slot, forged)

    const id = await start(slot)
    const lifted = await lay(slot, { short: true, faults: [{ kind: 'removed', at: 30 + ((told.length * 7) % 90) }] })
    await ended(id, 'a card lifted in the middle', 'failed CARD_REMOVED')
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE' })
    await lift(slot, lifted)

    const gone = await start(slot, { waitSeconds: 30 })
    await desk.follow(gone, () => true)
    // The caller is not heard of again: within the grace time the reading ends and is forgotten by itself, or at least stops.
    await wait(1200)
    const { status, json } = await desk.ask(`/v1/readings/${gone}`)
    told.push({
      what: 'the caller leaves',
      expected: 'over',
      found: status === 404 || json.state === 'cancelled' ? 'over' : json.state,
    })
    await desk.ask(`/v1/readings/${gone}`, { method: 'DELETE' })
  }

  async function cleared(id: string): Promise<string> {
    const { status } = await desk.ask(`/v1/readings/${id}`, { method: 'DELETE' })
    return `${status} ${(await desk.ask(`/v1/readings/${id}`)).status}`
  }

  /** A card that falls silent in EF.DG2, so that what holds it can be killed in that moment. */
  async function brokenOff(what: string, expected: string, kill: () => void): Promise<void> {
    const id = await start(0)
    const card = await lay(0, { short: true, faults: [{ kind: 'mute', at: 80 }] })
    await desk.follow(id, ({ progress }) => progress?.file === 'EF.DG2')
    kill()
    await ended(id, what, expected)
    await desk.ask(`/v1/readings/${id}`, { method: 'DELETE' })
    await card.remove()
  }

  const DISASTERS: readonly (() => Promise<void>)[] = [
    async () => {
      await brokenOff('pcscd is killed', 'failed NO_SMARTCARD_SERVICE', () => process.kill(rig.pid, 'SIGKILL'))
      await rig.stop()
      await startPcscd()
      await until('pcscd is found again', isReady)
    },
    async () => {
      const [pid] = desk.readerProcesses()
      await brokenOff('the reader process is killed', 'failed READER_FAILED', () =>
        process.kill(pid as number, 'SIGKILL'),
      )
      await until('another reader process runs', isReady)
      await until('it sees that the card is gone', async () => (await readerState(0)) === 'empty')
    },
    async () => {
      const card = await lay(0)
      const id = await start(0)
      await ended(id, 'the disk of the outbox is full', 'done green')
      await receiver.stop()
      small.fill()
      const { status, json } = await desk.ask(`/v1/readings/${id}/deliver`, { body: {} })
      expect([status >= 500, json.error?.code]).toEqual([true, 'OUTBOX_FAILED'])
      small.free()
      expect((await desk.ask(`/v1/readings/${id}/deliver`, { body: {} })).status).toBe(200)
      taken.add(id)
      await desk.ask(`/v1/readings/${id}`, { method: 'DELETE' })
      await receiver.start()
      await lift(0, card)
    },
    async () => {
      await receiver.stop()
      const card = await lay(0)
      for (let n = 0; n < 3; n++) await delivered(0, 'the receiver is down')
      expect((await desk.ask('/v1/connectors')).json.webhook.waiting).toBeGreaterThan(0)
      await lift(0, card)
      await receiver.start()
    },
    async () => {
      const card = await lay(0)
      receiver.fail({ kind: 'answer', answer: { status: 503 } }, { times: 3 })
      receiver.fail({ kind: 'reset' }, { times: 2 })
      await delivered(0, 'the receiver has faults of its own')
      await lift(0, card)
    },
  ]

  test(
    `${ROUNDS * 21} readings and more end as they should; memory, files and processes stay; every delivery comes once`,
    async () => {
      let before: Held | undefined
      const course: Held[] = []
      for (let round = 0; round < ROUNDS; round++) {
        await Promise.all([lane(0), lane(1)])
        await (DISASTERS[round % DISASTERS.length] as () => Promise<void>)()
        for (const pid of desk.readerProcesses()) readerProcesses.add(pid)
        const held = await desk.held()
        course.push(held)
        // By then everything has been loaded and compiled once.
        if (round === Math.max(1, Math.floor(ROUNDS / 5))) before = held
        if (isLong && round % 10 === 9)
          console.log(`round ${round + 1}: ${told.length} readings, ${JSON.stringify(held)}`)
      }
      expect(told.length).toBeGreaterThanOrEqual(isLong ? 2000 : 100)
      expect(told.filter(({ expected, found }) => expected !== found)).toEqual([])

      await until(
        'the outbox is empty',
        async () => (await desk.ask('/v1/connectors')).json.webhook.waiting === 0,
        30_000,
      )
      expect([...receiver.done.keys()].toSorted()).toEqual([...taken].toSorted())
      expect([...receiver.came.values()].filter(times => times !== 1)).toEqual([])
      expect(receiver.refused).toEqual([])

      const after = await desk.held()
      const first = before as Held
      console.log(`memory: ${JSON.stringify({ first, after })} after ${told.length} readings`)
      expect((after.heap + after.external) / (first.heap + first.external)).toBeLessThan(1.1)
      expect(after.rss / first.rss).toBeLessThan(1.1)
      expect(after.files).toBeLessThanOrEqual(first.files + 2)
      expect(desk.readerProcesses()).toHaveLength(1)
      expect([...readerProcesses].filter(isReaderProcess)).toEqual(desk.readerProcesses())
      const metrics = await (await fetch(new URL('/metrics', desk.url))).text()
      expect(metrics).toContain('cccd_readings_open 0')
      expect(metrics).toContain(`cccd_outbox_delivered_total ${taken.size}`)
    },
    isLong ? 3_600_000 : 150_000,
  )

  test('it ends in order and leaves what it keeps and nothing else', async () => {
    expect(desk.log()).not.toMatch(/"level":"error"(?!.*webhook)/)
    const running = desk.readerProcesses()
    expect(await desk.stop()).toBe(0)
    await until('its process for PC/SC is gone', () => !running.some(isReaderProcess))
    expect(readdirSync(state).toSorted()).toEqual(['audit', 'audit.key', 'desk-key.json', 'outbox.key', 'tokens.json'])
    expect(readdirSync(outbox)).toEqual([])
    expect(readdirSync(join(folder, 'run'))).toEqual([])
    expect(readdirSync(temporary)).toEqual([])
    const kinds = new Map<string, number>()
    const key = await readChainKeyFile(audit.keyFile)
    const { overall } = await verifyChain(audit.folder, {
      key,
      onEntry: ({ body }) => kinds.set(body.kind, (kinds.get(body.kind) ?? 0) + 1),
    })
    expect(overall).toBe('successful')
    expect(kinds.get('reading.ended')).toBe(told.length)
    expect(kinds.get('reading.started')).toBe(told.length)
  })
})
