import { type Certificate, type ErrorCode, FormatError, isSelfIssued, toHex, verifyCertificate } from '@cccd/card-core'
import { anchorKey, anchorsNamed, type TrustAnchor, type TrustAnchors } from './trust-anchors.ts'

/**
 * From a signer certificate to an anchor. 9303-12 knows no authorities in between, so a path is one step; a link
 * certificate in the store is an anchor itself, and whether its own signature leads to the old CSCA is looked at apart.
 */
export type CertificatePath =
  | { readonly kind: 'noSigner' }
  | { readonly kind: 'noAnchors' }
  /** No anchor has the key identifier or the name of the issuer. */
  | { readonly kind: 'unknownIssuer' }
  | { readonly kind: 'anchored'; readonly anchor: TrustAnchor }
  /** An anchor has the key identifier that the signer names, and did not sign it. */
  | { readonly kind: 'signatureWrong'; readonly candidates: number }
  /** Anchors have the issuer's name, but none of them has its key. */
  | { readonly kind: 'nameImitated'; readonly candidates: number }
  /** The only candidates have keys we cannot use. */
  | { readonly kind: 'anchorUnusable'; readonly code: ErrorCode }

/** Whether another key signed the certificate, by what it says of itself: a link certificate from a CSCA's old key to its
 * new one. The two names are mostly the same, so the key identifiers tell. */
export function isLinkCertificate(certificate: Certificate): boolean {
  const { authorityKeyIdentifier: of, subjectKeyIdentifier: own } = certificate
  return of && own ? toHex(of) !== toHex(own) : !isSelfIssued(certificate)
}

type Attempt = { kind: 'verified'; anchor: TrustAnchor } | { kind: 'wrong' } | { kind: 'unusable'; code: ErrorCode }

/** Verifies against each candidate. Several may share a key (a CSCA and its link certificate): a self-signed one is the
 * better end of a path. */
function attempt(certificate: Certificate, candidates: readonly TrustAnchor[]): Attempt {
  let verified: TrustAnchor | undefined
  let unusable: ErrorCode | undefined
  let wrong = false
  for (const anchor of candidates) {
    if (verified && isLinkCertificate(anchor.certificate)) continue
    const key = anchorKey(anchor.certificate)
    if (key instanceof FormatError) {
      unusable ??= key.code
      continue
    }
    try {
      if (verifyCertificate(certificate, key)) {
        verified = anchor
        if (!isLinkCertificate(anchor.certificate)) break
      } else wrong = true
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      unusable ??= error.code
    }
  }
  if (verified) return { kind: 'verified', anchor: verified }
  return unusable !== undefined && !wrong ? { kind: 'unusable', code: unusable } : { kind: 'wrong' }
}

/**
 * Finds the anchor that signed a certificate: first by key identifier, then by the issuer's name compared loosely
 * (TR-03135-1 §5.6.4.3.3). Names and identifiers only pick candidates; what counts is the signature under the key of a
 * whole certificate in the store. Where only the name fits, the TR leaves the check undetermined; here it is told as
 * `nameImitated`, so that a self-made CSCA bearing a known name does not look like a merely unknown issuer.
 */
export function findCertificatePath(signer: Certificate | undefined, anchors: TrustAnchors): CertificatePath {
  if (!signer) return { kind: 'noSigner' }
  if (anchors.cscas.length === 0) return { kind: 'noAnchors' }
  const id = signer.authorityKeyIdentifier
  const byKey = id ? (anchors.bySubjectKeyIdentifier.get(toHex(id)) ?? []) : []
  if (byKey.length > 0) {
    const found = attempt(signer, byKey)
    if (found.kind === 'verified') return { kind: 'anchored', anchor: found.anchor }
    if (found.kind === 'unusable') return { kind: 'anchorUnusable', code: found.code }
  }
  const byName = anchorsNamed(anchors, signer.issuer).filter(anchor => !byKey.includes(anchor))
  if (byName.length > 0) {
    const found = attempt(signer, byName)
    if (found.kind === 'verified') return { kind: 'anchored', anchor: found.anchor }
    if (byKey.length === 0) {
      return found.kind === 'unusable'
        ? { kind: 'anchorUnusable', code: found.code }
        : { kind: 'nameImitated', candidates: byName.length }
    }
  }
  return byKey.length > 0 ? { kind: 'signatureWrong', candidates: byKey.length } : { kind: 'unknownIssuer' }
}

/** How the signature on an anchor itself looks: by its own key, or for a link certificate by the CSCA before it. */
export type AnchorSignature =
  | { readonly kind: 'selfSigned' }
  | { readonly kind: 'linked'; readonly to: TrustAnchor }
  /** A link certificate whose old CSCA is not in the store: its signature is not checked (TR-03135-1 §5.6.4.3.3). */
  | { readonly kind: 'linkAlone' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'unusable'; readonly code: ErrorCode }

const signatures = new WeakMap<TrustAnchors, WeakMap<TrustAnchor, AnchorSignature>>()

/** Checks the signature on an anchor's certificate; remembered for each set of anchors. */
export function examineAnchorSignature(anchor: TrustAnchor, anchors: TrustAnchors): AnchorSignature {
  const memory = signatures.get(anchors) ?? new WeakMap<TrustAnchor, AnchorSignature>()
  signatures.set(anchors, memory)
  const known = memory.get(anchor)
  if (known) return known
  const result = anchorSignature(anchor, anchors)
  memory.set(anchor, result)
  return result
}

function anchorSignature(anchor: TrustAnchor, anchors: TrustAnchors): AnchorSignature {
  const { certificate } = anchor
  const own = attempt(certificate, [anchor])
  if (own.kind === 'verified') return { kind: 'selfSigned' }
  if (own.kind === 'unusable') return { kind: 'unusable', code: own.code }
  const others = buildOthers(anchor, anchors)
  const path = findCertificatePath(certificate, others)
  if (path.kind === 'anchored') return { kind: 'linked', to: path.anchor }
  if (path.kind === 'anchorUnusable') return { kind: 'unusable', code: path.code }
  return path.kind === 'signatureWrong' || !isLinkCertificate(certificate) ? { kind: 'wrong' } : { kind: 'linkAlone' }
}

function buildOthers(anchor: TrustAnchor, anchors: TrustAnchors): TrustAnchors {
  const cscas = anchors.cscas.filter(other => other !== anchor)
  const bySubjectKeyIdentifier = new Map(
    [...anchors.bySubjectKeyIdentifier].map(([key, list]) => [key, list.filter(other => other !== anchor)]),
  )
  return { ...anchors, cscas, bySubjectKeyIdentifier }
}
