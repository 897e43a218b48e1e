import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogValue } from '../../http/log.ts'
import { invented } from '../../testing/invented-person.ts'
import { type ManualClock, manualClock } from '../../testing/manual-clock.ts'
import type { Fault, Seen } from '../../testing/stand-in-server.ts'
import { type StandInReceiver, startStandInReceiver, WEBHOOK_SECRET } from '../../testing/stand-in-webhook-receiver.ts'
import { connectorsConfigSchema, type WebhookConfig } from '../config.ts'
import { openOutbox } from './outbox.ts'
import { webhookPayload } from './payload.ts'
import { RetryPlan } from './retry-plan.ts'
import { signWebhook, verifyWebhook, webhookSecret } from './signature.ts'
import { Webhook } from './webhook.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const dist = fileURLToPath(new URL('../../../dist/connectors/', import.meta.url))
const key = new Uint8Array(32).fill(9)
const body = (text = '{"a":1}'): Uint8Array => new TextEncoder().encode(text)

let folder: string
let receiver: StandInReceiver
let clock: ManualClock
let lines: { event: string; facts: Readonly<Record<string, LogValue>> }[]
const opened: Webhook[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-webhook-'))
  receiver = await startStandInReceiver()
  clock = manualClock(new Date('2026-03-02T01:02:03Z'))
  lines = []
})
afterEach(async () => {
  for (const webhook of opened.splice(0)) await webhook.close()
  await receiver.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function open(more: Partial<WebhookConfig> = {}, maxEntries = 1000): Promise<Webhook> {
  const config = connectorsConfigSchema.parse({
    webhook: {
      url: `${receiver.url}/hook`,
      secretFile: '/unused',
      outbox: { folder: join(folder, 'box'), keyFile: '/unused', maxEntries },
      timeoutMs: 5000,
      ...more,
    },
  }).webhook as WebhookConfig
  const outbox = await openOutbox({ folder: config.outbox.folder, key, limits: config.outbox, random })
  const webhook = new Webhook({
    config,
    outbox,
    secrets: [webhookSecret(WEBHOOK_SECRET)],
    now: clock.now,
    timer: clock.timer,
    random,
    log: (_, event, facts = {}) => void lines.push({ event, facts }),
  })
  opened.push(webhook)
  webhook.start()
  return webhook
}
const close = async (webhook: Webhook): Promise<void> => {
  opened.splice(opened.indexOf(webhook), 1)
  await webhook.close()
}

/** Waits for real I/O; the clock stands still meanwhile. */
async function until(what: () => boolean, hint: () => unknown = () => lines): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (what()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`it never came: ${JSON.stringify(hint())}`)
}
/** Lets time pass to whatever is due next, again and again, until it is so. */
async function drive(what: () => boolean): Promise<void> {
  await until(() => {
    const due = what() ? null : clock.nextInMs()
    if (due !== null) clock.advance(due)
    return what()
  })
}
const empty = (webhook: Webhook) => (): boolean => webhook.status().waiting === 0 && files().length === 0
const ofId = (id: string) => (seen: Seen) => seen.headers['webhook-id'] === id
const files = (): string[] => readdirSync(join(folder, 'box')).filter(name => /\.(entry|dead)/.test(name))
const answer = (status: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  answer: { status, headers, body: {} },
})

