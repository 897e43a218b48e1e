import {
  type AccessKeys,
  accessKeysFromCan,
  accessKeysFromMrz,
  accessKeysFromPersonalNumber,
  accessKeysFromQr,
  type BacKey,
  parseCardQr,
  parseMrz,
  requireValidCheckDigits,
} from '@cccd/mrz'
import type { PrintedData } from '@cccd/verifier'
import { UsageError } from './output.ts'
import { type Context, readStdin } from './wiring.ts'

/** What stands on the card, as it was given: it opens the chip and is compared with it. */
export interface Printed {
  readonly data: PrintedData
  readonly keys: AccessKeys
  /** As it goes into a document folder's printed.json. */
  readonly texts: { readonly qr?: string; readonly mrz?: readonly string[]; readonly personalNumber?: string }
}

export interface PrintedOptions {
  readonly qr?: string
  readonly mrz?: string
  readonly number?: string
  readonly can?: string
}

const MOST_BAC_KEYS = 5

/** Reads --qr, --mrz, --number and --can; throws FormatError for what is no card's, with the place. */
export async function printedFrom(options: PrintedOptions, context: Context): Promise<Printed> {
  const sources: AccessKeys[] = []
  let data: PrintedData = {}
  let texts: Printed['texts'] = {}
  if (options.mrz !== undefined) {
    const lines = mrzLines(options.mrz === '-' ? await readStdin(context.stdin) : options.mrz)
    const mrz = parseMrz(lines)
    requireValidCheckDigits(mrz)
    sources.push(accessKeysFromMrz(mrz))
    data = { ...data, mrz }
    texts = { ...texts, mrz: mrz.lines }
  }
  if (options.qr !== undefined) {
    const qr = parseCardQr(options.qr === '-' ? await readStdin(context.stdin) : options.qr)
    sources.push(accessKeysFromQr(qr))
    data = { ...data, qr }
    texts = { ...texts, qr: qr.raw }
  }
  if (options.number !== undefined) {
    sources.push(accessKeysFromPersonalNumber(options.number))
    data = { ...data, personalNumber: options.number }
    texts = { ...texts, personalNumber: options.number }
  }
  if (options.can !== undefined) sources.push(accessKeysFromCan(options.can))
  return { data, keys: merged(sources), texts }
}

/** The printed data must open the card; nothing given is a fault of the command line. */
export function requireKeys(printed: Printed): AccessKeys {
  if (printed.keys.can !== undefined || printed.keys.bac.length > 0) return printed.keys
  throw new UsageError({
    vi: 'Cần một trong --qr, --mrz, --number hoặc --can để mở thẻ.',
    en: 'One of --qr, --mrz, --number or --can is needed to open the card.',
  })
}

/** Lines parted by line breaks, commas or blanks; MRZ lines hold none of them. */
export function mrzLines(text: string): string[] {
  return text.split(/[\s,]+/).filter(line => line !== '')
}

function merged(sources: readonly AccessKeys[]): AccessKeys {
  const can = sources.find(keys => keys.can !== undefined)?.can
  const seen = new Set<string>()
  const bac: BacKey[] = []
  for (const key of sources.flatMap(keys => keys.bac)) {
    const name = `${key.documentNumber}|${key.dateOfBirth}|${key.dateOfExpiry}`
    if (!seen.has(name) && bac.length < MOST_BAC_KEYS) bac.push(key)
    seen.add(name)
  }
  return can === undefined ? { bac } : { can, bac }
}
