import { spawn } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chainKey, createChainKeyFile, readChainKeyFile } from './chain-key.ts'
import { type ChainWriter, type ChainWriterOptions, openChainWriter } from './chain-writer.ts'
import { type ChainEntry, GENESIS, headBytes, parseLine } from './hash-chain.ts'
import { type ChainReport, verifyChain } from './verify-chain.ts'

const key = chainKey(new Uint8Array(32).fill(7))
const root = mkdtempSync(join(tmpdir(), 'cccd-chain-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let salt = 0
const random = (length: number): Uint8Array => {
  salt++
  return new Uint8Array(length).fill(salt)
}
const DAY = 86_400_000
const START = Date.parse('2026-03-02T08:00:00Z')

/** A chain in a folder of its own, whose clock a test moves. */
function chain(options: Partial<ChainWriterOptions> = {}) {
  const folder = options.folder ?? join(mkdtempSync(join(root, 'c-')), 'log')
  const clock = { ms: START }
  const open = (more: Partial<ChainWriterOptions> = {}): Promise<ChainWriter> =>
    openChainWriter({
      folder,
      key,
      now: () => new Date(clock.ms),
      random,
      sync: 'each',
      keepDays: 0,
      ...options,
      ...more,
    })
  const verify = (): Promise<ChainReport> => verifyChain(folder, { key })
  const segments = (): string[] =>
    readdirSync(folder)
      .filter(name => name.endsWith('.jsonl'))
      .toSorted()
  const entries = (): ChainEntry[] =>
    segments().flatMap(name =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter(line => line.startsWith('{"at"') && line.endsWith('}'))
        .map(line => parseLine(new TextEncoder().encode(line))),
    )
  const last = (): string => join(folder, segments().at(-1) as string)
  return { folder, clock, open, verify, segments, entries, last }
}

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    error => (error as { code?: unknown }).code ?? (error as Error).name,
  )
}

describe('a chain on disk', () => {
  test('holds what was appended, in order, and verifies with its key; without the key it is undetermined', async () => {
    const { folder, open, verify, entries } = chain()
    const writer = await open()
    for (let n = 0; n < 5; n++) await writer.append({ kind: 'test.happened', n }, { number: `99919000000${n}` })
    await writer.close()
    expect(await verify()).toMatchObject({ overall: 'successful', entries: 6, faults: [], repairs: [], dropped: 0 })
    expect(await verifyChain(folder)).toMatchObject({ overall: 'undetermined', faults: [{ code: 'KEY_NOT_GIVEN' }] })
    expect(entries().map(({ body }) => body.n)).toEqual([undefined, 0, 1, 2, 3, 4])
    expect(readFileSync(join(folder, readdirSync(folder)[0] as string), 'utf8')).not.toContain('99919000000')
  })

  test('lies in a folder of mode 0700, its files in mode 0600, and no lock is left', async () => {
    const { folder, open } = chain()
    const writer = await open()
    expect(existsSync(join(folder, 'lock'))).toBe(true)
    await writer.close()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder).toSorted()).toEqual(['000001-2026-03-02.jsonl', 'head.json'])
    for (const name of readdirSync(folder))
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600])
  })

  test('goes on where it ended, over many openings', async () => {
    const { open, verify, clock } = chain()
    for (let n = 0; n < 4; n++) {
      clock.ms += DAY / 3
      const writer = await open()
      await writer.append({ kind: 'test.happened', n })
      await writer.close()
    }
    expect(await verify()).toMatchObject({ overall: 'successful', entries: 5, segments: 2 })
  })

  test('keeps the order of appends that come all at once, and syncs them together', async () => {
    const { open, entries, verify } = chain()
    const writer = await open()
    await Promise.all(Array.from({ length: 300 }, (_, n) => writer.append({ kind: 'test.happened', n })))
    await writer.close()
    expect(
      entries()
        .slice(1)
        .map(({ body }) => body.n),
    ).toEqual(Array.from({ length: 300 }, (_, n) => n))
    expect((await verify()).overall).toBe('successful')
  })

  test('refuses more than a thousand that wait, counts them, and goes on', async () => {
    const { open } = chain()
    const writer = await open()
    const all = await Promise.all(
      Array.from({ length: 1100 }, (_, n) => refusal(writer.append({ kind: 'test.happened', n }))),
    )
    expect(all.filter(code => code === 'AUDIT_UNAVAILABLE').length).toBe(1100 - 1024)
    expect(writer.state()).toMatchObject({ refused: 76, count: 1025 })
    await writer.append({ kind: 'test.happened' })
    await writer.close()
  })

  test('refuses what it cannot say without harm to what it holds', async () => {
    const { open, verify } = chain()
    const writer = await open()
    for (const body of [{ kind: 'chain.repaired' }, { kind: 'a', n: 0.5 }, { kind: 'a', text: 'x'.repeat(40_000) }]) {
      expect(await refusal(writer.append(body))).toBe('RangeError')
    }
    await writer.append({ kind: 'test.happened' })
    await writer.close()
    expect(await refusal(writer.append({ kind: 'late' }))).toBe('AUDIT_UNAVAILABLE')
    expect(await verify()).toMatchObject({ overall: 'successful', entries: 2 })
  })

  test('with sync after a while has written at once, and the head follows by itself', async () => {
    const { folder, open, verify } = chain({ sync: 30 })
    const writer = await open()
    await writer.append({ kind: 'test.happened' })
    const headBefore = readFileSync(join(folder, 'head.json'), 'utf8')
    expect(await verify()).toMatchObject({ overall: 'successful', entries: 2 })
    await expect.poll(() => readFileSync(join(folder, 'head.json'), 'utf8')).not.toBe(headBefore)
    await writer.close()
  })
})

