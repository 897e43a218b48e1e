// `cccd simulate` in one process and `cccd read` in another meet through the real pcscd.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDg2 } from '@cccd/card-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { EXIT } from './exit-code.ts'
import { SAMPLE_HOLDER } from './sample.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const missing = rigMissing()

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

describe.skipIf(missing)(`cccd through the real pcscd${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-pcsc-'))
  const sample = join(folder, 'sample')
  const noAnchors = mkdtempSync(join(folder, 'empty-'))
  let rig: Rig
  let qr = ''
  const running = new Set<ChildProcess>()

  function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended>; line: Promise<string> } {
    const child = spawn(process.execPath, [CCCD, ...args], {
      env: { ...process.env, ...rig.env, LC_ALL: 'en_US.UTF-8', CCCD_TRUST_STORE: noAnchors },
    })
    running.add(child)
    let stdout = ''
    let stderr = ''
    child.stderr?.on('data', chunk => (stderr += String(chunk)))
    const line = new Promise<string>(resolve => {
      child.stdout?.on('data', chunk => {
        stdout += String(chunk)
        if (stdout.includes('\n')) resolve(stdout)
      })
    })
    const ended = new Promise<Ended>(resolve => {
      child.once('close', status => {
        running.delete(child)
        resolve({ status, stdout, stderr })
      })
    })
    return { child, ended, line }
  }

  /** Lays the card of a document folder on the reader while `during` runs. */
  async function withCard<T>(document: string, during: () => Promise<T>, options: readonly string[] = []): Promise<T> {
    const card = start(['simulate', '--document', document, '--port', String(rig.ports[0]), ...options])
    await Promise.race([card.line, card.ended])
    try {
      return await during()
    } finally {
      card.child.kill('SIGTERM')
      await card.ended
      // pcscd looks for its card about every 400 ms: only then does it know that the reader is empty.
      await new Promise(resolve => setTimeout(resolve, 600))
    }
  }

  const read = (...args: string[]): Promise<Ended> => start(['read', '--json', '--wait', '20', ...args]).ended

  beforeAll(async () => {
    rig = await startRig()
    const made = start(['simulate', '--save', sample, '--port', String(rig.ports[1]), '--seconds', '1'])
    const { status, stderr } = await made.ended
    if (status !== 0) throw new Error(`cccd simulate --save ended with ${status}: ${stderr}`)
    qr = readFileSync(join(sample, 'qr.txt'), 'utf8').trim()
  })
  afterEach(() => expect([...running].map(child => child.spawnargs)).toEqual([]))
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL')
    await rig?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the QR text alone opens the card: every letter right, the portrait written, PA, CA and AA successful', async () => {
    const out = join(folder, 'read')
    const { status, stdout, stderr } = await withCard(sample, () =>
      read('--qr', qr, '--trust', join(sample, 'trust'), '--policy', 'kyc', '--out', out),
    )
    expect(stderr).toBe('')
    expect(status).toBe(EXIT.ok)
    const answer = JSON.parse(stdout)
    expect(answer.colour).toBe('green')
    const fields = Object.fromEntries(
      answer.fields.map(({ key, value }: { key: string; value: string }) => [key, value]),
    )
    expect(fields).toMatchObject({
      personalNumber: SAMPLE_HOLDER.personalNumber,
      fullName: SAMPLE_HOLDER.fullName,
      dateOfBirth: SAMPLE_HOLDER.dateOfBirth,
      sex: 'Nữ',
      nationality: SAMPLE_HOLDER.nationality,
      ethnicity: SAMPLE_HOLDER.ethnicity,
      religion: SAMPLE_HOLDER.religion,
      placeOfOrigin: SAMPLE_HOLDER.placeOfOrigin,
      placeOfResidence: SAMPLE_HOLDER.placeOfResidence,
      identifyingFeatures: SAMPLE_HOLDER.identifyingFeatures,
      parents: SAMPLE_HOLDER.parents?.join('; '),
    })
    const statusOf = new Map<string, string>()
    const walk = (checks: readonly { id: string; status: string; children: [] }[]): void => {
      for (const check of checks) {
        statusOf.set(check.id, check.status)
        walk(check.children)
      }
    }
    walk(answer.report.checks)
    for (const id of [
      'sod.signature',
      'issuer.trust',
      'integrity.dg1',
      'integrity.dg2',
      'integrity.dg13',
      'chipAuthenticity.chipAuthentication',
      'chipAuthenticity.activeAuthentication',
      'combined.qrDg13',
    ]) {
      expect([id, statusOf.get(id)]).toEqual([id, 'successful'])
    }
    expect(answer.access).toMatchObject({ used: 'PACE', password: 'CAN' })
    const portrait = readFileSync(join(out, 'portrait.jpg'))
    expect(Uint8Array.from(portrait)).toEqual(
      parseDg2(Uint8Array.from(readFileSync(join(sample, 'EF.DG2.bin')))).faces[0]?.image,
    )
    for (const name of readdirSync(sample).filter(name => name.startsWith('EF.'))) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(sample, name)))).toBe(true)
    }
    if (process.platform !== 'win32') expect(statSync(out).mode & 0o777).toBe(0o700)
  })

  test('a card read to a folder gets the same verdict again from cccd verify', async () => {
    const out = join(folder, 'again')
    const { stdout } = await withCard(sample, () =>
      read('--qr', qr, '--trust', join(sample, 'trust'), '--policy', 'kyc', '--out', out),
    )
    const { report } = JSON.parse(stdout)
    const again = await start([
      'verify',
      out,
      '--json',
      '--trust',
      join(sample, 'trust'),
      '--policy',
      'kyc',
      '--at',
      report.at,
    ]).ended
    expect(again.status).toBe(EXIT.ok)
    const second = JSON.parse(again.stdout).report
    expect(second).toMatchObject({ overall: report.overall, colour: report.colour, at: report.at })
    const text = (one: unknown): string => JSON.stringify(one)
    // What only the program at the reader could see is not believed from a folder; all else is judged the same.
    expect(text(second)).toContain('CA_NOT_REPLAYABLE')
    const replay = (check: { id: string }): boolean => !['chipAuthenticity'].includes(check.id)
    expect(second.checks.filter(replay)).toEqual(report.checks.filter(replay))
  })

  test('without anchors the verdict is undetermined, never green, whatever the policy', async () => {
    for (const policy of ['hospital', 'kyc']) {
      const { status, stdout } = await withCard(sample, () => read('--qr', qr, '--policy', policy))
      expect(status).toBe(EXIT.undetermined)
      expect(JSON.parse(stdout).colour).toBe('yellow')
    }
  })

  test('one flipped bit in any file turns the verdict red and names the file', async () => {
    for (const name of ['EF.CardAccess', 'EF.COM', 'EF.SOD', 'EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15']) {
      const altered = join(folder, `altered-${name}`)
      cpSync(sample, altered, { recursive: true })
      const bytes = readFileSync(join(altered, `${name}.bin`))
      // The unsigned EF.CardAccess in its first length, the others near their end.
      const at = name === 'EF.CardAccess' ? 1 : bytes.length - 5
      bytes[at] = (bytes[at] as number) ^ 0x10
      writeFileSync(join(altered, `${name}.bin`), bytes)
      const { status, stdout } = await withCard(altered, () => read('--qr', qr, '--trust', join(sample, 'trust')))
      expect([name, status]).toEqual([name, EXIT.failed])
      const { colour, because } = JSON.parse(stdout).report
      expect(colour).toBe('red')
      expect(because.map((one: { file?: string }) => one.file)).toContain(name)
    }
  })

  test('a card that knows only BAC opens with the QR text alone', async () => {
    const { status, stdout } = await withCard(sample, () => read('--qr', qr, '--trust', join(sample, 'trust')), [
      '--access',
      'bac',
    ])
    expect(JSON.parse(stdout).access).toMatchObject({ used: 'BAC', password: 'MRZ' })
    // EF.DG14 announces PACE, which this chip does not offer: the missing EF.CardAccess may not pass unseen.
    expect([EXIT.ok, EXIT.failed]).toContain(status)
  })

  test('a number that belongs to another card is told as such, and nothing is written', async () => {
    const out = join(folder, 'nothing')
    const { status, stdout } = await withCard(sample, () => read('--number', '999190999999', '--out', out))
    expect(status).toBe(EXIT.access)
    expect(JSON.parse(stdout).error.code).toBe('ACCESS_KEY_WRONG')
    expect(existsSync(out)).toBe(false)
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([])
  })

  test('no card within the time is told as such', async () => {
    const { status, stdout } = await start(['read', '--json', '--wait', '1', '--number', '999190000001']).ended
    expect(status).toBe(EXIT.noCard)
    expect(JSON.parse(stdout).error.code).toBe('NO_CARD')
  })

  test('a card lifted in the middle of the reading is told as such', async () => {
    const card = start(['simulate', '--document', sample, '--port', String(rig.ports[0])])
    await card.line
    const reading = start(['read', '--qr', qr, '--short', '--wait', '20'])
    await new Promise<void>(resolve =>
      reading.child.stderr?.on('data', chunk => String(chunk).includes('EF.SOD') && resolve()),
    )
    card.child.kill('SIGTERM')
    const { status, stderr } = await reading.ended
    await card.ended
    expect(stderr).toContain('CARD_REMOVED')
    expect(status).toBe(EXIT.removed)
  })

  test('a lifted card goes on in mid-file when the same card comes back', async () => {
    const first = start(['simulate', '--document', sample, '--port', String(rig.ports[0])])
    await first.line
    const reading = start([
      'read',
      '--qr',
      qr,
      '--short',
      '--wait',
      '20',
      '--resume',
      '20',
      '--trust',
      join(sample, 'trust'),
    ])
    await new Promise<void>(resolve =>
      reading.child.stderr?.on('data', chunk => String(chunk).includes('EF.DG15') && resolve()),
    )
    first.child.kill('SIGTERM')
    await first.ended
    const { status, stdout } = await withCard(sample, () => reading.ended)
    expect(status).toBe(EXIT.ok)
    expect(stdout).toContain(SAMPLE_HOLDER.fullName)
  })

  test('a second card on the same reader is told as such', async () => {
    const { status, stderr } = await withCard(
      sample,
      () => start(['simulate', '--document', sample, '--port', String(rig.ports[0])]).ended,
    )
    expect(stderr).toContain('READER_BUSY')
    expect(status).toBe(EXIT.reader)
  })

  test('cccd readers tells both virtual readers and which holds a card', async () => {
    const { stdout } = await withCard(sample, () => start(['readers', '--json']).ended)
    const { readers } = JSON.parse(stdout)
    expect(readers.map((one: { reader: string }) => one.reader)).toEqual([...rig.readers])
    expect(readers[1].card).toBe('absent')
  })

  test('cccd demo needs no reader, ends green and writes report and portrait', async () => {
    const out = join(folder, 'demo')
    const { status, stdout } = await start(['demo', '--in-process', '--json', '--out', out]).ended
    expect(status).toBe(EXIT.ok)
    expect(JSON.parse(stdout).colour).toBe('green')
    expect(existsSync(join(out, 'report.json'))).toBe(true)
    expect(existsSync(join(out, 'portrait.jpg'))).toBe(true)
  })
})
