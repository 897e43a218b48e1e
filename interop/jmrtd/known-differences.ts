// Where JMRTD and we do not say the same of a bad document, and who is right by which clause. Nothing else may differ.

export interface KnownDifference {
  /** As `differences` tells them. */
  readonly verdict?: Readonly<Record<string, string>>
  /** As `contentDifferences` tells them. */
  readonly content?: readonly string[]
  readonly because: string
}

const JMRTD_RIGHT = 'JMRTD: right, we: open'
const BOTH_PROOFS = { activeAuthentication: JMRTD_RIGHT, chipAuthentication: JMRTD_RIGHT }

const UNSIGNED_KEY =
  '9303-11 §6.1 and §6.2 take the key of the chip from a group that passive authentication covers: under a key that nobody signed a proof shows nothing, so we leave it open, where JMRTD tells the bare outcome.'
const FOREIGN_CURVE =
  'BouncyCastle computes on whatever curve explicit parameters spell out. We take a key only on a curve of 9303-11 Table 6, every parameter equal; a forged generator gives any point a private key (CVE-2020-0601).'
const SIGNER_BY_IDENTIFIER =
  'RFC 5652 §5.3: the signer is the one that the signer identifier names. JMRTD takes the last certificate of the set, whichever it is.'

/** By name of the damage. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, KnownDifference>> = {
  'flipped-dg14': { verdict: { chipAuthentication: 'JMRTD: wrong, we: open' }, because: UNSIGNED_KEY },
  'flipped-dg15': { verdict: { activeAuthentication: 'JMRTD: wrong, we: open' }, because: UNSIGNED_KEY },
  'aa-key-replaced': { verdict: { activeAuthentication: JMRTD_RIGHT }, because: UNSIGNED_KEY },
  'flipped-sod': { verdict: BOTH_PROOFS, because: UNSIGNED_KEY },
  'sod-content-changed': { verdict: BOTH_PROOFS, because: UNSIGNED_KEY },
  'sod-not-cms': { verdict: BOTH_PROOFS, because: UNSIGNED_KEY },
  'sod-missing': { verdict: BOTH_PROOFS, because: UNSIGNED_KEY },
  'signer-not-in-sod': { verdict: BOTH_PROOFS, because: UNSIGNED_KEY },
  'truncated-dg1': {
    verdict: { 'hash of EF.DG1': 'JMRTD: absent, we: wrong' },
    content: ['files.EF.DG1', 'unparsed'],
    because: 'Both come to the end of the file before its length; JMRTD drops what it has, we keep and judge it.',
  },
  'oversized-dg13': {
    verdict: { 'hash of EF.DG13': 'JMRTD: absent, we: wrong' },
    content: ['files.EF.DG13'],
    because: 'Neither asks for two gigabytes; JMRTD throws NegativeArraySizeException, we keep what came and judge it.',
  },
  'other-signer-in-sod': {
    verdict: { sod: 'JMRTD: right, we: wrong', signature: JMRTD_RIGHT, chain: JMRTD_RIGHT, ...BOTH_PROOFS },
    content: ['sod.signer'],
    because: SIGNER_BY_IDENTIFIER,
  },
  'curve-ball-csca': {
    verdict: { signature: 'JMRTD: wrong, we: right' },
    content: ['sod.signer'],
    because: SIGNER_BY_IDENTIFIER,
  },
  'curve-ball-signer': {
    verdict: { signature: 'JMRTD: right, we: wrong', ...BOTH_PROOFS },
    because: FOREIGN_CURVE,
  },
  'unknown-curve': { verdict: { signature: 'JMRTD: right, we: wrong', ...BOTH_PROOFS }, because: FOREIGN_CURVE },
  'unknown-csca': {
    verdict: { chain: 'JMRTD: wrong, we: open' },
    because:
      'TR-03135-1 §5.6.4.3.3: without a certificate of the issuer that the signer names nothing is known of the chain. JMRTD is asked about the one CSCA at hand, which did not sign.',
  },
}
