import {
  type CurveName,
  concat,
  curveByParameterId,
  digest,
  ecPublicKey,
  encodeOid,
  equal,
  fromHex,
  generateEcKeyPair,
  tlv,
  utf8,
} from '@cccd/card-core'
import { mrzInformation } from '@cccd/mrz'
import { expect } from 'vitest'
import { BAC_KEY, CAN, CIPHERS, chipUnderTest, PARAMETER_IDS, terminal } from './card-under-test.ts'
import { type Cases, expectError, expectErrorOr6300, expectOkInSm, expectSw } from './case.ts'
import { inner, PACE_OIDS, seeded, Terminal } from './terminal.ts'

const CAN_RUN = { cipher: 'AES-128', parameterId: 13, secret: utf8(CAN), password: 2 } as const
const MRZ_RUN = { ...CAN_RUN, secret: digest('sha1', utf8(mrzInformation(BAC_KEY))), password: 1 } as const
const CURVE = 'brainpoolP256r1'

function setAt(t: Terminal, ...objects: readonly Uint8Array[]): { sw: number; data: Uint8Array } {
  return t.plain({ cla: 0, ins: 0x22, p1: 0xc1, p2: 0xa4, data: concat(...objects) })
}

const OID = tlv(0x80, encodeOid(PACE_OIDS['AES-128']))
const USE_CAN = fromHex('830102')
const BRAINPOOL = fromHex('84010D')

/** Sends a terminal key in step three that must be refused, and shows that the run is dead. */
function refusedKey(point: (t: Terminal, generator: Uint8Array) => Uint8Array): () => void {
  return () => {
    const t = terminal()
    const { generator } = t.pace({ ...CAN_RUN, until: 'keyAgreement' })
    expectErrorOr6300(t.authenticate(tlv(0x83, point(t, generator as Uint8Array))))
    expectError(t.authenticate(tlv(0x85, new Uint8Array(8)), true))
  }
}

const zeroPoint = concat(Uint8Array.of(4), new Uint8Array(64))

function offCurve(): Uint8Array {
  const point = ecPublicKey(CURVE, curveScalar())
  return point.with(-1, (point.at(-1) as number) ^ 1) as Uint8Array
}

function curveScalar(): Uint8Array {
  return generateEcKeyPair(CURVE, seeded('scalar')).privateKey
}

