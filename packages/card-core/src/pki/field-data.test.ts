// Certificates, lists and SODs of the field: the shared test material, which a clone alone does not have.
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { equal, toBigInt, toHex } from '../bytes.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import { FormatError } from '../error.ts'
import { parseTlv } from '../tlv.ts'
import { type Certificate, isSelfIssued, parseCertificate, verifyCertificate } from './certificate.ts'
import { type MasterList, parseMasterList, verifyMasterList } from './master-list.ts'
import { sameName } from './name.ts'
import { checkSignerInfo, findSigner, parseSignedData, type SignedData } from './signed-data.ts'
import type { SignerInfo } from './signer-info.ts'

const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const present = existsSync(data)
const skip = present ? '' : ' (skipped: no shared test data, see CCCD_TEST_DATA)'
const onData = test.skipIf(!present)

function read(path: string): Uint8Array {
  return new Uint8Array(readFileSync(`${data}/${path}`))
}

/** A certificate file, PEM or DER. */
function certificateFile(path: string): Certificate {
  const bytes = read(path)
  const pem = /-----BEGIN CERTIFICATE-----([^-]+)-----/.exec(Buffer.from(bytes).toString('latin1'))
  return parseCertificate(pem ? new Uint8Array(Buffer.from(pem[1] as string, 'base64')) : bytes)
}

function files(folder: string, ending: string): string[] {
  return present ? readdirSync(`${data}/${folder}`).filter(file => file.endsWith(ending)) : []
}

const issuedBy = (certificate: Certificate, issuer: Certificate): boolean =>
  sameName(certificate.issuer, issuer.subject) && verifyCertificate(certificate, importPublicKey(issuer.spki))

const DE_2026 = 'csca/ml/DE_ML_2026-05-28-08-28-45.ml'
const LISTS = [
  { path: DE_2026, count: 588 },
  { path: 'csca/ml/DE_ML_2024-04-10-10-54-13.ml', count: 526 },
  { path: 'csca/ml/DE_ML_2024-08-07-07-38-24.ml', count: 541 },
  { path: 'csca/ml/NL_ML_2026-07-22.ml', count: 411 },
  { path: 'csca/ml/bare-CscaMasterList_tananaev-2026.bin', count: 581 },
] as const

const parsed = new Map<string, MasterList>()
function list(path: string): MasterList {
  const known = parsed.get(path) ?? parseMasterList(read(path))
  parsed.set(path, known)
  return known
}

onData.each(LISTS)(`every one of the $count certificates of $path parses, and its key can be used${skip}`, each => {
  const { certificates, unreadable } = list(each.path)
  expect(unreadable).toEqual([])
  expect(certificates).toHaveLength(each.count)
  for (const certificate of certificates) {
    expect(importPublicKey(certificate.spki).kind).toMatch(/^(ec|rsa)$/)
    expect(certificate.issuer.country).toMatch(/^[A-Za-z]{2}$/)
  }
})

onData.each(LISTS)(`OpenSSL reads the same numbers, names and dates from $path${skip}`, ({ path }) => {
  for (const certificate of list(path).certificates) {
    const second = new X509Certificate(certificate.raw)
    const bytes = certificate.serialNumber
    const negative = (bytes[0] as number) >= 0x80
    const value = negative ? (1n << BigInt(8 * bytes.length)) - toBigInt(bytes) : toBigInt(bytes)
    expect(value).toBe(BigInt(`0x${second.serialNumber.replace('-', '')}`))
    expect(certificate.notBefore).toBe(Date.parse(second.validFrom))
    expect(certificate.notAfter).toBe(Date.parse(second.validTo))
    // OpenSSL says CA only when the key usage allows it too.
    const { basicConstraints, keyUsage } = certificate
    expect((basicConstraints?.ca ?? false) && (keyUsage?.includes('keyCertSign') ?? true)).toBe(second.ca)
    for (const [ours, theirs] of [
      [certificate.issuer, second.issuer],
      [certificate.subject, second.subject],
    ] as const) {
      // One attribute a line, special characters escaped.
      const values = theirs.replaceAll('\\', '').split('\n')
      expect(values.map(line => line.slice(line.indexOf('=') + 1))).toEqual(ours.rdns.flat().map(each => each.value))
    }
  }
})

