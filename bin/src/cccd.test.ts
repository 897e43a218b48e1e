// The command as people run it: dist, in a process of its own. `npm test` builds before it runs this.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT, EXIT_MEANING, OUTCOMES } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-command-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cccd(args: readonly string[], input = '') {
  const env = { ...process.env, LANG: 'vi_VN.UTF-8', LC_ALL: '', XDG_CONFIG_HOME: folder, CCCD_TRUST_STORE: '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, ...args], { encoding: 'utf8', input, env })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

const MRZ = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']
const QR = '999160012345||TRẦN THỊ B|15011960|Nữ|Số 2, Phố Thử|01012022'

describe('cccd by itself', () => {
  test('--version prints the version of its package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(cccd(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('--help teaches every command and every exit code in both languages', () => {
    for (const [language, text] of [
      ['vi', 'Bắt đầu'],
      ['en', 'Begin with'],
    ] as const) {
      const { status, stdout } = cccd(['--help', '--lang', language])
      expect(status).toBe(0)
      expect(stdout).toContain(text)
      for (const name of ['readers', 'read', 'verify', 'key', 'mrz', 'qr', 'trust', 'simulate', 'demo'])
        expect(stdout).toContain(`\n  ${name}`)
      for (const [name, code] of Object.entries(EXIT)) {
        expect(stdout).toContain(`${String(code).padStart(3)}  ${EXIT_MEANING[name as keyof typeof EXIT][language]}`)
      }
    }
  })

  test('every command has help of its own', () => {
    for (const name of ['readers', 'read', 'verify', 'key', 'mrz', 'qr', 'trust', 'simulate', 'demo']) {
      const { status, stdout } = cccd([name, '--help'])
      expect(status).toBe(0)
      expect(stdout).toContain(`cccd ${name}`)
    }
  })

  test('a command that is none ends with the usage code', () => {
    expect(cccd(['raed']).status).toBe(EXIT.usage)
    expect(cccd([]).status).toBe(EXIT.usage)
    expect(cccd(['mrz', '--lang', 'fr']).status).toBe(EXIT.usage)
  })

  test('every error code has an exit code that is not 0 and a hint in both languages', () => {
    for (const outcome of Object.values(OUTCOMES)) {
      expect(outcome.exit).toBeGreaterThan(0)
      expect(outcome.vi).not.toBe('')
      expect(outcome.en).not.toBe('')
    }
  })
})

describe('cccd mrz', () => {
  test('shows the fields and the twelve-digit number of a right MRZ', () => {
    const { status, stdout } = cccd(['mrz', ...MRZ])
    expect(status).toBe(0)
    expect(stdout).toContain('999160012345')
    expect(stdout).toContain('Mọi chữ số kiểm tra đều đúng')
  })

  test('reads standard input and answers as JSON', () => {
    const answer = cccd(['mrz', '--json'], `${MRZ.join('\r\n')}\r\n`)
    expect(answer.status).toBe(0)
    expect(cccd(['mrz', '-', '--json'], MRZ.join('\n')).json()).toEqual(answer.json())
    expect(answer.json()).toMatchObject({ documentNumber: '160012345', personalNumber: '999160012345', findings: [] })
  })

  test('says which check digit is wrong, and where', () => {
    const wrong = [MRZ[0], '6001156F9912315VNM<<<<<<<<<<<8', MRZ[2]] as string[]
    const { status, stdout } = cccd(['mrz', ...wrong, '--lang', 'en'])
    expect(status).toBe(EXIT.input)
    expect(stdout).toContain('dateOfBirthCheckDigit, line 2, column 7')
  })

  test('refuses what is no MRZ without repeating it', () => {
    const { status, stderr } = cccd(['mrz', 'SECRETSECRET'])
    expect(status).toBe(EXIT.input)
    expect(stderr).toContain('MRZ_MALFORMED')
    expect(stderr).not.toContain('SECRETSECRET')
  })
})

describe('cccd qr', () => {
  test('shows the fields with every letter and the computed expiry', () => {
    const { status, stdout } = cccd(['qr', QR])
    expect(status).toBe(0)
    expect(stdout).toContain('TRẦN THỊ B')
    expect(stdout).toContain('không thời hạn')
    expect(stdout).toContain('không chứng minh thẻ là thật')
  })

  test('reads standard input as JSON', () => {
    const answer = cccd(['qr', '--json'], QR)
    expect(answer.json()).toMatchObject({ personalNumber: '999160012345', accessKeys: { can: '012345' } })
  })

  test('refuses the QR of something else with its own code', () => {
    const answer = cccd(['qr', 'https://example.invalid/', '--json'])
    expect(answer.status).toBe(EXIT.input)
    expect(answer.json().error.code).toBe('QR_NOT_A_CARD')
  })
})

describe('cccd read, before any card', () => {
  test('wants something to open the card with', () => {
    expect(cccd(['read']).status).toBe(EXIT.usage)
  })

  test('refuses a QR that is no card, a wrong number, a wrong CAN and an MRZ with a wrong check digit', () => {
    expect(cccd(['read', '--qr', 'hello', '--json']).json().error.code).toBe('QR_NOT_A_CARD')
    expect(cccd(['read', '--number', '12345', '--json']).json().error.code).toBe('PERSONAL_NUMBER_MALFORMED')
    expect(cccd(['read', '--can', '12', '--json']).json().error.code).toBe('KEY_MALFORMED')
    const wrong = ['IDVNM1600123459999160012345<<7', MRZ[1], MRZ[2]].join(',')
    const answer = cccd(['read', '--mrz', wrong, '--json'])
    expect(answer.status).toBe(EXIT.input)
    expect(answer.json().error).toMatchObject({
      code: 'MRZ_CHECK_DIGIT',
      facts: { field: 'documentNumberCheckDigit', line: 1, column: 15 },
    })
  })

  test('says what to do when no smart card service is there', () => {
    const env = { ...process.env, PCSCLITE_CSOCK_NAME: join(folder, 'nobody') }
    const run = spawnSync(process.execPath, [CCCD, 'read', '--number', '999160012345', '--json'], {
      encoding: 'utf8',
      env,
    })
    expect(run.status).toBe(EXIT.service)
    expect(['NO_SMARTCARD_SERVICE', 'PCSC_NOT_INSTALLED']).toContain(JSON.parse(run.stdout).error.code)
  })

  test('refuses to write into a folder that holds something', () => {
    const full = mkdtempSync(join(folder, 'full-'))
    writeFileSync(join(full, 'something'), '')
    expect(cccd(['read', '--number', '999160012345', '--out', full]).status).toBe(EXIT.usage)
  })
})

describe('cccd verify, before any judging', () => {
  test('says that a folder holds no card', () => {
    const empty = mkdtempSync(join(folder, 'empty-'))
    const answer = cccd(['verify', empty, '--json'])
    expect(answer.status).toBe(EXIT.file)
    expect(answer.json().error.code).toBe('DOCUMENT_MALFORMED')
  })

  test('refuses a policy that is none and a time that is none', () => {
    const notJson = join(folder, 'policy.json')
    writeFileSync(notJson, 'green please')
    expect(cccd(['verify', folder, '--policy', notJson]).status).toBe(EXIT.file)
    expect(cccd(['verify', folder, '--policy', join(folder, 'absent')]).status).toBe(EXIT.file)
    expect(cccd(['verify', folder, '--at', 'tomorrow']).status).toBe(EXIT.usage)
  })
})
