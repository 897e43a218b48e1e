// The extensions that 9303-12 §7 names for CSCA, document signer and list signer certificates. Others stay raw.
import { fromLatin1 } from '../bytes.ts'
import {
  DER,
  type DerNode,
  type DerOptions,
  DerReader,
  derInside,
  derInteger,
  derOidText,
  derString,
  parseDer,
} from '../der.ts'
import { FormatError } from '../error.ts'
import { readTime } from './time.ts'

export interface Extension {
  readonly critical: boolean
  /** The inside of extnValue's OCTET STRING. */
  readonly value: Uint8Array
}

export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly'

const KEY_USAGES: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

/** What was understood of a certificate's extensions; an absent or unreadable one is left out. */
export interface DecodedExtensions {
  readonly subjectKeyIdentifier?: Uint8Array
  /** The keyIdentifier field. */
  readonly authorityKeyIdentifier?: Uint8Array
  readonly keyUsage?: readonly KeyUsage[]
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number }
  /** Milliseconds since 1970. */
  readonly privateKeyUsagePeriod?: { readonly notBefore?: number; readonly notAfter?: number }
  /** Object identifiers of the key purposes. */
  readonly extendedKeyUsage?: readonly string[]
  /** Document type codes of DocumentTypeList (9303-12 §7.1.1.6): P, ID, … */
  readonly documentTypes?: readonly string[]
  /** The URIs. */
  readonly crlDistributionPoints?: readonly string[]
}

export const EXTENSION_OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  privateKeyUsagePeriod: '2.5.29.16',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  nameChange: '2.23.136.1.1.6.1',
  documentTypeList: '2.23.136.1.1.6.2',
} as const

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The fields of a SEQUENCE that fills `value`. */
function fields(value: Uint8Array, options: DerOptions): DerReader {
  const node = parseDer(value, options)
  if (node.tag !== DER.sequence) throw new FormatError(options.code ?? 'DER_MALFORMED', 'not a sequence', { offset: 0 })
  return derInside(node, options)
}

function expect(value: Uint8Array, tag: number, options: DerOptions): DerNode {
  const reader = new DerReader(value, options)
  const node = reader.read(tag)
  reader.end()
  return node
}

function readKeyUsage(value: Uint8Array, options: DerOptions): KeyUsage[] {
  const bits = expect(value, DER.bitString, options).value
  if (bits.length === 0 || (bits[0] as number) > 7) {
    throw new FormatError(options.code ?? 'DER_MALFORMED', 'a bit string is malformed', { offset: 0 })
  }
  return KEY_USAGES.filter((_, bit) => ((bits[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

function readBasicConstraints(value: Uint8Array, options: DerOptions): { ca: boolean; pathLength?: number } {
  const inside = fields(value, options)
  const flag = inside.optional(DER.boolean)
  const ca = flag !== undefined && (flag.value[0] ?? 0) !== 0
  const path = inside.optional(DER.integer)
  inside.end()
  if (!path) return { ca }
  const pathLength = derInteger(path, options)
  if (pathLength < 0n || pathLength > 255n) {
    throw new FormatError(options.code ?? 'DER_MALFORMED', 'a path length is out of range', { offset: path.offset })
  }
  return { ca, pathLength: Number(pathLength) }
}

function readPeriod(value: Uint8Array, options: DerOptions): { notBefore?: number; notAfter?: number } {
  const inside = fields(value, options)
  const period: { notBefore?: number; notAfter?: number } = {}
  const from = inside.optional(0x80)
  if (from) period.notBefore = readTime(from.value, 'generalized', options, from.offset).time
  const to = inside.optional(0x81)
  if (to) period.notAfter = readTime(to.value, 'generalized', options, to.offset).time
  inside.end()
  return period
}

function readDocumentTypes(value: Uint8Array, options: DerOptions): string[] {
  const inside = fields(value, options)
  inside.smallInteger() // version 0
  const types: string[] = []
  for (const list = inside.set(); !list.done; ) types.push(derString(list.next(), options))
  return types
}

function readDistributionPoints(value: Uint8Array, options: DerOptions): string[] {
  const uris: string[] = []
  for (const points = fields(value, options); !points.done; ) {
    const point = points.sequence()
    const name = point.optional(0xa0)
    if (!name) continue
    const full = point.inside(name).optional(0xa0)
    if (!full) continue
    for (const names = point.inside(full); !names.done; ) {
      const general = names.next()
      if (general.tag === 0x86) uris.push(fromLatin1(general.value))
    }
  }
  return uris
}

/** Decodes one extension into `into`; an extension we do not know leaves it as it is. Throws FormatError. */
function decodeExtension(oid: string, value: Uint8Array, into: Mutable<DecodedExtensions>, options: DerOptions): void {
  switch (oid) {
    case EXTENSION_OID.subjectKeyIdentifier:
      into.subjectKeyIdentifier = expect(value, DER.octetString, options).value
      return
    case EXTENSION_OID.authorityKeyIdentifier: {
      const id = fields(value, options).optional(0x80)
      if (id) into.authorityKeyIdentifier = id.value
      return
    }
    case EXTENSION_OID.keyUsage:
      into.keyUsage = readKeyUsage(value, options)
      return
    case EXTENSION_OID.basicConstraints:
      into.basicConstraints = readBasicConstraints(value, options)
      return
    case EXTENSION_OID.privateKeyUsagePeriod:
      into.privateKeyUsagePeriod = readPeriod(value, options)
      return
    case EXTENSION_OID.extendedKeyUsage: {
      const purposes: string[] = []
      for (const list = fields(value, options); !list.done; ) purposes.push(derOidText(list.read(DER.oid), options))
      into.extendedKeyUsage = purposes
      return
    }
    case EXTENSION_OID.documentTypeList:
      into.documentTypes = readDocumentTypes(value, options)
      return
    case EXTENSION_OID.crlDistributionPoints:
      into.crlDistributionPoints = readDistributionPoints(value, options)
      return
  }
}

/**
 * Reads the members of Extensions; `list` is absent when there are none. One that cannot be read is told to `found` and
 * left out of `decoded`, and of `extensions` only when its object identifier or OCTET STRING is missing. Of a repeated
 * one the first counts. Throws FormatError when the list itself is broken.
 */
export function readExtensions(
  list: DerReader | undefined,
  options: DerOptions,
  found: (code: 'EXTENSION_MALFORMED' | 'EXTENSION_REPEATED', oid?: string) => void,
): { readonly extensions: ReadonlyMap<string, Extension>; readonly decoded: DecodedExtensions } {
  const extensions = new Map<string, Extension>()
  const decoded: Mutable<DecodedExtensions> = {}
  while (list && !list.done) {
    const fields = list.sequence()
    let oid: string | undefined
    try {
      oid = fields.oid()
      const flag = fields.optional(DER.boolean)
      const value = fields.octetString()
      if (extensions.has(oid)) {
        found('EXTENSION_REPEATED', oid)
        continue
      }
      extensions.set(oid, { critical: flag !== undefined && flag.value[0] !== 0, value })
      fields.end()
      try {
        decodeExtension(oid, value, decoded, options)
      } catch {
        found('EXTENSION_MALFORMED', oid)
        decodeExtension(oid, value, decoded, { ...options, allowLongLength: true }) // perhaps only a length was too long
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      found('EXTENSION_MALFORMED', oid)
    }
  }
  return { extensions, decoded }
}
