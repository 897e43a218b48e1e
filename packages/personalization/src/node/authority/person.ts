import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { SignerError } from '@cccd/card-core'

// Whoever approves the acts of an authority has an Ed25519 key of their own (RFC 8032), kept under a passphrase.

/** A person as an authority knows them. */
export interface Person {
  readonly name: string
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string
}

export const SHORTEST_PASSPHRASE = 8

function refuse(message: string, cause?: unknown): SignerError {
  return new SignerError('APPROVAL_REFUSED', message, {}, cause === undefined ? {} : { cause })
}

/** A new key: PEM of an encrypted PKCS #8, and the public half. Throws SignerError for a short passphrase. */
export function createPersonKey(passphrase: string): { readonly pem: string; readonly publicKey: string } {
  if (passphrase.length < SHORTEST_PASSPHRASE) {
    throw refuse(`the passphrase has fewer than ${SHORTEST_PASSPHRASE} characters`)
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  }
}

function openKey(pem: string, passphrase: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem', passphrase })
  } catch (cause) {
    throw refuse("the person's key cannot be opened: another passphrase, or no key file", cause)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw refuse("the person's key is no Ed25519 key")
  return key
}

/** The public half of a person's key file, SubjectPublicKeyInfo in base64. */
export function publicKeyOf(pem: string, passphrase: string): string {
  const key = createPublicKey(openKey(pem, passphrase))
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** Signs bytes with a person's key; base64. Throws SignerError APPROVAL_REFUSED when the key cannot be opened. */
export function signAs(pem: string, passphrase: string, bytes: Uint8Array): string {
  return sign(null, bytes, openKey(pem, passphrase)).toString('base64')
}

/** Whether `person` signed the bytes; false for anything that is no signature or no key. */
export function isSignedBy(person: Person, bytes: Uint8Array, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(person.publicKey, 'base64'), format: 'der', type: 'spki' })
    return (
      key.asymmetricKeyType === 'ed25519' && verify(null, bytes, key, Uint8Array.from(Buffer.from(signature, 'base64')))
    )
  } catch {
    // A key that cannot be imported signed nothing.
    return false
  }
}
