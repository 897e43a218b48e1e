/** The thread in which jobs are drafted: portraits, keys, files, sealing. */
import { parentPort, workerData } from 'node:worker_threads'
import { CardToolkitError } from '@cccd/card-core'
import type { DraftSettings, DraftTask } from './draft.ts'
import { draftAll, type ThreadAnswer } from './draft-threads.ts'

if (parentPort && workerData) {
  const port = parentPort
  port.on('message', async (tasks: readonly DraftTask[]) => {
    const answer = (message: ThreadAnswer): void => port.postMessage(message)
    try {
      answer({ answers: await draftAll(tasks, workerData as DraftSettings) })
    } catch (error) {
      if (error instanceof CardToolkitError) answer({ error: { code: error.code, message: error.message } })
      else answer({ fault: error instanceof Error ? error.name : 'unknown' })
    }
  })
}