describe('the signature', () => {
  test('is HMAC-SHA256 over id.timestamp.body in Base64, recomputed by hand', () => {
    const secret = webhookSecret(WEBHOOK_SECRET)
    const at = new Date(1_772_413_323_999)
    const headers = signWebhook([secret], { id: 'r-1', at, body: body('{"ă":1}') })
    const expected = createHmac('sha256', 'a secret of thirty-two bytes, ok')
      .update('r-1.1772413323.{"ă":1}')
      .digest('base64')
    expect(headers).toEqual({
      'webhook-id': 'r-1',
      'webhook-timestamp': '1772413323',
      'webhook-signature': `v1,${expected}`,
    })
  })

  test('is believed by its secret, near its time, for its id and body, and otherwise not', () => {
    const [secret, other] = [random(32), random(32)]
    const at = new Date('2026-03-02T01:02:03Z')
    const headers = { ...signWebhook([other, secret], { id: 'r-1', at, body: body() }) }
    const believed = (change: object = {}, given: object = {}, by = secret): boolean =>
      verifyWebhook(by, { headers: { ...headers, ...change }, body: body(), now: at, ...given })
    expect([believed(), believed({}, {}, other)]).toEqual([true, true])
    expect(believed({}, { now: new Date(at.getTime() + 299_000) })).toBe(true)
    for (const no of [
      believed({ 'webhook-id': 'r-2' }),
      believed({ 'webhook-timestamp': '1772413324' }),
      believed({ 'webhook-timestamp': 'x' }),
      believed({ 'webhook-signature': undefined }),
      believed({ 'webhook-signature': 'v1,AAAA' }),
      believed({ 'webhook-signature': headers['webhook-signature'].replaceAll('v1', 'v2') }),
      believed({}, { body: body('{"a":2}') }),
      believed({}, { now: new Date(at.getTime() + 302_000) }),
      believed({}, { now: new Date(at.getTime() - 302_000) }),
      believed({}, {}, random(32)),
    ])
      expect(no).toBe(false)
  })

  test.each([
    '',
    'whsec_',
    'whsec_c2hvcnQ=',
    `whsec_${'A'.repeat(100)}`,
    'plain text of many letters, no prefix',
    'whsec_\n',
  ])('the secret %j is refused without being repeated', line => {
    let error: unknown
    try {
      webhookSecret(line)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'CONNECTOR_CONFIG_MALFORMED' })
    if (line.length > 10) expect(String((error as Error).stack)).not.toContain(line)
  })
})

describe('what is delivered', () => {
  test('says fields with their sources and the verdict; a portrait only where scope and configuration allow it', () => {
    const person = invented({ portrait: { format: 'image/jpeg', bytes: Uint8Array.of(1, 2, 3) } })
    const told = (config: object, portrait: boolean) =>
      JSON.parse(
        new TextDecoder().decode(
          webhookPayload(person, { config: { portrait: false, ...config }, portrait, signed: 'a.b.c' }),
        ),
      )
    expect(told({}, true)).toEqual({
      type: 'cccd.reading',
      version: 1,
      id: person.requestId,
      at: person.at,
      reader: person.reader,
      fields: person.fields,
      verdict: person.verdict,
      signed: 'a.b.c',
    })
    expect(told({ portrait: true }, false).portrait).toBeUndefined()
    expect(told({ portrait: true }, true).portrait).toEqual({ format: 'image/jpeg', data: 'AQID' })
  })

  test('with a list of fields nothing else leaves, by no other way either', () => {
    const person = invented({
      insurance: {
        state: 'unavailable',
        at: '',
        askedWith: 'personal-number',
        code: 'CONNECTOR_TIMEOUT',
        vi: '',
        en: '',
      },
    })
    const config = { portrait: false, fields: ['dateOfBirth'] as const }
    const text = new TextDecoder().decode(webhookPayload(person, { config, portrait: true, signed: 'a.b.c' }))
    expect(JSON.parse(text).fields).toEqual([{ name: 'dateOfBirth', value: '15/08/1990', source: 'chip' }])
    for (const left of ['999190000001', 'NGHIỆM', 'insurance', 'a.b.c']) expect(text).not.toContain(left)
  })
})

