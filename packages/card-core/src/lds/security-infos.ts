import type { SessionCipher } from '../crypto/kdf.ts'
import {
  type DerNode,
  DerReader,
  derBitString,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
} from '../der.ts'
import { FormatError } from '../error.ts'
import { tlv } from '../tlv.ts'
import { type FileName, inFile } from './files.ts'
import {
  ACTIVE_AUTHENTICATION,
  type Agreement,
  EF_DIR,
  type Mapping,
  protocolOf,
  TERMINAL_AUTHENTICATION,
} from './security-protocol.ts'

// SecurityInfos of 9303-11 §9.2 and TR-03110-3 §A.1.1. EF.CardAccess is this SET bare; EF.DG14 wraps it in 6E;
// EF.CardSecurity carries it signed. The SET's order is kept as found: real cards do not sort it, and a re-encoding
// in another order would not hash to what the SOD lists. Restricted identification, card info and eID infos are not
// taken apart: they are `unknown` here, verbatim.

/** PACEInfo: one way to open the chip. Without parameterId the domain parameters stand in a PACEDomainParameterInfo. */
export interface PaceInfo {
  readonly kind: 'pace'
  readonly oid: string
  readonly cipher: SessionCipher
  readonly agreement: Agreement
  readonly mapping: Mapping
  readonly version: number
  /** 9303-11 Table 6 below 32; larger ones name a PACEDomainParameterInfo of the same SET. */
  readonly parameterId?: number
}

/** PACEDomainParameterInfo: `domainParameter` is a raw AlgorithmIdentifier. */
export interface PaceDomainParameterInfo {
  readonly kind: 'paceDomainParameters'
  readonly oid: string
  readonly agreement: Agreement
  readonly mapping: Mapping
  readonly domainParameter: Uint8Array
  readonly parameterId?: number
}

/** ChipAuthenticationInfo. */
export interface ChipAuthenticationInfo {
  readonly kind: 'chipAuthentication'
  readonly oid: string
  readonly cipher: SessionCipher
  readonly agreement: Agreement
  readonly version: number
  readonly keyId?: bigint
}

/** ChipAuthenticationDomainParameterInfo (version 2): `domainParameter` is a raw AlgorithmIdentifier. */
export interface ChipAuthenticationDomainParameterInfo {
  readonly kind: 'chipAuthenticationDomainParameters'
  readonly oid: string
  readonly agreement: Agreement
  readonly domainParameter: Uint8Array
  readonly keyId?: bigint
}

/** ChipAuthenticationPublicKeyInfo: `spki` is the raw SubjectPublicKeyInfo, named or explicit parameters as found. */
export interface ChipAuthenticationPublicKeyInfo {
  readonly kind: 'chipAuthenticationPublicKey'
  readonly oid: string
  readonly agreement: Agreement
  readonly spki: Uint8Array
  readonly keyId?: bigint
}

/** TerminalAuthenticationInfo; `efCvca` where the file of CA names does not have its default address. */
export interface TerminalAuthenticationInfo {
  readonly kind: 'terminalAuthentication'
  readonly oid: string
  readonly version: number
  readonly efCvca?: { readonly fid: number; readonly sfi?: number }
}

/** ActiveAuthenticationInfo: `signatureAlgorithmOid` names the plain ECDSA of TR-03111. */
export interface ActiveAuthenticationInfo {
  readonly kind: 'activeAuthentication'
  readonly oid: string
  readonly version: number
  readonly signatureAlgorithmOid: string
}

/** EFDIRInfo, or an OID not known here. `raw` is the whole SEQUENCE. */
export interface OtherInfo {
  readonly kind: 'efDir' | 'unknown'
  readonly oid: string
  readonly raw: Uint8Array
}

export type SecurityInfo =
  | PaceInfo
  | PaceDomainParameterInfo
  | ChipAuthenticationInfo
  | ChipAuthenticationDomainParameterInfo
  | ChipAuthenticationPublicKeyInfo
  | TerminalAuthenticationInfo
  | ActiveAuthenticationInfo
  | OtherInfo

const OPTIONS = { code: 'SECURITY_INFO_MALFORMED' } as const

function fail(message: string, node: { offset: number }, oid?: string): never {
  throw new FormatError(
    OPTIONS.code,
    message,
    oid === undefined ? { offset: node.offset } : { offset: node.offset, oid },
  )
}

function optionalKeyId(reader: DerReader): { keyId?: bigint } {
  const node = reader.optional(0x02)
  if (!node) return {}
  const keyId = derInteger(node, OPTIONS)
  if (keyId < 0n) fail('a key identifier is negative', node)
  return { keyId }
}

function optionalParameterId(reader: DerReader): { parameterId?: number } {
  return reader.peek() === 0x02 ? { parameterId: reader.smallInteger() } : {}
}

function algorithmIdentifier(reader: DerReader): Uint8Array {
  const node = reader.read(0x30)
  reader.inside(node).oid()
  return node.raw
}

function subjectPublicKeyInfo(reader: DerReader): Uint8Array {
  const node = reader.read(0x30)
  const inside = reader.inside(node)
  algorithmIdentifier(inside)
  derBitString(inside.read(0x03), OPTIONS)
  inside.end()
  return node.raw
}

function fileId(reader: DerReader): { fid: number; sfi?: number } {
  const inside = reader.sequence()
  const fid = inside.read(0x04)
  if (fid.value.length !== 2) fail('a file identifier is not two bytes', fid)
  const number = ((fid.value[0] as number) << 8) | (fid.value[1] as number)
  const sfi = inside.optional(0x04)
  if (sfi && sfi.value.length !== 1) fail('a short file identifier is not one byte', sfi)
  inside.end()
  return sfi ? { fid: number, sfi: sfi.value[0] as number } : { fid: number }
}

