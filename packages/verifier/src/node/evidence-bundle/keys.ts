// The keys of evidence bundles as JWK (RFC 7517, RFC 8037), named by their RFC 7638 thumbprint.
import { FormatError } from '@cccd/card-core'
import { CompactSign, type CryptoKey, calculateJwkThumbprint, importJWK, type JWK } from 'jose'

export type { JWK } from 'jose'

/** The signatures that bundles bear; no other is looked at. */
export type BundleSignatureAlgorithm = 'ES256' | 'EdDSA'

/** The key with which a desk signs; the private half stays behind `sign`. */
export interface BundleSigner {
  readonly algorithm: BundleSignatureAlgorithm
  /** Public members alone. */
  readonly publicKey: JWK
  /** RFC 7638, SHA-256, base64url. */
  readonly kid: string
  /** Compact JWS over the payload; its header holds alg, kid, the type and what is given in `more`, nothing else. */
  sign(payload: Uint8Array, type: string, more: { readonly jwk: JWK }): Promise<string>
}

/** A public key that signatures are checked with. */
export interface SignatureKey {
  readonly algorithm: BundleSignatureAlgorithm
  readonly publicKey: JWK
  readonly kid: string
}

export type RecipientAlgorithm = 'ECDH-ES+A256KW' | 'RSA-OAEP-256'

/** A recipient's key, public or private. */
export interface RecipientKey {
  readonly algorithm: RecipientAlgorithm
  readonly kid: string
  readonly key: CryptoKey
  readonly isPrivate: boolean
}

function bad(field: string): never {
  throw new FormatError('KEY_MALFORMED', 'the JWK is not a key that evidence bundles use', { field })
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,1500}$/.test(value)
}

function record(value: unknown): JWK {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JWK) : bad('kty')
}

/** The public members of a signature key, P-256 or Ed25519; throws FormatError KEY_MALFORMED with the member. */
export async function signatureKey(value: unknown): Promise<SignatureKey> {
  const { kty, crv, x, y } = record(value)
  if (!isText(x)) return bad('x')
  if (kty === 'EC' && crv === 'P-256') {
    if (!isText(y)) return bad('y')
    return await checkedSignatureKey('ES256', { kty, crv, x, y })
  }
  if (kty === 'OKP' && crv === 'Ed25519') return await checkedSignatureKey('EdDSA', { kty, crv, x })
  return bad('crv')
}

async function checkedSignatureKey(algorithm: BundleSignatureAlgorithm, publicKey: JWK): Promise<SignatureKey> {
  // A point that is none is refused here, once.
  await imported(publicKey, algorithm)
  return { algorithm, publicKey, kid: await calculateJwkThumbprint(publicKey) }
}

async function imported(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  let key: CryptoKey | Uint8Array
  try {
    key = await importJWK(jwk, algorithm)
  } catch {
    // The library's message may quote the key.
    return bad('kty')
  }
  return key instanceof Uint8Array ? bad('kty') : key
}

/** A desk's signing key from its private JWK, P-256 or Ed25519; throws FormatError KEY_MALFORMED with the member. */
export async function bundleSigner(jwk: unknown): Promise<BundleSigner> {
  const { algorithm, publicKey, kid } = await signatureKey(jwk)
  const { d } = record(jwk)
  if (!isText(d)) return bad('d')
  const key = await imported({ ...publicKey, d }, algorithm)
  return {
    algorithm,
    publicKey,
    kid,
    sign: (payload, typ, more) =>
      new CompactSign(payload).setProtectedHeader({ alg: algorithm, ...more, kid, typ }).sign(key),
  }
}

/** The keys of a JWK Set, or of one JWK; private members are left out. Throws FormatError KEY_MALFORMED. */
export async function trustedKeys(value: unknown): Promise<readonly JWK[]> {
  const { keys } = record(value) as { keys?: unknown }
  if (keys !== undefined && !Array.isArray(keys)) return bad('keys')
  const all = await Promise.all((keys ?? [value]).map(signatureKey))
  return all.map(({ publicKey }) => publicKey)
}

const AGREEMENT_CURVES: readonly unknown[] = ['P-256', 'P-384', 'P-521']
/** 2048 bits of modulus, in base64url letters. */
const SHORTEST_MODULUS = 341

/** A recipient's key: P-256, P-384, P-521 or X25519 for ECDH-ES+A256KW, RSA of 2048 bits or more for RSA-OAEP-256. `value`
 * is a JWK, public or private. Throws FormatError KEY_MALFORMED with the member. */
export async function recipientKey(value: unknown): Promise<RecipientKey> {
  const jwk = record(value)
  if (jwk.use !== undefined && jwk.use !== 'enc') return bad('use')
  const publicKey = publicMembers(jwk)
  const algorithm: RecipientAlgorithm = publicKey.kty === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW'
  if (jwk.alg !== undefined && jwk.alg !== algorithm) return bad('alg')
  const kid = await calculateJwkThumbprint(publicKey)
  const isPrivate = jwk.d !== undefined
  if (!isPrivate) return { algorithm, kid, isPrivate, key: await imported(publicKey, algorithm) }
  const { d, p, q, dp, dq, qi } = jwk
  const secret = publicKey.kty === 'RSA' ? { d, p, q, dp, dq, qi } : { d }
  return { algorithm, kid, isPrivate, key: await imported({ ...publicKey, ...secret } as JWK, algorithm) }
}

function publicMembers({ kty, crv, x, y, n, e }: JWK): JWK {
  if (kty === 'EC' && AGREEMENT_CURVES.includes(crv)) {
    if (!isText(x)) return bad('x')
    return isText(y) ? { kty, crv: crv as string, x, y } : bad('y')
  }
  if (kty === 'OKP' && crv === 'X25519') return isText(x) ? { kty, crv, x } : bad('x')
  if (kty === 'RSA') {
    if (!isText(n) || n.length < SHORTEST_MODULUS) return bad('n')
    return isText(e) ? { kty, n, e } : bad('e')
  }
  return bad('crv')
}
