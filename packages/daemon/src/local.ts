// What a command needs to talk to the desk of its user, without the desk itself: it loads fast.

export * from './api/access.ts'
export { isExactOrigin } from './api/origin.ts'
export type { CodeReply, CodeRequest, ListedToken } from './api/pairing.ts'
export * from './config/desk-config.ts'
export * from './config/folders.ts'
export * from './config/load-config.ts'
export * from './config/paths.ts'
export * from './local-desk.ts'
