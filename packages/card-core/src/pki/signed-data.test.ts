import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, utf8 } from '../bytes.ts'
import { digest } from '../crypto/hash.ts'
import type { SignatureAlgorithm } from '../crypto/signature.ts'
import type { Signer } from '../crypto/signer.ts'
import {
  DER,
  type DerNode,
  derChildren,
  derContext,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUnsigned,
  parseDer,
} from '../der.ts'
import { FormatError } from '../error.ts'
import { tlv } from '../tlv.ts'
import { encodeHashAlgorithm, encodeSignatureAlgorithm } from './algorithm.ts'
import type { Certificate } from './certificate.ts'
import { buildSignedData, checkSignerInfo, findSigner, parseSignedData, type SignedData } from './signed-data.ts'
import { CMS_OID, type SignerInfo } from './signer-info.ts'
import { attribute, ecSigner, issuePair, name, rsaSigner } from './testing/issue-certificate.ts'

const LDS = '2.23.136.1.1.1'
const CONTENT = utf8('hashes of data groups')
const signer = ecSigner()
const { documentSigner } = await issuePair(signer)
const signed = (given: Partial<Parameters<typeof buildSignedData>[0]> = {}): Promise<Uint8Array> =>
  buildSignedData({
    contentType: LDS,
    content: CONTENT,
    certificate: documentSigner.raw,
    digest: 'sha256',
    signer,
    ...given,
  })
const good = await signed({ signingTime: new Date('2024-06-01T10:00:00Z') })

function first(signedData: SignedData): SignerInfo {
  return signedData.signerInfos[0] as SignerInfo
}

function check(der: Uint8Array, certificate: Certificate = documentSigner): ReturnType<typeof checkSignerInfo> {
  const signedData = parseSignedData(der)
  return checkSignerInfo(signedData, first(signedData), certificate)
}

const SUCCESS = { signedAttributes: 'successful', digest: true, signature: true }

test('what was signed is read back', () => {
  const signedData = parseSignedData(good)
  expect(signedData).toMatchObject({ version: 3, contentType: LDS, content: CONTENT, crls: [] })
  expect(signedData.certificates.map(each => each.raw)).toEqual([documentSigner.raw])
  expect(first(signedData).signedAttributes).toMatchObject({
    contentType: LDS,
    messageDigest: digest('sha256', CONTENT),
    signingTime: Date.UTC(2024, 5, 1, 10),
    findings: [],
  })
  expect(findSigner(signedData, first(signedData))?.raw).toEqual(documentSigner.raw)
  expect(check(good)).toEqual(SUCCESS)
})

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  ...(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const).flatMap((hash): SignatureAlgorithm[] => [
    { kind: 'rsa-pkcs1', hash },
    { kind: 'rsa-pss', hash, mgfHash: hash, saltLength: 20 },
    { kind: 'ecdsa', hash },
  ]),
]
test.each(ALGORITHMS)('a signature with $kind and $hash verifies', async algorithm => {
  const each = algorithm.kind === 'ecdsa' ? ecSigner('secp384r1', algorithm.hash) : rsaSigner(algorithm)
  const { documentSigner: certificate } = await issuePair(each)
  const der = await signed({ certificate: certificate.raw, signer: each, digest: algorithm.hash })
  expect(check(der, certificate)).toEqual(SUCCESS)
})

const openssl = spawnSync('openssl', ['version']).status === 0
test.skipIf(!openssl).each(['issuerAndSerialNumber', 'subjectKeyIdentifier'] as const)(
  `openssl verifies what we signed, and gives the content back (%s)${openssl ? '' : ' (skipped: no openssl command here)'}`,
  async sid => {
    for (const by of [
      ecSigner('secp256r1'),
      rsaSigner(),
      rsaSigner({ kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 }),
    ]) {
      const { documentSigner: certificate } = await issuePair(by)
      const der = await signed({ certificate: certificate.raw, signer: by, sid, signingTime: new Date(0) })
      // -noverify leaves out the chain alone, which is not CMS's part.
      const done = spawnSync('openssl', ['cms', '-verify', '-inform', 'DER', '-noverify', '-binary'], { input: der })
      expect(done.stderr.toString()).toMatch(/Verification successful/i)
      expect(new Uint8Array(done.stdout)).toEqual(CONTENT)
    }
  },
)

test('the algorithm is that of the SignerInfo, whatever the certificate was signed with', async () => {
  // The document signer's key is RSA; its certificate is signed with ECDSA and SHA-384, the SOD with PKCS#1 and SHA-256.
  const { documentSigner: certificate } = await issuePair(rsaSigner())
  expect(certificate.signatureAlgorithm.oid).toBe('1.2.840.10045.4.3.3')
  expect(check(await signed({ certificate: certificate.raw, signer: rsaSigner() }), certificate)).toEqual(SUCCESS)
})

