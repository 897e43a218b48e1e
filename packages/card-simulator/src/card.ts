import {
  type Card,
  type CommandApdu,
  FormatError,
  fromHex,
  isExtended,
  maxPlainLength,
  parseTlvs,
  type ResponseApdu,
  response,
} from '@cccd/card-core'
import { CONDITIONS_OF_USE, withoutSession } from './access-control.ts'
import { internalAuthenticate } from './authentication/active-authentication.ts'
import { externalAuthenticate, getChallenge } from './authentication/basic-access-control.ts'
import {
  chipAuthenticationStep,
  setAuthenticationTemplate,
  setKeyAgreementTemplate,
} from './authentication/chip-authentication.ts'
import { paceStep, setPace, withoutPace } from './authentication/pace.ts'
import { type ChipBody, chipBody } from './chip-body.ts'
import type { ChipOptions } from './chip-options.ts'
import { type ChipSession, type ChipState, poweredState, type Step } from './chip-state.ts'
import type { ChipDocument } from './document.ts'
import { readBinary, select } from './file-system.ts'

/** A simulated chip: a step function, the state it has when first given power, and its answer to reset. */
export interface Chip {
  readonly card: Card<ChipState>
  readonly initial: ChipState
  readonly atr: Uint8Array
  /** The state after power was off and on again: the session is gone, the failure counters stay. */
  reset(state: ChipState): ChipState
}

/** MANAGE SECURITY ENVIRONMENT by P1-P2: PACE, chip authentication, or its older form. */
function manageSecurityEnvironment(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (chip.options.refuseLeOnSelect && command.ne !== undefined) return { response: response(0x6700), state }
  switch ((command.p1 << 8) | command.p2) {
    case 0xc1a4:
      return setPace(chip, state, command)
    case 0x41a4:
      return setAuthenticationTemplate(chip, state, command)
    case 0x41a6:
      return setKeyAgreementTemplate(chip, state, command)
    default:
      return { response: response(0x6a86), state }
  }
}

/** One command without its secure messaging. `room` is the most response data that fits. */
function execute(chip: ChipBody, given: ChipState, command: CommandApdu, room: number): Step {
  // Only the next GENERAL AUTHENTICATE carries a PACE run on.
  const state = command.ins === 0x86 ? given : withoutPace(given)
  const refuse = (sw: number): Step => ({ response: response(sw), state: withoutPace(state) })
  if (command.cla & 0xef) return refuse(0x6e00)
  if (command.cla & 0x10 && command.ins !== 0x86) return refuse(0x6884)
  switch (command.ins) {
    case 0xa4:
      return select(chip, state, command)
    case 0xb1:
      if (chip.options.oddReadBinary === false) return refuse(0x6d00)
      return readBinary(chip, state, command, room)
    case 0xb0:
      return readBinary(chip, state, command, room)
    case 0x84:
      return getChallenge(chip, state, command)
    case 0x82:
      return externalAuthenticate(chip, state, command)
    case 0x22:
      return manageSecurityEnvironment(chip, state, command)
    case 0x86:
      if (state.pace) return paceStep(chip, state, command, state.pace)
      return chipAuthenticationStep(chip, state, command)
    case 0x88:
      return internalAuthenticate(chip, state, command)
    default:
      return refuse(0x6d00)
  }
}

/** 6987 when there is no checksum at all, else 6988: the objects are there and wrong (ISO/IEC 7816-4 §5.6). */
function secureMessagingError(command: CommandApdu): number {
  try {
    return parseTlvs(command.data ?? new Uint8Array()).some(({ tag }) => tag === 0x8e) ? 0x6988 : 0x6987
  } catch (error) {
    if (error instanceof FormatError) return 0x6988
    throw error
  }
}

/** A command in secure messaging: any error in its protection is answered in plain and ends the session (9303-11 §9.8). */
function protectedStep(chip: ChipBody, state: ChipState, session: ChipSession, outer: CommandApdu): Step {
  const sm = session.sm.clone()
  const inner = sm.unprotect(outer)
  if (!inner) return { response: response(secureMessagingError(outer)), state: withoutSession(state) }
  const room = maxPlainLength(session.sm.cipher, Math.min(outer.ne ?? 256, chip.maxResponse))
  const step = execute(chip, state, inner, room)
  const answer = sm.protect(step.response)
  if (!step.state.session) return { response: answer, state: step.state }
  const live = { ...step.state.session, sm: step.nextSecureMessaging ?? sm }
  return { response: answer, state: { ...step.state, session: live } }
}

/** Cuts a response to what the terminal asked for; the rest waits for GET RESPONSE (ISO/IEC 7816-4 §5.3.4). */
function deliver(answer: ResponseApdu, state: ChipState, room: number): readonly [ResponseApdu, ChipState] {
  if (answer.data.length <= room) return [answer, state]
  const rest = { data: answer.data.subarray(room), sw: answer.sw }
  const more = 0x6100 | (rest.data.length < 256 ? rest.data.length : 0)
  return [
    { data: answer.data.subarray(0, room), sw: more },
    { ...state, pending: rest },
  ]
}

function step(chip: ChipBody, before: ChipState, outer: CommandApdu): readonly [ResponseApdu, ChipState] {
  const { pending, ...given } = { ...before, delayMs: 0 }
  if (pending && outer.ins === 0xc0 && (outer.cla & 0xf3) === 0 && !outer.p1 && !outer.p2) {
    return deliver(pending, given, Math.min(outer.ne ?? 0, chip.maxResponse))
  }
  const tooLong = (outer.data?.length ?? 0) > chip.maxCommand
  if (tooLong || (isExtended(outer) && !chip.extendedLength)) return [response(0x6700), withoutSession(given)]
  const isProtected = (outer.cla & 0xec) === 0x0c
  const room = Math.min(outer.ne ?? (isProtected ? 256 : 0), chip.maxResponse)
  let done: Step
  if (!isProtected) {
    // A plain command ends secure messaging and is then judged on its own (9303-11 §9.8.1).
    done = execute(chip, given.session ? withoutSession(given) : given, outer, room)
  } else if (given.session) done = protectedStep(chip, given, given.session, outer)
  else done = { response: response(CONDITIONS_OF_USE), state: withoutSession(given) }
  const waits = chip.options.responseData === '61xx' && done.response.data.length > 0
  return deliver(done.response, done.state, waits ? 0 : room)
}

/**
 * Makes a chip of a document. The chip is a step from state and command to response and next state; chance comes from
 * `options.random` alone. Throws FormatError when the document's EF.CardAccess is malformed.
 */
export function createChip(document: ChipDocument, options: ChipOptions): Chip {
  const body = chipBody(document, options)
  return {
    card: (state, command) => step(body, state, command),
    initial: poweredState(),
    atr: options.atr ?? fromHex('3B80800101'),
    reset: state => poweredState(state.failures),
  }
}
