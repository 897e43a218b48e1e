import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { type ErrorCode, JobError } from '@cccd/card-core'
import type { ChipPublicKeys } from '../../prepare/chip-keys.ts'
import type { SodOutcome, Unsigned } from '../../prepare/sod-service.ts'
import { completeDraft, type DraftSettings, type DraftTask, jobId } from './draft.ts'
import { type DraftAnswer, DraftThreads } from './draft-threads.ts'
import type { JobStore } from './job-store.ts'

/** Whatever signs batches of documents: a SodService. */
export interface DocumentSigning {
  sign(batch: readonly Unsigned[]): Promise<readonly SodOutcome[]>
}

/** A record that became no job. */
export interface RefusedRecord {
  readonly line: number
  readonly code: ErrorCode
  readonly field?: string
}

export interface PrepareProgress {
  /** Records that are through, those of earlier runs among them. */
  readonly done: number
  readonly of: number
  readonly refused: number
  /** Records a second of this run. */
  readonly perSecond: number
  /** Absent while nothing can be said. */
  readonly secondsLeft?: number
}

export interface PrepareOptions {
  /** `accepted.ndjson` of an intake. */
  readonly batch: string
  readonly store: JobStore
  /** Not needed where chips make their keys: then nothing is signed yet. */
  readonly signing?: DocumentSigning
  readonly settings: DraftSettings
  /** The cards are issued anew: other content under the same numbers is meant. */
  readonly reissue?: boolean
  /** As many as there are cores when absent; 0 drafts in the thread that calls. */
  readonly threads?: number
  /** Documents that are signed and stored together. */
  readonly together?: number
  readonly now: () => Date
  readonly signal?: AbortSignal
  progress?(progress: PrepareProgress): void
}

export interface PrepareResult {
  /** Upper-case hex. */
  readonly batch: string
  readonly records: number
  /** Signed by this run, and what an earlier run had drafted among them. */
  readonly prepared: number
  /** Prepared or erased before. */
  readonly before: number
  /** Wait for the keys of their chips. */
  readonly awaiting: number
  readonly refused: readonly RefusedRecord[]
}

const CHUNK = 8

/** SHA-256 and number of lines of a file. */
async function lookThrough(path: string, signal?: AbortSignal): Promise<{ sha256: string; lines: number }> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) })) {
    const bytes = chunk as Buffer
    hash.update(bytes)
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  }
  return { sha256: hash.digest('hex').toUpperCase(), lines }
}

async function* acceptedRecords(
  path: string,
  batch: string,
): AsyncGenerator<DraftTask | { readonly id: null; readonly line: number }> {
  let own = 0
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    own++
    let value: { line?: unknown; record?: unknown }
    try {
      value = JSON.parse(text) as typeof value
    } catch {
      value = {}
    }
    if (Number.isSafeInteger(value?.line) && typeof value.record === 'object') {
      const line = value.line as number
      yield { id: jobId(batch, line), line, record: value.record }
    } else yield { id: null, line: own }
  }
}

/**
 * Makes jobs of the records that an intake accepted, and puts them into the store: drafted in worker threads, kept there,
 * and only then signed in batches. A run that was killed is begun again with the same arguments: what is prepared is left
 * alone, what was drafted is signed as it was drafted, the rest is made. Records that cannot become a card, or whose number
 * was signed before with other content, are told with their reason; the others go on. Throws what `signing.sign` throws,
 * JobError, and an AbortError when `signal` aborts.
 */
export async function prepareBatch(options: PrepareOptions): Promise<PrepareResult> {
  const { sha256: batch, lines } = await lookThrough(options.batch, options.signal)
  const line = new PreparationLine(options, lines)
  try {
    for await (const task of acceptedRecords(options.batch, batch)) {
      options.signal?.throwIfAborted()
      if (task.id === null) line.refuse({ line: task.line, code: 'DOCUMENT_MALFORMED' })
      else await line.take(task)
    }
    await line.end()
  } finally {
    await line.close()
  }
  return { batch, ...line.result() }
}

