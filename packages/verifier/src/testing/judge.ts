// What the verifier's tests share: the evidence that an honest chip would give for a test document, and the judging of it.
import {
  type ChipEvidence,
  type FileName,
  importPublicKey,
  parseDg15,
  signIso9796,
  signPlainEcdsa,
} from '@cccd/card-core'
import type { SigningChoice, TestDocument } from '@cccd/fixtures'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import { type Check, findCheck } from '../check.ts'
import type { CheckId } from '../check-tree.ts'
import { POLICIES } from '../policy.ts'
import { type TrustAnchors, trustAnchors } from '../trust-anchors.ts'
import { type VerificationInput, type VerificationReport, verifyDocument } from '../verify-document.ts'

export const CHALLENGE: Uint8Array = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** The answer of a chip with these secrets to the challenge. */
export function activeAuthenticationOf(doc: TestDocument): Pick<ChipEvidence, 'activeAuthentication'> {
  const secret = doc.document.secrets.activeAuthentication
  const dg15 = doc.document.files['EF.DG15']
  if (!secret || !dg15) return {}
  const response =
    importPublicKey(parseDg15(dg15).spki).kind === 'rsa'
      ? signIso9796({ ...secret, challenge: CHALLENGE, random: n => new Uint8Array(n).fill(0x5a) })
      : signPlainEcdsa({ ...secret, data: CHALLENGE })
  return { activeAuthentication: { challenge: CHALLENGE, response, source: 'reader' } }
}

/** Everything an honest reading of the document shows: PACE, AA and CA done, nothing refused. */
export function honestEvidence(doc: TestDocument): ChipEvidence {
  const pace = doc.access.includes('PACE')
  return {
    access: pace
      ? {
          offered: ['PACE'],
          used: 'PACE',
          password: 'CAN',
          pace: { oid: '0.4.0.127.0.7.2.2.4.2.2', mapping: 'GM', parameterId: 13 },
        }
      : { offered: ['BAC'], used: 'BAC', password: 'MRZ' },
    ...activeAuthenticationOf(doc),
    ...(doc.document.secrets.chipAuthentication
      ? {
          chipAuthentication: {
            oid: '0.4.0.127.0.7.2.2.3.2.2',
            ephemeralPublicKey: new Uint8Array(65),
            outcome: 'successful',
          },
        }
      : {}),
    refusedFiles: [],
  }
}

export function anchorsOf(doc: TestDocument): TrustAnchors {
  return trustAnchors({ certificates: [doc.csca], crls: [doc.crl] }).anchors
}

/** Judges a test document as an honest reader at a bank would; `changes` is what differs. */
export function judged(doc: TestDocument, changes: Partial<VerificationInput> = {}): VerificationReport {
  return verifyDocument({
    files: doc.document.files,
    evidence: honestEvidence(doc),
    printed: { qr: parseCardQr(doc.qr), mrz: parseMrz(doc.mrzLines), personalNumber: doc.holder.personalNumber },
    anchors: anchorsOf(doc),
    policy: POLICIES.kyc,
    at: doc.at,
    ...changes,
  })
}

export function check(report: VerificationReport, id: CheckId): Check {
  return findCheck(report.checks, id)
}

/** Status and reason of a check, for short assertions. */
export function outcome(report: VerificationReport, id: CheckId): string {
  const { status, reason } = check(report, id)
  return `${status} ${reason}`
}

/** The document's files with some replaced, or taken away with null. */
export function withFiles(doc: TestDocument, changes: Partial<Record<FileName, Uint8Array | null>>) {
  const files: Partial<Record<FileName, Uint8Array>> = { ...doc.document.files }
  for (const [name, bytes] of Object.entries(changes) as [FileName, Uint8Array | null][]) {
    if (bytes) files[name] = bytes
    else delete files[name]
  }
  return files
}

export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
  return changed
}

/** Cheap to verify, for tests that judge often. */
export const P256 = { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256' } as const satisfies SigningChoice

/** The reasons that decided, by check. */
export function because(report: VerificationReport): string[] {
  return report.because.map(({ id, reason }) => `${id} ${reason}`)
}
