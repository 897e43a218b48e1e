import {
  type CommandApdu,
  concat,
  equal,
  FILE_NAMES,
  FILES,
  type FileName,
  FormatError,
  fromBigInt,
  LDS1_AID,
  parseTlv,
  response,
  tlv,
  toBigInt,
} from '@cccd/card-core'
import { afterRefusal, applicationRefusal, readRefusal } from './access-control.ts'
import type { ChipBody } from './chip-body.ts'
import type { ChipState, Step } from './chip-state.ts'

function findFile(chip: ChipBody, state: ChipState, key: 'fid' | 'sfi', value: number): FileName | undefined {
  return FILE_NAMES.find(
    name => FILES[name][key] === value && FILES[name].under === state.directory && chip.files[name] !== undefined,
  )
}

/** A file that is not there is told only to those who may read its directory. */
function missing(state: ChipState): number {
  return state.directory === 'lds1' && !state.session ? 0x6982 : 0x6a82
}

function refuse(state: ChipState, sw: number): Step {
  return { response: response(sw), state }
}

/** Control information (ISO/IEC 7816-4 §7.4.3): P2 0C asks for none, and without Le nothing is sent. */
function controlInformation(command: CommandApdu, ...objects: readonly Uint8Array[]): Uint8Array {
  if (command.ne === undefined || command.p2 === 0x0c) return new Uint8Array()
  return tlv(command.p2 === 0x04 ? 0x62 : command.p2 === 0x08 ? 0x64 : 0x6f, ...objects)
}

function selectFile(chip: ChipBody, state: ChipState, command: CommandApdu, fid: number): Step {
  const file = findFile(chip, state, 'fid', fid)
  if (!file) return refuse(state, missing(state))
  const refused = readRefusal(chip, state, file)
  if (refused) return refuse(afterRefusal(chip, state, file), refused)
  const length = (chip.files[file] as Uint8Array).length
  const size = fromBigInt(BigInt(length), length > 0xffff ? 3 : 2)
  const information = controlInformation(
    command,
    tlv(0x80, size),
    tlv(0x82, Uint8Array.of(0x01)),
    tlv(0x83, Uint8Array.of(fid >> 8, fid & 0xff)),
  )
  return { response: response(0x9000, information), state: { ...state, currentFile: file } }
}

function selectMasterFile(chip: ChipBody, state: ChipState): Step {
  const answer = chip.options.selectMf ?? '6D00'
  if (answer !== 'ok') return refuse(state, Number.parseInt(answer, 16))
  const { currentFile: _file, ...rest } = state
  return { response: response(0x9000), state: { ...rest, directory: 'mf' } }
}

function selectApplication(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (!command.data || !equal(command.data, LDS1_AID)) return refuse(state, 0x6a82)
  const refused = applicationRefusal(chip, state)
  if (refused) return refuse(state, refused)
  const { currentFile: _file, ...rest } = state
  const information = controlInformation(command, tlv(0x84, LDS1_AID))
  return { response: response(0x9000, information), state: { ...rest, directory: 'lds1' } }
}

/** SELECT: the application by name, the MF, or an EF of the current directory by identifier (9303-10 §3.6.2). */
export function select(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (chip.options.refuseLeOnSelect && command.ne !== undefined) return refuse(state, 0x6700)
  if (command.p2 & 0xf3) return refuse(state, 0x6a86)
  if (command.p1 === 0x04) return selectApplication(chip, state, command)
  if (command.p1 !== 0x00 && command.p1 !== 0x02) return refuse(state, 0x6a86)
  const data = command.data ?? new Uint8Array()
  const fid = data.length === 0 && command.p1 === 0x00 ? 0x3f00 : ((data[0] ?? 0) << 8) | (data[1] ?? 0)
  if (data.length !== 2 && !(data.length === 0 && command.p1 === 0x00)) return refuse(state, 0x6700)
  if (fid === 0x3f00 && command.p1 === 0x00) return selectMasterFile(chip, state)
  return selectFile(chip, state, command, fid)
}

