import { expect, test } from 'vitest'
import {
  allOf,
  anyOf,
  buildChecks,
  type CheckStatus,
  colourOf,
  type Finding,
  findCheck,
  judge,
  overallOf,
  type PolicyRequirement,
  type Requirement,
  type Weighed,
  walkChecks,
} from './check.ts'
import { CHECK_IDS, type CheckId, type LeafId } from './check-tree.ts'

const STATUSES: readonly CheckStatus[] = ['successful', 'failed', 'undetermined', 'notSupported', 'aborted']
const REQUIREMENTS: readonly Requirement[] = ['mandatory', 'optional', 'evaluatory']
const ALL: readonly Weighed[] = STATUSES.flatMap(status => REQUIREMENTS.map(requirement => ({ status, requirement })))

function weighed(requirement: Requirement, ...statuses: CheckStatus[]): Weighed[] {
  return statuses.map(status => ({ status, requirement }))
}

/** Every triple of statuses and requirements, in every order. */
function* triples(): Generator<readonly Weighed[]> {
  for (const a of ALL) for (const b of ALL) for (const c of ALL) yield [a, b, c]
}

test('failed beats aborted beats undetermined beats successful, in every combination of three checks', () => {
  for (const checks of triples()) {
    const mandatory = checks.filter(check => check.requirement === 'mandatory').map(check => check.status)
    const failed = checks.some(check => check.status === 'failed' && check.requirement !== 'evaluatory')
    const expected = failed
      ? 'failed'
      : mandatory.includes('aborted')
        ? 'aborted'
        : mandatory.some(status => status === 'undetermined' || status === 'notSupported')
          ? 'undetermined'
          : mandatory.includes('successful')
            ? 'successful'
            : 'undetermined'
    expect(overallOf(checks), JSON.stringify(checks)).toBe(expected)
  }
})

test('a mandatory check that is not supported makes the result undetermined, never successful', () => {
  expect(overallOf(weighed('mandatory', 'successful', 'notSupported'))).toBe('undetermined')
})

test('evaluatory checks never change the overall result', () => {
  for (const checks of triples()) {
    const others = checks.filter(check => check.requirement !== 'evaluatory')
    expect(overallOf(checks)).toBe(overallOf(others))
  }
})

test('no checks at all are undetermined: nothing done is nothing passed', () => {
  expect(overallOf([])).toBe('undetermined')
  expect(overallOf(weighed('optional', 'successful'))).toBe('undetermined')
})

test('each overall result has its colour', () => {
  expect(['successful', 'failed', 'undetermined', 'aborted'].map(o => colourOf(o as 'failed'))).toEqual([
    'green',
    'red',
    'yellow',
    'grey',
  ])
})

test('a group of all follows the same order, and is not supported only when all of it is', () => {
  expect(allOf(weighed('mandatory', 'successful', 'failed', 'aborted'))).toBe('failed')
  expect(allOf(weighed('mandatory', 'successful', 'aborted', 'undetermined'))).toBe('aborted')
  expect(allOf(weighed('mandatory', 'successful', 'notSupported'))).toBe('undetermined')
  expect(allOf(weighed('optional', 'successful', 'notSupported'))).toBe('successful')
  expect(allOf(weighed('optional', 'notSupported', 'notSupported'))).toBe('notSupported')
  expect(allOf([...weighed('mandatory', 'successful'), ...weighed('evaluatory', 'failed')])).toBe('successful')
  expect(allOf(weighed('evaluatory', 'successful', 'failed'))).toBe('failed')
})

test('a group of any needs one success, and fails when something failed and nothing succeeded', () => {
  expect(anyOf(weighed('optional', 'failed', 'successful', 'notSupported'))).toBe('successful')
  expect(anyOf(weighed('optional', 'failed', 'undetermined', 'notSupported'))).toBe('failed')
  expect(anyOf(weighed('optional', 'aborted', 'undetermined', 'notSupported'))).toBe('aborted')
  expect(anyOf(weighed('optional', 'undetermined', 'notSupported'))).toBe('undetermined')
  expect(anyOf(weighed('optional', 'notSupported', 'notSupported'))).toBe('notSupported')
})

