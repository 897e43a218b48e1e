// A chain on disk: segments of lines by day, the head, the checkpoint. Reading only; chain-writer.ts writes.
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LONGEST_LINE } from './hash-chain.ts'

export const HEAD_FILE = 'head.json'
export const CHECKPOINT_FILE = 'checkpoint.json'
export const LOCK_FILE = 'lock'

/** One file of lines. Numbers run on from 1 without a gap; the day (UTC) is that of its first entry. */
export interface Segment {
  readonly number: number
  readonly day: string
  readonly name: string
}

const SEGMENT = /^(\d{6,15})-(\d{4}-\d\d-\d\d)\.jsonl$/

export const segmentName = (number: number, day: string): string => `${String(number).padStart(6, '0')}-${day}.jsonl`

/** The segments in a folder by number; a folder that is not there has none. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(folder).catch(error => {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  })
  const segments: Segment[] = []
  for (const name of names) {
    const found = SEGMENT.exec(name)
    if (found) segments.push({ number: Number(found[1]), day: found[2] as string, name })
  }
  return segments.toSorted((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1))
}

/** The bytes of a small file beside the segments; undefined when it is not there. */
export async function readBeside(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return Uint8Array.from(await readFile(join(folder, name)))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
}

/** One line of a segment. `bytes` is without line feed, and cut after `LONGEST_LINE` + 1 bytes. */
export interface SegmentLine {
  readonly offset: number
  readonly bytes: Uint8Array
  /** Where the next line begins; the end of the file for a line without line feed. */
  readonly end: number
  readonly hasLineFeed: boolean
}

const CHUNK = 65_536

/** The lines of a file from an offset on, in bounded memory whatever the file holds. */
export async function* linesOf(path: string, from = 0): AsyncGenerator<SegmentLine> {
  const file = await open(path, 'r')
  try {
    let offset = from
    let at = from
    let held: Uint8Array[] = []
    let length = 0
    const take = (bytes: Uint8Array): void => {
      const room = LONGEST_LINE + 1 - length
      if (room > 0) held.push(bytes.slice(0, room))
      length += Math.min(bytes.length, Math.max(room, 0))
    }
    const line = (end: number, hasLineFeed: boolean): SegmentLine => {
      const found = { offset, bytes: joined(held, length), end, hasLineFeed }
      offset = end
      held = []
      length = 0
      return found
    }
    const buffer = new Uint8Array(CHUNK)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, at)
      if (bytesRead === 0) break
      const chunk = buffer.subarray(0, bytesRead)
      let start = 0
      for (let feed = chunk.indexOf(0x0a); feed >= 0; feed = chunk.indexOf(0x0a, start)) {
        take(chunk.subarray(start, feed))
        start = feed + 1
        yield line(at + start, true)
      }
      take(chunk.subarray(start))
      at += bytesRead
    }
    if (at > offset) yield line(at, false)
  } finally {
    await file.close()
  }
}

/** The bytes from one offset to another, in pieces. */
export async function* piecesOf(path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r')
  try {
    for (let at = from; at < to; ) {
      const buffer = new Uint8Array(Math.min(CHUNK, to - at))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** The line that ends with the line feed before `end`; undefined where there is none of a possible length. */
export async function lineBefore(file: FileHandle, end: number): Promise<Uint8Array | undefined> {
  const length = Math.min(end, LONGEST_LINE + 2)
  const buffer = new Uint8Array(length)
  const { bytesRead } = await file.read(buffer, 0, length, end - length)
  if (bytesRead !== length || buffer[length - 1] !== 0x0a) return undefined
  const feed = buffer.subarray(0, -1).lastIndexOf(0x0a)
  if (feed < 0 && length < end) return undefined
  return buffer.slice(feed + 1, -1)
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
