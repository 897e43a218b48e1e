import type { FileName } from '@cccd/card-core'
import { CHECK_TREE, type CheckDefinition, type CheckId, type LeafId } from './check-tree.ts'
import type { ReasonCode } from './reason.ts'

/**
 * `notSupported`: the document does not have the feature. `undetermined`: information is missing. `aborted`: our own
 * process broke off, which says nothing about the document (TR-03135-1 §5.3).
 */
export type CheckStatus = 'successful' | 'failed' | 'undetermined' | 'notSupported' | 'aborted'

/**
 * How a check enters the overall result: `mandatory` has to be successful; `optional` may be missing or open but not
 * failed; `evaluatory` is told and never counts.
 */
export type Requirement = 'mandatory' | 'optional' | 'evaluatory'

/** What a policy may ask: a requirement, or `mandatoryIfSupported`, which is mandatory unless the document (or the
 * person at the desk) has nothing to check, and optional then. */
export type PolicyRequirement = Requirement | 'mandatoryIfSupported'

/** Values that JSON can carry; bytes are upper-case hex. */
export type Evidence = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>

/** What one examination found, before a policy is laid on it. Never holds a name, an MRZ or a picture. */
export interface Finding {
  readonly status: CheckStatus
  readonly reason: ReasonCode
  /** For a person who looks closer: error code and offset, the fields that differ. */
  readonly detail?: string
  readonly evidence?: Evidence
  /** The file that the finding blames or praises. */
  readonly file?: FileName
}

export type Findings = Readonly<Partial<Record<LeafId, Finding>>>

/** One line of the report. */
export interface Check {
  readonly id: CheckId
  /** Section of BSI TR-03135-1, where the check follows one. */
  readonly tr?: string
  readonly status: CheckStatus
  readonly requirement: Requirement
  readonly reason: ReasonCode
  readonly detail?: string
  readonly evidence?: Evidence
  readonly file?: FileName
  /** Milliseconds this took; on top-level checks, where a clock was given. */
  readonly ms?: number
  readonly children: readonly Check[]
}

/** Milliseconds by top-level check. */
export type Timings = Readonly<Partial<Record<CheckId, number>>>

export type Overall = Exclude<CheckStatus, 'notSupported'>
export type Colour = 'green' | 'red' | 'yellow' | 'grey'

const COLOURS: Readonly<Record<Overall, Colour>> = {
  successful: 'green',
  failed: 'red',
  undetermined: 'yellow',
  aborted: 'grey',
}

/** The colour on the page for an overall result. */
export function colourOf(overall: Overall): Colour {
  return COLOURS[overall]
}

/** What aggregation looks at. */
export type Weighed = Pick<Check, 'status' | 'requirement'>

/**
 * The overall result of checks: failed > aborted > undetermined > successful. A check that is mandatory has to be
 * successful; one that is optional counts only when it failed; evaluatory ones do not count. Without any successful
 * mandatory check the result is undetermined: nothing done is nothing passed.
 */
export function overallOf(checks: readonly Weighed[]): Overall {
  let aborted = false
  let open = false
  let passed = false
  for (const { status, requirement } of checks) {
    if (requirement === 'evaluatory') continue
    if (status === 'failed') return 'failed'
    if (requirement === 'optional') continue
    if (status === 'aborted') aborted = true
    else if (status === 'successful') passed = true
    else open = true
  }
  if (aborted) return 'aborted'
  return open || !passed ? 'undetermined' : 'successful'
}

/**
 * The status of a group whose children all have to pass, with the order of the overall result. Evaluatory children
 * count only where there are no others; a child that is not supported opens the group only when it is mandatory.
 */
export function allOf(children: readonly Weighed[]): CheckStatus {
  const counting = children.filter(child => child.requirement !== 'evaluatory')
  const considered = counting.length > 0 ? counting : children
  const has = (status: CheckStatus) => considered.some(child => child.status === status)
  if (has('failed')) return 'failed'
  if (has('aborted')) return 'aborted'
  const missing = considered.some(child => child.status === 'notSupported' && child.requirement === 'mandatory')
  if (has('undetermined') || missing) return 'undetermined'
  return has('successful') ? 'successful' : 'notSupported'
}

