// A folder of trust: certificates (.cer .der .crt .pem), master lists (.ml) and revocation lists (.crl), nothing else. Every
// certificate of an authority in it is an anchor because the operator put it there. A master list counts when its
// signature leads to such a certificate; one named `….unverified.ml` was taken without that, by explicit wish.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type Crl,
  digest,
  FormatError,
  type MasterList,
  type MasterListReason,
  sameName,
  toHex,
  verifyCrl,
} from '@cccd/card-core'
import { isLinkCertificate } from '../certificate-path.ts'
import { anchorKey, assembleTrustAnchors, isAuthority, type TrustAnchors } from '../trust-anchors.ts'
import { type CertificateSummary, summarizeCertificate } from '../verify-document.ts'
import { belongs, type Item, parseItems, readStoreFile, refuse, sniff, storeName } from './store-file.ts'

/** One file of the store, or one certificate of a file that holds several. */
export interface TrustStoreEntry {
  /** Name in the folder. */
  readonly file: string
  readonly kind: 'csca' | 'linkCertificate' | 'documentSigner' | 'masterList' | 'crl'
  /** SHA-256 of the certificate, list or CRL, upper-case hex. */
  readonly fingerprint: string
  /** A certificate: itself. A master list: those it holds. */
  readonly certificates: readonly CertificateSummary[]
  /** Whether it counts, and for a master list or CRL whether its signature led to an anchor. */
  readonly status: 'trusted' | 'candidate' | 'verified' | 'unverified' | 'refused'
  /** Why a master list was refused. */
  readonly reasons?: readonly MasterListReason[]
  /** A CRL: its issuer, and until when it is fresh (ISO 8601). */
  readonly issuer?: string
  readonly nextUpdate?: string
  readonly revoked?: number
}

async function readItems(dir: string, optional = false): Promise<Item[]> {
  let names: string[]
  try {
    names = (await readdir(dir)).filter(belongs).sort()
  } catch (error) {
    if (optional && (error as { code?: unknown }).code === 'ENOENT') return []
    return refuse(`the trust store ${dir} cannot be read`, dir, error)
  }
  const items: Item[] = []
  for (const file of names) items.push(...parseItems(file, await readStoreFile(join(dir, file), file)))
  return items
}

interface Assembled {
  readonly anchors: TrustAnchors
  readonly refused: ReadonlyMap<Item, readonly MasterListReason[]>
}

function assemble(items: readonly Item[], acceptUnverifiedLists = false): Assembled {
  const lists = items.filter(item => item.kind === 'masterList' && !item.unverified)
  const certificates = items.flatMap(item => (item.kind === 'certificate' ? [item.value] : []))
  const crls = items.flatMap(item => (item.kind === 'crl' ? [item.value] : []))
  const named = items.flatMap(item => (item.kind === 'masterList' && item.unverified ? [item.value] : []))
  const masterLists = lists.flatMap(item => (item.kind === 'masterList' ? [item.value] : []))
  const first = assembleTrustAnchors({ certificates, masterLists, unverifiedMasterLists: named, crls })
  const refused = new Map(first.refusedLists.map(({ index, reasons }) => [lists[index] as Item, reasons]))
  if (!acceptUnverifiedLists || refused.size === 0) return { anchors: first.anchors, refused }
  const accepted = first.refusedLists.map(({ index }) => masterLists[index] as MasterList)
  const { anchors } = assembleTrustAnchors({
    certificates,
    masterLists: masterLists.filter(list => !accepted.includes(list)),
    unverifiedMasterLists: [...named, ...accepted],
    crls,
  })
  return { anchors, refused }
}

/** What a caller may ask for by name, because it is weaker. */
export interface TrustStoreOptions {
  /** Take master lists whose signature leads to no certificate of the folder. Anchors from them are told as such. */
  readonly acceptUnverifiedLists?: boolean
  /** A folder that is not there is an empty store. */
  readonly optional?: boolean
}

/**
 * Loads a trust store. Throws FormatError with the file's name: TRUST_STORE_REFUSED when the folder or a file cannot be read,
 * or a master list does not verify; CERTIFICATE_MALFORMED, MASTER_LIST_MALFORMED or CRL_MALFORMED for a broken file. An
 * empty folder gives no anchors.
 */
export async function loadTrustStore(dir: string, options: TrustStoreOptions = {}): Promise<TrustAnchors> {
  const { anchors, refused } = assemble(await readItems(dir, options.optional), options.acceptUnverifiedLists)
  const [first] = refused
  if (first && !options.acceptUnverifiedLists) refuseList(first[0].file, first[1])
  return anchors
}

function refuseList(file: string, reasons: readonly MasterListReason[]): never {
  return refuse(`${file}: the master list does not verify with a certificate of the store: ${reasons.join(', ')}`, file)
}

function signedByAnchor(crl: Crl, anchors: TrustAnchors): boolean {
  return anchors.cscas.some(({ certificate }) => {
    if (!sameName(certificate.subject, crl.issuer)) return false
    const key = anchorKey(certificate)
    try {
      return !(key instanceof FormatError) && verifyCrl(crl, key)
    } catch (error) {
      if (error instanceof FormatError) return false
      throw error
    }
  })
}

