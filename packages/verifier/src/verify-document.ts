import type { Certificate, ChipEvidence, Dg1, FileName, LdsFiles } from '@cccd/card-core'
import { toHex } from '@cccd/card-core'
import { examineAccess } from './access.ts'
import { examineCardAccess } from './card-access.ts'
import { examineCardSecurity } from './card-security.ts'
import {
  buildChecks,
  type Check,
  type Colour,
  colourOf,
  type Finding,
  type Findings,
  judge,
  type Overall,
  unvouched,
  walkChecks,
} from './check.ts'
import type { CheckId } from './check-tree.ts'
import { examineChipAuthenticity } from './chip-authenticity.ts'
import { examineCom } from './com.ts'
import { examineConsistency, type PrintedData, statedDateOfIssue } from './consistency.ts'
import { sameState } from './country.ts'
import { type DocumentToVerify, fileState, swText } from './document.ts'
import { examineEncoding } from './encoding.ts'
import { examineIssuer, type SigningTime } from './issuer.ts'
import { examineDataGroups, examineSod, type SodExamination } from './passive-authentication.ts'
import type { Policy } from './policy.ts'
import type { ReasonCode } from './reason.ts'
import { fingerprint, type TrustAnchors } from './trust-anchors.ts'

/** What a face matcher said, where one is plugged in. */
export interface FaceMatch {
  readonly matches: boolean
  readonly score: number
  readonly threshold: number
  readonly software: string
}

export interface VerificationInput {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  /** Files whose reading broke off: their checks are aborted, not failed. */
  readonly aborted?: readonly FileName[]
  /** Set for evidence that comes back from storage: what only the reading program could see is then undetermined, for
   * whoever can write the record can write that. A signature of active authentication still speaks for itself. */
  readonly keptEvidence?: boolean
  /** Set for kept evidence of which nobody trusted says how and when it was gathered: how the chip was opened is then
   * undetermined, and so is a right signature of active authentication, for it may be years old. */
  readonly unattested?: boolean
  /** The challenge that the verifier itself chose, where it did: a signature over it counts all the same. */
  readonly ownChallenge?: Uint8Array
  readonly printed?: PrintedData
  readonly face?: FaceMatch
  readonly anchors: TrustAnchors
  readonly policy: Policy
  readonly at: Date
  /** Milliseconds from any start; with it the report tells how long each top-level check took. */
  readonly clock?: () => number
}

/** A certificate in the report: enough to find it again. */
export interface CertificateSummary {
  readonly subject: string
  readonly issuer: string
  /** Upper-case hex. */
  readonly serialNumber: string
  /** SHA-256 of the certificate, upper-case hex. */
  readonly fingerprint: string
  readonly notBefore: string
  readonly notAfter: string
}

/** The verdict on one document. Plain JSON; never holds a name, an MRZ or a portrait of the holder. */
export interface VerificationReport {
  readonly overall: Overall
  readonly colour: Colour
  /** The checks that decided the overall result, first ones first; empty when it is successful. */
  readonly because: readonly { readonly id: CheckId; readonly reason: ReasonCode; readonly file?: FileName }[]
  readonly checks: readonly Check[]
  /** Id of the policy. */
  readonly policy: string
  /** ISO 8601, UTC. */
  readonly at: string
  /** Id of the set of trust anchors. */
  readonly trustAnchors: string
  readonly documentSigner?: CertificateSummary
  readonly csca?: CertificateSummary
  /** When the document says it was signed, ISO 8601. */
  readonly signedAt?: string
  readonly access: { readonly used: 'PACE' | 'BAC' | 'none'; readonly password?: 'CAN' | 'MRZ' }
}

function iso(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? 'invalid' : date.toISOString()
}

/** What a report or a list tells of a certificate. */
export function summarizeCertificate(certificate: Certificate): CertificateSummary {
  return {
    subject: certificate.subject.text,
    issuer: certificate.issuer.text,
    serialNumber: toHex(certificate.serialNumber),
    fingerprint: fingerprint(certificate),
    notBefore: iso(certificate.notBefore),
    notAfter: iso(certificate.notAfter),
  }
}

/** Why a data group is not there to compare with. */
function missing(document: DocumentToVerify, file: FileName): Finding {
  const state = fileState(document, file)
  switch (state.kind) {
    case 'aborted':
      return { status: 'aborted', reason: 'ABORTED', file }
    case 'refused':
      return { status: 'undetermined', reason: 'FILE_REFUSED', detail: swText(state.sw), file }
    case 'unread':
      return { status: 'undetermined', reason: 'FILE_NOT_READ', file }
    case 'read':
      return { status: 'undetermined', reason: 'FILE_MALFORMED', file }
  }
}

function issuingStateFindings(
  dg1: Dg1 | undefined,
  dg1Missing: Finding,
  signer: Certificate | undefined,
  csca: Certificate | undefined,
): Findings {
  const judged = (same: boolean | undefined): Finding =>
    same === undefined
      ? { status: 'undetermined', reason: 'STATE_UNKNOWN' }
      : same
        ? { status: 'successful', reason: 'PASSED' }
        : { status: 'failed', reason: 'STATE_DIFFERS' }
  const none: Finding = { status: 'undetermined', reason: 'PREREQUISITE_MISSING' }
  const [a, b] = [signer?.issuer.country?.toUpperCase(), csca?.subject.country?.toUpperCase()]
  return {
    'issuingState.documentSigner': !signer
      ? none
      : dg1
        ? judged(sameState(dg1.mrz.issuingState, signer.issuer.country))
        : dg1Missing,
    'issuingState.csca': signer && csca ? judged(a === undefined || b === undefined ? undefined : a === b) : none,
  }
}

