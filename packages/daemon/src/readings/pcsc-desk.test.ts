import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { counted, run, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { openReaderService } from '@cccd/card-reader/pcsc'
import { createChip, type Fault } from '@cccd/card-simulator'
import { type InsertedCard, insertCard } from '@cccd/card-simulator/vpcd'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr } from '@cccd/mrz'
import { POLICIES, trustAnchors } from '@cccd/verifier'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../../../tools/rig/pcscd.ts'
import type { ReadingEvent } from '../api/readings.ts'
import { openDeskKey } from './desk-key.ts'
import { ReaderWatch } from './reader-watch.ts'
import type { EndedReading } from './reading.ts'
import { ReadingDesk } from './reading-desk.ts'
import { caller, eventsOf, newNonce, random, wait } from './testing/reading-rig.ts'

function moduleMissing(): string | undefined {
  try {
    createRequire(import.meta.url)('@pokusew/pcsclite')
    return undefined
  } catch {
    return 'the PC/SC module was not built (libpcsclite-dev)'
  }
}

const reason = rigMissing() ?? moduleMissing()
const made = await testDocument()
const who = caller()
const other = caller('bbbbbbbbbbbbbbbb')
/** Long enough that nothing here but the test of a hung card meets it. */
const TIMEOUT_MS = 1500

