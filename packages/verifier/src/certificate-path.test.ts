import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import {
  type Certificate,
  concat,
  curveParameters,
  derBits,
  derChildren,
  derContext,
  derOctetString,
  derSequence,
  derUnsigned,
  ecdhPoint,
  encodeEcSpki,
  FormatError,
  fromBigInt,
  fromHex,
  importPublicKey,
  parseCertificate,
  readDer,
  type Signer,
  toHex,
} from '@cccd/card-core'
import {
  signingTimeOf,
  signTestLds,
  testCsca,
  testDocument,
  testDocumentSigner,
  testLds,
  testLink,
} from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { examineAnchorSignature, findCertificatePath } from './certificate-path.ts'
import { check, judged, outcome, P256 } from './testing/judge.ts'
import { anchorKey, buildTrustAnchors, fingerprint, NO_ANCHORS, trustAnchors } from './trust-anchors.ts'

const data = process.env.CCCD_TEST_DATA ?? new URL('../../../../shared/data/', import.meta.url).pathname
const mockPki = `${data}/lds/self-mock-pki`
const noData = !existsSync(mockPki)

function pem(path: string): Uint8Array {
  const body = readFileSync(path, 'latin1').replace(/-----[^-]+-----/g, '')
  return new Uint8Array(Buffer.from(body, 'base64'))
}

function mockFolders(): { name: string; csca?: Certificate; dsc?: Certificate }[] {
  return readdirSync(mockPki).map(name => {
    const read = (file: string) => {
      const path = `${mockPki}/${name}/${file}`
      return existsSync(path) ? parseCertificate(pem(path)) : undefined
    }
    const [csca, dsc] = [read('mock_csca.pem'), read('mock_dsc.pem')]
    return { name, ...(csca ? { csca } : {}), ...(dsc ? { dsc } : {}) }
  })
}

/** What OpenSSL says of a signature between two certificates, by its own parsers. */
function opensslSays(dsc: Certificate, csca: Certificate): boolean {
  return new X509Certificate(dsc.raw).verify(
    createPublicKey(new X509Certificate(csca.raw).publicKey.export({ type: 'spki', format: 'pem' })),
  )
}

test.skipIf(noData)(
  'the 32 complete pairs of the mock PKI chain, and only to their own CSCA (skipped without the shared data)',
  () => {
    const folders = mockFolders()
    const pairs = folders.filter(({ csca, dsc }) => csca && dsc)
    expect([folders.length, pairs.length]).toEqual([41, 32])
    const all = buildTrustAnchors({
      cscas: folders.flatMap(({ csca }) => (csca ? [{ certificate: csca, source: 'certificate' } as const] : [])),
    })
    const found = pairs.map(({ name, csca, dsc }) => {
      const path = findCertificatePath(dsc, all)
      return [
        name,
        path.kind === 'anchored' ? fingerprint(path.anchor.certificate) : path.kind,
        fingerprint(csca as Certificate),
      ]
    })
    expect(found.filter(([, to, own]) => to !== own)).toEqual([])
    for (const { name, csca, dsc } of pairs) {
      const anchors = buildTrustAnchors({ cscas: [{ certificate: csca as Certificate, source: 'certificate' }] })
      expect(findCertificatePath(dsc, anchors).kind, name).toBe('anchored')
      expect(opensslSays(dsc as Certificate, csca as Certificate), name).toBe(true)
    }
  },
)

const csca = await testCsca({ choice: P256 })
const signingTime = new Date('2021-08-10T12:00:00Z')
const signer = parseCertificate((await testDocumentSigner({ csca, choice: P256, signingTime })).certificate)

function anchorsFrom(...certificates: Uint8Array[]) {
  return trustAnchors({ certificates }).anchors
}

test('a signer chains to the one of several CSCAs of the same name that signed it', async () => {
  const impostor = await testCsca({ choice: P256, role: 'csca-next' })
  const path = findCertificatePath(signer, anchorsFrom(impostor.certificate, csca.certificate))
  expect(path.kind === 'anchored' && toHex(path.anchor.certificate.raw)).toBe(toHex(csca.certificate))
  expect(findCertificatePath(signer, anchorsFrom(impostor.certificate)).kind).toBe('nameImitated')
})

