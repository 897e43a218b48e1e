import {
  type Certificate,
  dataGroupFile,
  digest,
  equal,
  FILES,
  type FileName,
  type LdsFiles,
  parseSod,
  type Sod,
  toHex,
} from '@cccd/card-core'
import { type CertificatePath, findCertificatePath } from './certificate-path.ts'
import type { Finding, Findings } from './check.ts'
import type { DataGroupNumber, LeafId } from './check-tree.ts'
import { type DocumentToVerify, fileState, parseFile, swText } from './document.ts'
import { examineSignedObject, wrapperFault } from './signed-object.ts'
import type { TrustAnchors } from './trust-anchors.ts'

export interface SodExamination {
  /** Well formed, content digest, signed attributes and signature right: its hash list may be relied on. */
  readonly intact: boolean
  readonly sod?: Sod
  readonly signer?: Certificate
  /** Milliseconds since 1970. */
  readonly signingTime?: number
  readonly findings: Findings
}

const SOD = 'EF.SOD'
const NOT_REACHED: Finding = { status: 'undetermined', reason: 'PREREQUISITE_MISSING', file: SOD }

function withoutSod(finding: Finding): SodExamination {
  const aborted = finding.status === 'aborted'
  const rest = aborted ? finding : NOT_REACHED
  return {
    intact: false,
    findings: {
      'sod.encoding': finding,
      'sod.signer': rest,
      'sod.signedAttributes': rest,
      'sod.digest': rest,
      'sod.signature': rest,
    },
  }
}

/**
 * Examines EF.SOD on its own, as soon as it is there: parses it, finds the signer, checks signed attributes, digest and
 * signature (TR-03135-1 §5.6.4.2). `signers` are document signers from the store for a SOD that carries none. Never
 * throws for a bad document.
 */
export function examineSod(document: DocumentToVerify, signers: readonly Certificate[] = []): SodExamination {
  const parsed = parseFile(document, SOD, parseSod, 'SIGNED_DATA_MALFORMED')
  switch (parsed.kind) {
    case 'malformed':
      return withoutSod(parsed.finding)
    case 'aborted':
      return withoutSod({ status: 'aborted', reason: 'ABORTED', file: SOD })
    case 'refused':
      return withoutSod({ status: 'failed', reason: 'FILE_REFUSED', detail: swText(parsed.sw), file: SOD })
    case 'unread': {
      // EF.SOD is mandatory in the application (9303-10 §4.6): where anything of it was read, it is missing.
      const inApplication = Object.keys(document.files).some(file => FILES[file as FileName]?.under === 'lds1')
      return withoutSod({ status: inApplication ? 'failed' : 'undetermined', reason: 'SOD_MISSING', file: SOD })
    }
    case 'parsed': {
      const { signedData, ldsSecurityObject } = parsed.value
      const bytes = document.files[SOD] as Uint8Array
      const fault = wrapperFault(bytes.subarray(headerLength(bytes)), signedData)
      const examined = examineSignedObject(SOD, signedData, signers)
      const encoding: Finding =
        fault === null
          ? {
              status: 'successful',
              reason: 'PASSED',
              file: SOD,
              evidence: { hash: ldsSecurityObject.hash, dataGroups: [...ldsSecurityObject.dataGroupHashes.keys()] },
            }
          : { status: 'failed', reason: 'SIGNED_DATA_MALFORMED', detail: fault, file: SOD }
      return {
        intact: fault === null && examined.intact,
        sod: parsed.value,
        ...(examined.signer ? { signer: examined.signer } : {}),
        ...(examined.signingTime === undefined ? {} : { signingTime: examined.signingTime }),
        findings: {
          'sod.encoding': encoding,
          'sod.signer': examined.signerFinding,
          'sod.signedAttributes': examined.attributesFinding,
          'sod.digest': examined.digestFinding,
          'sod.signature': examined.signatureFinding,
        },
      }
    }
  }
}

/** Bytes of tag 77 and its length; the SOD parsed, so they are there. */
function headerLength(bytes: Uint8Array): number {
  const first = bytes[1] as number
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}

export interface DataGroupExamination {
  /** Groups whose bytes have the hash that an intact SOD lists: only these may be relied on. */
  readonly covered: ReadonlySet<number>
  readonly findings: Findings
}

