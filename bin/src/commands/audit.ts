import { readdir } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CHAIN_FAULTS,
  type ChainEntry,
  type ChainFault,
  type ChainKey,
  type ChainReport,
  createChainKeyFile,
  type NotedHead,
  normalNumber,
  readChainKeyFile,
  speaksOf,
  verifyChain,
} from '@cccd/daemon/audit'
import { FormatError, isPersonalNumber } from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { type Output, table, UsageError } from '../output.ts'
import { type Context, readStdin } from '../wiring.ts'

/** `cccd audit verify|find|key`: judges a desk's audit log, asks it for a number, makes its key. */
export async function audit(
  context: Context,
  options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const [action, place, ...more] = words
  if (place === undefined || more.length > 0) throw wantsPlace()
  switch (action) {
    case 'verify':
      return verify(context, options, place)
    case 'find':
      return find(context, options, place)
    case 'key': {
      const { id } = await createChainKeyFile(place, context.random)
      context.output.result({ file: place, keyId: id }, () => table([[place, id]]))
      return EXIT.ok
    }
    default:
      throw wantsPlace()
  }
}

function wantsPlace(): UsageError {
  return new UsageError({
    vi: 'cccd audit nhận: verify THƯ-MỤC, find THƯ-MỤC, key TỆP.',
    en: 'cccd audit takes: verify FOLDER, find FOLDER, key FILE.',
  })
}

const EXIT_OF: Readonly<Record<ChainReport['overall'], ExitCode>> = {
  successful: EXIT.ok,
  undetermined: EXIT.undetermined,
  failed: EXIT.failed,
}

async function verify({ output }: Context, options: Record<string, unknown>, folder: string): Promise<ExitCode> {
  const key = await keyOf(options)
  const { report } = await judged(folder, { key, noted: notedHead(options.noted), wanted: () => false })
  output.result({ folder, ...report, faults: report.faults.map(inWords) }, () => reportLines(report, output))
  return EXIT_OF[report.overall]
}

async function find(context: Context, options: Record<string, unknown>, folder: string): Promise<ExitCode> {
  const { output } = context
  const key = await keyOf(options)
  if (!key)
    throw new UsageError({ vi: 'Cần --key: chỉ khóa mới hỏi được.', en: '--key is needed: only the key can ask.' })
  const asked = await askedNumber(context, options)
  const about = await judged(folder, { key, wanted: entry => speaksOf(entry, { key, ...asked }) })
  const { overall } = about.report
  // The other entries of the same readings: consent, bundle, exports.
  const requests = new Set(about.entries.map(({ body }) => body.requestId).filter(id => typeof id === 'string'))
  const { entries } = await judged(folder, {
    key,
    wanted: ({ body }) => typeof body.requestId === 'string' && requests.has(body.requestId),
  })
  const readings = about.entries.length
  output.result(
    { folder, overall, readings, entries: entries.map(({ seq, at, body }) => ({ seq, at, ...body })) },
    () => [
      ...table(entries.map(entry => [entry.at, entryLine(entry)])),
      output.pick(
        readings > 0
          ? { vi: `Số này đã được đọc ${readings} lần.`, en: `This number was read ${readings} times.` }
          : { vi: 'Nhật ký không có lần đọc nào của số này.', en: 'The log holds no reading of this number.' },
      ),
      ...(overall === 'successful' ? [] : [output.pick(NOT_WHOLE)]),
    ],
  )
  return EXIT_OF[overall]
}

const NOT_WHOLE: Text = {
  vi: 'Nhật ký không nguyên vẹn: câu trả lời có thể thiếu. Chạy cccd audit verify.',
  en: 'The log does not hold together: the answer may be incomplete. Run cccd audit verify.',
}

async function askedNumber(
  context: Context,
  { number, document }: Record<string, unknown>,
): Promise<{ readonly name: 'personalNumber' | 'documentNumber'; readonly value: string }> {
  if ((typeof number === 'string') === (typeof document === 'string')) {
    throw new UsageError({
      vi: 'Cần một trong hai: --number hoặc --document (“-” đọc từ stdin).',
      en: 'One of --number and --document is needed (“-” reads it from stdin).',
    })
  }
  const given = String(number ?? document)
  const value = normalNumber(given === '-' ? await readStdin(context.stdin) : given)
  if (typeof number !== 'string') return { name: 'documentNumber', value }
  if (!isPersonalNumber(value))
    throw new FormatError('PERSONAL_NUMBER_MALFORMED', 'this is no personal number of 12 digits')
  return { name: 'personalNumber', value }
}

async function keyOf({ key }: Record<string, unknown>): Promise<ChainKey | undefined> {
  return typeof key === 'string' ? readChainKeyFile(key) : undefined
}

