/** Node's Buffer as a plain Uint8Array over the same memory, so that no type of Node's leaves this folder. */
export function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** base64url without padding, as JSON Web Keys hold numbers (RFC 7518 §6). */
export function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}
