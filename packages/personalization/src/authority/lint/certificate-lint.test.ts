import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildCrl,
  type CurveName,
  concat,
  DER,
  derContext,
  derOctetString,
  derOid,
  derSequence,
  derUnsigned,
  encodeEcSpki,
  encodeSignatureAlgorithm,
  FormatError,
  generateKey,
  type HashName,
  importPublicKey,
  parseCertificate,
  type Signer,
  softwareSigner,
  tlv,
} from '@cccd/card-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { createCrl } from '../crl.ts'
import { createCsca, createLinkCertificate } from '../csca.ts'
import { createDocumentSigner, createMasterListSigner } from '../signer-certificate.ts'
import {
  generalizedTime,
  integer,
  putTogether,
  type RawCertificate,
  rawName,
  replaced,
  signedBy,
  takeApart,
  utcTime,
  withExtension,
  without,
} from '../testing/raw-certificate.ts'
import {
  type CertificateRole,
  LINT_RULES,
  type LintReport,
  lintCertificate,
  lintCrl,
  roleOf,
} from './certificate-lint.ts'

function ecSigner(curve: CurveName, hash: HashName, form: 'named' | 'explicit' = 'explicit'): Signer {
  const { pkcs8, spki } = generateKey({ kind: 'ec', curve })
  const key = importPublicKey(spki)
  if (key.kind !== 'ec') throw new Error('not an EC key')
  return softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash }, spki: encodeEcSpki(curve, key.point, form) })
}

const VALIDITY = { notBefore: new Date('2024-03-01T00:00:00Z'), notAfter: new Date('2037-03-01T00:00:00Z') }
const SIGNER_VALIDITY = { notBefore: new Date('2025-03-01T00:00:00Z'), notAfter: new Date('2035-03-01T00:00:00Z') }
const SERIAL = Uint8Array.of(0x11, 0x22)

interface Good {
  readonly csca: Uint8Array
  readonly link: Uint8Array
  readonly documentSigner: Uint8Array
  readonly masterListSigner: Uint8Array
  readonly old: Uint8Array
}
let good: Good
let cscaSigner: Signer
let oldSigner: Signer
let dsSigner: Signer

beforeAll(async () => {
  cscaSigner = ecSigner('brainpoolP512r1', 'sha512')
  oldSigner = ecSigner('brainpoolP384r1', 'sha384')
  dsSigner = ecSigner('brainpoolP384r1', 'sha384')
  const csca = await createCsca({ signer: cscaSigner, serialNumber: SERIAL, validity: VALIDITY })
  const old = await createCsca({ signer: oldSigner, serialNumber: SERIAL, validity: VALIDITY })
  const issued = { serialNumber: SERIAL, validity: SIGNER_VALIDITY, csca: { certificate: csca, signer: cscaSigner } }
  good = {
    csca,
    old,
    link: await createLinkCertificate({
      old: { certificate: old, signer: oldSigner },
      newCsca: csca,
      serialNumber: SERIAL,
      validity: VALIDITY,
    }),
    documentSigner: await createDocumentSigner({ ...issued, spki: dsSigner.publicKey }),
    masterListSigner: await createMasterListSigner({ ...issued, spki: dsSigner.publicKey }),
  }
})

const rulesOf = (report: LintReport): string[] => report.findings.map(({ rule }) => rule)

function issuerOf(role: CertificateRole): { certificate: Uint8Array; signer: Signer } {
  return role === 'link' ? { certificate: good.old, signer: oldSigner } : { certificate: good.csca, signer: cscaSigner }
}

describe('what this toolkit issues', () => {
  test.each(['csca', 'link', 'documentSigner', 'masterListSigner'] as const)('a %s breaks no rule', role => {
    const report = lintCertificate(good[role], { issuer: issuerOf(role).certificate, test: true })
    expect(report).toMatchObject({ kind: role, clean: true, findings: [] })
    expect(roleOf(parseCertificate(good[role]))).toBe(role)
  })

  test('a CRL breaks no rule', async () => {
    const crl = await createCrl({
      csca: { certificate: good.csca, signer: cscaSigner },
      number: 7,
      thisUpdate: new Date('2025-03-01T00:00:00Z'),
      nextUpdate: new Date('2025-05-30T00:00:00Z'),
      revoked: [{ serialNumber: SERIAL, at: new Date('2025-03-01T00:00:00Z'), reason: 1 }],
    })
    expect(lintCrl(crl, { issuer: good.csca })).toMatchObject({ clean: true, findings: [] })
  })

  test('a named curve is a warning, no error', async () => {
    const signer = ecSigner('secp384r1', 'sha384', 'named')
    const csca = await createCsca({ signer, serialNumber: SERIAL, validity: VALIDITY })
    const report = lintCertificate(csca)
    expect(rulesOf(report)).toEqual(['CURVE_NAMED'])
    expect(report.clean).toBe(true)
  })
})

