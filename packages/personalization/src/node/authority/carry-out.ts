import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, fromHex, parseCertificate, parseCrl, type Signer, SignerError } from '@cccd/card-core'
import { createCrl } from '../../authority/crl.ts'
import { createCsca, createLinkCertificate } from '../../authority/csca.ts'
import type { Period } from '../../authority/extension.ts'
import { type LintReport, lintCertificate, lintCrl } from '../../authority/lint/certificate-lint.ts'
import { createMasterList } from '../../authority/master-list.ts'
import { createDocumentSigner, createMasterListSigner } from '../../authority/signer-certificate.ts'
import { type AuthorityState, FOLDERS } from './authority-folder.ts'
import type { KeyStore } from './key-store.ts'
import type { Act, Dates, KeySpec } from './request.ts'

/** What an act makes: files to write, and the authority as it is afterwards. Nothing is written here. */
export interface Outcome {
  readonly files: readonly { readonly file: string; readonly bytes: Uint8Array }[]
  readonly state: AuthorityState
  readonly lint: readonly LintReport[]
}

export interface Workshop {
  readonly folder: string
  readonly state: AuthorityState
  readonly keys: KeyStore
  readonly now: Date
  readonly random: (length: number) => Uint8Array
}

const DAY = 86_400_000

function validity({ notBefore, notAfter }: Dates): Period {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) }
}

function keyUsage({ notBefore, keyUntil }: Dates): Period {
  return { notBefore: new Date(notBefore), notAfter: new Date(keyUntil) }
}

/** A positive serial number of 16 random octets, the first of them never zero. */
function serialNumber(random: Workshop['random']): Uint8Array {
  const bytes = random(16)
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40
  return bytes
}

async function certificateNamed({ folder }: Workshop, label: string): Promise<Uint8Array> {
  if (!/^[a-z]+-\d+$/.test(label)) throw new FormatError('AUTHORITY_MALFORMED', 'a label is none', { field: 'csca' })
  try {
    return new Uint8Array(await readFile(join(folder, FOLDERS.certificates, `${label}.cer`)))
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ENOENT') throw cause
    throw new FormatError('AUTHORITY_MALFORMED', 'the authority has no such certificate', { file: label }, { cause })
  }
}

async function signerNamed(shop: Workshop, label: string): Promise<Signer> {
  const key = shop.state.keys[label]
  if (!key) throw new FormatError('AUTHORITY_MALFORMED', 'the authority has no such key', { file: label })
  return await shop.keys.open(label, key)
}

/** The next free labels of a kind: also an abandoned key's label is never used again. */
async function freeLabels({ folder, state }: Workshop, kind: string, count: number): Promise<string[]> {
  const there = [
    ...Object.keys(state.keys),
    ...(await readdir(join(folder, FOLDERS.keys))),
    ...(await readdir(join(folder, FOLDERS.certificates))),
  ]
  const highest = there.reduce((max, name) => {
    const match = new RegExp(`^${kind}-(\\d+)(\\.|$)`).exec(name)
    return match ? Math.max(max, Number(match[1])) : max
  }, 0)
  return Array.from({ length: count }, (_, index) => `${kind}-${String(highest + 1 + index).padStart(3, '0')}`)
}

function refuseFaulty(lint: readonly LintReport[]): void {
  const broken = lint.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'error'))
  if (broken.length === 0) return
  const rules = [...new Set(broken.map(({ rule }) => rule))].join(', ')
  throw new SignerError('CERTIFICATE_REFUSED', `what would be issued breaks the profile: ${rules}`)
}

const certificateFile = (label: string): string => join(FOLDERS.certificates, `${label}.cer`)

async function makeCsca(shop: Workshop, act: Act & { what: 'csca' }): Promise<Outcome> {
  const { state, keys, random } = shop
  const [label] = (await freeLabels(shop, 'csca', 1)) as [string]
  const old = act.after === undefined ? undefined : await certificateNamed(shop, act.after)
  const signer = await keys.create(label, act.key)
  const certificate = await createCsca({
    signer,
    name: act.name,
    serialNumber: serialNumber(random),
    validity: validity(act.dates),
    privateKeyUsage: keyUsage(act.dates),
  })
  const files = [{ file: certificateFile(label), bytes: certificate }]
  const lint = [lintCertificate(certificate, { role: 'csca', test: state.test })]
  if (old !== undefined && act.after !== undefined) {
    const link = await createLinkCertificate({
      old: { certificate: old, signer: await signerNamed(shop, act.after) },
      newCsca: certificate,
      serialNumber: serialNumber(random),
      // The old key vouches no longer than its own certificate does.
      validity: {
        notBefore: new Date(act.dates.notBefore),
        notAfter: new Date(Math.min(parseCertificate(old).notAfter, Date.parse(act.dates.notAfter))),
      },
    })
    files.push({ file: certificateFile(label.replace('csca', 'link')), bytes: link })
    lint.push(lintCertificate(link, { role: 'link', issuer: old, test: state.test }))
  }
  return { files, lint, state: { ...state, keys: { ...state.keys, [label]: act.key } } }
}

type SignerAct = Act & { what: 'document-signer' | 'master-list-signer' }

