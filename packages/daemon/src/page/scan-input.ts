import { type CardQr, formatPartialDate, type Mrz, parseScan, type ScanDamage } from '@cccd/mrz'
import type { Field, FieldName, FieldSource } from '../person.ts'

/** What opens the chip, in the words of the desk's API. */
export type AccessGiven = { readonly scan: string } | { readonly number: string } | { readonly can: string }

/** Why a text cannot open a card. */
export type Refusal = 'INSURANCE_QR' | 'NO_CARD_TEXT' | 'SEVERAL_TEXTS' | 'MRZ_UNCLEAR' | 'NOT_TWELVE_DIGITS'

/** What the text in the input box is so far. */
export type Recognised =
  | { readonly kind: 'empty' }
  /** Digits that could still become a CAN or a personal number. */
  | { readonly kind: 'digits'; readonly count: number }
  /** An MRZ of which lines are missing. */
  | { readonly kind: 'lines'; readonly count: number }
  | {
      readonly kind: 'ready'
      readonly what: 'card-qr' | 'mrz' | 'number' | 'can'
      readonly given: AccessGiven
      /** What the text itself says, unsigned: shown until the chip has spoken. */
      readonly fields: readonly Field[]
      readonly damage: readonly ScanDamage[]
    }
  | { readonly kind: 'refused'; readonly why: Refusal }

const MRZ_LINE = 30

/** Tells what a typed, scanned or pasted text is. Never throws. */
export function recognise(raw: string): Recognised {
  const text = raw.trim()
  if (text === '') return { kind: 'empty' }
  const digits = text.replace(/[\s.-]/g, '')
  if (/^[0-9]{1,12}$/.test(digits)) return fromDigits(digits)
  if (/^[0-9\s.-]+$/.test(text)) return { kind: 'refused', why: 'NOT_TWELVE_DIGITS' }
  const scan = parseScan(raw, { via: 'wedge' })
  switch (scan.kind) {
    case 'card-qr':
      return { kind: 'ready', what: 'card-qr', given: { scan: raw }, fields: qrFields(scan.qr), damage: scan.damage }
    case 'mrz':
      if (scan.mrz === null) return { kind: 'refused', why: 'MRZ_UNCLEAR' }
      return { kind: 'ready', what: 'mrz', given: { scan: raw }, fields: mrzFields(scan.mrz), damage: scan.damage }
    case 'insurance-qr':
      return { kind: 'refused', why: 'INSURANCE_QR' }
    case 'vneid-or-unknown':
      if (scan.damage.includes('SEVERAL_TEXTS')) return { kind: 'refused', why: 'SEVERAL_TEXTS' }
      if (scan.insuranceCardNumber !== null) return { kind: 'refused', why: 'INSURANCE_QR' }
      if (scan.personalNumber !== null) {
        const fields = [field('personalNumber', scan.personalNumber, 'qr')]
        return { kind: 'ready', what: 'number', given: { number: scan.personalNumber }, fields, damage: scan.damage }
      }
      return unfinishedMrz(text) ?? { kind: 'refused', why: 'NO_CARD_TEXT' }
  }
}

function fromDigits(digits: string): Recognised {
  if (digits.length === 12) {
    const fields = [field('personalNumber', digits, 'typed')]
    return { kind: 'ready', what: 'number', given: { number: digits }, fields, damage: [] }
  }
  if (digits.length === 6) return { kind: 'ready', what: 'can', given: { can: digits }, fields: [], damage: [] }
  return { kind: 'digits', count: digits.length }
}

/** A scanner that ends every line with Enter gives the MRZ in three parts. */
function unfinishedMrz(text: string): Recognised | null {
  const lines = text.split(/\r\n|\r|\n/).map(line => line.trim())
  const whole = lines.every(line => line.length === MRZ_LINE && /^[A-Z0-9<]+$/.test(line))
  return whole && lines.length < 3 && /^[IAC]/.test(lines[0] ?? '') ? { kind: 'lines', count: lines.length } : null
}

function field(name: FieldName, value: string, source: FieldSource): Field {
  return { name, value, source }
}

function stated(fields: readonly Field[]): Field[] {
  return fields.filter(({ value }) => value !== '')
}

function qrFields(qr: CardQr): Field[] {
  return stated([
    field('fullName', qr.fullName, 'qr'),
    field('personalNumber', qr.personalNumber, 'qr'),
    field('dateOfBirth', qr.dateOfBirth === null ? '' : formatPartialDate(qr.dateOfBirth), 'qr'),
    field('sex', qr.sex ?? '', 'qr'),
    field('placeOfResidence', qr.address, 'qr'),
    field('dateOfIssue', qr.dateOfIssue === null ? '' : formatPartialDate(qr.dateOfIssue), 'qr'),
    field('oldNumber', qr.oldNumber, 'qr'),
  ])
}

function mrzFields(mrz: Mrz): Field[] {
  const number = /^[0-9]{12}/.exec(mrz.optionalData1 ?? '')?.[0] ?? ''
  const name = `${mrz.primaryIdentifier} ${mrz.secondaryIdentifier}`.trim()
  return stated([
    field('fullName', name, 'mrz'),
    field('personalNumber', number, 'mrz'),
    field('documentNumber', mrz.documentNumber, 'mrz'),
  ])
}
