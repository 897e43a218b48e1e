/** The cards of a file or a store drawn into a folder, many at a time. */
import { chmod, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CardToolkitError, FormatError, JobError } from '@cccd/mrz'
import type { ArtFinding } from '../../art/index.ts'
import type { ArtWishes, FinishedArt } from './art-job.ts'
import { type ArtSource, artEntries, countEntries, sourceDigest } from './art-source.ts'
import type { CardArt } from './card-art.ts'
import { contactSheet, type SheetCard, thumbnail } from './contact-sheet.ts'

export interface RenderBatchOptions {
  readonly source: ArtSource
  readonly wishes: ArtWishes
  readonly art: CardArt
  /** A new folder, or with `resume` the one of a run that was stopped. */
  readonly out: string
  readonly resume?: boolean
  /** Cards in work at a time; 4 when absent. */
  readonly atOnce?: number
  /** Draws a sheet of the first hundred cards into this PNG. */
  readonly sheet?: string
  readonly signal?: AbortSignal
  progress?(done: { readonly cards: number; readonly refused: number; readonly of: number }): void
}

/** A line of `cards.ndjson`: what became of a card. */
export interface CardLine {
  readonly id: string
  readonly line: number
  readonly files?: readonly string[]
  readonly findings?: readonly ArtFinding[]
  readonly error?: { readonly code: string; readonly message: string; readonly field?: string }
}

export interface BatchResult {
  readonly drawn: number
  readonly refused: number
  /** Finished in an earlier run, drawn or refused. */
  readonly kept: number
  /** How often each thing was done to a field, as `fullName shrunk`. */
  readonly findings: Readonly<Record<string, number>>
  /** The first refusals, at most twenty. */
  readonly refusals: readonly CardLine[]
  /** Fonts whose bytes are not those that this version was tried with. */
  readonly otherFonts: readonly string[]
  /** The error of the only card, when there was one card and it was refused. */
  readonly only?: CardToolkitError
}

const MOST_ON_SHEET = 100

/**
 * Draws all cards of a source. A card's files appear whole, then its line in `cards.ndjson`; a refused card has a line with
 * its reason and no file. `batch.json` says with which fonts and wishes. Throws JobError JOB_FAILED when a run is to be
 * resumed that had another input or other wishes, and the signal's reason when it is aborted; what is drawn stays.
 */
