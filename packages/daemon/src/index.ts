export * from './api/errors.ts'
export * from './config/check-files.ts'
export * from './desk.ts'
export * from './http/log.ts'
export * from './local.ts'
export * from './readings/simulated-reader.ts'
export * from './server.ts'

export const API_VERSION = 'v1'
