import type { Dg1, Dg13 } from '@cccd/card-core'
import {
  type CardQr,
  compareDates,
  computeExpiry,
  type FullDate,
  isFullDate,
  isVietnameseMrz,
  type Mrz,
  type PartialDate,
  parsePartialDate,
  parseVietnameseMrz,
} from '@cccd/mrz'
import type { Finding, Findings } from './check.ts'
import {
  type Comparison,
  comparisonFinding,
  sameDate,
  sameMrzDate,
  sameMrzName,
  sameSex,
  sameText,
  sameVietnameseName,
  sexOf,
} from './comparison.ts'

/** What is printed on the card or was typed from it. Unsigned: it can lower a verdict, never raise one. */
export interface PrintedData {
  readonly qr?: CardQr
  readonly mrz?: Mrz
  /** Twelve digits. */
  readonly personalNumber?: string
}

export interface ConsistencyContext {
  readonly dg1?: Dg1 | undefined
  readonly dg13?: Dg13 | undefined
  /** Why a group is not there to compare. */
  readonly dg1Missing: Finding
  readonly dg13Missing: Finding
  readonly printed?: PrintedData | undefined
  readonly at: Date
}

const NOT_PROVIDED: Finding = { status: 'notSupported', reason: 'NOT_PROVIDED' }
const UNREADABLE: Finding = { status: 'undetermined', reason: 'DATE_UNREADABLE' }

function dateOf(text: string | undefined): PartialDate | null {
  return text === undefined ? null : parsePartialDate(text.trim())
}

function compareMrz(printed: Mrz, chip: Mrz): Finding {
  if (printed.format !== chip.format) return { status: 'failed', reason: 'FIELDS_DIFFER', detail: 'format' }
  const fields = [
    'documentCode',
    'issuingState',
    'documentNumber',
    'sex',
    'dateOfExpiry',
    'nationality',
    'primaryIdentifier',
    'secondaryIdentifier',
  ] as const
  const differing: string[] = fields.filter(field => printed[field] !== chip[field])
  // TR-03135-1 §5.7.2: fillers in an incomplete birth date are exempt.
  const birth = [...printed.dateOfBirth].every((c, i) => [c, '<'].includes(chip.dateOfBirth[i] ?? '') || c === '<')
  if (!birth) differing.push('dateOfBirth')
  if (differing.length > 0) return { status: 'failed', reason: 'FIELDS_DIFFER', detail: differing.join(', ') }
  const optional = (['optionalData1', 'optionalData2'] as const).filter(
    field => (printed[field] ?? '') !== (chip[field] ?? ''),
  )
  if (optional.length > 0) {
    return { status: 'undetermined', reason: 'OPTIONAL_DATA_DIFFER', detail: optional.join(', ') }
  }
  return { status: 'successful', reason: 'PASSED' }
}

/** A name field that a scanner has spoilt says nothing. */
function qrName(qr: CardQr): string | undefined {
  const lost = qr.findings.some(({ code, field }) => code === 'LETTERS_LOST' && field === 'fullName')
  return lost ? undefined : qr.fullName
}

function compareQrDg1(qr: CardQr, { mrz }: Dg1): Comparison {
  return [
    ['personalNumber', sameText(qr.personalNumber.slice(3), mrz.documentNumber)],
    ['fullName', sameMrzName(qrName(qr), mrz)],
    ['dateOfBirth', sameMrzDate(qr.dateOfBirth, mrz.dateOfBirth)],
    ['sex', sameSex(qr.sex, mrz)],
  ]
}

function compareQrDg13(qr: CardQr, dg13: Dg13): Comparison {
  return [
    ['personalNumber', sameText(qr.personalNumber, dg13.personalNumber?.trim())],
    ['fullName', sameVietnameseName(qrName(qr), dg13.fullName)],
    ['dateOfBirth', sameDate(qr.dateOfBirth, dateOf(dg13.dateOfBirth))],
    ['sex', sameText(qr.sex, sexOf(dg13.sex))],
    ['dateOfIssue', sameDate(qr.dateOfIssue, dateOf(dg13.dateOfIssue))],
    ['oldNumber', sameText(qr.oldNumber, dg13.oldNumber?.trim())],
  ]
}

