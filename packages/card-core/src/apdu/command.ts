import { concat } from '../bytes.ts'
import { FormatError } from '../error.ts'

/** A command APDU, ISO/IEC 7816-4 §5.1. */
export interface CommandApdu {
  readonly cla: number
  readonly ins: number
  readonly p1: number
  readonly p2: number
  /** Command data, up to 65,535 bytes; absent when there are none. */
  readonly data?: Uint8Array
  /** The most response bytes expected: 1 to 65,536; 256 and 65,536 are "all". Absent means no Le field. */
  readonly ne?: number
}

/** Whether the command needs the extended length form. */
export function isExtended(command: CommandApdu): boolean {
  return (command.data?.length ?? 0) > 255 || (command.ne ?? 0) > 256
}

/** The bytes of a command, in the short form whenever that can express it. */
export function encodeCommand(command: CommandApdu): Uint8Array {
  const { cla, ins, p1, p2, data, ne } = command
  const header = Uint8Array.of(cla, ins, p1, p2)
  const nc = data?.length ?? 0
  if (nc > 0xffff || (ne !== undefined && (ne < 1 || ne > 0x10000))) {
    throw new FormatError('APDU_MALFORMED', 'the command data or the expected length do not fit in an APDU')
  }
  if (!isExtended(command)) {
    const lc = data && nc > 0 ? concat(Uint8Array.of(nc), data) : new Uint8Array()
    return ne === undefined ? concat(header, lc) : concat(header, lc, Uint8Array.of(ne & 0xff))
  }
  const le = ne === undefined ? new Uint8Array() : Uint8Array.of((ne >> 8) & 0xff, ne & 0xff)
  if (data && nc > 0) return concat(header, Uint8Array.of(0, nc >> 8, nc & 0xff), data, le)
  return concat(header, Uint8Array.of(0), le)
}

/** Reads the bytes of a command; throws FormatError when they are none of the seven forms of ISO/IEC 7816-3 §12.1.3. */
export function decodeCommand(bytes: Uint8Array): CommandApdu {
  const [cla, ins, p1, p2, first] = bytes as unknown as readonly number[]
  if (cla === undefined || ins === undefined || p1 === undefined || p2 === undefined) {
    throw new FormatError('APDU_MALFORMED', 'a command has fewer than four bytes', { offset: bytes.length })
  }
  const head = { cla, ins, p1, p2 }
  const bad = (): FormatError =>
    new FormatError('APDU_MALFORMED', 'the length of a command does not match Lc and Le', { offset: 4 })
  const short = (le: number): number => le || 256
  const extended = (le: number): number => le || 0x10000
  if (first === undefined) return head
  if (bytes.length === 5) return { ...head, ne: short(first) }
  if (first !== 0) {
    const data = bytes.subarray(5, 5 + first)
    if (bytes.length === 5 + first) return { ...head, data }
    if (bytes.length === 6 + first) return { ...head, data, ne: short(bytes[5 + first] as number) }
    throw bad()
  }
  if (bytes.length < 7) throw bad()
  const second = ((bytes[5] as number) << 8) | (bytes[6] as number)
  if (bytes.length === 7) return { ...head, ne: extended(second) }
  if (second === 0) throw bad()
  const data = bytes.subarray(7, 7 + second)
  if (bytes.length === 7 + second) return { ...head, data }
  if (bytes.length === 9 + second) {
    return { ...head, data, ne: extended(((bytes[7 + second] as number) << 8) | (bytes[8 + second] as number)) }
  }
  throw bad()
}
