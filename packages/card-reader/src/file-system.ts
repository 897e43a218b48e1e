import {
  type CardProtocol,
  type CommandApdu,
  concat,
  equal,
  expectOk,
  FILES,
  type FileName,
  FormatError,
  findTlv,
  LDS1_AID,
  ProtocolError,
  parseTlv,
  parseTlvs,
  type ResponseApdu,
  readTlvHeader,
  send,
  tlv,
  toBigInt,
} from '@cccd/card-core'

/** What a card and its reader were found to carry. It changes while reading, and is worth keeping per reader and ATR. */
export interface ReadLimits {
  /** The most bytes of a response that arrive in one piece, without the status word: 256 with short length. */
  maxResponse: number
  /** Whether READ BINARY with a short file identifier works, which spares the SELECT. */
  shortFileIdentifiers: boolean
}

export function shortLimits(): ReadLimits {
  return { maxResponse: 256, shortFileIdentifiers: true }
}

/** Sizes to fall back to when a card refuses the one in use. */
const LADDER = [4096, 1024, 256, 192, 128, 96]

/** The next smaller size, or undefined at the bottom. */
export function smaller(maxResponse: number): number | undefined {
  return LADDER.find(size => size < maxResponse)
}

/** No file of a chip is larger; a length beyond it is not believed. */
const LARGEST_FILE = 0x100000

/** How many commands a file may take: blocks get as small as some 60 bytes, and a chip that trickles is left. */
function mostParts(length: number | undefined): number {
  return 32 + Math.floor((length ?? 0) / 16)
}

/** SELECT by name of the eMRTD application (9303-10 §3.6.1), without Le. */
export function* selectApplication(): CardProtocol<void> {
  const answer = yield* send({ cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: LDS1_AID })
  expectOk(answer, 'SELECT application')
}

/** SELECT of the master file. Every answer is tolerated: 6D00, 6982, 6A81, 6A86 and 6A87 are all met in the field. */
export function* selectMasterFile(): CardProtocol<ResponseApdu> {
  return yield* send({ cla: 0x00, ins: 0xa4, p1: 0x00, p2: 0x0c, data: Uint8Array.of(0x3f, 0x00) })
}

/** SELECT of an elementary file under the current directory, without Le. */
export function* selectFile(file: FileName): CardProtocol<ResponseApdu> {
  const { fid } = FILES[file]
  return yield* send({ cla: 0x00, ins: 0xa4, p1: 0x02, p2: 0x0c, data: Uint8Array.of(fid >> 8, fid & 0xff) })
}

export interface FileReading {
  readonly file: FileName
  readonly limits: ReadLimits
  /** Plain bytes that fit in a response of `maxResponse`: maxPlainLength under secure messaging. */
  readonly plainLength: (maxResponse: number) => number
  /** What is already there of the file; it is compared with the chip's first bytes, and not read again. */
  readonly held?: Uint8Array
  /** Take "file not found" for the last word; else it is asked for once more by its file identifier. */
  readonly believeNotFound?: boolean
  /** Told of every piece: where it stands, the length of the whole file, and all that is there of it now. */
  onBytes?(offset: number, data: Uint8Array, length: number, whole: Uint8Array): void
}

/**
 * Reads one file whole: exactly its data object, nothing after it. The first command asks for a whole block and takes
 * the length from the header in it, so a small file costs one command. A file that ends before its own header says is
 * returned as short as it is; one whose header cannot be one, as its first block. Throws StatusWordError when the chip
 * refuses, ProtocolError CHIP_CHANGED when `held` is not how the file begins, FormatError LDS_MALFORMED for no byte.
 */
