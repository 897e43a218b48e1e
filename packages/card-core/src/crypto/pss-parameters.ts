import { derBits, derContext, derNull, derOctetString, derOid, derSequence, derUnsigned } from '../der.ts'
import type { HashName } from './hash.ts'

// RSASSA-PSS-params, RFC 4055 §3.1, written in full.

const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'
const HASHES: Readonly<Record<HashName, string>> = {
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

interface PssParameters {
  readonly hash: HashName
  readonly mgfHash: HashName
  readonly saltLength: number
}

/** AlgorithmIdentifier id-RSASSA-PSS with these parameters. */
export function encodePssAlgorithm({ hash, mgfHash, saltLength }: PssParameters): Uint8Array {
  const identifier = (name: HashName): Uint8Array => derSequence(derOid(HASHES[name]), derNull())
  return derSequence(
    derOid(RSASSA_PSS),
    derSequence(
      derContext(0, identifier(hash)),
      derContext(1, derSequence(derOid(MGF1), identifier(mgfHash))),
      derContext(2, derUnsigned(saltLength)),
    ),
  )
}

/** SubjectPublicKeyInfo of an RSA key bound to these parameters. */
export function encodePssSpki(modulus: bigint, exponent: bigint, parameters: PssParameters): Uint8Array {
  return derSequence(encodePssAlgorithm(parameters), derBits(derSequence(derUnsigned(modulus), derUnsigned(exponent))))
}

/** PrivateKeyInfo (RFC 5208) of an RSAPrivateKey bound to these parameters. */
export function encodePssPkcs8(rsaPrivateKey: Uint8Array, parameters: PssParameters): Uint8Array {
  return derSequence(derUnsigned(0), encodePssAlgorithm(parameters), derOctetString(rsaPrivateKey))
}
