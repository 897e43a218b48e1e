import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '@cccd/card-core'
import type { JobDraft, PreparedJob } from '../../prepare/job.ts'
import { type Database, openDatabase } from '../ledger/sqlite.ts'
import { KEY_LENGTH, type SealedDraft, seal, sealDraft, unseal, unsealDraft } from './sealing.ts'

const SCHEMA = `
create table if not exists jobs (
  id text primary key, line integer not null, state text not null, at integer not null, body blob, signed blob
) without rowid;
create table if not exists job_keys (id text primary key, wrapped blob not null) without rowid;
`

/**
 * `drafted`: its files and keys stand, EF.SOD does not. `awaiting-chip-key`: the chip has yet to tell its public keys.
 * `erased`: its key is gone, and with it everything that is known of the holder.
 */
export type JobState = 'drafted' | 'awaiting-chip-key' | 'prepared' | 'erased'

export interface JobSummary {
  readonly id: string
  readonly line: number
  readonly state: JobState
  /** When it came into this state. */
  readonly at: string
}

/** What a signature adds to a draft. */
export interface SignedPart {
  readonly id: string
  readonly sod: Uint8Array
  /** Id of the document signer's key. */
  readonly documentSigner: string
}

/**
 * Jobs at rest: each encrypted under a key of its own (AES-256-GCM), the keys wrapped under the store's key, which lies in
 * a file that its owner alone reads and that belongs on another disk than the jobs. A draft is kept before it is signed, so
 * that after a crash the same content is signed and no second one. Erasing a job destroys its key.
 */
export class JobStore {
  readonly #database: Database
  readonly #master: Uint8Array | undefined

  private constructor(database: Database, master: Uint8Array | undefined) {
    this.#database = database
    this.#master = master
  }

