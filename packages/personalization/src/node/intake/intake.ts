import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '@cccd/card-core'
import { checkRecord } from '../../intake/check-record.ts'
import type { HolderRecord } from '../../intake/holder.ts'
import type { RecordFinding } from '../../intake/record-finding.ts'
import { FirstSeen } from './first-seen.ts'
import { portraitFinding, readPortrait } from './portrait-check.ts'
import { QualityCounter, type QualityReport, qualityPage } from './quality-report.ts'
import { type BatchFormat, type RawRecord, readRecords } from './read-records.ts'

export interface IntakeOptions {
  readonly input: string
  readonly format: BatchFormat
  /** A new folder for the results. */
  readonly out: string
  /** Where the pictures lie that records name; without it pictures are not looked at. */
  readonly portraits?: string
  /** The register of batches that were taken in before. */
  readonly register: string
  /** Takes a batch in although it was taken in before. */
  readonly again?: boolean
  readonly now: () => Date
  readonly signal?: AbortSignal
  progress?(done: { readonly records: number; readonly rejected: number; readonly bytes: number }): void
}

export interface IntakeResult {
  readonly report: QualityReport
  /** Files in `out`. */
  readonly files: {
    readonly accepted: string
    readonly rejected: string
    readonly report: string
    readonly page: string
  }
}

export const INTAKE_FILES: IntakeResult['files'] = {
  accepted: 'accepted.ndjson',
  rejected: 'rejected.ndjson',
  report: 'report.json',
  page: 'report.html',
}

interface KnownBatch {
  readonly sha256: string
  readonly at: string
  readonly records: number
}

async function digestOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) })) {
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex').toUpperCase()
}

async function knownBatches(register: string): Promise<KnownBatch[]> {
  let text: string
  try {
    text = await readFile(register, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  }
  return text
    .split('\n')
    .filter(line => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as KnownBatch
      } catch (cause) {
        throw new JobError(
          'JOB_FAILED',
          'the register of batches is damaged',
          { file: register, line: index + 1 },
          { cause },
        )
      }
    })
}

/** Lines to a file that its owner alone reads, in pieces of a megabyte. */
class LineFile {
  readonly #file: FileHandle
  #lines: string[] = []
  #length = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  static async create(path: string): Promise<LineFile> {
    return new LineFile(await open(path, 'wx', 0o600))
  }

  async write(line: string): Promise<void> {
    this.#lines.push(line, '\n')
    this.#length += line.length + 1
    if (this.#length > 1 << 20) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#lines.join('')
    this.#lines = []
    this.#length = 0
    if (text !== '') await this.#file.writeFile(text)
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#file.sync()
    await this.#file.close()
  }
}

/** How many records pass before the event loop, and with it progress and Ctrl-C, has its turn. */
const TURN = 1000

/**
 * Takes a batch in: checks every record alone and against all others, writes those that may go on and those that go back
 * with reason and place, and a report. Memory is bounded: about 40 bytes a record. Nothing appears under its name before
 * everything is written. Throws JobError BATCH_SEEN for a batch whose bytes were taken in before, READ_CANCELLED-like
 * AbortError when `signal` aborts, and the system's errors.
 */
export async function takeIn(options: IntakeOptions): Promise<IntakeResult> {
  const { input, format, out, register, signal, now } = options
  const sha256 = await digestOf(input, signal)
  const known = await knownBatches(register)
  const before = known.find(batch => batch.sha256 === sha256)
  if (before && options.again !== true) {
    throw new JobError('BATCH_SEEN', `this batch was taken in on ${before.at}, ${before.records} records`)
  }
  const staged = `${out}.${process.pid}.part`
  await mkdir(staged, { recursive: true, mode: 0o700 })
  try {
    const report = await sortOut(options, staged, { sha256, format })
    for (const [name, text] of [
      [INTAKE_FILES.report, `${JSON.stringify(report, null, 2)}\n`],
      [INTAKE_FILES.page, qualityPage(report)],
    ] as const) {
      const file = await open(join(staged, name), 'wx', 0o600)
      await file.writeFile(text)
      await file.close()
    }
    await rename(staged, out)
    const entry: KnownBatch = { sha256, at: now().toISOString(), records: report.records }
    const file = await open(register, 'a', 0o600)
    await file.writeFile(`${JSON.stringify(entry)}\n`)
    await file.sync()
    await file.close()
    return { report, files: INTAKE_FILES }
  } catch (error) {
    await rm(staged, { recursive: true, force: true })
    throw error
  }
}