export async function renderBatch(options: RenderBatchOptions): Promise<BatchResult> {
  const { art, out, source, wishes, signal, resume = false } = options
  const of = await countEntries(source)
  const settings = {
    version: 1,
    input: await sourceDigest(source),
    ...(source.card ? { card: source.card } : {}),
    dpi: wishes.dpi,
    outputs: wishes.outputs,
    sides: wishes.sides ?? ['front', 'back'],
    specimen: wishes.specimen ?? true,
    layouts: art.layouts,
    fonts: art.fonts.map(({ face, sha256, known }) => ({ family: face.family, weight: face.weight, sha256, known })),
  }
  await mkdir(out, { recursive: true, mode: 0o700 })
  const done = resume ? await earlier(out, settings) : new Set<string>()
  if (!resume) {
    await writeFile(join(out, 'batch.json'), `${JSON.stringify(settings, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  }
  const log = await open(join(out, 'cards.ndjson'), resume ? 'a' : 'wx', 0o600)
  const tally = new Tally()
  const sheet: { readonly line: number; readonly card: SheetCard }[] = []
  try {
    const tell = async (line: CardLine): Promise<void> => {
      await log.appendFile(`${JSON.stringify(line)}\n`)
      tally.add(line)
      options.progress?.({ cards: tally.drawn + done.size, refused: tally.refused, of })
    }
    const entries = artEntries(source, wishes)
    // One reader for all, so that entries are taken one after the other.
    let reading: Promise<unknown> = Promise.resolve()
    const next = (): ReturnType<typeof entries.next> => {
      const step = reading.then(() => entries.next())
      reading = step.catch(() => undefined)
      return step
    }
    const seen = new Set<string>()
    let stopped = false
    const work = async (): Promise<void> => {
      while (!stopped) {
        signal?.throwIfAborted()
        const { value: entry, done: over } = await next()
        if (over || entry === undefined) return
        if (done.has(entry.id)) continue
        const { id, line } = entry
        try {
          if ('error' in entry) throw entry.error
          // Its files would lie on those of the other one.
          if (seen.has(id)) throw new FormatError('DOCUMENT_MALFORMED', 'the id stands there twice', { field: 'id' })
          seen.add(id)
          const finished = await art.render(entry.job)
          const files = await store(out, id, finished)
          if (options.sheet !== undefined && sheet.length < MOST_ON_SHEET) {
            sheet.push({ line, card: await sheetCard(finished) })
          }
          await tell({ id, line, files, findings: finished.findings })
        } catch (error) {
          if (!(error instanceof CardToolkitError)) throw error
          tally.last = error
          const { code, message, facts } = error
          await tell({ id, line, error: { code, message, ...(facts.field ? { field: facts.field } : {}) } })
        }
      }
    }
    const one = (): Promise<void> =>
      work().catch(error => {
        stopped = true
        throw error
      })
    await together(Array.from({ length: options.atOnce ?? 4 }, one))
    await log.sync()
  } finally {
    await log.close()
  }
  if (options.sheet !== undefined && sheet.length > 0) {
    sheet.sort((a, b) => a.line - b.line)
    await writeFile(options.sheet, await contactSheet(sheet.map(({ card }) => card)), { mode: 0o600 })
  }
  return {
    drawn: tally.drawn,
    refused: tally.refused,
    kept: done.size,
    findings: Object.fromEntries([...tally.findings].sort()),
    refusals: tally.refusals,
    otherFonts: art.fonts.filter(({ known }) => !known).map(({ file }) => file),
    ...(tally.refused === 1 && tally.drawn + done.size === 0 && tally.last ? { only: tally.last } : {}),
  }
}

/** Waits for all, also when one fails, and then fails with the first failure. */
async function together(works: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(works)
  const failed = settled.find(one => one.status === 'rejected')
  if (failed) throw failed.reason
}

class Tally {
  drawn = 0
  refused = 0
  last: CardToolkitError | undefined
  readonly findings = new Map<string, number>()
  readonly refusals: CardLine[] = []

  add(line: CardLine): void {
    if (line.error) {
      this.refused++
      if (this.refusals.length < 20) this.refusals.push(line)
    } else this.drawn++
    for (const { field, did } of line.findings ?? []) {
      const name = `${field} ${did}`
      this.findings.set(name, (this.findings.get(name) ?? 0) + 1)
    }
  }
}

/** The ids that an earlier run has finished. */
async function earlier(out: string, settings: object): Promise<Set<string>> {
  const before = await readFile(join(out, 'batch.json'), 'utf8')
  if (before !== `${JSON.stringify(settings, null, 2)}\n`) {
    throw new JobError('JOB_FAILED', 'the run to be resumed had another input, other fonts or other wishes', {
      file: out,
    })
  }
  const path = join(out, 'cards.ndjson')
  const text = await readFile(path, 'utf8').catch((error: { code?: unknown }) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  // A line that the end of the run cut off is a card that is drawn again.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole !== text) await writeFile(path, whole, { mode: 0o600 })
  return new Set(
    whole
      .split('\n')
      .filter(line => line !== '')
      .map(line => (JSON.parse(line) as CardLine).id),
  )
}

/** Each file whole or not at all, for its owner alone. */
async function store(out: string, id: string, { files }: FinishedArt): Promise<string[]> {
  const names: string[] = []
  for (const { name, bytes } of files) {
    const path = join(out, `${id}-${name}`)
    await writeFile(`${path}.part`, bytes, { mode: 0o600 })
    await chmod(`${path}.part`, 0o600)
    await rename(`${path}.part`, path)
    names.push(`${id}-${name}`)
  }
  return names
}

async function sheetCard({ files }: FinishedArt): Promise<SheetCard> {
  const side = async (name: string): Promise<Uint8Array | null> => {
    const found = files.find(one => one.name === name)
    return found ? thumbnail(found.bytes) : null
  }
  return { front: await side('front.png'), back: await side('back.png') }
}
