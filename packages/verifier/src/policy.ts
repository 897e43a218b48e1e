import { FormatError } from '@cccd/card-core'
import type { PolicyRequirement } from './check.ts'
import { CHECK_DEFINITIONS, type CheckId, isCheckId, type LeafId } from './check-tree.ts'

/**
 * What a verifier demands, as data. A check that `requirements` does not name is evaluatory; a group counts as a whole
 * only where it is named itself. Whatever a policy says, a document that no trust anchor vouches for, or a data
 * group of which is not the signed one, is never successful (see judge).
 */
export interface Policy {
  readonly id: string
  readonly title: { readonly vi: string; readonly en: string }
  readonly requirements: Readonly<Partial<Record<CheckId, PolicyRequirement>>>
}

type LeafRequirements = Readonly<Record<LeafId, PolicyRequirement>>

const LEAVES: readonly LeafId[] = CHECK_DEFINITIONS.filter(check => !check.children).map(check => check.id as LeafId)

function every(requirement: PolicyRequirement, ids: readonly LeafId[]): Partial<Record<LeafId, PolicyRequirement>> {
  return Object.fromEntries(ids.map(id => [id, requirement]))
}

function below(group: string): LeafId[] {
  return LEAVES.filter(id => id.startsWith(`${group}.`))
}

const HOSPITAL: LeafRequirements = {
  ...(every('optional', LEAVES) as LeafRequirements),
  // How the chip was opened is told, not judged: a desk may have to take a card whose PACE fails.
  ...every('evaluatory', below('access')),
  ...every('mandatory', below('sod')),
  'sod.signedAttributes': 'mandatory',
  // A card without an anchor is shown, in yellow: optional, and judge() keeps it from green.
  'issuer.documentSignerSignature': 'optional',
  // The card outlives its signer's certificate; what counts is that the certificate was valid when it signed.
  ...every('evaluatory', below('issuer.validityNow')),
  // RFC 5280 §4.2: a certificate with a critical extension that is not understood must not be relied on.
  'issuer.extensions': 'mandatory',
  // An anchor of another state may stand in the same store: it vouches for its own documents alone.
  'issuingState.documentSigner': 'mandatory',
  'issuer.deviations': 'evaluatory',
  'integrity.dg1': 'mandatory',
  // Holders under six have no portrait: absent from the SOD is fine, listed and not read is not.
  'integrity.dg2': 'mandatoryIfSupported',
  'integrity.dg13': 'mandatory',
  'encoding.dg1': 'mandatory',
  'encoding.dg13': 'mandatory',
  'combined.expiry': 'mandatory',
  'combined.dg13Dg1': 'mandatory',
  'combined.personalNumber': 'mandatory',
  'combined.mrzDg1': 'mandatoryIfSupported',
  'combined.qrDg1': 'mandatoryIfSupported',
  'combined.expiryRule': 'evaluatory',
  'holder.face': 'evaluatory',
}

const KYC: LeafRequirements = {
  ...(every('mandatory', LEAVES) as LeafRequirements),
  // Either protocol opens a chip; what is asked is that the chip's best one was used.
  'access.pace': 'optional',
  'access.bac': 'optional',
  'access.terminalAuthentication': 'evaluatory',
  // The group is mandatory: one of the three has to succeed, and none that the card announces may fail.
  ...every('optional', below('chipAuthenticity')),
  ...every('mandatoryIfSupported', below('cardSecurity')),
  'issuer.cscaSignature': 'mandatoryIfSupported',
  'issuer.deviations': 'evaluatory',
  'integrity.com': 'mandatoryIfSupported',
  'integrity.cardAccess': 'mandatoryIfSupported',
  // Groups that the policy does not name are judged when read, and may be left unread.
  ...every(
    'optional',
    LEAVES.filter(id => id.startsWith('integrity.dg')),
  ),
  'integrity.dg1': 'mandatory',
  'integrity.dg2': 'mandatoryIfSupported',
  'integrity.dg13': 'mandatory',
  'integrity.dg14': 'mandatoryIfSupported',
  'integrity.dg15': 'mandatoryIfSupported',
  ...every('mandatoryIfSupported', below('encoding')),
  'encoding.dg1': 'mandatory',
  'encoding.dg11': 'optional',
  'encoding.dg12': 'optional',
  'encoding.dg13': 'mandatory',
  'combined.mrzDg1': 'mandatoryIfSupported',
  'combined.qrDg1': 'mandatoryIfSupported',
  'combined.qrDg13': 'mandatoryIfSupported',
  'combined.expiryRule': 'evaluatory',
  'holder.face': 'evaluatory',
}