/** Offset and file of a READ BINARY with the even INS (ISO/IEC 7816-4 §7.2.2), or the status word that refuses it. */
function evenTarget(chip: ChipBody, state: ChipState, command: CommandApdu): number | Target {
  if (command.data) return 0x6700
  if (!(command.p1 & 0x80)) return { file: state.currentFile, offset: (command.p1 << 8) | command.p2 }
  if (command.p1 & 0x60) return 0x6a86
  return { file: findFile(chip, state, 'sfi', command.p1 & 0x1f) ?? null, offset: command.p2 }
}

/** Offset and file with the odd INS: P1-P2 zero is the current file, below 20 an SFI, else a file identifier. */
function oddTarget(chip: ChipBody, state: ChipState, command: CommandApdu): number | Target {
  let offset: number
  try {
    const { value } = parseTlv(command.data ?? new Uint8Array(), 0x54)
    if (value.length === 0 || value.length > 4) return 0x6a80
    offset = Number(toBigInt(value))
  } catch (error) {
    if (error instanceof FormatError) return 0x6a80
    throw error
  }
  const reference = (command.p1 << 8) | command.p2
  if (reference === 0) return { file: state.currentFile, offset }
  return { file: findFile(chip, state, reference < 0x20 ? 'sfi' : 'fid', reference) ?? null, offset }
}

/** `file` is null when the reference names none, undefined when no file is current. */
interface Target {
  readonly file: FileName | null | undefined
  readonly offset: number
}

/** The most content that fits in `total` bytes with its DO 53 header. */
function contentRoom(total: number): number {
  if (total <= 0x7f + 2) return total - 2
  if (total <= 0xff + 3) return Math.max(0x7f, total - 3)
  return Math.max(0xff, total - 4)
}

/**
 * READ BINARY, INS B0 or B1. `room` is the most response data that fits once protected; what is asked for beyond it is
 * cut, or refused as the options say. An offset at or past the end answers 6B00.
 */
export function readBinary(chip: ChipBody, state: ChipState, command: CommandApdu, room: number): Step {
  const odd = command.ins === 0xb1
  const target = odd ? oddTarget(chip, state, command) : evenTarget(chip, state, command)
  if (typeof target === 'number') return refuse(state, target)
  if (target.file === null) return refuse(state, missing(state))
  if (target.file === undefined) return refuse(state, state.directory === 'lds1' && !state.session ? 0x6982 : 0x6986)
  const refused = readRefusal(chip, state, target.file)
  if (refused) return refuse(afterRefusal(chip, state, target.file), refused)
  const next: ChipState = { ...state, currentFile: target.file }
  if (command.ne === undefined) return refuse(next, 0x6700)
  const content = (chip.files[target.file] as Uint8Array).subarray(target.offset)
  if (content.length === 0) return refuse(next, 0x6b00)
  const wanted = odd ? contentRoom(command.ne) : command.ne
  if (wanted < 1) return refuse(next, 0x6700)
  const fits = odd ? contentRoom(room) : room
  const policy = chip.options.overlong ?? 'truncate'
  if (Math.min(wanted, content.length) > fits && policy !== 'truncate') {
    return refuse(next, policy === '6Cxx' && room < 256 ? 0x6c00 | room : 0x6700)
  }
  const end = chip.options.endOfFile ?? '6282'
  const past = wanted > content.length
  if (past && end === '6Cxx' && content.length < 256) {
    return refuse(next, 0x6c00 | (odd ? tlv(0x53, content).length : content.length))
  }
  const data = content.subarray(0, Math.min(wanted, fits))
  // Le 00 asks for whatever is there, so only a length named outright can reach past the end.
  const warn = past && end === '6282' && command.ne !== 256 && command.ne !== 0x10000
  return { response: response(warn ? 0x6282 : 0x9000, odd ? tlv(0x53, data) : concat(data)), state: next }
}