function entryOf(item: Item, { anchors, refused }: Assembled): TrustStoreEntry {
  const head = { file: item.file, fingerprint: toHex(digest('sha256', item.der)) }
  switch (item.kind) {
    case 'certificate': {
      const certificates = [summarizeCertificate(item.value)]
      if (!isAuthority(item.value)) return { ...head, kind: 'documentSigner', status: 'candidate', certificates }
      return {
        ...head,
        kind: isLinkCertificate(item.value) ? 'linkCertificate' : 'csca',
        status: 'trusted',
        certificates,
      }
    }
    case 'masterList': {
      const certificates = item.value.certificates.map(summarizeCertificate)
      const reasons = refused.get(item)
      const status = item.unverified ? 'unverified' : reasons ? 'refused' : 'verified'
      return { ...head, kind: 'masterList', status, certificates, ...(reasons ? { reasons } : {}) }
    }
    case 'crl': {
      const { issuer, nextUpdate, revoked } = item.value
      return {
        ...head,
        kind: 'crl',
        status: signedByAnchor(item.value, anchors) ? 'verified' : 'refused',
        certificates: [],
        issuer: issuer.text,
        revoked: revoked.size,
        ...(nextUpdate === undefined ? {} : { nextUpdate: new Date(nextUpdate).toISOString() }),
      }
    }
  }
}

/** Lists a trust store, also files that do not count, with the reason. Throws FormatError as loadTrustStore does, but
 * not for a list that does not verify. */
export async function listTrustStore(
  dir: string,
  options: Pick<TrustStoreOptions, 'optional'> = {},
): Promise<readonly TrustStoreEntry[]> {
  const items = await readItems(dir, options.optional)
  const assembled = assemble(items)
  return items.map(item => entryOf(item, assembled))
}

/**
 * One entry by its file name, or by the beginning (at least eight digits) of its own or an inner certificate's
 * fingerprint. Throws FormatError TRUST_STORE_REFUSED when none or several fit.
 */
export async function showTrustStoreEntry(dir: string, name: string): Promise<TrustStoreEntry> {
  const wanted = name.replaceAll(':', '').toUpperCase()
  const byFingerprint = /^[0-9A-F]{8,64}$/.test(wanted)
  const fits = (print: string) => byFingerprint && print.startsWith(wanted)
  const entries = (await listTrustStore(dir)).filter(
    entry =>
      entry.file === name || fits(entry.fingerprint) || entry.certificates.some(inner => fits(inner.fingerprint)),
  )
  const [only, another] = entries
  if (!only) return refuse(`nothing in the trust store is named ${name}`, name)
  // The same certificate may stand alone and in a list: the one that stands alone is meant.
  const own = entries.filter(entry => entry.file === name || fits(entry.fingerprint))
  if (own.length === 1) return own[0] as TrustStoreEntry
  if (another) return refuse(`several entries of the trust store fit ${name}`, name)
  return only
}

/**
 * Adds a file to a trust store, which is made when it is not there: every certificate in it, a master list or a CRL, each
 * as DER under a name made of its fingerprint. What is there already is not written again. Nothing is written unless all
 * of it counts: throws FormatError as loadTrustStore does, TRUST_STORE_REFUSED for a master list that does not verify
 * (unless asked) and for a CRL that no anchor signed.
 */
export async function addToTrustStore(
  dir: string,
  path: string,
  options: TrustStoreOptions = {},
): Promise<readonly TrustStoreEntry[]> {
  const file = basename(path)
  const added = sniff(file, await readStoreFile(path, file))
  await mkdir(dir, { recursive: true })
  const present = await readItems(dir)
  const prints = new Map(present.map(item => [toHex(digest('sha256', item.der)), item]))
  const fresh = added.filter(item => !prints.has(toHex(digest('sha256', item.der))))
  const before = assemble([...present, ...fresh])
  const renamed = fresh.map((item): Item => {
    const reasons = before.refused.get(item)
    if (reasons && !options.acceptUnverifiedLists) refuseList(file, reasons)
    if (item.kind === 'crl' && !signedByAnchor(item.value, before.anchors)) {
      refuse(`${file}: no anchor of the store signed this CRL`, file)
    }
    const named = { ...item, file: storeName(item, reasons !== undefined) }
    return named.kind === 'masterList' ? { ...named, unverified: reasons !== undefined } : named
  })
  await writeAll(dir, renamed)
  const all = [...present, ...renamed]
  const assembled = assemble(all)
  const wanted = new Set(added.map(item => toHex(digest('sha256', item.der))))
  return all.map(item => entryOf(item, assembled)).filter(entry => wanted.has(entry.fingerprint))
}

/** Writes files under temporary names, then gives them their own: a name in the store is always a whole file. */
async function writeAll(dir: string, items: readonly Item[]): Promise<void> {
  const temporaries: string[] = []
  const named: string[] = []
  try {
    for (const { der } of items) {
      const temporary = join(dir, `.${randomBytes(8).toString('hex')}.tmp`)
      temporaries.push(temporary)
      await writeFile(temporary, der, { flag: 'wx' })
    }
    for (const [i, { file }] of items.entries()) {
      const name = join(dir, file)
      await rename(temporaries[i] as string, name)
      named.push(name)
    }
  } catch (error) {
    await Promise.all([...temporaries, ...named].map(path => unlink(path).catch(() => undefined)))
    refuse(`the trust store ${dir} cannot be written`, dir, error)
  }
}
