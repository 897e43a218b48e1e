// What stands in a document, told in the words of the Java program.
import {
  dataGroupFile,
  digest,
  FILES,
  FormatError,
  findSigner,
  type HashName,
  type LdsFiles,
  parseCom,
  parseDg1,
  parseDg2,
  parseSod,
  toHex,
} from '@cccd/card-core'
import type { Told } from './peer.mjs'

const SEX = { M: 'MALE', F: 'FEMALE', '<': 'UNSPECIFIED' } as const
const HASHES: Readonly<Record<HashName, string>> = {
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}
const MIME = { jpeg: 'image/jpeg', jpeg2000: 'image/jp2', unknown: 'unknown' } as const

function sha256(bytes: Uint8Array): string {
  return toHex(digest('sha256', bytes))
}

function dg1Fields(bytes: Uint8Array): Told['dg1'] {
  const { mrz } = parseDg1(bytes)
  return {
    documentCode: mrz.documentCode,
    issuingState: mrz.issuingState,
    documentNumber: mrz.documentNumber,
    dateOfBirth: mrz.dateOfBirth,
    dateOfExpiry: mrz.dateOfExpiry,
    sex: SEX[mrz.sex],
    nationality: mrz.nationality,
    primaryIdentifier: mrz.primaryIdentifier,
    secondaryIdentifier: mrz.secondaryIdentifier,
    optionalData1: mrz.optionalData1 ?? '',
    optionalData2: mrz.optionalData2 ?? '',
  }
}

function faces(bytes: Uint8Array): NonNullable<Told['faces']> {
  return parseDg2(bytes).faces.map(face => ({
    sha256: sha256(face.image),
    mime: MIME[face.format],
    width: face.width ?? 0,
    height: face.height ?? 0,
  }))
}

/** "0107" as "1.7", "040000" as "4.0.0". */
function version(digits: string): string {
  return (digits.match(/../g) ?? []).map(Number).join('.')
}

function com(bytes: Uint8Array): NonNullable<Told['com']> {
  const { ldsVersion, unicodeVersion, dataGroups } = parseCom(bytes)
  const tags = dataGroups.map(n => FILES[dataGroupFile(n)].tag ?? 0)
  return { ldsVersion: version(ldsVersion), unicodeVersion: version(unicodeVersion), tags }
}

function sod(bytes: Uint8Array): NonNullable<Told['sod']> {
  const { signedData, ldsSecurityObject } = parseSod(bytes)
  const listed = [...ldsSecurityObject.dataGroupHashes].map(([n, hash]) => [dataGroupFile(n), toHex(hash)])
  const [signerInfo] = signedData.signerInfos
  const signer = signerInfo && findSigner(signedData, signerInfo)
  return {
    digestAlgorithm: HASHES[ldsSecurityObject.hash],
    listed: Object.fromEntries(listed),
    ...(signer ? { signer: sha256(signer.raw) } : {}),
  }
}

/** Everything that the Java program tells too: hashes of the files, DG1, the portraits, EF.COM, the list in EF.SOD. */
export function tell(files: LdsFiles): Told {
  const unparsed: string[] = []
  const part = <T>(file: keyof LdsFiles, read: (bytes: Uint8Array) => T): T | undefined => {
    const bytes = files[file]
    try {
      return bytes && read(bytes)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      unparsed.push(file)
      return undefined
    }
  }
  const told = {
    dg1: part('EF.DG1', dg1Fields),
    faces: part('EF.DG2', faces),
    com: part('EF.COM', com),
    sod: part('EF.SOD', sod),
  }
  return {
    files: Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, sha256(bytes)])),
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    unparsed,
  }
}

function flat(value: unknown, path: string): [string, string][] {
  const isTree = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isTree) return [[path, JSON.stringify(value)]]
  return Object.entries(value).flatMap(([key, inside]) => flat(inside, path ? `${path}.${key}` : key))
}

/** Paths of what differs or is told by one side alone: `files.EF.DG1`, `sod.signer`. */
export function contentDifferences(jmrtd: Told | undefined, ours: Told): string[] {
  const [theirs, own] = [new Map(flat(jmrtd ?? {}, '')), new Map(flat(ours, ''))]
  return [...new Set([...theirs.keys(), ...own.keys()])].filter(path => theirs.get(path) !== own.get(path)).sort()
}
