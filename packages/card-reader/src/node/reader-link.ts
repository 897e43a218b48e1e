import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { connect as connectSocket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { TransportError } from '@cccd/card-core'
import { PCSC_MODULE } from './pcsclite.ts'
import type { FromReader, ReaderState, ToReader } from './reader-messages.ts'
import { scardError, transportError } from './scard-error.ts'

// Right from src/node, where tests run, and from dist/node: the child is always the compiled one.
const PROCESS = fileURLToPath(new URL('../../dist/node/reader-process.js', import.meta.url))
/** What the child may know of our environment: enough to start and to find the service, nothing else. */
const ENVIRONMENT = ['PATH', 'SystemRoot', 'windir', 'LD_LIBRARY_PATH', 'PCSCLITE_CSOCK_NAME']
const OPEN_TIMEOUT_MS = 10_000

type Reply = Extract<FromReader, { readonly id: number }>
/** A request without its number; the union is kept member by member. */
type Request = ToReader extends infer One ? (One extends ToReader ? Omit<One, 'id'> : never) : never

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

/** What the link tells: a reader changed or went, or the service is lost. */
export type LinkEvent =
  | { readonly kind: 'state'; readonly before: ReaderState | undefined; readonly now: ReaderState }
  | { readonly kind: 'gone'; readonly reader: string }
  | { readonly kind: 'lost'; readonly error: TransportError }

/**
 * The connection to the child process that holds PC/SC. It starts the child when it is needed, kills it when a card
 * hangs, and starts another one after that. `generation` counts the children: a card connected in one is lost with it.
 */
export class ReaderLink {
  readonly #timeoutMs: number
  readonly #listeners = new Set<(event: LinkEvent) => void>()
  readonly #pending = new Map<number, Pending>()
  readonly #states = new Map<string, ReaderState>()
  #child: ChildProcess | undefined
  #opening: Promise<void> | undefined
  #lastId = 0
  #closed = false
  generation = 0

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get states(): ReadonlyMap<string, ReaderState> {
    return this.#states
  }

  /** Adds a listener; returns what removes it. */
  listen(listener: (event: LinkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Makes sure that a child runs and knows the readers. Throws PCSC_NOT_INSTALLED or NO_SMARTCARD_SERVICE. */
  async open(): Promise<void> {
    if (this.#closed) throw new TransportError('READER_FAILED', 'the reader service was closed')
    this.#opening ??= this.#start().catch(error => {
      this.#opening = undefined
      throw error
    })
    await this.#opening
  }

  /** Sends a request and waits for its reply. Throws CARD_TIMEOUT, after which the child is gone, and what PC/SC says. */
  async request(message: Request): Promise<Reply> {
    await this.open()
    const id = ++this.#lastId
    const { reader } = message
    return new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(transportError('CARD_TIMEOUT', `the card gave no answer within ${this.#timeoutMs} ms`, reader))
        this.#end(transportError('CARD_REMOVED', 'the connection was given up since a card did not answer'))
      }, this.#timeoutMs)
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer)
          done(value)
        }
      this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject) })
      this.#child?.send({ ...message, id }, error => {
        if (error) this.#end(transportError('READER_FAILED', 'the reader process is gone', reader))
      })
    }).then(reply => {
      if (reply.kind === 'failed') throw scardError(reply.scard, reply.detail, reader)
      return reply
    })
  }

  /** Ends the child and all that waits for it; resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => undefined)
    const child = this.#child
    const gone = child && ended(child)
    this.#end(transportError('READER_FAILED', 'the reader service was closed'))
    await gone
  }

  async #start(): Promise<void> {
    findModule()
    await findService()
    const child = fork(PROCESS, [], {
      env: environment(),
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child = child
    this.generation++
    await new Promise<void>((resolve, reject) => {
      const giveUp = (error: TransportError): void => {
        clearTimeout(timer)
        reject(error)
        if (this.#child === child) this.#end(error)
      }
      const timer = setTimeout(
        () => giveUp(transportError('NO_SMARTCARD_SERVICE', 'the smart card service does not answer')),
        OPEN_TIMEOUT_MS,
      )
      child.on('message', message => {
        const told = message as FromReader
        if (this.#child !== child) return
        if (told.kind === 'ready') {
          clearTimeout(timer)
          resolve()
        } else if (told.kind === 'notInstalled') giveUp(notInstalled(told.detail))
        else if (told.kind === 'noService') giveUp(transportError('NO_SMARTCARD_SERVICE', noService(told.detail)))
        else this.#take(told)
      })
      child.on('error', () => giveUp(transportError('READER_FAILED', 'the reader process could not be started')))
      // The native module cannot survive the end of the service, so an end of the child mostly means just that.
      child.on('exit', () => giveUp(transportError('NO_SMARTCARD_SERVICE', 'the connection to the service broke off')))
    })
  }

  #take(told: Exclude<FromReader, { kind: 'ready' | 'notInstalled' | 'noService' }>): void {
    if (told.kind === 'state') {
      const before = this.#states.get(told.state.reader)
      this.#states.set(told.state.reader, told.state)
      this.#tell({ kind: 'state', before, now: told.state })
    } else if (told.kind === 'gone') {
      this.#states.delete(told.reader)
      this.#tell({ kind: 'gone', reader: told.reader })
    } else {
      const waiting = this.#pending.get(told.id)
      this.#pending.delete(told.id)
      waiting?.resolve(told)
    }
  }

  /** Kills the child; everything that waits for it fails with `error`. */
  #end(error: TransportError): void {
    const child = this.#child
    this.#child = undefined
    this.#opening = undefined
    child?.kill('SIGKILL')
    this.#states.clear()
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of waiting) reject(error)
    if (child) this.#tell({ kind: 'lost', error })
  }

  #tell(event: LinkEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve()
  return new Promise(resolve => child.once('exit', () => resolve()))
}

function environment(): Record<string, string> {
  const entries = ENVIRONMENT.map(name => [name, process.env[name]] as const)
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
}

/** `npm ci` leaves the module out where it cannot be built: that comes before any question of a service. */
function findModule(): void {
  try {
    createRequire(import.meta.url).resolve(PCSC_MODULE)
  } catch {
    throw notInstalled('npm left it out')
  }
}

/**
 * Without pcscd the native module would spin for ever, so its socket is tried first; on Windows and macOS the service has
 * none, and there the time limit of opening stands in.
 */
async function findService(): Promise<void> {
  if (process.platform !== 'linux') return
  const path = process.env.PCSCLITE_CSOCK_NAME ?? '/run/pcscd/pcscd.comm'
  await new Promise<void>((resolve, reject) => {
    const socket = connectSocket({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', () => reject(transportError('NO_SMARTCARD_SERVICE', noService('pcscd does not answer'))))
  })
}

function noService(detail: string): string {
  return `there is no smart card service: ${detail}`
}

function notInstalled(detail: string): TransportError {
  return new TransportError('PCSC_NOT_INSTALLED', `the PC/SC module is not there: ${detail}`, {
    remedy:
      'Install what it is built with, then build it: on Debian and Ubuntu "apt-get install build-essential python3 libpcsclite-dev pcscd" and "npm rebuild @pokusew/pcsclite" ("npm ci" when that finds nothing); on Windows the Visual Studio Build Tools.',
  })
}
