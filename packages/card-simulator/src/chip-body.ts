import {
  type CurveName,
  concat,
  curveByParameterId,
  derUnsigned,
  encodeOid,
  type FileName,
  FormatError,
  type LdsFiles,
  parseSecurityInfos,
  type SecurityInfo,
  type SessionCipher,
  tlv,
} from '@cccd/card-core'
import type { ChipOptions } from './chip-options.ts'
import type { ChipDocument, ChipSecrets } from './document.ts'

/** A PACE variant the chip speaks: generic mapping over one of the standard curves. */
export interface PaceVariant {
  readonly oid: Uint8Array
  readonly cipher: SessionCipher
  readonly curve: CurveName
  readonly parameterId: number
}

/** What never changes while the chip lives: files, secrets, abilities. */
export interface ChipBody {
  readonly files: LdsFiles
  readonly secrets: ChipSecrets
  readonly options: ChipOptions
  readonly paceVariants: readonly PaceVariant[]
  readonly closedFiles: readonly FileName[]
  /** Most response bytes of one APDU, the status word not counted: 256 without extended length. */
  readonly maxResponse: number
  /** Most data bytes of one command; 255 without extended length. */
  readonly maxCommand: number
  readonly extendedLength: boolean
}

/** The infos of EF.CardAccess; none for a file that was altered until it is none. */
function infosOf(cardAccess: Uint8Array): readonly SecurityInfo[] {
  try {
    return parseSecurityInfos(cardAccess)
  } catch (error) {
    if (error instanceof FormatError) return []
    throw error
  }
}

/** PACE-GM over ECDH as EF.CardAccess announces it; other mappings and DH groups are not part of this chip. */
function paceVariants(cardAccess: Uint8Array): PaceVariant[] {
  const variants: PaceVariant[] = []
  for (const info of infosOf(cardAccess)) {
    if (info.kind !== 'pace' || info.agreement !== 'ECDH' || info.mapping !== 'GM') continue
    const curve = info.parameterId === undefined ? undefined : curveByParameterId(info.parameterId)
    if (curve === undefined || info.parameterId === undefined) continue
    variants.push({ oid: encodeOid(info.oid), cipher: info.cipher, curve, parameterId: info.parameterId })
  }
  return variants
}

/**
 * EF.ATR/INFO of a chip with extended length: card capabilities (DO 47) with command chaining and extended length, and
 * the largest command and response APDU (DO 7F66), ISO/IEC 7816-4 §12.7.1.
 */
export function buildAtrInfo(given: { readonly maxCommand: number; readonly maxResponse: number }): Uint8Array {
  // A size is a positive INTEGER, so one above 7FFF takes a leading zero.
  const size = (value: number): Uint8Array => derUnsigned(Math.min(value, 0xffff))
  return concat(
    tlv(0x47, Uint8Array.of(0x00, 0x01, 0xc0)),
    tlv(0x7f66, size(given.maxCommand), size(given.maxResponse)),
  )
}

/** Reads a document and its options into a chip; throws FormatError when EF.CardAccess is malformed. */
export function chipBody(document: ChipDocument, options: ChipOptions): ChipBody {
  const extended = options.extendedLength ?? true
  // With its status word, a response must fit in one frame of a virtual reader.
  const maxResponse = extended === true ? 0xffff - 2 : extended === false ? 256 : extended
  const { 'EF.CardAccess': cardAccess, ...others } = document.files
  const pace = options.access.includes('PACE') && cardAccess !== undefined
  const files: LdsFiles = {
    ...(typeof extended === 'number' ? { 'EF.ATR/INFO': buildAtrInfo({ maxCommand: extended, maxResponse }) } : {}),
    ...others,
    ...(pace ? { 'EF.CardAccess': cardAccess } : {}),
  }
  return {
    files,
    secrets: document.secrets,
    options,
    paceVariants: pace ? paceVariants(cardAccess) : [],
    closedFiles: options.closedFiles ?? ['EF.DG3', 'EF.DG4'],
    maxResponse,
    maxCommand: extended === true ? 0xffff : extended === false ? 255 : extended,
    extendedLength: extended !== false,
  }
}
