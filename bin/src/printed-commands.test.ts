// `cccd mrz` and `cccd qr` on texts that are not quite right. `npm test` builds before it runs this.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-printed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cccd(...args: readonly string[]) {
  const env = { ...process.env, LANG: 'vi_VN.UTF-8', LC_ALL: '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, ...args], {
    encoding: 'utf8',
    env,
    timeout: 30_000,
  })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

const [ONE, TWO, THREE] = [
  'IDVNM1600123458999160012345<<7',
  '6001157F9912315VNM<<<<<<<<<<<8',
  'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<',
] as const
const QR = '999160012345||TRẦN THỊ B|15011960|Nữ|Số 2, Phố Thử|01012022'

describe('cccd mrz', () => {
  test('a misread character is put right with its proofs, and is still no right MRZ', () => {
    const misread = ONE.replace('VNM1', 'VNMI')
    const { status, stdout } = cccd('mrz', misread, TWO, THREE, '--lang', 'en')
    expect(status).toBe(EXIT.input)
    expect(stdout).toContain('line 1, column 6: “I” to “1” (layout DIGIT, printed twice, also in line 1, column 19')
    expect(stdout).toContain(`    ${ONE}\n`)
    const { repair } = cccd('mrz', misread, TWO, THREE, '--json').json()
    expect(repair).toMatchObject({ status: 'repaired', mrz: { lines: [ONE, TWO, THREE] }, candidates: [] })
  })

  test('a line that lacks a character comes back as candidates, in order', () => {
    const { status, stdout } = cccd('mrz', ONE, TWO, THREE.slice(1))
    expect(status).toBe(EXIT.input)
    expect(stdout).toContain('cách đọc có thể')
    const { repair } = cccd('mrz', ONE, TWO.slice(0, -1), THREE, '--json').json()
    expect(repair.status).toBe('ambiguous')
    expect(repair.candidates.map(({ mrz }: { mrz: { lines: string[] } }) => mrz.lines)).toContainEqual([
      ONE,
      TWO,
      THREE,
    ])
  })

  test('what no check digit covers is said, until a QR covers it', () => {
    expect(cccd('mrz', ONE, TWO, THREE).stdout).toContain('Không chữ số kiểm tra nào thấy được lỗi ở: sex, name')
    const beside = cccd('mrz', ONE, TWO, THREE, '--qr', QR, '--json')
    expect(beside.status).toBe(EXIT.ok)
    expect(beside.json().repair.unprotected).toEqual([])
  })

  test('a QR of another card is told, though every check digit is right', () => {
    const { status, stdout } = cccd('mrz', ONE, TWO, THREE, '--qr', QR.replace('15011960', '16011960'), '--lang', 'en')
    expect(status).toBe(EXIT.input)
    expect(stdout).toContain('QR_DIFFERS: line 2, column 6')
    expect(stdout).not.toContain('Every check digit is right')
  })
})

describe('cccd qr', () => {
  test('shows how many tries the keys are', () => {
    expect(cccd('qr', QR).stdout).toContain('CAN 012345, BAC × 2 (nhiều nhất 3 lần thử)')
    expect(cccd('qr', QR, '--json').json()).toMatchObject({ accessKeys: { can: '012345' }, tries: 3, damage: [] })
  })

  test('shows an insurance card, which opens nothing', () => {
    const hex = (text: string): string => Buffer.from(text).toString('hex')
    const text = `DN4990000000001|${hex('Trần Thị B')}|15/01/1960|2|${hex('Xã Mẫu')}|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|y|z|$`
    const { status, stdout } = cccd('qr', text)
    expect(status).toBe(EXIT.ok)
    expect(stdout).toContain('Trần Thị B')
    expect(stdout).toContain('không mở được chip')
    expect(cccd('qr', text, '--json').json()).toMatchObject({ kind: 'insurance-qr', cardNumber: 'DN4990000000001' })
  })

  test('says what a scanner that types did to the text', () => {
    const { status, stdout } = cccd('qr', QR.replaceAll('|', '~').replace('TRẦN THỊ', 'TR?N TH?'), '--lang', 'en')
    expect(status).toBe(EXIT.ok)
    expect(stdout).toContain('The separators came as another sign')
    expect(stdout).toContain('Vietnamese letters are lost')
  })
})

describe('files that are no pictures', () => {
  test('a folder, a file of gigabytes and a pipe that nobody writes to are told at once', () => {
    const [large, dir, pipe] = [join(folder, 'large.png'), join(folder, 'folder.jpg'), join(folder, 'pipe.png')]
    writeFileSync(large, '')
    // A hole, not a byte on the disk.
    truncateSync(large, 5_000_000_000)
    mkdirSync(dir)
    const files = [large, dir]
    if (process.platform !== 'win32' && spawnSync('mkfifo', [pipe]).status === 0) files.push(pipe)
    for (const command of ['qr', 'mrz']) {
      const { status, json } = cccd(command, ...files, '--json')
      expect(status).toBe(EXIT.file)
      const errors = json().pictures.map(({ error }: { error: string }) => error)
      expect(errors[0]).toContain('too large')
      expect(errors.slice(1)).toEqual(files.slice(1).map(() => 'this is no file of a picture'))
    }
  })
})
