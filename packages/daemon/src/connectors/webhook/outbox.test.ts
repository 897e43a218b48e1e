import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { invented } from '../../testing/invented-person.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { outboxKey } from './outbox-key.ts'
import { webhookPayload } from './payload.ts'
import { openEntry, SEALED_OVERHEAD, sealEntry } from './sealed-entry.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const dist = fileURLToPath(new URL('../../../dist/connectors/webhook/', import.meta.url))
const text = (body: string): Uint8Array => new TextEncoder().encode(body)
const item = (body = 'body'): { createdAt: number; body: Uint8Array } => ({
  createdAt: 1_772_413_323_000,
  body: text(body),
})

let folder: string
const opened: Outbox[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-outbox-'))
})
afterEach(async () => {
  for (const outbox of opened.splice(0)) await outbox.close()
  rmSync(folder, { recursive: true, force: true })
})

const box = (): string => join(folder, 'box')
async function open(limits = { maxEntries: 100, maxBytes: 1_000_000 }): Promise<Outbox> {
  const key = await outboxKey(join(folder, 'outbox.key'), random)
  const outbox = await openOutbox({ folder: box(), key, limits, random })
  opened.push(outbox)
  return outbox
}
async function reopen(): Promise<Outbox> {
  await opened.pop()?.close()
  return open()
}
const files = (): string[] =>
  readdirSync(box())
    .filter(name => /entry|dead|new/.test(name))
    .toSorted()

describe('an entry as it lies on the disk', () => {
  const key = random(32)

  test('opening undoes sealing, for any time, body and id', () => {
    const ids = fc.string({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), ids, fc.nat(2 ** 45), (body, id, createdAt) => {
        const sealed = sealEntry({ createdAt, body }, { key, id, random })
        expect(sealed.length).toBe(body.length + SEALED_OVERHEAD)
        const opened = openEntry(sealed, { key, id })
        expect([opened.createdAt, [...opened.body]]).toEqual([createdAt, [...body]])
      }),
    )
  })

  test('any changed byte, a cut, another id or another key is refused', () => {
    const sealed = sealEntry(item('secret'), { key, id: 'a', random })
    const refused = expect.objectContaining({ code: 'OUTBOX_FAILED' })
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice()
      changed[i] = (changed[i] as number) ^ 1
      expect(() => openEntry(changed, { key, id: 'a' })).toThrow(refused)
      expect(() => openEntry(sealed.slice(0, i), { key, id: 'a' })).toThrow(refused)
    }
    expect(() => openEntry(sealed, { key, id: 'b' })).toThrow(refused)
    expect(() => openEntry(sealed, { key: random(32), id: 'a' })).toThrow(refused)
    expect(openEntry(sealed, { key, id: 'a' }).body).toEqual(text('secret'))
  })

  test('any bytes are an entry or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(() => openEntry(bytes, { key, id: 'a' })).toThrow(expect.objectContaining({ code: 'OUTBOX_FAILED' }))
        expect(() => openEntry(Uint8Array.of(1, ...bytes), { key, id: 'a' })).toThrow(
          expect.objectContaining({ code: 'OUTBOX_FAILED' }),
        )
      }),
    )
  })

  test('each has a nonce of its own', () => {
    const nonces = Array.from({ length: 200 }, () =>
      Buffer.from(sealEntry(item(), { key, id: 'a', random }).subarray(1, 13)).toString('hex'),
    )
    expect(new Set(nonces).size).toBe(200)
  })
})

