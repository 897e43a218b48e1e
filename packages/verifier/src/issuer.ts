import { type Certificate, EXTENSION_OID, MASTER_LIST_OID } from '@cccd/card-core'
import { type CertificatePath, examineAnchorSignature, findCertificatePath } from './certificate-path.ts'
import type { Finding, Findings } from './check.ts'
import { examineRevocation } from './revocation.ts'
import { fingerprint, type TrustAnchor, type TrustAnchors } from './trust-anchors.ts'

/** The time at which the document was signed, as far as it is known, in milliseconds since 1970. */
export interface SigningTime {
  readonly from: number
  readonly to: number
  /** signingTime: the signed attribute. dateOfIssue: a day that the signed data groups state. */
  readonly source: 'signingTime' | 'dateOfIssue'
}

export interface IssuerExamination {
  readonly path: CertificatePath
  readonly anchor?: TrustAnchor
  readonly findings: Findings
}

const PASSED: Finding = { status: 'successful', reason: 'PASSED' }
const NOT_REACHED: Finding = { status: 'undetermined', reason: 'PREREQUISITE_MISSING' }
const SOD = 'EF.SOD'

/** The finding about a signer's own signature, by the way it leads (TR-03135-1 §5.6.4.3.3). */
export function pathFinding(path: CertificatePath): Finding {
  switch (path.kind) {
    case 'noSigner':
      return NOT_REACHED
    case 'noAnchors':
      return { status: 'undetermined', reason: 'NO_ANCHORS' }
    case 'unknownIssuer':
      return { status: 'undetermined', reason: 'ISSUER_UNKNOWN' }
    case 'anchored':
      return { ...PASSED, evidence: { csca: fingerprint(path.anchor.certificate) } }
    case 'signatureWrong':
      return { status: 'failed', reason: 'NOT_SIGNED_BY_ANCHOR', detail: `candidates: ${path.candidates}` }
    case 'nameImitated':
      return { status: 'failed', reason: 'ISSUER_NAME_IMITATED', detail: `candidates: ${path.candidates}` }
    case 'anchorUnusable':
      return { status: 'undetermined', reason: 'ANCHOR_UNUSABLE', detail: path.code }
  }
}

/** The trust status that follows from the way to an anchor (TR-03135-1 §5.6.4.3.6). */
export function trustFinding(path: CertificatePath): Finding {
  switch (path.kind) {
    case 'anchored':
      return path.anchor.source === 'unverifiedMasterList'
        ? { status: 'successful', reason: 'TRUSTED_BY_UNVERIFIED_LIST' }
        : { status: 'successful', reason: 'TRUSTED' }
    case 'signatureWrong':
    case 'nameImitated':
      return { status: 'failed', reason: 'NOT_TRUSTED' }
    case 'noSigner':
    case 'noAnchors':
    case 'unknownIssuer':
    case 'anchorUnusable':
      return pathFinding(path)
  }
}

function cscaSignatureFinding(anchor: TrustAnchor, anchors: TrustAnchors): Finding {
  const signature = examineAnchorSignature(anchor, anchors)
  switch (signature.kind) {
    case 'selfSigned':
      return PASSED
    case 'linked':
      return { ...PASSED, evidence: { linkedTo: fingerprint(signature.to.certificate) } }
    case 'linkAlone':
      return { status: 'notSupported', reason: 'LINK_CERTIFICATE_ALONE' }
    case 'wrong':
      return { status: 'failed', reason: 'CSCA_SIGNATURE_WRONG' }
    case 'unusable':
      return { status: 'undetermined', reason: 'ANCHOR_UNUSABLE', detail: signature.code }
  }
}

function day(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : 'invalid'
}

function periodEvidence(certificate: Certificate) {
  return { notBefore: day(certificate.notBefore), notAfter: day(certificate.notAfter) }
}

function validNow(certificate: Certificate, at: Date): Finding {
  const now = at.getTime()
  const evidence = periodEvidence(certificate)
  if (now < certificate.notBefore) return { status: 'failed', reason: 'CERTIFICATE_NOT_YET_VALID', evidence }
  if (now > certificate.notAfter) return { status: 'failed', reason: 'CERTIFICATE_EXPIRED', evidence }
  return { ...PASSED, evidence }
}

