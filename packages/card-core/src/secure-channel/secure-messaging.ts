import type { CommandApdu } from '../apdu/command.ts'
import { isExtended } from '../apdu/command.ts'
import type { CardProtocol } from '../apdu/protocol.ts'
import type { ResponseApdu } from '../apdu/response.ts'
import { concat, equalConstantTime, pad, unpad } from '../bytes.ts'
import { blockSize, decryptCbc, encryptCbc } from '../crypto/cipher.ts'
import type { SessionCipher, SessionKeys } from '../crypto/kdf.ts'
import { mac8 } from '../crypto/mac.ts'
import { ProtocolError } from '../error.ts'
import { parseTlvs, type Tlv, tlv } from '../tlv.ts'

// Secure messaging of 9303-11 §9.8, both ends. Data are always enciphered and every command and response carries a
// MAC; DO81 (plain data) and command chaining are not used.

/** Secure messaging bits of the class byte: ISO/IEC 7816-4 §5.4.1, header authenticated. */
const SM_CLASS = 0x0c
const DO = { cryptogram: 0x87, cryptogramOddIns: 0x85, le: 0x97, status: 0x99, mac: 0x8e } as const
const NONE = new Uint8Array()

/** What both ends do alike: keys, send sequence counter, encryption and MAC. */
class SecureChannel {
  readonly keys: SessionKeys
  readonly ssc: Uint8Array

  constructor(keys: SessionKeys, ssc?: Uint8Array) {
    const block = blockSize(keys.cipher)
    if (ssc && ssc.length !== block) throw new RangeError(`the send sequence counter has ${block} bytes`)
    this.keys = keys
    this.ssc = ssc ? ssc.slice() : new Uint8Array(block)
  }

  /** 9303-11 §9.8.6.2, §9.8.7.2: before each command and each response. Wraps to zero. */
  increment(): void {
    for (let i = this.ssc.length - 1; i >= 0; i--) {
      const next = ((this.ssc[i] as number) + 1) & 0xff
      this.ssc[i] = next
      if (next) return
    }
  }

  /** Zeros for 3DES (§9.8.6.1); for AES the enciphered counter (§9.8.7.1). */
  #iv(): Uint8Array {
    const { cipher, ksEnc } = this.keys
    return cipher === '3DES' ? new Uint8Array(8) : encryptCbc({ cipher, key: ksEnc, data: this.ssc })
  }

  encryptToObject(data: Uint8Array, oddIns: boolean): Uint8Array {
    const { cipher, ksEnc } = this.keys
    const cryptogram = encryptCbc({ cipher, key: ksEnc, iv: this.#iv(), data: pad(data, blockSize(cipher)) })
    // DO87 begins with the padding indicator, 01 for padding method 2; DO85 has none.
    return oddIns ? tlv(DO.cryptogramOddIns, cryptogram) : tlv(DO.cryptogram, Uint8Array.of(1), cryptogram)
  }

  /** The plain data of DO87 or DO85; null when it is not whole blocks or its padding is wrong. */
  decryptObject(object: Tlv): Uint8Array | null {
    const { cipher, ksEnc } = this.keys
    const indicated = object.tag === DO.cryptogram
    if (indicated && object.value[0] !== 1) return null
    const cryptogram = indicated ? object.value.subarray(1) : object.value
    if (cryptogram.length === 0 || cryptogram.length % blockSize(cipher)) return null
    const padded = decryptCbc({ cipher, key: ksEnc, iv: this.#iv(), data: cryptogram })
    const data = unpad(padded)
    // Padding is one block at most.
    return data && padded.length - data.length <= blockSize(cipher) ? data : null
  }

  /** MAC over the counter and `parts`, padded to whole blocks (§9.8.4). */
  mac(...parts: readonly Uint8Array[]): Uint8Array {
    const { cipher, ksMac } = this.keys
    const data = concat(this.ssc, ...parts)
    return mac8({ cipher, key: ksMac, data: cipher === '3DES' ? data : pad(data, 16) })
  }

  paddedHeader({ cla, ins, p1, p2 }: CommandApdu): Uint8Array {
    return pad(Uint8Array.of(cla, ins, p1, p2), blockSize(this.keys.cipher))
  }
}

/** The objects when they are exactly these tags in this order, each marked '?' optional; else null. */
function readObjects(
  data: Uint8Array,
  cryptogram: readonly number[],
  middle: number,
  middleDue: boolean,
): Objects | null {
  let objects: Tlv[]
  try {
    objects = parseTlvs(data)
  } catch {
    return null
  }
  let at = 0
  const take = (...tags: readonly number[]): Tlv | undefined => {
    const object = objects[at]
    if (object === undefined || !tags.includes(object.tag)) return undefined
    at++
    return object
  }
  const encrypted = take(...cryptogram)
  const other = take(middle)
  const checksum = take(DO.mac)
  if (at !== objects.length || !checksum || checksum.value.length !== 8 || (middleDue && !other)) return null
  return { encrypted, other, checksum: checksum.value, authenticated: data.subarray(0, objects.at(-1)?.offset) }
}

interface Objects {
  readonly encrypted: Tlv | undefined
  readonly other: Tlv | undefined
  readonly checksum: Uint8Array
  /** Everything before the checksum, as it stood. */
  readonly authenticated: Uint8Array
}

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
   * The plain response. Throws ProtocolError MAC_WRONG when the checksum is missing or wrong, and SECURE_MESSAGING_LOST when the
   * card answers without secure messaging (its status word in `facts.sw`), when the protected status word is not
   * the outer one, or when what the checksum covers is malformed.
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

/** DO97: one byte up to 256, two beyond; 256 and 65,536 are zeros (ISO/IEC 7816-4 §10.4). */
function encodeNe(ne: number): Uint8Array {
  return ne > 256 ? tlv(DO.le, Uint8Array.of((ne >> 8) & 0xff, ne & 0xff)) : tlv(DO.le, Uint8Array.of(ne & 0xff))
}

/** Undefined when absent, null when malformed. */
function decodeNe(object: Tlv | undefined): number | undefined | null {
  if (!object) return undefined
  const [first = 0, second = 0] = object.value
  if (object.value.length === 1) return first || 256
  return object.value.length === 2 ? (first << 8) | second || 0x10000 : null
}

/**
 * The chip's end. `unprotect` and `protect` alternate; a copy by `clone` goes on by itself, so that a simulated chip can be a
 * pure function of its state.
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
   * The plain command; null when it is not under secure messaging, its objects are missing or wrong (the chip answers 6987 or
   * 6988 in plain and forgets the keys, 9303-11 §9.8.8).
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

/**
 * The most plain data bytes a protected response of `maxResponse` data bytes (status word not counted) can carry:
 * for 256, 231 with 3DES and 223 with AES. Zero when there is no room.
 */
export function maxPlainLength(cipher: SessionCipher, maxResponse: number): number {
  const block = blockSize(cipher)
  const room = maxResponse - 4 - 10 // DO99 and DO8E
  let most = 0
  for (const [header, longest] of [
    [2, 0x7f],
    [3, 0xff],
    [4, 0xffff],
    [5, 0xffffff],
  ] as const) {
    // DO87 holds the padding indicator and whole blocks, of which at least one byte is padding.
    const blocks = Math.floor((Math.min(room - header, longest) - 1) / block)
    most = Math.max(most, blocks * block - 1)
  }
  return most
}
