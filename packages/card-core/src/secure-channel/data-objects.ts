import type { CommandApdu } from '../apdu/command.ts'
import { concat, pad, unpad } from '../bytes.ts'
import { blockSize, decryptCbc, encryptCbc } from '../crypto/cipher.ts'
import type { SessionCipher, SessionKeys } from '../crypto/kdf.ts'
import { mac8 } from '../crypto/mac.ts'
import { parseTlvs, type Tlv, tlv } from '../tlv.ts'

// Secure messaging of 9303-11 §9.8: what both ends do alike. Data are always enciphered and every command and response
// carries a MAC; DO81 (plain data) and command chaining are not used.

/** Secure messaging bits of the class byte: ISO/IEC 7816-4 §5.4.1, header authenticated. */
export const SM_CLASS = 0x0c
/** Tags of the secure messaging data objects, ISO/IEC 7816-4 §10.2. */
export const DO = { cryptogram: 0x87, cryptogramOddIns: 0x85, le: 0x97, status: 0x99, mac: 0x8e } as const

/** Keys, send sequence counter, encryption and MAC of one end. */
export class SecureChannel {
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

export interface Objects {
  readonly encrypted: Tlv | undefined
  readonly other: Tlv | undefined
  readonly checksum: Uint8Array
  /** Everything before the checksum, as it stood. */
  readonly authenticated: Uint8Array
}

/**
 * The objects of a command or response when they are a cryptogram with one of these tags (or none), the `middle` object
 * (or none unless `middleDue`) and a checksum of 8 bytes, in this order; else null.
 */
export function readObjects(
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

/** DO97: one byte up to 256, two beyond; 256 and 65,536 are zeros (ISO/IEC 7816-4 §10.4). */
export function encodeNe(ne: number): Uint8Array {
  return ne > 256 ? tlv(DO.le, Uint8Array.of((ne >> 8) & 0xff, ne & 0xff)) : tlv(DO.le, Uint8Array.of(ne & 0xff))
}

/** The Ne of DO97: undefined when absent, null when malformed. */
export function decodeNe(object: Tlv | undefined): number | undefined | null {
  if (!object) return undefined
  const [first = 0, second = 0] = object.value
  if (object.value.length === 1) return first || 256
  return object.value.length === 2 ? (first << 8) | second || 0x10000 : null
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
