import {
  blockSize,
  type CommandApdu,
  type CurveName,
  concat,
  curveByParameterId,
  decodeResponse,
  decryptCbc,
  deriveKey,
  deriveSessionKeys,
  digest,
  ecdh,
  ecdhPoint,
  encodeCommand,
  encodeOid,
  encryptCbc,
  equal,
  fromHex,
  generateEcKeyPair,
  LDS1_AID,
  mac8,
  mapGeneratorGm,
  pad,
  parseTlv,
  parseTlvs,
  type ResponseApdu,
  type SessionCipher,
  type SessionKeys,
  tlv,
  unpad,
  utf8,
} from '@cccd/card-core'
import { type BacKey, mrzInformation } from '@cccd/mrz'
import { type Chip, chipInField } from '../index.ts'

// A terminal for conformance cases alone. It builds secure messaging by itself, object by object, so that a case can
// send what no right terminal would, and so that the chip is not checked by the code it is made of.

/** An answer, and whether it came with a right checksum (`protected`) or in plain. */
export interface Answer extends ResponseApdu {
  readonly protected: boolean
  /** Tags of the secure messaging objects, in their order. */
  readonly tags: readonly number[]
}

export interface SmCommand {
  readonly header: readonly [number, number, number, number]
  /** Data objects before the checksum, in the order to send. */
  readonly objects?: readonly Uint8Array[]
  /** Changes the finished command. */
  tamper?(command: CommandApdu): CommandApdu
  readonly ne?: number
}

/** Seeded bytes: the same run has the same values, two calls never do. */
export function seeded(seed: string): (length: number) => Uint8Array {
  let counter = 0
  return length => {
    const parts: Uint8Array[] = []
    for (let have = 0; have < length; have += 32) parts.push(digest('sha256', utf8(`${seed} ${counter++}`)))
    return concat(...parts).subarray(0, length)
  }
}

export const PACE_OIDS: Readonly<Record<SessionCipher, string>> = {
  '3DES': '0.4.0.127.0.7.2.2.4.2.1',
  'AES-128': '0.4.0.127.0.7.2.2.4.2.2',
  'AES-192': '0.4.0.127.0.7.2.2.4.2.3',
  'AES-256': '0.4.0.127.0.7.2.2.4.2.4',
}

export class Terminal {
  readonly field: ReturnType<typeof chipInField>
  readonly random: (length: number) => Uint8Array
  keys: SessionKeys | undefined
  ssc: Uint8Array = new Uint8Array()

  constructor(chip: Chip, seed = 'terminal') {
    this.field = chipInField(chip)
    this.random = seeded(seed)
  }

  /** A command as it stands, or hex. */
  plain(command: CommandApdu | string): ResponseApdu {
    const bytes = typeof command === 'string' ? fromHex(command) : encodeCommand(command)
    const answer = this.field.exchange(bytes)
    if (answer.kind !== 'response') throw new Error(answer.kind)
    return decodeResponse(answer.bytes)
  }

  selectApplication(): ResponseApdu {
    return this.plain({ cla: 0, ins: 0xa4, p1: 4, p2: 0x0c, data: LDS1_AID })
  }

  // Secure messaging

  count(steps = 1): void {
    const block = this.ssc.length
    const next = (BigInt(`0x${hex(this.ssc)}`) + BigInt(steps)) % (1n << BigInt(8 * block))
    this.ssc = fromHex(next.toString(16).padStart(2 * block, '0'))
  }

