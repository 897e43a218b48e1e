import { fromHex, parseTlv, parseTlvs } from '@cccd/card-core'
import { expect } from 'vitest'
import { opened, terminal } from './card-under-test.ts'
import { type Cases, expectError, expectErrorInSm, expectOkInSm, expectSw } from './case.ts'
import { ephemeral, moveToNewKeys, setKat } from './chip-authentication-cases.ts'
import type { Answer, Terminal } from './terminal.ts'

const both = (run: (t: Terminal) => void) => (): void => {
  run(opened('BAC'))
  run(opened('PACE'))
}

/** A session after chip authentication and without terminal authentication. */
function chipAuthenticated(): Terminal {
  const t = opened('BAC')
  const point = ephemeral('secp256r1')
  expectOkInSm(setKat(t, point))
  moveToNewKeys('KAT', t, point)
  return t
}

const closedAfter = (run: (t: Terminal) => Answer): (() => void) => {
  return () => expectErrorInSm(run(chipAuthenticated()))
}

const OFFSET = fromHex('540100')

function cvcaContent(data: Uint8Array): void {
  expect(data).toHaveLength(36)
  expect(data[0]).toBe(0x42)
}

function cvcaClosed(command: string): () => void {
  return () => {
    const t = terminal()
    expectSw(t.selectApplication(), 0x9000)
    expectError(t.plain(command))
  }
}

export const SECURITY_CONDITION_CASES: Cases = {
  ISO7816_H_1: {
    title: 'EF.DG3 cannot be selected and read after chip authentication alone',
    run() {
      const t = chipAuthenticated()
      expectErrorInSm(t.select('0103'))
      expectErrorInSm(t.read(0, 1))
    },
  },
  ISO7816_H_2: {
    title: 'EF.DG4 cannot be selected and read after chip authentication alone',
    run() {
      const t = chipAuthenticated()
      expectErrorInSm(t.select('0104'))
      expectErrorInSm(t.read(0, 1))
    },
  },
  ISO7816_H_3: { title: 'EF.DG3 is closed by short identifier', run: closedAfter(t => t.read(0x8300, 1)) },
  ISO7816_H_4: { title: 'EF.DG4 is closed by short identifier', run: closedAfter(t => t.read(0x8400, 1)) },
  ISO7816_H_5: { title: 'EF.DG3 is closed to the odd INS', run: closedAfter(t => t.readOdd(0x0003, OFFSET, 7)) },
  ISO7816_H_6: { title: 'EF.DG4 is closed to the odd INS', run: closedAfter(t => t.readOdd(0x0004, OFFSET, 7)) },
  ISO7816_H_11: {
    title: 'EF.DG3 is closed to the odd INS by FID',
    run: closedAfter(t => t.readOdd(0x0103, OFFSET, 7)),
  },
  ISO7816_H_12: {
    title: 'EF.DG4 is closed to the odd INS by FID',
    run: closedAfter(t => t.readOdd(0x0104, OFFSET, 7)),
  },
  ISO7816_H_7: {
    title: 'EF.CVCA is closed without a session',
    run() {
      const t = terminal()
      expectSw(t.selectApplication(), 0x9000)
      t.plain('00A4020C02011C')
      expectError(t.plain('00B0000001'))
    },
  },
  ISO7816_H_8: { title: 'EF.CVCA is closed by short identifier', run: cvcaClosed('00B09C0001') },
  ISO7816_H_9: { title: 'EF.CVCA is closed to the odd INS', run: cvcaClosed('00B1001C0354010001') },
  ISO7816_H_10: { title: 'EF.CVCA is closed to the odd INS by FID', run: cvcaClosed('00B1011C0354010001') },
  ISO7816_H_13: {
    title: 'EF.CVCA is selected and read in a session',
    run: both(t => {
      expectOkInSm(t.select('011C'))
      const answer = t.read(0, 36)
      expectOkInSm(answer)
      cvcaContent(answer.data)
    }),
  },
  ISO7816_H_14: {
    title: 'EF.CVCA is read by short identifier',
    run: both(t => {
      const answer = t.read(0x9c00, 36)
      expectOkInSm(answer)
      cvcaContent(answer.data)
    }),
  },
  ISO7816_H_15: {
    title: 'EF.CVCA is read by the odd INS: 38 bytes with the header of DO 53',
    run: both(t => {
      const answer = t.readOdd(0x1c, OFFSET, 0x26)
      expectOkInSm(answer)
      expect(answer.data).toHaveLength(38)
      cvcaContent(parseTlv(answer.data, 0x53).value)
    }),
  },
  ISO7816_H_16: {
    title: 'EF.CVCA is read by the odd INS and FID',
    run: both(t => {
      const answer = t.readOdd(0x011c, OFFSET, 0x26)
      expectOkInSm(answer)
      expect(answer.data).toHaveLength(38)
    }),
  },
  LDS_F_1: {
    title: 'EF.CVCA as read holds 36 bytes: one name of at most 16 bytes, then zeros',
    run() {
      const { data } = opened('BAC').read(0x9c00, 36)
      cvcaContent(data)
      const length = data[1] as number
      expect(length).toBeLessThanOrEqual(16)
      expect(data.subarray(2 + length).every(byte => byte === 0)).toBe(true)
    },
  },
  LDS_L_2: { title: 'EF.ATR/INFO holds DO 7F66', run: () => void bufferSizes() },
  LDS_L_3: {
    title: 'DO 7F66 holds two positive sizes',
    run: () => {
      for (const size of bufferSizes()) expect(size).toBeGreaterThan(0)
    },
  },
  LDS_L_4: {
    title: 'the card capabilities in EF.ATR/INFO tell command chaining',
    run() {
      const objects = parseTlvs(terminal().plain('00B0810000').data)
      expect((objects.find(({ tag }) => tag === 0x47)?.value[2] as number) & 0x80).toBe(0x80)
    },
  },
}

function bufferSizes(): number[] {
  const objects = parseTlvs(terminal().plain('00B0810000').data)
  const sizes = objects.find(({ tag }) => tag === 0x7f66)
  if (!sizes) throw new Error('no DO 7F66')
  return parseTlvs(sizes.value).map(({ tag, value }) => {
    expect(tag).toBe(2)
    return value.reduce((sum, byte) => sum * 256 + byte, 0)
  })
}