  /** Opens the store of a folder, or makes one; the key file is made when there is none and no job yet. Without a key
   * file jobs can be listed and erased alone. Throws JobError JOB_FAILED for a key that is not this store's, SignerError
   * LEDGER_FAILED when the database cannot be opened. */
  static async open(folder: string, keyFile?: string): Promise<JobStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, 'jobs.db')
    const database = await openDatabase(path)
    try {
      database.pragma('secure_delete = on')
      database.exec(SCHEMA)
      if (process.platform !== 'win32') chmodSync(path, 0o600)
      const used = database.prepare('select id, wrapped from job_keys limit 1').get()
      const master = keyFile === undefined ? undefined : await masterKey(keyFile, used === undefined)
      if (used && master) unseal(master, used.id as string, used.wrapped as Uint8Array)
      return new JobStore(database, master)
    } catch (error) {
      database.close()
      throw error
    }
  }

  get #key(): Uint8Array {
    if (!this.#master) throw new JobError('JOB_FAILED', 'the store was opened without its key file')
    return this.#master
  }

  /** Keeps drafts, all or none, before they are signed. Returns the ids that are new: another run may have been first. */
  begin(drafts: readonly SealedDraft[], at: Date, state: 'drafted' | 'awaiting-chip-key' = 'drafted'): Set<string> {
    const insert = this.#database.prepare(
      'insert or ignore into jobs (id, line, state, at, body) values (?, ?, ?, ?, ?)',
    )
    const insertKey = this.#database.prepare('insert into job_keys (id, wrapped) values (?, ?)')
    const master = this.#key
    return this.#database
      .transaction(() => {
        const taken = new Set<string>()
        for (const { id, line, key, body } of drafts) {
          if (insert.run(id, line, state, at.getTime(), body).changes !== 1) continue
          insertKey.run(id, seal(master, id, key))
          taken.add(id)
        }
        return taken
      })
      .immediate()
  }

  /** Gives an awaiting job the files that its chip's keys belong in. Throws JobError when it does not await any. */
  complete(draft: JobDraft, at: Date): void {
    const { body } = sealDraft(draft, this.#jobKey(draft.id))
    const { changes } = this.#database
      .prepare("update jobs set state = 'drafted', at = ?, body = ? where id = ? and state = 'awaiting-chip-key'")
      .run(at.getTime(), body, draft.id)
    if (changes !== 1) throw new JobError('JOB_FAILED', 'the job does not await the keys of its chip')
  }

  /** Adds the signatures, all or none; what is prepared already, or was erased meanwhile, stays as it is. */
  finish(parts: readonly SignedPart[], at: Date): void {
    const update = this.#database.prepare(
      "update jobs set state = 'prepared', at = ?, signed = ? where id = ? and state = 'drafted'",
    )
    this.#database
      .transaction(() => {
        for (const { id, sod, documentSigner } of parts) {
          // Erased meanwhile, or finished by another run.
          if (this.state(id) !== 'drafted') continue
          const text = JSON.stringify({ sod: Buffer.from(sod).toString('base64'), documentSigner })
          update.run(at.getTime(), seal(this.#jobKey(id), `${id} signed`, Buffer.from(text)), id)
        }
      })
      .immediate()
  }

  /** Forgets drafts that will not be signed, as though they had never been. */
  discard(ids: readonly string[]): void {
    const drop = this.#database.prepare("delete from jobs where id = ? and state in ('drafted', 'awaiting-chip-key')")
    const dropKey = this.#database.prepare('delete from job_keys where id = ?')
    this.#database
      .transaction(() => {
        for (const id of ids) if (drop.run(id).changes === 1) dropKey.run(id)
      })
      .immediate()
  }

  state(id: string): JobState | undefined {
    return this.#database.prepare('select state from jobs where id = ?').get(id)?.state as JobState | undefined
  }

  /** All jobs by their line. */
  list(): readonly JobSummary[] {
    return this.#database
      .prepare('select id, line, state, at from jobs order by line')
      .all()
      .map(({ id, line, state, at }) => ({
        id: id as string,
        line: line as number,
        state: state as JobState,
        at: new Date(at as number).toISOString(),
      }))
  }

  /** The draft of a job, signed or not. Throws as `get` does. */
  draft(id: string): JobDraft {
    return unsealDraft(this.#jobKey(id), id, this.#row(id).body as Uint8Array)
  }

  /** Throws JobError JOB_ERASED when its key was destroyed, JOB_FAILED when there is no such job, it was not signed yet,
   * or it was changed. */
  get(id: string): PreparedJob {
    const { state, body, signed } = this.#row(id)
    if (state !== 'prepared') throw new JobError('JOB_FAILED', 'the job is not signed yet')
    const key = this.#jobKey(id)
    const draft = unsealDraft(key, id, body as Uint8Array)
    const part = JSON.parse(unseal(key, `${id} signed`, signed as Uint8Array).toString('utf8')) as {
      sod: string
      documentSigner: string
    }
    const sod = Uint8Array.from(Buffer.from(part.sod, 'base64'))
    return { ...draft, files: { ...draft.files, 'EF.SOD': sod }, documentSigner: part.documentSigner }
  }

  #row(id: string): Record<string, unknown> {
    const row = this.#database.prepare('select state, body, signed from jobs where id = ?').get(id)
    if (!row) throw new JobError('JOB_FAILED', 'there is no such job')
    if (row.state === 'erased') throw new JobError('JOB_ERASED', 'the key of the job was destroyed')
    return row
  }

  #jobKey(id: string): Uint8Array {
    const row = this.#database.prepare('select wrapped from job_keys where id = ?').get(id)
    if (!row) throw new JobError('JOB_ERASED', 'the key of the job was destroyed')
    return unseal(this.#key, id, row.wrapped as Uint8Array)
  }

  /** Destroys the keys of jobs, and the bodies with them. Returns how many were erased. */
  erase(ids: readonly string[], at: Date): number {
    const dropKey = this.#database.prepare('delete from job_keys where id = ?')
    const drop = this.#database.prepare(
      "update jobs set state = 'erased', at = ?, body = null, signed = null where id = ? and state <> 'erased'",
    )
    let erased = 0
    this.#database
      .transaction(() => {
        for (const id of ids) {
          dropKey.run(id)
          erased += drop.run(at.getTime(), id).changes
        }
      })
      .immediate()
    // Nothing of them may stay in the log beside the database.
    this.#database.pragma('wal_checkpoint(TRUNCATE)')
    return erased
  }

  close(): void {
    this.#database.close()
  }
}

async function masterKey(path: string, mayCreate: boolean): Promise<Uint8Array> {
  try {
    const key = await readFile(path)
    if (key.length !== KEY_LENGTH) {
      throw new JobError('JOB_FAILED', 'the key file of the job store is none', { file: path })
    }
    return key
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT' || !mayCreate) throw error
  }
  const key = randomBytes(KEY_LENGTH)
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(key)
  await file.sync()
  await file.close()
  return key
}