const passed: Finding = { status: 'successful', reason: 'PASSED' }
const leaves = walkChecks(buildChecks({}, () => 'mandatory')).filter(check => check.children.length === 0)
const allPassed = Object.fromEntries(leaves.map(({ id }) => [id, passed]))

function with_(id: LeafId, status: CheckStatus, requirement: PolicyRequirement) {
  const requirements = (asked: CheckId): PolicyRequirement | undefined =>
    asked === id ? requirement : leaves.some(leaf => leaf.id === asked) ? 'mandatory' : undefined
  const checks = buildChecks({ ...allPassed, [id]: { status, reason: 'NOT_EXAMINED' } }, requirements)
  return { checks, overall: judge(checks, requirements) }
}

test('every check appears in the fixed order, also when nothing was examined', () => {
  const checks = walkChecks(buildChecks({}, () => undefined))
  expect(checks.map(check => check.id)).toEqual(CHECK_IDS)
  for (const check of checks.filter(one => one.children.length === 0)) {
    expect(check.status).toBe('undetermined')
    expect(check.reason).toBe('NOT_EXAMINED')
  }
})

test('each single mandatory check can hold the whole tree from green', () => {
  for (const { id } of leaves) {
    expect(with_(id as LeafId, 'successful', 'mandatory').overall).toBe('successful')
    expect(with_(id as LeafId, 'failed', 'mandatory').overall, id).toBe('failed')
    expect(with_(id as LeafId, 'aborted', 'mandatory').overall, id).toBe('aborted')
    expect(with_(id as LeafId, 'undetermined', 'mandatory').overall, id).toBe('undetermined')
    expect(with_(id as LeafId, 'notSupported', 'mandatory').overall, id).toBe('undetermined')
  }
})

test('mandatoryIfSupported is mandatory for what the document has, and optional for what it has not', () => {
  const has = with_('integrity.dg2', 'undetermined', 'mandatoryIfSupported')
  expect(has.overall).toBe('undetermined')
  expect(findCheck(has.checks, 'integrity.dg2').requirement).toBe('mandatory')
  const hasNot = with_('integrity.dg2', 'notSupported', 'mandatoryIfSupported')
  expect(hasNot.overall).toBe('successful')
  expect(findCheck(hasNot.checks, 'integrity.dg2').requirement).toBe('optional')
})

test('without trust nothing is successful, even under a policy that does not ask for it', () => {
  for (const id of ['issuer.trust', 'issuer.documentSignerSignature', 'sod.signature', 'sod.digest'] as const) {
    for (const status of ['undetermined', 'notSupported', 'aborted', 'failed'] as const) {
      expect(with_(id, status, 'evaluatory').overall, `${id} ${status}`).toBe('undetermined')
    }
  }
})

test('a group that the policy names counts as a whole', () => {
  const requirements = (id: CheckId): PolicyRequirement | undefined =>
    id === 'chipAuthenticity' ? 'mandatory' : id.startsWith('chipAuthenticity.') ? 'optional' : undefined
  const asked = (id: CheckId) => requirements(id) ?? (leaves.some(leaf => leaf.id === id) ? 'mandatory' : undefined)
  const none = {
    'chipAuthenticity.activeAuthentication': { status: 'notSupported', reason: 'AA_NOT_ANNOUNCED' },
    'chipAuthenticity.chipAuthentication': { status: 'notSupported', reason: 'CA_NOT_ANNOUNCED' },
    'chipAuthenticity.paceCam': { status: 'notSupported', reason: 'CAM_NOT_ANNOUNCED' },
  } as const
  const checks = buildChecks({ ...allPassed, ...none }, asked)
  expect(findCheck(checks, 'chipAuthenticity').reason).toBe('COULD_BE_A_COPY')
  expect(judge(checks, asked)).toBe('undetermined')
})
