import type { Check, VerificationReport } from '@cccd/verifier'
import { z } from 'zod'

// The report of the verifier as it stands: what decides are its own types; here it is only described.

const STATUSES = ['successful', 'failed', 'undetermined', 'notSupported', 'aborted'] as const
const code = z.string().regex(/^[A-Z][A-Z0-9_]*$/)
const checkId = z.string().regex(/^[A-Za-z][A-Za-z0-9.]*$/)

export const checkSchema: z.ZodType<Check> = z
  .object({
    id: checkId,
    tr: z.string().exactOptional(),
    status: z.enum(STATUSES),
    requirement: z.enum(['mandatory', 'optional', 'evaluatory']),
    reason: code,
    detail: z.string().exactOptional(),
    evidence: z
      .record(
        z.string(),
        z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]),
      )
      .exactOptional(),
    file: z.string().exactOptional(),
    ms: z.number().exactOptional(),
    get children(): z.ZodArray<typeof checkSchema> {
      return z.array(checkSchema)
    },
  })
  .meta({ id: 'Check', description: 'One check of the report, with those below it.' }) as unknown as z.ZodType<Check>

const certificate = z
  .object({
    subject: z.string(),
    issuer: z.string(),
    serialNumber: z.string(),
    fingerprint: z.string(),
    notBefore: z.string(),
    notAfter: z.string(),
  })
  .meta({ id: 'CertificateSummary' })

export const reportSchema: z.ZodType<VerificationReport> = z
  .object({
    overall: z.enum(['successful', 'failed', 'undetermined', 'aborted']),
    colour: z.enum(['green', 'red', 'yellow', 'grey']),
    because: z.array(z.object({ id: checkId, reason: code, file: z.string().exactOptional() })),
    checks: z.array(checkSchema),
    policy: z.string(),
    at: z.string(),
    trustAnchors: z.string(),
    documentSigner: certificate.exactOptional(),
    csca: certificate.exactOptional(),
    signedAt: z.string().exactOptional(),
    access: z.object({ used: z.enum(['PACE', 'BAC', 'none']), password: z.enum(['CAN', 'MRZ']).exactOptional() }),
  })
  .meta({
    id: 'VerificationReport',
    description: 'The verdict and every check behind it. It holds no name, MRZ or portrait.',
  }) as unknown as z.ZodType<VerificationReport>