describe('the outbox', () => {
  test('gives back what it took, in order, after it was opened anew', async () => {
    const outbox = await open()
    for (const id of ['b', 'a', 'C']) await outbox.put(id, item(`body of ${id}`))
    const again = await reopen()
    expect(again.entries('waiting').map(({ id }) => id)).toEqual(['b', 'a', 'C'])
    for (const entry of again.entries('waiting')) {
      const { createdAt, body } = await again.read(entry)
      expect([createdAt, new TextDecoder().decode(body)]).toEqual([1_772_413_323_000, `body of ${entry.id}`])
    }
    expect((await again.put('d', item())).sequence).toBe(4)
  })

  test('ids that differ in capitals alone are two, on file systems that do not tell them apart too', async () => {
    const outbox = await open()
    await outbox.put('abc', item('1'))
    await outbox.put('ABC', item('2'))
    expect(new Set(files().map(name => name.toLowerCase())).size).toBe(2)
  })

  test('the same id at once or later is taken once', async () => {
    const outbox = await open()
    const taken = await Promise.all([outbox.put('a', item()), outbox.put('a', item()), outbox.put('a', item())])
    await outbox.put('a', item('other'))
    expect(new Set(taken.map(({ sequence }) => sequence)).size).toBe(1)
    expect(files()).toHaveLength(1)
  })

  test.each(['', '../x', 'a/b', 'a\0b', 'a b', 'é', 'x'.repeat(101)])('the id %j is refused', async id => {
    await expect((await open()).put(id, item())).rejects.toMatchObject({ code: 'OUTBOX_FAILED' })
    expect(files()).toEqual([])
  })

  test('is bounded by count: the next is refused aloud, and taken once there is room', async () => {
    const outbox = await open({ maxEntries: 3, maxBytes: 1_000_000 })
    const tries = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(id => outbox.put(id, item())))
    expect(tries.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect((tries[3] as PromiseRejectedResult).reason).toMatchObject({ code: 'OUTBOX_FULL' })
    expect(files()).toHaveLength(3)
    await outbox.remove(outbox.entries('waiting')[0] as never)
    await outbox.put('d', item())
    expect(outbox.depth()).toMatchObject({ waiting: 3, dead: 0 })
  })

  test('is bounded by bytes, which count as the disk does', async () => {
    const outbox = await open({ maxEntries: 100, maxBytes: 2 * (1000 + SEALED_OVERHEAD) })
    await outbox.put('a', item('x'.repeat(1000)))
    await outbox.put('b', item('x'.repeat(1000)))
    await expect(outbox.put('c', item(''))).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    const onDisk = files().reduce((sum, name) => sum + statSync(join(box(), name)).size, 0)
    expect(outbox.depth().bytes).toBe(onDisk)
  })

  test('what was given up counts, stays readable, and can come back', async () => {
    const outbox = await open({ maxEntries: 2, maxBytes: 1_000_000 })
    await outbox.setDead(await outbox.put('a', item('kept')), true)
    await outbox.put('b', item())
    await expect(outbox.put('c', item())).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    const again = await reopen()
    expect(again.entries('dead').map(({ id }) => id)).toEqual(['a'])
    const back = await again.setDead(again.entries('dead')[0] as never, false)
    expect(new TextDecoder().decode((await again.read(back)).body)).toBe('kept')
    expect(again.entries('waiting').map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('nothing of a person is on the disk in plain, in any spelling', async () => {
    const person = invented({ portrait: { format: 'image/jpeg', bytes: text('portrait of nobody') } })
    const config = { portrait: true }
    const outbox = await open()
    await outbox.put(person.requestId, {
      createdAt: 0,
      body: webhookPayload(person, { config, portrait: true, signed: 'a.b.c' }),
    })
    const secrets = [...person.fields.map(({ value }) => value), 'fullName', 'portrait of nobody']
    const spelt = secrets.flatMap(secret => [
      Buffer.from(secret),
      Buffer.from(secret, 'utf16le'),
      Buffer.from(JSON.stringify(secret).slice(1, -1)),
      ...[0, 1, 2].map(shift =>
        Buffer.from(
          Buffer.from(' '.repeat(shift) + secret)
            .toString('base64')
            .slice(4, -4),
        ),
      ),
    ])
    let looked = 0
    for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue
      const bytes = readFileSync(join(name.parentPath, name.name))
      for (const secret of spelt.filter(({ length }) => length >= 4)) expect(bytes.includes(secret)).toBe(false)
      looked++
    }
    expect(looked).toBeGreaterThanOrEqual(3)
  })

  test('its files and its key are for the owner alone', async () => {
    const outbox = await open()
    await outbox.put('a', item())
    expect(statSync(box()).mode & 0o777).toBe(0o700)
    for (const path of [join(folder, 'outbox.key'), ...files().map(name => join(box(), name))])
      expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('a key that others can read, or of another length, is refused with its path', async () => {
    const path = join(folder, 'outbox.key')
    writeFileSync(path, random(32), { mode: 0o600 })
    chmodSync(path, 0o640)
    await expect(outboxKey(path, random)).rejects.toMatchObject({ code: 'OUTBOX_FAILED', facts: { file: path } })
    chmodSync(path, 0o600)
    writeFileSync(path, random(31))
    await expect(outboxKey(path, random)).rejects.toMatchObject({ code: 'OUTBOX_FAILED' })
    rmSync(path)
    mkdirSync(path)
    await expect(outboxKey(path, random)).rejects.toMatchObject({ code: 'OUTBOX_FAILED' })
  })

  test('an entry under another’s name, or altered, is not opened', async () => {
    const outbox = await open()
    await outbox.put('a', item())
    await outbox.put('b', item())
    const [first, second] = files() as [string, string]
    renameSync(join(box(), first), join(box(), 'x'))
    renameSync(join(box(), second), join(box(), first))
    const [entry, gone] = outbox.entries('waiting')
    await expect(outbox.read(entry as never)).rejects.toMatchObject({ facts: { step: 'open entry' } })
    await expect(outbox.read(gone as never)).rejects.toMatchObject({ facts: { step: 'find' } })
  })

  test('two desks cannot have one outbox', async () => {
    await open()
    await expect(open()).rejects.toMatchObject({
      code: 'OUTBOX_FAILED',
      message: expect.stringContaining(String(process.pid)),
    })
  })

  test('what a crash left half written is dropped, what is foreign is left alone', async () => {
    await (await open()).put('a', item())
    writeFileSync(join(box(), '000000000009-62.entry.new'), 'half')
    writeFileSync(join(box(), 'README'), 'mine')
    const again = await reopen()
    expect(again.depth().waiting).toBe(1)
    expect(existsSync(join(box(), '000000000009-62.entry.new'))).toBe(false)
    expect(existsSync(join(box(), 'README'))).toBe(true)
  })

  test('a folder that cannot be written refuses aloud and keeps its count', async () => {
    const outbox = await open()
    await outbox.put('a', item())
    // Root writes through mode bits: a file in the folder's place stops everybody.
    renameSync(box(), `${box()}-away`)
    writeFileSync(box(), '')
    await expect(outbox.put('b', item())).rejects.toMatchObject({ code: 'OUTBOX_FAILED', facts: { step: 'write' } })
    rmSync(box())
    renameSync(`${box()}-away`, box())
    expect(outbox.depth()).toMatchObject({ waiting: 1 })
    await outbox.put('b', item())
    expect((await reopen()).depth().waiting).toBe(2)
  })
})

// Built code in a process of its own: Node 20 runs no TypeScript.
const child = `
  import { randomBytes } from 'node:crypto'
  import { openOutbox } from '${dist}outbox.js'
  const [folder, first] = process.argv.slice(1)
  const random = length => new Uint8Array(randomBytes(length))
  const limits = { maxEntries: 1e6, maxBytes: 1e9 }
  const outbox = await openOutbox({ folder, key: new Uint8Array(32).fill(7), limits, random })
`

describe('the outbox and the machine', () => {
  test('killed at any moment, it has every entry that it said it took, whole', { timeout: 60_000 }, async () => {
    const script = `${child}
      for (let i = Number(first); ; i++) {
        await outbox.put('id-' + i, { createdAt: i, body: new Uint8Array(3000).fill(i % 251) })
        process.stdout.write(i + '\\n')
      }`
    const said: number[] = []
    for (let round = 0; round < 6; round++) {
      const process_ = spawn(process.execPath, [
        '--input-type=module',
        '-e',
        script,
        box(),
        String(said.length + 1000 * round),
      ])
      await killAfter(process_, 5 + round * 7, said)
    }
    expect(said.length).toBeGreaterThan(30)
    const outbox = await openOutbox({
      folder: box(),
      key: new Uint8Array(32).fill(7),
      limits: { maxEntries: 1e6, maxBytes: 1e9 },
      random,
    })
    opened.push(outbox)
    const there = new Map(outbox.entries('waiting').map(entry => [entry.id, entry]))
    for (const i of said) expect(there.has(`id-${i}`)).toBe(true)
    for (const entry of there.values()) {
      const { createdAt, body } = await outbox.read(entry)
      expect([entry.id, body.length, new Set(body).size]).toEqual([`id-${createdAt}`, 3000, 1])
    }
    // What was being written as the power went may be there too, once a round.
    expect(there.size).toBeLessThanOrEqual(said.length + 6)
    expect(files().filter(name => name.endsWith('.new'))).toEqual([])
  })

  const noMount = spawnSync('unshare', ['-m', 'true']).status === 0 ? '' : 'no leave to mount'
  test.skipIf(noMount)(
    `a full disk refuses aloud, loses nothing, and takes again once there is room ${noMount}`,
    async () => {
      const script = `${child}
      const told = { stored: [], refused: [] }
      for (let i = 0; i < 40; i++) {
        try {
          await outbox.put('id-' + i, { createdAt: i, body: new Uint8Array(6000).fill(i) })
          told.stored.push(i)
        } catch (error) {
          told.refused.push([error.code, error.message])
        }
      }
      const { readdirSync } = await import('node:fs')
      told.files = readdirSync(folder).filter(name => /entry/.test(name)).length
      told.depth = outbox.depth()
      told.readable = 0
      for (const entry of outbox.entries('waiting'))
        if ((await outbox.read(entry)).body.every(byte => byte === Number(entry.id.slice(3)))) told.readable++
      await outbox.remove(outbox.entries('waiting')[0])
      told.after = (await outbox.put('after', { createdAt: 0, body: new Uint8Array(6000) })).id
      await outbox.close()
      process.stdout.write(JSON.stringify(told))`
      mkdirSync(box())
      const mounted = `mount -t tmpfs -o size=128k,mode=700 tmpfs "$1" && exec "$2" --input-type=module -e "$3" "$1" 0`
      const run = spawnSync('unshare', ['-m', 'sh', '-c', mounted, 'sh', box(), process.execPath, script], {
        encoding: 'utf8',
      })
      expect(run.stderr).toBe('')
      const told = JSON.parse(run.stdout)
      expect(told.stored.length).toBeGreaterThan(5)
      expect(told.refused.length).toBe(40 - told.stored.length)
      expect(told.refused.length).toBeGreaterThan(0)
      for (const [code, message] of told.refused)
        expect([code, message]).toEqual(['OUTBOX_FAILED', expect.stringContaining('ENOSPC')])
      expect([told.files, told.readable, told.depth.waiting]).toEqual([
        told.stored.length,
        told.stored.length,
        told.stored.length,
      ])
      expect(told.depth.bytes).toBe(told.stored.length * (6000 + SEALED_OVERHEAD))
      expect(told.after).toBe('after')
    },
  )
})

/** Reads what the child says until it has said so many lines, then kills it in the midst of its work. */
function killAfter(running: ChildProcess, lines: number, said: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = ''
    let errors = ''
    const before = said.length
    running.stdout?.on('data', chunk => {
      heard += String(chunk)
      const whole = heard.split('\n')
      heard = whole.pop() ?? ''
      said.push(...whole.map(Number))
      if (said.length - before >= lines) running.kill('SIGKILL')
    })
    running.stderr?.on('data', chunk => {
      errors += String(chunk)
    })
    running.on('close', (_, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(errors))))
  })
}
