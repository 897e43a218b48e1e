import { EventEmitter, once } from 'node:events'
import {
  DEFAULT_CONFIG,
  findScanners,
  meansDevice,
  openScanners,
  parseScannerConfig,
  type ScannerConfig,
  type ScannerEvent,
  SYSTEM_DRIVERS,
} from '@cccd/card-reader/scanner'
import { FormatError } from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { readTextUpTo } from '../json-file.ts'
import { jsonText, printable, table, UsageError } from '../output.ts'
import { eventLines } from '../scan-view.ts'
import type { Context } from '../wiring.ts'

/**
 * `cccd scan`: what the scanners of this desk bring: one scan, or with --watch every event until Ctrl-C; with --json one
 * JSON value a line. Personal data go to stdout and nowhere else. Ends with `ok` after a scan, or when --watch is
 * stopped; with `cancelled` when stopped before a scan came, with `input` when standard input ended without one. Scanners
 * that are not there are waited for with --watch; without it that is NO_SCANNER, or SCANNER_FAILED when none of them opens.
 */
export async function scan(context: Context, options: Record<string, unknown>): Promise<ExitCode> {
  const { output, streams } = context
  const config = await configuration(options)
  if (options.list === true) return list(context, config)
  const watch = options.watch === true
  output.say(
    watch
      ? { vi: 'Đang chờ máy quét; Ctrl-C để dừng.', en: 'Waiting for scanners; Ctrl-C stops.' }
      : { vi: 'Hãy quét một mã.', en: 'Scan a code.' },
  )
  const input = options.stdin === true ? context.stdin : undefined
  // An input that is being waited for keeps the process from ending.
  const release = (): void => (input as { destroy?: () => void } | undefined)?.destroy?.()
  const lines = linesTo(streams.stdout)
  const signal = AbortSignal.any([context.signal, lines.gone])
  signal.addEventListener('abort', release, { once: true })
  let scans = 0
  try {
    const text = input === undefined ? {} : { text: { input } }
    for await (const event of openScanners(config, { signal, now: context.now, wait: watch, ...text })) {
      await lines.write(output.json ? [jsonLine(event)] : eventLines(event, output.pick).map(printable))
      if (event.kind !== 'scan') continue
      scans++
      if (!watch) break
    }
  } finally {
    signal.removeEventListener('abort', release)
    release()
  }
  if (watch || scans > 0) return EXIT.ok
  return signal.aborted ? EXIT.cancelled : EXIT.input
}

/** Lines to a stream, no faster than they are taken away. Whoever reads them may leave: then `gone` aborts. */
function linesTo(stream: Context['streams']['stdout']): {
  readonly gone: AbortSignal
  write(lines: readonly string[]): Promise<void>
} {
  const gone = new AbortController()
  if (stream instanceof EventEmitter) stream.once('error', () => gone.abort())
  return {
    gone: gone.signal,
    async write(lines) {
      const taken = gone.signal.aborted || stream.write(`${lines.join('\n')}\n`)
      if (taken !== false || !(stream instanceof EventEmitter)) return
      await once(stream, 'drain', { signal: gone.signal }).catch(() => undefined)
    },
  }
}

const MOST_CONFIG = 1 << 20

/** --config names a file, --port one serial port with the usual settings; --stdin alone asks for no device. */
async function configuration(options: Record<string, unknown>): Promise<ScannerConfig> {
  const { port, config, stdin } = options
  if (typeof port === 'string' && typeof config === 'string') {
    throw new UsageError({
      vi: 'Chỉ dùng một trong hai: --port hoặc --config.',
      en: 'Give --port or --config, not both.',
    })
  }
  if (typeof config === 'string') {
    const text = await readTextUpTo(config, MOST_CONFIG)
    if (text.length > MOST_CONFIG) throw new FormatError('SCANNER_CONFIG_MALFORMED', 'the file is too long')
    return parseScannerConfig(text)
  }
  if (typeof port === 'string') return { scanners: [{ kind: 'serial', match: { path: port } }] }
  return stdin === true ? { scanners: [] } : DEFAULT_CONFIG
}

/** Every device that could be a scanner, and whether the configuration opens it. */
async function list({ output }: Context, config: ScannerConfig): Promise<ExitCode> {
  const [serial, hid] = await Promise.all([SYSTEM_DRIVERS.serial(), SYSTEM_DRIVERS.hid()])
  const used = await findScanners({ rules: config.scanners, drivers: { serial, hid } })
  const [ports, hids] = await Promise.all([serial.list(), hid.list()])
  const others = [
    ...ports.map(device => ({ kind: 'serial' as const, device })),
    ...hids.map(device => ({ kind: 'hid' as const, device })),
  ].filter(
    ({ kind, device }) => !used.some(one => one.rule.kind === kind && meansDevice({ path: one.device.path }, device)),
  )
  const scanners = [
    ...used.map(({ scanner }) => ({ ...scanner, used: true })),
    ...others.map(({ kind, device: { product, ...ids } }) => ({
      label: product ?? ids.path,
      kind,
      ...ids,
      used: false,
    })),
  ]
  output.result({ scanners }, () =>
    scanners.length === 0
      ? [output.pick({ vi: 'Không thấy máy quét nào.', en: 'No scanner is there.' })]
      : table(
          scanners.map(({ label, kind, path, vendorId, productId, serialNumber, used }) => [
            label,
            [
              kind,
              path ?? '',
              vendorId === undefined ? '' : `${vendorId}:${productId ?? ''}`,
              serialNumber ?? '',
              used
                ? output.pick({ vi: 'sẽ dùng', en: 'will be used' })
                : output.pick({ vi: 'không có quy tắc nào nhận', en: 'no rule means it' }),
            ]
              .filter(Boolean)
              .join('  '),
          ]),
        ).map(printable),
  )
  return scanners.length === 0 ? EXIT.reader : EXIT.ok
}

/** Bytes as hexadecimal digits. */
function jsonLine(event: ScannerEvent): string {
  const { kind } = event
  const readable =
    kind === 'damaged' && 'bytes' in event.damage
      ? { ...event, damage: { ...event.damage, bytes: Buffer.from(event.damage.bytes).toString('hex') } }
      : event
  return jsonText(readable, 0).trimEnd()
}
