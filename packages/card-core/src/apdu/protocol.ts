import { TransportError } from '../error.ts'
import type { CardChannel } from './channel.ts'
import type { CommandApdu } from './command.ts'
import type { ResponseApdu } from './response.ts'

/**
 * A card conversation: yields a command, is resumed with the response, returns what was learned. A lost card or a
 * timeout enters by `throw`, so that cleanup runs inside.
 */
export type CardProtocol<T> = Generator<CommandApdu, T, ResponseApdu>

/** The simulated chip: a pure step from state and command to response and next state. */
export type Card<S> = (state: S, command: CommandApdu) => readonly [ResponseApdu, S]

/** Anything that says whether to stop; an AbortSignal is one. */
export interface Cancellation {
  readonly aborted: boolean
}

export interface RunOptions {
  readonly signal?: Cancellation
}

/** Yields one command and returns its response. */
export function* send(command: CommandApdu): CardProtocol<ResponseApdu> {
  return yield command
}

/** Drives a protocol over a channel. Errors of the channel are thrown into the protocol, so that it can clean up or
 * add where it stood; cancelling throws TransportError READ_CANCELLED before the next command. */
export async function run<T>(protocol: CardProtocol<T>, channel: CardChannel, options: RunOptions = {}): Promise<T> {
  let step = protocol.next()
  while (!step.done) {
    let response: ResponseApdu
    try {
      if (options.signal?.aborted) throw new TransportError('READ_CANCELLED', 'the reading was cancelled')
      response = await channel.transmit(step.value)
    } catch (error) {
      step = protocol.throw(error)
      continue
    }
    step = protocol.next(response)
  }
  return step.value
}

/** Drives a protocol against a simulated card from `state`; returns what was learned and the card's state after it. */
export function runOn<T, S>(protocol: CardProtocol<T>, card: Card<S>, state: S): readonly [T, S] {
  let now = state
  let step = protocol.next()
  while (!step.done) {
    const [response, next] = card(now, step.value)
    now = next
    step = protocol.next(response)
  }
  return [step.value, now]
}
