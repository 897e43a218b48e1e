import { SignerError } from '@cccd/card-core'
import { isEnded, returnValue } from './pkcs11-library.ts'

// PKCS #11 v2.40 §1.1: CKR codes.
const PIN = new Set([0xa0, 0xa1, 0xa2, 0xa3, 0xa4])
const GONE = new Set([
  0x03, // SLOT_ID_INVALID
  0x30, // DEVICE_ERROR
  0x32, // DEVICE_REMOVED
  0xb0, // SESSION_CLOSED
  0xb3, // SESSION_HANDLE_INVALID
  0xe0, // TOKEN_NOT_PRESENT
  0xe1, // TOKEN_NOT_RECOGNIZED
  0x190, // CRYPTOKI_NOT_INITIALIZED
])
const KEY = new Set([0x60, 0x62, 0x63, 0x68, 0x82]) // KEY_HANDLE_INVALID … OBJECT_HANDLE_INVALID

/** Whether a session, or a handle of it, is of no more use, so that a new one is worth a try. */
export function isStale(error: unknown): boolean {
  const value = returnValue(error)
  return isEnded(error) || (value !== undefined && (GONE.has(value) || KEY.has(value)))
}

/** What a failed call of the library means; never holds the PIN. */
export function signerError(error: unknown, step: string): SignerError {
  if (error instanceof SignerError) return error
  const value = returnValue(error)
  const name = value === undefined ? 'no CKR code' : `CKR 0x${value.toString(16).toUpperCase()}`
  const code =
    value === undefined
      ? isEnded(error)
        ? 'SIGNER_TOKEN_GONE'
        : 'SIGNER_FAILED'
      : PIN.has(value)
        ? 'SIGNER_PIN_WRONG'
        : GONE.has(value)
          ? 'SIGNER_TOKEN_GONE'
          : KEY.has(value)
            ? 'SIGNER_KEY_MISSING'
            : 'SIGNER_FAILED'
  return new SignerError(code, `the HSM refused: ${name}`, { step }, { cause: error })
}
