import {
  BUNDLE_CODES,
  type BundleCode,
  type BundleProofCode,
  type BundleRefusal,
  type BundleState,
} from './bundle-code.ts'
import { type Colour, colourOf, findCheck, type Overall } from './check.ts'
import type { CheckId } from './check-tree.ts'
import type { KeptContents } from './evidence-bundle.ts'
import type { Sentence } from './reason.ts'
import type { ReportDifference } from './stored-report.ts'
import type { VerificationReport } from './verify-document.ts'

/** What is examined of a bundle itself, in this order; every one always appears. The card is judged by the report. */
export const BUNDLE_CHECKS = [
  'form',
  'encryption',
  'signature',
  'signer',
  'contents',
  'audience',
  'origin',
  'nonce',
  'challenge',
  'time',
  'report',
  'replay',
] as const
export type BundleCheckId = (typeof BUNDLE_CHECKS)[number]

/** `refused` ends it. `open` keeps the bundle from being successful. `noted` is told and does not count. */
export type BundleCheckStatus = 'passed' | 'refused' | 'open' | 'noted' | 'notAsked' | 'notReached'

export interface BundleCheck {
  readonly id: BundleCheckId
  readonly status: BundleCheckStatus
  readonly code: BundleRefusal | BundleState
  /** Where a refusal struck. */
  readonly place?: string
}

/** What a piece of evidence proves to somebody who was not there. */
export interface BundleProof {
  readonly evidence: 'passiveAuthentication' | 'activeAuthentication' | 'chipAuthentication' | 'paceCam' | 'access'
  readonly code: BundleProofCode
}

/** Who signed: the RFC 7638 thumbprint of the key, and whether it is one that the verifier trusts. */
export interface BundleSignature {
  readonly kid: string
  readonly algorithm: string
  readonly trusted: boolean
}

/** The verdict on a bundle and on the card in it. */
export interface BundleVerdict {
  readonly overall: Overall | 'refused'
  readonly colour: Colour
  readonly checks: readonly BundleCheck[]
  readonly signer?: BundleSignature
  readonly encrypted?: boolean
  /** Judged here, from the raw bytes. Absent for a bundle that is refused, as is all that follows. */
  readonly report?: VerificationReport
  readonly differences?: readonly ReportDifference[]
  readonly proofs?: readonly BundleProof[]
  /** What the bundle holds: personal data. */
  readonly contents?: KeptContents
}

/** The sentence of a code. */
export function bundleSentence(code: BundleCode): Sentence {
  return BUNDLE_CODES[code]
}

const GRADES: readonly Overall[] = ['successful', 'undetermined', 'aborted', 'failed']

/** The result of bundle and card together: the card's own, never better than undetermined where a check of the bundle is
 * open, and refused where one refused. */
export function overallOfBundle(
  checks: readonly BundleCheck[],
  report: VerificationReport | undefined,
): Pick<BundleVerdict, 'overall' | 'colour'> {
  if (!report || checks.some(({ status }) => status === 'refused')) return { overall: 'refused', colour: 'red' }
  const open = checks.some(({ status }) => status === 'open' || status === 'notReached')
  const floor = open ? GRADES.indexOf('undetermined') : 0
  const overall = GRADES[Math.max(GRADES.indexOf(report.overall), floor)] as Overall
  return { overall, colour: colourOf(overall) }
}

/** How the challenge of active authentication stands to the one that the verifier expects. */
export type ChallengeState = 'own' | 'notCompared' | 'absent'

/**
 * What each piece of chip evidence in a bundle proves offline. `report` is one's own, judged with `keptEvidence`: a
 * signature counts where its key came from a data group that passive authentication covered.
 */
export function proofsOf(
  contents: KeptContents,
  report: VerificationReport,
  challenge: ChallengeState,
): readonly BundleProof[] {
  const of = (id: CheckId) => findCheck(report.checks, id)
  const { activeAuthentication, access } = contents.evidence
  const aa = of('chipAuthenticity.activeAuthentication')
  const signed = aa.status === 'successful' || aa.reason === 'AA_ANY_TIME'
  const activeCode = (): BundleProofCode => {
    if (!activeAuthentication) return 'AA_ABSENT'
    if (!signed) return 'AA_PROVES_NOTHING'
    if (challenge === 'own') return 'AA_OWN_CHALLENGE'
    return activeAuthentication.source === 'relying-party' ? 'AA_CHALLENGE_NOT_COMPARED' : 'AA_ANY_TIME'
  }
  const groups = ['integrity.dg1', 'integrity.dg2', 'integrity.dg13', 'integrity.dg14', 'integrity.dg15'] as const
  const whole = of('sod').status === 'successful' && groups.every(id => of(id).status !== 'failed')
  const issued = of('issuer.trust').status === 'successful'
  const cam = access.pace?.mapping === 'CAM'
  return [
    {
      evidence: 'passiveAuthentication',
      code: !whole ? 'FILES_PROVE_NOTHING' : issued ? 'FILES_ISSUED' : 'FILES_SIGNED_BY_SOMEBODY',
    },
    { evidence: 'activeAuthentication', code: activeCode() },
    {
      evidence: 'chipAuthentication',
      code: contents.evidence.chipAuthentication ? 'CA_NOT_REPLAYABLE' : 'CA_ABSENT',
    },
    { evidence: 'paceCam', code: cam ? 'CAM_NOT_REPLAYABLE' : 'CAM_ABSENT' },
    { evidence: 'access', code: 'ACCESS_TOLD' },
  ]
}
