import { JobError } from '@cccd/card-core'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'
import { openJobs } from './issue-jobs.ts'

/** `cccd issue erase JOBS --job ID… | --all`: destroys the keys of jobs, so that nobody reads them any more. */
export async function issueErase(
  { output, now }: Context,
  options: Readonly<Record<string, unknown>>,
  [folder]: readonly string[],
): Promise<ExitCode> {
  const asked = (options.job ?? []) as readonly string[]
  const all = options.all === true
  if (all === asked.length > 0) {
    throw new UsageError({ vi: 'Chọn --job MÃ hoặc --all.', en: 'Choose --job ID or --all.' })
  }
  const store = await openJobs(folder)
  try {
    const known = store.list().map(({ id }) => id)
    // Whoever mistyped an id believes that something is gone.
    if (asked.some(id => !known.includes(id))) throw new JobError('JOB_FAILED', 'there is no such job; none was erased')
    const erased = store.erase(all ? known : asked, now())
    output.result({ erased }, () => [
      output.pick({ vi: `Đã hủy khóa của ${erased} thẻ.`, en: `The keys of ${erased} jobs were destroyed.` }),
    ])
    return EXIT.ok
  } finally {
    store.close()
  }
}
