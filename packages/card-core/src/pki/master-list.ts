import type { HashName } from '../crypto/hash.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import type { Signer } from '../crypto/signer.ts'
import { DER, type DerOptions, DerReader, derSequence, derSetOf, derUnsigned, parseDer } from '../der.ts'
import { FormatError } from '../error.ts'
import { type Certificate, parseCertificate, verifyCertificate } from './certificate.ts'
import { sameName } from './name.ts'
import { buildSignedData, checkSignerInfo, findSigner, parseSignedData, type SignedData } from './signed-data.ts'
import type { SignerInfo } from './signer-info.ts'

export const MASTER_LIST_OID = {
  cscaMasterList: '2.23.136.1.1.2',
  masterListSigning: '2.23.136.1.1.3',
} as const

export interface MasterList {
  readonly version: number
  readonly certificates: readonly Certificate[]
  /** Members that are no certificates, as they stood; one bad member does not spoil the list. */
  readonly unreadable: readonly Uint8Array[]
  /** Absent for a bare list, which nobody has signed. */
  readonly signedData?: SignedData
}

const OPTIONS: DerOptions = { code: 'MASTER_LIST_MALFORMED' }

function readCscaMasterList(bytes: Uint8Array): Omit<MasterList, 'signedData'> {
  const whole = new DerReader(bytes, OPTIONS)
  const fields = whole.sequence()
  whole.end()
  const version = fields.smallInteger()
  const certificates: Certificate[] = []
  const unreadable: Uint8Array[] = []
  for (const list = fields.set(); !list.done; ) {
    const member = list.next()
    try {
      certificates.push(parseCertificate(member.raw))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      unreadable.push(member.raw)
    }
  }
  fields.end()
  return { version, certificates, unreadable }
}

/**
 * Parses a master list, signed or bare. No signature is checked here: see verifyMasterList. Throws FormatError
 * MASTER_LIST_MALFORMED, also when signed data hold something else than a master list.
 */
export function parseMasterList(bytes: Uint8Array): MasterList {
  const outer = parseDer(bytes, { ...OPTIONS, allowBer: true })
  if (outer.tag === DER.sequence && outer.value[0] === DER.integer) return readCscaMasterList(bytes)
  let signedData: SignedData
  try {
    signedData = parseSignedData(bytes, { code: 'MASTER_LIST_MALFORMED' })
  } catch (cause) {
    if (!(cause instanceof FormatError) || cause.code === 'MASTER_LIST_MALFORMED') throw cause
    throw new FormatError('MASTER_LIST_MALFORMED', 'a certificate beside the list is malformed', cause.facts, { cause })
  }
  if (signedData.contentType !== MASTER_LIST_OID.cscaMasterList) {
    throw new FormatError('MASTER_LIST_MALFORMED', 'the signed data hold no master list', {
      oid: signedData.contentType,
    })
  }
  return { ...readCscaMasterList(signedData.content), signedData }
}

export type MasterListReason =
  | 'NOT_SIGNED'
  | 'SIGNER_NOT_FOUND'
  | 'SIGNED_ATTRIBUTES_WRONG'
  | 'SIGNATURE_WRONG'
  | 'SIGNER_PURPOSE_MISSING'
  | 'SIGNER_NOT_VALID_AT_TIME'
  | 'ISSUER_NOT_FOUND'
  | 'ISSUER_SIGNATURE_WRONG'
  | 'ISSUER_NOT_VALID_AT_TIME'

export interface MasterListCheck {
  /** True only when there is no reason against it. */
  readonly verified: boolean
  readonly reasons: readonly MasterListReason[]
  readonly signer?: Certificate
  /** From the list signer's issuer to the anchor, the anchor last; empty when no way leads there. */
  readonly path: readonly Certificate[]
}

/** Whether the key of `issuer` made the signature on `certificate`; what cannot be verified is not. */
function issued(issuer: Certificate, certificate: Certificate): boolean {
  try {
    return verifyCertificate(certificate, importPublicKey(issuer.spki))
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return false
  }
}

