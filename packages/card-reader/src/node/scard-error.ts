import { type ErrorCode, TransportError } from '@cccd/card-core'

/** Error numbers of PC/SC (winscard.h, pcsclite.h) and what they mean here; all others are READER_FAILED. */
const CODES: ReadonlyMap<number, readonly [code: ErrorCode, sentence: string]> = new Map([
  [0x80100009, ['NO_READER', 'the reader was unplugged']], // E_UNKNOWN_READER
  [0x80100017, ['NO_READER', 'the reader was unplugged']], // E_READER_UNAVAILABLE
  [0x8010002e, ['NO_READER', 'there is no reader']], // E_NO_READERS_AVAILABLE
  [0x8010001d, ['NO_SMARTCARD_SERVICE', 'the smart card service does not run']], // E_NO_SERVICE
  [0x8010001e, ['NO_SMARTCARD_SERVICE', 'the smart card service was stopped']], // E_SERVICE_STOPPED
  [0x80100003, ['CARD_REMOVED', 'the connection to the card is gone']], // E_INVALID_HANDLE: card or service went
  [0x8010000c, ['CARD_REMOVED', 'the card was taken from the reader']], // E_NO_SMARTCARD
  [0x80100069, ['CARD_REMOVED', 'the card was taken from the reader']], // W_REMOVED_CARD
  [0x80100068, ['CARD_REMOVED', 'the card was reset: it moved, or another program took it']], // W_RESET_CARD
  [0x80100067, ['CARD_REMOVED', 'the card lost its power']], // W_UNPOWERED_CARD
  [0x80100016, ['CARD_REMOVED', 'the transmission to the card broke off']], // E_NOT_TRANSACTED
  [0x8010002f, ['CARD_REMOVED', 'the transmission to the card broke off']], // E_COMM_DATA_LOST
  [0x80100013, ['CARD_REMOVED', 'the transmission to the card broke off']], // F_COMM_ERROR
  [0x80100066, ['CARD_MUTE', 'the card does not answer when it is powered']], // W_UNRESPONSIVE_CARD
  [0x80100065, ['CARD_MUTE', 'the card is not of a kind the reader knows']], // W_UNSUPPORTED_CARD
  [0x8010000f, ['CARD_MUTE', 'the card speaks no protocol the reader knows']], // E_PROTO_MISMATCH
  [0x8010000a, ['CARD_TIMEOUT', 'the reader gave up waiting for the card']], // E_TIMEOUT
  [0x8010000b, ['READER_BUSY', 'another program is using the card']], // E_SHARING_VIOLATION
])

const REMEDIES: Readonly<Partial<Record<ErrorCode, string>>> = {
  NO_READER: 'Plug in a smart card reader.',
  NO_SMARTCARD_SERVICE:
    'Start the smart card service: on Linux pcscd (systemctl start pcscd), on Windows the service "Smart Card" (SCardSvr).',
  CARD_REMOVED: 'Lay the card on the reader and leave it there until reading is done.',
  CARD_MUTE: 'Lay the card flat on the reader, alone, with no other card near it.',
  CARD_TIMEOUT: 'Take the card from the reader, lay it down again and try once more.',
  READER_BUSY: 'Close other programs that use the card reader.',
}

/** The error for a failed call of PC/SC; `detail` is what the native module says. */
export function scardError(scard: number | undefined, detail: string, reader?: string): TransportError {
  const [code, sentence] = (scard === undefined ? undefined : CODES.get(scard)) ?? [
    'READER_FAILED',
    'the reader failed',
  ]
  const number = scard === undefined ? '' : ` (${scard.toString(16).toUpperCase()})`
  const known = code === 'READER_FAILED' ? `${sentence}: ${detail}` : `${sentence}${number}`
  return transportError(code, known, reader)
}

/** A TransportError with what to do about it. */
export function transportError(code: ErrorCode, message: string, reader?: string): TransportError {
  const remedy = REMEDIES[code]
  return new TransportError(code, message, {
    ...(reader === undefined ? {} : { reader }),
    ...(remedy === undefined ? {} : { remedy }),
  })
}