async function sortOut(options: IntakeOptions, folder: string, batch: QualityReport['batch']): Promise<QualityReport> {
  const accepted = await LineFile.create(join(folder, INTAKE_FILES.accepted))
  const rejected = await LineFile.create(join(folder, INTAKE_FILES.rejected))
  const counter = new QualityCounter()
  const judge = new BatchJudge(options.portraits)
  const stream = createReadStream(options.input, { highWaterMark: 1 << 20 })
  try {
    for await (const raw of readRecords(stream, options.format)) {
      const { holder, findings } = await judge.judge(raw)
      counter.count(holder, findings)
      if (holder) {
        const warnings = findings.map(({ field, reason }) => ({ field, reason }))
        await accepted.write(
          JSON.stringify({ line: raw.line, record: holder, ...(warnings.length > 0 && { warnings }) }),
        )
      } else {
        const errors = findings.filter(({ severity }) => severity === 'error')
        await rejected.write(JSON.stringify({ line: raw.line, errors, raw: raw.raw.slice(0, 4000) }))
      }
      if (counter.records % TURN === 0) {
        options.progress?.({ records: counter.records, rejected: counter.rejected, bytes: stream.bytesRead })
        await new Promise(resolve => setImmediate(resolve))
        options.signal?.throwIfAborted()
      }
    }
  } finally {
    stream.destroy()
    await accepted.close()
    await rejected.close()
  }
  return counter.report(batch)
}

/** Judges records one after the other and remembers what it saw. */
class BatchJudge {
  readonly #portraits: string | undefined
  readonly #numbers = new FirstSeen()
  readonly #people = new FirstSeen()
  readonly #pictures = new FirstSeen()

  constructor(portraits: string | undefined) {
    this.#portraits = portraits
  }

  async judge(raw: RawRecord): Promise<{ holder: HolderRecord | null; findings: readonly RecordFinding[] }> {
    if (raw.kind === 'fault') {
      return { holder: null, findings: [{ field: 'record', reason: raw.reason, severity: 'error' }] }
    }
    const { holder, findings } = checkRecord(raw.value)
    // A record that goes back for another fault says nothing about others: it may be the one that is wrong.
    if (!holder) return { holder, findings }
    const all = [...findings, ...this.#against(holder, raw.line)]
    if (this.#portraits !== undefined && holder.portrait !== undefined) {
      all.push(...(await this.#portrait(this.#portraits, holder.portrait, raw.line)))
    }
    return { holder: all.some(({ severity }) => severity === 'error') ? null : holder, findings: all }
  }

  #against({ personalNumber, fullName, dateOfBirth, sex, placeOfOrigin }: HolderRecord, line: number): RecordFinding[] {
    const number = this.#numbers.note(personalNumber, line)
    const who = [fullName, dateOfBirth, sex, placeOfOrigin].map(text =>
      text.toLocaleLowerCase('vi').replace(/\s+/g, ' '),
    )
    const person = this.#people.note(who.join('\n'), line)
    if (number !== undefined) {
      return [{ field: 'personalNumber', reason: 'duplicate-number', severity: 'error', firstLine: number }]
    }
    if (person === undefined) return []
    return [{ field: 'personalNumber', reason: 'duplicate-person', severity: 'error', firstLine: person }]
  }

  async #portrait(folder: string, name: string, line: number): Promise<RecordFinding[]> {
    const picture = await readPortrait(folder, name)
    if (!(picture instanceof Uint8Array)) return [picture]
    const finding = portraitFinding(picture)
    if (finding) return [finding]
    const first = this.#pictures.note(picture, line)
    return first === undefined
      ? []
      : [{ field: 'portrait', reason: 'duplicate-portrait', severity: 'error', firstLine: first }]
  }
}
