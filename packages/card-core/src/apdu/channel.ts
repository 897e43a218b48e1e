import { concat } from '../bytes.ts'
import { ProtocolError } from '../error.ts'
import { type CommandApdu, encodeCommand } from './command.ts'
import { encodeResponse, type ResponseApdu } from './response.ts'

/** The way to one card: PC/SC, a transcript, a phone relay. Throws TransportError when the card or the way is gone. */
export interface CardChannel {
  transmit(command: CommandApdu): Promise<ResponseApdu>
}

/** A response cannot hold more (ISO/IEC 7816-4 §5.1). */
const LONGEST = 0x10000
/** Four times as many pieces as the longest response needs: a card that trickles would hold the session for hours. */
const MOST_PIECES = 1024

/**
 * Answers the status words that only ask for another transmission (ISO/IEC 7816-4 §5.3.4): 61xx fetches what is left
 * with GET RESPONSE, 6Cxx without data sends the command once more with the Ne it names. A card that announces bytes
 * without ever giving any, or more or in more pieces than a response can need, throws ProtocolError PROTOCOL_VIOLATION; a second 6Cxx is
 * handed on.
 */
export function withStatusHandling(channel: CardChannel): CardChannel {
  async function withRightNe(command: CommandApdu): Promise<ResponseApdu> {
    const response = await channel.transmit(command)
    // With data beside it, the status word is a protected one: the command was consumed by secure messaging, and sending
    // it again would break the counter. The protocol inside knows how to ask anew.
    if (response.sw >> 8 !== 0x6c || response.data.length > 0) return response
    return channel.transmit({ ...command, ne: response.sw & 0xff || 256 })
  }
  return {
    async transmit(command) {
      let response = await withRightNe(command)
      if (response.sw >> 8 !== 0x61) return response
      const parts: Uint8Array[] = []
      let length = 0
      while (response.sw >> 8 === 0x61) {
        parts.push(response.data)
        length += response.data.length
        const fetched = await withRightNe({ cla: 0, ins: 0xc0, p1: 0, p2: 0, ne: response.sw & 0xff || 256 })
        const endless = length + fetched.data.length > LONGEST || parts.length > MOST_PIECES
        if (endless || (fetched.data.length === 0 && fetched.sw >> 8 === 0x61)) {
          throw new ProtocolError('PROTOCOL_VIOLATION', 'the card announces more bytes but does not give them', {
            sw: fetched.sw,
            step: 'GET RESPONSE',
          })
        }
        response = fetched
      }
      return { data: concat(...parts, response.data), sw: response.sw }
    },
  }
}

/** What went over a channel: commands answered, and all bytes of commands and responses, status words too. */
export interface LinkCounts {
  readonly apdus: number
  readonly bytesOut: number
  readonly bytesIn: number
}

/** Counts what goes over the channel; `counts` is the state at the moment it is read. */
export function counted(channel: CardChannel): CardChannel & { readonly counts: LinkCounts } {
  let counts: LinkCounts = { apdus: 0, bytesOut: 0, bytesIn: 0 }
  return {
    get counts() {
      return counts
    },
    async transmit(command) {
      const response = await channel.transmit(command)
      counts = {
        apdus: counts.apdus + 1,
        bytesOut: counts.bytesOut + encodeCommand(command).length,
        bytesIn: counts.bytesIn + encodeResponse(response).length,
      }
      return response
    },
  }
}