onData.each(LISTS)(
  `in $path every self-issued certificate verifies with its own key, or is a link certificate${skip}`,
  ({ path }) => {
    for (const certificate of list(path).certificates) {
      if (!isSelfIssued(certificate) || verifyCertificate(certificate, importPublicKey(certificate.spki))) continue
      const { authorityKeyIdentifier: issuer, subjectKeyIdentifier: own } = certificate
      expect(issuer && own && !equal(issuer, own), certificate.subject.text).toBe(true)
    }
  },
)

onData(`the oddities of the German list of 2026 are named${skip}`, () => {
  const counts = new Map<string, number>()
  for (const { findings } of list(DE_2026).certificates) {
    for (const { code } of findings) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  expect(Object.fromEntries(counts)).toEqual({
    ALGORITHM_PARAMETERS: 15,
    COUNTRY_LOWER_CASE: 13,
    SERIAL_NOT_POSITIVE: 2,
  })
})

onData(
  `the German list of 2026 verifies to CSCA 07, the Dutch one to its root, and neither to the other's${skip}`,
  () => {
    const germany = certificateFile('csca/ml/DE_ROOT_CA_CSCA07.cer')
    const netherlands = certificateFile('csca/ml/NL_ROOT_CA.cer')
    const german = list(DE_2026)
    const dutch = list('csca/ml/NL_ML_2026-07-22.ml')
    const at = Date.UTC(2026, 7, 1)
    expect(verifyMasterList(german, [germany], { at })).toMatchObject({ verified: true, reasons: [], path: [germany] })
    expect(verifyMasterList(dutch, [netherlands], { at })).toMatchObject({ verified: true, path: [netherlands] })
    expect(verifyMasterList(german, [netherlands], { at }).reasons).toEqual(['ISSUER_NOT_FOUND'])
    expect(verifyMasterList(dutch, [germany], { at }).reasons).toEqual(['ISSUER_NOT_FOUND'])
  },
)

onData.each(LISTS.slice(1, 3))(
  `$path verifies through the older root in the verified list of 2026, and not with CSCA 07 alone${skip}`,
  ({ path }) => {
    const germany = certificateFile('csca/ml/DE_ROOT_CA_CSCA07.cer')
    const latest = list(DE_2026)
    expect(verifyMasterList(latest, [germany]).verified).toBe(true)
    const check = verifyMasterList(list(path), latest.certificates, { at: Date.UTC(2024, 8, 1) })
    expect(check).toMatchObject({ verified: true, reasons: [] })
    expect(toHex(check.path.at(-1)?.serialNumber ?? Uint8Array.of())).toMatch(/^048[BD]$/)
    // The older root came with the list; it is no link from CSCA 07, so the anchor alone does not reach it.
    expect(verifyMasterList(list(path), [germany])).toMatchObject({
      verified: false,
      reasons: ['ISSUER_SIGNATURE_WRONG'],
    })
  },
)

onData(`a German list with one byte of its content changed is not verified${skip}`, () => {
  const bytes = read(DE_2026)
  bytes[400_000] = (bytes[400_000] as number) ^ 1
  const { signedData } = list(DE_2026)
  const changed = { ...list(DE_2026), signedData: { ...(signedData as SignedData), content: bytes.subarray(62) } }
  expect(verifyMasterList(changed, [certificateFile('csca/ml/DE_ROOT_CA_CSCA07.cer')]).reasons).toEqual([
    'SIGNED_ATTRIBUTES_WRONG',
  ])
})

onData(`the Indonesian link certificates lead from each CSCA to the next${skip}`, () => {
  const csca = (year: string): Certificate => certificateFile(`csca/ml/ID_${year}_CSCA.cer`)
  const link = (year: string): Certificate => certificateFile(`csca/ml/ID_${year}_CSCA_LINK.cer`)
  for (const year of ['2010-12', '2016-01', '2020-10']) expect(issuedBy(csca(year), csca(year))).toBe(true)
  for (const [older, newer] of [
    ['2010-12', '2016-01'],
    ['2016-01', '2020-10'],
  ] as const) {
    expect(issuedBy(link(newer), csca(older))).toBe(true)
    expect(issuedBy(link(newer), csca(newer))).toBe(false)
    expect(link(newer).spki).toEqual(csca(newer).spki)
  }
})

// The mock PKI: a folder for each algorithm combination.

const MOCK = 'lds/self-mock-pki'
const folders = files(MOCK, '').map(folder => `${MOCK}/${folder}`)
const has = (path: string): boolean => existsSync(`${data}/${path}`)
const pairs = folders.filter(folder => has(`${folder}/mock_csca.pem`) && has(`${folder}/mock_dsc.pem`))
const halves = folders.filter(folder => !pairs.includes(folder))

onData(
  `of the mock PKI 32 folders are pairs, and each document signer verifies with the CSCA beside it alone${skip}`,
  () => {
    expect(pairs).toHaveLength(32)
    const cscas = pairs.map(folder => certificateFile(`${folder}/mock_csca.pem`))
    for (const [index, folder] of pairs.entries()) {
      const documentSigner = certificateFile(`${folder}/mock_dsc.pem`)
      const own = cscas[index] as Certificate
      expect(issuedBy(own, own), folder).toBe(true)
      // All CSCAs have the same name, so only the signature tells them apart.
      expect(
        cscas.filter(csca => issuedBy(documentSigner, csca)).map(csca => csca.raw),
        folder,
      ).toEqual([own.raw])
      expect(documentSigner.findings).toEqual([])
    }
  },
)

onData(`the 9 halves of the mock PKI parse, and their keys can be used${skip}`, () => {
  expect(halves).toHaveLength(9)
  for (const folder of halves) {
    const file = has(`${folder}/mock_csca.pem`) ? 'mock_csca.pem' : 'mock_dsc.pem'
    const certificate = certificateFile(`${folder}/${file}`)
    expect(certificate.subject.text).toContain('CN=Mock')
    expect(importPublicKey(certificate.spki).kind).toBe('rsa')
  }
})

// SODs.

function sod(path: string): { signedData: SignedData; info: SignerInfo } {
  const bytes = read(path)
  const signedData = parseSignedData(bytes[0] === 0x77 ? parseTlv(bytes, 0x77).value : bytes)
  return { signedData, info: signedData.signerInfos[0] as SignerInfo }
}

onData(`the BSI reference SOD, RSA-PSS with SHA-256, verifies with the signer it carries${skip}`, () => {
  const { signedData, info } = sod('lds/bsi-tr03105-5-2013/EF_SOD.bin')
  const signer = findSigner(signedData, info) as Certificate
  expect(signer.subject.text).toBe('C=DE, O=HJP Consulting, OU=Document Signer, CN=HJP PB DS')
  expect(checkSignerInfo(signedData, info, signer)).toEqual({
    signedAttributes: 'successful',
    digest: true,
    signature: true,
  })
})

const ZKR = 'lds/zkr-synthetic'
onData(`the six synthetic SODs that name no signer of theirs find none${skip}`, () => {
  const sods = files(ZKR, '.sod')
  expect(sods).toHaveLength(6)
  for (const file of sods) {
    const { signedData, info } = sod(`${ZKR}/${file}`)
    expect(info.sid).toEqual({ kind: 'subjectKeyIdentifier', id: new Uint8Array(32) })
    expect(findSigner(signedData, info), file).toBeUndefined()
  }
})

onData(`five of them also do not verify under the signature OID they name, whoever the signer may be${skip}`, () => {
  const verified = files(ZKR, '.sod').filter(file => {
    const { signedData, info } = sod(`${ZKR}/${file}`)
    // The attributes are right: what is wrong is a SHA-256 OID over SHA-384 and SHA-512, and r‖s where DER belongs.
    const check = checkSignerInfo(signedData, info, signedData.certificates[0] as Certificate)
    expect(check).toMatchObject({ signedAttributes: 'successful', digest: true })
    return check.signature
  })
  expect(verified).toEqual(['johnny-silverhand-rsa-2048-sha256.sod'])
})

onData(`the document signers of the synthetic SODs verify with the CSCA of their kind of key${skip}`, () => {
  const cscas = {
    rsa: certificateFile(`${ZKR}/zkr-csca-rsa-2048-sha256.pem`),
    ecdsa: certificateFile(`${ZKR}/zkr-csca-ecdsa-p256-sha256.pem`),
  }
  const signers = files(ZKR, '.pem').filter(file => file.startsWith('zkr-dsc'))
  expect(signers).toHaveLength(6)
  for (const file of signers) {
    const signer = certificateFile(`${ZKR}/${file}`)
    expect(issuedBy(signer, cscas.rsa), file).toBe(file.includes('-rsa-'))
    expect(issuedBy(signer, cscas.ecdsa), file).toBe(file.includes('-ecdsa-'))
  }
})

// The test PKI of the eID server.

const EID = 'csca/eid-testbed'

onData.each([
  ['MASTERLIST_ECARD_CSCA_1.DER', '2.23.136.1.1.2', 'Master List Signer'],
  ['BLACKLIST_ECARD_DS_1.DER', '0.4.0.127.0.7.3.1.5', 'Defect List Signer'],
  ['BLACKLIST_ECARD_EIDCARDS_TERM_1_X.DER', '0.4.0.127.0.7.3.2.2', 'Black List Signer'],
])(
  `%s of the test PKI is signed data of type %s, signed by its %s under its CSCA${skip}`,
  (file, contentType, signer) => {
    const { signedData, info } = sod(`${EID}/${file}`)
    expect(signedData.contentType).toBe(contentType)
    const found = findSigner(signedData, info) as Certificate
    expect(found.subject.text).toContain(signer)
    expect(checkSignerInfo(signedData, info, found)).toEqual({
      signedAttributes: 'successful',
      digest: true,
      signature: true,
    })
    expect(issuedBy(found, certificateFile(`${EID}/CERT_ECARD_CSCA_1.DER`))).toBe(true)
  },
)

onData(`the test PKI's master list holds its CSCA; its signer lacks the purpose, which is told${skip}`, () => {
  const csca = certificateFile(`${EID}/CERT_ECARD_CSCA_1.DER`)
  const small = list(`${EID}/MASTERLIST_ECARD_CSCA_1.DER`)
  expect(small.certificates.map(each => each.raw)).toEqual([csca.raw])
  expect(verifyMasterList(small, [csca])).toMatchObject({ verified: false, reasons: ['SIGNER_PURPOSE_MISSING'] })
})

onData(
  `every certificate of the test PKI parses but one, which is damaged and which OpenSSL refuses too${skip}`,
  () => {
    const csca = certificateFile(`${EID}/CERT_ECARD_CSCA_1.DER`)
    const refused = files(EID, '').filter(file => {
      if (!file.startsWith('CERT_')) return false
      try {
        expect(issuedBy(certificateFile(`${EID}/${file}`), csca), file).toBe(true)
        return false
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect(() => new X509Certificate(read(`${EID}/${file}`))).toThrow()
        return true
      }
    })
    expect(refused).toEqual(['CERT_ECARD_DS_1_A.DER'])
  },
)