type Change = (raw: RawCertificate) => RawCertificate | Promise<RawCertificate>

/** A rule, the certificate that breaks it, and what is changed in a good one; `bytes` changes it after signing. */
interface Bad {
  readonly rule: string
  readonly role: CertificateRole
  readonly change?: Change
  readonly signer?: () => Signer
  readonly bytes?: (der: Uint8Array) => Uint8Array
}

const CN = '2.5.4.3'
const rsa = (bits: number): Signer =>
  softwareSigner({ pkcs8: generateKey({ kind: 'rsa', bits }).pkcs8, algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' } })

function rsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = derSequence(tlv(DER.integer, modulus), tlv(DER.integer, exponent))
  const algorithm = derSequence(derOid('1.2.840.113549.1.1.1'), tlv(DER.null))
  return derSequence(algorithm, tlv(DER.bitString, Uint8Array.of(0), key))
}
const MODULUS = Uint8Array.of(0, ...new Uint8Array(384).fill(0xc5))
const EXPONENT = Uint8Array.of(1, 0, 1)

const keyUsage = (octet: number, unused: number): Uint8Array => tlv(DER.bitString, Uint8Array.of(unused, octet))
const constraints = (...parts: Uint8Array[]): Uint8Array => derSequence(...parts)
const TRUE = tlv(DER.boolean, Uint8Array.of(0xff))
const purpose = (...oids: string[]): Uint8Array => derSequence(...oids.map(derOid))
const period = (from: string, to: string): Uint8Array =>
  derSequence(tlv(0x80, new TextEncoder().encode(from)), tlv(0x81, new TextEncoder().encode(to)))

const BAD: readonly Bad[] = [
  { rule: 'VERSION_NOT_3', role: 'documentSigner', change: raw => ({ ...raw, version: derContext(0, integer(1)) }) },
  { rule: 'SERIAL_NOT_POSITIVE', role: 'documentSigner', change: raw => ({ ...raw, serialNumber: integer(0x81) }) },
  { rule: 'SERIAL_NOT_MINIMAL', role: 'documentSigner', change: raw => ({ ...raw, serialNumber: integer(0, 1) }) },
  {
    rule: 'SERIAL_TOO_LONG',
    role: 'documentSigner',
    change: raw => ({ ...raw, serialNumber: integer(...new Uint8Array(21).fill(1)) }),
  },
  {
    rule: 'LENGTH_NOT_MINIMAL',
    role: 'documentSigner',
    bytes: der => {
      // The same certificate, the length of its outermost SEQUENCE in three octets.
      const length = der.length - 4
      return concat(Uint8Array.of(0x30, 0x83, 0, length >> 8, length & 255), der.subarray(4))
    },
  },
  {
    rule: 'ALGORITHM_MISMATCH',
    role: 'documentSigner',
    change: raw => ({ ...raw, innerAlgorithm: encodeSignatureAlgorithm({ kind: 'ecdsa', hash: 'sha384' }) }),
  },
  {
    rule: 'ALGORITHM_PARAMETERS',
    role: 'documentSigner',
    change: raw => {
      const algorithm = derSequence(derOid('1.2.840.10045.4.3.4'), tlv(DER.null))
      return { ...raw, innerAlgorithm: algorithm, outerAlgorithm: algorithm }
    },
  },
  {
    rule: 'TIME_FORM',
    role: 'documentSigner',
    change: raw => ({ ...raw, notBefore: generalizedTime('20250301000000+0700') }),
  },
  {
    rule: 'VALIDITY_REVERSED',
    role: 'documentSigner',
    change: raw => ({ ...raw, notAfter: utcTime('240101000000Z') }),
  },
  {
    rule: 'NAME_STRING',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName(['2.5.4.6', 'VN'], [CN, tlv(DER.utf8String, Uint8Array.of(0xff))]) }),
  },
  {
    rule: 'COUNTRY_MISSING',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName([CN, 'Signer TEST']) }),
  },
  {
    rule: 'COUNTRY_MALFORMED',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName(['2.5.4.6', 'V1'], [CN, 'Signer TEST']) }),
  },
  {
    rule: 'COUNTRY_LOWER_CASE',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName(['2.5.4.6', 'vn'], [CN, 'Signer TEST']) }),
  },
  {
    rule: 'COUNTRY_DIFFERS',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName(['2.5.4.6', 'DE'], [CN, 'Signer TEST']) }),
  },
  {
    rule: 'COMMON_NAME_MISSING',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName(['2.5.4.6', 'VN'], ['2.5.4.10', 'TEST']) }),
  },
  {
    rule: 'TEST_NOT_MARKED',
    role: 'documentSigner',
    change: raw => ({ ...raw, subject: rawName(['2.5.4.6', 'VN'], [CN, 'Document Signer 7']) }),
  },
  { rule: 'EXTENSION_MALFORMED', role: 'csca', change: raw => withExtension(raw, 'keyUsage', { value: SERIAL }) },
  {
    rule: 'EXTENSION_REPEATED',
    role: 'documentSigner',
    change: raw => ({ ...raw, extensions: [...raw.extensions, ...raw.extensions.slice(0, 1)] }),
  },
  {
    rule: 'KEY_MALFORMED',
    role: 'documentSigner',
    change: raw => ({ ...raw, spki: derSequence(derSequence(derOid('1.2.840.113549.1.1.1')), derSequence()) }),
  },
  {
    rule: 'KEY_INTEGER_NOT_MINIMAL',
    role: 'documentSigner',
    change: raw => ({ ...raw, spki: rsaSpki(Uint8Array.of(0, ...MODULUS), EXPONENT) }),
  },
  {
    rule: 'RSA_MODULUS_NEGATIVE',
    role: 'documentSigner',
    change: raw => ({ ...raw, spki: rsaSpki(MODULUS.subarray(1), EXPONENT) }),
  },
  {
    rule: 'RSA_EXPONENT',
    role: 'documentSigner',
    change: raw => ({ ...raw, spki: rsaSpki(MODULUS, Uint8Array.of(1)) }),
  },
  {
    rule: 'CURVE_WITHOUT_COFACTOR',
    role: 'documentSigner',
    change: raw => {
      const key = importPublicKey(raw.spki)
      if (key.kind !== 'ec') throw new Error('not an EC key')
      return { ...raw, spki: withoutCofactor(raw.spki) }
    },
  },
  { rule: 'KEY_USAGE_MISSING', role: 'documentSigner', change: raw => without(raw, 'keyUsage') },
  {
    rule: 'KEY_USAGE_NOT_CRITICAL',
    role: 'documentSigner',
    change: raw => withExtension(raw, 'keyUsage', { critical: false }),
  },
  {
    rule: 'KEY_USAGE_OF_AUTHORITY',
    role: 'csca',
    change: raw => withExtension(raw, 'keyUsage', { value: keyUsage(0x86, 1) }),
  },
  {
    rule: 'KEY_USAGE_OF_SIGNER',
    role: 'documentSigner',
    change: raw => withExtension(raw, 'keyUsage', { value: keyUsage(0xc0, 6) }),
  },
  { rule: 'BASIC_CONSTRAINTS_MISSING', role: 'csca', change: raw => without(raw, 'basicConstraints') },
  {
    rule: 'BASIC_CONSTRAINTS_NOT_CRITICAL',
    role: 'csca',
    change: raw => withExtension(raw, 'basicConstraints', { critical: false }),
  },
  {
    rule: 'NOT_AN_AUTHORITY',
    role: 'csca',
    change: raw => withExtension(raw, 'basicConstraints', { value: constraints() }),
  },
  {
    rule: 'PATH_LENGTH',
    role: 'csca',
    change: raw => withExtension(raw, 'basicConstraints', { value: constraints(TRUE, derUnsigned(1)) }),
  },
  {
    rule: 'SIGNER_IS_AUTHORITY',
    role: 'documentSigner',
    change: raw => withExtension(raw, 'basicConstraints', { critical: true, value: constraints(TRUE) }),
  },
  {
    rule: 'EXTENDED_KEY_USAGE_PRESENT',
    role: 'documentSigner',
    change: raw => withExtension(raw, 'extendedKeyUsage', { value: purpose('2.5.29.37.0') }),
  },
  {
    rule: 'MASTER_LIST_PURPOSE',
    role: 'masterListSigner',
    change: raw => withExtension(raw, 'extendedKeyUsage', { critical: false }),
  },
  { rule: 'DOCUMENT_TYPES', role: 'documentSigner', change: raw => without(raw, 'documentTypeList') },
  {
    rule: 'UNKNOWN_CRITICAL_EXTENSION',
    role: 'documentSigner',
    change: raw => withExtension(raw, '1.3.6.1.4.1.99999.1', { critical: true, value: tlv(DER.null) }),
  },
  { rule: 'SUBJECT_KEY_IDENTIFIER_MISSING', role: 'csca', change: raw => without(raw, 'subjectKeyIdentifier') },
  {
    rule: 'AUTHORITY_KEY_IDENTIFIER_MISSING',
    role: 'documentSigner',
    change: raw => without(raw, 'authorityKeyIdentifier'),
  },
  {
    rule: 'AUTHORITY_KEY_IDENTIFIER_DIFFERS',
    role: 'documentSigner',
    change: raw => withExtension(raw, 'authorityKeyIdentifier', { value: derSequence(tlv(0x80, SERIAL)) }),
  },
  {
    rule: 'PRIVATE_KEY_USAGE_PERIOD_MISSING',
    role: 'documentSigner',
    change: raw => without(raw, 'privateKeyUsagePeriod'),
  },
  {
    rule: 'PRIVATE_KEY_USAGE_OUTSIDE_VALIDITY',
    role: 'documentSigner',
    change: raw => withExtension(raw, 'privateKeyUsagePeriod', { value: period('20250301000000Z', '20360301000000Z') }),
  },
  { rule: 'SUBJECT_ALT_NAME_MISSING', role: 'documentSigner', change: raw => without(raw, 'subjectAltName') },
  { rule: 'ISSUER_ALT_NAME_MISSING', role: 'documentSigner', change: raw => without(raw, 'issuerAltName') },
  {
    rule: 'CRL_DISTRIBUTION_POINT_MISSING',
    role: 'documentSigner',
    change: raw => without(raw, 'crlDistributionPoints'),
  },
  {
    rule: 'KEY_UNUSABLE',
    role: 'documentSigner',
    // The last bytes are the point's: one bit off the curve.
    change: raw => ({ ...raw, spki: raw.spki.map((byte, at) => (at === raw.spki.length - 1 ? byte ^ 1 : byte)) }),
  },
  {
    rule: 'KEY_WEAK',
    role: 'documentSigner',
    change: raw => ({ ...raw, spki: rsa(1024).publicKey }),
  },
  {
    rule: 'SIGNATURE_ALGORITHM_UNKNOWN',
    role: 'documentSigner',
    change: raw => {
      const algorithm = derSequence(derOid('1.3.101.112'))
      return { ...raw, innerAlgorithm: algorithm, outerAlgorithm: algorithm }
    },
  },
  { rule: 'HASH_WEAK', role: 'csca', signer: () => ecSigner('brainpoolP256r1', 'sha1') },
  { rule: 'HASH_SHORTER_THAN_KEY', role: 'csca', signer: () => ecSigner('brainpoolP384r1', 'sha256') },
  { rule: 'CURVE_NAMED', role: 'csca', signer: () => ecSigner('secp384r1', 'sha384', 'named') },
  {
    rule: 'NOT_SELF_SIGNED',
    role: 'csca',
    change: raw => ({ ...raw, issuer: rawName(['2.5.4.6', 'VN'], [CN, 'Somebody else TEST']) }),
  },
  {
    rule: 'ISSUER_NAME_DIFFERS',
    role: 'documentSigner',
    change: raw => ({ ...raw, issuer: rawName(['2.5.4.6', 'VN'], [CN, 'Somebody else TEST']) }),
  },
  {
    rule: 'SIGNATURE_WRONG',
    role: 'documentSigner',
    bytes: der => replaced(der, Uint8Array.of(0x11, 0x22), Uint8Array.of(0x11, 0x23)),
  },
  { rule: 'OUTLIVES_ISSUER', role: 'documentSigner', change: raw => ({ ...raw, notAfter: utcTime('380301000000Z') }) },
]

