import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkRecord } from '@cccd/personalization'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'
import { inventedPortrait, inventedRecord } from './invented-people.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const KINDS = 14
const long = process.env.CCCD_LONG === '1'

test('a hundred invented records are a hundred people of fourteen kinds, and none is sent back', async () => {
  const made = Array.from({ length: 100 }, (_, n) => inventedRecord(n))
  expect(new Set(made.map(({ kind }) => kind)).size).toBe(KINDS)
  expect(new Set(made.map(({ record }) => record.personalNumber)).size).toBe(100)
  for (const { record } of made) {
    const { holder, findings } = checkRecord(record)
    expect([holder === null, findings.filter(({ severity }) => severity === 'error')]).toEqual([false, []])
    const years = Number(record.dateOfExpiry?.slice(6) ?? 9999)
    expect(years).toBeGreaterThan(2030)
    // No province, so that the number can be nobody's.
    expect(record.personalNumber.slice(0, 3)).toBe('999')
  }
  const faces = await Promise.all([0, 1, 2].map(inventedPortrait))
  expect(new Set(faces.map(face => Buffer.from(face).toString('latin1'))).size).toBe(3)
})

const count = long ? 100 : KINDS
test(`${count} cards of all kinds go from record to picture, and each is green by its QR alone`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-demo-issue-'))
  try {
    const out = join(folder, 'out')
    const words = [CCCD, 'demo', '--issue', String(count), '--out', out, '--json']
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ cards: count, green: count, qr: count, mrz: count, faults: [] })
    expect(Object.keys(report.kinds).length).toBe(KINDS)
    expect(status).toBe(EXIT.ok)
    expect(readdirSync(join(out, 'art')).filter(name => name.endsWith('.png')).length).toBe(2 * count)
    expect((await sharp(join(out, 'sheet.png')).metadata()).width).toBeGreaterThan(1000)
    expect(existsSync(join(out, 'report.json'))).toBe(true)
    // A folder that holds something is not written into.
    expect(spawnSync(process.execPath, words).status).toBe(EXIT.usage)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a number of cards that cannot be is refused', () => {
  for (const wish of ['0', '401', 'x', '1.5']) {
    expect(spawnSync(process.execPath, [CCCD, 'demo', '--issue', wish, '--out', '/nowhere/x']).status).toBe(EXIT.usage)
  }
})
