import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type SmallDisk, smallDisk } from '../testing/small-disk.ts'
import { type AuditEvent, type AuditLog, normalNumber, openAuditLog } from './audit-log.ts'
import { readChainKeyFile } from './chain-key.ts'
import { type ChainEntry, speaksOf } from './hash-chain.ts'
import { type AuditConfig, auditConfigSchema } from './keeping-config.ts'
import { verifyChain } from './verify-chain.ts'

const root = mkdtempSync(join(tmpdir(), 'cccd-audit-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let ms = Date.parse('2026-03-02T08:00:00Z')
let salt = 0
const given = {
  now: () => new Date(ms),
  random: (length: number) => {
    salt++
    return new Uint8Array(length).fill(salt)
  },
}
const caller = {
  tokenId: '00ff00ff00ff00ff',
  label: 'Quầy 1',
  role: 'clerk',
  origin: 'https://his.example.vn',
} as const

function config(more: Partial<AuditConfig> = {}): AuditConfig {
  const folder = mkdtempSync(join(root, 'a-'))
  return auditConfigSchema.parse({ folder: join(folder, 'log'), keyFile: join(folder, 'key'), ...more })
}

async function read({
  folder,
  keyFile,
}: AuditConfig): Promise<{ entries: ChainEntry[]; overall: string; all: string }> {
  const entries: ChainEntry[] = []
  const { overall } = await verifyChain(folder, {
    key: await readChainKeyFile(keyFile),
    onEntry: entry => entries.push(entry),
  })
  const all = readdirSync(folder)
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  return { entries, overall, all }
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    error => (error as { code?: unknown }).code,
  )
}

const started = (requestId: string): AuditEvent => ({
  kind: 'reading.started',
  requestId,
  policy: 'hospital',
  reader: 'Virtual PCD 00 00',
})

describe('the audit log', () => {
  test('keeps two years and stops readings unless the configuration says otherwise', () => {
    expect(auditConfigSchema.parse({ folder: 'a', keyFile: 'b' })).toEqual({
      folder: 'a',
      keyFile: 'b',
      keepDays: 730,
      sync: 'each',
      whenFailing: 'stop-readings',
    })
    expect(auditConfigSchema.safeParse({ folder: 'a', keyFile: 'b', keepdays: 1 }).success).toBe(false)
  })

  test('says who did what when; who it was about stands there as a digest that only the key answers for', async () => {
    const settings = config()
    const log = await openAuditLog({ config: settings, ...given })
    const number = '999190000001'
    await log.record({ kind: 'desk.started', version: '0.1.0' })
    await log.record(started('r1'), { caller })
    await log.record(
      {
        kind: 'reading.ended',
        requestId: 'r1',
        state: 'done',
        verdict: { overall: 'undetermined', colour: 'yellow', policy: 'hospital', because: ['TRUST_NO_ANCHORS'] },
        ms: 1234.5,
      },
      { caller, subject: { personalNumber: number, documentNumber: '199000001' } },
    )
    await log.record({ kind: 'token.revoked', tokenId: caller.tokenId })
    await log.close()
    const { entries, overall, all } = await read(settings)
    expect(overall).toBe('successful')
    expect(entries.map(({ body }) => body.kind)).toEqual([
      'chain.opened',
      'desk.started',
      'reading.started',
      'reading.ended',
      'token.revoked',
    ])
    expect(entries[3]?.body).toEqual({
      kind: 'reading.ended',
      requestId: 'r1',
      state: 'done',
      verdict: { overall: 'undetermined', colour: 'yellow', policy: 'hospital', because: ['TRUST_NO_ANCHORS'] },
      ms: 1235,
      by: caller,
    })
    expect(all).not.toContain(number)
    expect(all).not.toContain('199000001')
    const key = await readChainKeyFile(settings.keyFile)
    const about = (value: string) =>
      entries.filter(entry => speaksOf(entry, { key, name: 'personalNumber', value })).map(({ seq }) => seq)
    expect(about(number)).toEqual([3])
    expect(about('999190000002')).toEqual([])
  })

  test('digests one form of a number, however it was typed', () => {
    expect(['999190000001', ' 999 190 000 001', '999.190.000.001', '９９９１９０００００01'].map(normalNumber)).toEqual(
      Array(4).fill('999190000001'),
    )
    expect(normalNumber('c0 1-23')).toBe('C0123')
  })

  test('makes its key once with mode 0600 outside its folder, and does not go on with another or without', async () => {
    const settings = config()
    await (await openAuditLog({ config: settings, ...given })).close()
    expect(statSync(settings.keyFile).mode & 0o777).toBe(0o600)
    chmodSync(settings.keyFile, 0o644)
    expect(await codeOf(openAuditLog({ config: settings, ...given }))).toBe('AUDIT_KEY_REFUSED')
    rmSync(settings.keyFile)
    expect(await codeOf(openAuditLog({ config: settings, ...given }))).toBe('AUDIT_KEY_REFUSED')
    expect(existsSync(settings.keyFile)).toBe(false)
  })

  test('tells its state with what has to be noted elsewhere', async () => {
    const settings = config()
    const log = await openAuditLog({ config: settings, ...given })
    const { count, hash } = log.state()
    expect(log.state()).toMatchObject({ state: 'writing', refused: 0, count: 1, whenFailing: 'stop-readings' })
    await log.record(started('r1'))
    expect(log.state().count).toBe(2)
    await log.close()
    const key = await readChainKeyFile(settings.keyFile)
    expect(await verifyChain(settings.folder, { key, noted: { count, hash } })).toMatchObject({ overall: 'successful' })
  })
})

const disk = smallDisk(256)
const missing = typeof disk === 'string' ? disk : undefined

describe.skipIf(missing)(`on a full disk${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const small = disk as SmallDisk
  afterEach(() => small.free())
  afterAll(() => small.remove())
  const open = (name: string, more: Partial<AuditConfig> = {}): { settings: AuditConfig; log: Promise<AuditLog> } => {
    const settings = auditConfigSchema.parse({
      folder: join(small.folder, name),
      keyFile: join(root, `${name}-key`),
      ...more,
    })
    return { settings, log: openAuditLog({ config: settings, ...given }) }
  }
  /** Records until the disk is really full. */
  async function until(log: AuditLog, isFailing: boolean): Promise<number> {
    for (let n = 0; n < 2000; n++) {
      const code = await codeOf(log.record(started(`r${n}`), { caller }))
      if ((code === 'AUDIT_UNAVAILABLE') === isFailing || (log.state().state === 'failing') === isFailing) return n
    }
    throw new Error('nothing changed')
  }

  test('records are refused with AUDIT_UNAVAILABLE; with room again it goes on, and an entry tells what was lost', async () => {
    const { settings, log } = open('stop')
    const audit = await log
    await audit.record(started('r0'))
    small.fill()
    await until(audit, true)
    const before = audit.state()
    expect(before).toMatchObject({ state: 'failing', cause: 'ENOSPC', whenFailing: 'stop-readings' })
    expect(await codeOf(audit.record(started('lost')))).toBe('AUDIT_UNAVAILABLE')
    small.free()
    // The disk is left alone for a second after a failure.
    expect(await codeOf(audit.record(started('lost')))).toBe('AUDIT_UNAVAILABLE')
    ms += 1001
    await audit.record(started('after'))
    expect(audit.state()).toMatchObject({ state: 'writing', refused: before.refused + 2 })
    await audit.close()
    const { entries, overall } = await read(settings)
    expect(overall).toBe('successful')
    const mark = entries.find(({ body }) => body.kind === 'chain.repaired')
    expect(mark?.body).toMatchObject({ refused: before.refused + 2, cause: 'ENOSPC' })
    expect(entries.at(-1)?.body.requestId).toBe('after')
  })

  test('readings go on unrecorded where that is asked for by name, and the log tells how many', async () => {
    const { settings, log } = open('go-on', { whenFailing: 'go-on' })
    const audit = await log
    small.fill()
    await until(audit, true)
    for (let n = 0; n < 5; n++) await audit.record(started(`lost${n}`))
    const { refused } = audit.state()
    expect(refused).toBeGreaterThanOrEqual(6)
    small.free()
    ms += 5000
    await audit.record(started('after'))
    await audit.close()
    const { entries, overall } = await read(settings)
    expect(overall).toBe('successful')
    expect(entries.find(({ body }) => body.kind === 'chain.repaired')?.body.refused).toBe(refused)
  })

  test('that fills up again and again leaves a log that verifies', async () => {
    const { settings, log } = open('again')
    const audit = await log
    for (let round = 0; round < 4; round++) {
      small.fill()
      await until(audit, true)
      ms += 2000
      await codeOf(audit.record(started('still full')))
      small.free()
      ms += 2000
      await until(audit, false)
    }
    await audit.close()
    const { entries, overall } = await read(settings)
    expect(overall).toBe('successful')
    // A mark may be on the disk though its head did not fit any more; marks of one failure have the same beginning.
    const marks = entries.filter(({ body }) => body.kind === 'chain.repaired')
    expect(new Set(marks.map(({ body }) => body.since)).size).toBe(4)
  })

  test('at the start is an error, and no lock is left behind', async () => {
    small.fill()
    expect(await codeOf(open('never').log)).toBe('ENOSPC')
    small.free()
    await (await open('never').log).close()
  })
})
