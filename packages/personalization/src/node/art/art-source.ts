/** The cards of a file: records as intake takes and hands on, or prepared jobs. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { CardToolkitError, FormatError } from '@cccd/mrz'
import type { CardVariant, PrintedJob } from '../../art/index.ts'
import type { Holder } from '../../intake/holder.ts'
import { recordDay } from '../../intake/holder.ts'
import { parseJob } from '../../prepare/job.ts'
import { readPortrait } from '../intake/portrait-check.ts'
import { readRecords } from '../intake/read-records.ts'
import type { ArtJob, ArtWishes } from './art-job.ts'

/** A file of records or prepared jobs. */
export interface ArtFileSource {
  readonly kind: 'file'
  /** `.ndjson`, `.jsonl`, `.csv`: one a line; anything else: a JSON object, or an array of them. */
  readonly input: string
  /** Which card records become; by their date of issue when absent. A prepared job must be of it. */
  readonly card?: CardVariant
  /** Where the pictures lie that records name; the file's own folder when absent. */
  readonly portraits?: string
}

/** Prepared jobs where they are kept, as a `JobStore` is. */
export interface JobShelf {
  list(): readonly { readonly id: string; readonly line: number; readonly state: string }[]
  /** Throws for a job that cannot be opened any more. */
  get(id: string): PrintedJob
}

/** All jobs of a shelf that are prepared. */
export interface ArtShelfSource {
  readonly kind: 'jobs'
  readonly shelf: JobShelf
  /** As for a file. */
  readonly card?: CardVariant
}

export type ArtSource = ArtFileSource | ArtShelfSource

/** One card of a source, or why it is none. The id is safe as a part of a file's name and is nobody's number. */
export type ArtEntry = { readonly id: string; readonly line: number } & (
  | { readonly job: ArtJob }
  | { readonly error: CardToolkitError }
)

/** The law of 2023 and its card: from this day on. */
const FIRST_OF_2024 = { year: 2024, month: 7, day: 1 }
const LONGEST_JSON = 256 << 20
const ONE_A_LINE: ReadonlySet<string> = new Set(['.ndjson', '.jsonl', '.csv'])

/** The cards in the order of their lines, in bounded memory where a file has one a line. Rejects with the system's error for
 * a file that cannot be read, and FormatError DOCUMENT_MALFORMED for one that is no JSON. */
export async function* artEntries(source: ArtSource, wishes: ArtWishes): AsyncGenerator<ArtEntry> {
  if (source.kind === 'jobs') {
    for (const { id, line } of preparedOf(source.shelf)) {
      yield await entry(line, () => jobOf(source.shelf.get(id), { id, line }, source.card, wishes))
    }
    return
  }
  const { input } = source
  const read = (value: unknown, line: number) => entry(line, () => ofValue(value, line, source, wishes))
  const extension = extname(input).toLowerCase()
  if (!ONE_A_LINE.has(extension)) {
    let line = 0
    for (const value of await jsonValues(input)) yield await read(value, ++line)
    return
  }
  for await (const record of readRecords(input, extension === '.csv' ? 'csv' : 'ndjson')) {
    if (record.kind === 'value') yield await read(record.value, record.line)
    else yield { ...numbered(record.line), error: malformed(`the line holds no record (${record.reason})`) }
  }
}

const preparedOf = (shelf: JobShelf) => shelf.list().filter(({ state }) => state === 'prepared')