/** The policies that ship. `hospital`: identity and integrity; anchors optional, so yellow without them. `kyc`:
 * everything mandatory, no downgrade, a clone check that succeeded, revocation known. */
export const POLICIES: { readonly hospital: Policy; readonly kyc: Policy } = {
  hospital: {
    id: 'hospital',
    title: { vi: 'Bệnh viện: danh tính và toàn vẹn', en: 'Hospital: identity and integrity' },
    requirements: HOSPITAL,
  },
  kyc: {
    id: 'kyc',
    title: { vi: 'Định danh khách hàng (KYC)', en: 'Know your customer (KYC)' },
    requirements: { ...KYC, chipAuthenticity: 'mandatory' },
  },
}

const REQUIREMENTS: readonly string[] = ['mandatory', 'mandatoryIfSupported', 'optional', 'evaluatory']

function refuse(message: string, field: string): never {
  throw new FormatError('POLICY_MALFORMED', message, { field })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseTitle(value: unknown, id: string): Policy['title'] {
  if (value === undefined) return { vi: id, en: id }
  if (!isRecord(value) || typeof value.vi !== 'string' || typeof value.en !== 'string') {
    return refuse('title is not { vi, en }', 'title')
  }
  return { vi: value.vi, en: value.en }
}

/**
 * Reads an operator's policy, as JSON text or the value it holds: `{ id, title?, extends?, requirements }`. `extends` names a shipped policy whose
 * requirements hold where `requirements` says nothing. Throws FormatError POLICY_MALFORMED with the field for anything
 * unknown, since a misspelt check would otherwise silently not be demanded.
 */
export function parsePolicy(input: unknown): Policy {
  let value = input
  try {
    if (typeof input === 'string') value = JSON.parse(input)
  } catch {
    return refuse('the policy is not JSON', '')
  }
  if (!isRecord(value)) return refuse('the policy is not an object', '')
  const known = ['id', 'title', 'extends', 'requirements']
  for (const key of Object.keys(value)) if (!known.includes(key)) refuse('the policy has an unknown field', key)
  const { id, requirements } = value
  if (typeof id !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
    return refuse('id is not 1 to 64 letters, digits, dots, underscores or hyphens', 'id')
  }
  if (Object.hasOwn(POLICIES, id)) return refuse('id is that of a policy that ships with the toolkit', 'id')
  const base = value.extends
  if (base !== undefined && (typeof base !== 'string' || !Object.hasOwn(POLICIES, base))) {
    return refuse('extends names no shipped policy', 'extends')
  }
  if (!isRecord(requirements)) return refuse('requirements is not an object', 'requirements')
  const asked: Partial<Record<CheckId, PolicyRequirement>> =
    base === undefined ? {} : { ...POLICIES[base as keyof typeof POLICIES].requirements }
  for (const [check, requirement] of Object.entries(requirements)) {
    if (!isCheckId(check)) return refuse('there is no such check', check)
    if (typeof requirement !== 'string' || !REQUIREMENTS.includes(requirement)) {
      return refuse(`a requirement is one of ${REQUIREMENTS.join(', ')}`, check)
    }
    asked[check] = requirement as PolicyRequirement
  }
  return { id, title: parseTitle(value.title, id), requirements: asked }
}
