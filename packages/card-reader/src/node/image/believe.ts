/** What of a decoded text may be believed: error correction mends wrongly now and then, and then says nothing. */
import { parseScan, type Scan } from '@cccd/mrz'
import type { DecodedSymbol } from './symbol.ts'

/** CARD_INCONSISTENT: looks like a card's text, and its fields contradict one another or hold what no card prints.
 * CHARACTER_SET: not UTF-8, and the decoder cannot tell what else. PART_OF_SEVERAL: the text is spread over several
 * symbols. CONFLICT: the same place was read as different texts. */
export type Doubt = 'CARD_INCONSISTENT' | 'CHARACTER_SET' | 'PART_OF_SEVERAL' | 'CONFLICT'

export type TextKind = 'card-qr' | 'insurance-qr' | 'mrz' | 'other'

export interface Judged {
  readonly kind: TextKind
  readonly doubt: Doubt | null
}

/** A symbol read with this share of its error correction left was not mended into another text. */
const AMPLE_SPARE = 0.3

/** Judges one text by itself. An odd card is believed when its symbol was read with error correction to spare. */
export function judge(symbol: DecodedSymbol): Judged {
  const scan = parseScan(symbol.text)
  const kind = scan.kind === 'vneid-or-unknown' ? 'other' : scan.kind
  if (symbol.part) return { kind, doubt: 'PART_OF_SEVERAL' }
  const looksLikeCard = kind !== 'other' || /^\s*[0-9]{9,12}\s*\|/.test(symbol.text)
  if (!looksLikeCard) {
    return { kind, doubt: symbol.utf8 || symbol.spare !== null ? null : 'CHARACTER_SET' }
  }
  if (symbol.spare !== null && symbol.spare >= AMPLE_SPARE && symbol.utf8) return { kind, doubt: null }
  return { kind, doubt: symbol.utf8 && isConsistent(scan) ? null : 'CARD_INCONSISTENT' }
}

/** Every field holds what a card prints there, and none contradicts another. */
function isConsistent(scan: Scan): boolean {
  if (!/^[\p{Script=Latin}\p{M}\p{N}\p{P}\p{Zs}|$+\r\n\uFEFF]*$/u.test(scan.raw)) return false
  switch (scan.kind) {
    case 'card-qr': {
      const { fullName, findings, variant } = scan.qr
      const odd = findings.some(({ code }) => code !== 'NO_VIETNAMESE_LETTERS')
      return (
        !odd && variant !== 'other' && scan.damage.every(one => one === 'NO_VIETNAMESE_LETTERS') && isName(fullName)
      )
    }
    case 'insurance-qr':
      return scan.insurance.findings.length === 0 && scan.damage.length === 0 && isName(scan.insurance.fullName)
    case 'mrz':
      return scan.mrz !== null && scan.mrz.findings.length === 0 && scan.repair.changes.length === 0
    case 'vneid-or-unknown':
      return false
  }
}

/** Letters, and what names of all peoples of the country have between them. */
function isName(text: string): boolean {
  return /^[\p{Script=Latin}\p{M}]+(?:[ '.-]+[\p{Script=Latin}\p{M}]+)*\.?$/u.test(text)
}
