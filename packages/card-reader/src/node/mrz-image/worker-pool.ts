/** Worker threads that read pixels, so that the thread that serves a desk never waits for a picture. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Grey } from './grey.ts'
import type { MrzPictureReading } from './judge.ts'
import type { PixelsToRead } from './worker.ts'

const most = Math.max(1, Math.min(4, availableParallelism() - 1))
const idle: Worker[] = []
const waiting: (() => void)[] = []
let busy = 0

/** Reads pixels in a worker, which is ended when it takes longer than the limit and a half. `signal` ends it at once; the
 * promise is then rejected with its reason. The pixels are handed over and gone afterwards. */
export async function readInWorker(
  picture: Grey,
  { timeLimitMs, signal }: { readonly timeLimitMs: number; readonly signal?: AbortSignal | undefined },
): Promise<MrzPictureReading> {
  while (busy >= most) await new Promise<void>(resolve => waiting.push(resolve))
  busy++
  try {
    signal?.throwIfAborted()
    return await reading(idle.pop() ?? startedWorker(), { picture, timeLimitMs, signal })
  } finally {
    busy--
    waiting.shift()?.()
  }
}

function startedWorker(): Worker {
  // From src/node/mrz-image and from dist/node/mrz-image alike: Node 20 runs no TypeScript.
  const worker = new Worker(new URL('../../../dist/node/mrz-image/worker.js', import.meta.url), {
    // Not the parent's: conditions that lead to sources would be among them when it is a test.
    execArgv: [],
  })
  worker.unref()
  return worker
}

function reading(
  worker: Worker,
  { picture, timeLimitMs, signal }: PixelsToRead & { readonly signal: AbortSignal | undefined },
): Promise<MrzPictureReading> {
  worker.ref()
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void, keep: boolean): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      worker.off('message', answered).off('error', failed)
      worker.unref()
      if (keep) idle.push(worker)
      else void worker.terminate()
      finish()
    }
    const answered = (result: MrzPictureReading): void => settle(() => resolve(result), true)
    const failed = (cause: unknown): void => settle(() => reject(cause), false)
    const aborted = (): void => settle(() => reject(signal?.reason), false)
    const timer = setTimeout(
      () => settle(() => resolve({ kind: 'unread', reason: 'TIME_LIMIT' }), false),
      timeLimitMs * 1.5,
    )
    signal?.addEventListener('abort', aborted)
    worker.on('message', answered).on('error', failed)
    worker.postMessage({ picture, timeLimitMs } satisfies PixelsToRead, [picture.data.buffer as ArrayBuffer])
  })
}
