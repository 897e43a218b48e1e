import { spawnSync } from 'node:child_process'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { type CardToolkitError, JobError } from '@cccd/card-core'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { REASON_WORDS } from '../../intake/record-finding.ts'
import { FAULTS, goodRecord, inventedLines } from '../testing/invented-records.mjs'
import { FirstSeen } from './first-seen.ts'
import { type IntakeOptions, type IntakeResult, takeIn } from './intake.ts'
import { LONGEST_RECORD, readRecords } from './read-records.ts'

let folder: string
const at = (name: string): string => join(folder, name)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-intake-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

let runs = 0
async function intake(text: string | Uint8Array, given: Partial<IntakeOptions> = {}) {
  const input = at(`batch-${++runs}`)
  writeFileSync(input, text)
  const out = at(`out-${runs}`)
  const options: IntakeOptions = {
    input,
    out,
    format: 'ndjson',
    register: at('register.jsonl'),
    now: () => new Date('2026-03-01T00:00:00Z'),
    ...given,
  }
  const result: IntakeResult = await takeIn(options)
  const lines = (name: string) =>
    readFileSync(join(out, name), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  return { ...result, out, accepted: lines('accepted.ndjson'), rejected: lines('rejected.ndjson') }
}
const ndjson = (...records: unknown[]): string => `${records.map(one => JSON.stringify(one)).join('\n')}\n`
const reasonsOf = (result: { rejected: { errors: { reason: string }[] }[] }): string[][] =>
  result.rejected.map(({ errors }) => errors.map(({ reason }) => reason))

describe('records in', () => {
  test('every kind of fault is found with its reason and line, and the rest goes on', async () => {
    const expected = new Map<string, number>()
    const lines = [...inventedLines(2500, expected)]
    const result = await intake(`${lines.join('\n')}\n`)
    expect(result.report).toMatchObject({ records: 2500, accepted: 2400, rejected: 100 })
    const found = new Map<string, number>()
    for (const { reason, severity, count } of result.report.reasons) {
      if (severity === 'error') found.set(reason, (found.get(reason) ?? 0) + count)
    }
    expect(found).toEqual(expected)
    expect(result.rejected.map(({ line }) => line)).toEqual(Array.from({ length: 100 }, (_, n) => 25 * (n + 1)))
    expect(result.rejected[0].raw).toBe(lines[24])
    expect(result.accepted.map(({ record }) => record.personalNumber)).toEqual(
      lines.flatMap((line, n) => (n % 25 === 24 ? [] : [JSON.parse(line).personalNumber])),
    )
  })

  test('a duplicate names the line that had it first', async () => {
    const [a, b] = [goodRecord(1), goodRecord(2)]
    const other = { ...goodRecord(3), personalNumber: a.personalNumber }
    const same = { ...b, personalNumber: goodRecord(4).personalNumber, fullName: b.fullName.toLowerCase() }
    const { rejected } = await intake(ndjson(a, b, other, same))
    expect(rejected.map(({ line, errors }) => [line, errors])).toEqual([
      [3, [{ field: 'personalNumber', reason: 'duplicate-number', severity: 'error', firstLine: 1 }]],
      [4, [{ field: 'personalNumber', reason: 'duplicate-person', severity: 'error', firstLine: 2 }]],
    ])
  })

  test('what only warns is counted and goes on: expiry against the law, a long name, an unknown province', async () => {
    const result = await intake(
      ndjson(
        { ...goodRecord(1), dateOfExpiry: '01/01/2050' },
        { ...goodRecord(2), fullName: 'NGUYỄN HOÀNG THANH THỬ NGHIỆM GIẢ ĐỊNH MẪU' },
      ),
    )
    expect(result.report).toMatchObject({ accepted: 2, warned: 2 })
    const warnings = result.report.reasons.map(({ reason, severity, count }) => [severity, reason, count])
    expect(warnings).toContainEqual(['warning', 'expiry-rule', 1])
    expect(warnings).toContainEqual(['warning', 'mrz-truncated', 1])
    expect(warnings).toContainEqual(['warning', 'number-place', 2])
    expect(result.accepted[0].warnings.map(({ reason }: { reason: string }) => reason)).toContain('expiry-rule')
  })

  test('CSV and NDJSON of the same records give the same', async () => {
    const records = Array.from({ length: 40 }, (_, n) => goodRecord(n))
    const names = Object.keys(records[0] as object)
    const cell = (value: unknown): string =>
      `"${(Array.isArray(value) ? value.join('; ') : (value ?? '')).toString().replaceAll('"', '""')}"`
    const csv = [names.join(','), ...records.map(one => names.map(name => cell(one[name])).join(','))]
    const a = await intake(ndjson(...records))
    const b = await intake(`\ufeff${csv.join('\r\n')}\r\n`, { format: 'csv' })
    expect(b.accepted.map(({ record }) => record)).toEqual(a.accepted.map(({ record }) => record))
    expect(b.report).toMatchObject({ records: 40, accepted: 40 })
  })

  test('a CSV row with a column too many, and a stray quote, go back and the rest goes on', async () => {
    const names = Object.keys(goodRecord(1))
    const row = (n: number): string =>
      names
        .map(name => (Array.isArray(goodRecord(n)[name]) ? '' : String(goodRecord(n)[name] ?? '').replaceAll(',', ' ')))
        .join(',')
    const text = [names.join(','), row(1), `${row(2)},x`, `a"b${row(3)}`, row(4)].join('\n')
    const result = await intake(`${text}\n`, { format: 'csv' })
    expect(result.report).toMatchObject({ records: 4, accepted: 2, rejected: 2 })
    expect(reasonsOf(result)).toEqual([['not-csv'], ['not-csv']])
  })

  test('the same batch twice is recognised, and taken in again only when that is said', async () => {
    const text = ndjson(goodRecord(1))
    await intake(text)
    const again = await intake(text).catch((error: CardToolkitError) => error)
    expect(again).toBeInstanceOf(JobError)
    expect(again).toMatchObject({ code: 'BATCH_SEEN' })
    expect((await intake(text, { again: true })).report.records).toBe(1)
    expect(readdirSync(folder).filter(name => name.includes('.part'))).toEqual([])
  })

  test('a stopped intake leaves nothing behind, and its batch is not known', async () => {
    const abort = new AbortController()
    const text = `${[...inventedLines(5000)].join('\n')}\n`
    const stopped = await intake(text, { signal: abort.signal, progress: () => abort.abort() }).catch(error => error)
    expect(stopped.name).toBe('AbortError')
    expect(readdirSync(folder).filter(name => name.startsWith('out'))).toEqual([])
    expect(existsSync(at('register.jsonl'))).toBe(false)
  })

  test.skipIf(process.platform === 'win32')('results are for their owner alone', async () => {
    const { out } = await intake(ndjson(goodRecord(1), {}))
    expect(statSync(out).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(out)) expect([name, statSync(join(out, name)).mode & 0o777]).toEqual([name, 0o600])
  })

  test('the report page stands alone, escapes what it is given, and names nobody', async () => {
    const { out } = await intake(ndjson(goodRecord(1), goodRecord(2), { ...goodRecord(3), '<img>': 1 }))
    const page = readFileSync(join(out, 'report.html'), 'utf8')
    expect(page).toContain('<svg')
    expect(page).not.toMatch(/<script|https?:|<img|<link/)
    for (const n of [1, 2, 3]) {
      expect(page).not.toContain(goodRecord(n).personalNumber)
      expect(page).not.toContain(goodRecord(n).fullName)
    }
    expect(readFileSync(join(out, 'report.json'), 'utf8')).not.toContain(goodRecord(1).personalNumber)
  })

  test('every reason that is tested has a sentence in both languages', () => {
    for (const { reason } of FAULTS) expect(REASON_WORDS).toHaveProperty(reason)
    for (const { vi, en } of Object.values(REASON_WORDS)) expect(vi.length * en.length).toBeGreaterThan(0)
  })
})

describe('portraits', () => {
  const picture = (width: number, height: number, seed: number): Promise<Buffer> => {
    const pixels = Uint8Array.from({ length: width * height }, (_, n) => (n * (seed + 31) * 2654435761) >>> 24)
    return sharp(pixels, { raw: { width, height, channels: 1 } })
      .jpeg({ quality: 50 })
      .toBuffer()
  }

  test('a missing file, a name out of its folder, another format, few pixels and odd proportions each go back', async () => {
    mkdirSync(at('pictures'))
    const save = (name: string, bytes: Uint8Array): void => writeFileSync(at(`pictures/${name}`), bytes)
    save('good.jpg', await picture(300, 400, 1))
    save('twin.jpg', await picture(300, 400, 1))
    save('small.jpg', await picture(120, 160, 2))
    save('wide.jpg', await picture(400, 300, 3))
    save('text.jpg', new Uint8Array(5000).fill(65))
    save('tiny.jpg', Uint8Array.of(0xff, 0xd8, 0xff))
    writeFileSync(at('secret.jpg'), await picture(300, 400, 4))
    const names = [
      'good.jpg',
      'twin.jpg',
      'small.jpg',
      'wide.jpg',
      'text.jpg',
      'tiny.jpg',
      'absent.jpg',
      '../secret.jpg',
      'a/b.jpg',
    ]
    const result = await intake(ndjson(...names.map((portrait, n) => ({ ...goodRecord(n + 1), portrait }))), {
      portraits: at('pictures'),
    })
    expect(reasonsOf(result).flat()).toEqual([
      'duplicate-portrait',
      'portrait-pixels',
      'portrait-proportions',
      'portrait-format',
      'portrait-bytes',
      'portrait-file',
      'portrait-file',
      'portrait-file',
    ])
    expect(result.rejected[0].errors[0].firstLine).toBe(1)
    expect(result.accepted).toHaveLength(1)
  })
})

describe('whatever comes', () => {
  test('any bytes are sorted into records and faults, line by line, and nothing throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(new TextEncoder().encode('{"a":1}\n'))), {
          maxLength: 12,
        }),
        async chunks => {
          const bytes = Buffer.concat(chunks)
          for await (const raw of readRecords(Readable.from(chunks.map(one => Buffer.from(one))), 'ndjson')) {
            if (raw.line < 1 || raw.line > bytes.filter(byte => byte === 10).length + 1) return false
          }
          return true
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a line without end is cut, told as too long, and costs no more memory than its limit', async () => {
    const input = at('endless')
    const piece = Buffer.alloc(1 << 20, 'x')
    await pipeline(
      Readable.from(
        (function* () {
          for (let n = 0; n < 40; n++) yield piece
          yield Buffer.from(`\n${JSON.stringify(goodRecord(1))}\n`)
        })(),
      ),
      createWriteStream(input),
    )
    const seen: string[] = []
    for await (const raw of readRecords(input, 'ndjson')) seen.push(raw.kind === 'fault' ? raw.reason : raw.kind)
    expect(seen).toEqual(['too-long', 'value'])
    expect(statSync(input).size).toBeGreaterThan(LONGEST_RECORD)
  })

  test('a table of what was seen forgets nothing when it grows', () => {
    const seen = new FirstSeen()
    for (let n = 1; n <= 20_000; n++) expect(seen.note(`thing ${n}`, n)).toBeUndefined()
    for (let n = 1; n <= 20_000; n += 97) expect(seen.note(`thing ${n}`, 99_999)).toBe(n)
  })
})

const PROCESS = fileURLToPath(new URL('../testing/intake-process.mjs', import.meta.url))
const LONG = process.env.CCCD_LONG !== undefined

test(`${LONG ? 'a million' : 'a hundred thousand'} records are sorted exactly, in under 400 MB`, () => {
  const count = LONG ? 1_000_000 : 100_000
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROCESS, folder, String(count)], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  const { report, expected, peakMB } = JSON.parse(stdout)
  const found: Record<string, number> = {}
  for (const { reason, severity, count } of report.reasons) {
    if (severity === 'error') found[reason] = (found[reason] ?? 0) + count
  }
  expect(found).toEqual(expected)
  expect(report).toMatchObject({ records: count, accepted: count * 0.96, rejected: count * 0.04 })
  expect(peakMB).toBeLessThan(400)
})