test('without anchors, without a signer, and with strangers only, it says which', async () => {
  const stranger = await testCsca({
    choice: P256,
    role: 'csca-next',
    name: { country: 'UT', commonName: 'Stranger TEST' },
  })
  expect(findCertificatePath(signer, NO_ANCHORS).kind).toBe('noAnchors')
  expect(findCertificatePath(undefined, anchorsFrom(csca.certificate)).kind).toBe('noSigner')
  expect(findCertificatePath(signer, anchorsFrom(stranger.certificate)).kind).toBe('unknownIssuer')
})

test('a signer that names the key of an anchor which did not sign it is told apart', () => {
  const forged = { ...signer, signature: signer.signature.with(-1, (signer.signature.at(-1) as number) ^ 1) }
  expect(findCertificatePath(forged, anchorsFrom(csca.certificate))).toEqual({ kind: 'signatureWrong', candidates: 1 })
})

test('an authority without key identifier is found by its name', () => {
  const { authorityKeyIdentifier, ...nameless } = signer
  expect(findCertificatePath(nameless, anchorsFrom(csca.certificate)).kind).toBe('anchored')
})

test('a link certificate leads from the old CSCA to the new, and alone it stays unchecked', async () => {
  const old = await testCsca({ choice: P256 })
  const { next, link } = await testLink(old)
  const both = anchorsFrom(old.certificate, link)
  const linkAnchor = both.cscas.find(({ certificate }) => toHex(certificate.raw) === toHex(link))
  const newSigner = parseCertificate(
    (await testDocumentSigner({ csca: next, choice: P256, signingTime: new Date('2026-01-01T12:00:00Z') })).certificate,
  )
  const path = findCertificatePath(newSigner, both)
  expect(path.kind === 'anchored' && path.anchor).toBe(linkAnchor)
  if (!linkAnchor) throw new Error('the link certificate is an anchor')
  const signature = examineAnchorSignature(linkAnchor, both)
  expect(signature.kind === 'linked' && toHex(signature.to.certificate.raw)).toBe(toHex(old.certificate))
  const alone = anchorsFrom(link)
  expect(examineAnchorSignature(alone.cscas[0] as typeof linkAnchor, alone)).toEqual({ kind: 'linkAlone' })
  // With the new CSCA itself in the store, the path ends at the self-signed one.
  const all = anchorsFrom(old.certificate, link, next.certificate)
  const better = findCertificatePath(newSigner, all)
  expect(better.kind === 'anchored' && toHex(better.anchor.certificate.raw)).toBe(toHex(next.certificate))
})

test('a CSCA whose own signature is wrong is found out', () => {
  const certificate = parseCertificate(csca.certificate)
  const broken = {
    ...certificate,
    signature: certificate.signature.with(-1, (certificate.signature.at(-1) as number) ^ 1),
  }
  const anchors = buildTrustAnchors({ cscas: [{ certificate: broken, source: 'certificate' }] })
  expect(examineAnchorSignature(anchors.cscas[0] as (typeof anchors.cscas)[0], anchors).kind).toBe('wrong')
})

test('one set of anchors has one id, whatever the order, and another set another', async () => {
  const other = await testCsca({ choice: P256, role: 'csca-next' })
  const [a, b] = [csca.certificate, other.certificate]
  expect(anchorsFrom(a, b, a).id).toBe(anchorsFrom(b, a).id)
  expect(anchorsFrom(a).id).not.toBe(anchorsFrom(b).id)
})

/** A key on P-256 with a forged generator, so made that a known point is its public key (CVE-2020-0601). */
function curveBall(victim: Uint8Array): { spki: Uint8Array; signer: Signer } {
  const { n, gx, gy } = curveParameters('secp256r1')
  const key = importPublicKey(victim)
  if (key.kind !== 'ec') throw new Error('the victim has an EC key')
  const d = 0x1234567890abcdefn
  let inverse = 1n
  for (let base = d, e = n - 2n; e > 0n; e >>= 1n, base = (base * base) % n) if (e & 1n) inverse = (inverse * base) % n
  const generator = ecdhPoint('secp256r1', fromBigInt(inverse, 32), key.point)
  const honest = encodeEcSpki('secp256r1', key.point, 'explicit')
  const at = Buffer.from(honest).indexOf(concat(Uint8Array.of(4), fromBigInt(gx, 32), fromBigInt(gy, 32)))
  const spki = honest.slice()
  spki.set(generator, at)
  const algorithm = readDer(readDer(spki).value).raw
  const secret = derSequence(
    derUnsigned(1),
    derOctetString(fromBigInt(d, 32)),
    derContext(1, concat(fromHex('034200'), key.point)),
  )
  const pkcs8 = derSequence(derUnsigned(0), algorithm, derOctetString(secret))
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return {
    spki,
    signer: {
      publicKey: spki,
      algorithm: { kind: 'ecdsa', hash: 'sha256' },
      sign: async bytes => new Uint8Array(sign('sha256', bytes, privateKey)),
    },
  }
}

