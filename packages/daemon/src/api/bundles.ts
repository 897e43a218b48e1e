import { z } from 'zod'

/** A public JWK to which a bundle is encrypted: P-256, P-384, P-521 or X25519 for ECDH-ES+A256KW, RSA for RSA-OAEP-256. */
export interface RecipientJwk {
  readonly kty: 'EC' | 'OKP' | 'RSA'
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly alg?: string
  readonly use?: string
  readonly kid?: string
}

export interface BundleRequest {
  readonly recipient?: RecipientJwk
  /** Whom the bundle is meant for; stands in it, signed. */
  readonly audience?: string
}

export interface BundleReply {
  /** Compact JWS, or a compact JWE around it. */
  readonly bundle: string
  /** RFC 7638 thumbprint of this desk's key. */
  readonly kid: string
  readonly encrypted: boolean
}

const member = z.string().regex(/^[A-Za-z0-9_-]{1,1500}$/)
const short = z.string().max(64)

/** Public members alone: a private key that somebody sends by mistake is refused, and stays out of every answer. */
const recipientSchema: z.ZodType<RecipientJwk> = z
  .strictObject({
    kty: z.enum(['EC', 'OKP', 'RSA']),
    crv: short.exactOptional(),
    x: member.exactOptional(),
    y: member.exactOptional(),
    n: member.exactOptional(),
    e: member.exactOptional(),
    alg: short.exactOptional(),
    use: short.exactOptional(),
    kid: z.string().max(256).exactOptional(),
  })
  .meta({ id: 'RecipientJwk', description: 'A public key (RFC 7517); private members are refused.' })

export const bundleRequestSchema: z.ZodType<BundleRequest> = z
  .strictObject({
    recipient: recipientSchema.exactOptional(),
    audience: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/)
      .exactOptional(),
  })
  .meta({
    id: 'BundleRequest',
    description: 'To whom the bundle is encrypted and for whom it is meant; both optional.',
  })

export const bundleReplySchema: z.ZodType<BundleReply> = z
  .object({ bundle: z.string(), kid: z.string(), encrypted: z.boolean() })
  .meta({ id: 'BundleReply', description: 'The evidence bundle of a reading. It holds personal data.' })
