import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAIN_FAULTS } from './chain-fault.ts'
import { chainKey } from './chain-key.ts'
import { openChainWriter } from './chain-writer.ts'
import { type ChainEntry, GENESIS, headBytes, makeLine, speaksOf } from './hash-chain.ts'
import { verifyChain } from './verify-chain.ts'

const key = chainKey(new Uint8Array(32).fill(7))
const thief = chainKey(new Uint8Array(32).fill(9))
const root = mkdtempSync(join(tmpdir(), 'cccd-verify-'))
const whole = join(root, 'whole')
/** As much as a long-kept log has: days, a checkpoint, a repair, and a head that was noted on the way. */
let noted = { count: 0, hash: '' }
let tooOld = { count: 0, hash: '' }

beforeAll(async () => {
  let ms = Date.parse('2026-03-02T08:00:00Z')
  let salt = 0
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(++salt)
  const open = () => openChainWriter({ folder: whole, key, now: () => new Date(ms), random, sync: 60_000, keepDays: 4 })
  let writer = await open()
  for (let n = 0; n < 24; n++) {
    if (n === 13) {
      await writer.close()
      const last = readdirSync(whole)
        .filter(name => name.endsWith('.jsonl'))
        .toSorted()
        .at(-1) as string
      appendFileSync(join(whole, last), '{"at":"half a l')
      writer = await open()
    }
    await writer.append({ kind: 'test.happened', n }, { number: String(n % 3) })
    const { count, hash } = writer.state()
    if (n === 2) tooOld = { count, hash }
    if (n === 18) noted = { count, hash }
    if (n % 3 === 2) ms += 86_400_000
  }
  await writer.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

let copies = 0
function copy(): string {
  const folder = join(root, `copy-${copies++}`)
  cpSync(whole, folder, { recursive: true })
  return folder
}
const files = (): string[] => readdirSync(whole).toSorted()

/** One change to the files of a folder; false when it changed nothing. */
type Change = (folder: string) => boolean

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T

function rewrite(folder: string, name: string, change: (bytes: Buffer) => Uint8Array): boolean {
  const before = readFileSync(join(folder, name))
  const after = change(before)
  writeFileSync(join(folder, name), after)
  return !before.equals(after)
}

const lines = (bytes: Buffer): string[] => bytes.toString('latin1').split(/(?<=\n)/)
const bytesOf = (list: readonly string[]): Uint8Array => Buffer.from(list.join(''), 'latin1')

const change: fc.Arbitrary<{ readonly name: string; readonly isSegment: boolean; readonly apply: Change }> = fc
  .record({
    file: fc.nat(),
    at: fc.nat(),
    to: fc.nat(),
    with: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    kind: fc.nat(8),
  })
  .map(({ file, at, to, with: bytes, kind }) => {
    const name = pick(files(), file)
    const isSegment = name.endsWith('.jsonl')
    const on =
      (edit: (before: Buffer) => Uint8Array): Change =>
      folder =>
        rewrite(folder, name, edit)
    const changes: readonly (readonly [string, Change])[] = [
      ['a changed byte', on(b => b.fill(pick([...bytes], to), at % b.length, (at % b.length) + 1))],
      ['a removed byte', on(b => Buffer.concat([b.subarray(0, at % b.length), b.subarray((at % b.length) + 1)]))],
      ['inserted bytes', on(b => Buffer.concat([b.subarray(0, at % b.length), bytes, b.subarray(at % b.length)]))],
      ['a cut end', on(b => b.subarray(0, at % b.length))],
      ['appended bytes', on(b => Buffer.concat([b, bytes]))],
      ['a removed line', on(b => bytesOf(lines(b).toSpliced(at % lines(b).length, 1)))],
      ['a doubled line', on(b => bytesOf(lines(b).toSpliced(at % lines(b).length, 0, pick(lines(b), to))))],
      [
        'two lines exchanged',
        on(b => {
          const list = lines(b)
          const [x, y] = [at % list.length, to % list.length]
          return bytesOf(list.with(x, list[y] as string).with(y, list[x] as string))
        }),
      ],
      [
        'a file taken away',
        folder => {
          unlinkSync(join(folder, name))
          return true
        },
      ],
    ]
    const [what, apply] = pick(changes, kind)
    return { name: `${what} in ${name}`, isSegment, apply }
  })

describe('the whole log', () => {
  test('verifies: two days are gone behind a checkpoint, one repair is told, nothing is wrong', async () => {
    expect(files().length).toBeGreaterThan(5)
    const report = await verifyChain(whole, { key })
    expect(report).toMatchObject({
      overall: 'successful',
      isKeyed: true,
      faults: [],
      repairs: [{ torn: { length: 15 } }],
    })
    expect(report.dropped).toBeGreaterThan(0)
    expect(report.entries + report.dropped).toBe((report.last?.seq ?? 0) + 1)
  })

  test('holds what was noted; another hash, or a count beyond the end, is not in it', async () => {
    expect(await verifyChain(whole, { key, noted })).toMatchObject({ overall: 'successful' })
    const other = { ...noted, hash: 'ab'.repeat(32) }
    expect(await verifyChain(whole, { key, noted: other })).toMatchObject({
      overall: 'failed',
      faults: [{ code: 'NOTED_OTHER' }],
    })
    const beyond = { ...noted, count: 999 }
    expect(await verifyChain(whole, { key, noted: beyond })).toMatchObject({
      overall: 'failed',
      faults: [{ code: 'NOTED_OTHER' }],
    })
    expect(await verifyChain(whole, { key, noted: tooOld })).toMatchObject({
      overall: 'undetermined',
      faults: [{ code: 'NOTED_TOO_OLD' }],
    })
  })

  test('answers for a number what its entries say, and nothing for one that was never read', async () => {
    const ask = async (value: string): Promise<unknown[]> => {
      const found: ChainEntry[] = []
      await verifyChain(whole, {
        key,
        onEntry: entry => speaksOf(entry, { key, name: 'number', value }) && found.push(entry),
      })
      return found.map(({ body }) => body.n)
    }
    expect(await ask('1')).toEqual([10, 13, 16, 19, 22])
    expect(await ask('3')).toEqual([])
  })
})

describe('whatever is done to the log', () => {
  test('with the key: any changed, removed, exchanged, inserted or cut byte or line in any file is noticed', async () => {
    let done = 0
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async changes => {
        const folder = copy()
        try {
          const names = changes.filter(({ apply }) => tried(apply, folder)).map(({ name }) => name)
          if (names.length === 0 || isSame(folder)) return
          done++
          const report = await verifyChain(folder, { key })
          expect([names, report.overall]).not.toEqual([names, 'successful'])
          expect(report.faults.length).toBeGreaterThan(0)
        } finally {
          rmSync(folder, { recursive: true })
        }
      }),
      { numRuns: process.env.CCCD_LONG ? 5000 : 400 },
    )
    expect(done).toBeGreaterThan(300)
  })

  test('without the key: any such change to a segment is noticed by its hash alone', async () => {
    await fc.assert(
      fc.asyncProperty(change, async ({ apply, isSegment, name }) => {
        if (!isSegment) return
        const folder = copy()
        try {
          if (!tried(apply, folder) || isSame(folder)) return
          const { faults } = await verifyChain(folder)
          expect([name, faults.filter(({ code }) => code !== 'KEY_NOT_GIVEN').length]).not.toEqual([name, 0])
        } finally {
          rmSync(folder, { recursive: true })
        }
      }),
      { numRuns: 200 },
    )
  })

  test('each byte of the last segment counts (every third one in the short run), whatever bit of it is turned', async () => {
    const name = files()
      .filter(file => file.endsWith('.jsonl'))
      .at(-1) as string
    const folder = copy()
    const bytes = readFileSync(join(folder, name))
    for (let at = 0; at < bytes.length; at += process.env.CCCD_LONG ? 1 : 3) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      writeFileSync(join(folder, name), changed)
      const { overall } = await verifyChain(folder, { key })
      if (overall === 'successful') expect.fail(`byte ${at} of ${name}`)
    }
  })

  test('the first bad line is told with file, line, place and number', async () => {
    const folder = copy()
    const name = files().filter(file => file.endsWith('.jsonl'))[2] as string
    const list = lines(readFileSync(join(folder, name)))
    writeFileSync(join(folder, name), bytesOf(list.with(1, (list[1] as string).replace('happened', 'hoppened'))))
    const offset = (list[0] as string).length
    const { seq } = JSON.parse(list[1] as string)
    expect((await verifyChain(folder, { key })).faults).toEqual([
      { code: 'PROOF_WRONG', file: name, line: 2, offset, seq },
    ])
    // Without the key the line itself looks well: the next one tells.
    expect((await verifyChain(folder)).faults[1]).toMatchObject({ code: 'PREVIOUS_OTHER', file: name, line: 3 })
  })
})

