import { type ErrorFacts, TransportError } from '@cccd/mrz'
import { EventQueue } from './event-queue.ts'
import { type FoundScanner, findScanners } from './find-scanners.ts'
import { type Link, OpenError, remedyOf, type ScannerDrivers } from './scanner-driver.ts'
import type { OpenFault, ScannerEvent, ScannerIdentity } from './scanner-event.ts'
import {
  DEFAULT_GAP_MS,
  DEFAULT_IDLE_MS,
  DEFAULT_POLL_MS,
  type ScannerConfig,
  type SerialRule,
} from './scanner-rule.ts'
import { type IntakeOptions, TextIntake } from './text-intake.ts'

/** Lines of text from a keyboard, or a scanner that types; read until its end. */
export interface TextInput {
  readonly input: AsyncIterable<Uint8Array | string>
  readonly label?: string
}

interface Connection {
  readonly scanner: ScannerIdentity
  readonly intake: TextIntake
  /** Undefined while the device is being opened. */
  link?: Link
  /** How often in a row it was not among the devices that are there. */
  missed: number
  lost(): void
}

/** A listing can be wrong once; a device that is not there so often went away without its link telling. */
const MOST_MISSED = 3

export interface SupervisorOptions {
  /** Whether to wait for scanners that are not there yet or do not open yet. */
  readonly wait: boolean
  readonly drivers: ScannerDrivers
  readonly now: () => Date
  readonly text?: TextInput
}

/** Keeps the scanners of a configuration open: looks for them again and again, opens what came, forgets what went. */
export class ScannerSupervisor {
  readonly events: EventQueue<ScannerEvent>
  readonly #config: ScannerConfig
  readonly #options: SupervisorOptions
  readonly #connections = new Map<string, Connection>()
  /** How often in a row a device that is there did not open, why, and whether that was told. */
  readonly #failures = new Map<string, { times: number; error: OpenError; told: OpenFault | null }>()
  #drivers: Parameters<typeof findScanners>[0]['drivers'] = {}
  #next: NodeJS.Timeout | undefined
  #hasOpened = false
  #closing: Promise<void> | null = null
  #resumeText = (): void => undefined

  constructor(config: ScannerConfig, options: SupervisorOptions) {
    this.#config = config
    this.#options = options
    this.events = new EventQueue({
      full: () => this.#eachLink(link => link.pause()),
      drained: () => {
        this.#eachLink(link => link.resume())
        this.#resumeText()
      },
    })
  }

  /** Loads what the rules need and looks for scanners the first time. Throws as openScanners says. */
  async start(): Promise<void> {
    const { text } = this.#options
    const hasRules = this.#config.scanners.length > 0
    if (hasRules) await this.#loadDrivers()
    if (text !== undefined) void this.#readText(text, !hasRules)
    else if (!hasRules) this.events.end()
    if (hasRules) await this.#look()
  }