describe('the webhook', () => {
  test('delivers what it takes, signed, and leaves nothing on the disk', async () => {
    const webhook = await open()
    expect(await webhook.deliver('r-1', body('{"ă":1}'))).toBe('stored')
    await drive(empty(webhook))
    expect([...receiver.done]).toEqual([['r-1', '{"ă":1}']])
    expect(receiver.refused).toEqual([])
    expect(receiver.seen[0]?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': 'r-1',
      'webhook-id': 'r-1',
    })
    expect(webhook.status()).toMatchObject({ waiting: 0, dead: 0, delivered: 1, bytes: 0, state: 'idle' })
  })

  test('the same reading twice at once, or again after it arrived, goes out once', async () => {
    const webhook = await open()
    const taken = await Promise.all([webhook.deliver('r-1', body()), webhook.deliver('r-1', body())])
    expect(taken.toSorted()).toEqual(['stored', 'waiting'])
    await drive(empty(webhook))
    expect(await webhook.deliver('r-1', body())).toBe('delivered')
    expect(receiver.came.get('r-1')).toBe(1)
  })

  test('full, it says so at once, and takes again when the server is back', async () => {
    await receiver.stop()
    const webhook = await open({}, 3)
    for (const id of ['a', 'b', 'c']) await webhook.deliver(id, body())
    await expect(webhook.deliver('d', body())).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    await receiver.start()
    await drive(empty(webhook))
    expect(await webhook.deliver('d', body())).toBe('stored')
    await drive(empty(webhook))
    expect([...receiver.done.keys()].toSorted()).toEqual(['a', 'b', 'c', 'd'])
  })

  const away: [string, Fault][] = [
    ['is silent', { kind: 'silent' }],
    ['answers too late', { kind: 'late', ms: 400 }],
    ['resets', { kind: 'reset' }],
    ['redirects', { kind: 'redirect', to: 'http://127.0.0.1:1/' }],
    ['answers 500', answer(500)],
    ['answers 503', answer(503)],
    ['answers 401', answer(401)],
    ['answers 403', answer(403)],
    ['answers 404', answer(404)],
    ['answers 408', answer(408)],
    ['answers 429', answer(429)],
  ]
  test.each(away)('a server that %s gets it in the end, however often it fails', async (_, fault) => {
    const isTime = fault.kind === 'silent' || fault.kind === 'late'
    const webhook = await open({ timeoutMs: isTime ? 150 : 5000 })
    receiver.fail(fault, { times: 8 })
    await webhook.deliver('r-1', body())
    await drive(empty(webhook))
    expect([...receiver.done]).toEqual([['r-1', '{"a":1}']])
    // A busy machine may miss the short limit once more.
    expect(receiver.seen.length).toBeGreaterThanOrEqual(9)
    if (!isTime) expect(receiver.seen).toHaveLength(9)
    expect(webhook.status()).toMatchObject({ dead: 0, waiting: 0, delivered: 1 })
  })

  test.each<[string, Fault]>([
    ['goes on for ever', { kind: 'slow-body' }],
    ['breaks off', { kind: 'cut' }],
    ['has nine megabytes', { kind: 'huge', bytes: 9_000_000 }],
    ['is HTML', { kind: 'answer', answer: { body: '<p>', contentType: 'text/html' } }],
  ])('a 200 whose body %s has arrived: the status counts', async (_, fault) => {
    receiver.fail(fault)
    const webhook = await open()
    await webhook.deliver('r-1', body())
    await drive(empty(webhook))
    expect(receiver.seen).toHaveLength(1)
    expect(webhook.status().delivered).toBe(1)
  })

  test('Retry-After is kept, in seconds and as a date, up to the longest pause', async () => {
    for (const [header, least, most] of [
      [() => '120', 120_000, 120_000],
      [() => new Date(clock.now().getTime() + 90_000).toUTCString(), 89_000, 90_000],
      [() => '999999', 300_000, 300_000],
      [() => 'soon', 500, 1000],
    ] as const) {
      receiver.fail(answer(503, { 'retry-after': header() }), { times: 1 })
      const webhook = await open()
      await webhook.deliver(`r-${least}`, body())
      await until(() => webhook.status().state === 'retrying' && clock.nextInMs() !== null)
      expect(clock.nextInMs()).toBeGreaterThanOrEqual(least)
      expect(clock.nextInMs()).toBeLessThanOrEqual(most)
      await drive(empty(webhook))
      await close(webhook)
    }
  })

  test('an entry that the server cannot digest holds nobody else up', async () => {
    const webhook = await open()
    receiver.fail(answer(500), { when: ofId('poison') })
    await webhook.deliver('poison', body())
    await until(() => webhook.status().state === 'retrying')
    // Time stands still: not even a pause is waited for.
    for (const id of ['a', 'b', 'c']) {
      await webhook.deliver(id, body())
      await until(() => receiver.done.has(id))
    }
    receiver.heal()
    await drive(empty(webhook))
    expect([...receiver.done.keys()]).toEqual(['a', 'b', 'c', 'poison'])
  })

  test('what the server refuses ten times is given up in sight, kept, and can be taken back', async () => {
    const webhook = await open({ giveUpAfterRefusals: 10 })
    receiver.fail(answer(422), { when: ofId('r-1') })
    await webhook.deliver('r-1', body('{"x":1}'))
    await webhook.deliver('r-2', body())
    await drive(() => webhook.dead().length === 1)
    expect(receiver.seen.filter(ofId('r-1'))).toHaveLength(10)
    expect(receiver.done.has('r-2')).toBe(true)
    receiver.heal()
    const dead = webhook.dead()
    expect(dead).toEqual(['r-1'])
    expect(webhook.status().dead).toBe(1)
    expect(lines.find(({ event }) => event === 'webhook.given-up')?.facts).toMatchObject({
      requestId: dead[0],
      why: 'refused',
    })
    expect(files()).toEqual([expect.stringMatching(/\.dead$/)])
    expect(await webhook.deliver('r-1', body())).toBe('dead')
    // It outlives the process.
    await close(webhook)
    const again = await open()
    expect(again.dead()).toEqual(dead)
    expect(await again.retryDead(dead)).toBe(1)
    await drive(empty(again))
    expect([...receiver.done.keys()].toSorted()).toEqual(['r-1', 'r-2'])
  })

  test('what waits for longer than the limit is given up too, and an operator may throw it away', async () => {
    await receiver.stop()
    const webhook = await open({ giveUpAfterHours: 72 })
    await webhook.deliver('r-1', body())
    await until(() => webhook.status().state === 'retrying')
    clock.advance(71 * 3_600_000)
    await until(() => webhook.status().state === 'retrying' && clock.nextInMs() !== null)
    expect(webhook.dead()).toEqual([])
    clock.advance(2 * 3_600_000)
    await until(() => webhook.dead().length === 1)
    expect(lines.find(({ event }) => event === 'webhook.given-up')?.facts).toMatchObject({ why: 'too old' })
    expect(await webhook.discardDead(['another'])).toBe(0)
    expect(files()).toHaveLength(1)
    expect(await webhook.discardDead()).toBe(1)
    expect(files()).toEqual([])
    expect(lines.at(-1)).toMatchObject({ event: 'webhook.discarded', facts: { count: 1 } })
  })

  test('a damaged entry is given up in sight and holds nobody up; one that was taken away is told', async () => {
    await receiver.stop()
    const first = await open()
    for (const id of ['a', 'b', 'c']) await first.deliver(id, body())
    await close(first)
    const [damaged, gone] = files().toSorted() as [string, string]
    const path = join(folder, 'box', damaged)
    const bytes = readFileSync(path)
    writeFileSync(
      path,
      bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
    )
    await receiver.start()
    const webhook = await open()
    renameSync(join(folder, 'box', gone), join(folder, gone))
    await until(() => receiver.done.size >= 1 && webhook.status().waiting === 0)
    expect(webhook.dead()).toEqual(['a'])
    expect(lines.find(({ event }) => event === 'webhook.given-up')?.facts).toMatchObject({
      requestId: 'a',
      why: 'damaged',
    })
  })

  test('closing ends an attempt under way at once and keeps the entry for the next start', async () => {
    receiver.fail({ kind: 'silent' })
    const webhook = await open({ timeoutMs: 60_000 })
    await webhook.deliver('r-1', body())
    await until(() => receiver.seen.length === 1)
    const start = performance.now()
    await close(webhook)
    expect(performance.now() - start).toBeLessThan(1000)
    expect(files()).toHaveLength(1)
    receiver.heal()
    await drive(empty(await open()))
    expect(receiver.done.size).toBe(1)
  })

  test('no log line tells anything of a person, the secret, the signature or the address', async () => {
    const person = invented()
    const webhook = await open({ giveUpAfterRefusals: 1, timeoutMs: 150 })
    for (const [, fault] of away) receiver.fail(fault, { times: 1 })
    receiver.fail(answer(400), { times: 1 })
    const config = { portrait: false }
    await webhook.deliver(person.requestId, webhookPayload(person, { config, portrait: true }))
    await drive(() => webhook.dead().length === 1)
    expect(lines.length).toBeGreaterThan(away.length)
    const told = JSON.stringify([lines, webhook.status()])
    const values = person.fields.map(({ value }) => value)
    for (const secret of [...values, WEBHOOK_SECRET, 'v1,', '127.0.0.1', '/hook']) expect(told).not.toContain(secret)
  })
})

