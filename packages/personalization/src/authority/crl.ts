import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { authorityKeyIdentifier, crlNumber, reasonCode } from './extension.ts'
import {
  certificateTime,
  type Issuer,
  ownBuffer,
  parseIssuer,
  serialInteger,
  signatureAlgorithmIdentifier,
  statedKeyIdentifier,
} from './issue-certificate.ts'

export interface RevokedSerial {
  readonly serialNumber: Uint8Array
  readonly at: Date
  /** CRLReason of RFC 5280 §5.3.1; left away when not given. */
  readonly reason?: number
}

/** pkijs keeps the part that is signed to itself. */
class UnsignedCrl extends pkijs.CertificateRevocationList {
  toBeSigned(): ArrayBuffer {
    return this.encodeTBS().toBER(false)
  }
}

const LONGEST_DAYS = 90

/**
 * A version 2 CRL of the CSCA with authority key identifier and number (9303-12 §7.1.4). Throws RangeError when the
 * next update is not after this one or more than 90 days away.
 */
export async function createCrl(given: {
  csca: Issuer
  number: number
  thisUpdate: Date
  nextUpdate: Date
  revoked: readonly RevokedSerial[]
}): Promise<Uint8Array> {
  const days = (given.nextUpdate.getTime() - given.thisUpdate.getTime()) / 86_400_000
  if (!(days > 0 && days <= LONGEST_DAYS)) throw new RangeError('a CRL lasts more than 0 and at most 90 days')
  const csca = parseIssuer(given.csca.certificate)
  const crl = new UnsignedCrl({
    version: 1,
    signature: signatureAlgorithmIdentifier(given.csca.signer.algorithm),
    issuer: csca.subject,
    thisUpdate: certificateTime(given.thisUpdate),
    nextUpdate: certificateTime(given.nextUpdate),
    crlExtensions: new pkijs.Extensions({
      extensions: [authorityKeyIdentifier(statedKeyIdentifier(csca)), crlNumber(given.number)],
    }),
    signatureAlgorithm: signatureAlgorithmIdentifier(given.csca.signer.algorithm),
  })
  // RFC 5280 §5.1.2.6: the list is absent when nothing is revoked, never empty.
  if (given.revoked.length > 0) {
    crl.revokedCertificates = given.revoked.map(
      one =>
        new pkijs.RevokedCertificate({
          userCertificate: serialInteger(one.serialNumber),
          revocationDate: certificateTime(one.at),
          ...(one.reason === undefined
            ? {}
            : { crlEntryExtensions: new pkijs.Extensions({ extensions: [reasonCode(one.reason)] }) }),
        }),
    )
  }
  const tbs = crl.toBeSigned()
  crl.tbsView = new Uint8Array(tbs)
  const signature = await given.csca.signer.sign(new Uint8Array(tbs))
  crl.signatureValue = new asn1js.BitString({ valueHex: ownBuffer(signature) })
  return new Uint8Array(crl.toSchema().toBER(false))
}
