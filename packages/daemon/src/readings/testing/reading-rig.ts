import { randomBytes } from 'node:crypto'
import type { ReaderService } from '@cccd/card-reader/pcsc'
import { type Chip, chipChannel, createChip, type Fault } from '@cccd/card-simulator'
import { type TestDocument, testDocument } from '@cccd/fixtures'
import { POLICIES, trustAnchors } from '@cccd/verifier'
import { SCOPES, type Scope } from '../../api/access.ts'
import type { ReadingEvent, StartReading } from '../../api/readings.ts'
import type { Caller } from '../../desk.ts'
import { openDeskKey } from '../desk-key.ts'
import { ReaderWatch } from '../reader-watch.ts'
import { ReadingDesk, type ReadingDeskOptions } from '../reading-desk.ts'
import { type LaidCard, SimulatedReader, simulatedReaders } from '../simulated-reader.ts'

export const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
export const newNonce = (): string => randomBytes(18).toString('base64url')
export const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** A caller with all scopes, or with these. */
export function caller(tokenId = 'aaaaaaaaaaaaaaaa', scopes: readonly Scope[] = SCOPES): Caller {
  return { tokenId, origin: 'https://his.example.vn', scopes: new Set(scopes), role: 'clerk', label: 'quầy 1' }
}

/** A chip on a simulated reader. `delayMs` is what each answer takes. */
export function laid(chip: Chip, given: { faults?: readonly Fault[]; delayMs?: number } = {}): LaidCard {
  const channel = chipChannel(chip, { faults: given.faults ?? [] })
  return {
    atr: chip.atr,
    async transmit(command) {
      if (given.delayMs) await wait(given.delayMs)
      return channel.transmit(command)
    },
    reset: () => channel.field.reset(),
  }
}

export interface ReadingRig {
  readonly made: TestDocument
  readonly readers: readonly SimulatedReader[]
  readonly watch: ReaderWatch
  readonly desk: ReadingDesk
  /** A fresh chip of the document; with short length a reading takes some 150 commands. */
  readonly chip: (options?: { readonly extendedLength?: number | false }) => Chip
  close(): Promise<void>
}

/** A desk of readings over simulated readers in this process; everything but PC/SC is the real thing. */
export async function readingRig(
  options: Partial<ReadingDeskOptions> & {
    readonly made?: TestDocument
    readonly readers?: number
    /** What stands between the desk and the readers. */
    readonly between?: (service: ReaderService) => ReaderService
  } = {},
): Promise<ReadingRig> {
  const { made = await testDocument(), readers: count = 1, between = service => service, ...rest } = options
  const readers = Array.from({ length: count }, (_, n) => new SimulatedReader(`Đầu đọc thử ${n}`))
  const watch = new ReaderWatch({ openReaders: async () => between(simulatedReaders(readers)), simulated: true })
  watch.start()
  await watch.settled()
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  const desk = new ReadingDesk({
    watch,
    anchors: () => anchors,
    policies: new Map(Object.values(POLICIES).map(policy => [policy.id, policy])),
    policy: 'hospital',
    key: await openDeskKey(),
    now: () => made.at,
    random,
    ...rest,
  })
  return {
    ...{ made, readers, watch, desk },
    chip: ({ extendedLength = 32_768 } = {}) =>
      createChip(made.document, { access: made.access, random, extendedLength }),
    async close() {
      await desk.close()
      await watch.close()
    },
  }
}

/** Begins a reading with the card's own QR. */
export function startRequest(made: TestDocument, more: Partial<StartReading> = {}): StartReading {
  return { nonce: newNonce(), scan: made.qr, waitSeconds: 5, ...more }
}

/** All events of a reading, to its end. */
export async function eventsOf(desk: ReadingDesk, who: Caller, id: string): Promise<ReadingEvent[]> {
  const events: ReadingEvent[] = []
  for await (const event of desk.events(who, id)) events.push(event)
  return events
}