describe('when to try again', () => {
  const entry = (sequence: number) => ({ id: `e${sequence}`, sequence, bytes: 1, dead: false })
  const config = { firstRetryMs: 1000, longestRetryMs: 300_000 }

  test('the pause doubles up to the longest, and chance takes up to half of it', () => {
    for (const [fraction, share] of [
      [0, 0.5],
      [1, 1],
    ] as const) {
      const plan = new RetryPlan(config, () => fraction)
      const waits = Array.from({ length: 12 }, () => {
        plan.failed('e1', 0)
        const next = plan.next([entry(1)], 0)
        return 'waitMs' in next ? (next.waitMs ?? 0) / share : 0
      })
      expect(waits).toEqual([1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 300e3, 300e3, 300e3])
    }
  })

  test('however much waits, a server that is away is asked once a pause', () => {
    const plan = new RetryPlan(config, () => 0.5)
    const waiting = Array.from({ length: 500 }, (_, i) => entry(i))
    let [now, tries] = [0, 0]
    while (now < 3_600_000) {
      const next = plan.next(waiting, now)
      if ('entry' in next) {
        tries++
        plan.failed(next.entry.id, now)
      } else now += next.waitMs ?? 0
    }
    expect(tries).toBeGreaterThan(15)
    expect(tries).toBeLessThan(35)
  })

  test('what comes while a try is under way is worth a try of its own, though that one fails', () => {
    const plan = new RetryPlan(config, () => 0.5)
    const first = entry(0)
    expect(plan.next([first], 0)).toEqual({ entry: first })
    plan.arrived()
    plan.failed(first.id, 0)
    const second = entry(1)
    expect(plan.next([first, second], 0)).toEqual({ entry: second })
    plan.failed(second.id, 0)
    expect(plan.next([first, second], 0)).toHaveProperty('waitMs')
  })

  test('in any course of events something due is tried, and every entry in the end', () => {
    const outcome = fc.constantFrom('delivered', 'failed', 'refused', 'arrived' as const)
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 120 }), fc.integer({ min: 1, max: 12 }), (outcomes, count) => {
        const plan = new RetryPlan(config, () => 0.3)
        const waiting = Array.from({ length: count }, (_, i) => entry(i))
        let now = 0
        const step = (what: string): void => {
          const next = plan.next(waiting, now)
          if ('waitMs' in next) {
            expect(next.waitMs === null).toBe(waiting.length === 0)
            expect(next.waitMs ?? 1).toBeGreaterThan(0)
            expect(next.waitMs ?? 1).toBeLessThanOrEqual(config.longestRetryMs)
            now += next.waitMs ?? 0
          } else if (what === 'failed') plan.failed(next.entry.id, now)
          else if (what === 'refused') plan.refused(next.entry.id, now)
          else {
            plan.delivered(next.entry.id)
            waiting.splice(waiting.indexOf(next.entry), 1)
          }
        }
        for (const what of outcomes) {
          if (what === 'arrived') plan.arrived()
          step(what)
        }
        // The server is well again: all arrives, in few steps.
        for (let i = 0; i < 3 * count + 3; i++) step('delivered')
        expect(waiting).toEqual([])
      }),
    )
  })
})