describe('segments', () => {
  test('begin with each day and when one is full; a clock that was put back begins none', async () => {
    const { open, verify, clock, segments } = chain({ segmentBytes: 1200 })
    const writer = await open()
    await writer.append({ kind: 'test.happened' })
    clock.ms += DAY
    await writer.append({ kind: 'test.happened' })
    clock.ms -= 5 * DAY
    for (let n = 0; n < 6; n++) await writer.append({ kind: 'test.happened' })
    await writer.close()
    expect(segments()).toEqual(['000001-2026-03-02.jsonl', '000002-2026-03-03.jsonl', '000003-2026-03-03.jsonl'])
    expect(await verify()).toMatchObject({ overall: 'successful', segments: 3, entries: 9 })
  })

  test('are deleted when their time is over: a checkpoint takes their place, an entry tells of it, the rest verifies', async () => {
    const { open, verify, clock, segments, entries } = chain({ keepDays: 3 })
    const writer = await open()
    for (let day = 0; day < 8; day++) {
      await writer.append({ kind: 'test.happened', day })
      clock.ms += DAY
    }
    await writer.close()
    // On the last day that wrote, the eighth, the days before the fifth are over.
    expect(segments().map(name => name.slice(7, 17))).toEqual(['2026-03-06', '2026-03-07', '2026-03-08', '2026-03-09'])
    const report = await verify()
    expect(report).toMatchObject({ overall: 'successful', faults: [], segments: 4 })
    expect(report.dropped).toBeGreaterThan(4)
    expect(report.first?.seq).toBe(report.dropped)
    expect(
      entries()
        .filter(({ body }) => body.kind === 'chain.dropped')
        .at(-1)?.body,
    ).toMatchObject({ through: report.dropped - 1, segments: 1, keepDays: 3 })
  })

  test('that were deleted by hand are missed', async () => {
    const { folder, open, verify, clock, segments } = chain()
    const writer = await open()
    for (let day = 0; day < 4; day++) {
      await writer.append({ kind: 'test.happened', day })
      clock.ms += DAY
    }
    await writer.close()
    for (const name of segments()) {
      const kept = readFileSync(join(folder, name))
      unlinkSync(join(folder, name))
      expect(await verify(), name).toMatchObject({ overall: 'failed' })
      writeFileSync(join(folder, name), kept)
    }
    expect((await verify()).overall).toBe('successful')
  })

  test('whose deletion a crash stopped are a note to whoever verifies, and gone after the next start', async () => {
    const { folder, open, verify, clock, segments } = chain({ keepDays: 1 })
    const writer = await open()
    await writer.append({ kind: 'test.happened' })
    const first = segments()[0] as string
    copyFileSync(join(folder, first), join(root, 'kept'))
    for (let day = 0; day < 4; day++) {
      clock.ms += DAY
      await writer.append({ kind: 'test.happened' })
    }
    await writer.close()
    copyFileSync(join(root, 'kept'), join(folder, first))
    expect(await verify()).toMatchObject({
      overall: 'successful',
      faults: [{ code: 'SEGMENT_LEFT_OVER', file: first }],
    })
    await (await open()).close()
    expect(segments()).not.toContain(first)
    expect(await verify()).toMatchObject({ overall: 'successful', faults: [] })
  })
})

