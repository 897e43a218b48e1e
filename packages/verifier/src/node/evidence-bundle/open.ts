import { FormatError, fromUtf8 } from '@cccd/card-core'
import { compactDecrypt, compactVerify, errors } from 'jose'
import { BundleError } from '../../bundle-code.ts'
import { type KeptContents, parseBundleBytes } from '../../evidence-bundle.ts'
import { CONTENT_ENCRYPTION, cut, jweRecipient, jwsKey, type Parts } from './compact.ts'
import { type JWK, recipientKey, type SignatureKey } from './keys.ts'

/** A bundle whose signature is right under the key that it carries. Whose key that is, is another question. */
export interface OpenedBundle {
  readonly contents: KeptContents
  readonly signer: SignatureKey
  readonly encrypted: boolean
}

/** The JWS in a JWE. Throws BundleError; FormatError KEY_MALFORMED for a recipient's key that is none. */
export async function decryptBundle(jwe: Parts, recipient: JWK | undefined): Promise<Parts> {
  const { algorithm, kid } = jweRecipient(jwe)
  if (!recipient) throw new BundleError('RECIPIENT_KEY_MISSING', 'jwe')
  const own = await recipientKey(recipient)
  if (!own.isPrivate) throw new FormatError('KEY_MALFORMED', 'decrypting needs the private key', { field: 'd' })
  if (own.kid !== kid) throw new BundleError('RECIPIENT_OTHER', 'jwe.header.kid')
  if (own.algorithm !== algorithm) throw new BundleError('ALGORITHM_REFUSED', 'jwe.header.alg')
  let plaintext: string
  try {
    const opened = await compactDecrypt(jwe.text, own.key, {
      keyManagementAlgorithms: [algorithm],
      contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
      maxDecompressedLength: 0,
    })
    plaintext = fromUtf8(opened.plaintext)
  } catch (error) {
    if (!(error instanceof errors.JOSEError || error instanceof FormatError || isCryptoFault(error))) throw error
    throw new BundleError('DECRYPTION_FAILED', 'jwe')
  }
  const jws = cut(plaintext)
  if (jws.kind !== 'jws') throw new BundleError('NOT_A_BUNDLE', 'jwe.ciphertext')
  return jws
}

/** A key in the header that is no point, a ciphertext of a wrong length: what the platform's cryptography refuses. */
function isCryptoFault(error: unknown): boolean {
  return error instanceof DOMException || error instanceof TypeError
}

/** Checks the signature under the key that the header carries. Throws BundleError. */
export async function checkSignature(jws: Parts): Promise<SignatureKey> {
  const key = await jwsKey(jws)
  try {
    await compactVerify(jws.text, key.publicKey, { algorithms: [key.algorithm] })
  } catch (error) {
    if (!(error instanceof errors.JOSEError || isCryptoFault(error))) throw error
    throw new BundleError('SIGNATURE_WRONG', 'jws.signature')
  }
  return key
}

/**
 * Opens a bundle: decrypts it where it is encrypted, checks the signature under the key that it carries, and reads the
 * contents. That alone says nothing of who signed, nor for whom, nor when: `verifyBundle` does. Throws BundleError with
 * code and place for a bundle that is none, FormatError KEY_MALFORMED for a recipient's key that is none.
 */
export async function openBundle(text: string, given: { readonly recipientKey?: JWK } = {}): Promise<OpenedBundle> {
  const outer = cut(text)
  const jws = outer.kind === 'jwe' ? await decryptBundle(outer, given.recipientKey) : outer
  const signer = await checkSignature(jws)
  const contents = parseBundleBytes(jws.parts[1] as Uint8Array)
  return { contents, signer, encrypted: outer.kind === 'jwe' }
}