function notedHead(noted: unknown): NotedHead | undefined {
  if (typeof noted !== 'string') return undefined
  const found = /^(\d{1,15}):([0-9a-f]{64})$/.exec(noted)
  if (found) return { count: Number(found[1]), hash: found[2] as string }
  throw new UsageError({
    vi: '--noted là SỐ:MÃ-BĂM, như cccd audit verify đã in.',
    en: '--noted is COUNT:HASH as cccd audit verify prints it.',
  })
}

const TRIES = 4
const MOST_ENTRIES = 100_000

/** Verifies; a desk that writes meanwhile may be caught within a line or a deletion, so such findings are looked at again. */
async function judged(
  folder: string,
  given: {
    readonly key: ChainKey | undefined
    readonly noted?: NotedHead | undefined
    readonly wanted: (entry: ChainEntry) => boolean
  },
): Promise<{ readonly report: ChainReport; readonly entries: readonly ChainEntry[] }> {
  // A folder that is not there is no log that was taken away.
  await readdir(folder)
  for (let tries = 1; ; tries++) {
    const entries: ChainEntry[] = []
    const onEntry = (entry: ChainEntry): void => {
      if (entries.length < MOST_ENTRIES && given.wanted(entry)) entries.push(entry)
    }
    try {
      const report = await verifyChain(folder, { ...given, onEntry })
      if (tries === TRIES || !report.faults.some(({ code }) => code === 'TAIL_UNMARKED')) return { report, entries }
    } catch (error) {
      if (tries === TRIES || (error as { code?: unknown }).code !== 'ENOENT') throw error
    }
    await pause(150)
  }
}

const inWords = (fault: ChainFault): ChainFault & Text & { readonly weight: string } => ({
  ...fault,
  ...CHAIN_FAULTS[fault.code],
})

const VERDICT: Readonly<Record<ChainReport['overall'], Text>> = {
  successful: { vi: '✔ NHẬT KÝ NGUYÊN VẸN', en: '✔ THE LOG HOLDS TOGETHER' },
  undetermined: { vi: '? CHƯA XÁC ĐỊNH', en: '? UNDETERMINED' },
  failed: { vi: '✘ NHẬT KÝ ĐÃ BỊ THAY ĐỔI HOẶC HỎNG', en: '✘ THE LOG WAS ALTERED OR IS DAMAGED' },
}

function reportLines(report: ChainReport, output: Output): string[] {
  const { first, last, dropped, repairs, faults } = report
  const row = (vi: string, en: string, value: string): readonly [string, string] => [output.pick({ vi, en }), value]
  return [
    output.pick(VERDICT[report.overall]),
    ...table([
      ...(report.chain ? [row('Nhật ký', 'Log', report.chain), row('Khóa', 'Key', report.keyId ?? '')] : []),
      row('Số dòng', 'Entries', `${report.entries}`),
      row('Số tệp', 'Segments', `${report.segments}`),
      ...(first && last ? [row('Thời gian', 'Time', `${first.at} … ${last.at}`)] : []),
      ...(dropped > 0 ? [row('Đã xóa theo thời hạn', 'Deleted after their time', `${dropped}`)] : []),
      ...(last ? [row('Hãy ghi lại (--noted)', 'Note this (--noted)', `${last.seq + 1}:${last.hash}`)] : []),
    ]),
    ...repairs.map(({ at, file, line, torn, refused, cause }) =>
      output.pick({
        vi: `  sửa chữa ${at} (${file}:${line})${torn ? `: ${torn.length} byte hỏng` : ''}${refused ? `: ${refused} dòng không ghi được, ${cause}` : ''}`,
        en: `  repair ${at} (${file}:${line})${torn ? `: ${torn.length} torn bytes` : ''}${refused ? `: ${refused} entries not written, ${cause}` : ''}`,
      }),
    ),
    ...faults.map(fault => `  ${fault.code}${placeOf(fault)}: ${output.pick(CHAIN_FAULTS[fault.code])}`),
  ]
}

function placeOf({ file, line, offset, seq }: ChainFault): string {
  const place = file === undefined ? '' : ` ${file}${line === undefined ? '' : `:${line}`}`
  return `${place}${offset === undefined ? '' : ` (byte ${offset})`}${seq === undefined ? '' : ` #${seq}`}`
}

/** What an entry of a reading says in one line; an operator's words are not here, so codes do. */
function entryLine({ seq, body }: ChainEntry): string {
  const verdict = body.verdict as { readonly colour?: unknown } | undefined
  const by = body.by as { readonly label?: unknown } | undefined
  const parts = [body.state, verdict?.colour, body.error, body.policy, body.purpose, body.form, body.reader, by?.label]
  return [`#${seq}`, body.kind, ...parts.filter(part => typeof part === 'string'), body.requestId].join('  ')
}
