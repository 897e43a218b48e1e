// Walks the lines of one segment and holds each against the one before. Used by whoever verifies and by the writer's start.
import { createHash } from 'node:crypto'
import { FormatError } from '@cccd/mrz'
import { isObject } from './canonical-json.ts'
import type { ChainFaultCode } from './chain-fault.ts'
import { linesOf, piecesOf, type SegmentLine } from './chain-folder.ts'
import type { ChainKey } from './chain-key.ts'
import { type ChainBody, type ChainEntry, hashOfLine, isProven, parseLine } from './hash-chain.ts'

/** The first entry of every chain, with its id. */
export const OPENED = 'chain.opened'
/** The mark that older segments were deleted after their time. */
export const DROPPED = 'chain.dropped'
/** The mark of a repair: bytes that a crash or a full disk left, and records that could not be written. */
export const REPAIRED = 'chain.repaired'

/** Bytes that are no entry: [offset, offset + length) of a segment. A mark that follows them tells their hash. */
export interface TornBytes {
  readonly offset: number
  readonly length: number
  readonly sha256: string
}

/** Where the walk stands: the number and `prev` of the entry that must come next. */
export interface ChainPlace {
  readonly seq: number
  readonly prev: string
}

export type ScannedLine =
  | {
      readonly kind: 'entry'
      readonly entry: ChainEntry
      readonly hash: string
      readonly line: number
      readonly offset: number
      readonly end: number
      /** Bytes before this entry that it marks as torn. */
      readonly torn?: TornBytes
    }
  /** Ends the walk: the line of that number is wrong, and no mark of a repair follows it. `size` is the end of the file. */
  | {
      readonly kind: 'fault'
      readonly code: ChainFaultCode
      readonly line: number
      readonly offset: number
      readonly size: number
      readonly isHalf: boolean
    }

/** Torn bytes beyond this are no crash: a writer hands over far less at once. */
const MOST_TORN = 16 << 20

/** Walks a segment from an offset (the start of line `line`). Yields entries that fit, and at most one fault, which is the last. */
export async function* scanSegment(given: {
  readonly path: string
  readonly from: ChainPlace
  readonly offset?: number
  readonly line?: number
  readonly key?: ChainKey | undefined
}): AsyncGenerator<ScannedLine> {
  const { path, key } = given
  let { seq, prev } = given.from
  let number = (given.line ?? 1) - 1
  let fault:
    | { readonly code: ChainFaultCode; readonly line: number; readonly offset: number; readonly isHalf: boolean }
    | undefined
  let size = given.offset ?? 0
  for await (const line of linesOf(path, given.offset ?? 0)) {
    number++
    size = line.end
    const read = readEntry(line, { seq, prev }, key)
    if (typeof read === 'string') {
      fault ??= { code: read, line: number, offset: line.offset, isHalf: !line.hasLineFeed }
      continue
    }
    if (fault && line.offset - fault.offset > MOST_TORN) continue
    const torn = fault ? await markedTorn(path, fault.offset, line.offset, read.body) : undefined
    // An entry that would fit follows bytes that do not, and does not tell of them.
    if (fault && !torn) continue
    if (!fault && isMark(read.body) && read.body.torn !== undefined) {
      fault = { code: 'MARK_WITHOUT_DAMAGE', line: number, offset: line.offset, isHalf: false }
      continue
    }
    const hash = hashOfLine(line.bytes)
    yield {
      kind: 'entry',
      entry: read,
      hash,
      line: number,
      offset: line.offset,
      end: line.end,
      ...(torn ? { torn } : {}),
    }
    fault = undefined
    seq++
    prev = hash
  }
  if (fault) yield { kind: 'fault', ...fault, size }
}

/** Whether an entry may tell of torn bytes: a chain can be torn before its very first entry too. */
const isMark = ({ kind }: ChainBody): boolean => kind === REPAIRED || kind === OPENED

/** The entry of a line that follows on, or the code of what is wrong with it. */
function readEntry(line: SegmentLine, place: ChainPlace, key: ChainKey | undefined): ChainEntry | ChainFaultCode {
  if (!line.hasLineFeed) return 'CUT_OFF'
  let entry: ChainEntry
  try {
    entry = parseLine(line.bytes)
  } catch (error) {
    if (error instanceof FormatError) return 'LINE_MALFORMED'
    throw error
  }
  if (entry.prev !== place.prev) return 'PREVIOUS_OTHER'
  if (entry.seq !== place.seq) return 'SEQUENCE_WRONG'
  if (key && !isProven(entry, key)) return 'PROOF_WRONG'
  return entry
}

/** The torn bytes that a mark tells of, when they are just what lies between the fault and the mark. */
async function markedTorn(path: string, from: number, mark: number, body: ChainBody): Promise<TornBytes | undefined> {
  const { torn } = body
  if (!isMark(body) || !isObject(torn)) return undefined
  // One line feed parts them from the mark.
  const length = mark - 1 - from
  if (torn.offset !== from || torn.length !== length || typeof torn.sha256 !== 'string') return undefined
  return (await sha256Of(path, from, mark - 1)) === torn.sha256
    ? { offset: from, length, sha256: torn.sha256 }
    : undefined
}

/** SHA-256 of a stretch of a file, hexadecimal. */
export async function sha256Of(path: string, from: number, to: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of piecesOf(path, from, to)) hash.update(piece)
  return hash.digest('hex')
}
