import { CURVE_NAMES, FormatError, fromHex, type HashName, type SessionCipher, toHex } from '@cccd/card-core'
import type { ChipAuthenticationKey, ChipSecrets } from './document.ts'

// chip.json: what a document folder holds beside the files. Bytes are hex, the key identifier a decimal text.

/** What chip.json holds: the secrets, and the access protocols of the chip they belong to. */
export interface ChipJson {
  readonly secrets: ChipSecrets
  readonly access: readonly ('PACE' | 'BAC')[]
}

const HASHES: readonly HashName[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']
const CIPHERS: readonly SessionCipher[] = ['3DES', 'AES-128', 'AES-192', 'AES-256']
const ACCESS: readonly ('PACE' | 'BAC')[] = ['PACE', 'BAC']

function malformed(field: string, cause?: unknown): FormatError {
  // The text itself never goes into the message: it holds keys.
  return new FormatError(
    'DOCUMENT_MALFORMED',
    `chip.json: ${field} is malformed`,
    { file: 'chip.json', field },
    { cause },
  )
}

type Fields = Readonly<Record<string, unknown>>

function fields(value: unknown, field: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field)
  for (const key of Object.keys(value))
    if (!known.includes(key)) throw malformed(field === '' ? key : `${field}.${key}`)
  return value as Fields
}

function text(value: unknown, field: string, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw malformed(field)
  return value
}

function oneOf<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
  const found = choices.find(choice => choice === value)
  if (found === undefined) throw malformed(field)
  return found
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(field)
  return value
}

const hex = (value: unknown, field: string): Uint8Array => fromHex(text(value, field, /^([0-9A-Fa-f]{2})+$/))

function chipAuthenticationKey(value: unknown, field: string): ChipAuthenticationKey {
  const key = fields(value, field, ['keyId', 'curve', 'privateKey', 'cipher'])
  return {
    ...(key.keyId === undefined ? {} : { keyId: BigInt(text(key.keyId, `${field}.keyId`, /^\d{1,40}$/)) }),
    curve: oneOf(key.curve, `${field}.curve`, CURVE_NAMES),
    privateKey: hex(key.privateKey, `${field}.privateKey`),
    cipher: oneOf(key.cipher, `${field}.cipher`, CIPHERS),
  }
}

/** Reads chip.json. Throws FormatError DOCUMENT_MALFORMED with the field, never with its content. */
export function parseChipJson(json: string): ChipJson {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The parser's own message quotes what it read.
    throw malformed('the whole')
  }
  const all = fields(value, '', ['access', 'can', 'bacKey', 'activeAuthentication', 'chipAuthentication'])
  const bac =
    all.bacKey === undefined
      ? undefined
      : fields(all.bacKey, 'bacKey', ['documentNumber', 'dateOfBirth', 'dateOfExpiry'])
  const active =
    all.activeAuthentication === undefined
      ? undefined
      : fields(all.activeAuthentication, 'activeAuthentication', ['pkcs8', 'hash'])
  return {
    access: all.access === undefined ? ACCESS : list(all.access, 'access').map(one => oneOf(one, 'access', ACCESS)),
    secrets: {
      ...(all.can === undefined ? {} : { can: text(all.can, 'can', /^\d{6}$/) }),
      ...(bac && {
        bacKey: {
          documentNumber: text(bac.documentNumber, 'bacKey.documentNumber', /^[A-Z0-9<]{1,22}$/),
          dateOfBirth: text(bac.dateOfBirth, 'bacKey.dateOfBirth', /^[0-9<]{6}$/),
          dateOfExpiry: text(bac.dateOfExpiry, 'bacKey.dateOfExpiry', /^[0-9<]{6}$/),
        },
      }),
      ...(active && {
        activeAuthentication: {
          pkcs8: hex(active.pkcs8, 'activeAuthentication.pkcs8'),
          hash: oneOf(active.hash, 'activeAuthentication.hash', HASHES),
        },
      }),
      ...(all.chipAuthentication === undefined
        ? {}
        : {
            chipAuthentication: list(all.chipAuthentication, 'chipAuthentication').map((one, i) =>
              chipAuthenticationKey(one, `chipAuthentication[${i}]`),
            ),
          }),
    },
  }
}

/** Writes chip.json; parseChipJson undoes it. */
export function buildChipJson({ secrets, access }: ChipJson): string {
  const { can, bacKey, activeAuthentication: active, chipAuthentication } = secrets
  const value = {
    access,
    ...(can === undefined ? {} : { can }),
    ...(bacKey && { bacKey }),
    ...(active && { activeAuthentication: { pkcs8: toHex(active.pkcs8), hash: active.hash } }),
    ...(chipAuthentication && {
      chipAuthentication: chipAuthentication.map(key => ({
        ...(key.keyId === undefined ? {} : { keyId: String(key.keyId) }),
        curve: key.curve,
        privateKey: toHex(key.privateKey),
        cipher: key.cipher,
      })),
    }),
  }
  return `${JSON.stringify(value, null, 2)}\n`
}
