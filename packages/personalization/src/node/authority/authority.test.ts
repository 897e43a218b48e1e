import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CardToolkitError,
  importPublicKey,
  isRevoked,
  parseCertificate,
  parseCrl,
  parseMasterList,
  toHex,
  verifyCertificate,
  verifyCrl,
  verifyMasterList,
} from '@cccd/card-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Authority } from './authority.ts'
import { createPersonKey, type Person } from './person.ts'
import type { Act, Dates, KeySpec } from './request.ts'

const PASSPHRASE = 'an invented passphrase'
const KEY: KeySpec = { curve: 'brainpoolP384r1', form: 'explicit', hash: 'sha384' }
const CSCA_DATES: Dates = {
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2041-01-01T00:00:00Z',
  keyUntil: '2031-01-01T00:00:00Z',
}
const DS_DATES: Dates = {
  notBefore: '2026-02-01T00:00:00Z',
  notAfter: '2036-05-01T00:00:00Z',
  keyUntil: '2026-05-01T00:00:00Z',
}
const NAME = { country: 'VN', organization: 'CCCD toolkit TEST', commonName: 'CSCA TEST - not a real authority' }
const SIGNER_NAME = { ...NAME, commonName: 'Document Signer TEST - not a real authority' }

let folder: string
let clock: Date
let people: { person: Person; pem: string }[]
let count = 0
const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => (count++ * 89 + 7) & 255)
const options = () => ({ folder: join(folder, 'authority'), now: () => clock, random })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-ceremony-'))
  clock = new Date('2026-03-01T08:00:00Z')
  people = ['An', 'Bình', 'Chi'].map(name => {
    const { pem, publicKey } = createPersonKey(PASSPHRASE)
    return { pem, person: { name, publicKey } }
  })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const found = (given: Partial<Parameters<typeof Authority.found>[1]> = {}): Promise<Authority> =>
  Authority.found(options(), { test: true, name: NAME, people: people.map(({ person }) => person), ...given })

const by = (index: number) => ({ pem: people[index]?.pem ?? '', passphrase: PASSPHRASE })

async function perform(authority: Authority, act: Act): Promise<string[]> {
  const { request } = await authority.ask(act)
  await authority.approve(request.number, by(0))
  await authority.approve(request.number, by(1))
  const { record } = await authority.carryOut(request.number)
  return record.made.map(({ file }) => file)
}

const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(join(folder, 'authority', file)))
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof CardToolkitError ? error.code : String(error)),
  )
const CSCA: Act = { what: 'csca', key: KEY, name: NAME, dates: CSCA_DATES }
const signers = (count: number): Act => ({
  what: 'document-signer',
  csca: 'csca-001',
  key: KEY,
  name: SIGNER_NAME,
  dates: DS_DATES,
  count,
})

