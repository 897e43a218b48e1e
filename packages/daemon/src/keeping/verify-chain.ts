// Judges a chain on disk: every line, the head, the checkpoint. Reads only, in bounded memory, beside a running writer too.
import { join } from 'node:path'
import { FormatError } from '@cccd/mrz'
import { CHAIN_FAULTS, type ChainFaultCode } from './chain-fault.ts'
import { CHECKPOINT_FILE, HEAD_FILE, listSegments, readBeside, type Segment } from './chain-folder.ts'
import type { ChainKey } from './chain-key.ts'
import { type ChainPlace, OPENED, REPAIRED, scanSegment, type TornBytes } from './chain-scan.ts'
import {
  type ChainCheckpoint,
  type ChainEntry,
  type ChainHead,
  GENESIS,
  type Proven,
  parseCheckpoint,
  parseHead,
} from './hash-chain.ts'

/** One thing that is wrong or has to be known, with its place. */
export interface ChainFault {
  readonly code: ChainFaultCode
  /** The file's name in the folder. */
  readonly file?: string
  /** From 1. */
  readonly line?: number
  /** In bytes from the file's start. */
  readonly offset?: number
  /** The number that the entry there should have. */
  readonly seq?: number
}

/** A repair that the chain itself tells of. */
export interface ChainRepair {
  readonly seq: number
  readonly at: string
  readonly file: string
  readonly line: number
  readonly torn?: TornBytes
  /** Records that could not be written, and why. */
  readonly refused?: number
  readonly cause?: string
}

/** The judgement over a chain. */
export interface ChainReport {
  /** `successful` only with the key: without it anybody could have written all of it anew. */
  readonly overall: 'successful' | 'undetermined' | 'failed'
  readonly isKeyed: boolean
  readonly chain?: string
  readonly keyId?: string
  /** Entries that fit, up to the first that does not. */
  readonly entries: number
  readonly segments: number
  readonly first?: EntryPlace
  readonly last?: EntryPlace
  /** Entries before the first one, deleted after their time as a checkpoint proves. */
  readonly dropped: number
  readonly repairs: readonly ChainRepair[]
  /** What is wrong, the first first; empty when all is well. */
  readonly faults: readonly ChainFault[]
}

export interface EntryPlace {
  readonly seq: number
  readonly at: string
  readonly hash: string
}

/** An earlier state that was noted elsewhere: so many entries, the last with this hash. */
export interface NotedHead {
  readonly count: number
  readonly hash: string
}

/**
 * Walks the chain in a folder and says whether it holds together. `onEntry` gets every entry that fits. Ends at the first
 * line that is wrong. Throws what the file system throws, nothing for what the files hold.
 */
export async function verifyChain(
  folder: string,
  given: {
    readonly key?: ChainKey | undefined
    readonly noted?: NotedHead | undefined
    readonly onEntry?: (entry: ChainEntry) => void
  } = {},
): Promise<ChainReport> {
  const { key, noted } = given
  // In this order a writer that goes on meanwhile only makes the chain longer than its head.
  const headFile = await readBeside(folder, HEAD_FILE)
  const listed = await listSegments(folder)
  const checkpointFile = await readBeside(folder, CHECKPOINT_FILE)
  const walk = new Walk(given.onEntry)

  const head = walk.sealed(HEAD_FILE, headFile, bytes => parseHead(bytes, key))
  const checkpoint = walk.sealed(CHECKPOINT_FILE, checkpointFile, bytes => parseCheckpoint(bytes, key))
  if (!headFile) walk.faults.push({ code: listed.length > 0 ? 'HEAD_MISSING' : 'EMPTY', file: HEAD_FILE })
  if (head && key && head.keyId !== key.id) walk.faults.push({ code: 'KEY_OTHER', file: HEAD_FILE })
  if (head && checkpoint && (head.chain !== checkpoint.chain || head.keyId !== checkpoint.keyId))
    walk.faults.push({ code: 'CHECKPOINT_OTHER', file: CHECKPOINT_FILE })
  if (!key) walk.faults.push({ code: 'KEY_NOT_GIVEN' })

  const segments: Segment[] = []
  for (const segment of listed) {
    if (checkpoint && segment.number < checkpoint.segment)
      walk.faults.push({ code: 'SEGMENT_LEFT_OVER', file: segment.name })
    else segments.push(segment)
  }
  if (checkpoint && noted && noted.count === checkpoint.seq && noted.hash !== checkpoint.prev)
    walk.faults.push({ code: 'NOTED_OTHER', seq: noted.count - 1 })
  if (checkpoint && noted && noted.count < checkpoint.seq)
    walk.faults.push({ code: 'NOTED_TOO_OLD', seq: noted.count - 1 })

  await walk.segments(folder, segments, { head, checkpoint, key, noted })
  if (head) walk.end(head, checkpoint)
  if (noted && walk.place.seq < noted.count && !(checkpoint && noted.count <= checkpoint.seq) && walk.isWhole)
    walk.faults.push({ code: 'NOTED_OTHER', seq: noted.count - 1 })

  const weights = new Set(walk.faults.map(({ code }) => CHAIN_FAULTS[code].weight))
  const named = head ?? checkpoint
  return {
    overall: weights.has('failed') ? 'failed' : weights.has('undetermined') ? 'undetermined' : 'successful',
    isKeyed: key !== undefined,
    ...(named ? { chain: named.chain, keyId: named.keyId } : {}),
    entries: walk.entries,
    segments: segments.length,
    ...(walk.first ? { first: walk.first } : {}),
    ...(walk.last ? { last: walk.last } : {}),
    dropped: checkpoint?.seq ?? 0,
    repairs: walk.repairs,
    faults: walk.faults,
  }
}

