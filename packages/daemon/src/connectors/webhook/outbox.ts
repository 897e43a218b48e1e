/**
 * What is still to be delivered, on the disk: encrypted, bounded, each entry a file that is there whole or not at all.
 * What was taken is kept until it was delivered or an operator threw it away; what cannot be taken is refused aloud.
 */
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CardToolkitError, ConnectorError } from '@cccd/card-core'
import { lockChain } from '../../keeping/chain-lock.ts'
import { replaceFile, syncFolder } from '../../keeping/replace-file.ts'
import { type OutboxItem, openEntry, SEALED_OVERHEAD, sealEntry } from './sealed-entry.ts'

/** An entry's place. `dead`: given up, kept for an operator. */
export interface OutboxEntry {
  readonly id: string
  /** Ascending in the order of taking. */
  readonly sequence: number
  /** On the disk. */
  readonly bytes: number
  readonly dead: boolean
}

export interface OutboxDepth {
  readonly waiting: number
  readonly dead: number
  readonly bytes: number
  readonly maxEntries: number
  readonly maxBytes: number
}

/** The step that an error names when somebody else took an entry's file away. */
export const GONE = 'find'

interface OutboxLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

// The id in hexadecimal: file systems that do not tell capitals apart would mix two ids.
const NAME = /^(\d{12})-((?:[0-9a-f]{2}){1,100})\.(entry|dead)$/

/** Opens the folder, makes it where it is missing, and drops what a crash left half written. Throws ConnectorError
 * OUTBOX_FAILED, also when another process has it open. */
export async function openOutbox(given: {
  readonly folder: string
  readonly key: Uint8Array
  readonly limits: OutboxLimits
  readonly random: (length: number) => Uint8Array
}): Promise<Outbox> {
  const { folder } = given
  return failing('open', async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const unlock = await lockChain(folder)
    try {
      const entries: OutboxEntry[] = []
      for (const name of await readdir(folder)) {
        const [, sequence, hex, kind] = NAME.exec(name) ?? []
        if (hex === undefined) {
          if (name.endsWith('.new')) await rm(join(folder, name), { force: true })
          continue
        }
        const id = Buffer.from(hex, 'hex').toString('utf8')
        const { size } = await stat(join(folder, name))
        entries.push({ id, sequence: Number(sequence), bytes: size, dead: kind === 'dead' })
      }
      return new Outbox(given, entries, unlock)
    } catch (error) {
      await unlock()
      throw error
    }
  })
}

export class Outbox {
  readonly #folder: string
  readonly #key: Uint8Array
  readonly #limits: OutboxLimits
  readonly #random: (length: number) => Uint8Array
  readonly #entries: Map<string, OutboxEntry>
  readonly #writing = new Map<string, Promise<OutboxEntry>>()
  readonly #unlock: () => Promise<void>
  #bytes: number
  #sequence: number

  constructor(given: Parameters<typeof openOutbox>[0], entries: readonly OutboxEntry[], unlock: () => Promise<void>) {
    this.#folder = given.folder
    this.#key = given.key
    this.#limits = given.limits
    this.#random = given.random
    const ordered = entries.toSorted((a, b) => a.sequence - b.sequence)
    this.#entries = new Map(ordered.map(entry => [entry.id, entry]))
    this.#bytes = ordered.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#sequence = (ordered.at(-1)?.sequence ?? 0) + 1
    this.#unlock = unlock
  }