describe('who has no key', () => {
  const forged = join(root, 'forged')
  test('can write another log whose hashes fit, and is found out by the key', async () => {
    mkdirSync(forged)
    const head = JSON.parse(readFileSync(join(whole, 'head.json'), 'utf8'))
    let prev = GENESIS
    let text = ''
    for (const [seq, body] of [
      { kind: 'chain.opened', chain: head.chain, keyId: key.id, form: 1 },
      { kind: 'nothing' },
    ].entries()) {
      const made = makeLine({ key: thief, seq, at: new Date(0), prev, body })
      prev = made.hash
      text += `${new TextDecoder().decode(made.line)}\n`
    }
    writeFileSync(join(forged, '000001-1970-01-01.jsonl'), text)
    writeFileSync(
      join(forged, 'head.json'),
      headBytes({ chain: head.chain, keyId: key.id, count: 2, hash: prev, segment: 1, size: text.length }, thief),
    )
    expect(await verifyChain(forged)).toMatchObject({ overall: 'undetermined', entries: 2 })
    expect(await verifyChain(forged, { key })).toMatchObject({
      overall: 'failed',
      faults: [{ code: 'HEAD_PROOF_WRONG' }, { code: 'PROOF_WRONG', line: 1 }],
    })
  })

  test('can put back an older state of all files, which only a noted head tells', async () => {
    const folder = join(root, 'older')
    const open = () =>
      openChainWriter({
        folder,
        key,
        now: () => new Date(0),
        random: length => new Uint8Array(length),
        sync: 'each',
        keepDays: 0,
      })
    const writer = await open()
    await writer.append({ kind: 'test.happened' })
    cpSync(folder, join(root, 'older-kept'), { recursive: true })
    await writer.append({ kind: 'test.happened' })
    const { count, hash } = writer.state()
    await writer.close()
    expect(await verifyChain(join(root, 'older-kept'), { key })).toMatchObject({ overall: 'successful' })
    expect(await verifyChain(join(root, 'older-kept'), { key, noted: { count, hash } })).toMatchObject({
      overall: 'failed',
    })
  })
})