/** Process ids of the living children of this process that hold PC/SC. */
function readerProcesses(): number[] {
  const tasks = readdirSync('/proc/self/task')
  const pids = tasks.flatMap(task =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return pids.map(Number).filter(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reader-process'))
}

describe.skipIf(reason !== undefined)(`the desk over pcscd${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let rig: Rig
  let watch: ReaderWatch
  let desk: ReadingDesk
  const before = process.env.PCSCLITE_CSOCK_NAME
  const ended: EndedReading[] = []
  const cards: InsertedCard[] = []

  beforeAll(async () => {
    rig = await startRig()
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
    watch = new ReaderWatch({ openReaders: () => openReaderService({ timeoutMs: TIMEOUT_MS }) })
    watch.start()
    const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
    desk = new ReadingDesk({
      ...{ watch, random, anchors: () => anchors, now: () => made.at, key: await openDeskKey() },
      policies: new Map([['kyc', POLICIES.kyc]]),
      policy: 'kyc',
      finished: one => void ended.push(one),
    })
  })
  afterEach(async () => {
    await Promise.all(cards.splice(0).map(card => card.remove()))
    ended.length = 0
    await until(() => watch.now().readers.every(({ state }) => state === 'empty'))
  })
  afterAll(async () => {
    await desk?.close()
    await watch?.close()
    await rig?.stop()
    if (before === undefined) delete process.env.PCSCLITE_CSOCK_NAME
    else process.env.PCSCLITE_CSOCK_NAME = before
  })

  async function until(condition: () => boolean, ms = 8000): Promise<void> {
    for (let i = 0; i < ms / 20 && !condition(); i++) await wait(20)
    expect(condition()).toBe(true)
  }
  /** A card with short length: some 150 commands. */
  async function insert(faults: readonly Fault[] = [], slot: 0 | 1 = 0): Promise<InsertedCard> {
    const chip = createChip(made.document, { access: made.access, random, extendedLength: false })
    const card = await insertCard({ chip, port: rig.ports[slot], faults })
    cards.push(card)
    return card
  }
  const start = async (more: object = {}, by = who): Promise<string> =>
    (await desk.start(by, { nonce: newNonce(), scan: made.qr, waitSeconds: 10, ...more })).id
  /** Reads until EF.DG2 is being read. */
  async function toThePortrait(id: string): Promise<AsyncIterableIterator<ReadingEvent>> {
    const events = desk.events(who, id)
    for (let next = await events.next(); !next.done; next = await events.next()) {
      if (next.value.progress?.file === 'EF.DG2') return events
    }
    return expect.fail(`it ended before EF.DG2: ${JSON.stringify(desk.get(who, id).error)}`)
  }
  /** Once pcscd has seen that the card before is gone. */
  async function readsWell(): Promise<void> {
    await until(() => watch.reader(rig.readers[0])?.state === 'empty')
    const id = await start()
    await insert()
    await eventsOf(desk, who, id)
    const { error, state, verdict } = desk.get(who, id)
    expect({ error, state, colour: verdict?.colour }).toEqual({ error: undefined, state: 'done', colour: 'green' })
    await desk.cancel(who, id)
  }

  test('from card down to fields, portrait and green verdict, with not one APDU more than a bare reading', async () => {
    const id = await start()
    const following = eventsOf(desk, who, id)
    await insert()
    const events = await following
    expect(events.at(-1)).toMatchObject({ state: 'done', reader: rig.readers[0] })
    expect(desk.get(who, id)).toMatchObject({ verdict: { colour: 'green', policy: 'kyc' }, portrait: { width: 360 } })
    await until(() => ended.length === 1)
    await desk.cancel(who, id)

    const service = await openReaderService()
    const card = await service.waitForCard({ reader: rig.readers[0] })
    const bare = counted(card)
    const begun = performance.now()
    await run(
      readDocument({ accessKeys: accessKeysFromQr(made.qr), random, extendedLength: true }),
      withStatusHandling(bare),
    )
    const bareMs = performance.now() - begun
    await card.disconnect()
    await service.close()
    expect(ended[0]?.link).toEqual(bare.counts)
    expect(bareMs).toBeGreaterThan(0)
  })

  test('readers and cards are told as they come and go', async () => {
    const gone = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const news of watch.events(gone.signal)) {
        if (news.type === 'reader' && news.reader.name === rig.readers[0]) seen.push(news.reader.state)
      }
    })()
    const card = await insert()
    await until(() => seen.includes('card'))
    await card.remove()
    await until(() => seen.at(-1) === 'empty')
    gone.abort()
    await following
    expect(seen).toEqual(['empty', 'card', 'empty'])
  })

  test('two pages read on two readers at once; a third is told READER_BUSY', async () => {
    const [one, two] = [await start(), await start({ reader: rig.readers[1] }, other)]
    await expect(start({}, caller('cccccccccccccccc'))).rejects.toMatchObject({ code: 'READER_BUSY' })
    await Promise.all([insert([], 0), insert([], 1)])
    await Promise.all([eventsOf(desk, who, one), eventsOf(desk, other, two)])
    expect(desk.get(who, one)).toMatchObject({ state: 'done', reader: rig.readers[0] })
    expect(desk.get(other, two)).toMatchObject({ state: 'done', reader: rig.readers[1] })
    await Promise.all([desk.cancel(who, one), desk.cancel(other, two)])
  })

  test('a card lifted in the middle is CARD_REMOVED, and the next one is read', async () => {
    const id = await start()
    await insert([{ kind: 'removed', at: 60 }])
    await eventsOf(desk, who, id)
    expect(desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'CARD_REMOVED' } })
    await readsWell()
  })

  test('a card lifted and put back is read on, where that was asked for', async () => {
    const id = await start({ resumeSeconds: 8 })
    await insert([{ kind: 'removed', at: 60 }])
    const files: string[] = []
    let lifted = 0
    for await (const event of desk.events(who, id)) {
      if (event.progress) files.push(`${lifted}:${event.progress.file}`)
      if (event.state !== 'waiting' || event.error?.code !== 'CARD_REMOVED') continue
      lifted++
      await insert()
    }
    expect(lifted).toBe(1)
    expect(desk.get(who, id)).toMatchObject({ state: 'done', verdict: { colour: 'green' } })
    expect(files).not.toContain('1:EF.DG13')
    await desk.cancel(who, id)
  })

  test('next person while the card is being read: the reader is free for the next card', async () => {
    const id = await start()
    await insert()
    await toThePortrait(id)
    await desk.cancel(who, id)
    const next = await start()
    await eventsOf(desk, who, next)
    expect(desk.get(who, next)).toMatchObject({ state: 'done' })
    await desk.cancel(who, next)
  })

  test('a card that falls silent is CARD_TIMEOUT, its process is killed, and the next card is read', async () => {
    const held = readerProcesses()
    const id = await start()
    const mute = await insert([{ kind: 'mute', at: 60 }])
    await eventsOf(desk, who, id)
    expect(desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'CARD_TIMEOUT' } })
    await mute.remove()
    await until(() => watch.now().service === 'ready' && watch.now().readers.length === 2)
    expect(readerProcesses().some(pid => held.includes(pid))).toBe(false)
    await readsWell()
  })

  test('the reader process killed in the middle is READER_FAILED, and the next card is read', async () => {
    const id = await start()
    // It falls silent, so that the process is killed while a command is under way.
    const card = await insert([{ kind: 'mute', at: 80 }])
    await toThePortrait(id)
    const [pid] = readerProcesses()
    process.kill(pid as number, 'SIGKILL')
    await eventsOf(desk, who, id)
    expect(desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'READER_FAILED' } })
    await card.remove()
    await until(() => watch.now().service === 'ready' && watch.now().readers.length === 2)
    expect(readerProcesses()).not.toContain(pid)
    await readsWell()
  })

  test('pcscd killed in the middle is NO_SMARTCARD_SERVICE; it is told as lost, found again, and a waiting reading goes on', async () => {
    const gone = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const news of watch.events(gone.signal)) {
        seen.push(news.type === 'service' ? news.service : `${news.reader.name} ${news.reader.state}`)
      }
    })()
    const id = await start()
    await insert([{ kind: 'mute', at: 80 }])
    await toThePortrait(id)
    process.kill(rig.pid, 'SIGKILL')
    await eventsOf(desk, who, id)
    expect(desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'NO_SMARTCARD_SERVICE' } })
    await until(() => seen.includes('lost'))
    expect(seen).toContain(`${rig.readers[0]} gone`)
    await expect(start()).rejects.toMatchObject({ code: 'NO_SMARTCARD_SERVICE' })
    await rig.stop()
    rig = await startRig()
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
    await until(() => watch.now().service === 'ready' && watch.now().readers.length === 2)
    gone.abort()
    await following
    await readsWell()

    await Promise.all(cards.splice(0).map(card => card.remove()))
    await until(() => watch.reader(rig.readers[0])?.state === 'empty')
    const waiting = await start({ waitSeconds: 20 })
    await rig.stop()
    await until(() => watch.now().service === 'lost')
    rig = await startRig()
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
    await until(() => watch.now().service === 'ready')
    await insert()
    await eventsOf(desk, who, waiting)
    expect([desk.get(who, waiting).state, desk.get(who, waiting).error]).toEqual(['done', undefined])
    await desk.cancel(who, waiting)
  }, 40_000)
})
