import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '@cccd/card-core'
import { checkDigit } from '@cccd/mrz'
import { afterAll, describe, expect, test } from 'vitest'
import { BAC_KEY, CAN, CIPHERS, chipUnderTest, FILES_UNDER_TEST, PARAMETER_IDS } from './conformance/card-under-test.ts'
import { chipInField } from './index.ts'

// A second end that shares no code with ours: libeac as the terminal. Needs the packages libeac-dev and gcc.

const dir = mkdtempSync(join(tmpdir(), 'cccd-libeac-'))
const program = join(dir, 'pace-terminal')
const source = fileURLToPath(new URL('../../../tools/rig/pace-terminal.c', import.meta.url))
const built = spawnSync('cc', ['-o', program, source, '-leac', '-lcrypto'])
const missing = built.status === 0 ? undefined : 'libeac-dev or a C compiler is not installed'

afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Runs libeac's terminal against a chip in this process; its exit status and what it read. */
function terminal(...args: readonly string[]): Promise<{ readonly status: number | null; readonly read?: string }> {
  return new Promise(resolve => {
    const field = chipInField(chipUnderTest())
    const child = spawn(program, args)
    let held = ''
    let read: string | undefined
    child.stdout.on('data', chunk => {
      held += String(chunk)
      const lines = held.split('\n')
      held = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('= ')) read = line.slice(2)
        else {
          const answer = field.exchange(fromHex(line))
          if (answer.kind === 'response') child.stdin.write(`${toHex(answer.bytes)}\n`)
        }
      }
    })
    child.on('close', status => resolve({ status, ...(read === undefined ? {} : { read }) }))
  })
}

function mrz(): string {
  const { documentNumber: number, dateOfBirth: birth, dateOfExpiry: expiry } = BAC_KEY
  const digit = (text: string): string => String(checkDigit(text))
  const first = `IDVNM${number}${digit(number)}`.padEnd(30, '<')
  const second = `${birth}${digit(birth)}M${expiry}${digit(expiry)}VNM`.padEnd(29, '<')
  return `${first}${second}0${'NGUYEN<<VAN<A'.padEnd(30, '<')}`
}

const expected = toHex((FILES_UNDER_TEST['EF.CardAccess'] as Uint8Array).subarray(0, 16))

describe.skipIf(missing !== undefined)(`libeac as the terminal${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test.each(PARAMETER_IDS)('opens the chip on curve %d and reads under AES-128', async parameterId => {
    expect(await terminal('AES-128', String(parameterId), 'can', CAN)).toEqual({ status: 0, read: expected })
  })
  test.each(CIPHERS)('opens the chip with %s and reads under it', async cipher => {
    expect(await terminal(cipher, '13', 'can', CAN)).toEqual({ status: 0, read: expected })
  })
  test('opens the chip with the MRZ as password', async () => {
    expect(await terminal('AES-256', '13', 'mrz', mrz())).toEqual({ status: 0, read: expected })
  })
  test('is refused with a wrong CAN', async () => {
    expect(await terminal('AES-128', '13', 'can', '999999')).toEqual({ status: 2 })
  })
})
