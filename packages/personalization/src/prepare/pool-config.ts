import { FormatError, type HashName } from '@cccd/card-core'

/** Where the key of a document signer is. Paths are relative to the folder of the configuration. */
export type SignerKey =
  /** PKCS #8, PEM or DER: for demonstrations. */
  | { readonly kind: 'file'; readonly file: string }
  | {
      readonly kind: 'pkcs11'
      readonly library: string
      readonly token: string
      readonly label: string
      /** Upper-case hex. */
      readonly id?: string
      readonly pinFile: string
    }
  /** A worker of a SignServer that makes the whole EF.SOD from hashes. */
  | { readonly kind: 'signServer'; readonly url: string; readonly worker: string }

export interface SignerConfig {
  /** DER or PEM file. */
  readonly certificate: string
  readonly key: SignerKey
  readonly hash: HashName
  /** RSA keys sign by PSS. */
  readonly pss: boolean
  /** How many signatures the key may make in its life. */
  readonly limit: number
}

/** The document signers of a line. */
export interface PoolConfig {
  readonly cscas: readonly string[]
  /** The ledger that counts, shared by all lines. */
  readonly ledger: string
  readonly signers: readonly SignerConfig[]
  /** Whether EF.SOD tells when it was signed. */
  readonly signingTime: boolean
}

const HASHES: readonly HashName[] = ['sha224', 'sha256', 'sha384', 'sha512']

// No credentials in it: it stands in a file that many read.
const ADDRESS = /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i

function malformed(field: string, message: string): FormatError {
  return new FormatError('SIGNER_POOL_MALFORMED', message, { field })
}

type Fields = Readonly<Record<string, unknown>>

/** The object at `field`; nothing may stand in it but `known`. */
function object(value: unknown, field: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field, 'an object is wanted')
  const stranger = Object.keys(value).find(name => !known.includes(name))
  // Told by its place alone: what was typed there may be a PIN.
  if (stranger !== undefined) throw malformed(field, 'there is a setting that nobody knows')
  return value as Fields
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(field, 'a text is wanted')
  return value
}

function list(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw malformed(field, 'a list with something in it is wanted')
  return value
}

function flag(value: unknown, field: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw malformed(field, 'true or false is wanted')
  return value ?? false
}

function keyOf(value: unknown, field: string): SignerKey {
  const { file, pkcs11, signServer } = object(value, field, ['file', 'pkcs11', 'signServer'])
  if ([file, pkcs11, signServer].filter(one => one !== undefined).length !== 1) {
    throw malformed(field, 'one of file, pkcs11 and signServer is wanted')
  }
  if (file !== undefined) return { kind: 'file', file: text(file, `${field}.file`) }
  if (pkcs11 !== undefined) {
    const at = `${field}.pkcs11`
    const { library, token, label, id, pinFile } = object(pkcs11, at, ['library', 'token', 'label', 'id', 'pinFile'])
    if (id !== undefined && (typeof id !== 'string' || !/^([0-9A-Fa-f]{2})+$/.test(id))) {
      throw malformed(`${at}.id`, 'hexadecimal digits are wanted')
    }
    return {
      kind: 'pkcs11',
      library: text(library, `${at}.library`),
      token: text(token, `${at}.token`),
      label: text(label, `${at}.label`),
      pinFile: text(pinFile, `${at}.pinFile`),
      ...(id === undefined ? {} : { id: id.toUpperCase() }),
    }
  }
  const at = `${field}.signServer`
  const { url, worker } = object(signServer, at, ['url', 'worker'])
  const address = text(url, `${at}.url`)
  if (!ADDRESS.test(address)) {
    throw malformed(`${at}.url`, 'an address with http or https is wanted')
  }
  return { kind: 'signServer', url: address, worker: text(worker, `${at}.worker`) }
}

function signerOf(value: unknown, field: string): SignerConfig {
  const known = ['certificate', 'key', 'hash', 'pss', 'limit']
  const { certificate, key, hash = 'sha256', pss, limit } = object(value, field, known)
  if (!HASHES.includes(hash as HashName)) throw malformed(`${field}.hash`, `one of ${HASHES.join(', ')} is wanted`)
  if (!Number.isSafeInteger(limit) || (limit as number) < 1) throw malformed(`${field}.limit`, 'a number is wanted')
  return {
    certificate: text(certificate, `${field}.certificate`),
    key: keyOf(key, `${field}.key`),
    hash: hash as HashName,
    pss: flag(pss, `${field}.pss`),
    limit: limit as number,
  }
}

/** Reads the configuration of a pool, a parsed JSON. Throws FormatError SIGNER_POOL_MALFORMED with the field; what was
 * typed there is not told. */
export function parsePoolConfig(value: unknown): PoolConfig {
  const { cscas, ledger, signers, signingTime } = object(value, 'pool', ['cscas', 'ledger', 'signers', 'signingTime'])
  return {
    cscas: list(cscas, 'cscas').map((one, index) => text(one, `cscas[${index}]`)),
    ledger: text(ledger, 'ledger'),
    signers: list(signers, 'signers').map((one, index) => signerOf(one, `signers[${index}]`)),
    signingTime: flag(signingTime, 'signingTime'),
  }
}
