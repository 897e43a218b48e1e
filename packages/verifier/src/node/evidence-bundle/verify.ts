import { equal } from '@cccd/card-core'
import { BundleError, type BundleRefusal, type BundleState } from '../../bundle-code.ts'
import {
  BUNDLE_CHECKS,
  type BundleCheck,
  type BundleCheckId,
  type BundleCheckStatus,
  type BundleVerdict,
  type ChallengeState,
  overallOfBundle,
  proofsOf,
} from '../../bundle-verdict.ts'
import { type KeptContents, parseBundleBytes, printedOf } from '../../evidence-bundle.ts'
import type { Policy } from '../../policy.ts'
import { differencesOf } from '../../stored-report.ts'
import type { TrustAnchors } from '../../trust-anchors.ts'
import { type VerificationReport, verifyDocument } from '../../verify-document.ts'
import { cut } from './compact.ts'
import { type JWK, type SignatureKey, trustedKeys } from './keys.ts'
import { checkSignature, decryptBundle } from './open.ts'
import { type ReplayMemory, replayKeys } from './replay-memory.ts'

export interface VerifyBundleInput {
  /** The verifier's own: the desk's are not believed. */
  readonly anchors: TrustAnchors
  readonly policy: Policy
  readonly at: Date
  /** What the verifier's own request said. What is left out is not compared, and the verdict says so. */
  readonly expected?: {
    readonly nonce?: string
    /** null: a program without a web origin. */
    readonly origin?: string | null
    readonly audience?: string
    /** The eight bytes that the chip was to sign. */
    readonly challenge?: Uint8Array
  }
  /** Public keys of the desks that are trusted. Without any the signer is unknown, and the result at best undetermined. */
  readonly trustedKeys?: readonly JWK[]
  /** Take bundles of desks that nobody knows. What only a desk's word stands for then does not count. */
  readonly anyDesk?: boolean
  readonly seen?: ReplayMemory
  readonly recipientKey?: JWK
  /** How old a bundle may be. Default a day; 'any' for an archive. */
  readonly maxAgeSeconds?: number | 'any'
}

export const DEFAULT_MAX_AGE_SECONDS = 86_400
/** How far the desk's clock may be ahead. */
const CLOCK_SKEW_MS = 5 * 60_000
const FAR = Date.UTC(9000, 0, 1)

/** Gathers the checks of a bundle; those that were not reached are told as such. */
class Checks {
  readonly #done = new Map<BundleCheckId, BundleCheck>()
  #current: BundleCheckId = 'form'

  /** What is examined now: a refusal thrown from here on belongs to it. */
  begin(id: BundleCheckId): void {
    this.#current = id
  }

  tell(id: BundleCheckId, status: BundleCheckStatus, code: BundleRefusal | BundleState, place?: string): void {
    this.#done.set(id, place === undefined ? { id, status, code } : { id, status, code, place })
  }

  passed(id: BundleCheckId): void {
    this.tell(id, 'passed', 'PASSED')
  }

