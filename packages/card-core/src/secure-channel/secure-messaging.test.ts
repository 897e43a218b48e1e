import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCommand, encodeCommand } from '../apdu/command.ts'
import { type CardProtocol, send } from '../apdu/protocol.ts'
import { decodeResponse, encodeResponse, response } from '../apdu/response.ts'
import { concat, fromHex, pad, toHex } from '../bytes.ts'
import { decryptCbc, encryptCbc } from '../crypto/cipher.ts'
import { keyLength, type SessionCipher, type SessionKeys } from '../crypto/kdf.ts'
import { mac8 } from '../crypto/mac.ts'
import { ProtocolError, TransportError } from '../error.ts'
import { tlv } from '../tlv.ts'
import { ChipSecureMessaging } from './chip-secure-messaging.ts'
import { maxPlainLength, SecureMessaging, under } from './secure-messaging.ts'

// Published cases of secure messaging: fixtures/vectors/bac.json and pace-gm-ecdh.json name their sources.

interface Exchange {
  readonly id: string
  readonly cipher: SessionCipher
  readonly ksEnc: string
  readonly ksMac: string
  readonly command: Readonly<Record<string, string>>
  readonly response: Readonly<Record<string, string>>
}
const file = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/vectors/${name}.json`, import.meta.url), 'utf8'))
const vectors = file('bac') as {
  secureMessaging: Exchange[]
  efCom: string
  counters: { id: string; before: string; after: string }[]
  refusedResponses: (Exchange & {
    reason: string
    sscBefore: string
    response: string
    checksumValid: boolean | null
  })[]
}
const hex = (text: string | undefined): Uint8Array => fromHex(text as string)
const keysOf = (v: { cipher: SessionCipher; ksEnc: string; ksMac: string }): SessionKeys => ({
  cipher: v.cipher,
  ksEnc: fromHex(v.ksEnc),
  ksMac: fromHex(v.ksMac),
})
const CIPHERS: readonly SessionCipher[] = ['3DES', 'AES-128', 'AES-192', 'AES-256']
const block = (cipher: SessionCipher): number => (cipher === '3DES' ? 8 : 16)
const some = (cipher: SessionCipher): SessionKeys => ({
  cipher,
  ksEnc: Uint8Array.from({ length: keyLength(cipher) }, (_, i) => i + 1),
  ksMac: Uint8Array.from({ length: keyLength(cipher) }, (_, i) => 200 - i),
})
const failure = (code: string, sw?: number) =>
  expect.objectContaining({ name: 'ProtocolError', code, ...(sw ? { facts: expect.objectContaining({ sw }) } : {}) })

/** The counter one before, so that the next increment gives `ssc`. */
function before(ssc: string): Uint8Array {
  const bytes = hex(ssc)
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = ((bytes[i] as number) - 1) & 0xff
    if (bytes[i] !== 0xff) break
  }
  return bytes
}

test.each(vectors.secureMessaging)('$id comes out value by value at both ends', v => {
  const { cipher, command, response } = v
  const keys = keysOf(v)
  const size = block(cipher)
  // the steps
  const iv = (given: Readonly<Record<string, string>>): Uint8Array =>
    cipher === '3DES' ? new Uint8Array(8) : encryptCbc({ cipher, key: keys.ksEnc, data: hex(given.ssc) })
  for (const given of [command, response]) {
    if (given.iv) expect(toHex(iv(given))).toBe(given.iv)
    const input = hex(given.macInput)
    // The input as printed is padded already; for 3DES mac8 pads by itself.
    const unpadded = input.slice(0, input.lastIndexOf(0x80))
    expect(toHex(mac8({ cipher, key: keys.ksMac, data: cipher === '3DES' ? unpadded : input }))).toBe(given.mac)
  }
  if (command.data) {
    const data = pad(hex(command.data), size)
    expect(toHex(encryptCbc({ cipher, key: keys.ksEnc, iv: iv(command), data }))).toBe(command.cryptogram)
  }
  if (response.cryptogram) {
    const plain = decryptCbc({ cipher, key: keys.ksEnc, iv: iv(response), data: hex(response.cryptogram) })
    expect(toHex(plain)).toBe(toHex(pad(hex(response.plain).slice(0, -2), size)))
  }
  // both ends
  const terminal = new SecureMessaging(keys, before(command.ssc as string))
  const chip = new ChipSecureMessaging(keys, before(command.ssc as string))
  const plain = decodeCommand(hex(command.plain))
  const protectedCommand = terminal.protect(plain)
  expect(toHex(encodeCommand(protectedCommand))).toBe(command.protected)
  expect(chip.unprotect(decodeCommand(hex(command.protected)))).toEqual(plain)
  expect(toHex(encodeResponse(chip.protect(decodeResponse(hex(response.plain)))))).toBe(response.protected)
  expect(toHex(encodeResponse(terminal.unprotect(decodeResponse(hex(response.protected)))))).toBe(response.plain)
})

test('the three exchanges of Appendix D.4, one after another on one channel, read EF.COM', () => {
  const [select, first, rest] = vectors.secureMessaging as [Exchange, Exchange, Exchange]
  const sm = new SecureMessaging(keysOf(select), hex('887022120C06C226'))
  const parts = [select, first, rest].map(({ command, response }) => {
    expect(toHex(encodeCommand(sm.protect(decodeCommand(hex(command.plain)))))).toBe(command.protected)
    return sm.unprotect(decodeResponse(hex(response.protected))).data
  })
  expect(toHex(concat(...parts))).toBe(vectors.efCom)
})

test.each(vectors.counters)('the counter goes $before to $after ($id)', ({ before, after }) => {
  const cipher = before.length === 16 ? '3DES' : 'AES-128'
  const keys = some(cipher)
  const protectedCommand = new SecureMessaging(keys, hex(before)).protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 4 })
  const head = pad(Uint8Array.of(0x0c, 0xb0, 0, 0), block(cipher))
  const data = concat(hex(after), head, hex('970104'))
  const mac = mac8({ cipher, key: keys.ksMac, data: cipher === '3DES' ? data : pad(data, 16) })
  expect(toHex(protectedCommand.data as Uint8Array)).toBe(`9701048E08${toHex(mac)}`)
})

test('the cryptogram and checksum of the EAC 2 worked example come out', () => {
  const { secureMessaging: v, pace } = file('pace-gm-ecdh') as {
    secureMessaging: Record<string, string>
    pace: { ksEnc: string; ksMac: string }[]
  }
  const keys = keysOf({ cipher: 'AES-128', ...(pace[1] as { ksEnc: string; ksMac: string }) })
  const sm = new SecureMessaging(keys)
  const { data } = sm.protect({ cla: 0, ins: 0x22, p1: 0x81, p2: 0xb6, data: hex(v.plainData) })
  expect(toHex(data as Uint8Array).startsWith(`871101${v.encryptedData}8E08`)).toBe(true)
  const answer = hex(`${v.authenticatedData}8E08${v.checksum}9000`)
  expect(sm.unprotect(decodeResponse(answer))).toEqual(response(0x9000))
})

test.each(vectors.refusedResponses)('$id is refused ($reason), and the channel is over', v => {
  const sm = new SecureMessaging(keysOf(v), before(v.sscBefore))
  sm.protect({ cla: 0, ins: 0xa4, p1: 2, p2: 0x0c })
  const valid = v.checksumValid === true || hex(v.response).length === 2
  expect(() => sm.unprotect(decodeResponse(hex(v.response)))).toThrow(
    failure(valid ? 'SECURE_MESSAGING_LOST' : 'MAC_WRONG', 0x9000),
  )
  expect(sm.ended).toBe(true)
  expect(() => sm.protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0 })).toThrow(failure('SECURE_MESSAGING_LOST'))
  expect(() => sm.unprotect(decodeResponse(hex(v.response)))).toThrow(failure('SECURE_MESSAGING_LOST'))
})

test.each([0x6988, 0x6982, 0x6987, 0x9000])('a plain %i within secure messaging means that the channel is lost', sw => {
  const sm = new SecureMessaging(some('AES-256'))
  sm.protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 256 })
  expect(() => sm.unprotect(response(sw))).toThrow(failure('SECURE_MESSAGING_LOST', sw))
  expect(sm.ended).toBe(true)
})

test.each(CIPHERS)('with %s, an error under secure messaging is an answer and the channel goes on', cipher => {
  const [terminal, chip] = [new SecureMessaging(some(cipher)), new ChipSecureMessaging(some(cipher))]
  for (const sw of [0x6a82, 0x6982, 0x9000]) {
    expect(chip.unprotect(terminal.protect({ cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: hex('011E') }))).not.toBeNull()
    expect(terminal.unprotect(chip.protect(response(sw)))).toEqual(response(sw))
  }
  expect(terminal.ended).toBe(false)
})

/** A response made of any objects, with a right checksum over what stands before it. */
function answer(keys: SessionKeys, ssc: Uint8Array, objects: Uint8Array, sw = 0x9000): ReturnType<typeof response> {
  const { cipher, ksMac } = keys
  const data = concat(ssc, objects)
  const mac = mac8({ cipher, key: ksMac, data: cipher === '3DES' ? data : pad(data, 16) })
  return response(sw, concat(objects, tlv(0x8e, mac)))
}

test.each(CIPHERS)('with %s, what the checksum covers must still be well-formed', cipher => {
  const keys = some(cipher)
  const size = block(cipher)
  const ssc = new Uint8Array(size)
  ssc[size - 1] = 2
  const iv = cipher === '3DES' ? new Uint8Array(8) : encryptCbc({ cipher, key: keys.ksEnc, data: ssc })
  const enciphered = (padded: Uint8Array): Uint8Array => encryptCbc({ cipher, key: keys.ksEnc, iv, data: padded })
  const ok = hex('99029000')
  const right = tlv(0x87, Uint8Array.of(1), enciphered(pad(hex('0102'), size)))
  const refused = [
    ['wrong padding', concat(tlv(0x87, Uint8Array.of(1), enciphered(new Uint8Array(size).fill(7))), ok)],
    ['padding of zeros', concat(tlv(0x87, Uint8Array.of(1), enciphered(new Uint8Array(size))), ok)],
    [
      'a block of padding too many',
      concat(tlv(0x87, Uint8Array.of(1), enciphered(pad(pad(hex('01'), size), size).fill(0, size))), ok),
    ],
    ['padding indicator 00', concat(tlv(0x87, Uint8Array.of(0), enciphered(pad(hex('0102'), size))), ok)],
    ['padding indicator 02', concat(tlv(0x87, Uint8Array.of(2), enciphered(pad(hex('0102'), size))), ok)],
    ['half a block', concat(tlv(0x87, Uint8Array.of(1), new Uint8Array(size / 2)), ok)],
    ['an empty DO87', concat(tlv(0x87), ok)],
    ['an empty DO85', concat(tlv(0x85), ok)],
    ['no DO99', right],
    ['two DO87', concat(right, right, ok)],
    ['two DO99', concat(right, ok, ok)],
    ['DO99 before DO87', concat(ok, right)],
    ['an object that does not belong', concat(right, ok, tlv(0x81, hex('00')))],
    ['plain data in DO81', concat(tlv(0x81, hex('0102')), ok)],
    ['DO99 of three bytes', concat(right, hex('9903900000'))],
    ['another status word in DO99', concat(right, hex('99026A82'))],
  ] as const
  const receive = (apdu: ReturnType<typeof response>): ReturnType<typeof response> => {
    const sm = new SecureMessaging(keys)
    sm.protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 256 })
    try {
      return sm.unprotect(apdu)
    } catch (error) {
      expect(sm.ended).toBe(true)
      throw error
    }
  }
  expect(receive(answer(keys, ssc, concat(right, ok)))).toEqual(response(0x9000, hex('0102')))
  for (const [what, objects] of refused) {
    expect(() => receive(answer(keys, ssc, objects)), what).toThrow(ProtocolError)
  }
  const good = answer(keys, ssc, concat(right, ok))
  expect(() => receive({ ...good, data: concat(good.data, hex('00')) }), 'a byte too many').toThrow(
    failure('MAC_WRONG'),
  )
  expect(() => receive({ ...good, data: concat(good.data, ok) }), 'an object after DO8E').toThrow(failure('MAC_WRONG'))
  expect(() => receive({ ...good, sw: 0x6282 }), 'another outer status word').toThrow(failure('SECURE_MESSAGING_LOST'))
  const short = concat(right, ok, tlv(0x8e, good.data.slice(-8, -1)))
  expect(() => receive(response(0x9000, short)), 'a checksum of seven bytes').toThrow(failure('MAC_WRONG'))
})

test.each(CIPHERS)('with %s, any one flipped bit in a response ends the channel', cipher => {
  const keys = some(cipher)
  const chip = new ChipSecureMessaging(keys)
  const command = { cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 256 }
  chip.unprotect(new SecureMessaging(keys).protect(command))
  const good = encodeResponse(chip.protect(response(0x9000, hex('0102030405060708090A'))))
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice()
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
    const sm = new SecureMessaging(keys)
    sm.protect(command)
    expect(() => sm.unprotect(decodeResponse(bad))).toThrow(ProtocolError)
    expect(sm.ended).toBe(true)
  }
})

test.each(CIPHERS)('with %s, any one flipped bit in a command is refused by the chip', cipher => {
  const keys = some(cipher)
  const { cla, ins, p1, p2, data } = new SecureMessaging(keys).protect({
    cla: 0,
    ins: 0xa4,
    p1: 2,
    p2: 0x0c,
    data: hex('011E'),
    ne: 256,
  })
  const bytes = concat(Uint8Array.of(cla, ins, p1, p2), data as Uint8Array)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const bad = bytes.slice()
    bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7))
    const [cla = 0, ins = 0, p1 = 0, p2 = 0] = bad
    expect(new ChipSecureMessaging(keys).unprotect({ cla, ins, p1, p2, data: bad.slice(4), ne: 256 })).toBeNull()
  }
})

test('the chip takes no plain command, no replayed one and no DO87 with an odd INS', () => {
  const keys = some('3DES')
  expect(new ChipSecureMessaging(keys).unprotect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 4 })).toBeNull()
  const chip = new ChipSecureMessaging(keys)
  const command = new SecureMessaging(keys).protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 4 })
  expect(chip.unprotect(command)).not.toBeNull()
  chip.protect(response(0x9000))
  expect(chip.unprotect(command)).toBeNull()
  const odd = new SecureMessaging(keys).protect({ cla: 0, ins: 0xb1, p1: 0, p2: 0, data: hex('54020000'), ne: 4 })
  expect(odd.data?.[0]).toBe(0x85)
  expect(new ChipSecureMessaging(keys).unprotect(odd)).toMatchObject({ ins: 0xb1, data: hex('54020000') })
})

test('a clone goes on by itself', () => {
  const keys = some('AES-128')
  const [terminal, chip] = [new SecureMessaging(keys), new ChipSecureMessaging(keys)]
  const command = terminal.protect({ cla: 0, ins: 0xb1, p1: 0, p2: 0, data: hex('5400'), ne: 10 })
  const copy = chip.clone()
  expect(copy.unprotect(command)).toEqual(chip.unprotect(command))
  const again = chip.clone()
  expect(again.protect(response(0x9000, hex('5300')))).toEqual(chip.protect(response(0x9000, hex('5300'))))
  expect(copy.protect(response(0x9000, hex('5300'))).data[0]).toBe(0x85)
})

const sizes = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(0, 1, 7, 8, 15, 16, 223, 231, 255, 256, 2000))
const ne = fc.option(fc.oneof(fc.integer({ min: 1, max: 65536 }), fc.constantFrom(1, 255, 256, 257, 65535, 65536)), {
  nil: undefined,
})

test.each(CIPHERS)('with %s, whatever one end protects the other opens, through the bytes of the APDUs', cipher => {
  const exchange = fc.record({
    cla: fc.constantFrom(0x00, 0x10, 0x80),
    ins: fc.integer({ min: 0, max: 255 }),
    p: fc.integer({ min: 0, max: 0xffff }),
    nc: sizes,
    ne,
    nr: sizes,
    sw: fc.integer({ min: 0x6000, max: 0x9fff }),
  })
  fc.assert(
    fc.property(fc.array(exchange, { minLength: 1, maxLength: 4 }), exchanges => {
      const terminal = new SecureMessaging(some(cipher))
      const chip = new ChipSecureMessaging(some(cipher))
      for (const { cla, ins, p, nc, ne, nr, sw } of exchanges) {
        const plain = {
          cla,
          ins,
          p1: p >> 8,
          p2: p & 0xff,
          ...(nc ? { data: Uint8Array.from({ length: nc }, (_, i) => i) } : {}),
          ...(ne === undefined ? {} : { ne }),
        }
        const sent = decodeCommand(encodeCommand(terminal.protect(plain)))
        expect(chip.unprotect(sent)).toEqual(plain)
        const back = response(sw, new Uint8Array(nr).fill(0x80))
        expect(terminal.unprotect(decodeResponse(encodeResponse(chip.protect(back))))).toEqual(back)
      }
    }),
    { numRuns: 60 },
  )
})

test('an extended command stays extended, and one that outgrows the short form becomes so', () => {
  const protect = (nc: number, ne?: number): Uint8Array => {
    const data = nc ? { data: new Uint8Array(nc) } : {}
    return encodeCommand(
      new SecureMessaging(some('AES-128')).protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ...data, ...(ne ? { ne } : {}) }),
    )
  }
  expect(toHex(protect(0, 256)).slice(0, 16)).toBe('0CB000000D970100')
  expect(toHex(protect(0, 1000)).slice(0, 22)).toBe('0CB0000000000E970203E8')
  expect(toHex(protect(0, 65536)).slice(0, 22)).toBe('0CB0000000000E97020000')
  expect(toHex(protect(0, 1000)).slice(-4)).toBe('0000')
  expect(toHex(protect(223)).slice(8, 10)).toBe('EE')
  expect(toHex(protect(240, 4)).slice(8, 14)).toBe('000112')
})

test.each(CIPHERS)('with %s, 65,503 bytes go through in one response', cipher => {
  const [terminal, chip] = [new SecureMessaging(some(cipher)), new ChipSecureMessaging(some(cipher))]
  chip.unprotect(terminal.protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 65503 }))
  const protectedResponse = chip.protect(response(0x9000, new Uint8Array(65503).fill(0x80)))
  expect(protectedResponse.data.length).toBeLessThanOrEqual(65536)
  const { data } = terminal.unprotect(protectedResponse)
  expect([data.length, data.every(byte => byte === 0x80)]).toEqual([65503, true])
})

test('the longest plain data that fit a response are known for every size', () => {
  expect([maxPlainLength('3DES', 256), maxPlainLength('AES-128', 256)]).toEqual([231, 223])
  expect([maxPlainLength('3DES', 65536), maxPlainLength('AES-256', 65536)]).toEqual([65511, 65503])
  for (const cipher of ['3DES', 'AES-192'] as const) {
    const length = (plain: number): number => {
      const chip = new ChipSecureMessaging(some(cipher))
      return chip.protect(response(0x9000, new Uint8Array(plain))).data.length
    }
    for (let room = 0; room < 700; room++) {
      const most = maxPlainLength(cipher, room)
      if (most > 0) expect(length(most)).toBeLessThanOrEqual(room)
      expect(length(most + 1)).toBeGreaterThan(room)
    }
  }
})

function* asking(): CardProtocol<string> {
  try {
    const first = yield* send({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 4 })
    const second = yield* send({ cla: 0, ins: 0xb0, p1: 0, p2: 4, ne: 4 })
    return toHex(concat(first.data, second.data))
  } catch (error) {
    return error instanceof TransportError || error instanceof ProtocolError ? error.code : 'other'
  }
}

test('a protocol runs under secure messaging without knowing', () => {
  const keys = some('AES-256')
  const chip = new ChipSecureMessaging(keys)
  const protocol = under(new SecureMessaging(keys), asking())
  let step = protocol.next()
  for (const data of ['01020304', '05060708']) {
    if (step.done) throw new Error('ended early')
    expect(chip.unprotect(step.value)).toMatchObject({ cla: 0, ins: 0xb0, ne: 4 })
    step = protocol.next(chip.protect(response(0x9000, hex(data))))
  }
  expect(step).toEqual({ done: true, value: '0102030405060708' })
})

test('a lost card and a wrong MAC are thrown into the protocol, and the channel is over', () => {
  const sm = new SecureMessaging(some('3DES'))
  const protocol = under(sm, asking())
  protocol.next()
  expect(protocol.throw(new TransportError('CARD_REMOVED', 'gone'))).toEqual({ done: true, value: 'CARD_REMOVED' })
  expect(sm.ended).toBe(true)
  const other = under(new SecureMessaging(some('3DES')), asking())
  other.next()
  expect(other.next(response(0x9000, hex('990290008E080102030405060708')))).toEqual({ done: true, value: 'MAC_WRONG' })
  // a channel that is over already
  expect(under(sm, asking()).next()).toEqual({ done: true, value: 'SECURE_MESSAGING_LOST' })
})

test('a protocol left from outside cleans up, and its own errors pass through', () => {
  let cleaned = 0
  function* careful(): CardProtocol<void> {
    try {
      yield* send({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 4 })
    } finally {
      cleaned++
    }
  }
  const protocol = under(new SecureMessaging(some('3DES')), careful())
  protocol.next()
  protocol.return()
  expect(cleaned).toBe(1)
  // biome-ignore lint/correctness/useYield: it fails before its first command
  function* failing(): CardProtocol<void> {
    throw new RangeError('own')
  }
  expect(() => under(new SecureMessaging(some('3DES')), failing()).next()).toThrow(RangeError)
})

test('hostile responses throw nothing but ProtocolError, hostile commands are null', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CIPHERS),
      fc.uint8Array({ maxLength: 60 }),
      fc.boolean(),
      (cipher, bytes, framed) => {
        const data = framed ? concat(bytes, hex('990290008E080102030405060708')) : bytes
        const sm = new SecureMessaging(some(cipher))
        sm.protect({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 4 })
        expect(() => sm.unprotect(response(0x9000, data))).toThrow(ProtocolError)
        expect(new ChipSecureMessaging(some(cipher)).unprotect({ cla: 0x0c, ins: 0xb0, p1: 0, p2: 0, data })).toBeNull()
      },
    ),
  )
})

test('a counter of a wrong length is refused', () => {
  expect(() => new SecureMessaging(some('AES-128'), new Uint8Array(8))).toThrow(RangeError)
  expect(() => new ChipSecureMessaging(some('3DES'), new Uint8Array(16))).toThrow(RangeError)
})
