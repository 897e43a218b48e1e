/** The worker thread: pixels come, a reading goes. */
import { parentPort } from 'node:worker_threads'
import type { Grey } from './grey.ts'
import { readMrzPixels } from './read-picture.ts'

/** What the worker is sent. */
export interface PixelsToRead {
  readonly picture: Grey
  readonly timeLimitMs: number
}

parentPort?.on('message', ({ picture, timeLimitMs }: PixelsToRead) => {
  const end = performance.now() + timeLimitMs
  parentPort?.postMessage(readMrzPixels(picture, () => performance.now() > end))
})
