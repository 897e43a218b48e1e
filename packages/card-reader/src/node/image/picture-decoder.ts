import { Worker } from 'node:worker_threads'
import { FormatError } from '@cccd/mrz'
import { type ReadOptions, TIME_LIMIT_MS } from './read-options.ts'
import type { PictureReading } from './reading.ts'
import type { PictureAnswer, PictureTask } from './worker.ts'

export interface PictureDecoderOptions {
  /** How many pictures are read at a time. Default 1. */
  readonly threads?: number
}

/** Reads pictures in threads of its own, so that the caller's never stalls. */
export interface PictureDecoder {
  /**
   * All QR symbols of a picture: PNG, JPEG, WebP, PDF, or a camera's frame with `options.frame`. No text is no error.
   * Throws FormatError IMAGE_MALFORMED when the bytes are none of these, broken, claim an absurd size, or hold the thread
   * up beyond the time limit.
   */
  decode(bytes: Uint8Array, options?: ReadOptions): Promise<PictureReading>
  /** Ends the threads; pictures still waiting are refused. */
  close(): Promise<void>
}

interface Waiting {
  readonly bytes: Uint8Array
  readonly options: ReadOptions
  readonly resolve: (reading: PictureReading) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  /** It came up: whatever goes wrong from now on is the picture's doing. */
  ready: boolean
  task: (Waiting & { readonly id: number; readonly timer: NodeJS.Timeout }) | null
}

// Beyond the limit a step may still end; one that does not is cut off with its thread.
const GRACE_MS = 2000
const MEMORY = { maxOldGenerationSizeMb: 512 }

// Right from src/node/image and from dist/node/image: threads run no TypeScript.
const WORKER = new URL('../../../dist/node/image/worker.js', import.meta.url)

/** Threads start with the first picture and do not keep the program running while they have nothing to do. */
export function openPictureDecoder(options: PictureDecoderOptions = {}): PictureDecoder {
  const most = Math.max(1, options.threads ?? 1)
  const threads = new Set<Thread>()
  const queue: Waiting[] = []
  let [nextId, closed] = [1, false]

  const start = (): Thread => {
    const thread: Thread = {
      worker: new Worker(WORKER, { resourceLimits: MEMORY, execArgv: [] }),
      ready: false,
      task: null,
    }
    threads.add(thread)
    thread.worker.on('message', (answer: PictureAnswer | 'ready') => {
      if (answer === 'ready') {
        thread.ready = true
        return
      }
      const { task } = thread
      if (task?.id !== answer.id) return
      if ('fault' in answer) {
        // A decoder that stumbled may be in any state: the next picture gets a new one.
        drop(thread, refusal('the picture broke its decoder', answer.fault))
        return
      }
      settle(thread)
      if ('reading' in answer) task.resolve(answer.reading)
      else task.reject(new FormatError(answer.error.code, answer.error.message, answer.error.facts))
      next()
    })
    // Out of memory, for example: the picture is refused, and the next one gets a new thread.
    thread.worker.on('error', cause =>
      drop(thread, thread.ready ? refusal('the picture broke its decoder', cause) : cause),
    )
    thread.worker.on('exit', () => drop(thread, refusal('the decoder ended')))
    return thread
  }

  const settle = (thread: Thread): void => {
    if (thread.task) clearTimeout(thread.task.timer)
    thread.task = null
    thread.worker.unref()
  }

  const drop = (thread: Thread, error: unknown): void => {
    const { task } = thread
    settle(thread)
    if (!threads.delete(thread)) return
    void thread.worker.terminate()
    task?.reject(error)
    next()
  }

  const next = (): void => {
    if (closed || queue.length === 0) return
    let free = [...threads].find(({ task }) => task === null)
    if (free === undefined && threads.size < most) free = start()
    if (free === undefined) return
    const thread = free
    const waiting = queue.shift() as Waiting
    const id = nextId++
    const limit = waiting.options.timeLimitMs ?? TIME_LIMIT_MS
    // A caller that was busy itself finds timer and answer waiting: the answer comes first.
    const tooLong = (): void => {
      if (thread.task?.id === id) drop(thread, refusal('the picture took too long'))
    }
    const timer = setTimeout(() => setImmediate(tooLong), limit + GRACE_MS)
    thread.task = { ...waiting, id, timer }
    thread.worker.ref()
    // A copy goes over: the caller keeps its bytes, whatever memory they are a view of.
    const bytes = Uint8Array.from(waiting.bytes)
    const message: PictureTask = { id, bytes, options: waiting.options }
    thread.worker.postMessage(message, [bytes.buffer])
    next()
  }

  return {
    decode: (bytes, readOptions = {}) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(refusal('the decoder is closed'))
        queue.push({ bytes, options: readOptions, resolve, reject })
        next()
      }),
    async close() {
      closed = true
      for (const { reject } of queue.splice(0)) reject(refusal('the decoder is closed'))
      const all = [...threads]
      for (const thread of all) drop(thread, refusal('the decoder is closed'))
      await Promise.all(all.map(({ worker }) => worker.terminate()))
    },
  }
}

function refusal(detail: string, cause?: unknown): FormatError {
  return new FormatError('IMAGE_MALFORMED', detail, {}, cause === undefined ? {} : { cause })
}

let shared: PictureDecoder | undefined

/** `decode` of a decoder with one thread that this program shares and never closes; see PictureDecoder. */
export function decodePicture(bytes: Uint8Array, options: ReadOptions = {}): Promise<PictureReading> {
  shared ??= openPictureDecoder()
  return shared.decode(bytes, options)
}
