// The document of the session figures. The aims were taken on one whose EF.SOD fits in four blocks, so the signer's
// certificate here is as short as one can be; it holds all the same, and passive authentication succeeds.
import {
  buildLdsSecurityObject,
  buildSignedData,
  buildSod,
  derBits,
  derContext,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUnsigned,
  digest,
  encodeSignatureAlgorithm,
  LDS_SECURITY_OBJECT_OID,
  parseCertificate,
  tlv,
  utf8,
} from '@cccd/card-core'
import { testDocument } from '@cccd/fixtures'
import { passiveAuthentication, trustAnchors } from '@cccd/verifier'

const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'

function attribute(oid, tag, text) {
  return derSetOf(derSequence(derOid(oid), tlv(tag, utf8(text))))
}

async function shortCertificate({ csca, cscaSigner, documentSignerSigner }) {
  const { subject, subjectKeyIdentifier } = parseCertificate(csca)
  const algorithm = encodeSignatureAlgorithm(cscaSigner.algorithm)
  const issuerKey = derSequence(tlv(0x80, subjectKeyIdentifier))
  const tbs = derSequence(
    derContext(0, derUnsigned(2)),
    derUnsigned(0x51),
    algorithm,
    subject.raw,
    derSequence(tlv(0x17, utf8('210101000000Z')), tlv(0x17, utf8('391231235959Z'))),
    derSequence(attribute('2.5.4.6', 0x13, 'VN'), attribute('2.5.4.3', 0x0c, 'TEST')),
    documentSignerSigner.publicKey,
    derContext(3, derSequence(derSequence(derOid(AUTHORITY_KEY_IDENTIFIER), derOctetString(issuerKey)))),
  )
  return derSequence(tbs, algorithm, derBits(await cscaSigner.sign(tbs)))
}

/** EF.COM, EF.DG1, an EF.DG2 of 20 KB, and an EF.SOD over the two groups in 671 to 892 bytes. */
export async function sessionDocument() {
  const p256 = { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'named' }
  const made = await testDocument({ dg2Size: 20_480, csca: p256, ds: p256 })
  const { 'EF.CardAccess': cardAccess, 'EF.COM': com, 'EF.DG1': dg1, 'EF.DG2': dg2 } = made.document.files
  const dataGroupHashes = new Map([dg1, dg2].map((bytes, i) => [i + 1, digest('sha256', bytes)]))
  const sod = buildSod(
    await buildSignedData({
      contentType: LDS_SECURITY_OBJECT_OID,
      content: buildLdsSecurityObject({ hash: 'sha256', dataGroupHashes }),
      certificate: await shortCertificate(made),
      digest: 'sha256',
      signer: made.documentSignerSigner,
    }),
  )
  const files = { 'EF.CardAccess': cardAccess, 'EF.COM': com, 'EF.DG1': dg1, 'EF.DG2': dg2, 'EF.SOD': sod }
  const { anchors } = trustAnchors({ certificates: [made.csca] })
  if (!passiveAuthentication({ files, anchors }).successful) throw new Error('the document of the sessions is not good')
  if (Math.ceil(sod.length / 223) !== 4) throw new Error(`EF.SOD has ${sod.length} bytes, not four blocks`)
  return { ...made, document: { ...made.document, files } }
}