export const PACE_CASES: Cases = {
  EAC2_ISO7816_H_1: {
    title: 'PACE opens the chip with the CAN and with the MRZ',
    run() {
      for (const run of [CAN_RUN, MRZ_RUN]) {
        const t = terminal()
        const { set, nonce, mapping, agreement, last } = t.pace(run)
        for (const answer of [set, nonce, mapping, agreement, last])
          expectSw(answer as { sw: number; data: Uint8Array }, 0x9000)
        expectOkInSm(t.read(0x9c00, 8))
      }
    },
  },
  EAC2_ISO7816_H_6: {
    title: 'a wrong password or a wrong token answers 6300',
    run() {
      expectSw(terminal().pace({ ...CAN_RUN, secret: utf8('000002') }).last as never, 0x6300)
      const wrong = (token: Uint8Array): Uint8Array => token.with(0, (token[0] as number) ^ 1) as Uint8Array
      expectSw(terminal().pace({ ...CAN_RUN, token: wrong }).last as never, 0x6300)
    },
  },
  EAC2_ISO7816_H_23: {
    title: 'an unknown password reference answers 6A88',
    run: () => expectSw(setAt(terminal(), OID, fromHex('830109'), BRAINPOOL), 0x6a88),
  },
  EAC2_ISO7816_H_33: {
    title: 'an ephemeral key of another size is refused',
    run: refusedKey(t => generateEcKeyPair('brainpoolP384r1', t.random).publicKey),
  },
  EAC2_ISO7816_H_34: { title: 'the point (0,0) is refused', run: refusedKey(() => zeroPoint) },
  EAC2_ISO7816_H_36: { title: 'a point off the curve is refused', run: refusedKey(() => offCurve()) },
  'X-PACE-01': {
    title: 'an unknown protocol is refused',
    run: () => expectSw(setAt(terminal(), tlv(0x80, encodeOid('0.4.0.127.0.7.2.2.4.9.2')), USE_CAN), 0x6a80),
  },
  'X-PACE-02': {
    title: 'a missing protocol is refused',
    run: () => expectSw(setAt(terminal(), USE_CAN, BRAINPOOL), 0x6a80),
  },
  'X-PACE-03': {
    title: 'unsupported domain parameters are refused',
    run: () => expectSw(setAt(terminal(), OID, USE_CAN, fromHex('840100')), 0x6a88),
  },
  'X-PACE-04': {
    title: 'GENERAL AUTHENTICATE without MSE is refused',
    run: () => expectError(terminal().authenticate(new Uint8Array())),
  },
  'X-PACE-05': {
    title: 'steps out of order are refused, and the run is over',
    run() {
      const t = terminal()
      expectSw(t.setPace('AES-128', 2, 13), 0x9000)
      expectError(t.authenticate(tlv(0x83, ecPublicKey(CURVE, curveScalar()))))
      expectError(t.authenticate(new Uint8Array()))
    },
  },
  'X-PACE-06': {
    title: 'a wrong inner tag is refused',
    run() {
      const t = terminal()
      expectSw(t.pace({ ...CAN_RUN, until: 'mapping' }).nonce, 0x9000)
      expectSw(t.authenticate(tlv(0x91, ecPublicKey(CURVE, curveScalar()))), 0x6a80)
    },
  },
  'X-PACE-07': {
    title: 'a missing chaining bit is refused in steps one to three',
    run() {
      const first = terminal()
      expectSw(first.setPace('AES-128', 2, 13), 0x9000)
      expectError(first.authenticate(new Uint8Array(), true))
      const second = terminal()
      second.pace({ ...CAN_RUN, until: 'mapping' })
      expectError(second.authenticate(tlv(0x81, ecPublicKey(CURVE, curveScalar())), true))
      const third = terminal()
      third.pace({ ...CAN_RUN, until: 'keyAgreement' })
      expectError(third.authenticate(tlv(0x83, ecPublicKey(CURVE, curveScalar())), true))
    },
  },
  'X-PACE-08': {
    title: 'a failed token does not block the password',
    run() {
      const t = terminal()
      expectSw(t.pace({ ...CAN_RUN, secret: utf8('999999') }).last as never, 0x6300)
      expectSw(t.pace(CAN_RUN).last as never, 0x9000)
    },
  },
  'X-PACE-09': {
    title: 'the nonce is another one in each run',
    run() {
      const t = terminal()
      const [a, b] = [0, 1].map(() => inner(t.pace({ ...CAN_RUN, until: 'mapping' }).nonce.data, 0x80))
      expect(equal(a as Uint8Array, b as Uint8Array)).toBe(false)
    },
  },
  'X-PACE-10': {
    title: 'both ephemeral keys of the chip are others in each run',
    run() {
      const t = terminal()
      const runs = [0, 1].map(() => t.pace({ ...CAN_RUN, until: 'token' }))
      for (const [step, tag] of [
        ['mapping', 0x82],
        ['agreement', 0x84],
      ] as const) {
        const [a, b] = runs.map(run => inner(run[step]?.data as Uint8Array, tag))
        expect(equal(a as Uint8Array, b as Uint8Array)).toBe(false)
      }
    },
  },
  'X-PACE-11': {
    title: 'the application is selected under the new keys, and stays closed before them',
    run() {
      const t = terminal({ access: ['PACE'] })
      expectSw(t.selectApplication(), 0x6982)
      expectSw(t.pace(CAN_RUN).last as never, 0x9000)
      expectOkInSm(t.sm({ header: [0x0c, 0xa4, 0x04, 0x0c], objects: [t.do87(fromHex('A0000002471001'))] }))
      expectOkInSm(t.select('011E'))
    },
  },
  'X-PACE-14': {
    title: 'a terminal key equal to the key of the chip is refused',
    run() {
      // The chip's chance is known here, so its ephemeral key can be made before the chip makes it.
      const chance = seeded('chip')
      chance(16)
      generateEcKeyPair(CURVE, chance)
      const t = new Terminal(chipUnderTest())
      const { generator } = t.pace({ ...CAN_RUN, until: 'keyAgreement' })
      const { publicKey } = generateEcKeyPair(CURVE, chance, generator)
      expectErrorOr6300(t.authenticate(tlv(0x83, publicKey)))
    },
  },
  'X-PACE-15': {
    title: 'another command between the steps ends the run',
    run() {
      const t = terminal()
      expectSw(t.pace({ ...CAN_RUN, until: 'mapping' }).nonce, 0x9000)
      expectSw(t.plain('00A4000C023F00'), 0x9000)
      expectError(t.authenticate(tlv(0x81, ecPublicKey(CURVE, curveScalar()))))
    },
  },
  'X-PACE-16': {
    title: 'every announced cipher works on every announced curve',
    run() {
      for (const cipher of CIPHERS) {
        for (const parameterId of PARAMETER_IDS) {
          const t = terminal()
          const { last } = t.pace({ ...CAN_RUN, cipher, parameterId })
          expectSw(last as never, 0x9000)
          expectOkInSm(t.read(0x9c00, 8))
          expect(curveByParameterId(parameterId) as CurveName).toBeDefined()
        }
      }
    },
  },
}