  /** Closes every scanner and ends the events; what was scanned before is still given out. Never throws. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    clearTimeout(this.#next)
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    for (const { intake } of connections) intake.end(false)
    this.events.end()
    this.#resumeText()
    await Promise.all(connections.map(({ link }) => link?.close()))
  }

  async #loadDrivers(): Promise<void> {
    const { drivers } = this.#options
    const kinds = new Set(this.#config.scanners.map(({ kind }) => kind))
    const missing: { readonly kind: 'serial' | 'hid'; readonly error: TransportError }[] = []
    for (const kind of kinds) {
      try {
        if (kind === 'serial') this.#drivers = { ...this.#drivers, serial: await drivers.serial() }
        else this.#drivers = { ...this.#drivers, hid: await drivers.hid() }
      } catch (error) {
        if (!(error instanceof TransportError)) throw error
        missing.push({ kind, error })
      }
    }
    const [first] = missing
    if (first !== undefined && missing.length === kinds.size && this.#options.text === undefined) throw first.error
    for (const { kind, error } of missing) {
      const { message, facts } = error as { message: string; facts: ErrorFacts }
      const damage = { code: 'CANNOT_OPEN', reason: 'driver-missing', message, remedy: facts.remedy ?? '' } as const
      this.events.push({ kind: 'damaged', at: this.#at(), scanner: { label: kind, kind }, damage })
    }
  }

  async #look(): Promise<void> {
    const found = await findScanners({ rules: this.#config.scanners, drivers: this.#drivers })
    if (this.#closing !== null) return
    for (const key of this.#failures.keys()) {
      if (!found.some(one => one.key === key)) this.#failures.delete(key)
    }
    for (const [key, connection] of this.#connections) {
      connection.missed = found.some(one => one.key === key) ? 0 : connection.missed + 1
      if (connection.missed < MOST_MISSED) continue
      connection.lost()
      void connection.link?.close()
    }
    await Promise.all(found.filter(({ key }) => !this.#connections.has(key)).map(one => this.#open(one)))
    if (this.#closing !== null) return
    const fault = this.#faultOfNone()
    if (fault !== null) return this.events.fail(fault)
    this.#next = setTimeout(() => void this.#look(), this.#config.pollMs ?? DEFAULT_POLL_MS)
  }

  /** Why there is nothing to wait for, when waiting was not asked for. */
  #faultOfNone(): TransportError | null {
    const { wait, text } = this.#options
    if (wait || text !== undefined || this.#hasOpened) return null
    const failures = [...this.#failures.values()]
    const there = failures.find(({ error }) => error.reason !== 'gone')
    if (there === undefined) {
      const named = this.#config.scanners.flatMap(({ match }) => match.path ?? [])
      const where = named.length === 0 ? '' : ` at ${named.join(', ')}`
      return new TransportError('NO_SCANNER', `no scanner is there${where}`, { remedy: remedyOf('gone') })
    }
    // What has come up just now may need a second try.
    if (failures.some(({ times }) => times < 2)) return null
    const { reason, message } = there.error
    return new TransportError('SCANNER_FAILED', message, { remedy: remedyOf(reason) })
  }

  async #open(found: FoundScanner): Promise<void> {
    const { key, scanner } = found
    const intake = new TextIntake({
      scanner,
      emit: event => this.events.push(event),
      now: this.#options.now,
      ...(await this.#intakeOptions(found)),
    })
    let isAnnounced = false
    const announce = (): void => {
      if (!isAnnounced) this.#changed('connected', scanner)
      isAnnounced = true
    }
    const connection: Connection = {
      scanner,
      intake,
      missed: 0,
      lost: () => {
        if (this.#connections.get(key) !== connection) return
        this.#connections.delete(key)
        announce()
        intake.end(false)
        this.#changed('disconnected', scanner)
      },
    }
    this.#connections.set(key, connection)
    let link: Link
    try {
      link = await found.open({
        data: bytes => {
          if (this.#connections.get(key) !== connection) return
          announce()
          if (found.rule.kind === 'hid') intake.report(bytes)
          else intake.bytes(bytes)
        },
        closed: connection.lost,
      })
    } catch (error) {
      if (this.#connections.get(key) === connection) this.#connections.delete(key)
      this.#failed(key, scanner, error)
      return
    }
    this.#failures.delete(key)
    this.#hasOpened = true
    if (this.#connections.get(key) !== connection) {
      // It was closed, or went away, before it was open.
      await link.close()
      return
    }
    announce()
    connection.link = link
    if (this.events.isFull) link.pause()
  }

  async #intakeOptions({ rule, device }: FoundScanner): Promise<Partial<IntakeOptions>> {
    const longest = rule.longest === undefined ? {} : { longest: rule.longest }
    if (rule.kind === 'serial') return { ...longest, terminator: rule.terminator ?? 'line', idleMs: idleOf(rule) }
    const layout = (await this.#drivers.hid?.layout(device)) ?? null
    return layout === null ? longest : { ...longest, layout }
  }

  /** Just after a device was plugged in the system may not yet have given its rights: only the second time is told. */
  #failed(key: string, scanner: ScannerIdentity, error: unknown): void {
    const opened = error instanceof OpenError ? error : new OpenError('failed', String(error))
    const { reason, message } = opened
    const failure = { ...(this.#failures.get(key) ?? { times: 0, told: null }), error: opened }
    failure.times++
    this.#failures.set(key, failure)
    if (!this.#options.wait && !this.#hasOpened && this.#options.text === undefined) return
    if (reason === 'gone' || failure.times < 2 || failure.told === reason || this.#closing !== null) return
    failure.told = reason
    const damage = { code: 'CANNOT_OPEN', reason, message, remedy: remedyOf(reason) } as const
    this.events.push({ kind: 'damaged', at: this.#at(), scanner, damage })
  }

  async #readText({ input, label = 'stdin' }: TextInput, endsAll: boolean): Promise<void> {
    const scanner: ScannerIdentity = { label, kind: 'text' }
    const emit = (event: ScannerEvent): void => {
      if (this.#closing === null) this.events.push(event)
    }
    const intake = new TextIntake({ scanner, emit, now: this.#options.now })
    this.#changed('connected', scanner)
    try {
      for await (const chunk of input) {
        if (this.#closing !== null) break
        intake.bytes(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
        if (this.events.isFull) {
          await new Promise<void>(resolve => {
            this.#resumeText = resolve
          })
        }
      }
      intake.end(true)
      if (this.#closing !== null) return
      this.#changed('disconnected', scanner)
      if (endsAll) this.events.end()
    } catch (error) {
      // Whoever closes may destroy the input to do so.
      intake.end(false)
      if (this.#closing === null) this.events.fail(error)
    }
  }

  #changed(kind: 'connected' | 'disconnected', scanner: ScannerIdentity): void {
    this.events.push({ kind, at: this.#at(), scanner })
  }

  #at(): string {
    return this.#options.now().toISOString()
  }

  #eachLink(act: (link: Link) => void): void {
    for (const { link } of this.#connections.values()) if (link !== undefined) act(link)
  }
}

function idleOf(rule: SerialRule): number {
  return rule.idleMs ?? (rule.terminator === 'idle' ? DEFAULT_GAP_MS : DEFAULT_IDLE_MS)
}
