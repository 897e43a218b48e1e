import type { ReadResult } from '@cccd/card-reader'
import type { TestDocument } from '@cccd/fixtures'
import { parseCardQr } from '@cccd/mrz'
import { type Policy, trustAnchors, type VerificationReport, verifyDocument } from '@cccd/verifier'

/** Our verdict on what was read, with the anchors and the print that belong to the document. */
export function judge(read: ReadResult, made: TestDocument, policy: Policy): VerificationReport {
  const named = (ending: string) =>
    Object.entries(made.anchorsFiles).flatMap(([name, bytes]) => (name.endsWith(ending) ? [bytes] : []))
  const { anchors } = trustAnchors({ certificates: named('.cer'), crls: named('.crl') })
  const { files, evidence } = read
  return verifyDocument({ files, evidence, printed: { qr: parseCardQr(made.qr) }, anchors, policy, at: made.at })
}