/**
 * The way from `certificate` up to an anchor over the CAs in `between`, or the reason why there is none. Each CA is
 * tried once, so that a list full of CAs that issued one another costs no more than its length.
 */
function pathToAnchor(
  certificate: Certificate,
  anchors: readonly Certificate[],
  between: Set<Certificate>,
): readonly Certificate[] | 'ISSUER_NOT_FOUND' | 'ISSUER_SIGNATURE_WRONG' {
  let reason: 'ISSUER_NOT_FOUND' | 'ISSUER_SIGNATURE_WRONG' = 'ISSUER_NOT_FOUND'
  for (const anchor of anchors) {
    if (!sameName(anchor.subject, certificate.issuer)) continue
    if (issued(anchor, certificate)) return [anchor]
    reason = 'ISSUER_SIGNATURE_WRONG'
  }
  for (const ca of between) {
    if (!ca.basicConstraints?.ca || !sameName(ca.subject, certificate.issuer) || !issued(ca, certificate)) continue
    between.delete(ca)
    const rest = pathToAnchor(ca, anchors, between)
    if (typeof rest !== 'string') return [ca, ...rest]
  }
  return reason
}

function checkSigner(
  signedData: SignedData,
  signerInfo: SignerInfo,
  anchors: readonly Certificate[],
  at: number | undefined,
): MasterListCheck {
  const signer = findSigner(signedData, signerInfo)
  if (!signer) return { verified: false, reasons: ['SIGNER_NOT_FOUND'], path: [] }
  const reasons: MasterListReason[] = []
  const check = checkSignerInfo(signedData, signerInfo, signer)
  if (check.signedAttributes !== 'successful') reasons.push('SIGNED_ATTRIBUTES_WRONG')
  if (!check.signature) reasons.push('SIGNATURE_WRONG')
  if (!signer.extendedKeyUsage?.includes(MASTER_LIST_OID.masterListSigning)) reasons.push('SIGNER_PURPOSE_MISSING')
  const outside = (certificate: Certificate): boolean =>
    at !== undefined && (at < certificate.notBefore || at > certificate.notAfter)
  if (outside(signer)) reasons.push('SIGNER_NOT_VALID_AT_TIME')
  const found = pathToAnchor(signer, anchors, new Set(signedData.certificates))
  const path = typeof found === 'string' ? [] : found
  if (typeof found === 'string') reasons.push(found)
  if (path.some(outside)) reasons.push('ISSUER_NOT_VALID_AT_TIME')
  return { verified: reasons.length === 0, reasons, signer, path }
}

/**
 * Checks who signed a master list: signature, purpose of the signer (9303-12 §7.1.1.3), and the way from the signer to
 * one of `anchors`, over CAs that come with the signature where needed. Validity is checked at `at` (milliseconds since
 * 1970) when given. A list that fails gives its reasons, not an error.
 */
export function verifyMasterList(
  list: MasterList,
  anchors: readonly Certificate[],
  options: { readonly at?: number } = {},
): MasterListCheck {
  const { signedData } = list
  if (!signedData) return { verified: false, reasons: ['NOT_SIGNED'], path: [] }
  const checks = signedData.signerInfos.map(info => checkSigner(signedData, info, anchors, options.at))
  return checks.find(check => check.verified) ?? checks[0] ?? { verified: false, reasons: ['NOT_SIGNED'], path: [] }
}

/** CscaMasterList of these certificates, each as it stands; without a signature. */
export function buildCscaMasterList(certificates: readonly Uint8Array[]): Uint8Array {
  return derSequence(derUnsigned(0), derSetOf(...certificates))
}

/** Builds and signs a master list; `certificate` is the signer's, `furtherCertificates` its issuers. */
export function buildMasterList(given: {
  readonly certificates: readonly Uint8Array[]
  readonly certificate: Uint8Array
  readonly furtherCertificates?: readonly Uint8Array[]
  readonly digest: HashName
  readonly signer: Signer
  readonly signingTime: Date
}): Promise<Uint8Array> {
  const { certificates, ...rest } = given
  return buildSignedData({
    ...rest,
    contentType: MASTER_LIST_OID.cscaMasterList,
    content: buildCscaMasterList(certificates),
  })
}
