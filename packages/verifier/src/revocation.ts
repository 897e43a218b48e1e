import {
  type Certificate,
  type Crl,
  crlCovers,
  crlState,
  FormatError,
  findRevocation,
  sameName,
  verifyCrl,
} from '@cccd/card-core'
import type { Finding } from './check.ts'
import { anchorKey, type TrustAnchor, type TrustAnchors } from './trust-anchors.ts'

const verified = new WeakMap<Crl, WeakMap<Certificate, boolean>>()

/** Whether the key of `issuer` signed the CRL; remembered, since a store's CRLs serve every document. */
function signedBy(crl: Crl, issuer: Certificate): boolean {
  const memory = verified.get(crl) ?? new WeakMap<Certificate, boolean>()
  verified.set(crl, memory)
  const known = memory.get(issuer)
  if (known !== undefined) return known
  const key = anchorKey(issuer)
  let result = false
  try {
    result = !(key instanceof FormatError) && verifyCrl(crl, key)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  memory.set(issuer, result)
  return result
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/**
 * Looks a signer up in the CRLs of its issuer (TR-03135-1 §5.6.4.3.5). A CSCA may sign its CRL with a newer key of the same
 * name, so any anchor of that name counts; a CRL that no such anchor signed is as good as none. A certificate on an old
 * list stays revoked; one that is missing on it may have been revoked since.
 */
export function examineRevocation(signer: Certificate, anchor: TrustAnchor, anchors: TrustAnchors, at: Date): Finding {
  const now = at.getTime()
  const issuers = [anchor, ...anchors.cscas.filter(other => other !== anchor)]
  let stale: Crl | undefined
  let current: Crl | undefined
  for (const crl of anchors.crls) {
    if (!crlCovers(crl, signer)) continue
    if (!issuers.some(({ certificate }) => sameName(crl.issuer, certificate.subject) && signedBy(crl, certificate)))
      continue
    const revocation = findRevocation(crl, signer)
    if (revocation) {
      const reason = revocation.reason === undefined ? {} : { crlReason: revocation.reason }
      return { status: 'failed', reason: 'REVOKED', evidence: { since: day(revocation.date), ...reason } }
    }
    // An entry or a list with a critical extension that is not understood may mean something else than it says.
    const understood = !crl.findings.some(finding => finding.code === 'CRITICAL_EXTENSION')
    if (understood && crlState(crl, now) === 'current') current = crl
    else stale = crl
  }
  if (current) {
    return { status: 'successful', reason: 'PASSED', evidence: { thisUpdate: day(current.thisUpdate) } }
  }
  if (stale) return { status: 'undetermined', reason: 'CRL_STALE', evidence: { thisUpdate: day(stale.thisUpdate) } }
  return { status: 'undetermined', reason: 'NO_CRL' }
}
