import {
  BUNDLE_FILES,
  type BundleCheck,
  type BundleProof,
  type ReportDifference,
  type VerificationReport,
} from '@cccd/verifier'
import { z } from 'zod'
import type { Field } from '../person.ts'
import { fieldSchema } from './fields.ts'
import { reportSchema } from './report.ts'

/** Raw files to judge. `files`: base64url without padding, by name. */
export interface VerifyRequest {
  readonly files: Readonly<Partial<Record<(typeof BUNDLE_FILES)[number], string>>>
  readonly policy?: string
  readonly printed?: { readonly qr?: string; readonly mrz?: string; readonly personalNumber?: string }
}

const bytes = z
  .string()
  .min(2)
  .regex(/^[A-Za-z0-9_-]+$/)

export const printedSchema: z.ZodType<NonNullable<VerifyRequest['printed']>> = z.strictObject({
  qr: z.string().min(1).max(4096).exactOptional(),
  mrz: z.string().min(1).max(400).exactOptional(),
  personalNumber: z
    .string()
    .regex(/^[0-9]{12}$/)
    .exactOptional(),
})

export const verifyRequestSchema: z.ZodType<VerifyRequest> = z
  .strictObject({
    files: z.strictObject(Object.fromEntries(BUNDLE_FILES.map(name => [name, bytes.exactOptional()]))),
    policy: z.string().min(1).max(64).exactOptional(),
    printed: printedSchema.exactOptional(),
  })
  .meta({
    id: 'VerifyRequest',
    description: 'Raw files of a card, base64url. `mrz`: lines parted by line feeds.',
  }) as unknown as z.ZodType<VerifyRequest>

export const verifyReplySchema: z.ZodType<{ readonly report: VerificationReport }> = z
  .object({ report: reportSchema })
  .meta({ id: 'VerifyReply' })

/** A bundle to judge, with what the caller's own request said. */
export interface VerifyBundleRequest {
  readonly bundle: string
  readonly nonce?: string
  /** null: the reading was asked for by a program without a web origin. */
  readonly origin?: string | null
  readonly audience?: string
  /** The eight bytes that the chip was to sign, as hex. */
  readonly challenge?: string
  readonly policy?: string
  /** JWK set of further desks that the caller trusts; this desk's own key is always among them. */
  readonly deskKeys?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** Take bundles of desks that nobody knows. */
  readonly anyDesk?: boolean
  readonly maxAgeSeconds?: number
}

const visible = z.string().regex(/^[\x21-\x7e]{1,256}$/)

export const verifyBundleRequestSchema: z.ZodType<VerifyBundleRequest> = z
  .strictObject({
    bundle: z.string().min(1),
    nonce: visible.exactOptional(),
    origin: visible.nullable().exactOptional(),
    audience: visible.exactOptional(),
    challenge: z
      .string()
      .regex(/^[0-9A-Fa-f]{16}$/)
      .exactOptional(),
    policy: z.string().min(1).max(64).exactOptional(),
    deskKeys: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(1000) }).exactOptional(),
    anyDesk: z.boolean().exactOptional(),
    maxAgeSeconds: z.int().min(1).max(3_155_760_000).exactOptional(),
  })
  .meta({
    id: 'VerifyBundleRequest',
    description: 'A bundle, and what the caller asked for. What is left out is not compared, and the reply says so.',
  })

interface Worded {
  readonly vi: string
  readonly en: string
}

/** The verdict on a bundle and the card in it. */
export interface VerifyBundleReply {
  readonly overall: VerificationReport['overall'] | 'refused'
  readonly colour: VerificationReport['colour']
  readonly checks: readonly (BundleCheck & Worded)[]
  readonly signer?: { readonly kid: string; readonly algorithm: string; readonly trusted: boolean }
  readonly encrypted?: boolean
  readonly report?: VerificationReport
  readonly differences?: readonly ReportDifference[]
  readonly proofs?: readonly (BundleProof & Worded)[]
  /** What the card says, only with the scope `identity`. */
  readonly fields?: readonly Field[]
}

const code = z.string().regex(/^[A-Z][A-Z0-9_]*$/)
const worded = { vi: z.string(), en: z.string() }
const found = z.object({ status: z.string(), reason: z.string() })

export const verifyBundleReplySchema: z.ZodType<VerifyBundleReply> = z
  .object({
    overall: z.enum(['successful', 'failed', 'undetermined', 'aborted', 'refused']),
    colour: z.enum(['green', 'red', 'yellow', 'grey']),
    checks: z.array(
      z.object({
        id: z.string(),
        status: z.enum(['passed', 'refused', 'open', 'noted', 'notAsked', 'notReached']),
        code,
        place: z.string().exactOptional(),
        ...worded,
      }),
    ),
    signer: z.object({ kid: z.string(), algorithm: z.string(), trusted: z.boolean() }).exactOptional(),
    encrypted: z.boolean().exactOptional(),
    report: reportSchema.exactOptional(),
    differences: z
      .array(
        z.object({
          id: z.string(),
          stored: found.exactOptional(),
          own: found.exactOptional(),
          explained: z.literal('notReplayable').exactOptional(),
        }),
      )
      .exactOptional(),
    proofs: z.array(z.object({ evidence: z.string(), code, ...worded })).exactOptional(),
    fields: z.array(fieldSchema).exactOptional(),
  })
  .meta({
    id: 'BundleVerdict',
    description:
      'The verdict on a bundle and on the card in it, judged here from the raw bytes. A refused bundle has no report.',
  }) as unknown as z.ZodType<VerifyBundleReply>
