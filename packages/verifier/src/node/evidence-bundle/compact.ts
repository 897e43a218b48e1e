// The compact serializations of JWS and JWE, taken apart strictly before any cryptography sees them: exactly the header
// parameters that a bundle has, nothing optional, nothing negotiable.
import { FormatError, fromUtf8 } from '@cccd/card-core'
import { fromBase64Url } from '../../base64.ts'
import { BundleError } from '../../bundle-code.ts'
import { canonicalJson } from '../../canonical-json.ts'
import { type RecipientAlgorithm, type SignatureKey, signatureKey } from './keys.ts'

export const JWS_TYPE = 'cccd-evidence+jws'
export const JWE_TYPE = 'cccd-evidence+jwe'
export const CONTENT_ENCRYPTION = 'A256GCM'

/** The longest bundle that is looked at, in characters: several times the largest portrait. */
export const LONGEST_BUNDLE = 8_388_608
const LONGEST_HEADER = 4096

type Header = Readonly<Record<string, unknown>>

/** A compact serialization, cut at its dots and decoded. */
export interface Parts {
  readonly kind: 'jws' | 'jwe'
  readonly text: string
  readonly header: Header
  /** Decoded: of a JWS header, payload, signature; of a JWE header, encrypted key, IV, ciphertext, tag. */
  readonly parts: readonly Uint8Array[]
}

const PLACES = {
  jws: ['header', 'payload', 'signature'],
  jwe: ['header', 'encryptedKey', 'iv', 'ciphertext', 'tag'],
} as const

/** Cuts a bundle at its dots. Throws BundleError TOO_LARGE, NOT_A_BUNDLE, ENCODING_NOT_CANONICAL or HEADER_MALFORMED. */
export function cut(text: string): Parts {
  if (text.length > LONGEST_BUNDLE) throw new BundleError('TOO_LARGE', 'bundle')
  // Five dots are enough to know that there are too many.
  const pieces = text.split('.', 7)
  const kind = pieces.length === 3 ? 'jws' : pieces.length === 5 ? 'jwe' : undefined
  if (!kind) throw new BundleError('NOT_A_BUNDLE', 'bundle')
  const parts = pieces.map((piece, i) => {
    const place = `${kind}.${PLACES[kind][i]}`
    if (piece === '') throw new BundleError(i === 0 ? 'HEADER_MALFORMED' : 'NOT_A_BUNDLE', place)
    const bytes = fromBase64Url(piece)
    if (!bytes) throw new BundleError('ENCODING_NOT_CANONICAL', place)
    return bytes
  })
  return { kind, text, parts, header: headerFrom(parts[0] as Uint8Array, `${kind}.header`) }
}

function headerFrom(bytes: Uint8Array, place: string): Header {
  if (bytes.length > LONGEST_HEADER) throw new BundleError('TOO_LARGE', place)
  let text: string
  let value: unknown
  try {
    text = fromUtf8(bytes)
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof SyntaxError)) throw error
    throw new BundleError('HEADER_MALFORMED', place)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BundleError('HEADER_MALFORMED', place)
  }
  return value as Header
}

/** A member written twice, or blanks: refused. Asked last, so that a header of somebody else is refused for what it is. */
function requirePlain({ header, parts, kind }: Parts): void {
  if (JSON.stringify(header) !== fromUtf8(parts[0] as Uint8Array)) {
    throw new BundleError('HEADER_MALFORMED', `${kind}.header`)
  }
}

function requireOnly(header: Header, known: readonly string[], place: string): void {
  for (const name of Object.keys(header)) {
    if (known.includes(name)) continue
    // Parameters of the standards are named; anything else is somebody's text and is not repeated.
    if (name === 'zip') throw new BundleError('COMPRESSION_REFUSED', `${place}.zip`)
    const named = STANDARD_PARAMETERS.includes(name) ? `${place}.${name}` : place
    throw new BundleError('HEADER_PARAMETER_REFUSED', named)
  }
}

const STANDARD_PARAMETERS: readonly string[] = [
  ...['alg', 'enc', 'jku', 'jwk', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'typ', 'cty', 'crit', 'b64', 'url', 'nonce'],
  ...['epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c', 'skid'],
]

/** The key that a JWS header names and carries. Throws BundleError for every header that `sealBundle` does not write. */
export async function jwsKey(jws: Parts): Promise<SignatureKey> {
  const { header } = jws
  const place = 'jws.header'
  const { alg, typ, kid, jwk } = header
  if (alg !== 'ES256' && alg !== 'EdDSA') throw new BundleError('ALGORITHM_REFUSED', `${place}.alg`)
  if (typ !== JWS_TYPE) throw new BundleError('TYPE_WRONG', `${place}.typ`)
  requireOnly(header, ['alg', 'jwk', 'kid', 'typ'], place)
  let key: SignatureKey
  try {
    key = await signatureKey(jwk)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new BundleError('KEY_REFUSED', `${place}.jwk`)
  }
  // Nothing but the public members may stand there: a private one would be an accident to stop at once.
  if (canonicalJson(key.publicKey) !== canonicalOrNothing(jwk)) throw new BundleError('KEY_REFUSED', `${place}.jwk`)
  if (kid !== key.kid) throw new BundleError('KEY_REFUSED', `${place}.kid`)
  if (alg !== key.algorithm) throw new BundleError('ALGORITHM_REFUSED', `${place}.alg`)
  requirePlain(jws)
  return key
}

function canonicalOrNothing(value: unknown): string | undefined {
  try {
    return canonicalJson(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Algorithm and recipient of a JWE header. Throws BundleError for every header that `sealBundle` does not write. */
export function jweRecipient(jwe: Parts): { readonly algorithm: RecipientAlgorithm; readonly kid: string } {
  const { header } = jwe
  const place = 'jwe.header'
  const { alg, enc, typ, cty, kid, epk } = header
  if (header.zip !== undefined) throw new BundleError('COMPRESSION_REFUSED', `${place}.zip`)
  if (alg !== 'ECDH-ES+A256KW' && alg !== 'RSA-OAEP-256') throw new BundleError('ALGORITHM_REFUSED', `${place}.alg`)
  if (enc !== CONTENT_ENCRYPTION) throw new BundleError('ALGORITHM_REFUSED', `${place}.enc`)
  if (typ !== JWE_TYPE) throw new BundleError('TYPE_WRONG', `${place}.typ`)
  if (cty !== JWS_TYPE) throw new BundleError('TYPE_WRONG', `${place}.cty`)
  const agreement = alg === 'ECDH-ES+A256KW'
  requireOnly(header, ['alg', 'cty', 'enc', 'kid', 'typ', ...(agreement ? ['epk'] : [])], place)
  if (typeof kid !== 'string') throw new BundleError('HEADER_MALFORMED', `${place}.kid`)
  if (agreement && !isPublicPoint(epk)) throw new BundleError('HEADER_MALFORMED', `${place}.epk`)
  requirePlain(jwe)
  return { algorithm: alg, kid }
}

function isPublicPoint(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const names = Object.keys(value)
  return names.every(name => ['crv', 'kty', 'x', 'y'].includes(name)) && names.length >= 3
}
