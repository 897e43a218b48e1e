import { utf8 } from '../bytes.ts'
import type { HashName } from '../crypto/hash.ts'
import { DER, type DerNode, DerReader, derOctetString, derSequence, derString, derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { encodeHashAlgorithm, hashAlgorithm, readAlgorithmIdentifier } from '../pki/algorithm.ts'
import type { Certificate } from '../pki/certificate.ts'
import { parseSignedData, type SignedData } from '../pki/signed-data.ts'
import { parseTlv, tlv } from '../tlv.ts'
import { inFile } from './files.ts'

/** The LDS security object (9303-10 §4.6.2): the hashes of the data groups, which the document signer signs. */
export interface LdsSecurityObject {
  /** 1 carries the versions of EF.COM too. */
  readonly version: 0 | 1
  readonly hash: HashName
  /** By number of the data group, in the order found. The lengths are as found. */
  readonly dataGroupHashes: ReadonlyMap<number, Uint8Array>
  /** Four digits. */
  readonly ldsVersion?: string
  /** Six digits. */
  readonly unicodeVersion?: string
  /** The parameters the hash algorithm's identifier has; RFC 5754 wants none, many issuers write NULL. */
  readonly hashParameters: 'absent' | 'null'
  /** The object as it stands: what the signature covers. */
  readonly raw: Uint8Array
}

export interface Sod {
  readonly signedData: SignedData
  readonly ldsSecurityObject: LdsSecurityObject
}

export const LDS_SECURITY_OBJECT_OID = '2.23.136.1.1.1'
/**
 * Content types under which SODs in the field carry their LDS security object: ICAO's; that of the first Dutch test
 * documents, which several states kept; and plain id-data. Which one it was stays in `signedData.contentType`.
 */
const CONTENT_TYPES: readonly string[] = [LDS_SECURITY_OBJECT_OID, '1.2.528.1.1006.1.20.1', '1.2.840.113549.1.7.1']

const OPTIONS = { code: 'LDS_MALFORMED' } as const

function fail(message: string, node: { offset: number; tag?: number }): never {
  const { offset, tag } = node
  throw new FormatError(OPTIONS.code, message, tag === undefined ? { offset } : { offset, tag })
}

function parseHashes(values: DerReader): Map<number, Uint8Array> {
  const hashes = new Map<number, Uint8Array>()
  while (!values.done) {
    const pair = values.sequence()
    const at = { offset: pair.offset }
    const n = pair.smallInteger()
    if (n < 1 || n > 16) fail('a hash is given for a data group that does not exist', at)
    // Two hashes for one data group would let a reader pick.
    if (hashes.has(n)) fail('a data group is listed twice', at)
    hashes.set(n, pair.octetString())
    pair.end()
  }
  if (hashes.size === 0) fail('no data group is listed', values)
  return hashes
}

function version(reader: DerReader, length: number): string {
  const node: DerNode = reader.next()
  const text = derString(node, OPTIONS)
  if (text.length !== length || !/^\d+$/.test(text)) fail(`a version is not ${length} digits`, node)
  return text
}

/** Parses the LDS security object alone; `base` is where it starts in its file. Throws FormatError LDS_MALFORMED or
 * ALGORITHM_UNKNOWN. */
export function parseLdsSecurityObject(bytes: Uint8Array, base = 0): LdsSecurityObject {
  return inFile('EF.SOD', OPTIONS.code, () => {
    const outer = new DerReader(bytes, OPTIONS, base)
    const node = outer.read(DER.sequence)
    outer.end()
    const object = outer.inside(node)
    const number = object.smallInteger()
    if (number !== 0 && number !== 1) fail('the version is neither 0 nor 1', node)
    const algorithm = readAlgorithmIdentifier(object.next(), OPTIONS)
    const dataGroupHashes = parseHashes(object.sequence())
    // Version 1 must have them, version 0 must not; both mistakes are in the field and harm nobody.
    const versions = object.done ? undefined : object.sequence()
    object.end()
    const ldsVersion = versions && version(versions, 4)
    const unicodeVersion = versions && version(versions, 6)
    versions?.end()
    return {
      version: number as 0 | 1,
      hash: hashAlgorithm(algorithm),
      dataGroupHashes,
      ...(ldsVersion !== undefined && { ldsVersion }),
      ...(unicodeVersion !== undefined && { unicodeVersion }),
      hashParameters: algorithm.parameters ? 'null' : 'absent',
      raw: bytes,
    }
  })
}

/**
 * Parses EF.SOD: signed data in tag 77, an LDS security object inside. Nothing is verified here. Throws FormatError
 * SIGNED_DATA_MALFORMED or CERTIFICATE_MALFORMED for the wrapper, LDS_MALFORMED or ALGORITHM_UNKNOWN for the content.
 * A certificate with the very bytes of a `known` one is not parsed again.
 */
export function parseSod(bytes: Uint8Array, known: readonly Certificate[] = []): Sod {
  const start = inFile('EF.SOD', OPTIONS.code, () => bytes.length - parseTlv(bytes, 0x77).value.length)
  const signedData = inFile(
    'EF.SOD',
    'SIGNED_DATA_MALFORMED',
    () => parseSignedData(bytes.subarray(start), { known }),
    start,
  )
  const { content, contentType } = signedData
  if (!CONTENT_TYPES.includes(contentType)) {
    throw new FormatError(OPTIONS.code, 'the signed content is no LDS security object', {
      file: 'EF.SOD',
      oid: contentType,
    })
  }
  // A content in one piece is a view of the file, so its errors can be given an offset into the file.
  const base = content.buffer === bytes.buffer ? content.byteOffset - bytes.byteOffset : 0
  return { signedData, ldsSecurityObject: parseLdsSecurityObject(content, base) }
}

/** Builds the LDS security object, to be signed under LDS_SECURITY_OBJECT_OID. Version 1 when the versions are given. */
export function buildLdsSecurityObject(
  given: Omit<LdsSecurityObject, 'raw' | 'version' | 'hashParameters'> &
    Partial<Pick<LdsSecurityObject, 'version' | 'hashParameters'>>,
): Uint8Array {
  const { ldsVersion, unicodeVersion } = given
  const hashes = Array.from(given.dataGroupHashes, ([n, hash]) => derSequence(derUnsigned(n), derOctetString(hash)))
  const text = (value: string) => tlv(DER.printableString, utf8(value))
  const versions = ldsVersion && unicodeVersion ? [derSequence(text(ldsVersion), text(unicodeVersion))] : []
  return derSequence(
    derUnsigned(given.version ?? versions.length),
    encodeHashAlgorithm(given.hash, given.hashParameters),
    derSequence(...hashes),
    ...versions,
  )
}

/** Builds EF.SOD around the DER of a signed data (buildSignedData). */
export function buildSod(signedData: Uint8Array): Uint8Array {
  return tlv(0x77, signedData)
}