test('a signer is found by key identifier', async () => {
  const signedData = parseSignedData(await signed({ sid: 'subjectKeyIdentifier' }))
  expect(first(signedData).sid).toEqual({ kind: 'subjectKeyIdentifier', id: new Uint8Array(20).fill(7) })
  expect(findSigner(signedData, first(signedData))?.raw).toEqual(documentSigner.raw)
  const none = { ...signedData, certificates: [] }
  expect(findSigner(none, first(signedData))).toBeUndefined()
  expect(findSigner(none, first(signedData), [documentSigner])).toBe(documentSigner)
})

// SignedData from its pieces, to put in what a builder of ours never writes.

interface Pieces {
  attributes: Uint8Array | null
  sid: Uint8Array
  signatureAlgorithm: Uint8Array
  signature: Uint8Array
  digestAlgorithm: Uint8Array
  by: Signer
  certificate: Certificate
}

const attributeOf = (oid: string, ...values: Uint8Array[]): Uint8Array =>
  derSequence(derOid(oid), tlv(DER.set, ...values))
const CONTENT_TYPE = attributeOf(CMS_OID.contentType, derOid(LDS))
const MESSAGE_DIGEST = attributeOf(CMS_OID.messageDigest, derOctetString(digest('sha256', CONTENT)))

async function assemble(pieces: Partial<Pieces> = {}): Promise<Uint8Array> {
  const by = pieces.by ?? signer
  const certificate = pieces.certificate ?? documentSigner
  const attributes = pieces.attributes === undefined ? tlv(DER.set, CONTENT_TYPE, MESSAGE_DIGEST) : pieces.attributes
  const implicit = attributes?.slice()
  if (implicit) implicit[0] = 0xa0
  const hash = pieces.digestAlgorithm ?? encodeHashAlgorithm('sha256')
  const signerInfo = derSequence(
    derUnsigned(1),
    pieces.sid ?? derSequence(certificate.issuer.raw, tlv(DER.integer, certificate.serialNumber)),
    hash,
    ...(implicit ? [implicit] : []),
    pieces.signatureAlgorithm ?? encodeSignatureAlgorithm(by.algorithm),
    derOctetString(pieces.signature ?? (await by.sign(attributes ?? CONTENT))),
  )
  return derSequence(
    derOid(CMS_OID.signedData),
    derContext(
      0,
      derSequence(
        derUnsigned(3),
        derSetOf(hash),
        derSequence(derOid(LDS), derContext(0, derOctetString(CONTENT))),
        derContext(0, certificate.raw),
        derSetOf(signerInfo),
      ),
    ),
  )
}

test('signed attributes out of DER order are verified as they stand, and reported', async () => {
  const der = await assemble({ attributes: tlv(DER.set, MESSAGE_DIGEST, CONTENT_TYPE) })
  expect(first(parseSignedData(der)).signedAttributes?.findings).toEqual(['NOT_IN_DER_ORDER'])
  expect(check(der)).toEqual(SUCCESS)
})

test('signed attributes that were signed in another order than they stand in do not verify', async () => {
  const signature = await signer.sign(tlv(DER.set, CONTENT_TYPE, MESSAGE_DIGEST))
  const der = await assemble({ attributes: tlv(DER.set, MESSAGE_DIGEST, CONTENT_TYPE), signature })
  expect(check(der)).toEqual({ ...SUCCESS, signature: false, detail: 'SIGNATURE_WRONG' })
})

test('signed attributes with a length too long are verified as they stand, and reported', async () => {
  const long = concat(Uint8Array.of(0x30, 0x81, CONTENT_TYPE.length - 2), CONTENT_TYPE.subarray(2))
  const der = await assemble({ attributes: tlv(DER.set, long, MESSAGE_DIGEST) })
  expect(first(parseSignedData(der)).signedAttributes?.findings).toContain('NOT_DER')
  expect(check(der)).toEqual(SUCCESS)
})

test.each([
  ['no content type', tlv(DER.set, MESSAGE_DIGEST), { digest: true, detail: 'CONTENT_TYPE_MISSING' }],
  [
    'another content type',
    tlv(DER.set, attributeOf(CMS_OID.contentType, derOid('1.2.3')), MESSAGE_DIGEST),
    { digest: true, detail: 'CONTENT_TYPE_MISMATCH' },
  ],
  ['no message digest', tlv(DER.set, CONTENT_TYPE), { digest: false, detail: 'MESSAGE_DIGEST_MISSING' }],
  [
    'two values of the message digest',
    tlv(
      DER.set,
      CONTENT_TYPE,
      attributeOf(CMS_OID.messageDigest, derOctetString(digest('sha256', CONTENT)), derOctetString(new Uint8Array(32))),
    ),
    { digest: false, detail: 'MESSAGE_DIGEST_MISSING' },
  ],
  [
    'the message digest of other content',
    tlv(DER.set, CONTENT_TYPE, attributeOf(CMS_OID.messageDigest, derOctetString(new Uint8Array(32)))),
    { digest: false, detail: 'MESSAGE_DIGEST_MISMATCH' },
  ],
  [
    'an attribute twice',
    tlv(DER.set, CONTENT_TYPE, MESSAGE_DIGEST, MESSAGE_DIGEST),
    { digest: true, detail: 'ATTRIBUTE_REPEATED' },
  ],
])('signed attributes with %s fail, though the signature is right', async (_, attributes, expected) => {
  expect(check(await assemble({ attributes }))).toEqual({ signedAttributes: 'failed', signature: true, ...expected })
})