/** Gives an awaiting job the public keys that its chip made, and signs it. Throws JobError when the job does not await
 * them, FormatError for keys that are none, SignerError as `signing.sign` or for a number that was signed before. */
export async function supplyChipKeys(
  id: string,
  publicKeys: ChipPublicKeys,
  {
    store,
    signing,
    settings,
    now,
    reissue,
  }: Pick<PrepareOptions, 'store' | 'settings' | 'now' | 'reissue'> & {
    readonly signing: DocumentSigning
  },
): Promise<void> {
  switch (store.state(id)) {
    case 'awaiting-chip-key':
      store.complete(completeDraft(store.draft(id), publicKeys, settings), now())
      break
    case 'drafted': {
      // A run died after the keys were taken and before the signature: other keys would be another card.
      const { files } = store.draft(id)
      const { files: again } = completeDraft({ ...store.draft(id) }, publicKeys, settings)
      const same = Buffer.from(files['EF.DG14'] ?? []).equals(Buffer.from(again['EF.DG14'] ?? []))
      const same15 = Buffer.from(files['EF.DG15'] ?? []).equals(Buffer.from(again['EF.DG15'] ?? []))
      if (!same || !same15) throw new JobError('JOB_FAILED', 'the job has other keys already')
      break
    }
    default:
      throw new JobError('JOB_FAILED', 'the job does not await the keys of its chip')
  }
  const { personalNumber, files } = store.draft(id)
  const [outcome] = await signing.sign([{ number: personalNumber, files, ...(reissue === true && { reissue }) }])
  if (outcome?.kind !== 'signed') throw outcome?.error ?? new JobError('JOB_FAILED', 'nothing was signed')
  store.finish([{ id, sod: outcome.sod, documentSigner: outcome.keyId }], now())
}

interface Drafted {
  readonly id: string
  readonly line: number
  readonly personalNumber: string
  readonly files: Unsigned['files']
}

class PreparationLine {
  readonly #options: PrepareOptions
  readonly #of: number
  readonly #threads: DraftThreads
  readonly #width: number
  readonly #together: number
  readonly #refused: RefusedRecord[] = []
  readonly #began: number
  #chunk: DraftTask[] = []
  /** Chunks that are being drafted. */
  readonly #out = new Set<Promise<void>>()
  #drafted: Extract<DraftAnswer, { kind: 'drafted' }>[] = []
  #toSign: Drafted[] = []
  /** The batches that are being stored and signed, one after the other. */
  #signing: Promise<void> = Promise.resolve()
  #waiting = 0
  #failure: { readonly cause: unknown } | undefined
  #closed = false
  #prepared = 0
  #before = 0
  #awaiting = 0

  constructor(options: PrepareOptions, of: number) {
    this.#options = options
    this.#of = of
    const threads = options.threads ?? availableParallelism()
    this.#threads = new DraftThreads(options.settings, threads)
    this.#width = Math.max(1, threads) * 2
    this.#together = options.together ?? 256
    this.#began = options.now().getTime()
  }

  result(): Omit<PrepareResult, 'batch'> {
    return {
      records: this.#of,
      prepared: this.#prepared,
      before: this.#before,
      awaiting: this.#awaiting,
      refused: this.#refused.toSorted((a, b) => a.line - b.line),
    }
  }

  refuse(record: RefusedRecord): void {
    this.#refused.push(record)
    this.#tell()
  }

