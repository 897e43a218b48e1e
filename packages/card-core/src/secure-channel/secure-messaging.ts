import type { CommandApdu } from '../apdu/command.ts'
import { isExtended } from '../apdu/command.ts'
import type { CardProtocol } from '../apdu/protocol.ts'
import type { ResponseApdu } from '../apdu/response.ts'
import { concat, equalConstantTime } from '../bytes.ts'
import type { SessionCipher, SessionKeys } from '../crypto/kdf.ts'
import { ProtocolError } from '../error.ts'
import { tlv } from '../tlv.ts'
import { DO, encodeNe, readObjects, SecureChannel, SM_CLASS } from './data-objects.ts'

export { maxPlainLength } from './data-objects.ts'

const NONE = new Uint8Array()

/**
 * The terminal's end of secure messaging. It keeps the send sequence counter, so commands and responses must alternate.
 * After one failure the channel is over: every further use throws ProtocolError SECURE_MESSAGING_LOST.
 */
export class SecureMessaging {
  readonly #channel: SecureChannel
  #ended = false

  /** `ssc` is one block, zeros when absent (PACE and chip authentication start so, §9.8.7.2). */
  constructor(keys: SessionKeys, ssc?: Uint8Array) {
    this.#channel = new SecureChannel(keys, ssc)
  }

  get ended(): boolean {
    return this.#ended
  }

  get cipher(): SessionCipher {
    return this.#channel.keys.cipher
  }

  /** Closes the channel, for when the card is gone or new keys have taken its place. */
  end(): void {
    this.#ended = true
  }

  #lost(code: 'MAC_WRONG' | 'SECURE_MESSAGING_LOST', message: string, sw?: number): never {
    this.#ended = true
    throw new ProtocolError(code, message, { step: 'secure messaging', ...(sw === undefined ? {} : { sw }) })
  }

  #require(): void {
    if (this.#ended) this.#lost('SECURE_MESSAGING_LOST', 'the secure channel is over')
  }

  /**
   * The command under secure messaging (9303-11 §9.8.4). Data go into DO87, with an odd INS into DO85; Ne into DO97. The
   * protected command always has an Le field, extended when the plain command or its own length needs that.
   */
  protect(command: CommandApdu): CommandApdu {
    this.#require()
    const channel = this.#channel
    const { ins, p1, p2, data, ne } = command
    const header = { cla: command.cla | SM_CLASS, ins, p1, p2 }
    channel.increment()
    const encrypted = data && data.length > 0 ? channel.encryptToObject(data, ins % 2 === 1) : NONE
    const length = ne === undefined ? NONE : encodeNe(ne)
    const mac = channel.mac(channel.paddedHeader(header), encrypted, length)
    const body = concat(encrypted, length, tlv(DO.mac, mac))
    return { ...header, data: body, ne: isExtended(command) || body.length > 255 ? 0x10000 : 256 }
  }

  /**
   * The plain response. Throws ProtocolError MAC_WRONG when the checksum is missing or wrong, and SECURE_MESSAGING_LOST
   * when the card answers without secure messaging (its status word in `facts.sw`), when the protected status word is
   * not the outer one, or when what the checksum covers is malformed.
   */
  unprotect(response: ResponseApdu): ResponseApdu {
    this.#require()
    const channel = this.#channel
    const { data, sw } = response
    channel.increment()
    if (data.length === 0) this.#lost('SECURE_MESSAGING_LOST', 'the card answered without secure messaging', sw)
    const objects = readObjects(data, [DO.cryptogram, DO.cryptogramOddIns], DO.status, true)
    if (!objects) this.#lost('MAC_WRONG', 'the response is not made of the objects of secure messaging', sw)
    if (!equalConstantTime(channel.mac(objects.authenticated), objects.checksum)) {
      this.#lost('MAC_WRONG', 'the checksum of the response is wrong', sw)
    }
    const status = objects.other?.value ?? NONE
    if (status.length !== 2 || status[0] !== sw >> 8 || status[1] !== (sw & 0xff)) {
      this.#lost('SECURE_MESSAGING_LOST', 'the protected status word is not the one the card answered with', sw)
    }
    const plain = objects.encrypted ? channel.decryptObject(objects.encrypted) : NONE
    if (!plain) this.#lost('SECURE_MESSAGING_LOST', 'the enciphered data of the response are malformed', sw)
    return { data: plain, sw }
  }
}

/**
 * Runs a protocol under secure messaging: its commands are protected, the responses checked and opened. Errors, those
 * of the channel as well as wrong MACs, are thrown into `inner`, and the secure channel is over with them.
 */
export function* under<T>(sm: SecureMessaging, inner: CardProtocol<T>): CardProtocol<T> {
  try {
    let step = inner.next()
    while (!step.done) {
      let response: ResponseApdu
      try {
        response = sm.unprotect(yield sm.protect(step.value))
      } catch (error) {
        // The counter stands for a command that has no answer: nothing that follows could match.
        sm.end()
        step = inner.throw(error)
        continue
      }
      step = inner.next(response)
    }
    return step.value
  } finally {
    inner.return(undefined as T) // for the cleanup inside when this one is left from outside; else without effect
  }
}
