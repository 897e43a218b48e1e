/** An entry of the outbox as it lies on the disk: AES-256-GCM, a nonce of its own, bound to the request's id. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { ConnectorError } from '@cccd/card-core'

/** The step that an error names when an entry is damaged. */
export const DAMAGED = 'open entry'

const VERSION = 1
const NONCE = 12
const TAG = 16
const TIME = 8

/** What sealing adds to a body. */
export const SEALED_OVERHEAD: number = 1 + NONCE + TAG + TIME

export interface OutboxItem {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly body: Uint8Array
}

/** version 1 byte | nonce 12 | ciphertext of (time 8, big-endian | body) | tag 16. */
export function sealEntry(
  item: OutboxItem,
  given: { readonly key: Uint8Array; readonly id: string; readonly random: (length: number) => Uint8Array },
): Uint8Array {
  const nonce = given.random(NONCE)
  const cipher = createCipheriv('aes-256-gcm', given.key, nonce)
  cipher.setAAD(associated(given.id))
  const time = Buffer.alloc(TIME)
  time.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(item.createdAt))))
  const sealed = Buffer.concat([
    Uint8Array.of(VERSION),
    nonce,
    cipher.update(time),
    cipher.update(item.body),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return new Uint8Array(sealed)
}

/** Throws ConnectorError OUTBOX_FAILED when the bytes were altered, cut, belong to another id or another key. */
export function openEntry(bytes: Uint8Array, given: { readonly key: Uint8Array; readonly id: string }): OutboxItem {
  if (bytes.length < SEALED_OVERHEAD || bytes[0] !== VERSION) throw damaged()
  const decipher = createDecipheriv('aes-256-gcm', given.key, bytes.subarray(1, 1 + NONCE), { authTagLength: TAG })
  decipher.setAAD(associated(given.id))
  decipher.setAuthTag(bytes.subarray(-TAG))
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(1 + NONCE, -TAG)), decipher.final()])
    return { createdAt: Number(plain.readBigUInt64BE(0)), body: new Uint8Array(plain.subarray(TIME)) }
  } catch (error) {
    throw damaged(error)
  }
}

function associated(id: string): Uint8Array {
  return new TextEncoder().encode(`cccd outbox ${VERSION} ${id}`)
}

function damaged(cause?: unknown): ConnectorError {
  const message = 'an entry of the outbox is damaged or was sealed with another key'
  return new ConnectorError('OUTBOX_FAILED', message, { step: DAMAGED }, cause === undefined ? {} : { cause })
}
