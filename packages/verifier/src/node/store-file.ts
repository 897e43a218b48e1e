// One file of a trust store: what its name allows, what its bytes hold, and what it is called once it is stored.
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import {
  type Certificate,
  type Crl,
  digest,
  FormatError,
  type MasterList,
  parseCertificate,
  parseCrl,
  parseMasterList,
  toHex,
} from '@cccd/card-core'
import { isAuthority } from '../trust-anchors.ts'
import { decodePem, looksLikePem } from './pem.ts'

/** What a store's file holds, parsed; a PEM file with several certificates gives several. */
export type Item =
  | { readonly file: string; readonly kind: 'certificate'; readonly der: Uint8Array; readonly value: Certificate }
  | {
      readonly file: string
      readonly kind: 'masterList'
      readonly der: Uint8Array
      readonly value: MasterList
      readonly unverified: boolean
    }
  | { readonly file: string; readonly kind: 'crl'; readonly der: Uint8Array; readonly value: Crl }

const CERTIFICATE_EXTENSIONS: readonly string[] = ['.cer', '.der', '.crt', '.pem']
const LONGEST_FILE = 64 * 1024 * 1024
const UNVERIFIED = /\.unverified\.ml$/i

/** Throws FormatError TRUST_STORE_REFUSED about a file or folder. */
export function refuse(message: string, file: string, cause?: unknown): never {
  throw new FormatError('TRUST_STORE_REFUSED', message, { file }, cause === undefined ? undefined : { cause })
}

/** Runs a parser; its FormatError gets the file's name, in facts and in words. */
function inStoreFile<T>(file: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new FormatError(error.code, `${file}: ${error.message}`, { ...error.facts, file }, { cause: error })
  }
}

/** Reads a file whole. Throws FormatError TRUST_STORE_REFUSED with its name. */
export async function readStoreFile(path: string, file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > LONGEST_FILE) return refuse(`${file}: larger than any list of certificates`, file)
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (error instanceof FormatError) throw error
    return refuse(`${file}: the file cannot be read`, file, error)
  }
}

function certificateItems(file: string, bytes: Uint8Array): Item[] {
  const ders = looksLikePem(bytes) ? inStoreFile(file, () => decodePem(bytes, 'CERTIFICATE')) : [bytes]
  if (ders.length === 0) {
    throw new FormatError('CERTIFICATE_MALFORMED', `${file}: the PEM text holds no certificate`, { file })
  }
  return ders.map(der => ({ file, kind: 'certificate', der, value: inStoreFile(file, () => parseCertificate(der)) }))
}

function single(file: string, bytes: Uint8Array, label: string): Uint8Array {
  if (!looksLikePem(bytes)) return bytes
  const [der, ...more] = inStoreFile(file, () => decodePem(bytes, label))
  if (!der || more.length > 0) return refuse(`${file}: the PEM text does not hold exactly one ${label}`, file)
  return der
}

/** Takes a file of the store apart by its extension. Throws FormatError with its name. */
export function parseItems(file: string, bytes: Uint8Array): Item[] {
  const extension = extname(file).toLowerCase()
  if (CERTIFICATE_EXTENSIONS.includes(extension)) return certificateItems(file, bytes)
  if (extension === '.ml') {
    const der = single(file, bytes, 'CMS')
    const value = inStoreFile(file, () => parseMasterList(der))
    return [{ file, kind: 'masterList', der, value, unverified: UNVERIFIED.test(file) }]
  }
  const der = single(file, bytes, 'X509 CRL')
  return [{ file, kind: 'crl', der, value: inStoreFile(file, () => parseCrl(der)) }]
}

/** Whether a file of the folder is one of the store's, by its name. */
export function belongs(file: string): boolean {
  const extension = extname(file).toLowerCase()
  return !file.startsWith('.') && (CERTIFICATE_EXTENSIONS.includes(extension) || ['.ml', '.crl'].includes(extension))
}

/** What a file is, when its name does not say: the parsers decide, certificates first. */
export function sniff(file: string, bytes: Uint8Array): Item[] {
  if (belongs(file)) return parseItems(file, bytes)
  for (const extension of ['.cer', '.ml', '.crl']) {
    try {
      return parseItems(`${file}${extension}`, bytes)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  }
  return refuse(`${file}: neither a certificate nor a master list nor a CRL`, file)
}

/** The name of a file in the store: its kind, its country, the beginning of its fingerprint. */
export function storeName(item: Item, unverified: boolean): string {
  const short = toHex(digest('sha256', item.der)).slice(0, 16)
  const country = (text: string | undefined) => (/^[A-Za-z]{2,3}$/.test(text ?? '') ? `${text?.toUpperCase()}-` : '')
  switch (item.kind) {
    case 'certificate':
      return `${isAuthority(item.value) ? 'csca' : 'signer'}-${country(item.value.subject.country)}${short}.cer`
    case 'masterList':
      return `list-${short}${unverified ? '.unverified' : ''}.ml`
    case 'crl':
      return `crl-${country(item.value.issuer.country)}${short}.crl`
  }
}