/** Repairs that are told one by one; a log with more has another problem. */
const MOST_REPAIRS = 1000

class Walk {
  readonly faults: ChainFault[] = []
  readonly repairs: ChainRepair[] = []
  readonly #onEntry: ((entry: ChainEntry) => void) | undefined
  place: ChainPlace = { seq: 0, prev: GENESIS }
  entries = 0
  first?: EntryPlace
  last?: EntryPlace
  /** Whether every line was walked. */
  isWhole = true
  #headSeen = false

  constructor(onEntry: ((entry: ChainEntry) => void) | undefined) {
    this.#onEntry = onEntry
  }

  /** What stands in the head's or the checkpoint's file; its faults are told. */
  sealed<T extends ChainHead | ChainCheckpoint>(
    file: string,
    bytes: Uint8Array | undefined,
    parse: (bytes: Uint8Array) => Proven<T>,
  ): T | undefined {
    if (!bytes) return undefined
    const isHead = file === HEAD_FILE
    try {
      const { value, isProven } = parse(bytes)
      if (isProven === false) this.faults.push({ code: isHead ? 'HEAD_PROOF_WRONG' : 'CHECKPOINT_PROOF_WRONG', file })
      return value
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.faults.push({ code: isHead ? 'HEAD_MALFORMED' : 'CHECKPOINT_MALFORMED', file })
      return undefined
    }
  }

  async segments(
    folder: string,
    segments: readonly Segment[],
    given: {
      readonly head: ChainHead | undefined
      readonly checkpoint: ChainCheckpoint | undefined
      readonly key: ChainKey | undefined
      readonly noted: NotedHead | undefined
    },
  ): Promise<void> {
    const { head, checkpoint, key, noted } = given
    this.place = { seq: checkpoint?.seq ?? 0, prev: checkpoint?.prev ?? GENESIS }
    let expected = checkpoint?.segment ?? 1
    for (const [index, { number, name }] of segments.entries()) {
      if (number !== expected) {
        this.#stop({ code: number < expected ? 'SEGMENT_TWICE' : 'SEGMENT_MISSING', file: name, seq: this.place.seq })
        return
      }
      expected++
      for await (const found of scanSegment({ path: join(folder, name), from: this.place, key })) {
        const at = { file: name, line: found.line, offset: found.offset, seq: this.place.seq }
        if (found.kind === 'fault') {
          // Beyond the head, at the very end, a crash leaves such bytes; before it they stand where an entry stood.
          const isTail = head !== undefined && this.place.seq >= head.count && index === segments.length - 1
          this.#stop({ code: isTail ? 'TAIL_UNMARKED' : found.code, ...at })
          return
        }
        const { entry, hash } = found
        if (entry.seq === 0 && !opens(entry, head)) {
          this.#stop({ code: 'FIRST_ENTRY_WRONG', ...at })
          return
        }
        if (head && entry.seq === head.count - 1) {
          this.#headSeen = true
          if (hash !== head.hash || number !== head.segment || found.end !== head.size)
            this.faults.push({ code: 'HEAD_OTHER', ...at })
        }
        if (noted && entry.seq === noted.count - 1 && hash !== noted.hash)
          this.faults.push({ code: 'NOTED_OTHER', ...at })
        this.#take(entry, hash, { file: name, line: found.line, ...(found.torn ? { torn: found.torn } : {}) })
      }
    }
  }

  /** Whether the chain reaches as far as its head says. */
  end(head: ChainHead, checkpoint: ChainCheckpoint | undefined): void {
    if (this.#headSeen || !this.isWhole) return
    if (checkpoint && head.count <= checkpoint.seq) {
      this.faults.push({ code: 'HEAD_OTHER', file: HEAD_FILE })
      return
    }
    if (head.count > this.place.seq) this.faults.push({ code: 'CUT_OFF', seq: this.place.seq })
  }

  #take(
    entry: ChainEntry,
    hash: string,
    where: { readonly file: string; readonly line: number; readonly torn?: TornBytes },
  ): void {
    const { seq, at, body } = entry
    this.entries++
    this.last = { seq, at, hash }
    this.first ??= this.last
    this.place = { seq: seq + 1, prev: hash }
    if ((body.kind === REPAIRED || where.torn) && this.repairs.length < MOST_REPAIRS) {
      const { refused, cause } = body
      this.repairs.push({
        seq,
        at,
        ...where,
        ...(typeof refused === 'number' ? { refused } : {}),
        ...(typeof cause === 'string' ? { cause } : {}),
      })
    }
    this.#onEntry?.(entry)
  }

  #stop(fault: ChainFault): void {
    this.faults.push(fault)
    this.isWhole = CHAIN_FAULTS[fault.code].weight !== 'failed'
  }
}

/** Whether an entry is the first of the chain that the head names. */
function opens({ body }: ChainEntry, head: ChainHead | undefined): boolean {
  return body.kind === OPENED && (head === undefined || body.chain === head.chain)
}
