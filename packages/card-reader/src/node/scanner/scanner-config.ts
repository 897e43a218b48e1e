import { malformed, type PlacedJson, parsePlacedJson } from './placed-json.ts'
import type { HidRule, Parity, ScannerConfig, ScannerMatch, ScannerRule, SerialRule } from './scanner-rule.ts'
import { TERMINATORS, type Terminator } from './text-assembler.ts'

/** Reads a configuration of scanners; docs/scanners.md describes it. Nothing unknown is let pass. Throws FormatError
 * SCANNER_CONFIG_MALFORMED with line, column and the path of the value. */
export function parseScannerConfig(text: string): ScannerConfig {
  const file = new ObjectReader(text, parsePlacedJson(text), '')
  const scanners = file.list('scanners', rule)
  const pollMs = file.integer('pollMs', 100, 60_000)
  file.end()
  if (scanners === undefined) throw file.fault('the list "scanners" is missing')
  return given({ scanners, pollMs })
}

/** The configuration as text; `parseScannerConfig` reads it back. */
export function formatScannerConfig(config: ScannerConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`
}

function rule(reader: ObjectReader): ScannerRule {
  const kind = reader.choice('kind', ['serial', 'hid'])
  const label = reader.string('label', /^\P{Cc}{1,80}$/u, 'a label has 1 to 80 characters, none of control')
  const match = reader.object('match', matchOf) ?? {}
  const longest = reader.integer('longest', 256, 1_048_576)
  if (kind === undefined) throw reader.fault('the rule does not say its kind: "serial" or "hid"')
  if (kind === 'hid') {
    reader.end('a HID scanner has no such setting')
    return given<HidRule>({ kind, label, match, longest })
  }
  const serial = given<SerialRule>({
    kind,
    label,
    match,
    baud: reader.integer('baud', 50, 4_000_000),
    dataBits: reader.choice('dataBits', [7, 8]),
    parity: reader.choice<Parity>('parity', ['none', 'even', 'odd']),
    stopBits: reader.choice('stopBits', [1, 2]),
    terminator: reader.choice<Terminator>('terminator', TERMINATORS),
    idleMs: reader.integer('idleMs', 0, 60_000),
    longest,
  })
  reader.end()
  if (Object.keys(match).length === 0) throw reader.fault('a serial scanner needs a "match" that names it')
  if (serial.terminator === 'idle' && serial.idleMs === 0) {
    throw reader.fault('with the terminator "idle", idleMs 0 would end no text')
  }
  return serial
}

const FOUR_HEX = /^[0-9A-Fa-f]{4}$/
const IDS = 'an id is four hexadecimal digits in quotation marks, such as "0c2e"'

function matchOf(reader: ObjectReader): ScannerMatch {
  const match = given<ScannerMatch>({
    path: reader.string('path', /^[^\0]{1,1000}$/, 'a path has 1 to 1,000 characters'),
    vendorId: reader.string('vendorId', FOUR_HEX, IDS)?.toLowerCase(),
    productId: reader.string('productId', FOUR_HEX, IDS)?.toLowerCase(),
    serialNumber: reader.string('serialNumber', /^\P{Cc}{1,200}$/u, 'a serial number has 1 to 200 characters'),
  })
  reader.end()
  if (match.productId !== undefined && match.vendorId === undefined) {
    throw reader.fault('a productId means nothing without its vendorId')
  }
  return match
}

/** Leaves out what is not given. */
function given<T>(values: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}

/** Takes the members of one object, each at most once, and refuses those that were not asked for. */
class ObjectReader {
  readonly #text: string
  readonly #path: string
  readonly #at: number
  readonly #left: Map<string, { readonly keyAt: number; readonly value: PlacedJson }>

  constructor(text: string, value: PlacedJson, path: string) {
    this.#text = text
    this.#path = path
    this.#at = value.at
    if (value.kind !== 'object') throw this.fault('an object in braces should stand here')
    this.#left = new Map(value.members)
  }

  fault(message: string): Error {
    return malformed(this.#text, { at: this.#at, message, field: this.#path })
  }

  end(message = 'there is no such setting'): void {
    for (const [key, { keyAt }] of this.#left) throw this.#fault(keyAt, key.slice(0, 40), message)
  }

  string(key: string, pattern: RegExp, message: string): string | undefined {
    const value = this.#take(key)
    if (value === undefined) return undefined
    if (value.kind !== 'string' || !pattern.test(value.value)) throw this.#fault(value.at, key, message)
    return value.value
  }

  integer(key: string, least: number, most: number): number | undefined {
    const value = this.#take(key)
    if (value === undefined) return undefined
    const isRight =
      value.kind === 'number' && Number.isInteger(value.value) && value.value >= least && value.value <= most
    if (!isRight) throw this.#fault(value.at, key, `a whole number from ${least} to ${most} should stand here`)
    return value.value
  }

  choice<T extends string | number>(key: string, choices: readonly T[]): T | undefined {
    const value = this.#take(key)
    if (value === undefined) return undefined
    const found = 'value' in value ? choices.find(choice => choice === value.value) : undefined
    if (found === undefined) {
      throw this.#fault(value.at, key, `one of these should stand here: ${JSON.stringify(choices).slice(1, -1)}`)
    }
    return found
  }

  object<T>(key: string, read: (reader: ObjectReader) => T): T | undefined {
    const value = this.#take(key)
    return value === undefined ? undefined : read(new ObjectReader(this.#text, value, this.#pathOf(key)))
  }

  list<T>(key: string, read: (reader: ObjectReader) => T): T[] | undefined {
    const value = this.#take(key)
    if (value === undefined) return undefined
    if (value.kind !== 'array') throw this.#fault(value.at, key, 'a list in brackets should stand here')
    return value.items.map((item, i) => read(new ObjectReader(this.#text, item, `${this.#pathOf(key)}[${i}]`)))
  }

  #take(key: string): PlacedJson | undefined {
    const member = this.#left.get(key)
    this.#left.delete(key)
    return member?.value
  }

  #fault(at: number, key: string, message: string): Error {
    return malformed(this.#text, { at, message, field: this.#pathOf(key) })
  }

  #pathOf(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }
}
