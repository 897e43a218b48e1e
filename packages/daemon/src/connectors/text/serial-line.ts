import { ConnectorError } from '@cccd/card-core'
import type { TextTarget } from '../config.ts'

// The one place here that touches serialport, which this machine may be without.

type SerialTarget = Extract<TextTarget, { kind: 'serial' }>

interface NativePort {
  readonly isOpen: boolean
  open(done: (error: Error | null) => void): void
  write(bytes: Uint8Array, done: (error: Error | null | undefined) => void): boolean
  drain(done: (error: Error | null) => void): void
  close(done: (error: Error | null) => void): void
  on(event: 'error' | 'close', listener: () => void): void
}

interface SerialModule {
  readonly SerialPort: new (options: {
    readonly path: string
    readonly baudRate: number
    readonly dataBits: 7 | 8
    readonly parity: 'none' | 'even' | 'odd'
    readonly stopBits: 1 | 2
    readonly autoOpen: false
  }) => NativePort
}

/** By a name in a variable: the compiler must not look for a module that may be missing. */
const SERIAL_MODULE: string = 'serialport'

// Opening a port moves its signal lines, which restarts some devices, and can throw away what the other end has not taken
// yet; so it stays open for a while after a text. Not for ever: other programs want it too.
const HOLD_MS = 2000

/** A COM port that texts are sent down, opened when there is one. One call at a time. */
export class SerialLine {
  readonly #target: SerialTarget
  #port: NativePort | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(target: SerialTarget) {
    this.#target = target
  }

  /** Sends the bytes and waits until they have left. Throws ConnectorError TEXT_TARGET_FAILED: no module, no port, no
   * leave, another program on it, or too slow. */
  async send(bytes: Uint8Array): Promise<void> {
    clearTimeout(this.#idle)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(failed(this.#target, 'time')), this.#target.timeoutMs)
    })
    const step = (work: (done: (error: Error | null | undefined) => void) => void): Promise<void> => {
      const done = new Promise<void>((resolve, reject) => {
        work(error => (error ? reject(failed(this.#target, codeOf(error), error)) : resolve()))
      })
      return Promise.race([done, late])
    }
    try {
      const port = this.#port ?? (await this.#make())
      if (!port.isOpen) await step(done => port.open(done))
      await step(done => void port.write(bytes, done))
      await step(done => port.drain(done))
      this.#idle = setTimeout(() => this.close(), HOLD_MS)
      this.#idle.unref()
    } catch (error) {
      this.close()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Lets go of the port. */
  close(): void {
    clearTimeout(this.#idle)
    const port = this.#port
    this.#port = undefined
    if (port?.isOpen) port.close(() => undefined)
  }

  async #make(): Promise<NativePort> {
    const { SerialPort } = await loadModule()
    const { path, baud, dataBits, parity, stopBits } = this.#target
    const port = new SerialPort({ path, baudRate: baud, dataBits, parity, stopBits, autoOpen: false })
    // Errors are told by each call; without a listener one more would end the process.
    port.on('error', () => undefined)
    // Unplugged: the next text opens it anew.
    port.on('close', () => {
      if (this.#port === port) this.#port = undefined
    })
    this.#port = port
    return port
  }
}

async function loadModule(): Promise<SerialModule> {
  try {
    return (await import(SERIAL_MODULE)) as SerialModule
  } catch (error) {
    const remedy = 'npm install without --omit=optional'
    throw new ConnectorError('TEXT_TARGET_FAILED', 'serialport is not installed', { remedy }, { cause: error })
  }
}

function failed({ path }: SerialTarget, step: string, cause?: unknown): ConnectorError {
  const options = cause === undefined ? {} : { cause }
  return new ConnectorError(
    'TEXT_TARGET_FAILED',
    `the port did not take the text (${step})`,
    { file: path, step },
    options,
  )
}

/** serialport tells the system's code in its sentences only. */
function codeOf(error: Error): string {
  const said = error.message.toLowerCase()
  if (/no such file|file not found|enoent/.test(said)) return 'no such port'
  if (/permission|access denied|eacces/.test(said)) return 'no leave'
  if (/lock|busy/.test(said)) return 'busy'
  return 'port'
}
