import {
  blockSize,
  type CurveName,
  concat,
  curveParameters,
  deriveSessionKeys,
  ecdh,
  encodeOid,
  fromHex,
  generateEcKeyPair,
  type SessionCipher,
  tlv,
} from '@cccd/card-core'
import { expect } from 'vitest'
import { CA_KEYS, opened, terminal } from './card-under-test.ts'
import {
  type Case,
  type Cases,
  expectError,
  expectErrorInPlain,
  expectErrorInSm,
  expectOkInSm,
  expectSw,
} from './case.ts'
import { type Answer, seeded, type Terminal } from './terminal.ts'

type Form = 'KAT' | 'AT'

/** The key of the chip that the form uses: 3DES by MSE:Set KAT, AES-128 by MSE:Set AT; both on P-256. */
const KEYS = { KAT: CA_KEYS[0], AT: CA_KEYS[1] } as const
const CA_OIDS: Readonly<Record<SessionCipher, string>> = {
  '3DES': '0.4.0.127.0.7.2.2.3.2.1',
  'AES-128': '0.4.0.127.0.7.2.2.3.2.2',
  'AES-192': '0.4.0.127.0.7.2.2.3.2.3',
  'AES-256': '0.4.0.127.0.7.2.2.3.2.4',
}

function chipKey(form: Form): NonNullable<(typeof KEYS)[Form]> {
  const key = KEYS[form]
  if (!key) throw new Error('the chip has no such key')
  return key
}

const reference = (form: Form): Uint8Array => tlv(0x84, Uint8Array.of(Number(chipKey(form).keyId)))

export function setKat(t: Terminal, point: Uint8Array, given: { tag?: number; keyId?: Uint8Array } = {}): Answer {
  const data = concat(tlv(given.tag ?? 0x91, point), given.keyId ?? reference('KAT'))
  return t.sm({ header: [0x0c, 0x22, 0x41, 0xa6], objects: [t.do87(data)] })
}

function setAt(t: Terminal, keyId = reference('AT'), cipher: SessionCipher = 'AES-128'): Answer {
  const data = concat(tlv(0x80, encodeOid(CA_OIDS[cipher])), keyId)
  return t.sm({ header: [0x0c, 0x22, 0x41, 0xa4], objects: [t.do87(data)] })
}

function generalAuthenticate(t: Terminal, point: Uint8Array, tag = 0x80): Answer {
  const data = tlv(0x7c, tlv(tag, point))
  return t.sm({ header: [0x0c, 0x86, 0x00, 0x00], objects: [t.do87(data), tlv(0x97, Uint8Array.of(0))] })
}

/** Sends the ephemeral key in the form's way; the answer to the command that carried it. */
function sendKey(form: Form, t: Terminal, point: Uint8Array): Answer {
  if (form === 'KAT') return setKat(t, point)
  expectOkInSm(setAt(t))
  return generalAuthenticate(t, point)
}

/** Moves the terminal to the keys agreed on with this point, by the chip's private key. */
export function moveToNewKeys(form: Form, t: Terminal, point: Uint8Array): void {
  const { curve, privateKey, cipher } = chipKey(form)
  t.keys = deriveSessionKeys(ecdh(curve, privateKey, point), cipher)
  t.ssc = new Uint8Array(blockSize(cipher))
}

export const ephemeral = (curve: CurveName, seed = 'ephemeral'): Uint8Array =>
  generateEcKeyPair(curve, seeded(seed)).publicKey

const both = (run: (t: Terminal) => void) => (): void => {
  run(opened('BAC'))
  run(opened('PACE'))
}

/** A key that must be refused: the answer under the old keys, which go on working. */
const refused = (form: Form, point: () => Uint8Array): (() => void) =>
  both(t => {
    const answer = sendKey(form, t, point())
    expect(answer.protected).toBe(true)
    if (answer.sw !== 0x6300) expectErrorInSm(answer)
    expectOkInSm(t.select('011E'))
  })

