// What an auditor needs of the audit log, without the desk: it loads fast.
export { normalNumber, openAuditLog, SUBJECT_NAMES } from './keeping/audit-log.ts'
export * from './keeping/chain-fault.ts'
export { type ChainKey, createChainKeyFile, readChainKeyFile } from './keeping/chain-key.ts'
export { type ChainEntry, speaksOf } from './keeping/hash-chain.ts'
export { DEEDS, type Deed, mayDo } from './keeping/roles.ts'
export * from './keeping/verify-chain.ts'
