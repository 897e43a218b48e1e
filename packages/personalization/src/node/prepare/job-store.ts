import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { JobError } from '@cccd/card-core'
import { formatJob, type PreparedJob, parseJob } from '../../prepare/job.ts'
import { type Database, openDatabase } from '../ledger/sqlite.ts'

const SCHEMA = `
create table if not exists jobs (
  id text primary key, line integer not null, state text not null, prepared integer not null, body blob
) without rowid;
create table if not exists job_keys (id text primary key, wrapped blob not null) without rowid;
`
const NONCE = 12
const TAG = 16
const KEY = 32

export interface JobSummary {
  readonly id: string
  readonly line: number
  /** `erased`: its key is gone, and with it everything that is known of the holder. */
  readonly state: 'prepared' | 'erased'
  readonly preparedAt: string
}

/**
 * Prepared jobs at rest: each encrypted under a key of its own (AES-256-GCM), the keys wrapped under the store's key,
 * which lies in a file that its owner alone reads and that belongs on another disk than the jobs. Erasing a job destroys
 * its key.
 */
export class JobStore {
  readonly #database: Database
  readonly #master: Uint8Array

  private constructor(database: Database, master: Uint8Array) {
    this.#database = database
    this.#master = master
  }

  /** Opens the store of a folder, or makes one; the key file is made when there is none and no job yet. Throws JobError
   * JOB_FAILED for a key that is not this store's, SignerError LEDGER_FAILED when the database cannot be opened. */
  static async open(folder: string, keyFile: string): Promise<JobStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, 'jobs.db')
    const database = await openDatabase(path)
    try {
      database.pragma('secure_delete = on')
      database.exec(SCHEMA)
      if (process.platform !== 'win32') chmodSync(path, 0o600)
      const used = database.prepare('select id, wrapped from job_keys limit 1').get()
      const master = await masterKey(keyFile, used === undefined)
      const store = new JobStore(database, master)
      if (used) store.#unwrap(used.id as string, used.wrapped as Uint8Array)
      return store
    } catch (error) {
      database.close()
      throw error
    }
  }

  /** Puts jobs in, all or none; one that is there already is left as it is. */
  put(jobs: readonly PreparedJob[], at: Date): void {
    const insert = this.#database.prepare(
      'insert or ignore into jobs (id, line, state, prepared, body) values (?, ?, ?, ?, ?)',
    )
    const insertKey = this.#database.prepare('insert into job_keys (id, wrapped) values (?, ?)')
    this.#database
      .transaction(() => {
        for (const job of jobs) {
          const key = randomBytes(KEY)
          const body = seal(key, job.id, deflateRawSync(Buffer.from(formatJob(job)), { level: 1 }))
          const { changes } = insert.run(job.id, job.line, 'prepared', at.getTime(), body)
          if (changes === 1) insertKey.run(job.id, seal(this.#master, job.id, key))
          key.fill(0)
        }
      })
      .immediate()
  }

  has(id: string): boolean {
    return this.#database.prepare('select 1 from jobs where id = ?').get(id) !== undefined
  }

  /** All jobs by their line. */
  list(): readonly JobSummary[] {
    return this.#database
      .prepare('select id, line, state, prepared from jobs order by line')
      .all()
      .map(({ id, line, state, prepared }) => ({
        id: id as string,
        line: line as number,
        state: state as JobSummary['state'],
        preparedAt: new Date(prepared as number).toISOString(),
      }))
  }

  /** Throws JobError JOB_ERASED when its key was destroyed, JOB_FAILED when there is no such job or it was changed. */
  get(id: string): PreparedJob {
    const row = this.#database.prepare('select state, body from jobs where id = ?').get(id)
    if (!row) throw new JobError('JOB_FAILED', 'there is no such job')
    const key = this.#database.prepare('select wrapped from job_keys where id = ?').get(id)
    if (!key || row.state === 'erased') throw new JobError('JOB_ERASED', 'the key of the job was destroyed')
    const opened = unseal(this.#unwrap(id, key.wrapped as Uint8Array), id, row.body as Uint8Array)
    return parseJob(inflateRawSync(opened).toString('utf8'))
  }

  #unwrap(id: string, wrapped: Uint8Array): Buffer {
    return unseal(this.#master, id, wrapped)
  }

  /** Destroys the keys of jobs, and the bodies with them. Returns how many were erased. */
  erase(ids: readonly string[]): number {
    const dropKey = this.#database.prepare('delete from job_keys where id = ?')
    const drop = this.#database.prepare("update jobs set state = 'erased', body = null where id = ?")
    let erased = 0
    this.#database
      .transaction(() => {
        for (const id of ids) {
          erased += dropKey.run(id).changes
          drop.run(id)
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
    if (key.length !== KEY) throw new JobError('JOB_FAILED', 'the key file of the job store is none', { file: path })
    return key
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT' || !mayCreate) throw error
  }
  const key = randomBytes(KEY)
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(key)
  await file.sync()
  await file.close()
  return key
}

/** Nonce, ciphertext and tag; bound to the job's id. */
function seal(key: Uint8Array, id: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function unseal(key: Uint8Array, id: string, sealed: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE))
    decipher.setAAD(Buffer.from(id)).setAuthTag(sealed.subarray(sealed.length - TAG))
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()])
  } catch (cause) {
    throw new JobError('JOB_FAILED', 'a job was changed, or the key file is another store’s', {}, { cause })
  }
}
