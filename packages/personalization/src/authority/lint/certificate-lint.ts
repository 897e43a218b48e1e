import {
  type Certificate,
  EXTENSION_OID,
  equal,
  isSelfIssued,
  MASTER_LIST_OID,
  parseCertificate,
  parseCrl,
} from '@cccd/card-core'
import { CERTIFICATE_RULES } from './certificate-rules.ts'
import { CRL_RULES } from './crl-rules.ts'
import { applyRules, type CertificateRole, type LintFinding } from './rule.ts'
import { SIGNATURE_RULES } from './signature-rules.ts'

export type { CertificateRole, LintFinding, LintSeverity } from './rule.ts'

/** What the lint found in one certificate or CRL; `clean` when nothing of it is an error. */
export interface LintReport {
  readonly kind: CertificateRole | 'crl'
  /** The subject, or the issuer of a CRL, for people. */
  readonly name: string
  readonly findings: readonly LintFinding[]
  readonly clean: boolean
}

/** Every rule there is with its sentence, for documentation. */
export const LINT_RULES: readonly Omit<LintFinding, 'detail'>[] = [
  ...CERTIFICATE_RULES,
  ...SIGNATURE_RULES,
  ...CRL_RULES,
].map(({ rule, severity, clause, vi, en }) => ({ rule, severity, clause, vi, en }))

/** What a certificate looks like it is meant to be: by its basic constraints, key usage and purposes. */
export function roleOf(certificate: Certificate): CertificateRole {
  if (certificate.basicConstraints?.ca || certificate.keyUsage?.includes('keyCertSign')) {
    const { authorityKeyIdentifier: issuer, subjectKeyIdentifier: own } = certificate
    // The link certificate of an authority that keeps its name is told by the key that it names as the issuer's.
    return isSelfIssued(certificate) && (!issuer || !own || equal(issuer, own)) ? 'csca' : 'link'
  }
  if (certificate.extendedKeyUsage?.includes(MASTER_LIST_OID.masterListSigning)) return 'masterListSigner'
  return certificate.extensions.has(EXTENSION_OID.documentTypeList) || !isSelfIssued(certificate)
    ? 'documentSigner'
    : 'csca'
}

function report(kind: LintReport['kind'], name: string, findings: readonly LintFinding[]): LintReport {
  return { kind, name, findings, clean: findings.every(({ severity }) => severity !== 'error') }
}

/**
 * Holds a certificate against the profile of 9303-12 §7.1.1. `role` is guessed by `roleOf` when it is not given;
 * without `issuer` what needs the issuer's key is not looked at, except for a CSCA, which is its own. `test` asks that
 * the subject says TEST. Throws FormatError CERTIFICATE_MALFORMED for bytes that are no certificate.
 */
export function lintCertificate(
  der: Uint8Array,
  given: { readonly role?: CertificateRole; readonly issuer?: Uint8Array; readonly test?: boolean } = {},
): LintReport {
  const certificate = parseCertificate(der)
  const role = given.role ?? roleOf(certificate)
  const context = {
    role,
    ...(given.issuer === undefined ? {} : { issuer: parseCertificate(given.issuer) }),
    ...(given.test === undefined ? {} : { test: given.test }),
  }
  const findings = applyRules([...CERTIFICATE_RULES, ...SIGNATURE_RULES], certificate, context)
  return report(role, certificate.subject.text, findings)
}

/** Holds a CRL against 9303-12 §7.1.4. Throws FormatError CRL_MALFORMED for bytes that are no CRL. */
export function lintCrl(der: Uint8Array, given: { readonly issuer?: Uint8Array } = {}): LintReport {
  const crl = parseCrl(der)
  const context = given.issuer === undefined ? {} : { issuer: parseCertificate(given.issuer) }
  return report('crl', crl.issuer.text, applyRules(CRL_RULES, crl, context))
}
