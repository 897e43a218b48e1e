import { BundleError } from './bundle-code.ts'
import { walkChecks } from './check.ts'
import type { ReasonCode } from './reason.ts'
import type { VerificationReport } from './verify-document.ts'

/** One line of a report that somebody else made; ids and codes may be those of a newer version. */
export interface StoredCheck {
  readonly id: string
  readonly status: string
  readonly reason: string
}

/** What is compared of a report that somebody else made. It is a claim: nothing is believed because it stands here. */
export interface StoredReport {
  readonly overall: string
  readonly policy: string
  readonly trustAnchors: string
  readonly at: string
  readonly checks: readonly StoredCheck[]
}

/** A check on which the stored report and one's own do not agree. */
export interface ReportDifference {
  readonly id: string
  readonly stored?: { readonly status: string; readonly reason: string }
  readonly own?: { readonly status: string; readonly reason: string }
  /** Set where the two must differ: the desk saw it live, and a record of it proves nothing. */
  readonly explained?: 'notReplayable'
}

function bad(field: string): never {
  throw new BundleError('CONTENTS_MALFORMED', `payload.report${field}`)
}

type Fields = Readonly<Record<string, unknown>>

function object(value: unknown, field: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : bad(field)
}

function token(value: unknown, field: string): string {
  return typeof value === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(value) ? value : bad(field)
}

const MOST_CHECKS = 1000

function collect(value: unknown, found: StoredCheck[]): void {
  if (!Array.isArray(value)) bad('.checks')
  for (const one of value) {
    const { id, status, reason, children } = object(one, '.checks')
    if (found.length >= MOST_CHECKS) bad('.checks')
    const [name, was, why] = [token(id, '.checks.id'), token(status, '.checks.status'), token(reason, '.checks.reason')]
    found.push({ id: name, status: was, reason: why })
    collect(children, found)
  }
}

/** Reads what can be compared of a report; the caller has bounded its depth. Throws BundleError CONTENTS_MALFORMED. */
export function parseStoredReport(value: unknown): StoredReport {
  const { overall, policy, trustAnchors, at, checks } = object(value, '')
  const found: StoredCheck[] = []
  collect(checks, found)
  return {
    overall: token(overall, '.overall'),
    policy: token(policy, '.policy'),
    trustAnchors: token(trustAnchors, '.trustAnchors'),
    at: token(at, '.at'),
    checks: found,
  }
}

/** Reasons that a desk's own report never has: what it saw live, and a record of it does not prove. */
const LIVE_ONLY: readonly ReasonCode[] = ['CA_NOT_REPLAYABLE', 'AA_ANY_TIME', 'ACCESS_UNATTESTED']
/** Every check whose status differs between a stored report and one's own, in the order of one's own. Groups follow from
 * their children and are left out. */
export function differencesOf(stored: StoredReport, own: VerificationReport): readonly ReportDifference[] {
  const theirs = new Map(stored.checks.map(check => [check.id, check]))
  const differences: ReportDifference[] = []
  for (const { id, status, reason, children } of walkChecks(own.checks)) {
    const claim = theirs.get(id)
    theirs.delete(id)
    if (children.length > 0 || claim?.status === status) continue
    differences.push({
      id,
      ...(claim ? { stored: { status: claim.status, reason: claim.reason } } : {}),
      own: { status, reason },
      ...(LIVE_ONLY.includes(reason) ? { explained: 'notReplayable' } : {}),
    })
  }
  for (const { id, status, reason } of theirs.values()) differences.push({ id, stored: { status, reason } })
  return differences
}