export function* readFile(given: FileReading): CardProtocol<Uint8Array> {
  const { file, held } = given
  const first = yield* readFirst(given)
  if (first.length === 0) throw new FormatError('LDS_MALFORMED', 'the file is empty', { file, offset: 0 })
  let bytes = first
  const known = held ? held.subarray(0, first.length) : undefined
  if (known && !equal(known, first.subarray(0, known.length))) {
    throw new ProtocolError('CHIP_CHANGED', 'the file does not begin as it did before: this is another chip', {
      file,
      step: `READ BINARY ${file}`,
    })
  }
  let length = fileLength(bytes)
  if (held && held.length > bytes.length) bytes = held.slice()
  if (length !== undefined) bytes = bytes.subarray(0, length)
  if (length !== undefined) given.onBytes?.(0, bytes, length, bytes)
  for (let parts = 1; length === undefined || bytes.length < length; parts++) {
    if (parts > mostParts(length)) {
      throw new ProtocolError('PROTOCOL_VIOLATION', 'the chip gives the file in ever so small pieces', {
        file,
        step: `READ BINARY ${file}`,
      })
    }
    const wanted = length === undefined ? 16 : length - bytes.length
    const part = yield* readPart(given, bytes.length, wanted)
    if (part.length === 0) break
    const offset = bytes.length
    bytes = concat(bytes, part.subarray(0, wanted))
    length ??= fileLength(bytes)
    if (length === undefined) continue
    bytes = bytes.subarray(0, length)
    given.onBytes?.(offset, bytes.subarray(offset), length, bytes)
  }
  return bytes
}

/**
 * Bytes of the file as its outermost header says, or undefined while that is cut short. A header that cannot be one, or
 * that claims more than any card holds, is as good as none: the file is what was read so far, and judging it is the
 * verifier's.
 */
function fileLength(bytes: Uint8Array): number | undefined {
  let header: ReturnType<typeof readTlvHeader>
  try {
    header = readTlvHeader(bytes, 0, 'LDS_MALFORMED')
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return bytes.length
  }
  if (!header) return undefined
  const length = header.headerLength + header.valueLength
  return length > LARGEST_FILE ? bytes.length : length
}

/** Selects the file and reads from its start: in one command where short file identifiers work. */
function* readFirst(given: FileReading): CardProtocol<Uint8Array> {
  const { file, limits } = given
  const step = `READ BINARY ${file}`
  if (limits.shortFileIdentifiers) {
    const read = (ne: number): CommandApdu => ({ cla: 0, ins: 0xb0, p1: 0x80 | FILES[file].sfi, p2: 0, ne })
    const answer = yield* readFitting(given, read, undefined)
    if (hasData(answer)) return answer.data
    if (!shortIdentifierRefused(answer.sw) || (answer.sw === 0x6a82 && given.believeNotFound))
      return expectOk(answer, step)
  }
  expectOk(yield* selectFile(file), `SELECT ${file}`)
  const answer = yield* readFitting(given, ne => ({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne }), undefined)
  if (!hasData(answer)) return expectOk(answer, step)
  // The SELECT found what the short identifier did not: it is not used again in this session.
  limits.shortFileIdentifiers = false
  return answer.data
}

/** 6982 and 6985 are about rights: a SELECT would not change them. */
function shortIdentifierRefused(sw: number): boolean {
  return [0x6a82, 0x6a81, 0x6a86, 0x6b00, 0x6d00, 0x6700, 0x6986].includes(sw)
}

/** 9000, or 6282: the file ended before Ne (ISO/IEC 7816-4 §7.2.3). */
function hasData(answer: ResponseApdu): boolean {
  return answer.sw === 0x9000 || (answer.sw === 0x6282 && answer.data.length > 0)
}