test('without signed attributes the signature covers the content, and that is reported', async () => {
  const der = await assemble({ attributes: null })
  expect(check(der)).toEqual({ signedAttributes: 'absent', digest: true, signature: true })
  const other = await assemble({ attributes: null, signature: await signer.sign(utf8('other')) })
  expect(check(other)).toMatchObject({ signedAttributes: 'absent', digest: false, signature: false })
})

test('rsaEncryption and ecPublicKey as signature algorithm take the hash of the digest algorithm', async () => {
  const rsa = rsaSigner()
  const { documentSigner: certificate } = await issuePair(rsa)
  const signatureAlgorithm = derSequence(derOid('1.2.840.113549.1.1.1'), derNull())
  expect(check(await assemble({ by: rsa, certificate, signatureAlgorithm }), certificate)).toEqual(SUCCESS)
  expect(check(await assemble({ signatureAlgorithm: derSequence(derOid('1.2.840.10045.2.1')) }))).toEqual(SUCCESS)
})

test('a signature algorithm with another hash than was signed with fails', async () => {
  const signatureAlgorithm = encodeSignatureAlgorithm({ kind: 'ecdsa', hash: 'sha384' })
  expect(check(await assemble({ signatureAlgorithm }))).toMatchObject({ signature: false, detail: 'SIGNATURE_WRONG' })
})

test('an unknown hash or signature algorithm is a result, not an error', async () => {
  const unknown = derSequence(derOid('1.2.3.4'))
  for (const pieces of [{ signatureAlgorithm: unknown }, { digestAlgorithm: unknown }]) {
    expect(check(await assemble(pieces))).toMatchObject({ detail: 'ALGORITHM_UNKNOWN' })
  }
})

test('a signer with an unusable key is a result, not an error', () => {
  expect(check(good, { ...documentSigner, spki: fromHex('3000') })).toEqual({
    ...SUCCESS,
    signature: false,
    detail: 'KEY_UNUSABLE',
  })
})

test.each([
  ['in another attribute order', derSequence(attribute('CN', 'Test CSCA'), attribute('C', 'VN')), true],
  [
    'in another string type',
    derSequence(attribute('C', 'VN'), attribute('CN', 'Test CSCA', DER.printableString)),
    true,
  ],
  ['in another case', derSequence(attribute('C', 'vn'), attribute('CN', 'TEST CSCA')), true],
  ['of another issuer', name('Other CSCA'), false],
])('a signer identifier with the issuer %s finds the signer: %s %s', async (_, issuer, found) => {
  const signedData = parseSignedData(await assemble({ sid: derSequence(issuer, derUnsigned(0x77)) }))
  expect(findSigner(signedData, first(signedData)) !== undefined).toBe(found)
})

test('a signer identifier with a padded serial number finds the signer, with another number not', async () => {
  const find = async (serial: Uint8Array): Promise<boolean> => {
    const signedData = parseSignedData(await assemble({ sid: derSequence(documentSigner.issuer.raw, serial) }))
    return findSigner(signedData, first(signedData)) !== undefined
  }
  expect(await find(fromHex('02020077'))).toBe(true)
  expect(await find(fromHex('020178'))).toBe(false)
})

// BER in the wrapper.

/** The element with an indefinite length, its children as `inside` writes them. */
function indefinite(node: DerNode, inside: (child: DerNode, index: number) => Uint8Array): Uint8Array {
  const children = derChildren(node).map(inside)
  return concat(Uint8Array.of(node.tag, 0x80), ...children, Uint8Array.of(0, 0))
}

/** EContent in pieces of seven bytes, half of them nested once more. */
function inPieces(octets: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < octets.length; at += 7) {
    const piece = derOctetString(octets.subarray(at, at + 7))
    pieces.push(at % 2 ? piece : concat(Uint8Array.of(0x24, 0x80), piece, Uint8Array.of(0, 0)))
  }
  return concat(Uint8Array.of(0x24, 0x80), ...pieces, Uint8Array.of(0, 0))
}

