/** The thread in which pictures are read, one after the other. */
import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { CardToolkitError, type ErrorCode, type ErrorFacts } from '@cccd/mrz'
import type { ReadOptions } from './read-options.ts'
import { readPicture } from './read-picture.ts'
import type { PictureReading } from './reading.ts'

export interface PictureTask {
  readonly id: number
  readonly bytes: Uint8Array
  readonly options: ReadOptions
}

export type PictureAnswer =
  | { readonly id: number; readonly reading: PictureReading }
  | { readonly id: number; readonly error: { code: ErrorCode; message: string; facts: ErrorFacts } }
  | { readonly id: number; readonly fault: string }

parentPort?.on('message', async (task: PictureTask) => {
  const { id } = task
  const answer = (message: PictureAnswer): void => parentPort?.postMessage(message)
  try {
    answer({ id, reading: await readPicture(task.bytes, task.options, () => performance.now()) })
  } catch (error) {
    if (error instanceof CardToolkitError) {
      const { code, message, facts } = error
      answer({ id, error: { code, message, facts } })
    } else answer({ id, fault: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' })
  }
})
parentPort?.postMessage('ready')
