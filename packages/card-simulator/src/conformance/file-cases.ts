import { concat, equal, fromHex, tlv, utf8 } from '@cccd/card-core'
import { expect } from 'vitest'
import { CAN, FILES_UNDER_TEST, LARGE_FILE_LENGTH, opened, terminal } from './card-under-test.ts'
import { type Cases, expectError, expectErrorInSm, expectOkInSm, expectSw } from './case.ts'
import type { Answer, Terminal } from './terminal.ts'

function both(run: (t: Terminal) => void): () => void {
  return () => {
    run(opened('BAC'))
    run(opened('PACE'))
  }
}

const COM = FILES_UNDER_TEST['EF.COM'] as Uint8Array
const DG1 = FILES_UNDER_TEST['EF.DG1'] as Uint8Array
const DG2 = FILES_UNDER_TEST['EF.DG2'] as Uint8Array
const CARD_ACCESS = FILES_UNDER_TEST['EF.CardAccess'] as Uint8Array

function expectBytes(answer: { readonly data: Uint8Array }, expected: Uint8Array): void {
  expect(equal(answer.data, expected)).toBe(true)
}

function select(t: Terminal, p1: number, p2: number, data: Uint8Array): Answer {
  return t.sm({ header: [0x0c, 0xa4, p1, p2], objects: [t.do87(data)] })
}