function asBer(der: Uint8Array): Uint8Array {
  const raw = (node: DerNode): Uint8Array => node.raw
  return indefinite(parseDer(der), info =>
    info.tag !== 0xa0
      ? info.raw
      : indefinite(info, signedData =>
          indefinite(signedData, (field, index) => {
            if (field.tag === 0xa0) return indefinite(field, raw)
            if (index !== 2) return field.raw
            return indefinite(field, part =>
              part.tag === 0xa0 ? indefinite(part, each => inPieces(each.value)) : part.raw,
            )
          }),
        ),
  )
}

test('indefinite lengths and content in pieces give the same as DER', () => {
  const ber = parseSignedData(asBer(good))
  expect(ber).toEqual(parseSignedData(good))
  expect(check(asBer(good))).toEqual(SUCCESS)
})

test('indefinite length in a certificate is refused', async () => {
  const inner = indefinite(parseDer(documentSigner.raw), child => child.raw)
  const der = await assemble({ certificate: { ...documentSigner, raw: inner } })
  expect(() => parseSignedData(der)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }))
})

test.each([
  ['no bytes', Uint8Array.of()],
  ['plain data', derSequence(derOid(CMS_OID.data), derContext(0, derOctetString(CONTENT)))],
  ['an end cut off', good.subarray(0, good.length - 1)],
  ['bytes after it', concat(good, Uint8Array.of(0))],
  ['an indefinite length without end', asBer(good).subarray(0, -2)],
  [
    'no content',
    derSequence(
      derOid(CMS_OID.signedData),
      derContext(0, derSequence(derUnsigned(3), derSetOf(), derSequence(derOid(LDS)), derSetOf())),
    ),
  ],
])('%s is no signed data', (_, bytes) => {
  expect(() => parseSignedData(bytes)).toThrow(expect.objectContaining({ code: 'SIGNED_DATA_MALFORMED' }))
  expect(() => parseSignedData(bytes, { code: 'MASTER_LIST_MALFORMED' })).toThrow(
    expect.objectContaining({ code: 'MASTER_LIST_MALFORMED' }),
  )
})

test('signed data with one bit changed anywhere never pass whole, with the signer they came with', () => {
  for (const der of [good, asBer(good)]) {
    const before = parseSignedData(good)
    for (let at = 0; at < der.length; at += 2) {
      const changed = der.slice()
      changed[at] = (changed[at] as number) ^ 0x10
      try {
        const after = parseSignedData(changed)
        const info = after.signerInfos[0]
        if (!info) continue
        const result = checkSignerInfo(after, info, documentSigner)
        if (result.signedAttributes !== 'successful' || !result.signature) continue
        // What passes says the same: the change was outside of content, attributes and signature.
        expect(after.content).toEqual(before.content)
        expect(after.contentType).toBe(before.contentType)
        expect(info.signedAttributes?.raw).toEqual(first(before).signedAttributes?.raw)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }
  }
})

test('hostile bytes give signed data or a FormatError, nothing else', () => {
  const ber = asBer(good)
  const edit = fc.record({ at: fc.nat(ber.length - 1), to: fc.integer({ min: 0, max: 255 }) })
  fc.assert(
    fc.property(
      fc.constantFrom(good, ber),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      fc.option(fc.nat(ber.length)),
      (bytes, edits, cut) => {
        const changed = bytes.slice(0, cut ?? bytes.length)
        for (const { at, to } of edits) if (at < changed.length) changed[at] = to
        try {
          const signedData = parseSignedData(changed)
          for (const info of signedData.signerInfos) {
            checkSignerInfo(signedData, info, findSigner(signedData, info) ?? documentSigner)
          }
        } catch (error) {
          if (!(error instanceof FormatError)) throw error
        }
      },
    ),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      expect(() => parseSignedData(bytes)).toThrow(FormatError)
    }),
  )
})

test('content in a million pieces and nesting without end are refused in seconds', () => {
  const wrap = (content: Uint8Array): Uint8Array =>
    derSequence(
      derOid(CMS_OID.signedData),
      derContext(
        0,
        derSequence(derUnsigned(3), derSetOf(), derSequence(derOid(LDS), derContext(0, content)), derSetOf()),
      ),
    )
  const begin = Date.now()
  const pieces = new Uint8Array(1_000_000)
  for (let at = 0; at < pieces.length; at += 2) pieces[at] = DER.octetString
  expect(() => parseSignedData(wrap(tlv(0x24, pieces)))).toThrow(FormatError)
  const deep = new Uint8Array(100_000)
  for (let at = 0; at < deep.length; at += 2) deep.set([0x24, 0x80], at)
  expect(() => parseSignedData(wrap(deep))).toThrow(FormatError)
  expect(() => parseSignedData(deep)).toThrow(FormatError)
  expect(Date.now() - begin).toBeLessThan(5000)
})
