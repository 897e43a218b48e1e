import { createHash } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { DeskMetrics } from '../keeping/desk-metrics.ts'
import { EXPOSITION_TYPE, exposition, Histogram } from '../keeping/exposition.ts'
import { type MetricsConfig, metricsConfigSchema } from '../keeping/keeping-config.ts'
import type { EndedReading } from '../readings/reading.ts'
import { runTestDesk, type TestDesk } from '../testing/running-desk.ts'
import { checkCollector } from './metrics.ts'

interface ReadSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads an exposition by the grammar of the format, and refuses what a collector would refuse. */
function parse(text: string): { types: Map<string, string>; samples: ReadSample[] } {
  const types = new Map<string, string>()
  const samples: ReadSample[] = []
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/.exec(line)
    if (type) {
      expect(types.has(type[1] as string)).toBe(false)
      types.set(type[1] as string, type[2] as string)
      continue
    }
    if (/^# HELP [a-zA-Z_:][\w:]* [^\n]+$/.test(line)) continue
    const sample =
      /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (-?[\d.e+-]+|[+-]Inf|NaN)$/.exec(line)
    if (!sample) expect.fail(`no sample: ${line}`)
    const labels = Object.fromEntries(
      [...(sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
    )
    samples.push({ name: sample[1] as string, labels, value: Number(sample[3]?.replace('Inf', 'Infinity')) })
  }
  for (const { name } of samples)
    expect(types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram').toBe(true)
  return { types, samples }
}

const desks: TestDesk[] = []
async function running(config: Record<string, unknown>): Promise<TestDesk> {
  const desk = await runTestDesk(config)
  desks.push(desk)
  return desk
}
afterAll(async () => {
  for (const desk of desks) await desk.close()
})

const caller = { tokenId: '1', origin: null, scopes: new Set([]), role: 'clerk', label: 'Quầy Bí Mật' } as const
const ended = (given: Partial<EndedReading>): EndedReading => ({
  id: 'r',
  caller,
  state: 'done',
  policy: 'kyc',
  reader: 'Đầu đọc 12345',
  ms: 5000,
  ...given,
})

describe('the metrics', () => {
  const metrics = new DeskMetrics({
    version: '1.2.3',
    readers: () => ({
      service: 'ready',
      readers: [
        { name: 'Đầu đọc 12345', state: 'card' },
        { name: 'b', state: 'empty' },
      ],
    }),
    audit: () => ({
      state: 'failing',
      cause: 'ENOSPC',
      refused: 3,
      chain: 'c',
      count: 99,
      hash: 'h',
      whenFailing: 'go-on',
    }),
    outbox: () => ({ waiting: 4, dead: 1, bytes: 4096, delivered: 7 }),
  })
  afterAll(() => metrics.close())
  const verdict = { overall: 'successful', colour: 'green', policy: 'kyc', because: [] } as const

  test('count readings by state and colour, errors by code, and times by bucket, in the format of the collector', () => {
    for (const _ of [1, 2, 3]) metrics.began()
    metrics.finished(ended({ verdict, cardMs: 1500, subject: { personalNumber: '999190000001' } }))
    metrics.finished(ended({ state: 'failed', error: 'CARD_REMOVED', cardMs: 700 }))
    const { types, samples } = parse(metrics.text())
    const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
      samples.find(one => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.value
    expect(value('cccd_readings_total', { state: 'done', colour: 'green' })).toBe(1)
    expect(value('cccd_readings_total', { state: 'failed', colour: 'none' })).toBe(1)
    expect(value('cccd_reading_errors_total', { code: 'CARD_REMOVED' })).toBe(1)
    expect(value('cccd_readings_open')).toBe(1)
    expect(value('cccd_reading_duration_seconds_bucket', { le: '1' })).toBe(1)
    expect(value('cccd_reading_duration_seconds_bucket', { le: '2' })).toBe(2)
    expect(value('cccd_reading_duration_seconds_bucket', { le: '+Inf' })).toBe(2)
    expect(value('cccd_reading_duration_seconds_sum')).toBeCloseTo(2.2)
    expect(value('cccd_readers', { state: 'card' })).toBe(1)
    expect(value('cccd_readers', { state: 'busy' })).toBe(0)
    expect(value('cccd_outbox_entries', { state: 'waiting' })).toBe(4)
    expect(value('cccd_outbox_delivered_total')).toBe(7)
    expect(value('cccd_audit_failing')).toBe(1)
    expect(value('cccd_audit_refused_total')).toBe(3)
    expect(value('cccd_build_info', { version: '1.2.3' })).toBe(1)
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
    expect(types.get('cccd_reading_duration_seconds')).toBe('histogram')
    if (process.platform === 'linux') expect(value('process_open_fds')).toBeGreaterThan(3)
  })

  test('name no person, reader, label, origin or log', () => {
    const text = metrics.text()
    for (const secret of ['999190000001', '12345', 'Bí Mật', 'Đầu đọc']) expect(text).not.toContain(secret)
  })

  test('tell how late the event loop was since the last look', async () => {
    metrics.text()
    await new Promise(resolve => setTimeout(resolve, 30))
    const until = performance.now() + 120
    while (performance.now() < until);
    await new Promise(resolve => setTimeout(resolve, 30))
    const worst = (): number =>
      parse(metrics.text()).samples.find(
        ({ name, labels }) => name === 'cccd_event_loop_lag_seconds' && labels.quantile === '1',
      )?.value ?? -1
    expect(worst()).toBeGreaterThan(0.08)
    expect(worst()).toBeLessThan(0.08)
  })

  test('escape what a label may hold, and leave out families without samples', () => {
    const text = exposition([
      {
        name: 'a',
        help: 'x\\y\nz',
        type: 'gauge',
        samples: [{ value: Number.POSITIVE_INFINITY, labels: { b: 'q"\\\n' } }],
      },
      { name: 'c', help: 'nothing', type: 'counter', samples: [] },
    ])
    expect(text).toBe('# HELP a x\\\\y\\nz\n# TYPE a gauge\na{b="q\\"\\\\\\n"} +Inf\n')
    expect(parse(text).samples).toHaveLength(1)
  })

  test('count every observation in each bucket that it fits', () => {
    const histogram = new Histogram([1, 2])
    for (const value of [1, 1.5, 99]) histogram.observe(value)
    expect(histogram.family('h', 'h').samples.map(({ value }) => value)).toEqual([1, 2, 3, 101.5, 3])
  })
})

describe('GET /metrics', () => {
  test('is not there unless the configuration asks for it', async () => {
    const desk = await running({})
    expect((await desk.ask('/metrics')).status).toBe(404)
  })

  test('answers this machine without a token', async () => {
    const desk = await running({ metrics: {} })
    const { status, headers, text } = await desk.ask('/metrics')
    expect([status, headers.get('content-type')]).toEqual([200, EXPOSITION_TYPE])
    expect(parse(text).samples.find(({ name }) => name === 'cccd_readers')?.value).toBeDefined()
  })

  test('with a token answers whoever shows it, and nobody else, whatever else they hold', async () => {
    const secret = 'a-long-random-secret-of-the-collector'
    const desk = await running({ metrics: { tokenSha256: createHash('sha256').update(secret).digest('hex') } })
    expect((await desk.ask('/metrics')).json.error.code).toBe('TOKEN_MISSING')
    expect((await desk.ask('/metrics', { token: await desk.token({ role: 'operator' }) })).json.error.code).toBe(
      'TOKEN_REFUSED',
    )
    expect((await desk.ask('/metrics', { headers: { authorization: secret } })).json.error.code).toBe('TOKEN_REFUSED')
    expect((await desk.ask('/metrics', { token: secret })).status).toBe(200)
  })

  test('without a token is not there for another machine', () => {
    const code = (rule: MetricsConfig, address: string | undefined): unknown => {
      try {
        return checkCollector(rule, { address, authorization: undefined })
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    const open = metricsConfigSchema.parse({})
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', undefined])
      expect(code(open, address)).toBeUndefined()
    for (const address of ['192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7', ''])
      expect(code(open, address)).toBe('NOT_FOUND')
  })
})

describe('what is kept', () => {
  test('nothing by default: the operator is told so', async () => {
    const desk = await running({})
    const token = await desk.token({ role: 'operator' })
    expect((await desk.ask('/v1/audit', { token })).json).toEqual({ on: false })
    expect((await desk.ask('/v1/consent/texts', { token: await desk.token() })).json).toEqual({ texts: [] })
  })
})