/** Explicit parameters without their last element, the cofactor. */
function withoutCofactor(spki: Uint8Array): Uint8Array {
  const key = importPublicKey(spki)
  if (key.kind !== 'ec') throw new Error('not an EC key')
  const explicit = encodeEcSpki(key.curve, key.point, 'explicit')
  const bits = tlv(DER.bitString, Uint8Array.of(0), key.point)
  const algorithm = explicit.subarray(0, explicit.length - bits.length)
  const ecPublicKey = derOid('1.2.840.10045.2.1')
  const at = algorithm.findIndex((_, i) => ecPublicKey.every((byte, j) => algorithm[i + j] === byte))
  // ECParameters ends with the cofactor 02 01 01.
  const whole = algorithm.subarray(at + ecPublicKey.length)
  const header = (whole[1] as number) < 0x80 ? 2 : 2 + ((whole[1] as number) & 0x7f)
  const parameters = whole.subarray(header, whole.length - 3)
  return derSequence(derSequence(ecPublicKey, derSequence(parameters)), bits)
}

async function broken({ role, change, signer, bytes }: Bad): Promise<Uint8Array> {
  if (signer) {
    const own = signer()
    return await createCsca({ signer: own, serialNumber: SERIAL, validity: VALIDITY })
  }
  const issuer = role === 'csca' ? cscaSigner : issuerOf(role).signer
  const raw = takeApart(good[role])
  const der = await putTogether(change ? await change(raw) : raw, issuer)
  return bytes ? bytes(der) : der
}

