import { FormatError } from '@cccd/mrz'
import { describe, expect, test } from 'vitest'
import { createOutput, UsageError } from './output.ts'
import { type PrintedOptions, printedFrom, requireKeys } from './printed.ts'
import type { Context } from './wiring.ts'

const MRZ = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']
const QR = '999160012345||TRẦN THỊ B|15011960|Nữ|Số 2, Phố Thử|01012022'
const KEY = { documentNumber: '160012345', dateOfBirth: '600115', dateOfExpiry: '991231' }

async function printed(options: PrintedOptions, input = '') {
  let stderr = ''
  const streams = { stdout: { write: () => true }, stderr: { write: (text: string) => (stderr += text) } }
  const context = {
    output: createOutput({ json: false, language: 'en', streams }),
    stdin: (async function* () {
      yield input
    })(),
  } as unknown as Context
  const { keys, data, texts } = await printedFrom(options, context)
  return { keys, data, texts, stderr }
}

const code = (options: PrintedOptions, input = ''): Promise<string> =>
  printed(options, input).then(
    () => 'no fault',
    error => (error instanceof FormatError ? error.code : Promise.reject(error)),
  )

describe('--scan takes whatever a scanner gave', () => {
  test('the QR of a card, also with the separators that a keyboard made of it', async () => {
    for (const text of [QR, `${QR}\r\n`, QR.replaceAll('|', '~')]) {
      const { keys, data } = await printed({ scan: '-' }, text)
      expect(keys.can).toBe('012345')
      expect(keys.bac[0]).toEqual(KEY)
      expect(data.qr).toMatchObject({ personalNumber: '999160012345', fullName: 'TRẦN THỊ B' })
    }
  })

  test('an MRZ, and one with a misread digit: what was put right is told by its place alone', async () => {
    expect(await printed({ scan: MRZ.join('\r') })).toMatchObject({
      keys: { can: '012345', bac: [KEY] },
      texts: { mrz: MRZ },
      stderr: '',
    })
    const misread = [MRZ[0]?.replace('VNM1', 'VNMI'), ...MRZ.slice(1)].join('\n')
    const { keys, texts, stderr } = await printed({ scan: misread })
    expect(keys).toEqual({ can: '012345', bac: [KEY] })
    expect(texts.mrz).toEqual(MRZ)
    expect(stderr).toBe('One character of the MRZ was put right: line 1, column 6 (documentNumber).\n')
  })

  test('an MRZ that may be read in several ways gives keys and nothing to compare with', async () => {
    const cut = [MRZ[0], MRZ[1], MRZ[2]?.slice(1)].join('\n')
    const { keys, data, texts, stderr } = await printed({ scan: cut })
    expect(keys).toEqual({ can: '012345', bac: [KEY] })
    expect([data, texts]).toEqual([{}, {}])
    expect(stderr).toMatch(/^The MRZ is not clear: \d readings fit/)
  })

  test('a personal number and a CAN', async () => {
    expect(await printed({ scan: ' 999160012345\n' })).toMatchObject({
      keys: { can: '012345', bac: [] },
      data: { personalNumber: '999160012345' },
    })
    expect((await printed({ scan: '654321' })).keys).toEqual({ can: '654321', bac: [] })
  })

  test('what opens no chip is refused, and not repeated', async () => {
    for (const text of [
      'DN4990000000001|5472E1BAA76E|15/01/1960|2|48C3A0|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|y|z|$',
      'https://example.org',
      '12345',
      '',
    ]) {
      const error = await printed({ scan: text }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'QR_NOT_A_CARD', facts: { field: 'scan' } })
      if (text !== '') expect(String(error)).not.toContain(text)
    }
  })

  test('a QR beside an MRZ settles what the MRZ leaves open', async () => {
    // A name has no check digit.
    const misread = [MRZ[0], MRZ[1], MRZ[2]?.replace('THI<B', 'THI<8')].join('\n')
    const { texts } = await printed({ scan: misread, qr: QR })
    expect(texts).toEqual({ mrz: MRZ, qr: QR })
  })
})

describe('several sources', () => {
  test('five tries at most, the CAN that was given first, the printed date of expiry before computed ones', async () => {
    const { keys } = await printed({
      can: '654321',
      mrz: MRZ.join(','),
      qr: QR.replace('15011960', '15011999'),
      number: '999160012345',
    })
    expect(keys.can).toBe('654321')
    expect(keys.bac[0]).toEqual(KEY)
    expect(keys.bac.length).toBeGreaterThan(1)
    expect(keys.bac.length + 1).toBeLessThanOrEqual(5)
    expect(new Set(keys.bac.map(key => JSON.stringify(key))).size).toBe(keys.bac.length)
  })

  test('--mrz, --qr, --number and --can are without fault or refused', async () => {
    expect(await code({ mrz: [MRZ[0], MRZ[1]?.replace('600115', '600116'), MRZ[2]].join(' ') })).toBe('MRZ_CHECK_DIGIT')
    expect(await code({ qr: 'hello' })).toBe('QR_NOT_A_CARD')
    expect(await code({ number: '12345' })).toBe('PERSONAL_NUMBER_MALFORMED')
    expect(await code({ can: '12' })).toBe('KEY_MALFORMED')
    expect((await printed({ can: '-' }, '654321\n')).keys).toEqual({ can: '654321', bac: [] })
  })

  test('standard input is for one of them', async () => {
    await expect(printed({ qr: '-', mrz: '-' }, QR)).rejects.toBeInstanceOf(UsageError)
  })

  test('nothing given is a fault of the command line', async () => {
    const none = await printed({})
    expect(() => requireKeys(none)).toThrow(UsageError)
  })
})