/** Reads on in the current file. Nothing is returned at its end. */
function* readPart(given: FileReading, offset: number, wanted: number): CardProtocol<Uint8Array> {
  const step = `READ BINARY ${given.file}`
  if (offset < 0x8000) {
    const read = (ne: number): CommandApdu => ({ cla: 0, ins: 0xb0, p1: offset >> 8, p2: offset & 0xff, ne })
    const answer = yield* readFitting(given, read, wanted)
    if (answer.sw === 0x6b00 || answer.sw === 0x6282) return answer.data
    return expectOk(answer, step)
  }
  // ISO/IEC 7816-4 §7.2.3: beyond 32 KiB the offset does not fit in P1-P2; INS B1 takes it in DO 54 and wraps the
  // answer in DO 53, whose header needs its place in the block.
  const data = tlv(0x54, offsetBytes(offset))
  const read = (ne: number): CommandApdu => ({ cla: 0, ins: 0xb1, p1: 0, p2: 0, data, ne })
  const answer = yield* readFitting(given, read, wanted + 4)
  if (answer.sw === 0x6b00 || (answer.sw === 0x6282 && answer.data.length === 0)) return new Uint8Array()
  const wrapped = answer.sw === 0x6282 ? answer.data : expectOk(answer, step)
  try {
    return parseTlv(wrapped, 0x53).value
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new ProtocolError('PROTOCOL_VIOLATION', 'the answer is not one data object 53', { step }, { cause })
  }
}

function offsetBytes(offset: number): Uint8Array {
  return offset > 0xffff
    ? Uint8Array.of(offset >> 16, (offset >> 8) & 0xff, offset & 0xff)
    : Uint8Array.of(offset >> 8, offset & 0xff)
}

/**
 * Sends a READ BINARY with the largest block that fits, and steps down when the card refuses the size: 6Cxx names the
 * right one, 6700 does not. What was learned stays in `limits`.
 */
function* readFitting(
  given: FileReading,
  read: (ne: number) => CommandApdu,
  wanted: number | undefined,
): CardProtocol<ResponseApdu> {
  const { limits, plainLength } = given
  for (;;) {
    const most = plainLength(limits.maxResponse)
    const answer = yield* send(read(Math.min(most, wanted ?? most)))
    const refused = answer.sw >> 8 === 0x6c || answer.sw === 0x6700
    if (!refused) return answer
    if (answer.sw >> 8 === 0x6c) {
      const exact = yield* send(read(answer.sw & 0xff || 256))
      if (hasData(exact)) {
        // Fewer than asked for, in the middle of a file: that is the card's limit, not the file's end.
        if (wanted !== undefined && wanted > exact.data.length) {
          while (plainLength(limits.maxResponse) > exact.data.length) {
            const next = smaller(limits.maxResponse)
            if (next === undefined) break
            limits.maxResponse = next
          }
        }
        return exact
      }
    }
    const next = smaller(limits.maxResponse)
    if (next === undefined || (wanted !== undefined && wanted < most)) return answer
    limits.maxResponse = next
  }
}

/**
 * The longest response that EF.ATR/INFO allows (ISO/IEC 7816-4 §12.7.1: DO 7F66, the second integer), without the
 * status word; undefined when the file or the object is missing. Read in the clear under the master file.
 */
export function* readExtendedLengthLimit(): CardProtocol<number | undefined> {
  const answer = yield* send({ cla: 0, ins: 0xb0, p1: 0x80 | FILES['EF.ATR/INFO'].sfi, p2: 0, ne: 256 })
  return hasData(answer) ? extendedLengthLimit(answer.data) : undefined
}

function extendedLengthLimit(atrInfo: Uint8Array): number | undefined {
  try {
    const limits = findTlv(parseTlvs(atrInfo), 0x7f66)
    const [, response] = limits ? parseTlvs(limits.value).filter(object => object.tag === 0x02) : []
    const most = response && Number(toBigInt(response.value))
    // Two bytes are kept back for the status word: some drivers count it, and some frames end at 65,535 bytes.
    return most && most > 258 ? Math.min(most, 0x10000) - 2 : undefined
  } catch (error) {
    // An EF.ATR/INFO that cannot be read says nothing; short length always works.
    if (error instanceof FormatError) return undefined
    throw error
  }
}
