import {
  type ActiveAuthenticationEvidence,
  equal,
  FormatError,
  type HashName,
  importPublicKey,
  type PublicKey,
  parseDg15,
  recoverIso9796,
  type SecurityInfo,
  toHex,
  verifyPlainEcdsa,
} from '@cccd/card-core'
import type { ReadSecurityInfos } from './card-access.ts'
import type { Finding, Findings } from './check.ts'
import { type DocumentToVerify, fileState, formatErrorDetail, parseFile, swText } from './document.ts'

/** What is known of the document when its chip is judged. */
export interface ChipContext {
  readonly document: DocumentToVerify
  /** Groups that the SOD lists; empty when there is none. */
  readonly listed: ReadonlySet<number>
  /** Groups that EF.COM lists. */
  readonly inCom: readonly number[]
  /** Groups whose bytes passive authentication covered: only their keys prove anything. */
  readonly covered: ReadonlySet<number>
  readonly dg14?: ReadSecurityInfos | undefined
  readonly cardAccess?: ReadSecurityInfos | undefined
}

/** TR-03111 §5.2.1.1, as ActiveAuthenticationInfo names them. */
const PLAIN_ECDSA = '0.4.0.127.0.7.1.1.4.1.'
const HASHES: readonly HashName[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']

function hashesFor(infos: readonly SecurityInfo[]): readonly HashName[] {
  const info = infos.find(one => one.kind === 'activeAuthentication')
  if (info?.kind !== 'activeAuthentication') return HASHES
  const { signatureAlgorithmOid: oid } = info
  const hash = oid.startsWith(PLAIN_ECDSA) ? HASHES[Number(oid.slice(PLAIN_ECDSA.length)) - 1] : undefined
  return hash ? [hash] : HASHES
}

/**
 * Whether the chip's answer to the challenge was made with the private key of `publicKey` (9303-11 §6.1): RSA by ISO/IEC
 * 9796-2 with every hash the trailer may name, ECDSA as plain r‖s with the hash that DG14 names, or any of ICAO's where
 * it names none. Returns the hash, null when the answer is wrong; never throws.
 */
export function verifyActiveAuthentication(given: {
  readonly publicKey: PublicKey
  readonly challenge: Uint8Array
  readonly response: Uint8Array
  readonly securityInfos?: readonly SecurityInfo[]
}): HashName | null {
  const { publicKey, challenge, response } = given
  if (publicKey.kind === 'rsa') {
    const recovered = recoverIso9796({ publicKey, signature: response, challenge })
    return recovered.valid ? (recovered.hash ?? null) : null
  }
  const hashes = hashesFor(given.securityInfos ?? [])
  return hashes.find(hash => verifyPlainEcdsa({ hash, publicKey, data: challenge, signature: response })) ?? null
}

const DG15 = 'EF.DG15'
const DG14 = 'EF.DG14'
const CHALLENGE_LENGTH = 8

function judgeResponse(evidence: ActiveAuthenticationEvidence, publicKey: PublicKey, context: ChipContext): Finding {
  const { challenge, response, sw, source } = evidence
  // Data beside another status than 9000 are not an answer, whatever they hold.
  if (!response || (sw !== undefined && sw !== 0x9000)) {
    const detail = sw === undefined ? 'no response' : swText(sw)
    return { status: 'failed', reason: 'AA_REFUSED', detail, file: DG15 }
  }
  if (challenge.length !== CHALLENGE_LENGTH) {
    return { status: 'undetermined', reason: 'AA_NOT_DONE', detail: 'the challenge is not 8 bytes', file: DG15 }
  }
  const securityInfos = context.covered.has(14) ? (context.dg14?.infos ?? []) : []
  const hash = verifyActiveAuthentication({ publicKey, challenge, response, securityInfos })
  const facts = { key: publicKey.kind === 'ec' ? publicKey.curve : `RSA ${8 * publicKey.modulus.length}`, source }
  if (!hash) return { status: 'failed', reason: 'AA_SIGNATURE_WRONG', evidence: facts, file: DG15 }
  const shown = { evidence: { ...facts, hash, challenge: toHex(challenge) }, file: DG15 } as const
  const { unattested, ownChallenge } = context.document
  return unattested && !(ownChallenge && equal(ownChallenge, challenge))
    ? { status: 'undetermined', reason: 'AA_ANY_TIME', ...shown }
    : { status: 'successful', reason: 'PASSED', ...shown }
}

function examineActiveAuthentication(context: ChipContext): Finding {
  const { document, listed, inCom, covered } = context
  const evidence = document.evidence.activeAuthentication
  const state = fileState(document, DG15)
  if (!listed.has(15) && !inCom.includes(15) && state.kind !== 'read') {
    return { status: 'notSupported', reason: 'AA_NOT_ANNOUNCED', file: DG15 }
  }
  const parsed = parseFile(document, DG15, bytes => importPublicKey(parseDg15(bytes).spki), 'KEY_MALFORMED')
  switch (parsed.kind) {
    case 'aborted':
      return { status: 'aborted', reason: 'ABORTED', file: DG15 }
    case 'refused':
      return { status: 'failed', reason: 'FILE_REFUSED', detail: swText(parsed.sw), file: DG15 }
    case 'unread':
      return { status: 'undetermined', reason: 'FILE_NOT_READ', file: DG15 }
    case 'malformed':
      return covered.has(15) ? parsed.finding : { status: 'undetermined', reason: 'AA_KEY_NOT_COVERED', file: DG15 }
    case 'parsed':
      if (!covered.has(15)) return { status: 'undetermined', reason: 'AA_KEY_NOT_COVERED', file: DG15 }
      if (!evidence) {
        const aborted = document.aborted !== undefined && document.aborted.length > 0
        return aborted
          ? { status: 'aborted', reason: 'ABORTED', file: DG15 }
          : { status: 'undetermined', reason: 'AA_NOT_DONE', file: DG15 }
      }
      return judgeResponse(evidence, parsed.value, context)
  }
}

/** The key that the evidence names: by identifier, or the only one there is. */
function chipAuthenticationKey(infos: readonly SecurityInfo[], keyId: bigint | undefined) {
  const keys = infos.filter(info => info.kind === 'chipAuthenticationPublicKey')
  if (keyId === undefined) return keys.length === 1 ? keys[0] : keys.find(key => key.keyId === undefined)
  return (
    keys.find(key => key.keyId === keyId) ?? (keys.length === 1 && keys[0]?.keyId === undefined ? keys[0] : undefined)
  )
}

function judgeChipAuthentication(context: ChipContext, infos: readonly SecurityInfo[]): Finding {
  const { evidence, aborted } = context.document
  const done = evidence.chipAuthentication
  if (!done) {
    return aborted && aborted.length > 0
      ? { status: 'aborted', reason: 'ABORTED', file: DG14 }
      : { status: 'undetermined', reason: 'CA_NOT_DONE', file: DG14 }
  }
  const detail = done.sw === undefined ? {} : { detail: swText(done.sw) }
  switch (done.outcome) {
    case 'refused':
      return { status: 'failed', reason: 'CA_REFUSED', ...detail, file: DG14 }
    case 'failed':
      return { status: 'failed', reason: 'CA_FAILED', ...detail, file: DG14 }
    case 'successful': {
      if (context.document.keptEvidence) return { status: 'undetermined', reason: 'CA_NOT_REPLAYABLE', file: DG14 }
      const key = chipAuthenticationKey(infos, done.keyId)
      if (!key) return { status: 'undetermined', reason: 'CA_KEY_OTHER', file: DG14 }
      try {
        if (key.kind === 'chipAuthenticationPublicKey' && key.agreement === 'ECDH') importPublicKey(key.spki)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        return { status: 'failed', reason: 'KEY_MALFORMED', detail: formatErrorDetail(error), file: DG14 }
      }
      return { status: 'successful', reason: 'PASSED', evidence: { oid: done.oid }, file: DG14 }
    }
  }
}

function examineChipAuthentication(context: ChipContext): Finding {
  const { document, listed, inCom, covered, dg14, cardAccess } = context
  const state = fileState(document, DG14)
  const announcedOutside = cardAccess?.infos.some(info => info.kind === 'chipAuthentication') === true
  if (!listed.has(14) && !inCom.includes(14) && state.kind !== 'read') {
    // EF.CardAccess speaks of chip authentication, but the signed part of the card has no key for it.
    if (announcedOutside) return { status: 'undetermined', reason: 'CA_KEY_NOT_COVERED', file: 'EF.CardAccess' }
    return { status: 'notSupported', reason: 'CA_NOT_ANNOUNCED', file: DG14 }
  }
  switch (state.kind) {
    case 'aborted':
      return { status: 'aborted', reason: 'ABORTED', file: DG14 }
    case 'refused':
      return { status: 'failed', reason: 'FILE_REFUSED', detail: swText(state.sw), file: DG14 }
    case 'unread':
      return { status: 'undetermined', reason: 'FILE_NOT_READ', file: DG14 }
    case 'read': {
      if (!covered.has(14)) return { status: 'undetermined', reason: 'CA_KEY_NOT_COVERED', file: DG14 }
      if (!dg14) return { status: 'undetermined', reason: 'PREREQUISITE_MISSING', file: DG14 }
      const announced = dg14.infos.some(info => info.kind === 'chipAuthenticationPublicKey')
      if (!announced) return { status: 'notSupported', reason: 'CA_NOT_ANNOUNCED', file: DG14 }
      return judgeChipAuthentication(context, dg14.infos)
    }
  }
}

function examinePaceCam({ document, dg14, cardAccess }: ChipContext): Finding {
  const infos = [...(cardAccess?.infos ?? []), ...(dg14?.infos ?? [])]
  const announced = infos.some(info => info.kind === 'pace' && info.mapping === 'CAM')
  if (!announced && document.evidence.access.pace?.mapping !== 'CAM') {
    return { status: 'notSupported', reason: 'CAM_NOT_ANNOUNCED' }
  }
  // The evidence of PACE-CAM (the decrypted chip authentication data) is not part of ChipEvidence yet.
  return { status: 'undetermined', reason: 'CAM_NOT_DONE' }
}

/** Judges what the chip answered (TR-03135-1 §5.6.4.1). Evidence counts only under a key from a data group that passive
 * authentication covered; a feature that the document announces and the chip refuses has failed. */
export function examineChipAuthenticity(context: ChipContext): Findings {
  return {
    'chipAuthenticity.activeAuthentication': examineActiveAuthentication(context),
    'chipAuthenticity.chipAuthentication': examineChipAuthentication(context),
    'chipAuthenticity.paceCam': examinePaceCam(context),
  }
}
