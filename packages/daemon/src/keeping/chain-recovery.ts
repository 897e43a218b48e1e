// Finds the end of a chain that was written before: what the head promises, what came after it, what a crash left.
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, KeepingError } from '@cccd/mrz'
import type { ChainFaultCode } from './chain-fault.ts'
import { CHECKPOINT_FILE, HEAD_FILE, lineBefore, listSegments, readBeside, type Segment } from './chain-folder.ts'
import type { ChainKey } from './chain-key.ts'
import { scanSegment, sha256Of, type TornBytes } from './chain-scan.ts'
import { type ChainHead, hashOfLine, parseCheckpoint, parseHead } from './hash-chain.ts'

/** The end of a chain. */
export interface ChainEnd {
  /** The head as the lines have it, which may be beyond the one on the disk. */
  readonly head: ChainHead
  /** How many entries the head on the disk promises. */
  readonly committed: number
  /** The day of the last segment. */
  readonly day: string
  /** Bytes behind the last entry that are no entry, and what the first line of them is. */
  readonly torn?: TornBytes & { readonly fault: ChainFaultCode }
}

/**
 * Finds the end of the chain in a folder; undefined where there is none. Deletes segments that a checkpoint has replaced. Throws
 * KeepingError AUDIT_BROKEN when the disk holds less than the head promises or something else, AUDIT_KEY_REFUSED when the chain is
 * another key's.
 */
export async function recoverChain(folder: string, key: ChainKey): Promise<ChainEnd | undefined> {
  const headFile = await readBeside(folder, HEAD_FILE)
  const listed = await listSegments(folder)
  if (!headFile) {
    if (listed.length > 0) throw broken('head.json is missing', HEAD_FILE)
    return undefined
  }
  const head = proven(HEAD_FILE, () => parseHead(headFile, key))
  if (head.keyId !== key.id)
    throw new KeepingError('AUDIT_KEY_REFUSED', "this key is not this log's", { file: HEAD_FILE })
  if (!head.isProven) throw broken('head.json was not written with this key', HEAD_FILE)
  const segments = await withoutReplaced(folder, listed, key)

  const { committed, last } = await promised(folder, segments, head)
  let end: ChainHead = committed
  let day = last?.day ?? ''
  const after = segments.filter(({ number }) => number >= head.segment)
  for (const [index, segment] of after.entries()) {
    const { number, name } = segment
    if (number !== head.segment + index) throw broken('a segment is missing', name)
    const path = join(folder, name)
    const offset = index === 0 ? head.size : 0
    day = segment.day
    end = { ...end, segment: number, size: offset }
    for await (const found of scanSegment({ path, from: { seq: end.count, prev: end.hash }, offset, key })) {
      if (found.kind === 'entry') {
        end = { ...end, count: found.entry.seq + 1, hash: found.hash, size: found.end }
        continue
      }
      if (index < after.length - 1) throw broken('bytes that are no entry stand in the middle', name)
      const torn = {
        offset: found.offset,
        length: found.size - found.offset,
        sha256: await sha256Of(path, found.offset, found.size),
      }
      return { head: { ...end, size: found.size }, committed: head.count, day, torn: { ...torn, fault: found.code } }
    }
  }
  return { head: end, committed: head.count, day }
}

/** The head without its proof, after its last line was found where it says. */
async function promised(
  folder: string,
  segments: readonly Segment[],
  { chain, keyId, count, hash, segment, size }: ChainHead,
): Promise<{ readonly committed: ChainHead; readonly last: Segment | undefined }> {
  const committed = { chain, keyId, count, hash, segment, size }
  const same = segments.filter(({ number }) => number === segment)
  const last = same[0]
  if (same.length > 1) throw broken('two segments have the same number', last?.name ?? '')
  if (count === 0) return { committed, last }
  if (!last) throw broken('the last segment is missing', `${segment}`)
  const file = await open(join(folder, last.name), 'r')
  try {
    const line = (await file.stat()).size >= size ? await lineBefore(file, size) : undefined
    if (!line || hashOfLine(line) !== hash) throw broken('the last entry is not the one that the head names', last.name)
  } finally {
    await file.close()
  }
  return { committed, last }
}

/** Retention that a crash stopped after its checkpoint is brought to its end. */
async function withoutReplaced(folder: string, listed: readonly Segment[], key: ChainKey): Promise<readonly Segment[]> {
  const bytes = await readBeside(folder, CHECKPOINT_FILE)
  if (!bytes) return listed
  const checkpoint = proven(CHECKPOINT_FILE, () => parseCheckpoint(bytes, key))
  if (!checkpoint.isProven) throw broken('checkpoint.json was not written with this key', CHECKPOINT_FILE)
  const kept: Segment[] = []
  for (const segment of listed) {
    if (segment.number >= checkpoint.segment) kept.push(segment)
    else await rm(join(folder, segment.name))
  }
  return kept
}

function proven<T>(
  file: string,
  parse: () => { readonly value: T; readonly isProven: boolean | undefined },
): T & { readonly isProven: boolean } {
  try {
    const { value, isProven } = parse()
    return { ...value, isProven: isProven === true }
  } catch (error) {
    if (error instanceof FormatError) throw broken(`${file} is malformed`, file)
    throw error
  }
}

function broken(message: string, file: string): KeepingError {
  return new KeepingError('AUDIT_BROKEN', message, { file })
}
