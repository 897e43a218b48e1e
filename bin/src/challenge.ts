import { fromHex } from '@cccd/card-core'
import { UsageError } from './output.ts'

/** The eight bytes of --challenge. Throws UsageError. */
export function relyingPartyChallenge(text: string): Uint8Array {
  if (/^[0-9A-Fa-f]{16}$/.test(text)) return fromHex(text)
  throw new UsageError({
    vi: '--challenge cần 16 chữ số hex (8 byte).',
    en: '--challenge wants 16 hex digits (8 bytes).',
  })
}
