// The end of an open chain: lines into the current segment, a new one by day or size, the head after them, old ones away.
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KeepingError } from '@cccd/mrz'
import type { JsonObject } from './canonical-json.ts'
import { CHECKPOINT_FILE, HEAD_FILE, linesOf, listSegments, type Segment, segmentName } from './chain-folder.ts'
import type { ChainKey } from './chain-key.ts'
import { type ChainEnd, recoverChain } from './chain-recovery.ts'
import { DROPPED, OPENED, REPAIRED } from './chain-scan.ts'
import {
  type ChainBody,
  type ChainHead,
  checkpointBytes,
  GENESIS,
  headBytes,
  isProven,
  makeLine,
  parseLine,
} from './hash-chain.ts'
import { replaceFile, syncFolder } from './replace-file.ts'

export interface ChainTailOptions {
  readonly folder: string
  readonly key: ChainKey
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  /** Days after which a segment is deleted whole; 0: never. */
  readonly keepDays: number
  readonly segmentBytes: number
}

export interface NewEntry {
  readonly body: ChainBody
  readonly secrets?: Readonly<Record<string, string>> | undefined
  readonly at: Date
}

/** What a writer lost while it could not write. */
export interface LostEntries {
  readonly refused: number
  readonly cause: string
  readonly since: Date
}

/** Opens the end of a chain, or begins one. Torn bytes and lost entries are marked by an entry. Throws as `recoverChain`. */
export async function openChainTail(options: ChainTailOptions, lost?: LostEntries): Promise<ChainTail> {
  const end = await recoverChain(options.folder, options.key)
  const tail = new ChainTail(options, end ?? beginning(options))
  try {
    await tail.begin(end?.torn, lost)
  } catch (error) {
    await tail.close()
    throw error
  }
  return tail
}

function beginning({ random, key, now }: ChainTailOptions): ChainEnd {
  const chain = Buffer.from(random(16)).toString('hex')
  const head = { chain, keyId: key.id, count: 0, hash: GENESIS, segment: 1, size: 0 }
  return { head, committed: -1, day: dayOf(now()) }
}

const LINE_FEED = Uint8Array.of(0x0a)
const DAY_MS = 86_400_000
const dayOf = (time: Date): string => time.toISOString().slice(0, 10)

/** An error leaves it in no known state: then it is closed, and another one is opened from the disk. */
export class ChainTail {
  readonly #options: ChainTailOptions
  /** What the segments hold. */
  #head: ChainHead
  /** Entries that the head on the disk promises. */
  #committed: number
  #day: string
  #file: FileHandle | undefined
  /** Lines that are made and not yet written, and the head after them. */
  #lines: Uint8Array[] = []
  #next: ChainHead

  constructor(options: ChainTailOptions, end: ChainEnd) {
    this.#options = options
    this.#head = end.head
    this.#next = end.head
    this.#committed = end.committed
    this.#day = end.day
  }

  get head(): ChainHead {
    return this.#head
  }

