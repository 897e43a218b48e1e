import { mkdir } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { REASON_WORDS } from '@cccd/personalization'
import { type BatchFormat, takeIn } from '@cccd/personalization/intake'
import { requireNewFolder } from '../card-view.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { table, UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'

/** `cccd issue intake FILE --out FOLDER`: sorts a batch of records into those that go on and those that go back. Ends with
 * `ok` when every record may go on, with `undetermined` when some were sent back. */
export async function issueIntake(
  context: Context,
  options: Record<string, unknown>,
  [input]: readonly string[],
): Promise<ExitCode> {
  const { output, now, signal } = context
  if (input === undefined) throw new UsageError({ vi: 'Thiếu tệp hồ sơ.', en: 'The file of records is missing.' })
  const out = typeof options.out === 'string' ? options.out : `${input}.intake`
  await requireNewFolder(out)
  const register =
    typeof options.register === 'string' ? options.register : join(dirname(resolve(out)), 'batches.jsonl')
  await mkdir(dirname(resolve(register)), { recursive: true })
  const begin = now().getTime()
  const { report, files } = await takeIn({
    input,
    format: formatOf(input, options.format),
    out,
    register,
    now,
    signal,
    again: options.again === true,
    ...(typeof options.portraits === 'string' ? { portraits: options.portraits } : {}),
    progress({ records, rejected }) {
      const rate = Math.round((records * 1000) / Math.max(1, now().getTime() - begin))
      output.status(
        output.pick({
          vi: `${records} hồ sơ, trả lại ${rejected}, ${rate} hồ sơ/giây`,
          en: `${records} records, ${rejected} sent back, ${rate} a second`,
        }),
      )
    },
  })
  output.status('')
  output.result({ report, files, out }, () => [
    output.pick({
      vi: `${report.records} hồ sơ: nhận ${report.accepted} (lưu ý ${report.warned}), trả lại ${report.rejected}.`,
      en: `${report.records} records: ${report.accepted} accepted (${report.warned} with warnings), ${report.rejected} sent back.`,
    }),
    ...table(
      report.reasons.map(({ reason, field, count }) => [`${count}  ${field}`, output.pick(REASON_WORDS[reason])]),
    ),
    join(out, files.page),
  ])
  return report.rejected === 0 ? EXIT.ok : EXIT.undetermined
}

function formatOf(input: string, asked: unknown): BatchFormat {
  if (asked === 'csv' || asked === 'ndjson') return asked
  if (asked === undefined) return extname(input).toLowerCase() === '.csv' ? 'csv' : 'ndjson'
  throw new UsageError({ vi: '--format nhận ndjson hoặc csv.', en: '--format takes ndjson or csv.' })
}