const DAY = 86_400_000

function signingTimeOf(
  sod: SodExamination,
  dateOfIssue: ReturnType<typeof statedDateOfIssue>,
): SigningTime | undefined {
  if (sod.signingTime !== undefined) return { from: sod.signingTime, to: sod.signingTime, source: 'signingTime' }
  if (!dateOfIssue) return undefined
  const from = Date.UTC(dateOfIssue.year, dateOfIssue.month - 1, dateOfIssue.day)
  return { from, to: from + DAY, source: 'dateOfIssue' }
}

function faceFinding(face: FaceMatch | undefined): Finding {
  if (!face) return { status: 'undetermined', reason: 'FACE_NOT_COMPARED' }
  const { matches, score, threshold, software } = face
  const evidence = { score, threshold, software }
  return matches
    ? { status: 'successful', reason: 'PASSED', evidence }
    : { status: 'failed', reason: 'FACE_DIFFERS', evidence }
}

/** Which checks hold the overall result where it is. */
function deciding(checks: readonly Check[], policy: Policy, overall: Overall): VerificationReport['because'] {
  if (overall === 'successful') return []
  const counting = walkChecks(checks).filter(
    check => check.children.length === 0 || policy.requirements[check.id] !== undefined,
  )
  const decides = ({ status, requirement }: Check) => {
    if (overall === 'failed') return status === 'failed' && requirement !== 'evaluatory'
    if (overall === 'aborted') return status === 'aborted' && requirement === 'mandatory'
    return requirement === 'mandatory' && (status === 'undetermined' || status === 'notSupported')
  }
  const found = counting.filter(decides)
  // Held back from green by the rule on what nobody vouches for rather than by the policy.
  const chosen = found.length > 0 ? found : unvouched(checks)
  return chosen.map(({ id, reason, file }) => (file === undefined ? { id, reason } : { id, reason, file }))
}

/**
 * Judges a document: pure, and total — whatever the files hold, the result is a report in which every check appears
 * (TR-03135-1). Throws RangeError only for an `at` that is no time.
 */
export function verifyDocument(given: VerificationInput): VerificationReport {
  const { files, evidence, anchors, policy, at, printed } = given
  const atText = at.toISOString()
  const document: DocumentToVerify = {
    files,
    evidence,
    ...(given.aborted ? { aborted: given.aborted } : {}),
    ...(given.keptEvidence ? { keptEvidence: true } : {}),
    ...(given.unattested ? { unattested: true } : {}),
    ...(given.ownChallenge ? { ownChallenge: given.ownChallenge } : {}),
  }
  const timings: Partial<Record<CheckId, number>> = {}
  const { clock } = given
  const timed = <T>(id: CheckId, examine: () => T): T => {
    if (!clock) return examine()
    const start = clock()
    const result = examine()
    timings[id] = clock() - start
    return result
  }
  const sod = timed('sod', () => examineSod(document, anchors.documentSigners))
  const encoding = timed('encoding', () => examineEncoding(document))
  const { dg1, dg13, dg14, cardAccess } = encoding
  const { groups, com, access } = timed('integrity', () => {
    const examined = examineDataGroups(document, sod)
    const dg14Covered = examined.covered.has(14) ? dg14 : undefined
    return { groups: examined, com: examineCom(document, sod), access: examineCardAccess(document, dg14Covered) }
  })
  const coveredDg14 = groups.covered.has(14) ? dg14 : undefined
  const dateOfIssue = groups.covered.has(13) ? statedDateOfIssue(dg13) : undefined
  const issuer = timed('issuer', () =>
    examineIssuer({
      signer: sod.signer,
      anchors,
      at,
      signing: signingTimeOf(sod, dateOfIssue),
      documentCode: dg1?.mrz.documentCode,
    }),
  )
  const dg1Missing = missing(document, 'EF.DG1')
  const dg13Missing = missing(document, 'EF.DG13')
  const chip = () =>
    examineChipAuthenticity({
      document,
      listed: new Set(sod.sod?.ldsSecurityObject.dataGroupHashes.keys() ?? []),
      inCom: com.comDataGroups,
      covered: groups.covered,
      dg14,
      cardAccess,
    })
  const findings: Findings = {
    ...examineAccess(document, { cardAccess: cardAccess?.infos, coveredDg14: coveredDg14?.infos }),
    ...timed('chipAuthenticity', chip),
    ...sod.findings,
    ...timed('cardSecurity', () => examineCardSecurity(document, anchors)),
    ...issuer.findings,
    'integrity.com': com.finding,
    'integrity.cardAccess': access,
    ...groups.findings,
    ...encoding.findings,
    ...issuingStateFindings(dg1, dg1Missing, sod.signer, issuer.anchor?.certificate),
    ...timed('combined', () => examineConsistency({ dg1, dg13, dg1Missing, dg13Missing, printed, at })),
    'holder.face': faceFinding(given.face),
  }
  const requirements = (id: CheckId) => policy.requirements[id]
  const checks = buildChecks(findings, requirements, timings)
  const overall = judge(checks, requirements)
  const { used, password } = evidence.access
  return {
    overall,
    colour: colourOf(overall),
    because: deciding(checks, policy, overall),
    checks,
    policy: policy.id,
    at: atText,
    trustAnchors: anchors.id,
    ...(sod.signer ? { documentSigner: summarizeCertificate(sod.signer) } : {}),
    ...(issuer.anchor ? { csca: summarizeCertificate(issuer.anchor.certificate) } : {}),
    ...(sod.signingTime === undefined ? {} : { signedAt: iso(sod.signingTime) }),
    access: password === undefined ? { used } : { used, password },
  }
}
