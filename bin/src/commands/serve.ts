import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { FormatError } from '@cccd/card-core'
import { openReaderService } from '@cccd/card-reader/pcsc'
import {
  configFileFaults,
  type DeskConfig,
  faultFacts,
  jsonLog,
  type Log,
  type RunningDesk,
  startDesk,
} from '@cccd/daemon'
import { anchorsFrom } from '../anchors.ts'
import { type DeskSettings, deskSettings, foldersOf } from '../desk-settings.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Context } from '../wiring.ts'

type Options = Record<string, unknown>

/**
 * `cccd serve`: the desk, until Ctrl-C or SIGTERM. Its address goes to stdout, with a one-time code where a person sees
 * it (a terminal, or --json), and never to a service manager's journal; its log goes to stderr as JSON lines. `--check`
 * tells what is wrong with the configuration and ends.
 */
export async function serve(context: Context, options: Options): Promise<ExitCode> {
  const settings = await deskSettings(context, options)
  if (options.check === true) return check(context, options, settings)
  const { config } = settings
  if (!config) throw malformed(settings)
  const log = jsonLog({ now: context.now, write: line => context.streams.stderr.write(line) })
  const faults = watchFaults(log)
  const desk = await start(context, options, config, log)
  try {
    tell(context, desk)
    await ended(context.signal, desk, faults)
  } finally {
    await desk.close()
  }
  return faults.aborted ? EXIT.internal : EXIT.ok
}

async function start(context: Context, options: Options, config: DeskConfig, log: Log): Promise<RunningDesk> {
  const { now, random } = context
  const folders = foldersOf(config, context, options)
  const common = { config, folders, version: version(), now, random, log, pageFolder: pageFolder() }
  if (options.simulate !== true) {
    const loadAnchors = () => anchorsFrom(options.trust ?? config.trustStore, context)
    return startDesk({ ...common, loadAnchors, openReaders: () => openReaderService() })
  }
  const [{ openDrawer }, { simulatedDesk }] = await Promise.all([
    import('../drawer.ts'),
    import('../simulated-readers.ts'),
  ])
  // What a clerk trains with belongs in no log of what was really done.
  const { audit: _, ...training } = config
  const simulated = simulatedDesk()
  const drawer = openDrawer({ desk: simulated, now, random })
  const desk = await startDesk({
    ...{ ...common, config: training, drawer, openReaders: () => simulated.openReaders() },
    loadAnchors: async () => drawer.anchors(),
  })
  // The drawer's authority is made in the background; nobody can lay a card before.
  drawer.ready.then(
    () => desk.reloadAnchors(),
    error => log('error', 'drawer-failed', faultFacts(error)),
  )
  return desk
}

/** Prints where the desk is. The code opens the page for whoever reads it, so it is told to people alone. */
function tell({ output, streams }: Context, desk: RunningDesk): void {
  const { url, port, socket } = desk
  const toPerson = output.json || (streams.stdout as { readonly isTTY?: boolean }).isTTY === true
  const code = toPerson ? desk.pairingCode() : undefined
  const pairing = code === undefined ? undefined : { code, page: `${url}#code=${code}` }
  output.result({ url, port, pid: process.pid, ...(socket && { socket }), ...(pairing && { pairing }) }, () =>
    pairing
      ? [
          output.pick({ vi: `Trang của máy đọc:  ${pairing.page}`, en: `The desk’s page:  ${pairing.page}` }),
          output.pick({
            vi: `Mã ghép nối: ${pairing.code} (dùng một lần, trong 15 phút). Mã khác: cccd pair. Dừng: Ctrl-C.`,
            en: `Pairing code: ${pairing.code} (once, within 15 minutes). Another: cccd pair. Stop: Ctrl-C.`,
          }),
        ]
      : [
          output.pick({
            vi: `Trang của máy đọc: ${url} (lấy mã bằng cccd pair)`,
            en: `The desk’s page: ${url} (get a code with cccd pair)`,
          }),
        ],
  )
}

/** Resolves when the desk is to end. SIGHUP reads the trust store again, as service managers ask for it; where a
 * terminal is behind it, it is the terminal that was closed. */
async function ended(signal: AbortSignal, desk: RunningDesk, faults: AbortSignal): Promise<void> {
  const over = AbortSignal.any([signal, faults])
  await new Promise<void>(resolve => {
    const hangUp = (): void => (process.stdout.isTTY ? resolve() : void desk.reloadAnchors())
    process.on('SIGHUP', hangUp)
    const end = (): void => resolve()
    over.addEventListener('abort', end, { once: true })
    if (over.aborted) end()
  })
}

/** A fault that nothing caught ends the desk in order: a service manager starts it anew. What the system would print of
 * it may hold what was being read, so only its kind and place are logged. */
function watchFaults(log: Log): AbortSignal {
  const abort = new AbortController()
  const fault = (error: unknown): void => {
    log('error', 'fault', faultFacts(error))
    abort.abort()
  }
  process.on('uncaughtException', fault)
  process.on('unhandledRejection', fault)
  return abort.signal
}

async function check(context: Context, options: Options, settings: DeskSettings): Promise<ExitCode> {
  const { output } = context
  const { file, config } = settings
  const faults = [...settings.faults, ...(config ? await configFileFaults(config) : [])]
  if (config && options.simulate !== true) {
    try {
      await anchorsFrom(options.trust ?? config.trustStore, context)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      const place = error.facts.file === undefined ? '' : ` (${error.facts.file})`
      faults.push({ path: 'trustStore', vi: `Kho chứng thư không dùng được${place}`, en: `${error.message}${place}` })
    }
  }
  const name = file ?? output.pick({ vi: '(không có tệp: mọi giá trị mặc định)', en: '(no file: all by default)' })
  output.result({ file: file ?? null, ok: faults.length === 0, faults }, () =>
    faults.length === 0
      ? [output.pick({ vi: `Cấu hình dùng được: ${name}`, en: `The configuration is fine: ${name}` })]
      : [
          output.pick({
            vi: `Cấu hình có ${faults.length} chỗ sai: ${name}`,
            en: `${faults.length} things are wrong: ${name}`,
          }),
          ...faults.flatMap(({ path, vi, en }) => [`  ${path || '/'}`, `    ${vi}`, `    ${en}`]),
        ],
  )
  return faults.length === 0 ? EXIT.ok : EXIT.file
}

function malformed({ file, faults }: DeskSettings): FormatError {
  const [first] = faults
  return new FormatError('DESK_CONFIG_MALFORMED', first?.en ?? 'the configuration is malformed', {
    ...(file !== undefined && { file }),
    ...(first?.path && { field: first.path }),
  })
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The page as `npm run build` makes it, in the daemon's package. */
function pageFolder(): string {
  return fileURLToPath(new URL('./page/', import.meta.resolve('@cccd/daemon')))
}
