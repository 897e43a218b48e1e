import { stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { INTAKE_FILES } from '@cccd/personalization/intake'
import {
  type DraftSettings,
  JobStore,
  openPool,
  type PrepareProgress,
  type PrepareResult,
  prepareBatch,
} from '@cccd/personalization/prepare'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { table, UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'

type Options = Readonly<Record<string, unknown>>

/** How many refused records are shown to people; with --json all are told. */
const SHOWN = 20

/** `cccd issue prepare BATCH --signers pool.json --out JOBS --key FILE`: jobs of the records that intake accepted, signed and
 * encrypted. Ends with `ok` when every record became a job, with `undetermined` when some could not. */
export async function issuePrepare(context: Context, options: Options, [given]: readonly string[]): Promise<ExitCode> {
  const { output, now, signal } = context
  if (given === undefined) throw new UsageError({ vi: 'Thiếu lô hồ sơ.', en: 'The batch of records is missing.' })
  const settings = settingsOf(options)
  const threads = threadsOf(options.threads)
  const out = required(options.out, '--out')
  const keyFile = required(options.key, '--key')
  const signers = settings.keysFromChip === true ? undefined : required(options.signers, '--signers')
  // The key that opens every job is no use as a lock when it lies with them.
  const place = relative(resolve(out), resolve(keyFile))
  if (!place.startsWith('..') && !isAbsolute(place)) {
    throw new UsageError({ vi: '--key phải nằm ngoài --out.', en: '--key must lie outside of --out.' })
  }
  const batch = (await stat(given)).isDirectory() ? join(given, INTAKE_FILES.accepted) : given
  const pool = signers === undefined ? undefined : await openPool(signers, { now })
  try {
    const store = await JobStore.open(out, keyFile)
    try {
      const result = await prepareBatch({
        batch,
        store,
        settings,
        now,
        signal,
        reissue: options.reissue === true,
        ...(pool ? { signing: pool.service } : {}),
        ...(threads === undefined ? {} : { threads }),
        progress: one => output.status(progressLine(context, one)),
      })
      output.status('')
      const keys = pool?.service.state() ?? []
      output.result({ ...result, out, signers: keys }, () => [
        output.pick(summary(result)),
        ...table(
          result.refused
            .slice(0, SHOWN)
            .map(({ line, code, field }) => [`${line}`, field ? `${code} (${field})` : code]),
        ),
        ...table(keys.map(({ subject, used, limit }) => [`${used}/${limit}`, subject])),
      ])
      return result.refused.length === 0 ? EXIT.ok : EXIT.undetermined
    } finally {
      store.close()
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    output.status('')
    output.say({ vi: 'Đã dừng. Chạy lại cùng lệnh để làm tiếp.', en: 'Stopped. The same command goes on.' })
    return EXIT.cancelled
  } finally {
    await pool?.close()
  }
}

function progressLine({ output }: Context, { done, of, refused, perSecond, secondsLeft }: PrepareProgress): string {
  const left = secondsLeft === undefined ? '?' : Math.ceil(secondsLeft)
  return output.pick({
    vi: `${done}/${of} hồ sơ, từ chối ${refused}, ${perSecond.toFixed(1)} hồ sơ/giây, còn ${left} giây`,
    en: `${done} of ${of} records, ${refused} refused, ${perSecond.toFixed(1)} a second, ${left} s left`,
  })
}

function summary({ records, prepared, before, awaiting, refused }: PrepareResult): { vi: string; en: string } {
  return {
    vi: `${records} hồ sơ: chuẩn bị ${prepared}, đã xong từ trước ${before}, chờ khóa của chip ${awaiting}, từ chối ${refused.length}.`,
    en: `${records} records: ${prepared} prepared, ${before} done before, ${awaiting} wait for their chip's keys, ${refused.length} refused.`,
  }
}

function required(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  throw new UsageError({ vi: `Thiếu ${name}.`, en: `${name} is missing.` })
}

function choice<T extends string>(value: unknown, name: string, all: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  const found = all.find(one => one === value)
  if (found !== undefined) return found
  const [vi, en] = [`${name} nhận ${all.join(', ')}.`, `${name} takes ${all.join(', ')}.`]
  throw new UsageError({ vi, en })
}

function threadsOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const threads = Number(value)
  if (Number.isInteger(threads) && threads >= 0 && threads <= 256) return threads
  throw new UsageError({ vi: '--threads nhận số từ 0 đến 256.', en: '--threads takes a number from 0 to 256.' })
}

const AA_KINDS = { ec: 'EC', rsa: 'RSA', none: 'none' } as const

function settingsOf(options: Options): DraftSettings {
  const card = choice(options.card, '--card', ['2021', '2024'] as const)
  const ldsVersion = choice(options.lds, '--lds', ['1.7', '1.8'] as const)
  const aa = choice(options.activeAuthentication, '--active-authentication', ['ec', 'rsa', 'none'] as const)
  return {
    ...(card ? { card } : {}),
    ...(ldsVersion ? { ldsVersion } : {}),
    ...(aa ? { activeAuthentication: AA_KINDS[aa] } : {}),
    ...(Array.isArray(options.cvca) ? { cvca: options.cvca as readonly string[] } : {}),
    ...(options.keysFromChip === true ? { keysFromChip: true } : {}),
    ...(typeof options.portraits === 'string' ? { portraits: options.portraits } : {}),
  }
}