function compareDg13Dg1(dg13: Dg13, { mrz }: Dg1): Comparison {
  const expiry = dateOf(dg13.dateOfExpiry)
  // Words in place of a date mean that the card does not expire; the MRZ then writes 99 for the year.
  const unlimited = dg13.dateOfExpiry !== undefined && dg13.dateOfExpiry.trim() !== '' && !/\d/.test(dg13.dateOfExpiry)
  const none = mrz.dateOfExpiry.startsWith('99')
  return [
    ['personalNumber', sameText(dg13.personalNumber?.trim().slice(3), mrz.documentNumber)],
    ['fullName', sameMrzName(dg13.fullName, mrz)],
    ['dateOfBirth', sameMrzDate(dateOf(dg13.dateOfBirth), mrz.dateOfBirth)],
    ['sex', sameSex(sexOf(dg13.sex), mrz)],
    ['dateOfExpiry', unlimited ? (none ? 'same' : 'differs') : sameMrzDate(expiry, mrz.dateOfExpiry)],
  ]
}

/** DG1's document number and optional data against every place where the twelve digits stand. */
function personalNumberFinding({ dg1, dg13, printed, dg1Missing }: ConsistencyContext): Finding {
  if (!dg1) return dg1Missing
  if (!isVietnameseMrz(dg1.mrz))
    return { status: 'undetermined', reason: 'NOTHING_TO_COMPARE', detail: 'not of Vietnam' }
  const { personalNumber, findings } = parseVietnameseMrz(dg1.mrz)
  const numbers = findings.filter(({ code }) =>
    ['NUMBERS_DIFFER', 'PERSONAL_NUMBER_CHECK_DIGIT', 'PERSONAL_NUMBER_UNREADABLE'].includes(code),
  )
  if (numbers.length > 0) {
    return {
      status: 'failed',
      reason: 'NUMBER_DIFFERS',
      detail: numbers.map(({ code }) => code).join(', '),
      file: 'EF.DG1',
    }
  }
  const comparison: Comparison = [
    ['EF.DG13', sameText(dg13?.personalNumber?.trim(), personalNumber)],
    ['QR', sameText(printed?.qr?.personalNumber, personalNumber)],
    ['printed number', sameText(printed?.personalNumber, personalNumber)],
  ]
  const others = comparison.filter(([, likeness]) => likeness !== 'unknown')
  if (others.length === 0) return { status: 'successful', reason: 'PASSED', detail: 'within EF.DG1 only' }
  return comparisonFinding(others, 'NUMBER_DIFFERS')
}

const VIETNAM_UTC_OFFSET = 7 * 3_600_000

/** The day it is in Vietnam. */
function dayInVietnam(at: Date): FullDate {
  const there = new Date(at.getTime() + VIETNAM_UTC_OFFSET)
  return { year: there.getUTCFullYear(), month: there.getUTCMonth() + 1, day: there.getUTCDate() }
}

/** When the card ends: DG13 with its four-digit year first, else DG1, whose year is of this century (the first chip
 * cards are of 2021 and no card runs over 2098). */
function expiryOf({ dg1, dg13 }: ConsistencyContext): FullDate | 'none' | null {
  const stated = dateOf(dg13?.dateOfExpiry)
  if (stated) return isFullDate(stated) ? stated : null
  const field = dg1?.mrz.dateOfExpiry
  if (field?.startsWith('99')) return 'none'
  const parts = /^(\d\d)(\d\d)(\d\d)$/.exec(field ?? '')
  const date = parts && parsePartialDate(`${parts[3]}/${parts[2]}/20${parts[1]}`)
  return date && isFullDate(date) ? date : null
}

