import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { CardToolkitError, SignerError } from '@cccd/card-core'
import type {
  KeyAllowance,
  KeyUse,
  Reservation,
  SignatureIntent,
  SignatureLedger,
} from '../../prepare/signature-ledger.ts'
import { type Database, openDatabase, type Statement } from './sqlite.ts'

const SCHEMA = `
create table if not exists meta (name text primary key, value blob not null) without rowid;
create table if not exists keys (
  id text primary key, max integer not null, used integer not null default 0,
  not_before integer not null, not_after integer not null, retired text
) without rowid;
create table if not exists signatures (
  number blob not null, content blob not null, key text not null references keys(id),
  reserved integer not null, released integer, sod blob
);
create index if not exists signatures_number on signatures(number);
`

/** A clock may be corrected by this much without being set back, in milliseconds. */
const CLOCK_TOLERANCE = 60_000

/** Far more than a batch. */
const MOST_OPEN = 100_000

const openName = (keyId: string, { number, content }: SignatureIntent): string =>
  `${keyId} ${number} ${Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1')}`

type Row = Readonly<Record<string, unknown>>

function useOf(row: Row): KeyUse {
  const { used, max, retired } = row as { used: number; max: number; retired: string | null }
  return { used, limit: max, ...(retired === null ? {} : { retired }) }
}

/**
 * The ledger in an SQLite file that several processes may share. Throws SignerError LEDGER_FAILED when it cannot be
 * opened; numbers stand in it as keyed digests, the key beside them, so that the file alone names nobody at a glance.
 */
export async function openSqliteLedger(path: string): Promise<SignatureLedger> {
  const database = await openDatabase(path)
  try {
    database.exec(SCHEMA)
    database.prepare('insert or ignore into meta values (?, ?)').run('salt', randomBytes(32))
    if (process.platform !== 'win32') chmodSync(path, 0o600)
    return new SqliteLedger(database, path)
  } catch (cause) {
    database.close()
    throw new SignerError('LEDGER_FAILED', 'the ledger cannot be opened', { file: path }, { cause })
  }
}

class SqliteLedger implements SignatureLedger {
  readonly #database: Database
  readonly #path: string
  readonly #salt: Buffer
  readonly #statements = new Map<string, Statement>()
  /** Rows of this process that were reserved and not released, so that they need not be looked for. */
  readonly #open = new Map<string, number>()

  constructor(database: Database, path: string) {
    this.#database = database
    this.#path = path
    this.#salt = database.prepare('select value from meta where name = ?').get('salt')?.value as Buffer
  }

  /** Prepared once. */
  #sql(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #commitment(number: string): Buffer {
    return createHmac('sha256', this.#salt).update(number).digest()
  }

  /** Runs a transaction that takes the write lock at once; the database's own faults become LEDGER_FAILED. */
  #write<Result>(work: () => Result): Result {
    try {
      return this.#database.transaction(work).immediate()
    } catch (cause) {
      if (cause instanceof CardToolkitError) throw cause
      throw new SignerError('LEDGER_FAILED', 'the ledger cannot be written', { file: this.#path }, { cause })
    }
  }

  #key(id: string): Row {
    const row = this.#sql('select * from keys where id = ?').get(id)
    if (!row) throw new SignerError('SIGNER_KEY_MISSING', 'the ledger does not know the key')
    return row
  }

  admit({ id, limit, notBefore, notAfter }: KeyAllowance): KeyUse {
    return this.#write(() => {
      this.#database
        .prepare('insert or ignore into keys (id, max, not_before, not_after) values (?, ?, ?, ?)')
        .run(id, limit, notBefore, notAfter)
      this.#database.prepare('update keys set max = min(max, ?) where id = ?').run(limit, id)
      return useOf(this.#key(id))
    })
  }

  use(keyId: string): KeyUse | undefined {
    const row = this.#sql('select * from keys where id = ?').get(keyId)
    return row && useOf(row)
  }

  reserve(keyId: string, intents: readonly SignatureIntent[], at: Date): readonly Reservation[] {
    const now = at.getTime()
    return this.#write(() => {
      const key = this.#key(keyId)
      this.#tick(key, now)
      const before = this.#sql('select content from signatures where number = ? order by rowid desc limit 1')
      const insert = this.#sql('insert into signatures (number, content, key, reserved) values (?, ?, ?, ?)')
      // What was reserved long ago and never released is looked for in the file, should it be released after all.
      if (this.#open.size > MOST_OPEN) this.#open.clear()
      let left = (key.max as number) - (key.used as number)
      let taken = 0
      const answers = intents.map((intent): Reservation => {
        const number = this.#commitment(intent.number)
        const last = before.get(number)?.content as Buffer | undefined
        const again = last?.equals(intent.content) === true
        if (last && !again && !intent.reissue) return { kind: 'signedBefore' }
        if (left === 0) return { kind: 'exhausted' }
        left--
        taken++
        const { lastInsertRowid } = insert.run(number, intent.content, keyId, now)
        this.#open.set(openName(keyId, intent), Number(lastInsertRowid))
        return { kind: 'reserved', again }
      })
      this.#sql('update keys set used = used + ? where id = ?').run(taken, keyId)
      return answers
    })
  }

  /** Throws unless the key may sign now; remembers the latest time that was seen. */
  #tick({ retired, not_before: from, not_after: to }: Row, now: number): void {
    if (retired !== null) throw new SignerError('SIGNER_EXHAUSTED', 'the key was taken out')
    if (now < (from as number) || now > (to as number)) {
      throw new SignerError('SIGNER_CLOCK', "the time is outside the key's usage period")
    }
    const row = this.#sql('select value from meta where name = ?').get('latest')
    const latest = row ? Number(row.value) : 0
    if (now < latest - CLOCK_TOLERANCE) throw new SignerError('SIGNER_CLOCK', 'the clock was set back')
    if (now > latest) this.#sql('insert or replace into meta values (?, ?)').run('latest', String(now))
  }

  release(keyId: string, signed: readonly (SignatureIntent & { readonly sod: Uint8Array })[], at: Date): void {
    this.#write(() => {
      const known = this.#sql(
        'update signatures set released = ?, sod = ? where rowid = ? and content = ? and key = ? and released is null',
      )
      const sought = this.#sql(
        `update signatures set released = ?, sod = ? where rowid = (select rowid from signatures
         where number = ? and content = ? and key = ? and released is null order by rowid desc limit 1)`,
      )
      for (const intent of signed) {
        const { number, content, sod } = intent
        const name = openName(keyId, intent)
        const row = this.#open.get(name)
        this.#open.delete(name)
        const { changes } =
          row === undefined
            ? sought.run(at.getTime(), sod, this.#commitment(number), content, keyId)
            : known.run(at.getTime(), sod, row, content, keyId)
        if (changes !== 1) throw new SignerError('LEDGER_FAILED', 'a signature was made that nobody reserved')
      }
    })
  }

  retire(keyId: string, reason: string): void {
    this.#write(() => {
      this.#database.prepare('update keys set retired = coalesce(retired, ?) where id = ?').run(reason, keyId)
    })
  }

  close(): void {
    this.#database.close()
  }
}