describe('after a crash', () => {
  test('half a line at the end is told, then marked by an entry that names its bytes; nothing is cut away', async () => {
    const { open, verify, last, clock } = chain()
    const writer = await open()
    await writer.append({ kind: 'test.happened' })
    await writer.close()
    const whole = readFileSync(last(), 'utf8')
    appendFileSync(last(), '{"at":"2026-03-02T08:0')
    expect(await verify()).toMatchObject({
      overall: 'undetermined',
      faults: [{ code: 'TAIL_UNMARKED', line: 3, offset: whole.length, seq: 2 }],
    })
    clock.ms += DAY
    const again = await open()
    await again.append({ kind: 'test.happened' })
    await again.close()
    const report = await verify()
    expect(report).toMatchObject({
      overall: 'successful',
      entries: 4,
      faults: [],
      repairs: [{ seq: 2, line: 4, torn: { offset: whole.length, length: 22 } }],
    })
    expect(
      readFileSync(join(last().replace('000002-2026-03-03', '000001-2026-03-02')), 'utf8').startsWith(
        `${whole}{"at":"2026-03-02T08:0\n{"at":`,
      ),
    ).toBe(true)
  })

  test('at any byte of a write the next start finds the end again, twice in a row too', async () => {
    const source = chain()
    const writer = await source.open()
    await writer.append({ kind: 'test.happened' })
    const before = statSync(source.last()).size
    const head = readFileSync(join(source.folder, 'head.json'))
    await Promise.all([writer.append({ kind: 'test.happened', n: 1 }), writer.append({ kind: 'test.happened', n: 2 })])
    await writer.close()
    const after = readFileSync(source.last())
    for (let size = before; size <= after.length; size += 37) {
      const crashed = chain()
      await (await crashed.open()).close()
      writeFileSync(crashed.last(), after.subarray(0, size))
      writeFileSync(join(crashed.folder, 'head.json'), head)
      const second = await crashed.open()
      await second.close()
      // The mark of the repair is torn in its turn.
      const repaired = statSync(crashed.last()).size
      if (repaired > size) {
        truncateSync(crashed.last(), repaired - 9)
        writeFileSync(join(crashed.folder, 'head.json'), head)
        await (await crashed.open()).close()
      }
      const report = await crashed.verify()
      expect([size, report.overall, report.faults]).toEqual([size, 'successful', []])
      const isClean = readFileSync(crashed.last(), 'utf8').slice(0, size).endsWith('\n')
      expect([size, report.repairs.length]).toEqual([size, isClean ? 0 : 1])
    }
  })

  test('between entry and head nothing is lost: the entry counts', async () => {
    const { folder, open, verify } = chain()
    const writer = await open()
    const head = readFileSync(join(folder, 'head.json'))
    await writer.append({ kind: 'test.happened' })
    await writer.close()
    writeFileSync(join(folder, 'head.json'), head)
    expect(await verify()).toMatchObject({ overall: 'successful', entries: 2 })
    const again = await open()
    expect(again.state().count).toBe(2)
    await again.close()
    expect(await verify()).toMatchObject({ overall: 'successful', entries: 2, repairs: [] })
  })

  test('of a new chain before its first entry is whole, the next start begins it', async () => {
    const { folder, open, verify, last } = chain()
    await (await open()).close()
    const { chain: id } = JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8'))
    const bytes = readFileSync(last())
    writeFileSync(
      join(folder, 'head.json'),
      headBytes({ chain: id, keyId: key.id, count: 0, hash: GENESIS, segment: 1, size: 0 }, key),
    )
    for (const size of [0, 20, bytes.length]) {
      truncateSync(last(), 0)
      appendFileSync(last(), bytes.subarray(0, size))
      const head = readFileSync(join(folder, 'head.json'))
      expect((await verify()).overall).toBe(size === 20 ? 'undetermined' : 'successful')
      await (await open()).close()
      expect([size, await verify()]).toMatchObject([
        size,
        { overall: 'successful', entries: 1, repairs: size === 20 ? [{ seq: 0 }] : [] },
      ])
      writeFileSync(join(folder, 'head.json'), head)
    }
  })

  test('a chain that holds less than its head promises is not gone on with', async () => {
    const { folder, open, last } = chain()
    const writer = await open()
    await writer.append({ kind: 'test.happened' })
    await writer.close()
    const bytes = readFileSync(last())
    for (const damage of [
      () => truncateSync(last(), bytes.length - 1),
      () => writeFileSync(last(), bytes.toString().replace('test.happened', 'test.hopponed')),
      () => writeFileSync(join(folder, 'head.json'), '{}\n'),
      () => unlinkSync(join(folder, 'head.json')),
    ]) {
      const head = readFileSync(join(folder, 'head.json'))
      damage()
      expect(await refusal(open())).toBe('AUDIT_BROKEN')
      writeFileSync(last(), bytes)
      writeFileSync(join(folder, 'head.json'), head)
    }
    await (await open()).close()
  })
})