  get #keys(): SessionKeys {
    if (!this.keys) throw new Error('no session')
    return this.keys
  }

  #iv(): Uint8Array {
    const { cipher, ksEnc } = this.#keys
    return cipher === '3DES' ? new Uint8Array(8) : encryptCbc({ cipher, key: ksEnc, data: this.ssc })
  }

  /** The cryptogram of bytes that are whole blocks already. */
  encrypt(blocks: Uint8Array): Uint8Array {
    const { cipher, ksEnc } = this.#keys
    return encryptCbc({ cipher, key: ksEnc, iv: this.#iv(), data: blocks })
  }

  mac(data: Uint8Array): Uint8Array {
    const { cipher, ksMac } = this.#keys
    const all = concat(this.ssc, data)
    return mac8({ cipher, key: ksMac, data: cipher === '3DES' ? all : pad(all, 16) })
  }

  /** DO 87 of plain data, under the counter the next command will have. */
  do87(data: Uint8Array): Uint8Array {
    return this.#ahead(() => tlv(0x87, Uint8Array.of(1), this.encrypt(pad(data, blockSize(this.#keys.cipher)))))
  }

  do85(data: Uint8Array): Uint8Array {
    return this.#ahead(() => tlv(0x85, this.encrypt(pad(data, blockSize(this.#keys.cipher)))))
  }

  /** Runs with the counter of the next command. */
  #ahead<T>(work: () => T): T {
    const { ssc } = this
    this.count()
    const result = work()
    this.ssc = ssc
    return result
  }

  encryptAhead(blocks: Uint8Array): Uint8Array {
    return this.#ahead(() => this.encrypt(blocks))
  }

  /** The protected command; the counter moves on. */
  craft(given: SmCommand): CommandApdu {
    this.count()
    const [cla, ins, p1, p2] = given.header
    const objects = concat(...(given.objects ?? []))
    const checksum = this.mac(concat(pad(Uint8Array.of(cla, ins, p1, p2), blockSize(this.#keys.cipher)), objects))
    const command = { cla, ins, p1, p2, data: concat(objects, tlv(0x8e, checksum)), ne: given.ne ?? 256 }
    return given.tamper ? given.tamper(command) : command
  }

  /** Sends a crafted command and opens the answer; an answer without objects is a plain one. */
  sm(given: SmCommand): Answer {
    return this.open(this.plain(this.craft(given)))
  }

  open({ data, sw }: ResponseApdu): Answer {
    this.count()
    if (data.length === 0) return { data, sw, protected: false, tags: [] }
    const objects = parseTlvs(data)
    const tags = objects.map(({ tag }) => tag)
    const checksum = objects.at(-1)
    const status = objects.at(-2)?.value
    if (checksum?.tag !== 0x8e || !status || ((status[0] as number) << 8) + (status[1] as number) !== sw) {
      throw new Error('the answer is not well protected')
    }
    if (!equal(this.mac(data.subarray(0, data.length - 10)), checksum.value)) throw new Error('wrong checksum')
    const [first] = objects
    if (first?.tag !== 0x87 && first?.tag !== 0x85) return { data: new Uint8Array(), sw, protected: true, tags }
    const cryptogram = first.tag === 0x87 ? first.value.subarray(1) : first.value
    const { cipher, ksEnc } = this.#keys
    const plain = unpad(decryptCbc({ cipher, key: ksEnc, iv: this.#iv(), data: cryptogram }))
    if (!plain) throw new Error('wrong padding')
    return { data: plain, sw, protected: true, tags }
  }

  select(fid: string): Answer {
    return this.sm({ header: [0x0c, 0xa4, 0x02, 0x0c], objects: [this.do87(fromHex(fid))] })
  }

  read(offset: number, length: number, ne = 256): Answer {
    const le = length > 256 ? Uint8Array.of((length >> 8) & 0xff, length & 0xff) : Uint8Array.of(length & 0xff)
    return this.sm({ header: [0x0c, 0xb0, offset >> 8, offset & 0xff], objects: [tlv(0x97, le)], ne })
  }

  /** READ BINARY B1 with an offset object; P1-P2 as a reference. */
  readOdd(reference: number, offset: Uint8Array, le: number): Answer {
    return this.sm({
      header: [0x0c, 0xb1, reference >> 8, reference & 0xff],
      objects: [this.do85(offset), tlv(0x97, Uint8Array.of(le))],
    })
  }

  // Basic Access Control

  bacCryptogram(key: BacKey, rndIc: Uint8Array, change: (s: Uint8Array) => Uint8Array = s => s): Uint8Array {
    const kSeed = digest('sha1', utf8(mrzInformation(key))).subarray(0, 16)
    const rndIfd = this.random(8)
    const kIfd = this.random(16)
    const s = change(concat(rndIfd, rndIc, kIfd))
    const e = encryptCbc({ cipher: '3DES', key: deriveKey(kSeed, 1, '3DES'), data: s })
    this.#bac = { kSeed, rndIfd, kIfd, rndIc }
    return concat(e, mac8({ cipher: '3DES', key: deriveKey(kSeed, 2, '3DES'), data: e }))
  }
  #bac: { kSeed: Uint8Array; rndIfd: Uint8Array; kIfd: Uint8Array; rndIc: Uint8Array } | undefined

  externalAuthenticate(data: Uint8Array): ResponseApdu {
    return this.plain({ cla: 0, ins: 0x82, p1: 0, p2: 0, data, ne: 40 })
  }

  /** Opens the chip's answer to EXTERNAL AUTHENTICATE and sets the session keys; gives K.IC. */
  finishBac(answer: Uint8Array): Uint8Array {
    const run = this.#bac
    if (!run) throw new Error('no run')
    const e = answer.subarray(0, 32)
    const expected = mac8({ cipher: '3DES', key: deriveKey(run.kSeed, 2, '3DES'), data: e })
    if (!equal(expected, answer.subarray(32))) throw new Error('wrong M_IC')
    const r = decryptCbc({ cipher: '3DES', key: deriveKey(run.kSeed, 1, '3DES'), data: e })
    if (!equal(r.subarray(0, 8), run.rndIc) || !equal(r.subarray(8, 16), run.rndIfd)) throw new Error('wrong randoms')
    const kIc = r.subarray(16)
    const kSeed = Uint8Array.from(run.kIfd, (byte, i) => byte ^ (kIc[i] as number))
    this.keys = deriveSessionKeys(kSeed, '3DES')
    this.ssc = concat(run.rndIc.subarray(4), run.rndIfd.subarray(4))
    return kIc
  }

  bac(key: BacKey): void {
    this.selectApplication()
    const { data } = this.plain('0084000008')
    const answer = this.externalAuthenticate(this.bacCryptogram(key, data))
    if (answer.sw !== 0x9000) throw new Error(`BAC ended with ${answer.sw.toString(16)}`)
    this.finishBac(answer.data)
  }

  // PACE, generic mapping

  setPace(cipher: SessionCipher, password: 1 | 2, parameterId?: number): ResponseApdu {
    const parameters = parameterId === undefined ? new Uint8Array() : tlv(0x84, Uint8Array.of(parameterId))
    const data = concat(tlv(0x80, encodeOid(PACE_OIDS[cipher])), tlv(0x83, Uint8Array.of(password)), parameters)
    return this.plain({ cla: 0, ins: 0x22, p1: 0xc1, p2: 0xa4, data })
  }

  /** GENERAL AUTHENTICATE; chained unless it is the last. */
  authenticate(data: Uint8Array, last = false): ResponseApdu {
    return this.plain({ cla: last ? 0x00 : 0x10, ins: 0x86, p1: 0, p2: 0, data: tlv(0x7c, data), ne: 256 })
  }

  /** The whole of PACE, or up to and without a step; every answer by the step's name. */
  pace(given: {
    readonly cipher: SessionCipher
    readonly parameterId: number
    readonly secret: Uint8Array
    readonly password: 1 | 2
    readonly until?: 'mapping' | 'keyAgreement' | 'token'
    /** Changes the terminal's token. */
    readonly token?: (token: Uint8Array) => Uint8Array
  }): PaceAnswers {
    const { cipher, parameterId } = given
    const curve = curveByParameterId(parameterId) as CurveName
    const set = this.setPace(cipher, given.password, parameterId)
    const nonceAnswer = this.authenticate(new Uint8Array())
    if (given.until === 'mapping') return { curve, set, nonce: nonceAnswer }
    const kPi = deriveKey(given.secret, 3, cipher)
    const nonce = decryptCbc({ cipher, key: kPi, data: inner(nonceAnswer.data, 0x80) })
    const mappingKey = generateEcKeyPair(curve, this.random)
    const mapping = this.authenticate(tlv(0x81, mappingKey.publicKey))
    const chipMapping = inner(mapping.data, 0x82)
    const generator = mapGeneratorGm(curve, nonce, ecdhPoint(curve, mappingKey.privateKey, chipMapping))
    if (given.until === 'keyAgreement') return { curve, set, nonce: nonceAnswer, mapping, generator }
    const own = generateEcKeyPair(curve, this.random, generator)
    const agreement = this.authenticate(tlv(0x83, own.publicKey))
    const chipKey = inner(agreement.data, 0x84)
    const keys = deriveSessionKeys(ecdh(curve, own.privateKey, chipKey), cipher)
    if (given.until === 'token') return { curve, set, nonce: nonceAnswer, mapping, agreement, generator }
    const token = (point: Uint8Array): Uint8Array =>
      mac8({
        cipher,
        key: keys.ksMac,
        data: tlv(0x7f49, tlv(0x06, encodeOid(PACE_OIDS[cipher])), tlv(0x86, point)),
      })
    const mine = token(chipKey)
    const last = this.authenticate(tlv(0x85, given.token?.(mine) ?? mine), true)
    if (last.sw === 0x9000) {
      if (!equal(inner(last.data, 0x86), token(own.publicKey))) throw new Error('wrong token of the chip')
      this.keys = keys
      this.ssc = new Uint8Array(blockSize(cipher))
    }
    return { curve, set, nonce: nonceAnswer, mapping, agreement, last, generator }
  }
}

export interface PaceAnswers {
  readonly curve: CurveName
  readonly set: ResponseApdu
  readonly nonce: ResponseApdu
  readonly mapping?: ResponseApdu
  readonly agreement?: ResponseApdu
  readonly last?: ResponseApdu
  readonly generator?: Uint8Array
}

/** The value of the one object inside DO 7C. */
export function inner(data: Uint8Array, tag: number): Uint8Array {
  return parseTlv(parseTlv(data, 0x7c).value, tag).value
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