const accepted = (form: Form, point: () => Uint8Array): (() => void) =>
  both(t => {
    const key = point()
    const answer = sendKey(form, t, key)
    expectOkInSm(answer)
    expect([...answer.data]).toEqual(form === 'KAT' ? [] : [0x7c, 0x00])
    moveToNewKeys(form, t, key)
    expectOkInSm(t.select('011E'))
    expect(t.field.state.session?.chipAuthenticated).toBe(true)
  })

/** A point whose x or y begins with this byte, found by trying. */
function pointWith(coordinate: 'x' | 'y', first: number): Uint8Array {
  const { fieldLength } = curveParameters('secp256r1')
  const random = seeded(`${coordinate} ${first}`)
  for (;;) {
    const { publicKey } = generateEcKeyPair('secp256r1', random)
    if (publicKey[coordinate === 'x' ? 1 : 1 + fieldLength] === first) return publicKey
  }
}

const zero = concat(Uint8Array.of(4), new Uint8Array(64))
const offCurve = (): Uint8Array => {
  const point = ephemeral('secp256r1')
  return point.with(-1, (point.at(-1) as number) ^ 1) as Uint8Array
}

/** The cases that both forms share, by the number each form gives them. */
function shared(form: Form, ids: Readonly<Record<string, string>>): Cases {
  const cases: Readonly<Record<string, Case>> = {
    works: { title: 'a right ephemeral key starts new keys', run: accepted(form, () => ephemeral('secp256r1')) },
    oldKeys: {
      title: 'the old keys are dead afterwards',
      run: both(t => {
        expectOkInSm(sendKey(form, t, ephemeral('secp256r1')))
        expectError(t.select('011E'))
      }),
    },
    otherSize: {
      title: 'a key of another size is refused and the session lives',
      run: refused(form, () => ephemeral('secp384r1')),
    },
    zero: { title: 'the point (0,0) is refused and the session lives', run: refused(form, () => zero) },
    smallX: { title: 'a point with a small x works', run: accepted(form, () => pointWith('x', 0)) },
    largeX: { title: 'a point with a large x works', run: accepted(form, () => pointWith('x', 0xff)) },
    smallY: { title: 'a point with a small y works', run: accepted(form, () => pointWith('y', 0)) },
    largeY: { title: 'a point with a large y works', run: accepted(form, () => pointWith('y', 0xff)) },
    offCurve: { title: 'a point off the curve is refused and the session lives', run: refused(form, offCurve) },
  }
  return Object.fromEntries(Object.entries(ids).map(([name, id]) => [id, cases[name] as Case]))
}

const PLAIN_KAT = (): Uint8Array => concat(tlv(0x91, ephemeral('secp256r1')), reference('KAT'))
const PLAIN_AT = (): Uint8Array => concat(tlv(0x80, encodeOid(CA_OIDS['AES-128'])), reference('AT'))
const PLAIN_GA = (): Uint8Array => tlv(0x7c, tlv(0x80, ephemeral('secp256r1')))

