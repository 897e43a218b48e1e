import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, utf8 } from '../bytes.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import { DER, derBits, derContext, derNull, derOctetString, derOid, derSequence, derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { tlv } from '../tlv.ts'
import { parseCertificate, sameSerial, verifyCertificate } from './certificate.ts'
import { EXTENSION_OID } from './extensions.ts'
import {
  attribute,
  EXTENSIONS,
  ecSigner,
  extension,
  issue,
  issuePair,
  name,
  rsaSigner,
} from './testing/issue-certificate.ts'

const signer = ecSigner()
const good = await issue(signer)
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

test('a certificate built from its parts parses to them and verifies with the key of its issuer alone', async () => {
  const signer = ecSigner()
  const { csca, documentSigner } = await issuePair(signer)
  expect(csca.findings).toEqual([])
  expect(csca).toMatchObject({
    version: 3,
    serialNumber: Uint8Array.of(0x12, 0x34),
    notBefore: Date.UTC(2024, 0, 1),
    notAfter: Date.UTC(2034, 0, 1),
    basicConstraints: { ca: true, pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
  })
  expect(documentSigner).toMatchObject({ keyUsage: ['digitalSignature'], issuer: { text: 'C=VN, CN=Test CSCA' } })
  expect(documentSigner.spki).toEqual(signer.publicKey)
  expect(verifyCertificate(documentSigner, importPublicKey(csca.spki))).toBe(true)
  expect(verifyCertificate(documentSigner, importPublicKey(documentSigner.spki))).toBe(false)
})

test.each([
  [
    'parameters in the ECDSA identifier',
    { algorithm: derSequence(derOid(ECDSA_SHA256), derNull()) },
    'ALGORITHM_PARAMETERS',
  ],
  ['a serial number of zero', { serial: Uint8Array.of(2, 1, 0) }, 'SERIAL_NOT_POSITIVE'],
  ['a negative serial number', { serial: Uint8Array.of(2, 1, 0x80) }, 'SERIAL_NOT_POSITIVE'],
  ['a serial number with needless zeros', { serial: Uint8Array.of(2, 3, 0, 0, 1) }, 'SERIAL_NOT_MINIMAL'],
  ['a serial number of 21 bytes', { serial: tlv(2, new Uint8Array(21).fill(1)) }, 'SERIAL_TOO_LONG'],
  ['a country in lower case', { issuer: name('X', 'vn') }, 'COUNTRY_LOWER_CASE'],
  ['no country', { subject: derSequence(attribute('CN', 'X')) }, 'COUNTRY_MISSING'],
  ['a country of digits', { subject: name('X', '12') }, 'COUNTRY_MALFORMED'],
  ['version 1', { version: null, extensions: [] }, 'VERSION_NOT_3'],
  ['a time without seconds', { notBefore: tlv(DER.utcTime, utf8('2401010000Z')) }, 'TIME_FORM'],
  ['a time with an offset', { notBefore: tlv(DER.utcTime, utf8('240101000000+0700')) }, 'TIME_FORM'],
  ['an end before its start', { notAfter: tlv(DER.utcTime, utf8('230101000000Z')) }, 'VALIDITY_REVERSED'],
  ['an extension twice', { extensions: [EXTENSIONS.ca, EXTENSIONS.ca] }, 'EXTENSION_REPEATED'],
  ['a length too long', { serial: Uint8Array.of(2, 0x81, 1, 5) }, 'LENGTH_NOT_MINIMAL'],
  [
    'an extension whose length is wrong inside',
    { extensions: [extension(EXTENSION_OID.subjectKeyIdentifier, fromHex('041401'))] },
    'EXTENSION_MALFORMED',
  ],
  ['an extension without value', { extensions: [derSequence(derOid('2.5.29.14'))] }, 'EXTENSION_MALFORMED'],
  [
    'something after an extension value',
    { extensions: [derSequence(derOid('2.5.29.14'), derOctetString(fromHex('040101')), derNull())] },
    'EXTENSION_MALFORMED',
  ],
] as const)('a certificate with %s is read and the oddity named', async (_, parts, code) => {
  const certificate = parseCertificate(await issue(signer, parts))
  expect(certificate.findings.map(finding => finding.code)).toContain(code)
  expect(verifyCertificate(certificate, importPublicKey(signer.publicKey))).toBe(true)
})

const rsaKey = (modulus: Uint8Array, exponent: Uint8Array) =>
  derSequence(
    derSequence(derOid('1.2.840.113549.1.1.1'), derNull()),
    derBits(derSequence(tlv(2, modulus), tlv(2, exponent))),
  )
const MODULUS = concat(Uint8Array.of(0), new Uint8Array(64).fill(0xc3))

test.each([
  ['an even RSA exponent', rsaKey(MODULUS, Uint8Array.of(4)), 'RSA_EXPONENT'],
  ['RSA exponent 1', rsaKey(MODULUS, Uint8Array.of(1)), 'RSA_EXPONENT'],
  ['an RSA exponent of five bytes', rsaKey(MODULUS, Uint8Array.of(1, 0, 0, 0, 1)), 'RSA_EXPONENT'],
  ['a negative RSA modulus', rsaKey(MODULUS.subarray(1), Uint8Array.of(3)), 'RSA_MODULUS_NEGATIVE'],
  ['a padded RSA exponent', rsaKey(MODULUS, Uint8Array.of(0, 3)), 'KEY_INTEGER_NOT_MINIMAL'],
  [
    'no key in the key',
    derSequence(derSequence(derOid('1.2.840.113549.1.1.1')), derBits(fromHex('00'))),
    'KEY_MALFORMED',
  ],
  [
    'an explicit curve without cofactor',
    derSequence(
      derSequence(derOid('1.2.840.10045.2.1'), derSequence(...Array.from({ length: 5 }, () => derUnsigned(1)))),
      derBits(fromHex('04')),
    ),
    'CURVE_WITHOUT_COFACTOR',
  ],
])('a certificate with %s is read and the oddity named', async (_, spki, code) => {
  expect(parseCertificate(await issue(signer, { spki })).findings).toEqual([{ code }])
})

test('RSA exponents 3 and 65537 are no oddity', async () => {
  for (const exponent of [Uint8Array.of(3), Uint8Array.of(1, 0, 1)]) {
    expect(parseCertificate(await issue(signer, { spki: rsaKey(MODULUS, exponent) })).findings).toEqual([])
  }
})

test('the extensions of 9303-12 are decoded', async () => {
  const id = new Uint8Array(20).fill(9)
  const uri = 'http://crl.invalid/csca.crl'
  const certificate = parseCertificate(
    await issue(signer, {
      extensions: [
        EXTENSIONS.subjectKeyIdentifier(id),
        EXTENSIONS.authorityKeyIdentifier(id),
        EXTENSIONS.masterListSigning,
        extension(
          EXTENSION_OID.privateKeyUsagePeriod,
          derSequence(tlv(0x80, utf8('20240101000000Z')), tlv(0x81, utf8('20250101000000Z'))),
        ),
        extension(
          EXTENSION_OID.documentTypeList,
          derSequence(
            derUnsigned(0),
            tlv(DER.set, tlv(DER.printableString, utf8('P')), tlv(DER.printableString, utf8('ID'))),
          ),
        ),
        extension(
          EXTENSION_OID.crlDistributionPoints,
          derSequence(derSequence(derContext(0, derContext(0, tlv(0x86, utf8(uri)))))),
        ),
      ],
    }),
  )
  expect(certificate).toMatchObject({
    subjectKeyIdentifier: id,
    authorityKeyIdentifier: id,
    extendedKeyUsage: ['2.23.136.1.1.3'],
    privateKeyUsagePeriod: { notBefore: Date.UTC(2024, 0, 1), notAfter: Date.UTC(2025, 0, 1) },
    documentTypes: ['P', 'ID'],
    crlDistributionPoints: [uri],
    findings: [],
  })
  expect(certificate.extensions.get(EXTENSION_OID.extendedKeyUsage)?.critical).toBe(true)
})

test('UTCTime ends in 2049 and GeneralizedTime goes on', async () => {
  const parts = {
    notBefore: tlv(DER.utcTime, utf8('500101000000Z')),
    notAfter: tlv(DER.generalizedTime, utf8('20500101000000Z')),
  }
  expect(parseCertificate(await issue(signer, parts))).toMatchObject({
    notBefore: Date.UTC(1950, 0, 1),
    notAfter: Date.UTC(2050, 0, 1),
    findings: [],
  })
})

test.each([
  ['no bytes', Uint8Array.of()],
  ['an end cut off', good.subarray(0, good.length - 1)],
  ['a byte after it', concat(good, Uint8Array.of(0))],
  ['a set around it', concat(Uint8Array.of(0x31), good.subarray(1))],
  ['an indefinite length', concat(Uint8Array.of(0x30, 0x80), good.subarray(4), Uint8Array.of(0, 0))],
])('%s is no certificate', (_, der) => {
  expect(() => parseCertificate(der)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }))
})

