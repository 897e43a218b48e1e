import {
  type CurveName,
  curveByParameterId,
  FormatError,
  type PaceInfo,
  ProtocolError,
  type SecurityInfo,
} from '@cccd/card-core'
import { curveOfAlgorithm } from './domain-parameters.ts'

const STEP = 'PACE: choice of the protocol'
const REMEDY = 'If policy allows it, open the chip with BAC: give the MRZ, and allow the fall back by name.'

/** The PACEInfos of EF.CardAccess: what the chip offers. */
export function paceInfos(infos: readonly SecurityInfo[]): PaceInfo[] {
  return infos.filter(info => info.kind === 'pace')
}

const STRENGTH: Readonly<Record<PaceInfo['cipher'], number>> = { '3DES': 0, 'AES-128': 1, 'AES-192': 2, 'AES-256': 3 }

/**
 * The PACEInfo to use: of those with generic mapping over a curve known here the one with the strongest cipher, the
 * first of equals. Throws ProtocolError ACCESS_PROTOCOL_MISSING saying what the chip offers instead.
 */
export function choosePace(infos: readonly SecurityInfo[]): PaceInfo {
  const offered = paceInfos(infos)
  let reason: unknown
  for (const info of [...offered].sort((a, b) => STRENGTH[b.cipher] - STRENGTH[a.cipher])) {
    try {
      paceCurve(info, infos)
      return info
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      reason ??= error
    }
  }
  if (offered.length === 1) throw reason
  const names = offered.map(info => `${info.agreement}-${info.mapping}`)
  throw missing(
    offered.length ? `the chip offers PACE only as ${[...new Set(names)].join(', ')}` : 'the chip does not offer PACE',
  )
}

/**
 * The curve that `info` works on. Throws ProtocolError ACCESS_PROTOCOL_MISSING when it is not ECDH with generic
 * mapping, or when its domain parameters are missing or unknown.
 */
export function paceCurve(info: PaceInfo, infos: readonly SecurityInfo[]): CurveName {
  if (info.agreement !== 'ECDH') throw missing('the chip offers PACE only over finite fields (DH)', info.oid)
  if (info.mapping !== 'GM') {
    const mapping = info.mapping === 'IM' ? 'integrated mapping' : 'chip authentication mapping'
    throw missing(`the chip offers PACE only with ${mapping}`, info.oid)
  }
  const standard = info.parameterId === undefined ? undefined : curveByParameterId(info.parameterId)
  if (standard) return standard
  // 9303-11 §9.2.2: parameters of the card's own stand beside it, with the same id or, when there is one set, none.
  const own = infos.filter(
    other => other.kind === 'paceDomainParameters' && other.agreement === 'ECDH' && other.mapping === 'GM',
  )
  const candidates = own.filter(
    other => other.kind === 'paceDomainParameters' && other.parameterId === info.parameterId,
  )
  const [chosen, ...others] = candidates.length ? candidates : info.parameterId === undefined ? own : []
  if (chosen?.kind !== 'paceDomainParameters' || others.length) {
    throw missing(
      info.parameterId === undefined
        ? 'the PACEInfo of the chip names no domain parameters'
        : `the PACEInfo of the chip names the domain parameters ${info.parameterId}, which are not known`,
      info.oid,
    )
  }
  try {
    const curve = curveOfAlgorithm(chosen.domainParameter)
    if (curve) return curve
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw missing('the chip offers PACE on an unknown curve', info.oid, cause)
  }
  throw missing('the domain parameters of the chip are no elliptic curve', info.oid)
}

function missing(message: string, oid?: string, cause?: unknown): ProtocolError {
  const facts = { step: STEP, remedy: REMEDY, ...(oid === undefined ? {} : { oid }) }
  return new ProtocolError('ACCESS_PROTOCOL_MISSING', message, facts, cause === undefined ? {} : { cause })
}