export const CHIP_AUTHENTICATION_CASES: Cases = {
  ...shared('KAT', {
    works: 'ISO7816_I_1',
    oldKeys: 'ISO7816_I_2',
    otherSize: 'ISO7816_I_3',
    zero: 'ISO7816_I_9',
    smallX: 'ISO7816_I_10',
    largeX: 'ISO7816_I_11',
    smallY: 'ISO7816_I_12',
    largeY: 'ISO7816_I_13',
    offCurve: 'ISO7816_I_16',
  }),
  ...shared('AT', {
    works: 'ISO7816_II_1',
    oldKeys: 'ISO7816_II_2',
    otherSize: 'ISO7816_II_3',
    zero: 'ISO7816_II_8',
    smallX: 'ISO7816_II_9',
    largeX: 'ISO7816_II_10',
    smallY: 'ISO7816_II_11',
    largeY: 'ISO7816_II_12',
    offCurve: 'ISO7816_II_15',
  }),
  ISO7816_I_4: {
    title: 'MSE:Set KAT without a session is refused',
    run() {
      const t = terminal()
      expectSw(t.selectApplication(), 0x9000)
      expectError(t.plain({ cla: 0, ins: 0x22, p1: 0x41, p2: 0xa6, data: PLAIN_KAT() }))
    },
  },
  ISO7816_I_5: {
    title: 'MSE:Set KAT in plain ends the session, under new and old keys',
    run: both(t => {
      expectError(t.plain({ cla: 0, ins: 0x22, p1: 0x41, p2: 0xa6, data: PLAIN_KAT() }))
      const { keys, ssc } = t
      moveToNewKeys('KAT', t, ephemeral('secp256r1'))
      expectErrorInPlain(t.select('011E'))
      Object.assign(t, { keys, ssc })
      expectErrorInPlain(t.select('011E'))
    }),
  },
  ISO7816_I_6: {
    title: 'MSE:Set KAT with class 8C is refused, and the new keys do not work',
    run: both(t => {
      expectError(t.sm({ header: [0x8c, 0x22, 0x41, 0xa6], objects: [t.do87(PLAIN_KAT())] }))
      moveToNewKeys('KAT', t, ephemeral('secp256r1'))
      expectError(t.select('011E'))
    }),
  },
  ISO7816_I_7: {
    title: 'a wrong tag for the ephemeral key is refused and the session lives',
    run: both(t => {
      expectErrorInSm(setKat(t, ephemeral('secp256r1'), { tag: 0x93 }))
      expectOkInSm(t.select('011E'))
    }),
  },
  ISO7816_I_14: {
    title: 'an unknown key reference is refused and the session lives',
    run: both(t => {
      expectErrorInSm(setKat(t, ephemeral('secp256r1'), { keyId: fromHex('840163') }))
      expectOkInSm(t.select('011E'))
    }),
  },
  ISO7816_II_4: {
    title: 'chip authentication without a session is refused',
    run() {
      const t = terminal()
      expectSw(t.selectApplication(), 0x9000)
      t.plain({ cla: 0, ins: 0x22, p1: 0x41, p2: 0xa4, data: PLAIN_AT() })
      expectError(t.plain({ cla: 0, ins: 0x86, p1: 0, p2: 0, data: PLAIN_GA(), ne: 256 }))
    },
  },
  ISO7816_II_5: {
    title: 'its commands in plain end the session',
    run: both(t => {
      t.plain({ cla: 0, ins: 0x22, p1: 0x41, p2: 0xa4, data: PLAIN_AT() })
      expectError(t.plain({ cla: 0, ins: 0x86, p1: 0, p2: 0, data: PLAIN_GA(), ne: 256 }))
      expectErrorInPlain(t.select('011E'))
    }),
  },
  ISO7816_II_6: {
    title: 'its commands with class 8C are refused',
    run: both(t => {
      expectError(t.sm({ header: [0x8c, 0x22, 0x41, 0xa4], objects: [t.do87(PLAIN_AT())] }))
      expectError(t.sm({ header: [0x8c, 0x86, 0, 0], objects: [t.do87(PLAIN_GA())] }))
    }),
  },
  ISO7816_II_7: {
    title: 'a wrong tag inside 7C is refused and the session lives',
    run: both(t => {
      expectOkInSm(setAt(t))
      expectErrorInSm(generalAuthenticate(t, ephemeral('secp256r1'), 0x81))
      expectOkInSm(t.select('011E'))
    }),
  },
  ISO7816_II_13: {
    title: 'an unknown key reference is refused and the session lives',
    run: both(t => {
      expectErrorInSm(setAt(t, fromHex('840163')))
      expectOkInSm(t.select('011E'))
    }),
  },
}
