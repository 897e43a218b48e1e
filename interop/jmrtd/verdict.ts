// Two verdicts on one document, cut into the same pieces so that they can be laid side by side.
import { dataGroupFile, digest, equal, FormatError, type LdsFiles, parseSod } from '@cccd/card-core'
import type { ReadResult } from '@cccd/card-reader'
import { type CheckId, findCheck, type VerificationReport } from '@cccd/verifier'
import type { PeerAnswer } from './peer.mjs'

/**
 * `open`: information is missing, so we say neither. `absent`: the document does not have it, or the side never came to
 * look at it. JMRTD knows no `open`.
 */
export type Opinion = 'right' | 'wrong' | 'open' | 'absent'
export type Verdict = Readonly<Record<string, Opinion>>

const CHIP = {
  activeAuthentication: 'chipAuthenticity.activeAuthentication',
  chipAuthentication: 'chipAuthenticity.chipAuthentication',
} as const

function opinion(value: boolean | undefined): Opinion {
  if (value === undefined) return 'absent'
  return value ? 'right' : 'wrong'
}

/** What JMRTD said. `signature` holds the signed attributes, the digest in them and the signature together. */
export function verdictOfJmrtd(answer: PeerAnswer): Verdict {
  const { verdict } = answer
  const hashes = Object.entries(verdict?.hashes ?? {}).map(([file, right]) => [`hash of ${file}`, opinion(right)])
  return {
    sod: opinion(verdict?.sod),
    signature: opinion(verdict?.signature),
    chain: opinion(verdict?.chain),
    activeAuthentication: opinion(answer.activeAuthentication),
    chipAuthentication: opinion(answer.chipAuthentication),
    ...Object.fromEntries(hashes),
  }
}

/** Whether each hash that EF.SOD lists is that of the file, whatever the signature is worth: as JMRTD tells it. */
function bareHashes(files: LdsFiles): Verdict {
  const sod = files['EF.SOD']
  try {
    const listed = sod ? parseSod(sod).ldsSecurityObject : undefined
    if (!listed) return {}
    const hashes = [...listed.dataGroupHashes].flatMap(([n, hash]) => {
      const file = files[dataGroupFile(n)]
      return file ? [[`hash of ${dataGroupFile(n)}`, opinion(equal(digest(listed.hash, file), hash))]] : []
    })
    return Object.fromEntries(hashes)
  } catch (error) {
    if (error instanceof FormatError) return {}
    throw error
  }
}

function opinionOfChecks(report: VerificationReport, ids: readonly CheckId[]): Opinion {
  const statuses = ids.map(id => findCheck(report.checks, id).status)
  if (statuses.includes('failed')) return 'wrong'
  if (statuses.every(status => status === 'successful')) return 'right'
  return statuses.every(status => status === 'notSupported') ? 'absent' : 'open'
}

/** What our report says, in the same pieces. */
export function verdictOfOurs(read: ReadResult, report: VerificationReport): Verdict {
  return {
    sod: opinionOfChecks(report, ['sod.encoding', 'sod.signer']),
    signature: opinionOfChecks(report, ['sod.signedAttributes', 'sod.digest', 'sod.signature']),
    chain: opinionOfChecks(report, ['issuer.documentSignerSignature']),
    activeAuthentication: opinionOfChecks(report, [CHIP.activeAuthentication]),
    chipAuthentication: opinionOfChecks(report, [CHIP.chipAuthentication]),
    ...bareHashes(read.files),
  }
}

const hasOne = (opinion: Opinion): boolean => opinion === 'right' || opinion === 'wrong'

/** What each side says where one says it and the other does not, as "JMRTD: …, we: …". */
export function differences(jmrtd: Verdict, ours: Verdict): Readonly<Record<string, string>> {
  const pieces = [...new Set([...Object.keys(jmrtd), ...Object.keys(ours)])]
  return Object.fromEntries(
    pieces.flatMap(piece => {
      const [theirs, own] = [jmrtd[piece] ?? 'absent', ours[piece] ?? 'absent']
      return theirs === own || !(hasOne(theirs) || hasOne(own)) ? [] : [[piece, `JMRTD: ${theirs}, we: ${own}`]]
    }),
  )
}