function expiryFinding(context: ConsistencyContext): Finding {
  if (!context.dg1 && !context.dg13) return context.dg1Missing
  const expiry = expiryOf(context)
  if (expiry === null) return UNREADABLE
  if (expiry === 'none') return { status: 'successful', reason: 'NO_EXPIRY' }
  return compareDates(expiry, dayInVietnam(context.at)) < 0
    ? { status: 'failed', reason: 'CARD_EXPIRED' }
    : { status: 'successful', reason: 'PASSED' }
}

function dateOfIssueFinding(context: ConsistencyContext): Finding {
  const { dg13, dg13Missing, at } = context
  if (!dg13) return dg13Missing
  const issue = dateOf(dg13.dateOfIssue)
  if (!issue || !isFullDate(issue)) return UNREADABLE
  if (compareDates(issue, dayInVietnam(at)) > 0)
    return { status: 'failed', reason: 'ISSUED_IN_FUTURE', file: 'EF.DG13' }
  const expiry = expiryOf(context)
  if (expiry !== null && expiry !== 'none' && compareDates(issue, expiry) > 0) {
    return { status: 'failed', reason: 'ISSUED_AFTER_EXPIRY', file: 'EF.DG13' }
  }
  const birth = dateOf(dg13.dateOfBirth)
  if (birth && isFullDate(birth) && compareDates(issue, birth) < 0) {
    return { status: 'failed', reason: 'ISSUED_BEFORE_BIRTH', file: 'EF.DG13' }
  }
  return { status: 'successful', reason: 'PASSED' }
}

function expiryRuleFinding(context: ConsistencyContext): Finding {
  const { dg13, dg13Missing } = context
  if (!dg13) return dg13Missing
  const [birth, issue] = [dateOf(dg13.dateOfBirth), dateOf(dg13.dateOfIssue)]
  const expiry = expiryOf(context)
  if (!birth || !issue || !isFullDate(birth) || !isFullDate(issue) || expiry === null) return UNREADABLE
  if (compareDates(issue, birth) < 0) return { status: 'failed', reason: 'ISSUED_BEFORE_BIRTH', file: 'EF.DG13' }
  const rule = computeExpiry({ dateOfBirth: birth, dateOfIssue: issue })
  const allowed = rule.dateOfExpiry ? [rule.dateOfExpiry, ...rule.alternatives] : []
  const fits = expiry === 'none' ? rule.dateOfExpiry === null : allowed.some(day => compareDates(day, expiry) === 0)
  return fits
    ? { status: 'successful', reason: 'PASSED', detail: `law of ${rule.law}` }
    : { status: 'failed', reason: 'EXPIRY_NOT_BY_RULE', detail: `law of ${rule.law}` }
}

/** The day of issue that the signed groups state, for validity at signing. */
export function statedDateOfIssue(dg13: Dg13 | undefined): FullDate | undefined {
  const date = dateOf(dg13?.dateOfIssue)
  return date && isFullDate(date) ? date : undefined
}

/** The combined checks (TR-03135-1 §5.7): the chip's groups against one another, against print, against the calendar.
 * Details name fields, never what stands in them. */
export function examineConsistency(context: ConsistencyContext): Findings {
  const { dg1, dg13, dg1Missing, dg13Missing, printed } = context
  const { qr, mrz } = printed ?? {}
  return {
    'combined.expiry': expiryFinding(context),
    'combined.mrzDg1': mrz ? (dg1 ? compareMrz(mrz, dg1.mrz) : dg1Missing) : NOT_PROVIDED,
    'combined.qrDg1': qr ? (dg1 ? comparisonFinding(compareQrDg1(qr, dg1)) : dg1Missing) : NOT_PROVIDED,
    'combined.qrDg13': qr ? (dg13 ? comparisonFinding(compareQrDg13(qr, dg13)) : dg13Missing) : NOT_PROVIDED,
    'combined.dg13Dg1': dg1 ? (dg13 ? comparisonFinding(compareDg13Dg1(dg13, dg1)) : dg13Missing) : dg1Missing,
    'combined.personalNumber': personalNumberFinding(context),
    'combined.dateOfIssue': dateOfIssueFinding(context),
    'combined.expiryRule': expiryRuleFinding(context),
  }
}