  async take(task: DraftTask): Promise<void> {
    const { store } = this.#options
    switch (store.state(task.id)) {
      case 'prepared':
      case 'erased':
        this.#before++
        this.#tell()
        return
      case 'awaiting-chip-key':
        this.#awaiting++
        this.#tell()
        return
      case 'drafted': {
        const { id, line, personalNumber, files } = store.draft(task.id)
        this.#toSign.push({ id, line, personalNumber, files })
        if (this.#toSign.length >= this.#together) this.#passOn()
        break
      }
      case undefined:
        this.#chunk.push(task)
        if (this.#chunk.length >= CHUNK) this.#send()
        break
    }
    // Not more in memory than the threads need to stay busy, and than one batch being signed while the next one fills.
    while (this.#out.size >= this.#width) await Promise.race(this.#out)
    if (this.#waiting > 1) await this.#signing
    this.#throwFailure()
  }

  async end(): Promise<void> {
    this.#send()
    await Promise.all(this.#out)
    this.#passOn()
    await this.#signing
    this.#throwFailure()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#threads.close()
    await Promise.all(this.#out)
    // What is being signed is stored, whatever happened elsewhere.
    await this.#signing
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.cause
  }

  #send(): void {
    if (this.#chunk.length === 0) return
    const tasks = this.#chunk
    this.#chunk = []
    const one = this.#threads
      .draft(tasks)
      .then(answers => {
        if (this.#closed) return
        for (const answer of answers) {
          if (answer.kind === 'drafted') this.#drafted.push(answer)
          else {
            const { kind: _, ...record } = answer
            this.refuse(record)
          }
        }
        if (this.#drafted.length >= this.#together) this.#passOn()
      })
      .catch((cause: unknown) => {
        this.#failure ??= { cause }
      })
      .finally(() => this.#out.delete(one))
    this.#out.add(one)
  }

  /** Puts what is drafted into the queue for the store and the signers. */
  #passOn(): void {
    const [drafted, again] = [this.#drafted, this.#toSign]
    this.#drafted = []
    this.#toSign = []
    if (drafted.length + again.length === 0) return
    this.#waiting++
    this.#signing = this.#signing
      .then(async () => {
        if (!this.#failure && !this.#closed) await this.#keepAndSign(drafted, again)
      })
      .catch((cause: unknown) => {
        this.#failure ??= { cause }
      })
      .finally(() => {
        this.#waiting--
      })
  }

  async #keepAndSign(
    drafted: readonly Extract<DraftAnswer, { kind: 'drafted' }>[],
    again: readonly Drafted[],
  ): Promise<void> {
    const { store, signing, now, settings, reissue } = this.#options
    const awaits = settings.keysFromChip === true
    const fresh = store.begin(
      drafted.map(({ sealed }) => sealed),
      now(),
      awaits ? 'awaiting-chip-key' : 'drafted',
    )
    // What another run kept first is that run's.
    this.#before += drafted.length - fresh.size
    const mine: Drafted[] = [
      ...again,
      ...drafted.flatMap(({ sealed: { id, line }, personalNumber, files }) =>
        fresh.has(id) ? [{ id, line, personalNumber, files }] : [],
      ),
    ]
    if (awaits) this.#awaiting += fresh.size
    if (awaits || mine.length === 0) {
      this.#tell()
      return
    }
    if (!signing) throw new JobError('JOB_FAILED', 'there are no document signers')
    const outcomes = await signing.sign(
      mine.map(({ personalNumber, files }) => ({
        number: personalNumber,
        files,
        ...(reissue === true ? { reissue } : {}),
      })),
    )
    const signed = mine.flatMap(({ id }, index) => {
      const outcome = outcomes[index]
      return outcome?.kind === 'signed' ? [{ id, sod: outcome.sod, documentSigner: outcome.keyId }] : []
    })
    store.finish(signed, now())
    const refused = mine.filter((_, index) => outcomes[index]?.kind !== 'signed')
    store.discard(refused.map(({ id }) => id))
    this.#prepared += signed.length
    for (const [index, { line }] of mine.entries()) {
      const outcome = outcomes[index]
      if (outcome?.kind === 'refused') this.#refused.push({ line, code: outcome.error.code, field: 'personalNumber' })
    }
    this.#tell()
  }

  #tell(): void {
    const { progress, now } = this.#options
    if (!progress) return
    const own = this.#prepared + this.#awaiting + this.#refused.length
    const done = own + this.#before
    const perSecond = (own * 1000) / Math.max(1, now().getTime() - this.#began)
    progress.call(this.#options, {
      done,
      of: this.#of,
      refused: this.#refused.length,
      perSecond,
      ...(perSecond > 0 ? { secondsLeft: (this.#of - done) / perSecond } : {}),
    })
  }
}
