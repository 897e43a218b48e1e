/** Cards drawn in worker threads, so that a line draws one on every core. */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { FormatError, JobError } from '@cccd/mrz'
import type { CardVariant } from '../../art/index.ts'
import type { ArtJob, FinishedArt } from './art-job.ts'
import { renderArt } from './art-job.ts'
import { type FontChoice, type LoadedFont, loadFonts } from './fonts.ts'
import { demandLayout, type LayoutTexts, parseLayout, readLayout } from './layouts.ts'
import type { ArtAnswer, ArtSetup, ArtTask } from './worker.ts'

export interface CardArtOptions {
  readonly fonts?: FontChoice
  /** Folders with `front.svg` and `back.svg`; the shipped layouts when absent. */
  readonly layoutFolders?: Readonly<Partial<Record<CardVariant, string>>>
  /** As many as there are cores when absent; 0 draws in the thread that calls. */
  readonly threads?: number
}

export interface CardArt {
  /** The fonts in use, for the record of a batch. */
  readonly fonts: readonly LoadedFont[]
  /** SHA-256 of both sides' files, for the same. */
  readonly layouts: Readonly<Record<CardVariant, readonly [front: string, back: string]>>
  /** Draws one card; jobs wait for a free thread. Rejects as `renderArt` throws. */
  render(job: ArtJob): Promise<FinishedArt>
  /** Ends the threads; what is still waiting is rejected. */
  close(): Promise<void>
}

/** Reads fonts and layouts and starts the threads. Rejects with FormatError FONT_UNUSABLE, or LAYOUT_MALFORMED for a layout
 * that lacks a field or breaks a rule, and with the file system's error for a folder that cannot be read. */
export async function openCardArt(options: CardArtOptions = {}): Promise<CardArt> {
  const loaded = await loadFonts(options.fonts)
  const faces = loaded.map(({ face }) => face)
  const cards = ['2021', '2024'] as const
  const texts = await Promise.all(cards.map(card => readLayout(card, options.layoutFolders?.[card])))
  const layouts: Partial<Record<CardVariant, LayoutTexts>> = {}
  for (const [i, card] of cards.entries()) {
    demandLayout(parseLayout(texts[i] as LayoutTexts), card, faces)
    layouts[card] = texts[i] as LayoutTexts
  }
  const digests = { '2021': digestsOf(layouts['2021']), '2024': digestsOf(layouts['2024']) }
  const threads = options.threads ?? availableParallelism()
  if (threads <= 0) {
    const means = {
      layouts: Object.fromEntries(cards.map((card, i) => [card, parseLayout(texts[i] as LayoutTexts)])),
      fonts: faces,
      fontFiles: loaded.map(({ file }) => file),
      grounds: new Map(),
    }
    return { fonts: loaded, layouts: digests, render: job => renderArt(job, means), close: () => Promise.resolve() }
  }
  const ocrB = loaded.find(({ face }) => face.family === 'OCR B')?.file
  const setup: ArtSetup = { fonts: { ...options.fonts, ...(ocrB ? { ocrB } : {}) }, layouts }
  const pool = new ArtThreads(setup, threads)
  return { fonts: loaded, layouts: digests, render: job => pool.render(job), close: () => pool.close() }
}

function digestsOf(texts: LayoutTexts | undefined): readonly [string, string] {
  const digest = (text: string | undefined) =>
    createHash('sha256')
      .update(text ?? '')
      .digest('hex')
  return [digest(texts?.front), digest(texts?.back)]
}

interface Waiting {
  readonly job: ArtJob
  readonly resolve: (art: FinishedArt) => void
  readonly reject: (cause: unknown) => void
}

class ArtThreads {
  readonly #setup: ArtSetup
  readonly #most: number
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, Waiting>()
  readonly #queue: Waiting[] = []
  #closed = false
  #next = 0

  constructor(setup: ArtSetup, most: number) {
    this.#setup = setup
    this.#most = most
  }

  render(job: ArtJob): Promise<FinishedArt> {
    if (this.#closed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject })
      this.#work()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const one of this.#queue.splice(0)) one.reject(closed())
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()]
    for (const one of this.#busy.values()) one.reject(closed())
    this.#busy.clear()
    await Promise.all(workers.map(worker => worker.terminate()))
  }

  #work(): void {
    while (this.#queue.length > 0 && (this.#idle.length > 0 || this.#busy.size < this.#most)) {
      const worker = this.#idle.pop() ?? this.#started()
      const one = this.#queue.shift() as Waiting
      this.#busy.set(worker, one)
      worker.ref()
      worker.postMessage({ id: this.#next++, job: one.job } satisfies ArtTask)
    }
  }

  #started(): Worker {
    // From src/node/art and from dist/node/art alike: Node 20 runs no TypeScript.
    const worker = new Worker(new URL('../../../dist/node/art/worker.js', import.meta.url), {
      workerData: this.#setup,
      // Not the parent's: conditions that lead to sources would be among them when it is a test.
      execArgv: [],
    })
    worker.on('message', (answer: ArtAnswer) => {
      const one = this.#busy.get(worker)
      this.#busy.delete(worker)
      if (this.#closed) return
      worker.unref()
      this.#idle.push(worker)
      if ('art' in answer) one?.resolve(answer.art)
      else if ('error' in answer) {
        const { code, message, facts } = answer.error
        one?.reject(new FormatError(code, message, facts))
      } else one?.reject(new JobError('JOB_FAILED', `a card could not be drawn: ${answer.fault}`))
      this.#work()
    })
    worker.on('error', cause => {
      const one = this.#busy.get(worker)
      this.#busy.delete(worker)
      const at = this.#idle.indexOf(worker)
      if (at >= 0) this.#idle.splice(at, 1)
      one?.reject(new JobError('JOB_FAILED', 'the thread that draws cards ended', {}, { cause }))
      if (!this.#closed) this.#work()
    })
    return worker
  }
}

function closed(): JobError {
  return new JobError('JOB_FAILED', 'the drawing of cards was closed')
}
