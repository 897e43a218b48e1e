import { SignerError } from '@cccd/card-core'

// The one place that loads the native module: it is optional, and what is used of it is named here.
const SQLITE_MODULE: string = 'better-sqlite3'

export interface Statement {
  run(...values: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number | bigint }
  get(...values: readonly unknown[]): Record<string, unknown> | undefined
  all(...values: readonly unknown[]): Record<string, unknown>[]
}

export interface Database {
  prepare(sql: string): Statement
  exec(sql: string): void
  pragma(text: string): unknown
  transaction<Args extends readonly unknown[], Result>(
    work: (...args: Args) => Result,
  ): { immediate(...args: Args): Result }
  close(): void
}

/** Opens a database file for durable writing: WAL, synchronous FULL, waiting up to five seconds for another process.
 * Throws SignerError LEDGER_FAILED when better-sqlite3 was not built or the file cannot be opened. */
export async function openDatabase(path: string): Promise<Database> {
  let SQLite: new (path: string) => Database
  try {
    SQLite = ((await import(SQLITE_MODULE)) as { default: new (path: string) => Database }).default
  } catch (cause) {
    const facts = { remedy: 'npm install better-sqlite3' }
    throw new SignerError('LEDGER_FAILED', 'better-sqlite3 is not installed or was not built', facts, { cause })
  }
  try {
    const database = new SQLite(path)
    database.pragma('busy_timeout = 5000')
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    return database
  } catch (cause) {
    throw new SignerError('LEDGER_FAILED', 'the database cannot be opened', { file: path }, { cause })
  }
}
