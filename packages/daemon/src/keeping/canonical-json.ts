// The subset of RFC 8785 (JSON Canonicalization Scheme) that a chain needs: no fractions, so that a value has one text.
import { FormatError } from '@cccd/mrz'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

const encoder = new TextEncoder()
// The mark of byte order stays in the text, where it is no JSON: a line has one form in bytes.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The one text of a value: members sorted by UTF-16 code units (RFC 8785 §3.2.3), no blanks. Throws RangeError for numbers
 * that are no safe integers. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError('a chain holds safe integers alone')
    return String(value)
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value).toSorted(byCodeUnits)
  return `{${members.map(name => `${JSON.stringify(name)}:${canonicalJson(value[name] as Json)}`).join(',')}}`
}

/** The bytes that are hashed and written: `canonicalJson` in UTF-8. */
export const canonicalBytes = (value: Json): Uint8Array => encoder.encode(canonicalJson(value))

/** An object from bytes that are its canonical form to the last byte; anything else is a FormatError DOCUMENT_MALFORMED. */
export function parseCanonical(bytes: Uint8Array): JsonObject {
  let value: unknown
  let text: string
  try {
    text = decoder.decode(bytes)
    value = JSON.parse(text)
  } catch (cause) {
    throw new FormatError('DOCUMENT_MALFORMED', 'this is no JSON', {}, { cause })
  }
  if (!isObject(value)) throw new FormatError('DOCUMENT_MALFORMED', 'this is no JSON object')
  let again: string | undefined
  try {
    again = canonicalJson(value as JsonObject)
  } catch (cause) {
    // Fractions, or nested so deeply that the stack ends: nothing that was written here.
    if (!(cause instanceof RangeError)) throw cause
  }
  if (again !== text) throw new FormatError('DOCUMENT_MALFORMED', 'this JSON is not in its canonical form')
  return value as JsonObject
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isList = (value: readonly Json[] | JsonObject): value is readonly Json[] => Array.isArray(value)

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