async function makeSigners(shop: Workshop, act: SignerAct): Promise<Outcome> {
  const { state, keys, random } = shop
  const csca = { certificate: await certificateNamed(shop, act.csca), signer: await signerNamed(shop, act.csca) }
  const kind = act.what === 'document-signer' ? 'ds' : 'mls'
  const given = act.publicKeys?.map(text => Uint8Array.from(Buffer.from(text, 'base64')))
  const labels = await freeLabels(shop, kind, given?.length ?? act.count)
  const files: { file: string; bytes: Uint8Array }[] = []
  const lint: LintReport[] = []
  const made: Record<string, KeySpec> = {}
  for (const [index, label] of labels.entries()) {
    const spki = given?.[index] ?? (await keys.create(label, act.key)).publicKey
    if (!given) made[label] = act.key
    const options = {
      csca,
      spki,
      name: { ...act.name, serialNumber: label.toUpperCase() },
      serialNumber: serialNumber(random),
      validity: validity(act.dates),
      privateKeyUsage: keyUsage(act.dates),
    }
    const certificate =
      act.what === 'document-signer'
        ? await createDocumentSigner({ ...options, ...(act.documentTypes && { documentTypes: act.documentTypes }) })
        : await createMasterListSigner(options)
    files.push({ file: certificateFile(label), bytes: certificate })
    lint.push(
      lintCertificate(certificate, {
        role: act.what === 'document-signer' ? 'documentSigner' : 'masterListSigner',
        issuer: csca.certificate,
        test: state.test,
      }),
    )
  }
  return { files, lint, state: { ...state, keys: { ...state.keys, ...made } } }
}

const crlFile = (csca: string, number: number): string =>
  join(FOLDERS.crls, `${csca}-${String(number).padStart(4, '0')}.crl`)

async function makeCrl(shop: Workshop, act: Act & { what: 'crl' }): Promise<Outcome> {
  const { folder, state, now } = shop
  const csca = { certificate: await certificateNamed(shop, act.csca), signer: await signerNamed(shop, act.csca) }
  const last = state.crls[act.csca] ?? 0
  const revoked = new Map<string, { at: Date; reason?: number }>()
  if (last > 0) {
    const before = parseCrl(new Uint8Array(await readFile(join(folder, crlFile(act.csca, last)))))
    for (const [serial, { date, reason }] of before.revoked) {
      revoked.set(serial, { at: new Date(date), ...(reason === undefined ? {} : { reason }) })
    }
  }
  for (const { serialNumber: serial, reason } of act.revoke) {
    const digits = serial.toUpperCase().replace(/^(00)+/, '')
    // What is revoked stays revoked from the day on which that was first said.
    if (!revoked.has(digits)) revoked.set(digits, { at: now, ...(reason === undefined ? {} : { reason }) })
  }
  const number = last + 1
  const crl = await createCrl({
    csca,
    number,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + act.days * DAY),
    revoked: [...revoked].map(([serial, one]) => ({ serialNumber: fromHex(serial), ...one })),
  })
  return {
    files: [{ file: crlFile(act.csca, number), bytes: crl }],
    lint: [lintCrl(crl, { issuer: csca.certificate })],
    state: { ...state, crls: { ...state.crls, [act.csca]: number } },
  }
}

async function makeMasterList(shop: Workshop, act: Act & { what: 'master-list' }): Promise<Outcome> {
  const { folder, state, now } = shop
  const names = await readdir(join(folder, FOLDERS.certificates))
  const own: Uint8Array[] = []
  for (const name of names.filter(one => /^(csca|link)-/.test(one)).sort()) {
    own.push(new Uint8Array(await readFile(join(folder, FOLDERS.certificates, name))))
  }
  const others = act.certificates.map(text => Uint8Array.from(Buffer.from(text, 'base64')))
  for (const certificate of others) parseCertificate(certificate)
  const certificate = await certificateNamed(shop, act.signer)
  const issuer = parseCertificate(certificate)
  const csca = own.find(one => {
    const { subjectKeyIdentifier: id } = parseCertificate(one)
    return id !== undefined && Buffer.from(id).equals(Buffer.from(issuer.authorityKeyIdentifier ?? []))
  })
  if (!csca) throw new FormatError('AUTHORITY_MALFORMED', "the list signer's CSCA is not here", { file: act.signer })
  const list = await createMasterList({
    certificates: [...own, ...others],
    masterListSigner: { certificate, signer: await signerNamed(shop, act.signer) },
    csca,
    digest: act.hash,
    signingTime: now,
  })
  const day = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  return { files: [{ file: join(FOLDERS.lists, `master-list-${day}.ml`), bytes: list }], lint: [], state }
}

/**
 * Makes what an act asks for, in memory, except for new keys, which the key store keeps from the moment they are made.
 * Throws SignerError CERTIFICATE_REFUSED when something of it breaks the profile, FormatError AUTHORITY_MALFORMED for a
 * label that is not there, RangeError for an impossible period or number.
 */
export async function carryOut(shop: Workshop, act: Act): Promise<Outcome> {
  const outcome = await make(shop, act)
  refuseFaulty(outcome.lint)
  return outcome
}

async function make(shop: Workshop, act: Act): Promise<Outcome> {
  const { state } = shop
  switch (act.what) {
    case 'csca':
      return await makeCsca(shop, act)
    case 'document-signer':
    case 'master-list-signer':
      return await makeSigners(shop, act)
    case 'crl':
      return await makeCrl(shop, act)
    case 'master-list':
      return await makeMasterList(shop, act)
    case 'add-person': {
      const { name, publicKey } = act.person
      if (state.people.some(one => one.name === name || one.publicKey === publicKey)) {
        throw new FormatError('AUTHORITY_MALFORMED', 'that person, or that key, is there already', { field: 'person' })
      }
      return { files: [], lint: [], state: { ...state, people: [...state.people, act.person] } }
    }
    case 'remove-person': {
      const people = state.people.filter(({ name }) => name !== act.name)
      if (people.length === state.people.length || people.length < state.approvals) {
        throw new FormatError('AUTHORITY_MALFORMED', 'that person is not there, or too few would be left', {
          field: 'name',
        })
      }
      return { files: [], lint: [], state: { ...state, people } }
    }
  }
}