const NUMBERS: readonly DataGroupNumber[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
// Names are put together once: this runs for every document.
const CHECKS: readonly (readonly [DataGroupNumber, LeafId])[] = NUMBERS.map(n => [n, `integrity.dg${n}`])
/** DG3 and DG4 are for terminals with rights (9303-10 §4.7.3): their refusal is the card doing its work. */
const PROTECTED: readonly number[] = [3, 4]

function examineGroup(document: DocumentToVerify, examination: SodExamination, n: number): Finding {
  const file = dataGroupFile(n)
  const state = fileState(document, file)
  const object = examination.sod?.ldsSecurityObject
  if (state.kind === 'aborted') return { status: 'aborted', reason: 'ABORTED', file }
  if (!object) {
    return { status: 'undetermined', reason: state.kind === 'read' ? 'PREREQUISITE_MISSING' : 'FILE_NOT_READ', file }
  }
  const expected = object.dataGroupHashes.get(n)
  if (!expected) {
    // Bytes that nobody signed. Whether the SOD itself can be believed does not matter here.
    if (state.kind === 'read') return { status: 'failed', reason: 'DATA_GROUP_NOT_LISTED', file }
    return { status: 'notSupported', reason: 'FILE_ABSENT', file }
  }
  switch (state.kind) {
    case 'refused': {
      const detail = swText(state.sw)
      if (PROTECTED.includes(n) && state.sw === 0x6982) {
        return { status: 'undetermined', reason: 'DATA_GROUP_PROTECTED', detail, file }
      }
      return { status: 'failed', reason: 'FILE_REFUSED', detail, file }
    }
    case 'unread':
      return { status: 'undetermined', reason: 'FILE_NOT_READ', file }
    case 'read': {
      // Without an intact SOD neither an equal nor another hash says anything: the list itself may be the forgery.
      if (!examination.intact) return { status: 'undetermined', reason: 'HASH_LIST_UNSIGNED', file }
      const computed = digest(object.hash, state.bytes)
      const evidence = { algorithm: object.hash, expected: toHex(expected), computed: toHex(computed) }
      return equal(computed, expected)
        ? { status: 'successful', reason: 'PASSED', evidence, file }
        : { status: 'failed', reason: 'HASH_DIFFERS', evidence, file }
    }
  }
}

/** Compares the hash of each data group, over the bytes as read, with what EF.SOD lists (TR-03135-1 §5.6.4.4.2). */
export function examineDataGroups(document: DocumentToVerify, examination: SodExamination): DataGroupExamination {
  const findings: Partial<Record<LeafId, Finding>> = {}
  const covered = new Set<number>()
  const unlisted: FileName[] = []
  for (const [n, id] of CHECKS) {
    const finding = examineGroup(document, examination, n)
    findings[id] = finding
    if (finding.status === 'successful') covered.add(n)
    if (finding.reason === 'DATA_GROUP_NOT_LISTED') unlisted.push(dataGroupFile(n))
  }
  const [first] = unlisted
  if (first) {
    findings['integrity.unlisted'] = {
      status: 'failed',
      reason: 'GROUPS_UNLISTED',
      detail: unlisted.join(', '),
      file: first,
    }
  } else {
    findings['integrity.unlisted'] = examination.sod
      ? { status: 'successful', reason: 'PASSED' }
      : { status: 'undetermined', reason: 'PREREQUISITE_MISSING' }
  }
  return { covered, findings }
}

export interface PassiveAuthentication {
  /** SOD intact, chain to a trust anchor, and every data group that was read, DG1 at least, has its signed hash. */
  readonly successful: boolean
  readonly sod: SodExamination
  readonly dataGroups: DataGroupExamination
  readonly path: CertificatePath
}

/**
 * Passive authentication alone (9303-11 §5.1), for those who want no report: the SOD, its signer's chain, the data groups. Does
 * not look at validity, revocation or policy. Never throws for a bad document.
 */
export function passiveAuthentication(given: {
  readonly files: LdsFiles
  readonly anchors: TrustAnchors
}): PassiveAuthentication {
  const document: DocumentToVerify = {
    files: given.files,
    evidence: { access: { offered: [], used: 'none' }, refusedFiles: [] },
  }
  const sod = examineSod(document, given.anchors.documentSigners)
  const path = findCertificatePath(sod.signer, given.anchors)
  const dataGroups = examineDataGroups(document, sod)
  const isCoveredIfRead = (n: number) => !given.files[dataGroupFile(n)] || dataGroups.covered.has(n)
  const isCovered = dataGroups.covered.has(1) && NUMBERS.every(isCoveredIfRead)
  const successful = sod.intact && path.kind === 'anchored' && isCovered
  return { successful, sod, dataGroups, path }
}
