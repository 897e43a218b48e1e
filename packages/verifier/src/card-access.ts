import {
  derChildren,
  parseDer,
  parseDg14,
  parseSecurityInfos,
  parseTlv,
  type SecurityInfo,
  toHex,
} from '@cccd/card-core'
import type { Finding } from './check.ts'
import { type DocumentToVerify, parseFile } from './document.ts'

/** SecurityInfos with the bytes each was read from. */
export interface ReadSecurityInfos {
  readonly infos: readonly SecurityInfo[]
  /** Hex of each whole element. */
  readonly raw: readonly string[]
}

function readRaw(set: Uint8Array): string[] {
  return derChildren(parseDer(set)).map(node => toHex(node.raw))
}

/** EF.CardAccess: the SET alone. Throws FormatError. */
export function readCardAccess(bytes: Uint8Array): ReadSecurityInfos {
  return { infos: parseSecurityInfos(bytes), raw: readRaw(bytes) }
}

/** EF.DG14: the SET in tag 6E. Throws FormatError. */
export function readDg14(bytes: Uint8Array): ReadSecurityInfos {
  return { infos: parseDg14(bytes), raw: readRaw(parseTlv(bytes, 0x6e).value) }
}

const FILE = 'EF.CardAccess'

/**
 * Compares EF.CardAccess, which nobody signs, with DG14, which repeats its SecurityInfos under the SOD's hash (9303-11
 * §9.2.10): so an attacker cannot take PACE away or weaken it unseen. Where DG14 repeats PACE, it repeats all; where it
 * does not, only the kinds that stand in both can be compared.
 */
export function examineCardAccess(document: DocumentToVerify, dg14: ReadSecurityInfos | undefined): Finding {
  const parsed = parseFile(document, FILE, readCardAccess)
  const announced = dg14?.infos.some(info => info.kind === 'pace') === true
  switch (parsed.kind) {
    case 'malformed':
      return parsed.finding
    case 'aborted':
      return { status: 'aborted', reason: 'ABORTED', file: FILE }
    case 'refused':
    case 'unread':
      // Nothing to compare; that the chip hides what DG14 announces is told by access.downgrade.
      return announced
        ? { status: 'undetermined', reason: 'FILE_NOT_READ', file: FILE }
        : { status: 'notSupported', reason: 'FILE_ABSENT', file: FILE }
    case 'parsed': {
      if (!dg14) return { status: 'notSupported', reason: 'CARD_ACCESS_NOT_COMPARABLE', file: FILE }
      const { infos, raw } = parsed.value
      const kinds = new Set(dg14.infos.map(info => info.kind))
      const comparable = (info: SecurityInfo) => announced || kinds.has(info.kind)
      const missing = infos.filter((info, i) => comparable(info) && !dg14.raw.includes(raw[i] as string))
      const hidden =
        announced && dg14.infos.some((info, i) => info.kind === 'pace' && !raw.includes(dg14.raw[i] as string))
      if (missing.length > 0 || hidden) {
        const differing = new Set([...missing.map(info => info.kind), ...(hidden ? ['pace'] : [])])
        return { status: 'failed', reason: 'CARD_ACCESS_DIFFERS', detail: [...differing].join(', '), file: FILE }
      }
      if (!infos.some(comparable)) return { status: 'notSupported', reason: 'CARD_ACCESS_NOT_COMPARABLE', file: FILE }
      return { status: 'successful', reason: 'PASSED', file: FILE }
    }
  }
}
