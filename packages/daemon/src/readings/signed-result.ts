import { createHash } from 'node:crypto'
import { utf8 } from '@cccd/card-core'
import type { VerificationReport } from '@cccd/verifier'
import type { PortraitInfo } from '../api/readings.ts'
import { canonicalBytes } from '../keeping/canonical-json.ts'
import type { Field } from '../person.ts'
import type { DeskKey } from './desk-key.ts'

/** What ties a result to the request that it answers. */
export interface ResultBinding {
  /** The page's origin, null for a program without a browser. */
  readonly origin: string | null
  /** As the caller gave it. */
  readonly nonce: string
  /** When it was judged: ISO 8601, UTC. */
  readonly time: string
  /** RFC 7638 thumbprint of the signing key. */
  readonly kid: string
  /** Id of the policy. */
  readonly policy: string
  /** Id of the reading. */
  readonly requestId: string
  readonly reader: string
}

/** The payload of a signed result. */
export interface SignedResult {
  readonly report: VerificationReport
  readonly fields: readonly Field[]
  /** SHA-256, base64url, over the canonical JSON (RFC 8785) of `fields`: it goes on when the fields do not. */
  readonly fieldsDigest: string
  /** Of the portrait as the desk serves it, null where the card has none. */
  readonly portrait: (PortraitInfo & { readonly sha256: string }) | null
  readonly binding: ResultBinding
}

/** `typ` in the header of a signed result, so that no other signature of the desk can be taken for one. */
export const SIGNED_RESULT_TYPE = 'cccd-reading+jws'

/** SHA-256, base64url, over the canonical JSON of fields. */
export function fieldsDigest(fields: readonly Field[]): string {
  const plain = fields.map(({ name, value, source }) => ({ name, value, source }))
  return createHash('sha256').update(canonicalBytes(plain)).digest('base64url')
}

/** Signs a result: compact JWS, ES256. `binding.kid` is put in here. */
export async function signResult(
  key: DeskKey,
  given: {
    readonly report: VerificationReport
    readonly fields: readonly Field[]
    readonly portrait: (PortraitInfo & { readonly bytes: Uint8Array }) | null
    readonly binding: Omit<ResultBinding, 'kid'>
  },
): Promise<string> {
  const { report, fields, portrait, binding } = given
  const payload: SignedResult = {
    report,
    fields,
    fieldsDigest: fieldsDigest(fields),
    portrait: portrait && {
      format: portrait.format,
      width: portrait.width,
      height: portrait.height,
      sha256: createHash('sha256').update(portrait.bytes).digest('base64url'),
    },
    binding: { ...binding, kid: key.kid },
  }
  return key.sign(utf8(JSON.stringify(payload)), SIGNED_RESULT_TYPE)
}