describe('two people', () => {
  test('an act is carried out after two approvals, not after one, not after two by one person', async () => {
    const authority = await found()
    const { request } = await authority.ask(CSCA)
    expect(await refusal(authority.carryOut(request.number))).toBe('APPROVAL_MISSING')
    await authority.approve(request.number, by(0))
    await authority.approve(request.number, by(0))
    expect((await authority.view(request.number)).approvedBy).toEqual(['An'])
    expect(await refusal(authority.carryOut(request.number))).toBe('APPROVAL_MISSING')
    expect(readdirSync(join(folder, 'authority', 'keys'))).toEqual([])
    await authority.approve(request.number, by(2))
    const { record } = await authority.carryOut(request.number)
    expect(record).toMatchObject({ act: 'csca', approvedBy: ['An', 'Chi'] })
    expect(await refusal(authority.carryOut(request.number))).toBe('APPROVAL_REFUSED')
    expect(await refusal(authority.approve(request.number, by(1)))).toBe('APPROVAL_REFUSED')
  })

  test('a stranger, a wrong passphrase and another authority approve nothing', async () => {
    const authority = await found()
    const { request } = await authority.ask(CSCA)
    const stranger = createPersonKey(PASSPHRASE)
    expect(await refusal(authority.approve(request.number, { pem: stranger.pem, passphrase: PASSPHRASE }))).toBe(
      'APPROVAL_REFUSED',
    )
    expect(await refusal(authority.approve(request.number, { ...by(0), passphrase: 'another passphrase' }))).toBe(
      'APPROVAL_REFUSED',
    )
    const elsewhere = { ...options(), folder: join(folder, 'elsewhere') }
    const other = await Authority.found(elsewhere, { test: true, name: NAME, people: people.map(p => p.person) })
    await other.ask(CSCA)
    await other.approve(1, by(0))
    await other.approve(1, by(1))
    // The approvals of one authority laid into the folder of another count for nothing.
    writeFileSync(
      join(folder, 'authority', 'requests', '0001.approvals.json'),
      readFileSync(join(folder, 'elsewhere', 'requests', '0001.approvals.json')),
    )
    expect((await authority.view(1)).approvedBy).toEqual([])
  })

  test('a request that is changed after it was approved has no approval any more', async () => {
    const authority = await found()
    await authority.ask(CSCA)
    await authority.approve(1, by(0))
    await authority.approve(1, by(1))
    const path = join(folder, 'authority', 'requests', '0001.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('2041-01-01', '2049-01-01'))
    expect((await authority.view(1)).approvedBy).toEqual([])
    expect(await refusal(authority.carryOut(1))).toBe('APPROVAL_MISSING')
  })

  test('somebody who was removed approves no more, and whoever was added does', async () => {
    const authority = await found()
    await perform(authority, { what: 'remove-person', name: 'An' })
    await authority.ask(CSCA)
    expect(await refusal(authority.approve(2, by(0)))).toBe('APPROVAL_REFUSED')
    await authority.approve(2, by(1))
    await authority.approve(2, by(2))
    expect((await authority.view(2)).approvedBy).toEqual(['Bình', 'Chi'])
    const { request } = await authority.ask({ what: 'remove-person', name: 'Chi' })
    await authority.approve(request.number, by(1))
    await authority.approve(request.number, by(2))
    expect(await refusal(authority.carryOut(request.number))).toBe('AUTHORITY_MALFORMED')
  })

  test('one person, one key under two names, or one approval found no authority', async () => {
    const [an, binh] = people.map(({ person }) => person) as [Person, Person]
    expect(await refusal(found({ people: [an] }))).toBe('AUTHORITY_MALFORMED')
    expect(await refusal(found({ people: [an, { ...binh, publicKey: an.publicKey }] }))).toBe('AUTHORITY_MALFORMED')
    expect(await refusal(found({ approvals: 1 }))).toBe('AUTHORITY_MALFORMED')
    expect(await refusal(found({ name: { ...NAME, commonName: 'CSCA' } }))).toBe('AUTHORITY_MALFORMED')
    expect(await refusal(found({ test: false }))).toBe('SIGNER_FAILED')
  })
})

describe('what is made', () => {
  test('CSCA, signers, a second CSCA with its link, list signer, master list and CRLs all hold together', async () => {
    const authority = await found()
    expect(await perform(authority, CSCA)).toEqual(['certificates/csca-001.cer'])
    const made = await perform(authority, signers(3))
    expect(made).toEqual([1, 2, 3].map(n => `certificates/ds-00${n}.cer`))
    const csca = parseCertificate(bytesOf('certificates/csca-001.cer'))
    const cscaKey = importPublicKey(csca.spki)
    const serials = made.map(file => parseCertificate(bytesOf(file)))
    for (const certificate of serials) expect(verifyCertificate(certificate, cscaKey)).toBe(true)
    expect(new Set(serials.map(one => toHex(one.serialNumber))).size).toBe(3)
    expect(new Set(serials.map(one => toHex(one.spki))).size).toBe(3)

    const next = await perform(authority, { ...CSCA, after: 'csca-001' } as Act)
    expect(next).toEqual(['certificates/csca-002.cer', 'certificates/link-002.cer'])
    const link = parseCertificate(bytesOf('certificates/link-002.cer'))
    expect(verifyCertificate(link, cscaKey)).toBe(true)
    expect(toHex(link.spki)).toBe(toHex(parseCertificate(bytesOf('certificates/csca-002.cer')).spki))

    await perform(authority, {
      what: 'master-list-signer',
      csca: 'csca-002',
      key: KEY,
      name: { ...NAME, commonName: 'Master List Signer TEST' },
      dates: DS_DATES,
      count: 1,
    })
    const [list] = await perform(authority, {
      what: 'master-list',
      signer: 'mls-001',
      hash: 'sha384',
      certificates: [],
    })
    const parsed = parseMasterList(bytesOf(list as string))
    expect(parsed.certificates).toHaveLength(3)
    const anchor = parseCertificate(bytesOf('certificates/csca-002.cer'))
    expect(verifyMasterList(parsed, [anchor])).toBeTruthy()

    const revoke = (index: number) => [{ serialNumber: toHex(serials[index]?.serialNumber as Uint8Array), reason: 1 }]
    await perform(authority, { what: 'crl', csca: 'csca-001', days: 30, revoke: revoke(0) })
    clock = new Date('2026-03-20T08:00:00Z')
    const [second] = await perform(authority, { what: 'crl', csca: 'csca-001', days: 30, revoke: revoke(1) })
    const crl = parseCrl(bytesOf(second as string))
    expect(verifyCrl(crl, cscaKey)).toBe(true)
    expect(crl.crlNumber).toBe(2n)
    // Once revoked, always revoked, and since the day on which it was first said.
    expect(serials.map(one => isRevoked(crl, one))).toEqual([true, true, false])
    expect([...crl.revoked.values()].map(({ date }) => new Date(date).toISOString())).toEqual([
      '2026-03-01T08:00:00.000Z',
      '2026-03-20T08:00:00.000Z',
    ])
    expect(await authority.inspect()).toEqual([])
  })

  test('a signer for a key that lives in an HSM is issued over the public key alone', async () => {
    const authority = await found()
    await perform(authority, CSCA)
    const other = await Authority.found(
      { ...options(), folder: join(folder, 'other') },
      { test: true, name: NAME, people: people.map(p => p.person) },
    )
    await other.ask(CSCA)
    await other.approve(1, by(0))
    await other.approve(1, by(1))
    await other.carryOut(1)
    const { spki } = parseCertificate(new Uint8Array(readFileSync(join(folder, 'other', 'certificates/csca-001.cer'))))
    const [file] = await perform(authority, {
      ...signers(1),
      publicKeys: [Buffer.from(spki).toString('base64')],
    } as Act)
    expect(toHex(parseCertificate(bytesOf(file as string)).spki)).toBe(toHex(spki))
    expect(readdirSync(join(folder, 'authority', 'keys'))).toEqual(['csca-001.pem'])
  })

  test('what would break the profile is not issued', async () => {
    const authority = await found()
    const { request } = await authority.ask({ ...CSCA, name: { country: 'VN', commonName: 'CSCA Viet Nam' } } as Act)
    await authority.approve(request.number, by(0))
    await authority.approve(request.number, by(1))
    expect(await refusal(authority.carryOut(request.number))).toBe('CERTIFICATE_REFUSED')
    expect(readdirSync(join(folder, 'authority', 'certificates'))).toEqual([])
    const weak = await authority.ask({ ...CSCA, key: { ...KEY, curve: 'secp192r1' } } as Act)
    await authority.approve(weak.request.number, by(0))
    await authority.approve(weak.request.number, by(1))
    expect(await refusal(authority.carryOut(weak.request.number))).toBe('CERTIFICATE_REFUSED')
    // The label of a key that was given up is not used again.
    expect(await perform(authority, CSCA)).toEqual(['certificates/csca-003.cer'])
  })

  test.skipIf(process.platform === 'win32')('keys, requests and approvals are for their owner alone', async () => {
    const authority = await found()
    await perform(authority, CSCA)
    const mode = (path: string): number => statSync(join(folder, 'authority', path)).mode & 0o777
    expect(mode('keys/csca-001.pem')).toBe(0o600)
    expect(mode('keys')).toBe(0o700)
    expect(mode('requests/0001.json')).toBe(0o600)
    expect(mode('ceremonies.jsonl')).toBe(0o600)
  })

  test.skipIf(spawnSync('openssl', ['version']).status !== 0)('openssl takes the chain and the CRL', async () => {
    const authority = await found()
    const key: KeySpec = { curve: 'secp384r1', form: 'named', hash: 'sha384' }
    await perform(authority, { ...CSCA, key } as Act)
    const [ds] = await perform(authority, { ...signers(1), key } as Act)
    const [crl] = await perform(authority, { what: 'crl', csca: 'csca-001', days: 30, revoke: [] })
    const pem = (file: string, kind: 'x509' | 'crl'): string => {
      const out = join(folder, `${file.replaceAll('/', '-')}.pem`)
      execFileSync('openssl', [kind, '-inform', 'DER', '-in', join(folder, 'authority', file), '-out', out])
      return out
    }
    const given = [
      'verify',
      '-attime',
      String(clock.getTime() / 1000 + 3600),
      '-x509_strict',
      '-CAfile',
      pem('certificates/csca-001.cer', 'x509'),
      '-CRLfile',
      pem(crl as string, 'crl'),
      '-crl_check',
      pem(ds as string, 'x509'),
    ]
    expect(execFileSync('openssl', given, { encoding: 'utf8' })).toMatch(/OK/)
  })
})

describe('the record', () => {
  test('a file that is changed, gone or unaccounted for is named', async () => {
    const authority = await found()
    await perform(authority, CSCA)
    await perform(authority, signers(2))
    const at = (file: string): string => join(folder, 'authority', file)
    writeFileSync(at('certificates/ds-001.cer'), Uint8Array.of(1, 2, 3))
    rmSync(at('certificates/ds-002.cer'))
    writeFileSync(at('certificates/ds-009.cer'), Uint8Array.of(1))
    expect((await authority.inspect()).map(({ file, en }) => [file, en])).toEqual([
      ['certificates/ds-001.cer', 'The file was changed.'],
      ['certificates/ds-002.cer', 'The file is gone.'],
      ['certificates/ds-009.cer', 'No record accounts for this file.'],
    ])
  })

  test('a record that is taken out, changed or put elsewhere breaks the chain at its line', async () => {
    const authority = await found()
    await perform(authority, CSCA)
    await perform(authority, signers(1))
    await perform(authority, signers(1))
    const path = join(folder, 'authority', 'ceremonies.jsonl')
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const breaks = async (changed: readonly string[]): Promise<unknown> => {
      writeFileSync(path, `${changed.join('\n')}\n`)
      return await authority.inspect().catch((error: CardToolkitError) => [error.code, error.facts.line])
    }
    const [a, b, c] = lines as [string, string, string]
    expect(await breaks([a, c])).toEqual(['AUTHORITY_MALFORMED', 2])
    expect(await breaks([b, a, c])).toEqual(['AUTHORITY_MALFORMED', 1])
    expect(await breaks([a, b.replace('An', 'Chi'), c])).toEqual(['AUTHORITY_MALFORMED', 3])
    expect(await breaks([a, '{', c])).toEqual(['AUTHORITY_MALFORMED', 2])
    expect(await breaks(lines)).toEqual([])
  })
})