/** What tells one source from another: SHA-256 of the file, or of the ids on the shelf. */
export async function sourceDigest(source: ArtSource): Promise<string> {
  const hash = createHash('sha256')
  if (source.kind === 'jobs') {
    for (const { id, line } of source.shelf.list()) hash.update(`${line} ${id}\n`)
  } else {
    for await (const chunk of createReadStream(source.input, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** How many cards a source holds at most: its lines, the members of its array, its prepared jobs. */
export async function countEntries(source: ArtSource): Promise<number> {
  if (source.kind === 'jobs') return preparedOf(source.shelf).length
  const { input } = source
  if (!ONE_A_LINE.has(extname(input).toLowerCase())) return (await jsonValues(input)).length
  const file = await open(input, 'r')
  try {
    let lines = 0
    let last = 10
    for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
      last = chunk.at(-1) ?? last
    }
    const rows = lines + (last === 10 ? 0 : 1)
    return extname(input).toLowerCase() === '.csv' ? Math.max(0, rows - 1) : rows
  } finally {
    await file.close()
  }
}

async function jsonValues(input: string): Promise<readonly unknown[]> {
  const bytes = await readFile(input)
  if (bytes.length > LONGEST_JSON) throw malformed('the file is too long for one JSON text: write a record a line')
  try {
    const value = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) as unknown
    return Array.isArray(value) ? value : [value]
  } catch (cause) {
    throw new FormatError('DOCUMENT_MALFORMED', 'the file is no JSON', { file: input }, { cause })
  }
}

function malformed(message: string, field?: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', message, field === undefined ? {} : { field })
}

const numbered = (line: number) => ({ id: String(line).padStart(6, '0'), line })

/** What `read` finds; an error of ours is the card's. */
async function entry(line: number, read: () => ArtEntry | Promise<ArtEntry>): Promise<ArtEntry> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof CardToolkitError) return { ...numbered(line), error }
    throw error
  }
}

async function ofValue(value: unknown, line: number, source: ArtFileSource, wishes: ArtWishes): Promise<ArtEntry> {
  if (typeof value !== 'object' || value === null) throw malformed('the line holds no record')
  if ('printed' in value) {
    const job = parseJob(JSON.stringify(value))
    return jobOf(job, { id: job.id, line }, source.card, wishes)
  }
  // As intake hands records on: the record, and its line in the batch.
  if ('record' in value) {
    const own = 'line' in value && Number.isSafeInteger(value.line) ? (value.line as number) : line
    return ofValue(value.record, own, source, wishes)
  }
  const holder = await withPortrait(value as Record<string, unknown>, source)
  const card = source.card ?? cardOf(holder)
  return { ...numbered(line), job: { ...wishes, holder: holder as unknown as Holder, card } }
}

function jobOf(
  prepared: PrintedJob,
  { id, line }: { readonly id: string; readonly line: number },
  card: CardVariant | undefined,
  wishes: ArtWishes,
): ArtEntry {
  if (card !== undefined && card !== prepared.printed.card) throw malformed('the job is for another card', 'card')
  // An id of ours is a digest; any other may not be fit for a file's name.
  const name = /^[A-Za-z0-9_-]{1,80}$/.test(id) ? id : numbered(line).id
  return { id: name, line, job: { ...wishes, prepared } }
}

/** The record with the picture that it names, or holds in base64. */
async function withPortrait(
  record: Record<string, unknown>,
  { input, portraits }: ArtFileSource,
): Promise<Record<string, unknown>> {
  const { portrait, ...rest } = record
  if (portrait === undefined || portrait === null) return rest
  // No name is so long, and no picture so short.
  if (typeof portrait === 'string' && portrait.length > 1000 && /^[A-Za-z0-9+/]+={0,2}$/.test(portrait)) {
    return { ...rest, portrait: Uint8Array.from(Buffer.from(portrait, 'base64')) }
  }
  const found = await readPortrait(portraits ?? dirname(input), portrait)
  if (!(found instanceof Uint8Array)) throw malformed(`the portrait cannot be used (${found.reason})`, 'portrait')
  return { ...rest, portrait: found }
}

function cardOf({ dateOfIssue }: Record<string, unknown>): CardVariant {
  try {
    const { year, month } = recordDay(String(dateOfIssue))
    const early = year < FIRST_OF_2024.year || (year === FIRST_OF_2024.year && month < FIRST_OF_2024.month)
    return early ? '2021' : '2024'
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw malformed('the date of issue, which says what card it is, is none', 'dateOfIssue')
  }
}