function parseKnown(oid: string, node: DerNode, reader: DerReader): SecurityInfo {
  if (oid === TERMINAL_AUTHENTICATION) {
    const info = { kind: 'terminalAuthentication', oid, version: reader.smallInteger() } as const
    return reader.done ? info : { ...info, efCvca: fileId(reader) }
  }
  if (oid === ACTIVE_AUTHENTICATION) {
    return { kind: 'activeAuthentication', oid, version: reader.smallInteger(), signatureAlgorithmOid: reader.oid() }
  }
  if (oid === EF_DIR) {
    reader.octetString()
    return { kind: 'efDir', oid, raw: node.raw }
  }
  const protocol = protocolOf(oid)
  switch (protocol?.kind) {
    case 'pace': {
      const version = reader.smallInteger()
      // 9303-11 §9.2.1: 2 is the only version there is.
      if (version !== 2) fail('a PACEInfo has a version other than 2', node, oid)
      return { ...protocol, oid, version, ...optionalParameterId(reader) }
    }
    case 'paceDomainParameters':
      return { ...protocol, oid, domainParameter: algorithmIdentifier(reader), ...optionalParameterId(reader) }
    case 'chipAuthentication':
      return { ...protocol, oid, version: reader.smallInteger(), ...optionalKeyId(reader) }
    case 'chipAuthenticationDomainParameters':
      return {
        kind: protocol.kind,
        agreement: protocol.agreement,
        oid,
        domainParameter: algorithmIdentifier(reader),
        ...optionalKeyId(reader),
      }
    case 'chipAuthenticationPublicKey':
      return {
        kind: protocol.kind,
        agreement: protocol.agreement,
        oid,
        spki: subjectPublicKeyInfo(reader),
        ...optionalKeyId(reader),
      }
    case undefined:
      while (!reader.done) reader.next()
      return { kind: 'unknown', oid, raw: node.raw }
  }
}

/** 9303-11 §9.5.1 numbers the standardized parameters below 32; a larger number needs its own parameters beside it. */
function checkParameterIds(infos: readonly SecurityInfo[]): void {
  const own = new Set(infos.map(info => (info.kind === 'paceDomainParameters' ? info.parameterId : undefined)))
  for (const info of infos) {
    if (info.kind === 'pace' && info.parameterId !== undefined && info.parameterId > 31 && !own.has(info.parameterId)) {
      fail('a PACEInfo names domain parameters that are neither standardized nor given', { offset: 0 }, info.oid)
    }
  }
}

/**
 * Parses a SET of SecurityInfo that fills `bytes` (EF.CardAccess; the inside of EF.DG14; the content of
 * EF.CardSecurity), in the order found. Unknown ones are kept verbatim. `base` is where `bytes` start in the file.
 * Throws FormatError SECURITY_INFO_MALFORMED.
 */
export function parseSecurityInfos(bytes: Uint8Array, file: FileName = 'EF.CardAccess', base = 0): SecurityInfo[] {
  return inFile(file, OPTIONS.code, () => {
    const outer = new DerReader(bytes, OPTIONS, base)
    const set = outer.set()
    outer.end()
    const infos: SecurityInfo[] = []
    while (!set.done) {
      const node = set.read(0x30)
      const reader = set.inside(node)
      infos.push(parseKnown(reader.oid(), node, reader))
      reader.end()
    }
    checkParameterIds(infos)
    return infos
  })
}

function optionalInteger(value: bigint | number | undefined): Uint8Array[] {
  return value === undefined ? [] : [derUnsigned(value)]
}

/** Builds one SecurityInfo. */
export function buildSecurityInfo(info: SecurityInfo): Uint8Array {
  const oid = derOid(info.oid)
  switch (info.kind) {
    case 'pace':
      return derSequence(oid, derUnsigned(info.version), ...optionalInteger(info.parameterId))
    case 'paceDomainParameters':
      return derSequence(oid, info.domainParameter, ...optionalInteger(info.parameterId))
    case 'chipAuthentication':
      return derSequence(oid, derUnsigned(info.version), ...optionalInteger(info.keyId))
    case 'chipAuthenticationDomainParameters':
      return derSequence(oid, info.domainParameter, ...optionalInteger(info.keyId))
    case 'chipAuthenticationPublicKey':
      return derSequence(oid, info.spki, ...optionalInteger(info.keyId))
    case 'terminalAuthentication': {
      const { efCvca } = info
      if (!efCvca) return derSequence(oid, derUnsigned(info.version))
      const fid = derOctetString(Uint8Array.of(efCvca.fid >> 8, efCvca.fid & 0xff))
      const sfi = efCvca.sfi === undefined ? [] : [derOctetString(Uint8Array.of(efCvca.sfi))]
      return derSequence(oid, derUnsigned(info.version), derSequence(fid, ...sfi))
    }
    case 'activeAuthentication':
      return derSequence(oid, derUnsigned(info.version), derOid(info.signatureAlgorithmOid))
    case 'efDir':
    case 'unknown':
      return info.raw
  }
}

/** Builds the SET in the order given; sort beforehand where DER's order is wanted. */
export function buildSecurityInfos(infos: readonly SecurityInfo[]): Uint8Array {
  return tlv(0x31, ...infos.map(buildSecurityInfo))
}
