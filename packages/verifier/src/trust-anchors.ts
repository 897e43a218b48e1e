import {
  type Certificate,
  type Crl,
  concat,
  digest,
  FormatError,
  importPublicKey,
  isSelfIssued,
  keepReady,
  type MasterList,
  type MasterListReason,
  type PublicKey,
  parseCertificate,
  parseCrl,
  parseMasterList,
  sameName,
  toHex,
  utf8,
  verifyMasterList,
} from '@cccd/card-core'

/** Where an anchor comes from: a certificate the operator loaded, a list whose signature leads to such a one, or a list
 * that nobody verified and the operator accepted by name. */
export type AnchorSource = 'certificate' | 'masterList' | 'unverifiedMasterList'

/** A CSCA (or link) certificate that the operator trusts. Anchors are told apart by the whole certificate, never by
 * their public point: a forged curve can give any point a private key (CurveBall). */
export interface TrustAnchor {
  readonly certificate: Certificate
  readonly source: AnchorSource
}

export interface TrustAnchors {
  /** SHA-256 over all anchors, signers and CRLs in a fixed order, upper-case hex: names this very set in a report. */
  readonly id: string
  readonly cscas: readonly TrustAnchor[]
  /** Document signers for a SOD that carries none. They are candidates: each still has to chain to an anchor. */
  readonly documentSigners: readonly Certificate[]
  readonly crls: readonly Crl[]
  /** Anchors by subject key identifier, hex. */
  readonly bySubjectKeyIdentifier: ReadonlyMap<string, readonly TrustAnchor[]>
}

/** A master list that was given but not taken, and why. */
export interface RefusedList {
  /** Position among the given lists. */
  readonly index: number
  readonly reasons: readonly MasterListReason[]
}

export interface LoadedTrustAnchors {
  readonly anchors: TrustAnchors
  readonly refusedLists: readonly RefusedList[]
}

/** Whether a certificate can be an anchor: an authority, or a self-issued one of before the extension existed. */
export function isAuthority(certificate: Certificate): boolean {
  return certificate.basicConstraints ? certificate.basicConstraints.ca : isSelfIssued(certificate)
}

/** SHA-256 of the certificate as it stood, upper-case hex. */
export function fingerprint(certificate: Certificate): string {
  return toHex(digest('sha256', certificate.raw))
}

/** The anchors of parsed certificates and CRLs; the same certificate given twice counts once, the better source wins. */
export function buildTrustAnchors(given: {
  readonly cscas: readonly TrustAnchor[]
  readonly documentSigners?: readonly Certificate[]
  readonly crls?: readonly Crl[]
}): TrustAnchors {
  const rank: readonly AnchorSource[] = ['certificate', 'masterList', 'unverifiedMasterList']
  const unique = new Map<string, TrustAnchor>()
  for (const anchor of given.cscas) {
    const key = fingerprint(anchor.certificate)
    const known = unique.get(key)
    if (!known || rank.indexOf(anchor.source) < rank.indexOf(known.source)) unique.set(key, anchor)
  }
  const signers = new Map((given.documentSigners ?? []).map(signer => [fingerprint(signer), signer]))
  const crls = given.crls ?? []
  const bySubjectKeyIdentifier = new Map<string, TrustAnchor[]>()
  for (const anchor of unique.values()) {
    const id = anchor.certificate.subjectKeyIdentifier
    if (!id) continue
    const key = toHex(id)
    const list = bySubjectKeyIdentifier.get(key)
    if (list) list.push(anchor)
    else bySubjectKeyIdentifier.set(key, [anchor])
  }
  const parts = [
    ...[...unique].map(([key, { source }]) => `${key} ${source}`).sort(),
    ...[...signers.keys()].sort(),
    ...crls.map(crl => toHex(digest('sha256', crl.raw))).sort(),
  ]
  return {
    id: toHex(digest('sha256', concat(...parts.map(part => utf8(`${part}\n`))))),
    cscas: [...unique.values()],
    documentSigners: [...signers.values()],
    crls,
    bySubjectKeyIdentifier,
  }
}