function validAtSigning(
  role: 'documentSigner' | 'csca',
  certificate: Certificate,
  signing: SigningTime | undefined,
  at: Date,
): Finding {
  if (!signing) return { status: 'undetermined', reason: 'SIGNING_TIME_UNKNOWN' }
  const evidence = { ...periodEvidence(certificate), signed: day(signing.from), source: signing.source }
  const outside = signing.to < certificate.notBefore || signing.from > certificate.notAfter
  if (outside || signing.from > at.getTime()) return { status: 'failed', reason: 'SIGNED_OUTSIDE_VALIDITY', evidence }
  const period = certificate.privateKeyUsagePeriod
  // The CSCA's key signed the document signer, not the document. And the day of issue on the card may lie some days from
  // the signature, so only a true signing time can break this one.
  if (role === 'documentSigner' && period && signing.source === 'signingTime') {
    const { notBefore = Number.NEGATIVE_INFINITY, notAfter = Number.POSITIVE_INFINITY } = period
    if (signing.to < notBefore || signing.from > notAfter) {
      return { status: 'failed', reason: 'SIGNED_OUTSIDE_KEY_USAGE', evidence }
    }
  }
  return { ...PASSED, evidence }
}

/** Extensions that 9303-12 §7.1 or RFC 5280 define; another one that is critical may change what a certificate means. */
const KNOWN_EXTENSIONS = new Set([
  '2.5.29.14',
  '2.5.29.15',
  '2.5.29.16',
  '2.5.29.17',
  '2.5.29.18',
  '2.5.29.19',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.35',
  '2.5.29.37',
  '2.23.136.1.1.6.1',
  '2.23.136.1.1.6.2',
])

/** Extensions that decide what a key may do: critical and unreadable, they leave that open. */
const DECISIVE_EXTENSIONS = [
  [EXTENSION_OID.keyUsage, 'keyUsage'],
  [EXTENSION_OID.basicConstraints, 'basicConstraints'],
  [EXTENSION_OID.extendedKeyUsage, 'extendedKeyUsage'],
] as const

const ANY_PURPOSE = '2.5.29.37.0'
/** Purposes of the other certificates that a CSCA issues (9303-12 §7.1.1): list signers and both ends of TLS. */
const OTHER_PURPOSES: readonly string[] = [
  MASTER_LIST_OID.masterListSigning,
  '2.23.136.1.1.8', // deviation lists
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
]

/** Whether the certificate is for something else than signing documents. 9303-12 gives a document signer no extended key
 * usage, so a critical one says so whatever it names; one that is not critical only when it names another role. */
function hasOtherPurpose(signer: Certificate): boolean {
  const purposes = signer.extendedKeyUsage
  if (!purposes || purposes.includes(ANY_PURPOSE)) return false
  const critical = signer.extensions.get(EXTENSION_OID.extendedKeyUsage)?.critical === true
  return critical || purposes.some(purpose => OTHER_PURPOSES.includes(purpose))
}

