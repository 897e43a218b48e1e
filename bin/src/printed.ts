import {
  type AccessKeys,
  accessAttempts,
  accessKeysFromCan,
  accessKeysFromMrz,
  accessKeysFromPersonalNumber,
  accessKeysFromQr,
  accessKeysFromScan,
  type CardQr,
  FormatError,
  type MrzScan,
  mergeAccessKeys,
  parseCardQr,
  parseMrz,
  parseScan,
  requireValidCheckDigits,
} from '@cccd/mrz'
import type { PrintedData } from '@cccd/verifier'
import { UsageError } from './output.ts'
import { type Context, readStdin } from './wiring.ts'

/** What stands on the card, as it was given: it opens the chip and is compared with it. */
export interface Printed {
  readonly data: PrintedData
  /** At most five tries: the CAN, then keys for BAC. */
  readonly keys: AccessKeys
  /** As it goes into a document folder's printed.json. */
  readonly texts: { readonly qr?: string; readonly mrz?: readonly string[]; readonly personalNumber?: string }
}

export interface PrintedOptions {
  readonly scan?: string
  readonly qr?: string
  readonly mrz?: string
  readonly number?: string
  readonly can?: string
}

/** Reads --can, --mrz, --scan, --qr and --number; one of them may be “-”, standard input. --scan takes whatever a scanner
 * gave (QR, MRZ with misread characters, number, CAN); the others are what they say, without fault. Throws FormatError
 * for what is not, or opens no chip, with the place; UsageError for two that want standard input. */
export async function printedFrom(options: PrintedOptions, context: Context): Promise<Printed> {
  const { can, mrz, scan, qr, number } = await texts(options, context)
  const card = qr === undefined ? undefined : parseCardQr(qr)
  // The first CAN counts, so the one that was given as such; and an MRZ's date of expiry was printed, a QR's is computed.
  return joined([
    ...(can === undefined ? [] : [{ keys: accessKeysFromCan(can), data: {}, texts: {} }]),
    ...(mrz === undefined ? [] : [fromMrz(mrz)]),
    ...(scan === undefined ? [] : [fromScan(scan, card, context)]),
    ...(card === undefined ? [] : [fromQr(card)]),
    ...(number === undefined ? [] : [fromNumber(number)]),
  ])
}

/** The printed data must open the card; nothing given is a fault of the command line. */
export function requireKeys(printed: Printed): AccessKeys {
  if (printed.keys.can !== undefined || printed.keys.bac.length > 0) return printed.keys
  throw new UsageError({
    vi: 'Cần một trong --scan, --qr, --mrz, --number hoặc --can để mở thẻ.',
    en: 'One of --scan, --qr, --mrz, --number or --can is needed to open the card.',
  })
}

/** Lines parted by line breaks, commas or blanks; MRZ lines hold none of them. */
export function mrzLines(text: string): string[] {
  return text.split(/[\s,]+/).filter(line => line !== '')
}

async function texts(options: PrintedOptions, context: Context): Promise<PrintedOptions> {
  const names = ['scan', 'qr', 'mrz', 'number', 'can'] as const
  const fromStdin = names.filter(name => options[name] === '-')
  const [only] = fromStdin
  if (only === undefined) return options
  if (fromStdin.length > 1) {
    throw new UsageError({
      vi: `Chỉ một tùy chọn đọc được từ stdin: ${fromStdin.map(name => `--${name}`).join(', ')}.`,
      en: `Only one option can take standard input: ${fromStdin.map(name => `--${name}`).join(', ')}.`,
    })
  }
  const text = await readStdin(context.stdin)
  return { ...options, [only]: only === 'number' || only === 'can' ? text.trim() : text }
}

function joined(sources: readonly Printed[]): Printed {
  const attempts = accessAttempts(mergeAccessKeys(sources.map(({ keys }) => keys)))
  const can = attempts.find(one => one.kind === 'CAN')?.can
  const bac = attempts.flatMap(one => (one.kind === 'BAC' ? [one.key] : []))
  return {
    keys: can === undefined ? { bac } : { can, bac },
    data: Object.assign({}, ...sources.map(({ data }) => data)),
    texts: Object.assign({}, ...sources.map(one => one.texts)),
  }
}

function fromMrz(text: string): Printed {
  const mrz = parseMrz(mrzLines(text))
  requireValidCheckDigits(mrz)
  return { keys: accessKeysFromMrz(mrz), data: { mrz }, texts: { mrz: mrz.lines } }
}

function fromQr(qr: CardQr): Printed {
  return { keys: accessKeysFromQr(qr), data: { qr }, texts: { qr: qr.raw } }
}

function fromNumber(personalNumber: string): Printed {
  return { keys: accessKeysFromPersonalNumber(personalNumber), data: { personalNumber }, texts: { personalNumber } }
}

function fromScan(text: string, qr: CardQr | undefined, context: Context): Printed {
  const scan = parseScan(text, { qr })
  const keys = accessKeysFromScan(scan)
  switch (scan.kind) {
    case 'card-qr':
      return fromQr(scan.qr)
    case 'mrz':
      // One that cannot be put right gives its own fault, with the place.
      if (keys.bac.length === 0) return fromMrz(scan.text)
      tellRepair(scan, context)
      // Of one that may be read in several ways only the keys are used: the chip tells which was right.
      return scan.mrz === null || scan.repair.candidates.length > 0
        ? { keys, data: {}, texts: {} }
        : { keys, data: { mrz: scan.mrz }, texts: { mrz: scan.mrz.lines } }
    case 'insurance-qr':
      throw new FormatError('QR_NOT_A_CARD', 'a health-insurance card opens no chip', { field: 'scan' })
    case 'vneid-or-unknown':
      if (/^[0-9]{6}$/.test(scan.text)) return { keys: accessKeysFromCan(scan.text), data: {}, texts: {} }
      if (scan.personalNumber !== null) return fromNumber(scan.personalNumber)
      throw new FormatError('QR_NOT_A_CARD', 'what was scanned opens no card', { field: 'scan' })
  }
}

/** Says what was put right, by its place alone: MRZ characters go nowhere but to the chip. */
function tellRepair({ repair: { changes, candidates } }: MrzScan, { output }: Context): void {
  if (candidates.length > 0) {
    output.say({
      vi: `MRZ đọc chưa rõ: ${candidates.length} cách đọc, chip sẽ cho biết cách nào đúng.`,
      en: `The MRZ is not clear: ${candidates.length} readings fit, the chip tells which is right.`,
    })
  }
  for (const { line, column, field } of changes) {
    output.say({
      vi: `MRZ đã sửa một ký tự: dòng ${line}, cột ${column} (${field}).`,
      en: `One character of the MRZ was put right: line ${line}, column ${column} (${field}).`,
    })
  }
}
