export { openSqliteLedger } from './sqlite-ledger.ts'
