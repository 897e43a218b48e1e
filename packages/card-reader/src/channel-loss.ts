import { type CardProtocol, type CommandApdu, ProtocolError, type ResponseApdu, send } from '@cccd/card-core'

/** Whether an error means that the secure channel is over. */
export function channelBroke(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError && (error.code === 'SECURE_MESSAGING_LOST' || error.code === 'MAC_WRONG')
}

/** The status word by which a chip left the secure channel, answering in the clear. */
export function plainStatusWord(error: unknown): number | undefined {
  if (!channelBroke(error) || error.code !== 'SECURE_MESSAGING_LOST') return undefined
  const { sw } = error.facts
  return sw === 0x9000 ? undefined : sw
}

/**
 * Sends a command that some chips refuse in the clear, ending the secure channel: that status word is returned as an
 * answer like any other, and the channel is over.
 */
export function* sendAcceptingLoss(command: CommandApdu): CardProtocol<ResponseApdu> {
  try {
    return yield* send(command)
  } catch (error) {
    const sw = plainStatusWord(error)
    if (sw === undefined) throw error
    return { data: new Uint8Array(), sw }
  }
}