export const FILE_CASES: Cases = {
  'X-FILE-01': {
    title: 'the application is selected by its name',
    run: () => expectSw(terminal().plain('00A4040C07A0000002471001'), 0x9000),
  },
  'X-FILE-02': {
    title: 'an unknown application name answers 6A82',
    run: () => expectSw(terminal().plain('00A4040C07A0000002471099'), 0x6a82),
  },
  'X-FILE-03': {
    title: 'every file is selected by its identifier, the protected ones answer 6982',
    run: both(t => {
      for (const fid of ['0101', '0102', '010E', '010F', '011D', '011E']) expectOkInSm(t.select(fid))
      for (const fid of ['0103', '0104']) expectSw(t.select(fid), 0x6982)
    }),
  },
  'X-FILE-04': { title: 'a missing file answers 6A82', run: both(t => expectSw(t.select('01FF'), 0x6a82)) },
  'X-FILE-05': {
    title: 'wrong parameters of SELECT are refused',
    run: both(t => expectSw(select(t, 0x02, 0xff, fromHex('011E')), 0x6a86)),
  },
  'X-FILE-06': {
    title: 'a file identifier of one byte is refused',
    run: both(t => expectErrorInSm(select(t, 0x02, 0x0c, fromHex('01')))),
  },
  'X-FILE-07': {
    title: 'eight bytes are read from the start',
    run: both(t => {
      t.select('011E')
      const answer = t.read(0, 8)
      expectOkInSm(answer)
      expectBytes(answer, COM.subarray(0, 8))
    }),
  },
  'X-FILE-08': {
    title: 'eight bytes are read from inside the file',
    run: both(t => {
      t.select('011E')
      const answer = t.read(4, 8)
      expectOkInSm(answer)
      expectBytes(answer, COM.subarray(4, 12))
    }),
  },
  'X-FILE-09': {
    title: 'an offset at the end answers 6B00',
    run: both(t => {
      t.select('011E')
      expectSw(t.read(COM.length, 1), 0x6b00)
    }),
  },
  'X-FILE-10': {
    title: 'an offset past the end answers 6B00',
    run: both(t => {
      t.select('011E')
      expectSw(t.read(COM.length + 100, 1), 0x6b00)
    }),
  },
  'X-FILE-11': {
    title: 'a length past the end brings the rest with 6282, 9000 or 6Cxx as the chip is set',
    run() {
      const rest = COM.subarray(COM.length - 3)
      for (const [endOfFile, sw] of [
        ['6282', 0x6282],
        ['9000', 0x9000],
        ['6Cxx', 0x6c03],
      ] as const) {
        const t = opened('BAC', { endOfFile })
        t.select('011E')
        const answer = t.read(COM.length - 3, 8)
        expectSw(answer, sw)
        expectBytes(answer, endOfFile === '6Cxx' ? new Uint8Array() : rest)
      }
    },
  },
  'X-FILE-12': {
    title: 'Le 00 brings as many bytes as fit: 231 under 3DES, 223 under AES',
    run() {
      for (const [by, most] of [
        ['BAC', 231],
        ['PACE', 223],
      ] as const) {
        const t = opened(by)
        t.select('0102')
        const answer = t.read(0, 256)
        expectOkInSm(answer)
        expectBytes(answer, DG2.subarray(0, most))
      }
    },
  },
  'X-FILE-13': {
    title: 'reading by short identifier makes the file current',
    run: both(t => {
      expectBytes(t.read(0x8100, 8), DG1.subarray(0, 8))
      expectBytes(t.read(8, 8), DG1.subarray(8, 16))
    }),
  },
  'X-FILE-14': {
    title: 'an unused short identifier answers 6A82',
    run: both(t => expectSw(t.read(0x9300, 1), 0x6a82)),
  },
  'X-FILE-15': {
    title: 'reading without a current file answers 6986',
    run: both(t => expectSw(t.read(0, 1), 0x6986)),
  },
  'X-FILE-16': {
    title: 'the odd READ BINARY reaches past 7FFF',
    run: both(t => {
      t.select('0102')
      const answer = t.readOdd(0, fromHex('54028000'), 0x20)
      expectOkInSm(answer)
      expectBytes(answer, tlv(0x53, DG2.subarray(0x8000, 0x8000 + 0x1e)))
      const last = t.readOdd(0, fromHex(`5402${(LARGE_FILE_LENGTH - 1).toString(16)}`), 0x20)
      expectBytes(last, tlv(0x53, DG2.subarray(LARGE_FILE_LENGTH - 1)))
    }),
  },
  'X-FILE-17': {
    title: 'an offset object with a wrong tag is refused',
    run: both(t => {
      t.select('0102')
      expectSw(t.readOdd(0, fromHex('55028000'), 0x20), 0x6a80)
    }),
  },
  'X-FILE-18': {
    title: 'EF.CardAccess is read in plain',
    run() {
      const t = terminal()
      expectSw(t.plain('00A4000C023F00'), 0x9000)
      expectSw(t.plain('00A4020C02011C'), 0x9000)
      const answer = t.plain({ cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 0x10000 })
      expectSw(answer, 0x9000)
      expectBytes(answer, CARD_ACCESS)
    },
  },
  'X-FILE-19': {
    title: 'EF.CardAccess is read in plain by short identifier',
    run() {
      const answer = terminal().plain('00B09C0000')
      expectSw(answer, 0x9000)
      expectBytes(answer, CARD_ACCESS.subarray(0, 256))
    },
  },
  'X-FILE-20': {
    title: 'EF.CardSecurity is closed before PACE',
    run: () => expectSw(terminal().plain('00B09D0000'), 0x6982),
  },
  'X-FILE-21': {
    title: 'EF.CardSecurity is read after PACE',
    run() {
      const t = terminal()
      t.pace({ cipher: 'AES-128', parameterId: 13, secret: utf8(CAN), password: 2 })
      const answer = t.read(0x9d00, 256)
      expectOkInSm(answer)
      expectBytes(answer, FILES_UNDER_TEST['EF.CardSecurity'] as Uint8Array)
    },
  },
  'X-FILE-22': {
    title: 'writing is refused',
    run: both(t => {
      t.select('011E')
      expectError(t.sm({ header: [0x0c, 0xd6, 0, 0], objects: [t.do87(concat(Uint8Array.of(0x60)))] }))
      expectBytes(t.read(0, 8), COM.subarray(0, 8))
    }),
  },
  LDS_L_1: {
    title: 'EF.ATR/INFO holds data objects alone',
    run() {
      const { sw, data } = terminal().plain('00B0810000')
      expectSw({ sw, data }, 0x9000)
      expectBytes({ data }, FILES_UNDER_TEST['EF.ATR/INFO'] as Uint8Array)
    },
  },
  LDS_L_5: {
    title: 'EF.ATR/INFO is selected in the master file in plain',
    run() {
      const t = terminal()
      expectSw(t.plain('00A4000C023F00'), 0x9000)
      expectSw(t.plain('00A4020C022F01'), 0x9000)
    },
  },
}
