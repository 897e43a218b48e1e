import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type ReplayMemory, replayKeys, replayMemory, replayMemoryIn } from './replay-memory.ts'

const root = mkdtempSync(join(tmpdir(), 'cccd-replay-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let time = Date.UTC(2026, 5, 15)
const now = (): Date => new Date(time)
const until = (): Date => new Date(time + 60_000)
const keys = (n: number): readonly string[] => replayKeys({ requestId: `request-${n}`, nonce: `nonce-${n}` })

test('keys are digests, and tell a request from a nonce and one audience from another', () => {
  const all = [
    ...replayKeys({ requestId: 'a', nonce: 'a' }),
    ...replayKeys({ requestId: 'b', nonce: 'a', audience: 'x' }),
  ]
  expect(new Set(all).size).toBe(4)
  for (const key of all) expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(replayKeys({ requestId: 'c', nonce: 'a' })[1]).toBe(all[1])
})

const memories: [string, () => Promise<ReplayMemory>][] = [
  ['in memory', async () => replayMemory({ now })],
  ['in a folder', async () => await replayMemoryIn(mkdtempSync(join(root, 'm-')), { now })],
]
describe.each(memories)('a replay memory %s', (_name, open) => {
  test('knows what was claimed, by either key', async () => {
    const memory = await open()
    expect(await memory.has(keys(1))).toBe(false)
    expect(await memory.claim(keys(1), until())).toBe('new')
    expect(await memory.has(keys(1))).toBe(true)
    expect(await memory.claim(keys(1), until())).toBe('seen')
    expect(await memory.claim([keys(1)[1] as string, 'ab'.repeat(32)], until())).toBe('seen')
    expect(await memory.claim(keys(2), until())).toBe('new')
  })

  test('gives it to one of many at once', async () => {
    const memory = await open()
    const all = await Promise.all(Array.from({ length: 30 }, () => memory.claim(keys(3), until())))
    expect(all.filter(state => state === 'new')).toHaveLength(1)
  })

  test('forgets what counts no longer', async () => {
    const memory = await open()
    await memory.claim(keys(4), until())
    time += 60_000
    expect(await memory.has(keys(4))).toBe(false)
  })
})

test('a memory in a process takes nothing more when it is full of what counts, and makes room by forgetting the rest', async () => {
  const memory = replayMemory({ now, most: 4 })
  await memory.claim(keys(1), until())
  await memory.claim(keys(2), until())
  expect(await memory.claim(keys(3), until())).toBe('full')
  expect(await memory.has(keys(1))).toBe(true)
  time += 60_000
  expect(await memory.claim(keys(3), until())).toBe('new')
})

test('a folder keeps it for the next process, readable by its owner alone, and is tidied when opened', async () => {
  const folder = join(root, 'kept')
  await (await replayMemoryIn(folder, { now })).claim(keys(5), until())
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(folder)) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, name), 'utf8')).toBe(until().toISOString())
  }
  writeFileSync(join(folder, 'README'), 'not ours')
  writeFileSync(join(folder, 'cd'.repeat(32)), 'broken off')
  const again = await replayMemoryIn(folder, { now })
  expect(await again.claim(keys(5), until())).toBe('seen')
  time += 60_000
  const later = await replayMemoryIn(folder, { now })
  // What cannot be read counts for ever; what is not ours stays.
  expect(readdirSync(folder).sort()).toEqual(['README', 'cd'.repeat(32)].sort())
  expect(await later.claim(['cd'.repeat(32)], until())).toBe('seen')
})
