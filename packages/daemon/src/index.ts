export { DeskError } from './api/errors.ts'
export * from './config/desk-config.ts'
export * from './desk.ts'
export * from './readings/simulated-reader.ts'
export * from './server.ts'

export const API_VERSION = 'v1'
