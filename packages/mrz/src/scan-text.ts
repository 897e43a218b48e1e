/** One door for whatever a scanner, a camera, a file or a keyboard gives: it says what the text is, and drops nothing. */
import { type CardQr, parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { type InsuranceQr, parseInsuranceQr } from './insurance-qr.ts'
import type { Mrz } from './mrz.ts'
import { isPersonalNumber } from './personal-number.ts'
import { type MrzRepair, repairMrz } from './repair.ts'
import { STARTS_AN_INSURANCE_CARD, scannedLines } from './scanned-text.ts'
import {
  holdsSeveral,
  isCut,
  type ScanDamage,
  typedKeys,
  withoutIdentifier,
  withSeparatorsPutBack,
} from './wedge-damage.ts'

export type { ScanDamage } from './wedge-damage.ts'

/** The way a text came: `wedge` is a scanner that types, `typed` a person. */
export type ScanVia = 'camera' | 'file' | 'serial' | 'hid' | 'wedge' | 'typed' | 'unknown'

/** Where values of a scan come from; nothing of it is signed. */
export interface ScanProvenance {
  readonly source: 'qr' | 'mrz' | 'unknown'
  readonly via: ScanVia
}

interface ScanOfAnyKind {
  /** As it came. */
  readonly raw: string
  /** In NFC, without byte order mark, NUL bytes, AIM identifier and blanks around lines; lines parted by LF. */
  readonly text: string
  readonly provenance: ScanProvenance
  readonly damage: readonly ScanDamage[]
}

export interface CardQrScan extends ScanOfAnyKind {
  readonly kind: 'card-qr'
  readonly qr: CardQr
}

export interface InsuranceQrScan extends ScanOfAnyKind {
  readonly kind: 'insurance-qr'
  readonly insurance: InsuranceQr
}

export interface MrzScan extends ScanOfAnyKind {
  readonly kind: 'mrz'
  /** Null when it is ambiguous in its length or characters: see `repair.candidates`. */
  readonly mrz: Mrz | null
  readonly repair: MrzRepair
}

/** The QR in the VNeID app has no public structure, so it looks like any other text. */
export interface UnknownScan extends ScanOfAnyKind {
  readonly kind: 'vneid-or-unknown'
  /** When the text is one, or begins with one and is damaged behind it. */
  readonly personalNumber: string | null
  /** Fifteen characters or ten digits, when the text begins with them and is damaged behind them. */
  readonly insuranceCardNumber: string | null
}

export type Scan = CardQrScan | InsuranceQrScan | MrzScan | UnknownScan

/** Tells what a scanned text is and reads it. Never throws: a text that is nothing known comes back as it is. `qr` is the
 * QR of the same card where one was scanned before, to settle an MRZ. */
export function parseScan(
  raw: string,
  options: { readonly via?: ScanVia; readonly qr?: CardQr | undefined } = {},
): Scan {
  const via = options.via ?? 'unknown'
  const body = raw.length > longestText ? '' : withoutIdentifier(raw)
  const lines = scannedLines(body)
  const text = lines.length === 0 ? raw : lines.join('\n').normalize('NFC')
  const [first = ''] = lines
  if (holdsSeveral(lines)) return unknown({ raw, text, via, damage: ['SEVERAL_TEXTS'] })
  const read = (): Scan | null =>
    /^[0-9]{12}/.test(first)
      ? cardScan({ raw, body, text, via })
      : /^(?:[A-Z]{2}[0-9]{13}|[0-9]{10})/.test(first)
        ? insuranceScan({ raw, body, text, via })
        : null
  return (
    read() ??
    mrzScan({ raw, text, via, lines, qr: options.qr }) ??
    unknown({ raw, text, via, damage: isPartOfMrz(lines) ? ['TEXT_CUT'] : [] })
  )
}

const longestText = 8000

interface Given {
  readonly raw: string
  readonly text: string
  readonly via: ScanVia
}

/** The text without what a scanner put in front of it. */
interface GivenBody extends Given {
  readonly body: string
}

function cardScan({ raw, body, text, via }: GivenBody): Scan | null {
  const provenance = { source: 'qr', via } as const
  const whole = orNull(() => parseCardQr(body))
  if (whole !== null) {
    const qr = { ...whole, raw }
    return { kind: 'card-qr', raw, text, provenance, damage: [...cutIn(qr, text), ...damageOf(qr)], qr }
  }
  const put = withSeparatorsPutBack(text)
  const again = put === null ? null : orNull(() => parseCardQr(put.text))
  if (put === null || again === null || again.dateOfBirth === null || again.dateOfIssue === null) {
    if (/^[0-9]{12}[ \t]*\|/.test(text)) return unknown({ raw, text, via, damage: ['TEXT_CUT'] })
    // Whatever follows the number is no card's, unless it could be the text of one.
    return text.length > 12 && !/^[0-9]{12}\p{L}|^[0-9]{12}[^<]{20}/u.test(text)
      ? null
      : unknown({ raw, text, via, damage: text.length > 12 ? ['SEPARATORS_LOST'] : [] })
  }
  const qr: CardQr = { ...again, raw }
  return { kind: 'card-qr', raw, text, provenance, damage: [put.damage, ...damageOf(qr)], qr }
}

function cutIn({ findings }: CardQr, text: string): ScanDamage[] {
  const lacksIssue = findings.some(({ code, field }) => code === 'FIELD_UNREADABLE' && field === 'dateOfIssue')
  return lacksIssue && isCut(text.split('|')) ? ['TEXT_CUT'] : []
}

function damageOf(qr: CardQr): ScanDamage[] {
  const keys = typedKeys(qr.fullName, qr.sexText)
  const found = new Set<ScanDamage>(keys === null ? [] : [keys])
  for (const { code } of qr.findings) {
    if (code === 'LETTERS_LOST' || code === 'NO_VIETNAMESE_LETTERS') found.add(code)
  }
  return [...found]
}

function insuranceScan({ raw, body, text, via }: GivenBody): Scan | null {
  const provenance = { source: 'qr', via } as const
  const read = orNull(() => parseInsuranceQr(body))
  const insurance = read && { ...read, raw }
  if (insurance === null) {
    const looksCut = STARTS_AN_INSURANCE_CARD.test(text) || /^[A-Z]{2}[0-9]{13}/.test(text)
    return looksCut ? unknown({ raw, text, via, damage: ['SEPARATORS_LOST'] }) : null
  }
  const codes = new Set(insurance.findings.map(({ code }) => code))
  const damage = (['LETTERS_LOST', 'TEXT_CUT'] as const).filter(code => codes.has(code))
  return { kind: 'insurance-qr', raw, text, provenance, damage, insurance }
}

function mrzScan(given: Given & { readonly lines: readonly string[]; readonly qr: CardQr | undefined }): Scan | null {
  const { raw, text, via, lines, qr } = given
  if (lines.length > 3 || !/[<«]/.test(text) || !looksLikeMrz(text)) return null
  const repair = orNull(() => repairMrz(text, qr === undefined ? {} : { qr }))
  if (repair === null || (repair.mrz === null && repair.candidates.length === 0)) return null
  return { kind: 'mrz', raw, text, provenance: { source: 'mrz', via }, damage: [], mrz: repair.mrz, repair }
}

/** Nine of ten characters are of the MRZ's alphabet. */
function looksLikeMrz(text: string): boolean {
  return text.length <= 200 && text.replace(/[A-Z0-9<«\s]/g, '').length * 10 <= text.length
}

/** One or two lines of three. */
function isPartOfMrz(lines: readonly string[]): boolean {
  return lines.length < 3 && lines.length > 0 && lines.every(line => /^[A-Z0-9<]{28,46}$/.test(line) && /<</.test(line))
}

function unknown({ raw, text, via, damage }: Given & { readonly damage: readonly ScanDamage[] }): UnknownScan {
  const personalNumber = text.slice(0, 12)
  const insuranceCardNumber = /^(?:[A-Z]{2}[0-9]{13}|[0-9]{10}$)/.exec(text)?.[0] ?? null
  const several = damage.includes('SEVERAL_TEXTS')
  // Of a longer run of digits nobody knows where the number begins, unless an old number fills it up.
  const run = /^[0-9]*/.exec(text)?.[0].length
  const stands = text.length === 12 || (damage.length > 0 && (run === 12 || run === 21 || run === 24))
  const isNumber = isPersonalNumber(personalNumber) && stands && !several
  return {
    kind: 'vneid-or-unknown',
    raw,
    text,
    provenance: { source: 'unknown', via },
    damage,
    personalNumber: isNumber ? personalNumber : null,
    insuranceCardNumber: several ? null : insuranceCardNumber,
  }
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}
