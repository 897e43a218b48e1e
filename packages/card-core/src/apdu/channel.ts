import type { CommandApdu } from './command.ts'
import type { ResponseApdu } from './response.ts'

/** The way to one card: PC/SC, a transcript, a phone relay. Throws TransportError when the card or the way is gone. */
export interface CardChannel {
  transmit(command: CommandApdu): Promise<ResponseApdu>
}