test.each(['240230000000Z', '241301000000Z', '240101250000Z', '240101006000Z', '24010100000', '240101000000'])(
  'validity from %s is no time',
  async text => {
    const der = await issue(signer, { notBefore: tlv(DER.utcTime, utf8(text)) })
    expect(() => parseCertificate(der)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }))
  },
)

test('a certificate with one bit changed anywhere does not verify', () => {
  const key = importPublicKey(signer.publicKey)
  for (let at = 0; at < good.length; at += 3) {
    const changed = good.slice()
    changed[at] = (changed[at] as number) ^ 0x04
    let verified = false
    try {
      verified = verifyCertificate(parseCertificate(changed), key)
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
    expect(verified, `byte ${at}`).toBe(false)
  }
})

test('an algorithm outside that is not the one that was signed is never verified', async () => {
  const certificate = parseCertificate(
    await issue(signer, { outerAlgorithm: derSequence(derOid(ECDSA_SHA256), derNull()) }),
  )
  expect(certificate.findings).toContainEqual({ code: 'ALGORITHM_MISMATCH', oid: ECDSA_SHA256 })
  expect(verifyCertificate(certificate, importPublicKey(signer.publicKey))).toBe(false)
})

test('a key of another kind than the algorithm verifies nothing', () => {
  expect(verifyCertificate(parseCertificate(good), importPublicKey(rsaSigner().publicKey))).toBe(false)
})

test('serial numbers are compared as numbers', () => {
  expect(sameSerial(Uint8Array.of(0, 0, 5), Uint8Array.of(5))).toBe(true)
  expect(sameSerial(Uint8Array.of(5), Uint8Array.of(5, 0))).toBe(false)
})

test('hostile bytes give a certificate or a FormatError, nothing else', () => {
  const edit = fc.record({ at: fc.nat(good.length - 1), to: fc.integer({ min: 0, max: 255 }) })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), fc.option(fc.nat(good.length)), (edits, cut) => {
      const bytes = good.slice(0, cut ?? good.length)
      for (const { at, to } of edits) if (at < bytes.length) bytes[at] = to
      try {
        const certificate = parseCertificate(bytes)
        verifyCertificate(certificate, importPublicKey(certificate.spki))
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      expect(() => parseCertificate(bytes)).toThrow(FormatError)
    }),
  )
})

test('twenty thousand attributes or odd extensions and an endless object identifier are read or refused in seconds', async () => {
  const many = derSequence(...Array.from({ length: 20_000 }, () => attribute('CN', 'x')))
  const long = derSequence(tlv(DER.oid, new Uint8Array(200_000).fill(0xff), Uint8Array.of(1)))
  const odd = Array.from({ length: 20_000 }, (_, i) => derSequence(derOid(`1.2.${i}`), derNull()))
  const begin = Date.now()
  expect(parseCertificate(await issue(signer, { extensions: odd })).findings).toHaveLength(20_000)
  expect(parseCertificate(await issue(signer, { subject: many })).subject.rdns).toHaveLength(20_000)
  const endless = await issue(signer, { algorithm: long })
  expect(() => parseCertificate(endless)).toThrow(FormatError)
  expect(Date.now() - begin).toBeLessThan(5000)
})
