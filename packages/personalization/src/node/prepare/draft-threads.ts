import { Worker } from 'node:worker_threads'
import { CardToolkitError, type ErrorCode, FormatError, JobError, type LdsFiles } from '@cccd/card-core'
import { type DraftSettings, type DraftTask, makeDraft } from './draft.ts'
import { type SealedDraft, sealDraft } from './sealing.ts'

/** What became of a record: a sealed draft and what its signature needs, or why it cannot become a card. */
export type DraftAnswer =
  | {
      readonly kind: 'drafted'
      readonly sealed: SealedDraft
      readonly personalNumber: string
      readonly files: LdsFiles
    }
  | { readonly kind: 'refused'; readonly line: number; readonly code: ErrorCode; readonly field?: string }

/** Drafts one record after the other. Throws what is no fault of a record. */
export async function draftAll(tasks: readonly DraftTask[], settings: DraftSettings): Promise<DraftAnswer[]> {
  const answers: DraftAnswer[] = []
  for (const task of tasks) {
    try {
      const draft = await makeDraft(task, settings)
      const { personalNumber, files } = draft
      answers.push({ kind: 'drafted', sealed: sealDraft(draft), personalNumber, files })
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      const { field } = error.facts
      answers.push({
        kind: 'refused',
        line: task.line,
        code: error.code,
        ...(typeof field === 'string' ? { field } : {}),
      })
    }
  }
  return answers
}

interface Waiting {
  readonly tasks: readonly DraftTask[]
  readonly resolve: (answers: DraftAnswer[]) => void
  readonly reject: (cause: unknown) => void
}

/** What a thread answers: the drafts, or the fault that no record has. */
export type ThreadAnswer =
  | { readonly answers: DraftAnswer[] }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } }
  | { readonly fault: string }

/** Threads that draft; with none the calling thread does it. */
export class DraftThreads {
  readonly #settings: DraftSettings
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, Waiting>()
  readonly #queue: Waiting[] = []
  readonly #most: number

  constructor(settings: DraftSettings, threads: number) {
    this.#settings = settings
    this.#most = threads
  }

  async draft(tasks: readonly DraftTask[]): Promise<DraftAnswer[]> {
    if (this.#most <= 0) return await draftAll(tasks, this.#settings)
    return await new Promise((resolve, reject) => {
      this.#queue.push({ tasks, resolve, reject })
      this.#work()
    })
  }

  #work(): void {
    while (this.#queue.length > 0 && (this.#idle.length > 0 || this.#busy.size < this.#most)) {
      const worker = this.#idle.pop() ?? this.#started()
      const one = this.#queue.shift() as Waiting
      this.#busy.set(worker, one)
      worker.postMessage(one.tasks)
    }
  }

  #started(): Worker {
    // From src/node/prepare and from dist/node/prepare alike: Node 20 runs no TypeScript.
    const worker = new Worker(new URL('../../../dist/node/prepare/worker.js', import.meta.url), {
      workerData: this.#settings,
      // Not the parent's: conditions that lead to sources would be among them when it is a test.
      execArgv: [],
    })
    const free = (): Waiting | undefined => {
      const one = this.#busy.get(worker)
      this.#busy.delete(worker)
      return one
    }
    worker.on('message', (answer: ThreadAnswer) => {
      const one = free()
      this.#idle.push(worker)
      if ('answers' in answer) one?.resolve(answer.answers)
      else if ('error' in answer) one?.reject(new CardToolkitError(answer.error.code, answer.error.message))
      else one?.reject(new JobError('JOB_FAILED', `a job could not be drafted: ${answer.fault}`))
      this.#work()
    })
    worker.on('error', cause => {
      free()?.reject(new JobError('JOB_FAILED', 'a thread that drafts jobs ended', {}, { cause }))
      this.#work()
    })
    return worker
  }

  async close(): Promise<void> {
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()]
    await Promise.all(workers.map(worker => worker.terminate()))
    const closed = new JobError('JOB_FAILED', 'drafting was closed')
    for (const one of [...this.#busy.values(), ...this.#queue.splice(0)]) one.reject(closed)
    this.#busy.clear()
  }
}
