import { sniffImage } from '@cccd/card-core'
import {
  ageOn,
  compareDates,
  dateRange,
  decodePersonalNumber,
  type FullDate,
  formatPartialDate,
  isFullDate,
  isPersonalNumber,
  type PartialDate,
  parsePartialDate,
} from '@cccd/mrz'

/**
 * One citizen's record as a card is made from it. Texts are NFC. Dates are `dd/MM/yyyy`; a date of birth may also be
 * `MM/yyyy` or `yyyy` when the day, or day and month, are not known.
 */
export interface Holder {
  /** Twelve digits. */
  readonly personalNumber: string
  readonly fullName: string
  readonly dateOfBirth: string
  readonly sex: 'male' | 'female'
  readonly nationality: string
  readonly ethnicity: string
  readonly religion: string
  readonly placeOfOrigin: string
  readonly placeOfResidence: string
  readonly identifyingFeatures: string
  readonly dateOfIssue: string
  /** null: the card does not expire. */
  readonly dateOfExpiry: string | null
  readonly parents?: readonly string[]
  readonly spouse?: string
  /** The number of the former identity card, nine or twelve digits. */
  readonly oldNumber?: string
  /** JPEG or JPEG 2000; absent for a holder under six. */
  readonly portrait?: Uint8Array
}

export type HolderFindingReason =
  | 'missing'
  | 'not-text'
  | 'not-nfc'
  | 'letters'
  | 'digits'
  | 'date'
  | 'date-order'
  | 'number-against-record'
  | 'number-place'
  | 'portrait-missing'
  | 'portrait-format'
  | 'portrait-under-six'

/** An error sends the record back; a warning goes into the quality report and the record goes on. */
export interface HolderFinding {
  readonly field: keyof Holder
  readonly reason: HolderFindingReason
  readonly severity: 'error' | 'warning'
}

/** A date of a record: `dd/MM/yyyy`, `MM/yyyy` or `yyyy` exactly. Throws RangeError for anything else and for days that
 * no calendar has. */
export function recordDate(text: string): PartialDate {
  const date = parsePartialDate(text)
  if (!date || formatPartialDate(date) !== text) throw new RangeError('a date of the record is none')
  return date
}

/** A date of a record that has its day and month; throws RangeError otherwise. */
export function recordDay(text: string): FullDate {
  const date = recordDate(text)
  if (!isFullDate(date)) throw new RangeError('a date of the record lacks its day')
  return date
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Whether somebody born then is surely under six years old on a day; a child of that age has no portrait. */
export function isUnderSix(birth: PartialDate, at: FullDate): boolean {
  return ageOn(dateRange(birth)[0], at) < 6
}

// The letters of Vietnamese names, and what minorities' names and foreign parents' names bring along.
const NAME = /^[\p{Script=Latin}][\p{Script=Latin} '’.-]*$/u
const PLACE = /^[\p{Script=Latin}\p{Nd} '’.,;:/()&+-]*$/u

const TEXTS = [
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'nationality',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'identifyingFeatures',
  'dateOfIssue',
] as const satisfies readonly (keyof Holder)[]

/** A record whose portrait lies elsewhere: `portrait` names it. */
export type HolderRecord = Omit<Holder, 'portrait'> & { readonly portrait?: string }

/**
 * Judges one record, whose fields may be anything. `holder` is null when an error was found; findings come in the order
 * of the fields. Never throws.
 */
export function checkHolder(record: unknown): { holder: Holder | null; findings: readonly HolderFinding[] } {
  const isPicture = (portrait: unknown): boolean => portrait instanceof Uint8Array && sniffImage(portrait) !== 'unknown'
  return checkFields(record, isPicture) as { holder: Holder | null; findings: readonly HolderFinding[] }
}

/** As `checkHolder`, for a record whose portrait is named by a text and lies elsewhere. */
export function checkHolderRecord(record: unknown): {
  holder: HolderRecord | null
  findings: readonly HolderFinding[]
} {
  return checkFields(record, portrait => typeof portrait === 'string' && portrait !== '')
}

function checkFields(
  record: unknown,
  isPortrait: (portrait: unknown) => boolean,
): { holder: HolderRecord | null; findings: readonly HolderFinding[] } {
  const findings: HolderFinding[] = []
  const error = (field: keyof Holder, reason: HolderFindingReason) =>
    findings.push({ field, reason, severity: 'error' })
  const fields = (typeof record === 'object' && record !== null ? record : {}) as Record<string, unknown>
  const text = (field: keyof Holder, value: unknown): value is string => {
    if (typeof value !== 'string') error(field, value === undefined || value === null ? 'missing' : 'not-text')
    else if (value !== value.normalize('NFC')) error(field, 'not-nfc')
    else return true
    return false
  }

  for (const field of TEXTS) if (text(field, fields[field]) && fields[field] === '') error(field, 'missing')
  if (findings.length > 0) return { holder: null, findings }
  const holder = record as HolderRecord

  if (!isPersonalNumber(holder.personalNumber)) error('personalNumber', 'digits')
  if (!NAME.test(holder.fullName)) error('fullName', 'letters')
  if (holder.sex !== 'male' && holder.sex !== 'female') error('sex', 'missing')
  for (const field of ['placeOfOrigin', 'placeOfResidence'] as const) {
    if (!PLACE.test(holder[field])) error(field, 'letters')
  }
  if (holder.oldNumber !== undefined && text('oldNumber', holder.oldNumber)) {
    if (!/^(\d{9}|\d{12})?$/.test(holder.oldNumber)) error('oldNumber', 'digits')
  }
  if (holder.spouse !== undefined && text('spouse', holder.spouse) && !NAME.test(holder.spouse)) {
    error('spouse', 'letters')
  }
  if (holder.parents !== undefined) {
    if (!Array.isArray(holder.parents) || holder.parents.length > 2) error('parents', 'not-text')
    else if (holder.parents.some(name => text('parents', name) && !NAME.test(name))) error('parents', 'letters')
  }

  const warning = (field: keyof Holder, reason: HolderFindingReason) =>
    findings.push({ field, reason, severity: 'warning' })
  const birth = orNull(() => recordDate(holder.dateOfBirth))
  const issue = orNull(() => recordDay(holder.dateOfIssue))
  const end = holder.dateOfExpiry
  const expiry = typeof end === 'string' ? orNull(() => recordDay(end)) : null
  if (!birth) error('dateOfBirth', 'date')
  if (!issue) error('dateOfIssue', 'date')
  if (end !== null && !expiry) error('dateOfExpiry', 'date')
  if (birth && issue && compareDates(issue, dateRange(birth)[0]) < 0) error('dateOfIssue', 'date-order')
  if (expiry && issue && compareDates(expiry, issue) <= 0) error('dateOfExpiry', 'date-order')
  if (isPersonalNumber(holder.personalNumber)) {
    for (const said of decodePersonalNumber(holder.personalNumber, { sex: holder.sex, dateOfBirth: birth }).warnings) {
      warning('personalNumber', said === 'PROVINCE_UNKNOWN' ? 'number-place' : 'number-against-record')
    }
  }

  const underSix = birth && issue ? isUnderSix(birth, issue) : false
  if (holder.portrait === undefined) {
    if (!underSix) error('portrait', 'portrait-missing')
  } else if (!isPortrait(holder.portrait)) {
    error('portrait', 'portrait-format')
  } else if (underSix) warning('portrait', 'portrait-under-six')

  return { holder: findings.some(one => one.severity === 'error') ? null : holder, findings }
}