describe('hostile folders', () => {
  test('of any bytes are judged, never an exception, and never successful', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.constantFrom('000001-2026-03-02.jsonl', '000002-2026-03-02.jsonl', 'head.json', 'checkpoint.json'),
            hostile,
          ),
        ),
        async contents => {
          const folder = mkdtempSync(join(root, 'h-'))
          for (const [name, bytes] of contents) writeFileSync(join(folder, name), bytes)
          expect((await verifyChain(folder, { key })).overall).toBe('failed')
          rmSync(folder, { recursive: true })
        },
      ),
      { numRuns: 150 },
    )
  })

  test('with a line of sixty million bytes are walked in little memory', async () => {
    const folder = copy()
    const name = files().filter(file => file.endsWith('.jsonl'))[1] as string
    for (let i = 0; i < 60; i++) appendFileSync(join(folder, name), Buffer.alloc(1_000_000, 0x61))
    const before = process.memoryUsage().rss
    expect((await verifyChain(folder, { key })).overall).toBe('failed')
    expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000)
    renameSync(join(folder, name), join(folder, 'away'))
  })

  test('and every fault has its words in both languages', () => {
    for (const { vi, en } of Object.values(CHAIN_FAULTS)) expect(vi.length * en.length).toBeGreaterThan(100)
  })
})

const hostile: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map(text => new TextEncoder().encode(`${text}\n`)),
)

function tried(apply: Change, folder: string): boolean {
  try {
    return apply(folder)
  } catch (error) {
    // The change before took the file away or left nothing in it.
    if (['ENOENT', 'ERR_OUT_OF_RANGE'].includes((error as { code?: string }).code ?? '')) return false
    throw error
  }
}

/** Whether two changes have undone one another. */
function isSame(folder: string): boolean {
  return files().every(name => {
    try {
      return readFileSync(join(folder, name)).equals(readFileSync(join(whole, name)))
    } catch {
      return false
    }
  })
}
