import { concat, equal } from '../bytes.ts'
import type { HashName } from '../crypto/hash.ts'
import type { PublicKey } from '../crypto/public-key.ts'
import { type SignatureAlgorithm, verifyPlainEcdsa, verifySignature } from '../crypto/signature.ts'
import {
  DER,
  type DerNode,
  type DerOptions,
  derContext,
  derInside,
  derNull,
  derOid,
  derSequence,
  derUnsigned,
  parseDer,
} from '../der.ts'
import { FormatError } from '../error.ts'

/** An AlgorithmIdentifier as it stood; `parameters` is the whole parameters element, absent when there is none. */
export interface AlgorithmIdentifier {
  readonly oid: string
  readonly parameters?: Uint8Array
  readonly raw: Uint8Array
}

export const ALGORITHM_OID = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  ecPublicKey: '1.2.840.10045.2.1',
  ecdsaWithRecommended: '1.2.840.10045.4.2',
  ecdsaWithSpecified: '1.2.840.10045.4.3',
} as const

const HASHES: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

const RSA_PKCS1: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.3.14.3.2.29': 'sha1', // the OIW name of the same
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
}

const ECDSA: Readonly<Record<string, HashName>> = {
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

// TR-03111 §5.2.1.1: the signature is r‖s instead of a SEQUENCE.
const PLAIN_ECDSA: Readonly<Record<string, HashName>> = {
  '0.4.0.127.0.7.1.1.4.1.1': 'sha1',
  '0.4.0.127.0.7.1.1.4.1.2': 'sha224',
  '0.4.0.127.0.7.1.1.4.1.3': 'sha256',
  '0.4.0.127.0.7.1.1.4.1.4': 'sha384',
  '0.4.0.127.0.7.1.1.4.1.5': 'sha512',
}

/** Reads an AlgorithmIdentifier element. Throws FormatError when it is not SEQUENCE { OID, parameters OPTIONAL }. */
export function readAlgorithmIdentifier(node: DerNode, options: DerOptions = {}): AlgorithmIdentifier {
  if (node.tag !== DER.sequence) {
    throw new FormatError(options.code ?? 'DER_MALFORMED', 'an algorithm identifier is not a sequence', {
      tag: node.tag,
      offset: node.offset,
    })
  }
  const inside = derInside(node, options)
  const oid = inside.oid()
  if (inside.done) return { oid, raw: node.raw }
  const parameters = inside.next().raw
  inside.end()
  return { oid, parameters, raw: node.raw }
}

/** Parses a whole AlgorithmIdentifier; throws FormatError. */
export function parseAlgorithmIdentifier(der: Uint8Array, options: DerOptions = {}): AlgorithmIdentifier {
  return readAlgorithmIdentifier(parseDer(der, options), options)
}

function unknown(id: AlgorithmIdentifier, what: string): never {
  throw new FormatError('ALGORITHM_UNKNOWN', `${what} is not known`, { oid: id.oid })
}

/** The hash an AlgorithmIdentifier names; parameters do not count. Throws FormatError ALGORITHM_UNKNOWN. */
export function hashAlgorithm(id: AlgorithmIdentifier): HashName {
  return HASHES[id.oid] ?? unknown(id, 'a hash algorithm')
}

/** RSASSA-PSS-params (RFC 4055 §3.1), where each absent field has its default: SHA-1, MGF1 with SHA-1, salt of 20. */
function pssParameters(id: AlgorithmIdentifier): SignatureAlgorithm {
  const options: DerOptions = { code: 'ALGORITHM_UNKNOWN' }
  let hash: HashName = 'sha1'
  let mgfHash: HashName = 'sha1'
  let saltLength = 20
  if (id.parameters !== undefined && id.parameters[0] === DER.sequence) {
    const fields = derInside(parseDer(id.parameters, options), options)
    const hashField = fields.optional(0xa0)
    if (hashField) hash = hashAlgorithm(readAlgorithmIdentifier(fields.inside(hashField).next(), options))
    const mgfField = fields.optional(0xa1)
    if (mgfField) {
      const mgf = readAlgorithmIdentifier(fields.inside(mgfField).next(), options)
      if (mgf.oid !== ALGORITHM_OID.mgf1 || !mgf.parameters) unknown(mgf, 'a mask generation function')
      mgfHash = hashAlgorithm(parseAlgorithmIdentifier(mgf.parameters, options))
    }
    const saltField = fields.optional(0xa2)
    if (saltField) saltLength = fields.inside(saltField).smallInteger()
    const trailerField = fields.optional(0xa3)
    if (trailerField && fields.inside(trailerField).smallInteger() !== 1) unknown(id, 'a PSS trailer field')
    fields.end()
    if (saltLength > 512) unknown(id, 'so long a PSS salt')
  }
  return { kind: 'rsa-pss', hash, mgfHash, saltLength }
}

/**
 * The signature algorithm an identifier names. In CMS the identifier may name the key type alone (rsaEncryption,
 * RFC 3370 §3.2, and in the field ecPublicKey): then the hash is that of `digest`. Plain ECDSA (r‖s) also gives
 * `{ kind: 'ecdsa' }`: see isPlainEcdsa. Throws FormatError ALGORITHM_UNKNOWN.
 */
export function signatureAlgorithm(id: AlgorithmIdentifier, digest?: AlgorithmIdentifier): SignatureAlgorithm {
  const rsa = RSA_PKCS1[id.oid]
  if (rsa) return { kind: 'rsa-pkcs1', hash: rsa }
  const ecdsa = ECDSA[id.oid] ?? PLAIN_ECDSA[id.oid]
  if (ecdsa) return { kind: 'ecdsa', hash: ecdsa }
  switch (id.oid) {
    case ALGORITHM_OID.rsaPss:
      return pssParameters(id)
    case ALGORITHM_OID.rsaEncryption:
      return digest ? { kind: 'rsa-pkcs1', hash: hashAlgorithm(digest) } : unknown(id, 'the hash of a signature')
    case ALGORITHM_OID.ecdsaWithSpecified:
      if (id.parameters?.[0] === DER.sequence) {
        return { kind: 'ecdsa', hash: hashAlgorithm(parseAlgorithmIdentifier(id.parameters)) }
      }
      return digest ? { kind: 'ecdsa', hash: hashAlgorithm(digest) } : unknown(id, 'the hash of a signature')
    case ALGORITHM_OID.ecPublicKey:
      return digest ? { kind: 'ecdsa', hash: hashAlgorithm(digest) } : unknown(id, 'the hash of a signature')
    default:
      return unknown(id, 'a signature algorithm')
  }
}

/** Whether the signature is plain r‖s (TR-03111 §5.2.1.1) instead of a DER SEQUENCE. */
export function isPlainEcdsa(id: AlgorithmIdentifier): boolean {
  return id.oid in PLAIN_ECDSA
}

/**
 * Verifies a signature as its own structure names the algorithm (certificate, SignerInfo, CRL): never take `algorithm`
 * from the signer's certificate. A key of another kind than the algorithm's gives false. Throws ALGORITHM_UNKNOWN.
 */
export function verifyWithIdentifier(given: {
  algorithm: AlgorithmIdentifier
  digest?: AlgorithmIdentifier
  publicKey: PublicKey
  data: Uint8Array
  signature: Uint8Array
}): boolean {
  const { publicKey, data, signature } = given
  const algorithm = signatureAlgorithm(given.algorithm, given.digest)
  if ((algorithm.kind === 'ecdsa') !== (publicKey.kind === 'ec')) return false
  if (isPlainEcdsa(given.algorithm)) return verifyPlainEcdsa({ hash: algorithm.hash, publicKey, data, signature })
  return verifySignature({ algorithm, publicKey, data, signature })
}

const NULL = derNull()

/** What is odd about the parameters of a signature algorithm: RFC 5758 §3.2 wants none for ECDSA, RFC 4055 NULL for RSA. */
export function hasOddParameters(id: AlgorithmIdentifier): boolean {
  if (id.oid in ECDSA || id.oid in PLAIN_ECDSA) return id.parameters !== undefined
  if (id.oid in RSA_PKCS1) return id.parameters === undefined || !equal(id.parameters, NULL)
  return false
}

// Builders.

function oidOf(table: Readonly<Record<string, HashName>>, hash: HashName): string {
  for (const [oid, name] of Object.entries(table)) if (name === hash) return oid
  throw new RangeError(`no object identifier for ${hash}`)
}

/** AlgorithmIdentifier of a hash; RFC 5754 §2 leaves the parameters out. */
export function encodeHashAlgorithm(hash: HashName, parameters: 'absent' | 'null' = 'absent'): Uint8Array {
  return derSequence(derOid(oidOf(HASHES, hash)), ...(parameters === 'null' ? [NULL] : []))
}

/** AlgorithmIdentifier of a signature, as certificates and SignerInfos carry it. */
export function encodeSignatureAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  switch (algorithm.kind) {
    case 'rsa-pkcs1':
      return derSequence(derOid(oidOf(RSA_PKCS1, algorithm.hash)), NULL)
    case 'ecdsa':
      return derSequence(derOid(oidOf(ECDSA, algorithm.hash)))
    case 'rsa-pss': {
      const { hash, mgfHash, saltLength } = algorithm
      const fields: Uint8Array[] = []
      // DER leaves defaults out; RFC 4055 §2.1 writes hashes with NULL parameters here.
      if (hash !== 'sha1') fields.push(derContext(0, encodeHashAlgorithm(hash, 'null')))
      if (mgfHash !== 'sha1') {
        fields.push(derContext(1, derSequence(derOid(ALGORITHM_OID.mgf1), encodeHashAlgorithm(mgfHash, 'null'))))
      }
      if (saltLength !== 20) fields.push(derContext(2, derUnsigned(saltLength)))
      return derSequence(derOid(ALGORITHM_OID.rsaPss), derSequence(concat(...fields)))
    }
  }
}
