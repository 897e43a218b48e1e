// SignerInfo of CMS (RFC 5652 §5.3) and its signed attributes, which are kept and hashed as they stand.
import { concat } from '../bytes.ts'
import { DER, type DerNode, type DerOptions, DerReader, derInside, derOidText } from '../der.ts'
import { FormatError } from '../error.ts'
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm.ts'
import { type DistinguishedName, readName } from './name.ts'
import { readTime } from './time.ts'

export type SignerIdentifier =
  | {
      readonly kind: 'issuerAndSerialNumber'
      readonly issuer: DistinguishedName
      readonly serialNumber: Uint8Array
    }
  | { readonly kind: 'subjectKeyIdentifier'; readonly id: Uint8Array }

/** What is odd about signed attributes; all of it is reported, none repaired. */
export type SignedAttributesFinding = 'NOT_DER' | 'NOT_IN_DER_ORDER' | 'ATTRIBUTE_REPEATED'

export interface SignedAttributes {
  /** As they stood, re-tagged as SET (31): what the signature covers. */
  readonly raw: Uint8Array
  /** By attribute type, the values as whole elements. */
  readonly attributes: ReadonlyMap<string, readonly Uint8Array[]>
  readonly contentType?: string
  readonly messageDigest?: Uint8Array
  /** Milliseconds since 1970. */
  readonly signingTime?: number
  readonly findings: readonly SignedAttributesFinding[]
}

export interface SignerInfo {
  readonly version: number
  readonly sid: SignerIdentifier
  readonly digestAlgorithm: AlgorithmIdentifier
  readonly signedAttributes?: SignedAttributes
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

export const CMS_OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const

const MAX_PIECES = 20_000

/** Throws the FormatError of the structure being read. */
export function malformed(options: DerOptions, message: string, node: DerNode): never {
  throw new FormatError(options.code ?? 'SIGNED_DATA_MALFORMED', message, { tag: node.tag, offset: node.offset })
}

/** An OCTET STRING, or one of BER in pieces, joined. */
export function joinOctets(node: DerNode, options: DerOptions): Uint8Array {
  if (node.tag === DER.octetString) return node.value
  const pieces: Uint8Array[] = []
  const pending: DerNode[] = [node]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.tag === DER.octetString) pieces.push(next.value)
    else if (next.tag === 0x24) {
      const children: DerNode[] = []
      for (const inside = derInside(next, options); !inside.done; ) {
        children.push(inside.next())
        if (children.length + pieces.length + pending.length > MAX_PIECES) {
          malformed(options, 'the content is in too many pieces', next)
        }
      }
      for (const child of children.reverse()) pending.push(child)
    } else malformed(options, 'the content is not an octet string', next)
  }
  return concat(...pieces)
}

/** Whether the members of a SET OF stand in the order of X.690 §11.6. */
function inDerOrder(members: readonly Uint8Array[]): boolean {
  for (let i = 1; i < members.length; i++) {
    const a = members[i - 1] as Uint8Array
    const b = members[i] as Uint8Array
    for (let at = 0; at < a.length; at++) {
      const difference = (a[at] as number) - (b[at] ?? -1)
      if (difference < 0) break
      if (difference > 0) return false
    }
  }
  return true
}

function readAttribute(node: DerNode): { oid: string; values: DerNode[] } {
  const ber: DerOptions = { code: 'SIGNED_DATA_MALFORMED', allowBer: true }
  const fields = derInside(node, ber)
  const oid = fields.oid()
  const values: DerNode[] = []
  for (const list = fields.set(); !list.done; ) values.push(list.next())
  fields.end()
  return { oid, values }
}

/** Whether every element in the tree has DER's definite, shortest length. */
function isStrict(bytes: Uint8Array, depth = 0): boolean {
  try {
    for (const reader = new DerReader(bytes); !reader.done; ) {
      const node = reader.next()
      if (node.tag & 0x20 && depth < 16 && !isStrict(node.value, depth + 1)) return false
    }
    return true
  } catch {
    return false
  }
}

function readSignedAttributes(node: DerNode, options: DerOptions): SignedAttributes {
  const raw = node.raw.slice()
  raw[0] = DER.set // RFC 5652 §5.4
  const findings: SignedAttributesFinding[] = []
  const attributes = new Map<string, Uint8Array[]>()
  const members: Uint8Array[] = []
  const known: { contentType?: string; messageDigest?: Uint8Array; signingTime?: number } = {}
  for (const list = derInside(node, options); !list.done; ) {
    const member = list.read(DER.sequence)
    members.push(member.raw)
    const { oid, values } = readAttribute(member)
    if (attributes.has(oid)) {
      if (!findings.includes('ATTRIBUTE_REPEATED')) findings.push('ATTRIBUTE_REPEATED')
      continue
    }
    attributes.set(
      oid,
      values.map(value => value.raw),
    )
    const [value] = values
    if (value === undefined || values.length !== 1) continue
    if (oid === CMS_OID.contentType && value.tag === DER.oid) known.contentType = derOidText(value, options)
    if (oid === CMS_OID.messageDigest && value.tag === DER.octetString) known.messageDigest = value.value
    if (oid === CMS_OID.signingTime && (value.tag === DER.utcTime || value.tag === DER.generalizedTime)) {
      const form = value.tag === DER.utcTime ? 'utc' : 'generalized'
      known.signingTime = readTime(value.value, form, options, value.offset).time
    }
  }
  if (!isStrict(raw)) findings.push('NOT_DER')
  if (!inDerOrder(members)) findings.push('NOT_IN_DER_ORDER')
  return { raw, attributes, ...known, findings }
}

/** Reads the fields of one SignerInfo; throws FormatError. */
export function readSignerInfo(fields: DerReader, options: DerOptions): SignerInfo {
  const version = fields.smallInteger()
  const sidNode = fields.next()
  let sid: SignerIdentifier
  if (sidNode.tag === 0x80) sid = { kind: 'subjectKeyIdentifier', id: sidNode.value }
  else if (sidNode.tag === 0xa0) sid = { kind: 'subjectKeyIdentifier', id: fields.inside(sidNode).octetString() }
  else if (sidNode.tag === DER.sequence) {
    const inside = fields.inside(sidNode)
    const issuer = readName(inside.next(), options)
    sid = { kind: 'issuerAndSerialNumber', issuer, serialNumber: inside.read(DER.integer).value }
    inside.end()
  } else malformed(options, 'a signer identifier is of no known kind', sidNode)
  const digestAlgorithm = readAlgorithmIdentifier(fields.next(), options)
  const attributes = fields.optional(0xa0)
  const signedAttributes = attributes && readSignedAttributes(attributes, options)
  const signatureAlgorithm = readAlgorithmIdentifier(fields.next(), options)
  const signature = joinOctets(fields.next(), options)
  fields.optional(0xa1) // unsigned attributes
  fields.end()
  return {
    version,
    sid,
    digestAlgorithm,
    ...(signedAttributes ? { signedAttributes } : {}),
    signatureAlgorithm,
    signature,
  }
}