function extensionsFinding(
  signer: Certificate,
  csca: Certificate | undefined,
  documentCode: string | undefined,
): Finding {
  // What is absent is a deviation; what is there and says no counts.
  if (signer.keyUsage && !signer.keyUsage.includes('digitalSignature')) {
    return { status: 'failed', reason: 'KEY_USAGE_WRONG', detail: 'document signer' }
  }
  if (hasOtherPurpose(signer)) {
    return { status: 'failed', reason: 'KEY_USAGE_WRONG', detail: 'document signer: extended key usage' }
  }
  if (signer.basicConstraints?.ca) {
    return { status: 'failed', reason: 'AUTHORITY_FLAG_WRONG', detail: 'document signer' }
  }
  if (csca?.keyUsage && !csca.keyUsage.includes('keyCertSign')) {
    return { status: 'failed', reason: 'KEY_USAGE_WRONG', detail: 'CSCA' }
  }
  if (csca?.basicConstraints && !csca.basicConstraints.ca) {
    return { status: 'failed', reason: 'AUTHORITY_FLAG_WRONG', detail: 'CSCA' }
  }
  const types = signer.documentTypes
  if (types && documentCode !== undefined && !types.some(type => type.replaceAll('<', '') === documentCode)) {
    return { status: 'failed', reason: 'DOCUMENT_TYPE_NOT_ALLOWED', detail: types.join(', ') }
  }
  for (const certificate of csca ? [signer, csca] : [signer]) {
    for (const [oid, { critical }] of certificate.extensions) {
      if (critical && !KNOWN_EXTENSIONS.has(oid)) {
        return { status: 'undetermined', reason: 'CRITICAL_EXTENSION_UNKNOWN', detail: `OID ${oid}` }
      }
    }
    for (const [oid, field] of DECISIVE_EXTENSIONS) {
      if (certificate.extensions.get(oid)?.critical && certificate[field] === undefined) {
        return { status: 'undetermined', reason: 'CRITICAL_EXTENSION_UNKNOWN', detail: `OID ${oid}, unreadable` }
      }
    }
  }
  return PASSED
}

function deviations(role: string, certificate: Certificate): string[] {
  const found = certificate.findings.map(({ code, oid }) => (oid === undefined ? code : `${code} ${oid}`))
  const usage = certificate.extensions.get('2.5.29.15')
  if (!usage) found.push('KEY_USAGE_MISSING')
  else if (!usage.critical) found.push('KEY_USAGE_NOT_CRITICAL')
  if (!certificate.authorityKeyIdentifier) found.push('AUTHORITY_KEY_IDENTIFIER_MISSING')
  return found.map(code => `${role}: ${code}`)
}

function deviationsFinding(signer: Certificate, csca: Certificate | undefined): Finding {
  const found = [...deviations('document signer', signer), ...(csca ? deviations('CSCA', csca) : [])]
  if (found.length === 0) return PASSED
  return { status: 'undetermined', reason: 'DEVIATIONS_TOLERATED', detail: found.join('; ') }
}

/**
 * Examines the issuer's certificates of a signer (TR-03135-1 §5.6.4.3.2): chain, validity now and when signed,
 * revocation, extensions, trust. Can run as soon as EF.SOD is there; `signing` may be told later from the data groups.
 * `documentCode` is that of DG1's MRZ, once it is known.
 */
export function examineIssuer(given: {
  readonly signer: Certificate | undefined
  readonly anchors: TrustAnchors
  readonly at: Date
  readonly signing?: SigningTime | undefined
  readonly documentCode?: string | undefined
}): IssuerExamination {
  const { signer, anchors, at, signing } = given
  const path = findCertificatePath(signer, anchors)
  const anchor = path.kind === 'anchored' ? path.anchor : undefined
  const csca = anchor?.certificate
  const noCsca = pathFinding(path).status === 'failed' ? NOT_REACHED : pathFinding(path)
  return {
    path,
    ...(anchor ? { anchor } : {}),
    findings: {
      'issuer.documentSignerSignature': { ...pathFinding(path), file: SOD },
      'issuer.cscaSignature': anchor ? cscaSignatureFinding(anchor, anchors) : noCsca,
      'issuer.validityNow.documentSigner': signer ? validNow(signer, at) : NOT_REACHED,
      'issuer.validityNow.csca': csca ? validNow(csca, at) : noCsca,
      'issuer.validityAtSigning.documentSigner': signer
        ? validAtSigning('documentSigner', signer, signing, at)
        : NOT_REACHED,
      'issuer.validityAtSigning.csca': csca ? validAtSigning('csca', csca, signing, at) : noCsca,
      'issuer.revocation': signer && anchor ? examineRevocation(signer, anchor, anchors, at) : noCsca,
      'issuer.extensions': signer ? extensionsFinding(signer, csca, given.documentCode) : NOT_REACHED,
      'issuer.trust': trustFinding(path),
      'issuer.deviations': signer ? deviationsFinding(signer, csca) : NOT_REACHED,
    },
  }
}
