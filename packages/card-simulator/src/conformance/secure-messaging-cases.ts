import { blockSize, fromHex, tlv } from '@cccd/card-core'
import { expect } from 'vitest'
import { opened } from './card-under-test.ts'
import { type Cases, expectError, expectErrorInPlain, expectErrorInSm, expectOkInSm, expectSw } from './case.ts'
import type { Terminal } from './terminal.ts'

const SELECT = [0x0c, 0xa4, 0x02, 0x0c] as const
const COM = fromHex('011E')

/** Runs against a session of BAC and one of PACE: 3DES and AES. */
function both(run: (t: Terminal) => void): () => void {
  return () => {
    run(opened('BAC'))
    run(opened('PACE'))
  }
}

const wholeBlock = (t: Terminal): number => blockSize(t.keys?.cipher ?? '3DES')

export const SECURE_MESSAGING_CASES: Cases = {
  'X-SM-01': {
    title: 'a protected SELECT answers with status and checksum alone',
    run: both(t => {
      const answer = t.select('011E')
      expectOkInSm(answer)
      expect(answer.tags).toEqual([0x99, 0x8e])
    }),
  },
  'X-SM-02': {
    title: 'a protected READ BINARY answers with cryptogram, status and checksum',
    run: both(t => {
      t.select('011E')
      const answer = t.read(0, 256)
      expectOkInSm(answer)
      expect(answer.tags).toEqual([0x87, 0x99, 0x8e])
    }),
  },
  'X-SM-03': {
    title: 'a wrong checksum ends the session',
    run: both(t => {
      const tampered = t.sm({
        header: SELECT,
        objects: [t.do87(COM)],
        tamper: command => ({ ...command, data: (command.data as Uint8Array).with(-1, 0x5a) as Uint8Array }),
      })
      expect(tampered.protected).toBe(false)
      expectSw(tampered, 0x6988)
      expectErrorInPlain(t.select('011E'))
    }),
  },
  'X-SM-04': {
    title: 'a missing checksum ends the session',
    run: both(t => {
      const bare = t.sm({
        header: SELECT,
        objects: [t.do87(COM)],
        tamper: command => ({ ...command, data: (command.data as Uint8Array).slice(0, -10) }),
      })
      expect(bare.protected).toBe(false)
      expectSw(bare, 0x6987)
      expectErrorInPlain(t.select('011E'))
    }),
  },
  'X-SM-05': {
    title: 'a SELECT without its cryptogram is refused',
    run: both(t => expectError(t.sm({ header: SELECT }))),
  },
  'X-SM-06': {
    title: 'a replayed command is refused',
    run: both(t => {
      const command = t.craft({ header: SELECT, objects: [t.do87(COM)] })
      expectOkInSm(t.open(t.plain(command)))
      const again = t.plain(command)
      expectSw(again, 0x6988)
      expect(again.data).toHaveLength(0)
    }),
  },
  'X-SM-07': {
    title: 'a counter that jumps is refused',
    run: both(t => {
      t.count(2)
      const answer = t.select('011E')
      expect(answer.protected).toBe(false)
      expectSw(answer, 0x6988)
    }),
  },
  'X-SM-08': {
    title: 'a plain command ends the session',
    run: both(t => {
      expectError(t.plain('00B0000001'))
      expectErrorInPlain(t.select('011E'))
    }),
  },
  'X-SM-09': {
    title: 'a cryptogram without padding is refused',
    run: both(t => {
      const unpadded = new Uint8Array(wholeBlock(t)).fill(0x11)
      expectError(t.sm({ header: SELECT, objects: [tlv(0x87, Uint8Array.of(1), t.encryptAhead(unpadded))] }))
    }),
  },
  'X-SM-10': {
    title: 'a padding indicator other than 01 is refused',
    run: both(t => {
      expectError(t.sm({ header: SELECT, objects: [t.do87(COM).with(2, 2) as Uint8Array] }))
    }),
  },
  'X-SM-11': {
    title: 'class 00 with secure messaging objects is not taken as protected',
    run: both(t => {
      const answer = t.sm({ header: SELECT, objects: [t.do87(COM)], tamper: command => ({ ...command, cla: 0 }) })
      expectErrorInPlain(answer)
    }),
  },
  'X-SM-12': {
    title: 'the odd instruction uses DO 85 both ways',
    run: both(t => {
      const answer = t.readOdd(0x1e, fromHex('540100'), 0)
      expectOkInSm(answer)
      expect(answer.tags).toEqual([0x85, 0x99, 0x8e])
    }),
  },
  'X-SM-13': {
    title: 'an error of the command is told inside secure messaging and keeps the session',
    run: both(t => {
      const missing = t.select('01FF')
      expectErrorInSm(missing)
      expectSw(missing, 0x6a82)
      expectOkInSm(t.select('011E'))
    }),
  },
  'X-SM-14': {
    title: 'AES uses blocks of 16, an enciphered counter and a CMAC of eight bytes',
    run() {
      const t = opened('PACE')
      t.select('011E')
      const protectedRead = t.plain(t.craft({ header: [0x0c, 0xb0, 0, 0], objects: [tlv(0x97, Uint8Array.of(4))] }))
      // DO 87 with its indicator and one block, DO 99, DO 8E with eight bytes.
      expect(protectedRead.data).toHaveLength(2 + 1 + 16 + 4 + 10)
      const answer = t.open(protectedRead)
      expectOkInSm(answer)
      expect(answer.data).toHaveLength(4)
    },
  },
  'X-SM-15': {
    title: 'a protected READ BINARY of extended length brings it all, or 6700 where the chip has none',
    run() {
      const t = opened('PACE')
      t.select('0102')
      const answer = t.read(0, 20_000, 0x10000)
      expectOkInSm(answer)
      expect(answer.data).toHaveLength(20_000)
      const short = opened('PACE', { extendedLength: false })
      expectSw(short.read(0, 1000, 0x10000), 0x6700)
    },
  },
  'X-SM-16': {
    title: 'objects in another order under a right checksum are refused',
    run: both(t => {
      const objects = [tlv(0x97, Uint8Array.of(0)), t.do87(COM)]
      expectError(t.sm({ header: SELECT, objects }))
    }),
  },
}