  refused({ refusal, place }: BundleError): void {
    this.tell(this.#current, 'refused', refusal, place)
  }

  all(): readonly BundleCheck[] {
    return BUNDLE_CHECKS.map(id => this.#done.get(id) ?? { id, status: 'notReached', code: 'NOT_REACHED' })
  }
}

/**
 * Judges a bundle and the card in it: opens it, compares it with what was asked for, and judges the card anew from the
 * raw bytes with the verifier's own anchors and policy. The report inside is never believed; where it differs, that is
 * told. Never throws for what a bundle holds: a bad one is a verdict, refused with code and place. Throws FormatError
 * KEY_MALFORMED for keys of the caller's that are none.
 */
export async function verifyBundle(text: string, given: VerifyBundleInput): Promise<BundleVerdict> {
  const known = given.trustedKeys && (await trustedKeys({ keys: given.trustedKeys }))
  const checks = new Checks()
  const found: { -readonly [K in keyof BundleVerdict]?: BundleVerdict[K] } = {}
  let report: VerificationReport | undefined
  try {
    const { contents, signer, encrypted } = await opened(text, given, checks, known)
    found.encrypted = encrypted
    found.signer = signer
    const challenge = compareBinding(contents, given, checks)
    const ownChallenge = given.expected?.challenge
    report = verifyDocument({
      files: contents.files,
      evidence: contents.evidence,
      keptEvidence: true,
      unattested: !signer.trusted,
      ...(ownChallenge && { ownChallenge }),
      printed: printedOf(contents.printed),
      anchors: given.anchors,
      policy: given.policy,
      at: given.at,
    })
    const proofs = proofsOf(contents, report, challenge)
    tellChallenge(checks, given, challenge, proofs)
    const differences = differencesOf(contents.report, report)
    const surprising = differences.some(({ explained }) => explained === undefined)
    if (surprising || contents.report.overall !== report.overall) checks.tell('report', 'noted', 'REPORT_DIFFERS')
    else checks.passed('report')
    await rememberUse(contents, given, checks, signer.trusted || given.anyDesk === true)
    Object.assign(found, { report, differences, proofs, contents })
  } catch (error) {
    if (!(error instanceof BundleError)) throw error
    checks.refused(error)
    report = undefined
  }
  const all = checks.all()
  return { ...overallOfBundle(all, report), checks: all, ...found }
}

async function opened(
  text: string,
  given: VerifyBundleInput,
  checks: Checks,
  known: readonly JWK[] | undefined,
): Promise<{
  readonly contents: KeptContents
  readonly signer: { readonly kid: string; readonly algorithm: string; readonly trusted: boolean }
  readonly encrypted: boolean
}> {
  const outer = cut(text)
  checks.passed('form')
  checks.begin('encryption')
  const encrypted = outer.kind === 'jwe'
  const jws = encrypted ? await decryptBundle(outer, given.recipientKey) : outer
  if (encrypted) checks.passed('encryption')
  else checks.tell('encryption', 'noted', 'NOT_ENCRYPTED')
  checks.begin('signature')
  const key = await checkSignature(jws)
  checks.passed('signature')
  checks.begin('signer')
  const trusted = isTrusted(key, known, given, checks)
  checks.begin('contents')
  const contents = parseBundleBytes(jws.parts[1] as Uint8Array)
  checks.passed('contents')
  return { contents, encrypted, signer: { kid: key.kid, algorithm: key.algorithm, trusted } }
}

function isTrusted(
  key: SignatureKey,
  known: readonly JWK[] | undefined,
  given: VerifyBundleInput,
  checks: Checks,
): boolean {
  const same = ({ kty, crv, x, y }: JWK): boolean => {
    const own = key.publicKey
    return kty === own.kty && crv === own.crv && x === own.x && y === own.y
  }
  if (known?.some(same)) {
    checks.passed('signer')
    return true
  }
  if (given.anyDesk) checks.tell('signer', 'noted', 'SIGNER_UNKNOWN_ACCEPTED')
  else if (known) throw new BundleError('SIGNER_NOT_TRUSTED', 'jws.header.kid')
  else checks.tell('signer', 'open', 'SIGNER_UNKNOWN')
  return false
}

/** Compares audience, origin, nonce, challenge and time. Throws BundleError where one is not what was expected. */
function compareBinding(contents: KeptContents, given: VerifyBundleInput, checks: Checks): ChallengeState {
  const { expected = {} } = given
  const { binding, evidence, time } = contents
  const compare = (id: 'audience' | 'origin' | 'nonce', refusal: BundleRefusal): void => {
    checks.begin(id)
    if (expected[id] === undefined) checks.tell(id, 'notAsked', 'NOT_ASKED')
    else if (binding[id] === expected[id]) checks.passed(id)
    else throw new BundleError(refusal, `payload.binding.${id}`)
  }
  compare('audience', 'AUDIENCE_DIFFERS')
  compare('origin', 'ORIGIN_DIFFERS')
  compare('nonce', 'NONCE_DIFFERS')
  checks.begin('challenge')
  const answered = evidence.activeAuthentication?.challenge
  const asked = expected.challenge
  if (asked && answered && !equal(asked, answered)) {
    throw new BundleError('CHALLENGE_DIFFERS', 'payload.evidence.activeAuthentication.challenge')
  }
  checks.begin('time')
  const age = given.at.getTime() - Date.parse(time)
  const { maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS } = given
  if (age < -CLOCK_SKEW_MS) throw new BundleError('TIME_IN_FUTURE', 'payload.time')
  if (maxAgeSeconds !== 'any' && age > maxAgeSeconds * 1000) throw new BundleError('EXPIRED', 'payload.time')
  if (maxAgeSeconds === 'any') checks.tell('time', 'notAsked', 'NOT_ASKED')
  else checks.passed('time')
  if (!answered) return 'absent'
  return asked ? 'own' : 'notCompared'
}

function tellChallenge(
  checks: Checks,
  given: VerifyBundleInput,
  state: ChallengeState,
  proofs: BundleVerdict['proofs'],
): void {
  if (given.expected?.challenge === undefined) checks.tell('challenge', 'notAsked', 'NOT_ASKED')
  else if (state !== 'own') checks.tell('challenge', 'open', 'CHALLENGE_NOT_ANSWERED')
  else if (proofs?.some(({ code }) => code === 'AA_OWN_CHALLENGE')) checks.passed('challenge')
  else checks.tell('challenge', 'open', 'CHALLENGE_NOT_PROVEN')
}

/** Comes last: a bundle that was refused for something else has not been used. One of an unknown desk that was not asked
 * for is looked up and not remembered, or strangers could use up the nonces of others. */
async function rememberUse(
  contents: KeptContents,
  given: VerifyBundleInput,
  checks: Checks,
  counts: boolean,
): Promise<void> {
  checks.begin('replay')
  const { seen, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS } = given
  if (!seen) return checks.tell('replay', 'notAsked', 'NOT_ASKED')
  const { requestId, binding, time } = contents
  const keys = replayKeys({ requestId, ...binding })
  const until = maxAgeSeconds === 'any' ? FAR : Date.parse(time) + maxAgeSeconds * 1000
  const state = counts ? await seen.claim(keys, new Date(until)) : (await seen.has(keys)) ? 'seen' : 'new'
  if (state === 'seen') throw new BundleError('REPLAYED', 'payload.requestId')
  if (state === 'full') throw new BundleError('REPLAY_MEMORY_FULL', 'payload.requestId')
  checks.passed('replay')
}
