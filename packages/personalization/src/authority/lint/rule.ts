import type { Certificate, Crl } from '@cccd/card-core'

/** What a certificate is meant to be (9303-12 §7.1.1). */
export type CertificateRole = 'csca' | 'link' | 'documentSigner' | 'masterListSigner'

/** `error`: breaks a "shall" of 9303-12 or RFC 5280, or what a verifier would refuse; not to be issued or accepted.
 * `warning`: breaks a "should", or is weak by today's measure. */
export type LintSeverity = 'error' | 'warning'

/** What a rule looks at beside the certificate itself. */
export interface LintContext {
  readonly role: CertificateRole
  /** The certificate whose key signed this one, where it is at hand; a CSCA is its own. */
  readonly issuer?: Certificate
  /** The certificates of an authority that only tests: they have to say so. */
  readonly test?: boolean
}

/** One thing that is wrong. Never holds more than the certificate's own public contents. */
export interface LintFinding {
  readonly rule: string
  readonly severity: LintSeverity
  /** Where it is written. */
  readonly clause: string
  readonly vi: string
  readonly en: string
  /** What stands there instead. */
  readonly detail?: string
}

/** A rule as data: `broken` tells what is wrong, '' when there is nothing to add to the sentence, null when all is well. */
export interface LintRule<Subject, Context> {
  readonly rule: string
  readonly severity: LintSeverity
  readonly clause: string
  readonly vi: string
  readonly en: string
  broken(subject: Subject, context: Context): string | null
}

export type CertificateRule = LintRule<Certificate, LintContext>
export type CrlRule = LintRule<Crl, { readonly issuer?: Certificate }>

export const BROKEN = ''

/** Applies rules in their order. */
export function applyRules<Subject, Context>(
  rules: readonly LintRule<Subject, Context>[],
  subject: Subject,
  context: Context,
): LintFinding[] {
  return rules.flatMap(({ rule, severity, clause, vi, en, broken }) => {
    const detail = broken(subject, context)
    if (detail === null) return []
    return [{ rule, severity, clause, vi, en, ...(detail === BROKEN ? {} : { detail }) }]
  })
}
