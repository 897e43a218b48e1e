// Two readers of one pcscd side by side: JMRTD reads a document on the first, we read its twin on the second.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Randomness, run, withStatusHandling } from '@cccd/card-core'
import { type ReadRequest, type ReadResult, readDocument } from '@cccd/card-reader'
import { openReaderService, type ReaderService } from '@cccd/card-reader/pcsc'
import { type ChipDocument, type ChipOptions, createChip } from '@cccd/card-simulator'
import { type InsertedCard, insertCard } from '@cccd/card-simulator/vpcd'
import type { AccessKeys } from '@cccd/mrz'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { buildPeer, type Peer, type PeerAnswer, startPeer } from './peer.mjs'

export type Access = 'BAC' | 'PACE-MRZ' | 'PACE-CAN'

/** What the two need to know of a card beside the card itself. */
export interface Order {
  readonly document: ChipDocument
  readonly access: Access
  /** The CSCA that both are to trust. */
  readonly csca: Uint8Array
  /** Where the chip departs from the usual; without it the chip offers what `access` needs. */
  readonly chip?: Partial<ChipOptions>
  /** Keys and wishes that differ from the document's own, as the Java program takes them. */
  readonly jmrtd?: Readonly<Record<string, unknown>>
  /** The same for our reader. */
  readonly ours?: Partial<ReadRequest>
}

export interface BothReadings {
  readonly jmrtd: PeerAnswer
  /** What our reader brought, or what it threw. */
  readonly ours: ReadResult | Error
}

/** What is missing for these tests, in words; undefined when all is there. Compiles the Java program. */
export function deskMissing(): string | undefined {
  return rigMissing() ?? buildPeer()
}

/** Far longer than anything here takes: a test that hangs says where. */
const LONGEST_WAIT_MS = 30_000

async function soon<T>(work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} within ${LONGEST_WAIT_MS} ms`)), LONGEST_WAIT_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const random: Randomness = length => Uint8Array.from(randomBytes(length))

function chipFor({ document, access, chip }: Order) {
  const offered = access === 'BAC' ? (['BAC'] as const) : (['PACE', 'BAC'] as const)
  return createChip(document, { access: offered, random, selectMf: 'ok', ...chip })
}

function keysFor({ document, access }: Order): AccessKeys {
  const { can, bacKey } = document.secrets
  if (access === 'PACE-CAN') return can === undefined ? { bac: [] } : { can, bac: [] }
  return { bac: bacKey ? [bacKey] : [] }
}

export class Desk {
  readonly folder: string
  readonly #rig: Rig
  readonly #peer: Peer
  readonly #service: ReaderService

  private constructor(given: { folder: string; rig: Rig; peer: Peer; service: ReaderService }) {
    this.folder = given.folder
    this.#rig = given.rig
    this.#peer = given.peer
    this.#service = given.service
  }

  /** Starts pcscd, the Java program and our reader process; `close` ends all three. */
  static async open(): Promise<Desk> {
    const folder = mkdtempSync(join(tmpdir(), 'cccd-interop-'))
    const rig = await startRig()
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
    const peer = startPeer(rig.env)
    const service = await openReaderService()
    return new Desk({ folder, rig, peer, service })
  }

  /** Asks the Java program something that needs no card. */
  async ask(request: Readonly<Record<string, unknown>>): Promise<PeerAnswer> {
    return await this.#peer.ask(request)
  }

  /** Lays twins of the document on both readers and has both read at the same time. */
  async readBoth(order: Order): Promise<BothReadings> {
    const [jmrtd, ours] = await Promise.all([this.readByJmrtd(order), this.readByUs(order)])
    return { jmrtd, ours }
  }

  async readByJmrtd(order: Order): Promise<PeerAnswer> {
    const csca = join(this.folder, 'csca.cer')
    writeFileSync(csca, order.csca)
    const { can, bacKey } = order.document.secrets
    const card = await insertCard({ chip: chipFor(order), port: this.#rig.ports[0] })
    try {
      await soon(card.powered, 'pcscd did not find the card')
      const reader = this.#rig.readers[0]
      const question = { do: 'read', reader, access: order.access, csca, can, ...bacKey, ...order.jmrtd }
      return await soon(this.#peer.ask(question), 'JMRTD does not come to an end')
    } finally {
      await this.#lift(card, this.#rig.readers[0])
    }
  }

  async readByUs(order: Order): Promise<ReadResult | Error> {
    const inserted = await insertCard({ chip: chipFor(order), port: this.#rig.ports[1] })
    try {
      await soon(inserted.powered, 'pcscd did not find the card')
      const signal = AbortSignal.timeout(LONGEST_WAIT_MS)
      const card = await this.#service.waitForCard({ reader: this.#rig.readers[1], signal })
      try {
        const request = { accessKeys: keysFor(order), random, ...order.ours }
        return await run(readDocument(request), withStatusHandling(card))
      } catch (error) {
        if (error instanceof Error) return error
        throw error
      } finally {
        await card.disconnect()
      }
    } finally {
      await this.#lift(inserted, this.#rig.readers[1])
    }
  }

  /** Takes a card away and waits until pcscd has seen that: a card that comes sooner is taken for the same one. */
  async #lift(card: InsertedCard, reader: string): Promise<void> {
    await card.remove()
    const seen = async () => {
      for (;;) {
        const found = (await this.#service.readers()).find(state => state.reader === reader)
        if (found?.card === 'absent') return
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
    await soon(seen(), 'pcscd did not see the card leave')
  }

  async close(): Promise<void> {
    await this.#service.close()
    await this.#peer.stop()
    await this.#rig.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