describe('killed again and again while it delivers', () => {
  test('everything that was taken is done exactly once by its id', { timeout: 60_000 }, async () => {
    // Half of what arrives is answered late, so that many a kill falls between the deed and its being noted.
    const script = `
      import { randomBytes } from 'node:crypto'
      import { openOutbox } from '${dist}webhook/outbox.js'
      import { Webhook } from '${dist}webhook/webhook.js'
      import { webhookSecret } from '${dist}webhook/signature.js'
      import { connectorsConfigSchema } from '${dist}config.js'
      import { systemTimer } from '${dist}timer.js'
      const [folder, url, first, count] = process.argv.slice(1)
      const random = length => new Uint8Array(randomBytes(length))
      const { webhook: config } = connectorsConfigSchema.parse({ webhook: { url, secretFile: '/x',
        outbox: { folder, keyFile: '/x' }, firstRetryMs: 10, longestRetryMs: 50, timeoutMs: 2000 } })
      const outbox = await openOutbox({ folder, key: new Uint8Array(32).fill(9), limits: config.outbox, random })
      const webhook = new Webhook({ config, outbox, secrets: [webhookSecret('${WEBHOOK_SECRET}')], now: () => new Date(),
        random, timer: systemTimer, log: () => undefined })
      webhook.start()
      setInterval(() => undefined, 1000)
      for (let i = Number(first); i < Number(first) + Number(count); i++) {
        await webhook.deliver('id-' + i, new TextEncoder().encode(JSON.stringify({ i })))
        process.stdout.write('taken ' + i + '\\n')
      }
      const look = setInterval(() => webhook.status().waiting === 0 && process.stdout.write('empty\\n'), 5)`
    const taken = new Set<number>()
    const run = (round: number, count: number, stop: (text: string) => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const args = [
          '--input-type=module',
          '-e',
          script,
          join(folder, 'box'),
          receiver.url,
          String(round * 100),
          String(count),
        ]
        const running = spawn(process.execPath, args)
        let [heard, errors] = ['', '']
        running.stdout.on('data', chunk => {
          heard += String(chunk)
          if (stop(heard)) running.kill('SIGKILL')
        })
        running.stderr.on('data', chunk => {
          errors += String(chunk)
        })
        running.on('close', (_, signal) => {
          for (const [, i] of heard.matchAll(/taken (\d+)\n/g)) taken.add(Number(i))
          if (signal === 'SIGKILL') resolve()
          else reject(new Error(errors))
        })
      })
    receiver.fail({ kind: 'late', ms: 30 }, { times: 8 })
    for (let round = 0; round < 5; round++) await run(round, 20, heard => heard.split('taken').length > 5 + 3 * round)
    receiver.heal()
    await run(9, 0, heard => heard.includes('empty'))
    expect(taken.size).toBeGreaterThan(40)
    for (const i of taken) expect(receiver.done.get(`id-${i}`)).toBe(JSON.stringify({ i }))
    expect(receiver.refused).toEqual([])
    expect(files()).toEqual([])
  })
})
