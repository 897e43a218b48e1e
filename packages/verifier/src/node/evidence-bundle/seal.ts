import { utf8 } from '@cccd/card-core'
import { CompactEncrypt } from 'jose'
import { type BundleContents, bundleBytes } from '../../evidence-bundle.ts'
import { CONTENT_ENCRYPTION, JWE_TYPE, JWS_TYPE } from './compact.ts'
import { type BundleSigner, type JWK, recipientKey } from './keys.ts'

/**
 * Signs a bundle with the desk's key (ES256 or EdDSA, a compact JWS), and encrypts the whole of it to the recipient where
 * one is given (ECDH-ES+A256KW or RSA-OAEP-256 with A256GCM, a compact JWE around the JWS). The signer's public key goes
 * along, so that whoever does not know it can still see whether a byte was changed. Throws BundleError CONTENTS_MALFORMED
 * for contents that no bundle can hold, FormatError KEY_MALFORMED for a recipient's key that cannot be used.
 */
export async function sealBundle(
  contents: BundleContents,
  given: { readonly key: BundleSigner; readonly recipient?: JWK },
): Promise<string> {
  const { key, recipient } = given
  const to = recipient && (await recipientKey(publicOnly(recipient)))
  const signed = await key.sign(bundleBytes(contents), JWS_TYPE, { jwk: key.publicKey })
  if (!to) return signed
  return await new CompactEncrypt(utf8(signed))
    .setProtectedHeader({ alg: to.algorithm, cty: JWS_TYPE, enc: CONTENT_ENCRYPTION, kid: to.kid, typ: JWE_TYPE })
    .encrypt(to.key)
}

/** Encrypting needs the public half; whoever gave the whole key gave too much, and it is not used. */
function publicOnly(jwk: JWK): JWK {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, key_ops: _ops, ...rest } = jwk
  return rest
}
