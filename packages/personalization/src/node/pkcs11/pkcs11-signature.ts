import { createHash } from 'node:crypto'
import {
  concat,
  DER,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
  encodeHashAlgorithm,
  type HashName,
  type SignatureAlgorithm,
  SignerError,
  tlv,
} from '@cccd/card-core'
import { CK, type Mechanism } from './pkcs11-library.ts'

/** The token signs hashes: hashing goes on here, where it is quicker, and every token knows these mechanisms. */
export interface Preparation {
  readonly mechanism: Mechanism
  /** What the token is given. */
  readonly input: Uint8Array
}

// CKM and CKG numbers of PKCS #11 v2.40 for PSS parameters.
const PSS: Readonly<Record<HashName, { readonly hashAlg: number; readonly mgf: number }>> = {
  sha1: { hashAlg: 0x220, mgf: 1 },
  sha224: { hashAlg: 0x255, mgf: 5 },
  sha256: { hashAlg: 0x250, mgf: 2 },
  sha384: { hashAlg: 0x260, mgf: 3 },
  sha512: { hashAlg: 0x270, mgf: 4 },
}
const CK_PARAMS_RSA_PSS = 5

function hashed(hash: HashName, data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash(hash).update(data).digest())
}

/** What goes to the token for a signature of `data`. Throws SignerError for PSS with two different hashes. */
export function prepare(algorithm: SignatureAlgorithm, data: Uint8Array): Preparation {
  switch (algorithm.kind) {
    case 'ecdsa':
      return { mechanism: { mechanism: CK.CKM_ECDSA }, input: hashed(algorithm.hash, data) }
    case 'rsa-pkcs1': {
      // RFC 8017 §9.2: DigestInfo, with NULL parameters.
      const info = derSequence(
        encodeHashAlgorithm(algorithm.hash, 'null'),
        derOctetString(hashed(algorithm.hash, data)),
      )
      return { mechanism: { mechanism: CK.CKM_RSA_PKCS }, input: info }
    }
    case 'rsa-pss': {
      const { hash, mgfHash, saltLength } = algorithm
      if (hash !== mgfHash) throw new SignerError('SIGNER_FAILED', 'PSS wants the same hash twice')
      const parameter = { type: CK_PARAMS_RSA_PSS, ...PSS[hash], saltLen: saltLength }
      return { mechanism: { mechanism: CK.CKM_RSA_PKCS_PSS, parameter }, input: hashed(hash, data) }
    }
  }
}

/** The token's answer as X.509 and CMS carry it: for ECDSA r‖s becomes a SEQUENCE (RFC 3279 §2.2.3). */
export function encodeSignature(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  if (algorithm.kind !== 'ecdsa') return raw
  const half = raw.length / 2
  const integer = (bytes: Uint8Array): Uint8Array => derUnsigned(BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
  return derSequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)))
}

const ID_EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const BIT_STRING_START = Uint8Array.of(0)

/** SubjectPublicKeyInfo from CKA_EC_PARAMS and CKA_EC_POINT; the point comes inside an OCTET STRING, or bare from tokens
 * that follow an older reading. */
export function ecSpki(parameters: Uint8Array, point: Uint8Array): Uint8Array {
  const wrapped = point[0] === DER.octetString
  const header = wrapped && (point[1] as number) >= 0x80 ? 2 + ((point[1] as number) & 0x7f) : 2
  const bare = wrapped ? point.subarray(header) : point
  return derSequence(derSequence(derOid(ID_EC_PUBLIC_KEY), parameters), tlv(DER.bitString, BIT_STRING_START, bare))
}

/** SubjectPublicKeyInfo from modulus and exponent, both big-endian. */
export function rsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => derUnsigned(BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
  const key = concat(BIT_STRING_START, derSequence(integer(modulus), integer(exponent)))
  return derSequence(derSequence(derOid(RSA_ENCRYPTION), derNull()), tlv(DER.bitString, key))
}
