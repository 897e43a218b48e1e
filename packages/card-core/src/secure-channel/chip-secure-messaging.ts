import type { CommandApdu } from '../apdu/command.ts'
import type { ResponseApdu } from '../apdu/response.ts'
import { concat, equalConstantTime } from '../bytes.ts'
import type { SessionCipher, SessionKeys } from '../crypto/kdf.ts'
import { tlv } from '../tlv.ts'
import { DO, decodeNe, readObjects, SecureChannel, SM_CLASS } from './data-objects.ts'

const NONE = new Uint8Array()

/**
 * The chip's end of secure messaging. `unprotect` and `protect` alternate; a copy by `clone` goes on by itself, so that
 * a simulated chip can be a pure function of its state.
 */
export class ChipSecureMessaging {
  readonly #channel: SecureChannel
  #oddIns = false

  /** `ssc` is one block, zeros when absent. */
  constructor(keys: SessionKeys, ssc?: Uint8Array) {
    this.#channel = new SecureChannel(keys, ssc)
  }

  get cipher(): SessionCipher {
    return this.#channel.keys.cipher
  }

  /** An independent copy with the same keys and counter. */
  clone(): ChipSecureMessaging {
    const copy = new ChipSecureMessaging(this.#channel.keys, this.#channel.ssc)
    copy.#oddIns = this.#oddIns
    return copy
  }

  /**
   * The plain command; null when it is not under secure messaging or its objects are missing or wrong: the chip then
   * answers 6987 or 6988 in plain and forgets the keys (9303-11 §9.8.8).
   */
  unprotect(command: CommandApdu): CommandApdu | null {
    const channel = this.#channel
    const { cla, ins, p1, p2, data } = command
    channel.increment()
    this.#oddIns = ins % 2 === 1
    if ((cla & SM_CLASS) !== SM_CLASS || !data) return null
    const objects = readObjects(data, [this.#oddIns ? DO.cryptogramOddIns : DO.cryptogram], DO.le, false)
    if (!objects) return null
    if (!equalConstantTime(channel.mac(channel.paddedHeader(command), objects.authenticated), objects.checksum))
      return null
    const plain = objects.encrypted ? channel.decryptObject(objects.encrypted) : undefined
    const ne = decodeNe(objects.other)
    if (plain === null || ne === null) return null
    return {
      cla: cla & ~SM_CLASS,
      ins,
      p1,
      p2,
      ...(plain === undefined ? {} : { data: plain }),
      ...(ne === undefined ? {} : { ne }),
    }
  }

  /** The response under secure messaging: DO87 (DO85 after an odd INS) where there are data, DO99, DO8E (§9.8.5). */
  protect(response: ResponseApdu): ResponseApdu {
    const channel = this.#channel
    const { data, sw } = response
    channel.increment()
    const encrypted = data.length > 0 ? channel.encryptToObject(data, this.#oddIns) : NONE
    const body = concat(encrypted, tlv(DO.status, Uint8Array.of(sw >> 8, sw & 0xff)))
    return { data: concat(body, tlv(DO.mac, channel.mac(body))), sw }
  }
}