describe('who may write', () => {
  test('is one at a time: a second opening is refused, and again possible after the first has closed', async () => {
    const { open } = chain()
    const writer = await open()
    expect(await refusal(open())).toBe('AUDIT_UNAVAILABLE')
    await writer.close()
    await (await open()).close()
  })

  test('is not another process while one lives; the lock of one that is gone is taken over', async () => {
    const { folder, open } = chain()
    await (await open()).close()
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60_000)'], { stdio: 'ignore' })
    const start = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    writeFileSync(join(folder, 'lock'), `${other.pid} ${boot}:${start}\n`)
    expect(await refusal(open())).toBe('AUDIT_UNAVAILABLE')
    // The same number, but a program that started at another time.
    writeFileSync(join(folder, 'lock'), `${other.pid} ${boot}:1\n`)
    await (await open()).close()
    writeFileSync(join(folder, 'lock'), `${other.pid} ${boot}:${start}\n`)
    other.kill('SIGKILL')
    await new Promise(resolve => other.once('exit', resolve))
    await (await open()).close()
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })

  test('is nobody with another key', async () => {
    const { open, folder } = chain()
    await (await open()).close()
    expect(await refusal(open({ key: chainKey(new Uint8Array(32).fill(9)) }))).toBe('AUDIT_KEY_REFUSED')
    expect(await verifyChain(folder, { key: chainKey(new Uint8Array(32).fill(9)) })).toMatchObject({
      overall: 'failed',
    })
  })

  test('who changes the file under the writer is noticed at the next entry', async () => {
    const { open, last, verify, clock } = chain()
    const writer = await open()
    appendFileSync(last(), 'who was here?\n')
    expect(await refusal(writer.append({ kind: 'test.happened' }))).toBe('AUDIT_UNAVAILABLE')
    expect(writer.state().failure?.cause).toBe('AUDIT_BROKEN')
    clock.ms += 2000
    await writer.append({ kind: 'test.happened' })
    await writer.close()
    expect((await verify()).repairs).toMatchObject([
      { refused: 1, cause: 'AUDIT_BROKEN', torn: { length: expect.any(Number) } },
    ])
  })
})

describe('the key file', () => {
  const path = join(root, 'key')
  test('is made once with mode 0600 and read back as the same key', async () => {
    const made = await createChainKeyFile(path, random)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect((await readChainKeyFile(path)).id).toBe(made.id)
    expect(await refusal(createChainKeyFile(path, random))).toBe('EEXIST')
  })

  test('is refused when others may read it, or when it is something else', async () => {
    writeFileSync(join(root, 'open'), readFileSync(path), { mode: 0o640 })
    expect(await refusal(readChainKeyFile(join(root, 'open')))).toBe('AUDIT_KEY_REFUSED')
    for (const text of ['', 'cccd-chain-key-1:00', `${readFileSync(path, 'utf8')}x`, 'x'.repeat(10_000)]) {
      writeFileSync(join(root, 'wrong'), text, { mode: 0o600 })
      expect(await refusal(readChainKeyFile(join(root, 'wrong')))).toBe('AUDIT_KEY_REFUSED')
    }
  })
})
