import {
  type CardChannel,
  type CommandApdu,
  decodeCommand,
  decodeResponse,
  encodeCommand,
  encodeResponse,
  FormatError,
  type ResponseApdu,
  response,
  TransportError,
} from '@cccd/card-core'
import type { Chip } from './card.ts'
import type { ChipState } from './chip-state.ts'
import { type ChipAnswer, type Fault, withFault } from './faults.ts'
import type { LinkTraffic } from './link-model.ts'

/** A chip in a reader's field: bytes in, bytes out, with its state inside. */
export interface ChipInField {
  /** One command APDU. Bytes that are no APDU are answered 6700. */
  exchange(command: Uint8Array): ChipAnswer
  /** Power off and on again. */
  reset(): void
  readonly state: ChipState
  readonly traffic: LinkTraffic
}

/** Puts a chip into a field; `faults` count the APDUs from here on, resets included. */
export function chipInField(chip: Chip, faults: readonly Fault[] = []): ChipInField {
  let state = chip.initial
  let gone: ChipAnswer | undefined
  let apdus = 0
  let bytesOut = 0
  let bytesIn = 0
  const answerTo = (command: Uint8Array): ResponseApdu => {
    try {
      const [answer, next] = chip.card(state, decodeCommand(command))
      state = next
      return answer
    } catch (error) {
      if (error instanceof FormatError && error.code === 'APDU_MALFORMED') return response(0x6700)
      throw error
    }
  }
  return {
    exchange(command) {
      if (gone) return gone
      const whole: ChipAnswer = { kind: 'response', bytes: encodeResponse(answerTo(command)), delayMs: state.delayMs }
      const answer = withFault(faults, apdus, whole)
      apdus++
      bytesOut += command.length
      if (answer.kind === 'response') bytesIn += answer.bytes.length
      else gone = answer
      return answer
    },
    reset() {
      state = chip.reset(state)
    },
    get state(): ChipState {
      return state
    },
    get traffic(): LinkTraffic {
      return { apdus, bytesOut, bytesIn }
    },
  }
}

/**
 * The way to a chip in this process. A fault shows as it would over PC/SC: TransportError CARD_REMOVED, CARD_MUTE, or
 * ProtocolError RESPONSE_TOO_SHORT. Delays after wrong passwords are not waited for; `field.state.delayMs` tells them.
 */
export function chipChannel(
  chip: Chip,
  options: { readonly faults?: readonly Fault[] } = {},
): CardChannel & { readonly field: ChipInField } {
  const field = chipInField(chip, options.faults)
  return {
    field,
    async transmit(command: CommandApdu): Promise<ResponseApdu> {
      const answer = field.exchange(encodeCommand(command))
      switch (answer.kind) {
        case 'response':
          return decodeResponse(answer.bytes)
        case 'removed':
          throw new TransportError('CARD_REMOVED', 'the card was taken from the reader')
        case 'mute':
          throw new TransportError('CARD_MUTE', 'the card does not answer')
      }
    },
  }
}