test('a CurveBall key fools a verifier that believes its parameters', async () => {
  const { spki, signer: forger } = curveBall(csca.signer.publicKey)
  const message = fromHex('00112233')
  const naive = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  expect(verify('sha256', message, naive, await forger.sign(message))).toBe(true)
  expect(() => importPublicKey(spki)).toThrow(FormatError)
})

/** An honest signer's certificate with another key in it, signed by `authority`. */
async function signerWithKey(spki: Uint8Array, authority: Signer): Promise<Uint8Array> {
  const honest = await testDocumentSigner({ csca, choice: P256, signingTime })
  const fields = derChildren(readDer(parseCertificate(honest.certificate).tbs)).map(node => node.raw)
  // version, serialNumber, signature, issuer, validity, subject, then the key (RFC 5280 §4.1).
  const tbs = derSequence(...fields.with(6, spki))
  return derSequence(tbs, fields[2] as Uint8Array, derBits(await authority.sign(tbs)))
}

async function documentSignedBy(authority: Signer, documentSigner: Signer) {
  const certificate = await signerWithKey(documentSigner.publicKey, authority)
  const doc = await testDocument({ csca: P256, ds: P256 })
  const files = await signTestLds(
    testLds().files,
    { ds: P256 },
    {
      documentSigner: { certificate, signer: documentSigner },
      signingTime: signingTimeOf(doc.holder),
    },
  )
  return { doc, files }
}

test('a document whose signer was issued by a CurveBall twin of an anchor is red: only whole certificates are anchors', async () => {
  const { signer: twin } = curveBall(csca.signer.publicKey)
  const honest = await testDocumentSigner({ csca, choice: P256, signingTime })
  const { doc, files } = await documentSignedBy(twin, honest.signer)
  const report = judged(doc, { files })
  expect(outcome(report, 'issuer.documentSignerSignature')).toBe('failed NOT_SIGNED_BY_ANCHOR')
  expect(report.colour).toBe('red')
})

test('a document signer with a CurveBall key is refused as an unknown curve', async () => {
  const { signer: forged } = curveBall(csca.signer.publicKey)
  const { doc, files } = await documentSignedBy(csca.signer, forged)
  const report = judged(doc, { files })
  expect(outcome(report, 'sod.signature')).toBe('failed CURVE_UNKNOWN')
  expect(check(report, 'sod.signature').file).toBe('EF.SOD')
  expect(report.colour).toBe('red')
})

test('a named curve that ICAO does not have is refused with its identifier', async () => {
  const point = importPublicKey(csca.signer.publicKey)
  const named = encodeEcSpki('secp256r1', point.kind === 'ec' ? point.point : new Uint8Array(), 'named')
  // secp256k1 in place of prime256v1; the point is on neither, but the curve is refused first.
  const spki = fromHex(
    toHex(named)
      .replace('06082A8648CE3D030107', '06052B8104000A')
      .replace(/^3059301306/, '3056301006'),
  )
  const { doc, files } = await documentSignedBy(csca.signer, { ...csca.signer, publicKey: spki })
  const report = judged(doc, { files })
  expect(outcome(report, 'sod.signature')).toBe('failed CURVE_UNKNOWN')
  expect(check(report, 'sod.signature').detail).toContain('1.3.132.0.10')
})

test('an anchor whose curve is forged verifies nothing and says why', async () => {
  const { spki, signer: forger } = curveBall(csca.signer.publicKey)
  const { certificate: signed } = await testDocumentSigner({
    csca: { ...csca, signer: forger },
    choice: P256,
    signingTime,
  })
  const anchor = { ...parseCertificate(csca.certificate), spki }
  const anchors = buildTrustAnchors({ cscas: [{ certificate: anchor, source: 'certificate' }] })
  expect(anchorKey(anchor)).toBeInstanceOf(FormatError)
  expect(findCertificatePath(parseCertificate(signed), anchors)).toEqual({
    kind: 'anchorUnusable',
    code: 'CURVE_UNKNOWN',
  })
})
