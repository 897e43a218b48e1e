import { connectToService, type NativeReader } from './pcsclite.ts'
import type { FromReader, ReaderState, ToReader } from './reader-messages.ts'

// The process that holds PC/SC. A card that hangs blocks the native call for good, and with it even the end of a
// process; so it lives here, where it can be killed, and ends with the process that forked it.

/** The longest response with extended length, and its status word. */
const LONGEST_ANSWER = 0x10000 + 2
/** Windows looks at a new card itself for a moment; whoever comes second waits that long before giving up. */
const BUSY_RETRIES = 6
const BUSY_PAUSE_MS = 250
const SHARING_VIOLATION = 0x8010000b

const readers = new Map<string, NativeReader>()
const states = new Map<string, ReaderState>()
const protocols = new Map<string, number>()
let listedOnce = false
let isReady = false

function tell(message: FromReader): void {
  if (process.connected) process.send?.(message)
}

/** Messages of the native module end in "(0x80100069)". */
function scardOf(error: Error): number | undefined {
  const [, hex] = /\(0x([0-9a-f]{8,16})\)\s*$/i.exec(error.message) ?? []
  return hex === undefined ? undefined : Number.parseInt(hex.slice(-8), 16)
}

function fail(id: number, error: Error): void {
  const scard = scardOf(error)
  tell({ kind: 'failed', id, detail: error.message, ...(scard === undefined ? {} : { scard }) })
}

function tellReadyOnce(): void {
  if (isReady || !listedOnce || [...readers.keys()].some(name => !states.has(name))) return
  isReady = true
  tell({ kind: 'ready' })
}

function watch(reader: NativeReader): void {
  readers.set(reader.name, reader)
  reader.on('status', (status: { state: number; atr?: Uint8Array }) => {
    const { state, atr } = status
    const present = (state & reader.SCARD_STATE_PRESENT) !== 0
    const mute = (state & reader.SCARD_STATE_MUTE) !== 0
    const now: ReaderState = {
      reader: reader.name,
      card: mute ? 'mute' : present ? 'present' : 'absent',
      inUse: (state & (reader.SCARD_STATE_INUSE | reader.SCARD_STATE_EXCLUSIVE)) !== 0,
      ...(present && atr?.length ? { atr: Uint8Array.from(atr) } : {}),
    }
    states.set(reader.name, now)
    tell({ kind: 'state', state: now })
    tellReadyOnce()
  })
  reader.on('end', () => {
    readers.delete(reader.name)
    states.delete(reader.name)
    tell({ kind: 'gone', reader: reader.name })
  })
  // A reader that fails is told of by the calls that fail with it, and by `end`.
  reader.on('error', () => reader.emit('end'))
}

function connect(id: number, reader: NativeReader, retries: number): void {
  // After a card was lifted the module still believes in the old connection.
  reader.connected = false
  const options = {
    share_mode: reader.SCARD_SHARE_EXCLUSIVE,
    protocol: reader.SCARD_PROTOCOL_T0 | reader.SCARD_PROTOCOL_T1,
  }
  reader.connect(options, (error, protocol) => {
    if (!error) {
      protocols.set(reader.name, protocol ?? reader.SCARD_PROTOCOL_T1)
      tell({ kind: 'connected', id, atr: states.get(reader.name)?.atr ?? new Uint8Array() })
    } else if (scardOf(error) === SHARING_VIOLATION && retries > 0) {
      setTimeout(() => connect(id, reader, retries - 1), BUSY_PAUSE_MS)
    } else fail(id, error)
  })
}

function handle(message: ToReader): void {
  const { id } = message
  const reader = readers.get(message.reader)
  if (!reader) {
    tell({ kind: 'failed', id, scard: 0x80100009, detail: 'the reader is gone' })
    return
  }
  switch (message.kind) {
    case 'connect':
      connect(id, reader, BUSY_RETRIES)
      return
    case 'transmit': {
      const protocol = protocols.get(reader.name) ?? reader.SCARD_PROTOCOL_T1
      reader.transmit(Buffer.from(message.command), LONGEST_ANSWER, protocol, (error, bytes) => {
        if (error) fail(id, error)
        else tell({ kind: 'response', id, bytes: Uint8Array.from(bytes ?? []) })
      })
      return
    }
    case 'disconnect':
      reader.disconnect(reader.SCARD_RESET_CARD, () => tell({ kind: 'disconnected', id }))
      return
  }
}

// SIGKILL, since a native call that hangs would keep a plain exit from returning.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', message => handle(message as ToReader))

try {
  const service = await connectToService(() => {
    listedOnce = true
    tellReadyOnce()
  })
  service.on('reader', watch)
  service.on('error', (error: Error) => tell({ kind: 'noService', detail: error.message }))
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  const missing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED'
  const unbuilt = /Could not locate the bindings file/.test(message)
  tell({ kind: missing || unbuilt ? 'notInstalled' : 'noService', detail: message.split('\n', 1)[0] ?? '' })
}
