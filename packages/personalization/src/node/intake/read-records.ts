import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { type CsvError, type Options, parse } from 'csv-parse'
import type { RecordReason } from '../../intake/record-finding.ts'

/** One line of a batch: the value that it holds, or why it holds none. */
export type RawRecord =
  | { readonly line: number; readonly kind: 'value'; readonly value: unknown; readonly raw: string }
  | { readonly line: number; readonly kind: 'fault'; readonly reason: RecordReason; readonly raw: string }

export type BatchFormat = 'ndjson' | 'csv'

/** Longer than any record, a portrait inside it included; what is longer may be a missing line break. */
export const LONGEST_RECORD = 3_000_000

/** How much of a faulty line goes into the reject file. */
const SHOWN = 2000

const NEWLINE = 10

/** The lines of a stream of UTF-8, without their ends, in bounded memory: of an overlong one only the beginning. */
async function* lines(stream: Readable): AsyncGenerator<{ text: string; tooLong: boolean; malformed: boolean }> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let parts: Buffer[] = []
  let length = 0
  const end = () => {
    const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
    const tooLong = length > LONGEST_RECORD
    parts = []
    length = 0
    try {
      return { text: decoder.decode(tooLong ? bytes.subarray(0, SHOWN) : bytes), tooLong, malformed: false }
    } catch {
      return { text: bytes.subarray(0, SHOWN).toString('latin1'), tooLong, malformed: true }
    }
  }
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (length <= LONGEST_RECORD) parts.push(chunk.subarray(from, at))
      length += at - from
      yield end()
      from = at + 1
    }
    if (length <= LONGEST_RECORD) parts.push(chunk.subarray(from))
    length += chunk.length - from
  }
  if (length > 0) yield end()
}

async function* readNdjson(stream: Readable): AsyncGenerator<RawRecord> {
  let line = 0
  for await (const { text, tooLong, malformed } of lines(stream)) {
    line++
    const raw = line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text
    if (tooLong) yield { line, kind: 'fault', reason: 'too-long', raw: raw.slice(0, SHOWN) }
    else if (malformed) yield { line, kind: 'fault', reason: 'not-json', raw }
    else if (raw.trim() === '') continue
    else {
      let value: unknown
      try {
        value = JSON.parse(raw)
      } catch {
        yield { line, kind: 'fault', reason: 'not-json', raw: raw.slice(0, SHOWN) }
        continue
      }
      yield { line, kind: 'value', value, raw }
    }
  }
}

const LISTS: ReadonlySet<string> = new Set(['parents'])
const OPTIONAL: ReadonlySet<string> = new Set(['parents', 'spouse', 'oldNumber', 'portrait'])
const ENDLESS: ReadonlySet<string> = new Set(['', 'null', 'không thời hạn'])

/** A row as the record it means: an empty optional column is absent, parents are parted by a semicolon, and an expiry that
 * is empty or says so is none. */
export function recordOfRow(row: Readonly<Record<string, string>>): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    if (OPTIONAL.has(name) && value === '') continue
    if (name === 'dateOfExpiry') record[name] = ENDLESS.has(value.trim().toLowerCase()) ? null : value
    else record[name] = LISTS.has(name) ? value.split(';').map(one => one.trim()) : value
  }
  return record
}

async function* readCsv(stream: Readable): AsyncGenerator<RawRecord> {
  const faults: RawRecord[] = []
  const options: Options = {
    columns: true,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      const tooLong = error?.code === 'CSV_MAX_RECORD_SIZE'
      const line = Number((error as { lines?: unknown } | undefined)?.lines ?? 0)
      const reason: RecordReason = tooLong ? 'too-long' : 'not-csv'
      faults.push({ line, kind: 'fault', reason, raw: '' })
      return undefined
    },
  }
  const parser = stream.pipe(parse(options))
  stream.on('error', error => parser.destroy(error))
  type Row = { readonly record: Record<string, string>; readonly info: { readonly lines: number } }
  for await (const { record, info } of parser as AsyncIterable<Row>) {
    yield* faults.splice(0)
    yield { line: info.lines, kind: 'value', value: recordOfRow(record), raw: JSON.stringify(record) }
  }
  yield* faults.splice(0)
}

/** The records of a batch, one after the other in bounded memory. Rejects with the system's error when the file cannot be
 * read, and for CSV with CsvError when the header is malformed. */
export function readRecords(source: string | Readable, format: BatchFormat): AsyncGenerator<RawRecord> {
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: 1 << 20 }) : source
  return format === 'csv' ? readCsv(stream) : readNdjson(stream)
}