  async begin(torn: ChainEnd['torn'], lost: LostEntries | undefined): Promise<void> {
    const at = this.#options.now()
    // The head comes first even in an empty folder: without it nobody could tell a new chain from one whose head was taken.
    if (this.#committed < 0) await this.commit()
    if (torn) {
      this.#lines.push(LINE_FEED)
      this.#next = { ...this.#next, size: this.#next.size + 1 }
    }
    const isNew = this.#next.count === 0
    const opened = isNew ? { chain: this.#head.chain, keyId: this.#head.keyId, form: 1 } : {}
    if (torn || lost || isNew)
      this.#add({ at, body: { kind: isNew ? OPENED : REPAIRED, ...opened, ...damage(torn, lost) } })
    await this.#flush()
    await this.commit()
    await this.dropOld()
  }

  /** Writes entries. They are in the file when it resolves, and on the disk after `commit`. */
  async write(entries: readonly NewEntry[]): Promise<void> {
    for (const entry of entries) {
      if (this.#mustTurn(entry.at)) {
        await this.#flush()
        await this.#turn()
      }
      this.#add(entry)
    }
    await this.#flush()
  }

  /** Brings all that is written to the disk, and the head after it: it never promises what the disk does not hold. */
  async commit(): Promise<void> {
    if (this.#committed === this.#head.count) return
    await this.#file?.datasync()
    await replaceFile(join(this.#options.folder, HEAD_FILE), headBytes(this.#head, this.#options.key))
    this.#committed = this.#head.count
  }

  /** Deletes segments whose day is over for `keepDays`: an entry tells of it, a checkpoint takes their place, then they go. */
  async dropOld(): Promise<void> {
    const { folder, key, keepDays, now } = this.#options
    if (keepDays === 0) return
    const limit = dayOf(new Date(now().getTime() - keepDays * DAY_MS))
    const segments = await listSegments(folder)
    const kept = segments.findIndex(({ day, number }) => day >= limit || number >= this.#head.segment)
    const first = segments[kept]
    if (kept < 1 || !first) return
    const { seq, prev } = await this.#firstOf(first)
    const at = now()
    this.#add({ at, body: { kind: DROPPED, through: seq - 1, hash: prev, segments: kept, keepDays } })
    await this.#flush()
    await this.commit()
    const { chain, keyId } = this.#head
    const checkpoint = { chain, keyId, segment: first.number, seq, prev, at: at.toISOString() }
    await replaceFile(join(folder, CHECKPOINT_FILE), checkpointBytes(checkpoint, key))
    for (const { name } of segments.slice(0, kept)) await rm(join(folder, name))
    await syncFolder(folder)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #mustTurn(at: Date): boolean {
    return this.#next.size > 0 && (dayOf(at) > this.#day || this.#next.size >= this.#options.segmentBytes)
  }

  /** Ends the segment: it is on the disk, whole, before the next one begins. */
  async #turn(): Promise<void> {
    await this.commit()
    await this.close()
    this.#next = { ...this.#head, segment: this.#head.segment + 1, size: 0 }
    await this.dropOld()
  }

  #add({ body, secrets, at }: NewEntry): void {
    const { key, random } = this.#options
    const { count: seq, hash: prev, size } = this.#next
    // A clock that was put back does not make a segment older than the one before.
    if (size === 0 && dayOf(at) > this.#day) this.#day = dayOf(at)
    const salt = secrets && Buffer.from(random(16)).toString('hex')
    const { line, hash } = makeLine({ key, seq, at, prev, body, secrets, salt })
    this.#lines.push(line, LINE_FEED)
    this.#next = { ...this.#next, count: seq + 1, hash, size: size + line.length + 1 }
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return
    const { segment, size: expected } = this.#next
    this.#file ??= await open(join(this.#options.folder, segmentName(segment, this.#day)), 'a', 0o600)
    await this.#file.appendFile(Buffer.concat(this.#lines))
    const { size, nlink } = await this.#file.stat()
    if (size !== expected || nlink === 0)
      throw new KeepingError('AUDIT_BROKEN', 'somebody else changes the log', { file: segmentName(segment, this.#day) })
    this.#lines = []
    this.#head = this.#next
  }

  async #firstOf({ name }: Segment): Promise<{ readonly seq: number; readonly prev: string }> {
    for await (const { bytes } of linesOf(join(this.#options.folder, name))) {
      const entry = parseLine(bytes)
      if (isProven(entry, this.#options.key)) return entry
      break
    }
    throw new KeepingError('AUDIT_BROKEN', 'the first line of a segment is no entry', { file: name })
  }
}

/** What a mark tells of: bytes that are no entry, and entries that could not be written. Marks with the same `since` are of one
 * failure, and the last of them counts. */
function damage(torn: ChainEnd['torn'], lost: LostEntries | undefined): JsonObject {
  return {
    ...(torn ? { torn: { ...torn } } : {}),
    ...(lost ? { refused: lost.refused, cause: lost.cause, since: lost.since.toISOString() } : {}),
  }
}
