import { compareDates, computeExpiry, isFullDate, MRZ_LAYOUTS, tryTransliterate } from '@cccd/mrz'
import { checkHolderRecord, type Holder, type HolderRecord, recordDate, recordDay } from './holder.ts'
import type { RecordFinding } from './record-finding.ts'

const FIELDS: ReadonlySet<string> = new Set<keyof Holder>([
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'sex',
  'nationality',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'identifyingFeatures',
  'dateOfIssue',
  'dateOfExpiry',
  'parents',
  'spouse',
  'oldNumber',
  'portrait',
])

/** The field names of a record, for a template or a message. */
export const RECORD_FIELDS: readonly string[] = [...FIELDS]

/** A date of expiry that is none of those that the law gives for these days of birth and issue. */
function expiryFinding(holder: HolderRecord): RecordFinding | undefined {
  const dateOfBirth = recordDate(holder.dateOfBirth)
  // Without day and month nobody can compute it.
  if (!isFullDate(dateOfBirth)) return undefined
  const stated = holder.dateOfExpiry === null ? null : recordDay(holder.dateOfExpiry)
  const lawful = computeExpiry({ dateOfBirth, dateOfIssue: recordDay(holder.dateOfIssue) })
  const all = [lawful.dateOfExpiry, ...lawful.alternatives]
  const fits = all.some(one => (one === null || stated === null ? one === stated : compareDates(one, stated) === 0))
  return fits ? undefined : { field: 'dateOfExpiry', reason: 'expiry-rule', severity: 'warning' }
}

const NAME_LENGTH = MRZ_LAYOUTS.TD1.lineLength

/** What the MRZ makes of the name: letters that have no form there are an error, truncation is told. */
function mrzFinding(holder: HolderRecord): RecordFinding | undefined {
  const name = tryTransliterate(holder.fullName)
  if (name === null) return { field: 'fullName', reason: 'mrz-letters', severity: 'error' }
  // The first blank becomes two fillers, every other one.
  const length = name.length + (name.includes(' ') ? 1 : 0)
  return length > NAME_LENGTH ? { field: 'fullName', reason: 'mrz-truncated', severity: 'warning' } : undefined
}

/**
 * Judges one record on its own: what `checkHolderRecord` says, fields that nobody knows, the law of expiry and the MRZ.
 * `holder` is null when an error was found. Never throws.
 */
export function checkRecord(record: unknown): { holder: HolderRecord | null; findings: readonly RecordFinding[] } {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return { holder: null, findings: [{ field: 'record', reason: 'not-a-record', severity: 'error' }] }
  }
  const { holder, findings } = checkHolderRecord(record)
  const all: RecordFinding[] = [...findings]
  if (Object.keys(record).some(name => !FIELDS.has(name))) {
    all.push({ field: 'record', reason: 'unknown-field', severity: 'error' })
  }
  if (!holder) return { holder: null, findings: all }
  const further = [expiryFinding(holder), mrzFinding(holder)].filter(one => one !== undefined)
  all.push(...further)
  return { holder: all.some(one => one.severity === 'error') ? null : holder, findings: all }
}
