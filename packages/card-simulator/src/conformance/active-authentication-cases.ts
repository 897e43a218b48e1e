import {
  blockSize,
  concat,
  deriveSessionKeys,
  ecdh,
  equal,
  fromHex,
  generateEcKeyPair,
  importPublicKey,
  recoverIso9796,
  tlv,
  verifyPlainEcdsa,
} from '@cccd/card-core'
import { expect } from 'vitest'
import { AA_EC, AA_RSA, CA_KEYS, opened, terminal } from './card-under-test.ts'
import { type Cases, expectError, expectErrorInPlain, expectErrorInSm, expectOkInSm, expectSw } from './case.ts'
import { type Answer, seeded, type Terminal } from './terminal.ts'

const CHALLENGE = fromHex('0102030405060708')

function sign(t: Terminal, challenge = CHALLENGE, p1 = 0, p2 = 0): Answer {
  return t.sm({ header: [0x0c, 0x88, p1, p2], objects: [t.do87(challenge), tlv(0x97, Uint8Array.of(0))] })
}

function verifiesEc(signature: Uint8Array): boolean {
  return verifyPlainEcdsa({ hash: 'sha256', publicKey: importPublicKey(AA_EC.spki), data: CHALLENGE, signature })
}

export const ACTIVE_AUTHENTICATION_CASES: Cases = {
  'X-AA-01': {
    title: 'an RSA signature gives back its message under the key of DG15',
    run() {
      const answer = sign(opened('BAC', { rsa: true }))
      expectOkInSm(answer)
      const publicKey = importPublicKey(AA_RSA.spki)
      const recovered = recoverIso9796({ publicKey, signature: answer.data, challenge: CHALLENGE })
      expect(recovered).toMatchObject({ valid: true, hash: 'sha256' })
    },
  },
  'X-AA-02': {
    title: 'an ECDSA signature, r and s plainly, verifies under the key of DG15',
    run() {
      const answer = sign(opened('PACE'))
      expectOkInSm(answer)
      expect(answer.data).toHaveLength(64)
      expect(verifiesEc(answer.data)).toBe(true)
    },
  },
  'X-AA-03': {
    title: 'two runs over one challenge give two signatures',
    run() {
      for (const rsa of [false, true]) {
        const t = opened('BAC', { rsa })
        const [a, b] = [sign(t), sign(t)]
        expectOkInSm(a)
        expectOkInSm(b)
        expect(equal(a.data, b.data)).toBe(false)
      }
    },
  },
  'X-AA-04': {
    title: 'active authentication is closed before BAC or PACE',
    run() {
      const t = terminal()
      t.selectApplication()
      expectSw(t.plain('0088000008010203040506070800'), 0x6982)
    },
  },
  'X-AA-05': {
    title: 'a challenge of seven bytes is refused',
    run: () => expectSw(sign(opened('BAC'), CHALLENGE.subarray(1)), 0x6700),
  },
  'X-AA-06': {
    title: 'wrong parameters are refused',
    run: () => expectErrorInSm(sign(opened('BAC'), CHALLENGE, 1, 1)),
  },
  'X-AA-07': {
    title: 'INTERNAL AUTHENTICATE in plain ends the session',
    run() {
      const t = opened('PACE')
      expectError(t.plain('0088000008010203040506070800'))
      expectErrorInPlain(sign(t))
    },
  },
  'X-AA-08': {
    title: 'active authentication works under the keys of chip authentication',
    run() {
      const t = opened('PACE')
      const key = CA_KEYS[0]
      if (!key) throw new Error('the chip has no key')
      const { publicKey } = generateEcKeyPair(key.curve, seeded('x-aa-08'))
      const data = concat(tlv(0x91, publicKey), fromHex('840101'))
      expectOkInSm(t.sm({ header: [0x0c, 0x22, 0x41, 0xa6], objects: [t.do87(data)] }))
      t.keys = deriveSessionKeys(ecdh(key.curve, key.privateKey, publicKey), key.cipher)
      t.ssc = new Uint8Array(blockSize(key.cipher))
      const answer = sign(t)
      expectOkInSm(answer)
      expect(verifiesEc(answer.data)).toBe(true)
    },
  },
}
