import { readFileSync, writeFileSync } from 'node:fs'
import { fromUtf8, type SignatureAlgorithm, type Signer, SignerError, softwareSigner } from '@cccd/card-core'

// Keys in plain files, for the demo authority and for tests: whoever can read the file can sign. A real authority keeps
// its keys in an HSM.

const BEGIN = '-----BEGIN PRIVATE KEY-----'
const END = '-----END PRIVATE KEY-----'

/** Writes a PKCS #8 key as PEM that only its owner may read. An existing file is not overwritten: throws SignerError. */
export function writeKeyFile(path: string, pkcs8: Uint8Array): void {
  const lines =
    Buffer.from(pkcs8)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  try {
    writeFileSync(path, `${BEGIN}\n${lines.join('\n')}\n${END}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new SignerError('SIGNER_FAILED', 'the key file cannot be written, or is there already', {}, { cause })
  }
}

/**
 * A signer whose key lies in a file, PKCS #8 as PEM or DER. `spki` replaces the public key that is told, as for explicit
 * curve parameters. Throws SignerError when the file cannot be read or its key does not fit the algorithm.
 */
export function fileSigner(given: {
  readonly path: string
  readonly algorithm: SignatureAlgorithm
  readonly spki?: Uint8Array
}): Signer {
  return softwareSigner({
    pkcs8: readKeyFile(given.path),
    algorithm: given.algorithm,
    ...(given.spki ? { spki: given.spki } : {}),
  })
}

/** The PKCS #8 bytes of a key file. Throws SignerError when it cannot be read. */
export function readKeyFile(path: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(readFileSync(path))
  } catch (cause) {
    throw new SignerError('SIGNER_FAILED', 'the key file cannot be read', {}, { cause })
  }
  if (bytes[0] === 0x30) return bytes
  const text = fromUtf8(bytes, 'KEY_MALFORMED')
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (start < 0 || end < start) throw new SignerError('SIGNER_FAILED', 'the file holds no PKCS #8 key')
  return new Uint8Array(Buffer.from(text.slice(start + BEGIN.length, end), 'base64'))
}
