import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from '../bytes.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import { derSequence, derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { parseCertificate } from './certificate.ts'
import { buildCrl, crlCovers, crlState, findRevocation, isRevoked, parseCrl, verifyCrl } from './crl.ts'
import { EXTENSIONS, ecSigner, issue, issuePair, name } from './testing/issue-certificate.ts'

const signer = ecSigner('secp256r1')
const ID = new Uint8Array(20).fill(3)
const issuer = parseCertificate(
  await issue(signer, { extensions: [EXTENSIONS.ca, EXTENSIONS.subjectKeyIdentifier(ID)] }),
)
const certificate = async (serial: number, issuerName = name('Test CSCA')) =>
  parseCertificate(await issue(signer, { serial: derUnsigned(serial), issuer: issuerName, extensions: [] }))
const REVOKED = new Date('2024-03-01T12:00:00Z')
const given = {
  issuer,
  signer,
  thisUpdate: new Date('2024-04-01T00:00:00Z'),
  nextUpdate: new Date('2024-07-01T00:00:00Z'),
  crlNumber: 300n,
}
const good = await buildCrl({
  ...given,
  revoked: [
    { serialNumber: Uint8Array.of(0, 0x99), date: REVOKED, reason: 1 },
    { serialNumber: Uint8Array.of(5), date: REVOKED },
  ],
})
const crl = parseCrl(good)

test('a CRL that was built parses to what went in, and verifies with the key of its issuer alone', () => {
  expect(crl).toMatchObject({
    version: 2,
    issuer: { text: 'C=VN, CN=Test CSCA' },
    thisUpdate: given.thisUpdate.getTime(),
    nextUpdate: given.nextUpdate.getTime(),
    crlNumber: 300n,
    authorityKeyIdentifier: ID,
    findings: [],
  })
  expect([...crl.revoked]).toEqual([
    ['99', { date: REVOKED.getTime(), reason: 1 }],
    ['05', { date: REVOKED.getTime() }],
  ])
  expect(verifyCrl(crl, importPublicKey(issuer.spki))).toBe(true)
  expect(verifyCrl(crl, importPublicKey(ecSigner('secp256r1').publicKey))).toBe(false)
})

test('a certificate is revoked by issuer and serial number together', async () => {
  expect(findRevocation(crl, await certificate(0x99))).toEqual({ date: REVOKED.getTime(), reason: 1 })
  expect(isRevoked(crl, await certificate(5))).toBe(true)
  expect(isRevoked(crl, await certificate(6))).toBe(false)
  const other = await certificate(5, name('Other CSCA'))
  expect(isRevoked(crl, other)).toBe(false)
  expect(crlCovers(crl, other)).toBe(false)
})

test('a CRL is current from thisUpdate to nextUpdate', () => {
  expect(crlState(crl, given.thisUpdate.getTime() - 1)).toBe('notYet')
  expect(crlState(crl, given.thisUpdate.getTime())).toBe('current')
  expect(crlState(crl, given.nextUpdate.getTime())).toBe('current')
  expect(crlState(crl, given.nextUpdate.getTime() + 1)).toBe('stale')
})

test('a CRL that revokes nothing leaves the list out', async () => {
  const empty = parseCrl(await buildCrl({ ...given, revoked: [] }))
  expect(empty.revoked.size).toBe(0)
  expect(empty.findings).toEqual([])
})

