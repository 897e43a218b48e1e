import {
  type Certificate,
  CMS_OID,
  checkSignerInfo,
  DerReader,
  type FileName,
  FormatError,
  findSigner,
  importPublicKey,
  type SignedData,
  type SignerInfo,
  toHex,
} from '@cccd/card-core'
import type { Finding } from './check.ts'
import { formatErrorDetail } from './document.ts'
import { sameNameByHabit } from './signer-name.ts'

/** The examination of one CMS object, EF.SOD or EF.CardSecurity (TR-03135-1 §5.6.4.2.2). */
export interface SignedObjectExamination {
  /** Content, signed attributes and signature all fit. Says nothing about who the signer is. */
  readonly intact: boolean
  readonly signer?: Certificate
  /** Milliseconds since 1970, from the signed attributes. */
  readonly signingTime?: number
  readonly signerFinding: Finding
  readonly attributesFinding: Finding
  readonly digestFinding: Finding
  readonly signatureFinding: Finding
}

const NULL = '0500'
/** 9303-10 §4.6.2 wants one SignerInfo; each further one costs a hash of the content and a signature check. */
const MOST_SIGNERS = 8

/**
 * What nobody signs in a CMS object but 9303-10 and RFC 5652 fix: versions, the list of digest algorithms, the parameters
 * of the hash. A bit flipped there would change no digest and no signature. Returns what is wrong, or null. (One
 * TR-03105-5.1 case for each: LDS_H_20, 22, 26, 30, 84, 85.)
 */
export function wrapperFault(bytes: Uint8Array, signedData: SignedData): string | null {
  // RFC 5652 §5.1: 3 for every content but plain data, and nothing in ICAO documents calls for 4 or 5.
  const plain = signedData.contentType === CMS_OID.data
  if (signedData.version !== 3 && !(plain && signedData.version === 1)) return 'SignedData version is not 3'
  if (signedData.signerInfos.length === 0) return 'no SignerInfo'
  const ber = { code: 'SIGNED_DATA_MALFORMED', allowBer: true } as const
  const digests: string[] = []
  try {
    const info = new DerReader(bytes, ber).sequence()
    info.oid()
    const fields = info.inside(info.read(0xa0)).sequence()
    fields.smallInteger()
    for (const list = fields.set(); !list.done; ) {
      const algorithm = list.sequence()
      digests.push(algorithm.oid())
      if (!algorithm.done && toHex(algorithm.next().raw) !== NULL) return 'a digest algorithm has odd parameters'
    }
  } catch (error) {
    if (error instanceof FormatError) return formatErrorDetail(error)
    throw error
  }
  for (const { version, sid, digestAlgorithm } of signedData.signerInfos) {
    if (version !== (sid.kind === 'issuerAndSerialNumber' ? 1 : 3)) return 'SignerInfo version does not fit its sid'
    if (!digests.includes(digestAlgorithm.oid)) return 'the digest algorithm is not in the list'
    if (digestAlgorithm.parameters && toHex(digestAlgorithm.parameters) !== NULL) {
      return 'a digest algorithm has odd parameters'
    }
  }
  return null
}

function keyProblem(signer: Certificate): Finding {
  try {
    importPublicKey(signer.spki)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const reason = error.code === 'CURVE_UNKNOWN' || error.code === 'ALGORITHM_UNKNOWN' ? error.code : 'KEY_MALFORMED'
    return { status: 'failed', reason, detail: formatErrorDetail(error) }
  }
  return { status: 'failed', reason: 'SIGNATURE_WRONG' }
}

const PASSED: Finding = { status: 'successful', reason: 'PASSED' }
const NOT_REACHED: Finding = { status: 'undetermined', reason: 'PREREQUISITE_MISSING' }

function examineSigner(
  signedData: SignedData,
  signerInfo: SignerInfo,
  extra: readonly Certificate[],
): SignedObjectExamination {
  const signer = findSigner(signedData, signerInfo, extra)
  const signingTime = signerInfo.signedAttributes?.signingTime
  if (!signer) {
    const detail = signedData.certificates.length === 0 ? 'no certificate inside' : 'no certificate fits its identifier'
    return {
      intact: false,
      signerFinding: { status: 'failed', reason: 'SIGNER_NOT_FOUND', detail },
      attributesFinding: NOT_REACHED,
      digestFinding: NOT_REACHED,
      signatureFinding: NOT_REACHED,
    }
  }
  const { sid } = signerInfo
  const named = sid.kind === 'subjectKeyIdentifier' || sameNameByHabit(sid.issuer, signer.issuer)
  const check = checkSignerInfo(signedData, signerInfo, signer)
  const because = check.detail === undefined ? {} : { detail: check.detail }
  const attributesFinding: Finding =
    check.signedAttributes === 'successful'
      ? PASSED
      : {
          status: 'failed',
          reason: check.signedAttributes === 'absent' ? 'SIGNED_ATTRIBUTES_ABSENT' : 'SIGNED_ATTRIBUTES_WRONG',
          ...because,
        }
  const unknownAlgorithm: Finding = {
    status: 'failed',
    reason: 'ALGORITHM_UNKNOWN',
    detail: `OID ${signerInfo.digestAlgorithm.oid}, OID ${signerInfo.signatureAlgorithm.oid}`,
  }
  const failed = (other: () => Finding) => (check.detail === 'ALGORITHM_UNKNOWN' ? unknownAlgorithm : other())
  return {
    intact: named && check.signedAttributes === 'successful' && check.digest && check.signature,
    signer,
    ...(signingTime === undefined ? {} : { signingTime }),
    signerFinding: !named
      ? { status: 'failed', reason: 'SIGNER_NAME_DIFFERS' }
      : {
          status: 'successful',
          reason: signedData.certificates.includes(signer) ? 'PASSED' : 'SIGNER_FROM_STORE',
          evidence: { serialNumber: toHex(signer.serialNumber) },
        },
    attributesFinding,
    digestFinding: check.digest ? PASSED : failed(() => ({ status: 'failed', reason: 'DIGEST_WRONG' })),
    signatureFinding: check.signature ? PASSED : failed(() => keyProblem(signer)),
  }
}

function naming(file: FileName, finding: Finding): Finding {
  return { ...finding, file }
}

/**
 * Examines a CMS object: signer found, signed attributes, digest, signature. Where there are several SignerInfos, the first
 * one that holds counts, else the first; only the first eight are looked at. `extra` are signer certificates from the store, for objects that carry none.
 */
export function examineSignedObject(
  file: FileName,
  signedData: SignedData,
  extra: readonly Certificate[] = [],
): SignedObjectExamination {
  let first: SignedObjectExamination | undefined
  let intact: SignedObjectExamination | undefined
  for (const signerInfo of signedData.signerInfos.slice(0, MOST_SIGNERS)) {
    const examined = examineSigner(signedData, signerInfo, extra)
    first ??= examined
    if (examined.intact) {
      intact = examined
      break
    }
  }
  const chosen = intact ?? first
  if (!chosen) {
    return {
      intact: false,
      signerFinding: { status: 'failed', reason: 'SIGNER_NOT_FOUND', detail: 'no SignerInfo', file },
      attributesFinding: naming(file, NOT_REACHED),
      digestFinding: naming(file, NOT_REACHED),
      signatureFinding: naming(file, NOT_REACHED),
    }
  }
  return {
    ...chosen,
    signerFinding: naming(file, chosen.signerFinding),
    attributesFinding: naming(file, chosen.attributesFinding),
    digestFinding: naming(file, chosen.digestFinding),
    signatureFinding: naming(file, chosen.signatureFinding),
  }
}