/** The status of a group where one success is enough (TR-03135-1 §5.6.4.1): AA, CA, PACE-CAM. */
export function anyOf(children: readonly Weighed[]): CheckStatus {
  const order: readonly CheckStatus[] = ['successful', 'failed', 'aborted', 'undetermined']
  return order.find(status => children.some(child => child.status === status)) ?? 'notSupported'
}

/** What a policy says of each check. */
export type Requirements = (id: CheckId) => PolicyRequirement | undefined

const GROUP_REASONS: Readonly<Record<CheckStatus, ReasonCode>> = {
  successful: 'PASSED',
  failed: 'GROUP_FAILED',
  undetermined: 'GROUP_UNDETERMINED',
  notSupported: 'GROUP_NOT_SUPPORTED',
  aborted: 'ABORTED',
}

function resolve(asked: PolicyRequirement, status: CheckStatus): Requirement {
  if (asked !== 'mandatoryIfSupported') return asked
  return status === 'notSupported' ? 'optional' : 'mandatory'
}

function strongest(children: readonly Check[]): Requirement {
  if (children.some(child => child.requirement === 'mandatory')) return 'mandatory'
  return children.some(child => child.requirement === 'optional') ? 'optional' : 'evaluatory'
}

function build(definition: CheckDefinition, findings: Findings, requirements: Requirements): Check {
  const { id, tr, children: inner } = definition
  const head = tr === undefined ? { id } : { id, tr }
  const asked = requirements(id)
  if (!inner) {
    const finding = findings[id as LeafId] ?? { status: 'undetermined', reason: 'NOT_EXAMINED' }
    return { ...head, ...finding, requirement: resolve(asked ?? 'evaluatory', finding.status), children: [] }
  }
  const children = inner.map(child => build(child, findings, requirements))
  const status = definition.rule === 'anyOf' ? anyOf(children) : allOf(children)
  const reason: ReasonCode =
    id === 'chipAuthenticity' && status === 'notSupported' ? 'COULD_BE_A_COPY' : GROUP_REASONS[status]
  const requirement = asked === undefined ? strongest(children) : resolve(asked, status)
  return { ...head, status, requirement, reason, children }
}

/** The whole tree with statuses and requirements, in the fixed order. A leaf without a finding is undetermined. */
export function buildChecks(findings: Findings, requirements: Requirements, timings: Timings = {}): readonly Check[] {
  return CHECK_TREE.map(definition => {
    const check = build(definition, findings, requirements)
    const ms = timings[check.id]
    return ms === undefined ? check : { ...check, ms }
  })
}

/** Every check of a tree, groups before their children. */
export function walkChecks(checks: readonly Check[]): Check[] {
  return checks.flatMap(check => [check, ...walkChecks(check.children)])
}

/** The check with this id. */
export function findCheck(checks: readonly Check[], id: CheckId): Check {
  const found = walkChecks(checks).find(check => check.id === id)
  if (!found) throw new RangeError(`no check ${id}`)
  return found
}

/** Checks without which nothing is successful, whatever a policy says: a document that no anchor vouches for, or whose
 * hashes nobody signed, is at best undetermined. */
const INDISPENSABLE: readonly CheckId[] = [
  'sod.encoding',
  'sod.signer',
  'sod.signedAttributes',
  'sod.digest',
  'sod.signature',
  'issuer.documentSignerSignature',
  'issuer.trust',
]

/** The checks that keep a tree from being successful, whatever a policy says: of the indispensable ones those that are not
 * successful, and every data group that is not what was signed. */
export function unvouched(checks: readonly Check[]): readonly Check[] {
  return walkChecks(checks).filter(({ id, status }) =>
    INDISPENSABLE.includes(id) ? status !== 'successful' : id.startsWith('integrity.dg') && status === 'failed',
  )
}

/**
 * The overall result of a tree: leaves by their requirement, groups only where the policy names them itself, then the
 * rule that what nobody vouches for is never successful.
 */
export function judge(checks: readonly Check[], requirements: Requirements): Overall {
  const all = walkChecks(checks)
  const counting = all.filter(check => check.children.length === 0 || requirements(check.id) !== undefined)
  const overall = overallOf(counting)
  return overall === 'successful' && unvouched(checks).length > 0 ? 'undetermined' : overall
}
