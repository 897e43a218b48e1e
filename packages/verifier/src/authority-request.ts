// What the police authority's verification service is known to take: EF.SOD, DG1, DG2, DG13, DG15 and the chip's signature
// over the service's own challenge. Its interface is not published. Assumed here, and to be mapped by whoever has the
// contract: a JSON object; each file whole as the chip gave it, in Base64 with padding; challenge and response raw, in
// Base64; DG14 beside them, since it names the hash of an ECDSA signature. The member names are ours.

import { FormatError } from '@cccd/card-core'
import { toBase64 } from './base64.ts'
import type { BundleContents } from './evidence-bundle.ts'

export interface AuthorityRequest {
  readonly requestId: string
  /** When the card was read, ISO 8601. */
  readonly time: string
  /** Base64 with padding, as are all that follow. */
  readonly sod: string
  readonly dg1: string
  /** Absent for a holder without a portrait. */
  readonly dg2?: string
  readonly dg13: string
  readonly dg14?: string
  readonly dg15: string
  readonly challenge: string
  readonly response: string
  /** Whose challenge it was: the service can rely on its own alone. */
  readonly challengeSource: 'reader' | 'relying-party'
}

/** The request to the authority's service. Throws FormatError DOCUMENT_MALFORMED naming the file, or the chip's
 * answer, that the service needs and the bundle does not hold. */
export function authorityRequest(
  contents: Pick<BundleContents, 'files' | 'evidence' | 'requestId' | 'time'>,
): AuthorityRequest {
  const { files, evidence, requestId, time } = contents
  const file = (name: 'EF.SOD' | 'EF.DG1' | 'EF.DG13' | 'EF.DG15'): string => {
    const bytes = files[name]
    if (!bytes) throw missing(name)
    return toBase64(bytes)
  }
  const aa = evidence.activeAuthentication
  if (!aa?.response) throw missing('activeAuthentication.response')
  const [dg2, dg14] = [files['EF.DG2'], files['EF.DG14']]
  return {
    requestId,
    time,
    sod: file('EF.SOD'),
    dg1: file('EF.DG1'),
    ...(dg2 ? { dg2: toBase64(dg2) } : {}),
    dg13: file('EF.DG13'),
    ...(dg14 ? { dg14: toBase64(dg14) } : {}),
    dg15: file('EF.DG15'),
    challenge: toBase64(aa.challenge),
    response: toBase64(aa.response),
    challengeSource: aa.source,
  }
}

function missing(field: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', "the authority's service needs what the bundle does not hold", { field })
}