/** The signing time a list states: whether its signer was valid is asked for that day, since a list stays what it was
 * when its signer expires. */
function signingTimeOf(list: MasterList): { at?: number } {
  const at = list.signedData?.signerInfos[0]?.signedAttributes?.signingTime
  return at === undefined ? {} : { at }
}

/**
 * Puts parsed certificates (authorities become anchors, others signer candidates), master lists and CRLs together. A
 * list of `masterLists` is taken when its signature leads to a given certificate or to one from a list already taken,
 * and refused otherwise; one of `unverifiedMasterLists` is taken as it is, since somebody asked for it by name.
 */
export function assembleTrustAnchors(given: {
  readonly certificates?: readonly Certificate[]
  readonly masterLists?: readonly MasterList[]
  readonly unverifiedMasterLists?: readonly MasterList[]
  readonly crls?: readonly Crl[]
}): LoadedTrustAnchors {
  const certificates = given.certificates ?? []
  const cscas: TrustAnchor[] = certificates
    .filter(isAuthority)
    .map(certificate => ({ certificate, source: 'certificate' }))
  const take = (list: MasterList, source: AnchorSource) => {
    for (const certificate of list.certificates) if (isAuthority(certificate)) cscas.push({ certificate, source })
  }
  let waiting: readonly Waiting[] = (given.masterLists ?? []).map((list, index) => ({ index, list, reasons: [] }))
  for (let before = -1; waiting.length > 0 && waiting.length !== before; ) {
    before = waiting.length
    const refused: Waiting[] = []
    for (const { index, list } of waiting) {
      const known = cscas.map(anchor => anchor.certificate)
      const check = verifyMasterList(list, known, signingTimeOf(list))
      if (check.verified) take(list, 'masterList')
      else refused.push({ index, list, reasons: check.reasons })
    }
    waiting = refused
  }
  for (const list of given.unverifiedMasterLists ?? []) take(list, 'unverifiedMasterList')
  const anchors = buildTrustAnchors({
    cscas,
    documentSigners: certificates.filter(certificate => !isAuthority(certificate)),
    crls: given.crls ?? [],
  })
  return { anchors, refusedLists: waiting.map(({ index, reasons }) => ({ index, reasons })) }
}

interface Waiting extends RefusedList {
  readonly list: MasterList
}

/** As assembleTrustAnchors, from DER. Throws FormatError for bytes that are no such thing. */
export function trustAnchors(given: {
  readonly certificates?: readonly Uint8Array[]
  readonly masterLists?: readonly Uint8Array[]
  readonly unverifiedMasterLists?: readonly Uint8Array[]
  readonly crls?: readonly Uint8Array[]
}): LoadedTrustAnchors {
  const parse = <T>(list: readonly Uint8Array[] | undefined, one: (bytes: Uint8Array) => T) =>
    (list ?? []).map(bytes => one(bytes))
  return assembleTrustAnchors({
    certificates: parse(given.certificates, parseCertificate),
    masterLists: parse(given.masterLists, parseMasterList),
    unverifiedMasterLists: parse(given.unverifiedMasterLists, parseMasterList),
    crls: parse(given.crls, parseCrl),
  })
}

/** No anchors at all: every verdict stays undetermined. */
export const NO_ANCHORS: TrustAnchors = buildTrustAnchors({ cscas: [] })

const keys = new WeakMap<Certificate, PublicKey | FormatError>()

/** The key of an anchor, imported once; the FormatError where it cannot be used (unknown curve, forged parameters). */
export function anchorKey(certificate: Certificate): PublicKey | FormatError {
  let key = keys.get(certificate)
  if (!key) {
    try {
      key = importPublicKey(certificate.spki)
      keepReady(key)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      key = error
    }
    keys.set(certificate, key)
  }
  return key
}

/** The anchors with this subject name, loosely compared. */
export function anchorsNamed(anchors: TrustAnchors, name: Certificate['issuer']): readonly TrustAnchor[] {
  return anchors.cscas.filter(anchor => sameName(anchor.certificate.subject, name))
}
