import { concat } from '../bytes.ts'
import { ProtocolError } from '../error.ts'

/** A response APDU, ISO/IEC 7816-4 §5.1: data and the status word. */
export interface ResponseApdu {
  readonly data: Uint8Array
  readonly sw: number
}

const NONE = new Uint8Array()

export function response(sw: number, data: Uint8Array = NONE): ResponseApdu {
  return { data, sw }
}

export function encodeResponse({ data, sw }: ResponseApdu): Uint8Array {
  return concat(data, Uint8Array.of(sw >> 8, sw & 0xff))
}

/** Reads a response. Under two bytes is no answer at all, whatever the reader's driver calls it. */
export function decodeResponse(bytes: Uint8Array): ResponseApdu {
  if (bytes.length < 2) {
    throw new ProtocolError('RESPONSE_TOO_SHORT', `the card answered with ${bytes.length} bytes, at least 2 are due`)
  }
  const end = bytes.length - 2
  return { data: bytes.subarray(0, end), sw: ((bytes[end] as number) << 8) | (bytes[end + 1] as number) }
}
