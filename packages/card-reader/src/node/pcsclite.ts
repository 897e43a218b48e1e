import type { EventEmitter } from 'node:events'

// The one place that touches the native module, whose own declarations leave out half of what is used here.

export const PCSC_MODULE: string = '@pokusew/pcsclite'

export interface NativeReader extends EventEmitter {
  readonly name: string
  connected: boolean
  readonly SCARD_SHARE_EXCLUSIVE: number
  readonly SCARD_PROTOCOL_T0: number
  readonly SCARD_PROTOCOL_T1: number
  readonly SCARD_RESET_CARD: number
  readonly SCARD_STATE_PRESENT: number
  readonly SCARD_STATE_MUTE: number
  readonly SCARD_STATE_INUSE: number
  readonly SCARD_STATE_EXCLUSIVE: number
  connect(
    options: { readonly share_mode: number; readonly protocol: number },
    done: (error: Error | null | undefined, protocol?: number) => void,
  ): void
  transmit(
    command: Uint8Array,
    longest: number,
    protocol: number,
    done: (error: Error | null | undefined, bytes?: Uint8Array) => void,
  ): void
  disconnect(disposition: number, done: (error: Error | null | undefined) => void): void
}

export interface NativeService extends EventEmitter {
  start(listed: (error: Error | undefined, names?: Uint8Array) => void): void
}

/**
 * Loads the native module and connects to PC/SC. `listed` is called each time the service gave its list of readers; for
 * new ones `reader` was emitted before. Throws what the loader throws when the module is missing or was never built.
 * Without a service the native constructor never returns, so the service is looked for beforehand, and the process
 * that calls this can be killed.
 */
export async function connectToService(listed: () => void): Promise<NativeService> {
  // By a name in a variable: the compiler must not look for a module that this machine may be without.
  const { default: pcsclite } = (await import(PCSC_MODULE)) as { default: () => NativeService }
  const service = pcsclite()
  // The module starts listing in the next tick and tells only of new readers: an empty list is heard of here alone.
  const start = service.start.bind(service)
  service.start = done => {
    start((error, names) => {
      done(error, names)
      if (!error) listed()
    })
  }
  return service
}
