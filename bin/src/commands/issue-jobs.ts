import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { JobStore } from '@cccd/personalization/prepare'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'

/** Opens the jobs of a folder without their key. Throws the system's error where there are none. */
export async function openJobs(folder: string | undefined): Promise<JobStore> {
  if (folder === undefined) throw new UsageError({ vi: 'Thiếu thư mục thẻ.', en: 'The folder of jobs is missing.' })
  // Nothing is made where there is nothing.
  await stat(join(folder, 'jobs.db'))
  return await JobStore.open(folder)
}

const STATES = {
  prepared: { vi: 'sẵn sàng', en: 'prepared' },
  drafted: { vi: 'chưa ký', en: 'not signed' },
  'awaiting-chip-key': { vi: 'chờ khóa của chip', en: 'waits for the keys of its chip' },
  erased: { vi: 'đã hủy khóa', en: 'erased' },
} as const

/** `cccd issue jobs JOBS`: which jobs there are and how far each is; nothing of a holder. */
export async function issueJobs(
  { output }: Context,
  _: Readonly<Record<string, unknown>>,
  [folder]: readonly string[],
): Promise<ExitCode> {
  const store = await openJobs(folder)
  try {
    const jobs = store.list()
    const counts: Record<string, number> = {}
    for (const { state } of jobs) counts[state] = (counts[state] ?? 0) + 1
    output.result({ jobs, counts }, () => [
      ...jobs.map(({ id, line, state, at }) => `${id}  ${line}  ${at}  ${output.pick(STATES[state])}`),
      Object.entries(counts)
        .map(([state, count]) => `${count} ${output.pick(STATES[state as keyof typeof STATES])}`)
        .join(', ') || output.pick({ vi: 'Không có thẻ nào.', en: 'There is no job.' }),
    ])
    return EXIT.ok
  } finally {
    store.close()
  }
}
