// For tests alone, and outside the package's index: certificates from DER pieces, so that every oddity of the field can
// be put in. Authorities build theirs in the personalization package.
import { utf8 } from '../../bytes.ts'
import type { CurveName } from '../../crypto/curve-parameters.ts'
import type { SignatureAlgorithm } from '../../crypto/signature.ts'
import { generateKey, type Signer, softwareSigner } from '../../crypto/signer.ts'
import { DER, derBits, derContext, derOctetString, derOid, derSequence, derSetOf, derUnsigned } from '../../der.ts'
import { tlv } from '../../tlv.ts'
import { encodeSignatureAlgorithm } from '../algorithm.ts'
import { type Certificate, parseCertificate } from '../certificate.ts'
import { EXTENSION_OID } from '../extensions.ts'
import { encodeTime } from '../time.ts'

export const OID_OF: Readonly<Record<'C' | 'O' | 'CN' | 'serialNumber', string>> = {
  C: '2.5.4.6',
  O: '2.5.4.10',
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
}

/** One attribute in a set of its own. */
export function attribute(type: keyof typeof OID_OF, text: string, tag: number = DER.utf8String): Uint8Array {
  return derSetOf(derSequence(derOid(OID_OF[type]), tlv(tag, utf8(text))))
}

/** A name of one country and one common name. */
export function name(commonName: string, country = 'VN'): Uint8Array {
  return derSequence(attribute('C', country, DER.printableString), attribute('CN', commonName))
}

/** An Extension around the value's bytes. */
export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return derSequence(derOid(oid), ...(critical ? [Uint8Array.of(1, 1, 0xff)] : []), derOctetString(value))
}

export const EXTENSIONS: {
  readonly ca: Uint8Array
  readonly keyCertSign: Uint8Array
  readonly digitalSignature: Uint8Array
  readonly masterListSigning: Uint8Array
  subjectKeyIdentifier(id: Uint8Array): Uint8Array
  authorityKeyIdentifier(id: Uint8Array): Uint8Array
} = {
  ca: extension(EXTENSION_OID.basicConstraints, derSequence(Uint8Array.of(1, 1, 0xff), derUnsigned(0)), true),
  keyCertSign: extension(EXTENSION_OID.keyUsage, Uint8Array.of(3, 2, 1, 6), true),
  digitalSignature: extension(EXTENSION_OID.keyUsage, Uint8Array.of(3, 2, 7, 0x80), true),
  masterListSigning: extension(EXTENSION_OID.extendedKeyUsage, derSequence(derOid('2.23.136.1.1.3')), true),
  subjectKeyIdentifier: (id: Uint8Array) => extension(EXTENSION_OID.subjectKeyIdentifier, derOctetString(id)),
  authorityKeyIdentifier: (id: Uint8Array) =>
    extension(EXTENSION_OID.authorityKeyIdentifier, derSequence(tlv(0x80, id))),
}

export interface CertificateParts {
  version: Uint8Array | null
  serial: Uint8Array
  algorithm: Uint8Array
  outerAlgorithm: Uint8Array
  issuer: Uint8Array
  notBefore: Uint8Array
  notAfter: Uint8Array
  subject: Uint8Array
  spki: Uint8Array
  extensions: readonly Uint8Array[]
}

/** A certificate signed by `signer`; every part can be replaced. */
export async function issue(signer: Signer, parts: Partial<CertificateParts> = {}): Promise<Uint8Array> {
  const algorithm = parts.algorithm ?? encodeSignatureAlgorithm(signer.algorithm)
  const extensions = parts.extensions ?? [EXTENSIONS.ca, EXTENSIONS.keyCertSign]
  const tbs = derSequence(
    ...(parts.version === null ? [] : [parts.version ?? derContext(0, derUnsigned(2))]),
    parts.serial ?? derUnsigned(0x1234),
    algorithm,
    parts.issuer ?? name('Test CSCA'),
    derSequence(
      parts.notBefore ?? encodeTime(new Date('2024-01-01T00:00:00Z')),
      parts.notAfter ?? encodeTime(new Date('2034-01-01T00:00:00Z')),
    ),
    parts.subject ?? name('Test CSCA'),
    parts.spki ?? signer.publicKey,
    ...(extensions.length > 0 ? [derContext(3, derSequence(...extensions))] : []),
  )
  return derSequence(tbs, parts.outerAlgorithm ?? algorithm, derBits(await signer.sign(tbs)))
}

/** A signer with a fresh EC key. */
export function ecSigner(curve: CurveName = 'brainpoolP256r1', hash: SignatureAlgorithm['hash'] = 'sha256'): Signer {
  return softwareSigner({ pkcs8: generateKey({ kind: 'ec', curve }).pkcs8, algorithm: { kind: 'ecdsa', hash } })
}

let rsa: ReturnType<typeof generateKey> | undefined
/** A signer with the one RSA key of this process. */
export function rsaSigner(algorithm: SignatureAlgorithm = { kind: 'rsa-pkcs1', hash: 'sha256' }): Signer {
  rsa ??= generateKey({ kind: 'rsa', bits: 2048 })
  return softwareSigner({ pkcs8: rsa.pkcs8, algorithm })
}

/** A CSCA and a document signer that it issued, the latter signing with `signer`. */
export async function issuePair(
  signer: Signer,
  extensions: readonly Uint8Array[] = [
    EXTENSIONS.digitalSignature,
    EXTENSIONS.subjectKeyIdentifier(new Uint8Array(20).fill(7)),
  ],
): Promise<{ cscaSigner: Signer; csca: Certificate; documentSigner: Certificate }> {
  const cscaSigner = ecSigner('brainpoolP384r1', 'sha384')
  const csca = parseCertificate(await issue(cscaSigner))
  const documentSigner = parseCertificate(
    await issue(cscaSigner, {
      serial: derUnsigned(0x77),
      subject: name('Test Document Signer'),
      spki: signer.publicKey,
      extensions,
    }),
  )
  return { cscaSigner, csca, documentSigner }
}
