import { concat, equal } from '@cccd/card-core'
import { expect } from 'vitest'
import { BAC_KEY, terminal } from './card-under-test.ts'
import { type Cases, expectError, expectErrorOr6300, expectOkInSm, expectSw } from './case.ts'
import type { Terminal } from './terminal.ts'

const CHALLENGE = '0084000008'

function atApplication(): Terminal {
  const t = terminal()
  expectSw(t.selectApplication(), 0x9000)
  return t
}

function challenge(t: Terminal): Uint8Array {
  const { sw, data } = t.plain(CHALLENGE)
  expect([sw, data.length]).toEqual([0x9000, 8])
  return data
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes.at(at) as number) ^ 1) as Uint8Array
}

export const BAC_CASES: Cases = {
  'X-BAC-01': { title: 'a challenge of eight bytes is delivered', run: () => void challenge(atApplication()) },
  'X-BAC-02': {
    title: 'two challenges differ',
    run() {
      const t = atApplication()
      expect(equal(challenge(t), challenge(t))).toBe(false)
    },
  },
  'X-BAC-03': {
    title: 'mutual authentication succeeds, and K.IC is another one in each run',
    run() {
      const t = atApplication()
      const kIcs = [0, 1].map(() => {
        const answer = t.externalAuthenticate(t.bacCryptogram(BAC_KEY, challenge(t)))
        expect([answer.sw, answer.data.length]).toEqual([0x9000, 40])
        return t.finishBac(answer.data)
      })
      expect(equal(kIcs[0] as Uint8Array, kIcs[1] as Uint8Array)).toBe(false)
    },
  },
  'X-BAC-04': {
    title: 'the keys of another document number are refused',
    run() {
      const t = atApplication()
      const key = { ...BAC_KEY, documentNumber: '000000002' }
      expectErrorOr6300(t.externalAuthenticate(t.bacCryptogram(key, challenge(t))))
    },
  },
  'X-BAC-05': {
    title: 'a wrong checksum is refused',
    run() {
      const t = atApplication()
      expectErrorOr6300(t.externalAuthenticate(flip(t.bacCryptogram(BAC_KEY, challenge(t)), 39)))
    },
  },
  'X-BAC-06': {
    title: 'a wrong cryptogram under a right checksum is refused',
    run() {
      const t = atApplication()
      expectErrorOr6300(t.externalAuthenticate(t.bacCryptogram(BAC_KEY, challenge(t), s => flip(s, 15))))
    },
  },
  'X-BAC-07': {
    title: 'mutual authentication without a challenge is refused',
    run() {
      const t = atApplication()
      expectErrorOr6300(t.externalAuthenticate(t.bacCryptogram(BAC_KEY, new Uint8Array(8))))
    },
  },
  'X-BAC-08': {
    title: 'a used challenge is not good for a second try',
    run() {
      const t = atApplication()
      const rndIc = challenge(t)
      expectErrorOr6300(t.externalAuthenticate(flip(t.bacCryptogram(BAC_KEY, rndIc), 39)))
      expectErrorOr6300(t.externalAuthenticate(t.bacCryptogram(BAC_KEY, rndIc)))
    },
  },
  'X-BAC-09': {
    title: 'exchanged random numbers are refused',
    run() {
      const t = atApplication()
      const swap = (s: Uint8Array): Uint8Array => concat(s.subarray(8, 16), s.subarray(0, 8), s.subarray(16))
      expectErrorOr6300(t.externalAuthenticate(t.bacCryptogram(BAC_KEY, challenge(t), swap)))
    },
  },
  'X-BAC-10': {
    title: 'a command of 39 bytes is refused',
    run() {
      const t = atApplication()
      const answer = t.externalAuthenticate(t.bacCryptogram(BAC_KEY, challenge(t)).subarray(0, 39))
      expectSw(answer, 0x6700)
    },
  },
  'X-BAC-11': {
    title: 'wrong parameters of GET CHALLENGE are refused',
    run: () => expectError(atApplication().plain('0084010008')),
  },
  'X-BAC-12': {
    title: 'an unknown class is refused',
    run: () => expectSw(atApplication().plain('8084000008'), 0x6e00),
  },
  'X-BAC-13': {
    title: 'an unknown instruction is refused',
    run: () => expectSw(atApplication().plain('00FF000000'), 0x6d00),
  },
  'X-BAC-14': {
    title: 'files are closed before BAC, selected or read',
    run() {
      const t = atApplication()
      expectSw(t.plain('00A4020C02011E'), 0x6982)
      expectError(t.plain('00B0000001'))
    },
  },
  'X-BAC-15': {
    title: 'files are closed before BAC, by short identifier',
    run: () => expectSw(atApplication().plain('00B0810001'), 0x6982),
  },
  'X-BAC-16': {
    title: 'the counter starts from the low halves of the random numbers',
    run() {
      const t = terminal()
      t.bac(BAC_KEY)
      expectOkInSm(t.select('011E'))
    },
  },
  'X-BAC-17': {
    title: 'a reset ends the session',
    run() {
      const t = terminal()
      t.bac(BAC_KEY)
      t.field.reset()
      expectSw(t.selectApplication(), 0x9000)
      const answer = t.select('011E')
      expect(answer.protected).toBe(false)
      expectError(answer)
    },
  },
  'X-BAC-18': {
    title: 'after a failed run a fresh one works',
    run() {
      const t = atApplication()
      expectErrorOr6300(t.externalAuthenticate(flip(t.bacCryptogram(BAC_KEY, challenge(t)), 39)))
      expectSw(t.externalAuthenticate(t.bacCryptogram(BAC_KEY, challenge(t))), 0x9000)
    },
  },
}