  /** In the order of taking; given-up ones among them only when asked for. */
  entries(kind: 'waiting' | 'dead'): readonly OutboxEntry[] {
    return [...this.#entries.values()].filter(({ dead }) => dead === (kind === 'dead'))
  }

  depth(): OutboxDepth {
    const dead = this.entries('dead').length
    return { waiting: this.#entries.size - dead, dead, bytes: this.#bytes, ...this.#limits }
  }

  has(id: string): boolean {
    return this.#entries.has(id) || this.#writing.has(id)
  }

  /** Takes an entry: it is on the disk when this resolves. One with an id that is there already is taken once. Throws
   * ConnectorError OUTBOX_FULL, or OUTBOX_FAILED when the disk does not take it; then nothing of it is left. */
  async put(id: string, item: OutboxItem): Promise<OutboxEntry> {
    if (!/^[\w.:-]{1,100}$/.test(id)) throw new ConnectorError('OUTBOX_FAILED', 'this id has no form that is taken')
    const there = this.#entries.get(id) ?? this.#writing.get(id)
    if (there !== undefined) return there
    const bytes = item.body.length + SEALED_OVERHEAD
    const count = this.#entries.size + this.#writing.size + 1
    if (count > this.#limits.maxEntries || this.#bytes + bytes > this.#limits.maxBytes) {
      const room = `${this.#entries.size} entries, ${this.#bytes} bytes`
      throw new ConnectorError('OUTBOX_FULL', `the outbox is full (${room}): not taken`, { step: 'outbox' })
    }
    // Reserved before anything is awaited, so that two at once cannot both take the last place.
    const entry: OutboxEntry = { id, sequence: this.#sequence++, bytes, dead: false }
    this.#bytes += bytes
    const written = this.#write(entry, item)
    this.#writing.set(id, written)
    try {
      return await written
    } finally {
      this.#writing.delete(id)
    }
  }

  /** Throws ConnectorError OUTBOX_FAILED when the entry cannot be read, is gone (step GONE) or was altered (DAMAGED). */
  read(entry: OutboxEntry): Promise<OutboxItem> {
    return failing('read', async () => {
      const bytes = await readFile(this.#path(entry)).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== 'ENOENT') throw error
        throw new ConnectorError('OUTBOX_FAILED', 'an entry of the outbox is gone', { step: GONE }, { cause: error })
      })
      return openEntry(new Uint8Array(bytes), { key: this.#key, id: entry.id })
    })
  }

  /** Takes an entry off the list whose file somebody else took away. */
  forgetGone(entry: OutboxEntry): void {
    if (this.#entries.delete(entry.id)) this.#bytes -= entry.bytes
  }

  /** Forgets an entry. Throws ConnectorError OUTBOX_FAILED; then it is still there. */
  async remove(entry: OutboxEntry): Promise<void> {
    await failing('remove', async () => {
      await rm(this.#path(entry), { force: true })
      await syncFolder(this.#folder)
    })
    this.forgetGone(entry)
  }

  /** Gives an entry up, or takes a given-up one back among those that wait. */
  async setDead(entry: OutboxEntry, dead: boolean): Promise<OutboxEntry> {
    const changed = { ...entry, dead }
    await failing('rename', async () => {
      await rename(this.#path(entry), this.#path(changed))
      await syncFolder(this.#folder)
    })
    this.#entries.set(entry.id, changed)
    return changed
  }

  /** Lets go of the folder; what is in it stays. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#writing.values())
    await this.#unlock()
  }

  async #write(entry: OutboxEntry, item: OutboxItem): Promise<OutboxEntry> {
    const path = this.#path(entry)
    try {
      await failing('write', async () => {
        const sealed = sealEntry(item, { key: this.#key, id: entry.id, random: this.#random })
        try {
          await replaceFile(path, sealed)
        } catch (error) {
          // The caller is told that it was not taken, so it must not turn up after all.
          await rm(path, { force: true })
          throw error
        }
      })
    } catch (error) {
      this.#bytes -= entry.bytes
      throw error
    }
    this.#entries.set(entry.id, entry)
    return entry
  }

  #path({ sequence, id, dead }: OutboxEntry): string {
    const name = `${String(sequence).padStart(12, '0')}-${Buffer.from(id, 'utf8').toString('hex')}`
    return join(this.#folder, `${name}.${dead ? 'dead' : 'entry'}`)
  }
}

async function failing<T>(step: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConnectorError) throw error
    // The lock's own sentence names the process that has the folder open.
    const why =
      error instanceof CardToolkitError ? error.message : String((error as { code?: unknown }).code ?? 'fault')
    throw new ConnectorError('OUTBOX_FAILED', `the outbox cannot ${step} (${why})`, { step }, { cause: error })
  }
}
