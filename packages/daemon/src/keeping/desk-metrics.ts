// What a collector may know of a desk: counts, times and sizes. No person, no reader's name, no origin, no token.
import { readdirSync } from 'node:fs'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { ReadersNow } from '../readings/reader-watch.ts'
import type { EndedReading } from '../readings/reading.ts'
import type { AuditState } from './audit-log.ts'
import { Counter, exposition, Histogram, type MetricFamily, type Sample } from './exposition.ts'

/** What is looked at when somebody asks. */
export interface MetricSources {
  readonly version: string
  readonly readers: () => ReadersNow
  readonly audit?: (() => AuditState) | undefined
  /** What is to be delivered; undefined where nothing is. */
  readonly outbox?: () => OutboxNow | undefined
}

export interface OutboxNow {
  readonly waiting: number
  /** Given up, kept for an operator. */
  readonly dead: number
  readonly bytes: number
  /** Since the start. */
  readonly delivered: number
}

const DURATION_BOUNDS = [0.5, 1, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60]
const LOOP_QUANTILES = [50, 90, 99] as const
/** The loop is looked at this often; Node counts that time in. */
const LOOP_LOOK_MS = 10

/** Counts while the desk runs; ends with `close`. */
export class DeskMetrics {
  readonly #sources: MetricSources
  readonly #ended = new Counter()
  readonly #errors = new Counter()
  readonly #duration = new Histogram(DURATION_BOUNDS)
  readonly #loop: IntervalHistogram
  #open = 0

  constructor(sources: MetricSources) {
    this.#sources = sources
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_LOOK_MS })
    this.#loop.enable()
  }

  /** A reading began. */
  began(): void {
    this.#open++
  }

  /** A reading has ended. */
  finished({ state, verdict, error, cardMs }: EndedReading): void {
    this.#open--
    this.#ended.add({ state, colour: verdict?.colour ?? 'none' })
    if (error !== undefined) this.#errors.add({ code: error })
    if (cardMs !== undefined) this.#duration.observe(cardMs / 1000)
  }

  /** The exposition as it is now; the lag of the event loop is that since the last time. */
  text(): string {
    return exposition([...this.#readings(), ...this.#surroundings(), ...this.#process()])
  }

  close(): void {
    this.#loop.disable()
  }

  #readings(): readonly MetricFamily[] {
    return [
      this.#ended.family('cccd_readings_total', 'Readings that have ended, by state and colour of the verdict.'),
      this.#errors.family('cccd_reading_errors_total', 'Readings that ended with an error, by its code.'),
      gauge('cccd_readings_open', 'Readings that run or wait for a card.', this.#open),
      this.#duration.family('cccd_reading_duration_seconds', 'From the card to the end of a reading.'),
    ]
  }

  #surroundings(): readonly MetricFamily[] {
    const { readers: look, audit, outbox, version } = this.#sources
    const { service, readers } = look()
    const states = new Map<string, number>([
      ['empty', 0],
      ['card', 0],
      ['busy', 0],
      ['mute', 0],
    ])
    for (const { state } of readers) states.set(state, (states.get(state) ?? 0) + 1)
    const outboxNow = outbox?.()
    const log = audit?.()
    return [
      family('cccd_build_info', 'The version of this desk.', [{ value: 1, labels: { version } }]),
      gauge('cccd_pcsc_ready', 'Whether the smart card service answers.', service === 'ready' ? 1 : 0),
      family(
        'cccd_readers',
        'Readers by state.',
        [...states].map(([state, value]) => ({ value, labels: { state } })),
      ),
      ...(outboxNow
        ? [
            family('cccd_outbox_entries', 'Deliveries on the disk: those that wait, and those given up.', [
              { value: outboxNow.waiting, labels: { state: 'waiting' } },
              { value: outboxNow.dead, labels: { state: 'dead' } },
            ]),
            gauge('cccd_outbox_bytes', 'Their size.', outboxNow.bytes),
            counter('cccd_outbox_delivered_total', 'Deliveries that were taken.', outboxNow.delivered),
          ]
        : []),
      ...(log
        ? [
            gauge('cccd_audit_failing', 'Whether the audit log cannot be written.', log.state === 'failing' ? 1 : 0),
            gauge('cccd_audit_entries', 'Entries of the audit log since it began.', log.count),
            counter('cccd_audit_refused_total', 'Records that could not be written.', log.refused),
          ]
        : []),
    ]
  }

  #process(): readonly MetricFamily[] {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const lag = LOOP_QUANTILES.map(quantile => ({
      value: lateness(this.#loop.percentile(quantile)),
      labels: { quantile: String(quantile / 100) },
    }))
    const longest = lateness(this.#loop.max)
    this.#loop.reset()
    const files = openFiles()
    return [
      gauge('process_resident_memory_bytes', 'Resident memory.', rss),
      gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
      gauge('nodejs_heap_size_total_bytes', 'JavaScript heap taken from the system.', heapTotal),
      gauge('nodejs_external_memory_bytes', 'Memory outside the JavaScript heap.', external),
      counter('process_cpu_seconds_total', 'User and system time.', (user + system) / 1e6),
      gauge('process_start_time_seconds', 'When the process started, since the epoch.', performance.timeOrigin / 1000),
      ...(files === undefined ? [] : [gauge('process_open_fds', 'Open file descriptors.', files)]),
      // Quiet since the last look: there is nothing to tell but zero.
      family(
        'cccd_event_loop_lag_seconds',
        'How late the event loop was since the last look, by quantile; 1 is the worst.',
        [...lag, { value: longest, labels: { quantile: '1' } }],
      ),
    ]
  }
}

/** Nanoseconds between two looks, as seconds that the later one was late. */
const lateness = (ns: number): number => Math.max(0, ns / 1e9 - LOOP_LOOK_MS / 1000)

/** Linux tells; elsewhere nobody does. */
function openFiles(): number | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc/self/fd').length - 1
}

const family = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  samples,
})
const gauge = (name: string, help: string, value: number): MetricFamily => family(name, help, [{ value }])
const counter = (name: string, help: string, value: number): MetricFamily => ({
  name,
  help,
  type: 'counter',
  samples: [{ value }],
})