test('a CRL with one bit changed anywhere does not verify', () => {
  const key = importPublicKey(issuer.spki)
  for (let at = 0; at < good.length; at++) {
    const changed = good.slice()
    changed[at] = (changed[at] as number) ^ 0x02
    let verified = false
    try {
      verified = verifyCrl(parseCrl(changed), key)
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
    expect(verified, `byte ${at}`).toBe(false)
  }
})

test('hostile bytes give a CRL or a FormatError, nothing else', () => {
  const edit = fc.record({ at: fc.nat(good.length - 1), to: fc.integer({ min: 0, max: 255 }) })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), fc.option(fc.nat(good.length)), (edits, cut) => {
      const bytes = good.slice(0, cut ?? good.length)
      for (const { at, to } of edits) if (at < bytes.length) bytes[at] = to
      try {
        parseCrl(bytes)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        expect(error.code).toBe('CRL_MALFORMED')
      }
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['no bytes', Uint8Array.of()],
  ['a certificate', issuer.raw],
  ['bytes after it', concat(good, Uint8Array.of(0))],
  ['an empty sequence', derSequence()],
])('%s is no CRL', (_, bytes) => {
  expect(() => parseCrl(bytes)).toThrow(expect.objectContaining({ code: 'CRL_MALFORMED' }))
})

const openssl = spawnSync('openssl', ['version']).status === 0
const skip = openssl ? '' : ' (skipped: no openssl command here)'

function run(folder: string, ...args: readonly string[]): string {
  const done = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`openssl ${args[0]}: ${done.stderr}`)
  return done.stdout
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'crl-'))
  try {
    work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.skipIf(!openssl)(`openssl verifies our CRL and reads the same from it${skip}`, () => {
  inFolder(folder => {
    writeFileSync(join(folder, 'crl.der'), good)
    const pem = Buffer.from(issuer.raw).toString('base64').replace(/.{64}/g, '$&\n')
    writeFileSync(join(folder, 'ca.pem'), `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`)
    const text = run(
      folder,
      'crl',
      '-inform',
      'DER',
      '-in',
      'crl.der',
      '-CAfile',
      'ca.pem',
      '-verify',
      '-noout',
      '-text',
    )
    for (const line of ['Serial Number: 99', 'Key Compromise', 'Next Update: Jul  1 00:00:00 2024 GMT', '300']) {
      expect(text).toContain(line)
    }
  })
})

test.skipIf(!openssl)(`a CRL that openssl made is read, verified and looked up${skip}`, () => {
  inFolder(folder => {
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'number'), '07\n')
    const config =
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha384\ndefault_crl_days=30\ncrl_extensions=x\n' +
      '[x]\nauthorityKeyIdentifier=keyid:always\n[req]\ndistinguished_name=n\n[n]\n'
    writeFileSync(join(folder, 'c.cnf'), config)
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key']
    const subject = ['-subj', '/C=XX/CN=Test CSCA of openssl']
    run(
      folder,
      'req',
      '-x509',
      ...key,
      ...subject,
      '-out',
      'ca.pem',
      '-days',
      '30',
      '-config',
      'c.cnf',
      '-addext',
      'subjectKeyIdentifier=hash',
    )
    run(folder, 'x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der')
    const ca = ['-config', 'c.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key']
    run(folder, 'ca', ...ca, '-revoke', 'ca.pem', '-crl_reason', 'superseded')
    run(folder, 'ca', ...ca, '-gencrl', '-out', 'crl.pem')
    run(folder, 'crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der')
    const root = parseCertificate(readFileSync(join(folder, 'ca.der')))
    const made = parseCrl(readFileSync(join(folder, 'crl.der')))
    expect(made).toMatchObject({ version: 2, crlNumber: 7n, findings: [] })
    expect(verifyCrl(made, importPublicKey(root.spki))).toBe(true)
    expect(findRevocation(made, root)).toMatchObject({ reason: 4 })
  })
})

test('the CRL of a pair tells its document signer', async () => {
  const { cscaSigner, csca, documentSigner } = await issuePair(signer)
  const { serialNumber } = documentSigner
  const made = parseCrl(
    await buildCrl({ ...given, issuer: csca, signer: cscaSigner, revoked: [{ serialNumber, date: REVOKED }] }),
  )
  expect(verifyCrl(made, importPublicKey(csca.spki))).toBe(true)
  expect(isRevoked(made, documentSigner)).toBe(true)
  expect(isRevoked(made, csca)).toBe(false)
})