describe('what is broken is found', () => {
  test('taking a good certificate apart and putting it together breaks nothing', async () => {
    for (const role of ['csca', 'link', 'documentSigner', 'masterListSigner'] as const) {
      const der = await broken({ rule: '', role })
      expect([role, rulesOf(lintCertificate(der, { issuer: issuerOf(role).certificate, test: true }))]).toEqual([
        role,
        [],
      ])
    }
    const resigned = signedBy(takeApart(good.csca), cscaSigner)
    expect(rulesOf(lintCertificate(await putTogether(resigned, cscaSigner)))).toEqual([])
  })

  test.each(BAD)('$rule in a $role', async bad => {
    const der = await broken(bad)
    const report = lintCertificate(der, { role: bad.role, issuer: issuerOf(bad.role).certificate, test: true })
    expect(rulesOf(report)).toContain(bad.rule)
    const severity = LINT_RULES.find(({ rule }) => rule === bad.rule)?.severity
    if (severity === 'error') expect(report.clean).toBe(false)
  })

  const DAY = 86_400_000
  const start = new Date('2025-03-01T00:00:00Z')
  const at = (days: number): Date => new Date(start.getTime() + days * DAY)
  const algorithm = () => encodeSignatureAlgorithm(cscaSigner.algorithm)
  const time = (date: Date) => utcTime(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`)

  interface RawCrl {
    readonly version: Uint8Array
    readonly issuer: Uint8Array
    readonly nextUpdate: Uint8Array
    readonly extensions: readonly Uint8Array[]
  }
  const extension = (oid: string, value: Uint8Array, critical = false): Uint8Array =>
    derSequence(derOid(oid), critical ? TRUE : new Uint8Array(), derOctetString(value))
  const number = () => extension('2.5.29.20', derUnsigned(7))
  const authority = (id = parseCertificate(good.csca).subjectKeyIdentifier as Uint8Array) =>
    extension('2.5.29.35', derSequence(tlv(0x80, id)))

  async function crl(change: Partial<RawCrl>, signer = cscaSigner): Promise<Uint8Array> {
    const raw: RawCrl = {
      version: integer(1),
      issuer: parseCertificate(good.csca).subject.raw,
      nextUpdate: time(at(30)),
      extensions: [authority(), number()],
      ...change,
    }
    const tbs = derSequence(
      raw.version,
      algorithm(),
      raw.issuer,
      time(start),
      raw.nextUpdate,
      derContext(0, derSequence(...raw.extensions)),
    )
    return derSequence(tbs, algorithm(), tlv(DER.bitString, Uint8Array.of(0), await signer.sign(tbs)))
  }

  const BAD_CRLS: readonly (readonly [rule: string, make: () => Promise<Uint8Array>])[] = [
    ['CRL_VERSION', () => crl({ version: new Uint8Array() })],
    ['CRL_AUTHORITY_KEY_IDENTIFIER', () => crl({ extensions: [number()] })],
    ['CRL_AUTHORITY_KEY_IDENTIFIER', () => crl({ extensions: [authority(SERIAL), number()] })],
    ['CRL_NUMBER', () => crl({ extensions: [authority()] })],
    ['CRL_PERIOD', () => crl({ nextUpdate: time(at(91)) })],
    ['CRL_PERIOD', () => crl({ nextUpdate: new Uint8Array() })],
    [
      'CRL_CRITICAL_EXTENSION',
      () => crl({ extensions: [authority(), number(), extension('2.5.29.28', derSequence(), true)] }),
    ],
    ['CRL_STRUCTURE', () => crl({ extensions: [authority(), number(), number()] })],
    ['CRL_ISSUER', () => crl({ issuer: rawName(['2.5.4.6', 'VN'], [CN, 'Somebody else TEST']) })],
    ['CRL_SIGNATURE', () => crl({}, ecSigner('brainpoolP512r1', 'sha512'))],
  ]

  test('the CRL that the bad ones are changed from breaks no rule', async () => {
    expect(lintCrl(await crl({}), { issuer: good.csca })).toMatchObject({ clean: true, findings: [] })
  })

  test.each(BAD_CRLS)('%s in a CRL', async (rule, make) => {
    const report = lintCrl(await make(), { issuer: good.csca })
    expect(rulesOf(report)).toContain(rule)
    expect(report.clean).toBe(false)
  })

  test('every rule is broken by one of the bad ones', () => {
    const covered = new Set([...BAD.map(({ rule }) => rule), ...BAD_CRLS.map(([rule]) => rule)])
    expect(LINT_RULES.map(({ rule }) => rule).filter(rule => !covered.has(rule))).toEqual([])
    expect(new Set(LINT_RULES.map(({ rule }) => rule)).size).toBe(LINT_RULES.length)
  })

  test('a CRL that card-core builds is held to the same rules', async () => {
    const made = await buildCrl({
      issuer: parseCertificate(good.csca),
      signer: cscaSigner,
      thisUpdate: start,
      nextUpdate: at(10),
      crlNumber: 3n,
      revoked: [],
    })
    expect(lintCrl(made, { issuer: good.csca })).toMatchObject({ clean: true, findings: [] })
    expect(rulesOf(lintCrl(made, { issuer: good.old }))).toEqual(['CRL_AUTHORITY_KEY_IDENTIFIER', 'CRL_SIGNATURE'])
  })
})

test('mutated certificates are reported on or refused as malformed, never anything else', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (place, flip) => {
      const der = Uint8Array.from(good.documentSigner)
      der[place % der.length] = (der[place % der.length] as number) ^ flip
      try {
        return !lintCertificate(der, { role: 'documentSigner', issuer: good.csca }).clean
      } catch (error) {
        return error instanceof FormatError && error.code === 'CERTIFICATE_MALFORMED'
      }
    }),
    { numRuns: 300 },
  )
})

const data = process.env.CCCD_TEST_DATA ?? join(import.meta.dirname, '../../../../../../shared/data')
const testbed = join(data, 'csca/eid-testbed')
test.skipIf(!existsSync(testbed))('certificates of others are linted without a fault of ours', () => {
  let linted = 0
  for (const name of readdirSync(testbed)) {
    if (!/\.(cer|der|crt)$/i.test(name)) continue
    try {
      const report = lintCertificate(new Uint8Array(readFileSync(join(testbed, name))))
      expect(typeof report.clean).toBe('boolean')
      linted++
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
  }
  expect(linted).toBeGreaterThan(3)
})
