import {
  type Certificate,
  FormatError,
  type HashName,
  importPublicKey,
  isSelfIssued,
  type PublicKey,
  sameName,
  signatureAlgorithm,
  verifyCertificate,
} from '@cccd/card-core'
import { BROKEN, type CertificateRule } from './rule.ts'

function orUnknown<T>(read: () => T): T | string {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError) return error.code
    throw error
  }
}

const key = (certificate: Certificate): PublicKey | string => orUnknown(() => importPublicKey(certificate.spki))

/** Bits of security that a curve's name tells, halved as usual. */
function curveBits(name: string): number {
  return Number(/\d{3}/.exec(name)?.[0])
}

const HASH_BITS: Readonly<Record<HashName, number>> = { sha1: 160, sha224: 224, sha256: 256, sha384: 384, sha512: 512 }

function signerOf(certificate: Certificate, role: string, issuer: Certificate | undefined): Certificate | undefined {
  return role === 'csca' ? certificate : issuer
}

/** Keys and signatures: 9303-12 §4.1.6 and what is weak today (9303-12 gives sizes; below them a warning). */
export const SIGNATURE_RULES: readonly CertificateRule[] = [
  {
    rule: 'KEY_UNUSABLE',
    severity: 'error',
    clause: '9303-12 §4.1.6',
    vi: 'Khóa công khai không dùng được (đường cong lạ hoặc điểm sai).',
    en: 'The public key cannot be used (an unknown curve or a wrong point).',
    broken: certificate => {
      const own = key(certificate)
      return typeof own === 'string' ? own : null
    },
  },
  {
    rule: 'KEY_WEAK',
    severity: 'error',
    clause: '9303-12 §4.1.6',
    vi: 'Khóa quá ngắn.',
    en: 'The key is too short: RSA under 3072 bits for an authority or 2048 for a signer, a curve under 256 or 224.',
    broken: (certificate, { role }) => {
      const own = key(certificate)
      if (typeof own === 'string') return null
      const authority = role === 'csca' || role === 'link'
      if (own.kind === 'ec') return curveBits(own.curve) < (authority ? 256 : 224) ? own.curve : null
      const bits = own.modulus.length * 8 - Math.clz32(own.modulus[0] ?? 0) + 24
      return bits < (authority ? 3072 : 2048) ? `${bits} bits` : null
    },
  },
  {
    rule: 'SIGNATURE_ALGORITHM_UNKNOWN',
    severity: 'error',
    clause: '9303-12 §4.1.6',
    vi: 'Thuật toán ký không được hồ sơ cho phép.',
    en: 'The signature algorithm is none of the profile.',
    broken: ({ signatureAlgorithm: algorithm }) => {
      const known = orUnknown(() => signatureAlgorithm(algorithm))
      return typeof known === 'string' ? algorithm.oid : null
    },
  },
  {
    rule: 'HASH_WEAK',
    severity: 'error',
    clause: '9303-12 §4.1.6',
    vi: 'Ký bằng SHA-1.',
    en: 'It is signed with SHA-1.',
    broken: ({ signatureAlgorithm: algorithm }) => {
      const known = orUnknown(() => signatureAlgorithm(algorithm))
      return typeof known !== 'string' && known.hash === 'sha1' ? BROKEN : null
    },
  },
  {
    rule: 'HASH_SHORTER_THAN_KEY',
    severity: 'warning',
    clause: '9303-12 §4.1.6',
    vi: 'Hàm băm ngắn hơn khóa EC của nơi ký.',
    en: "The hash is shorter than the signer's EC key.",
    broken: (certificate, { role, issuer }) => {
      const signer = signerOf(certificate, role, issuer)
      const known = orUnknown(() => signatureAlgorithm(certificate.signatureAlgorithm))
      if (!signer || typeof known === 'string' || known.kind !== 'ecdsa') return null
      const signing = key(signer)
      if (typeof signing === 'string' || signing.kind !== 'ec') return null
      // SHA-512 is the longest there is, also for a curve of 521 bits.
      const wanted = Math.min(512, curveBits(signing.curve))
      return HASH_BITS[known.hash] < wanted ? `${known.hash}, ${signing.curve}` : null
    },
  },
  {
    rule: 'CURVE_NAMED',
    severity: 'warning',
    clause: '9303-12 §4.1.6',
    vi: 'Tham số đường cong viết bằng tên; hồ sơ yêu cầu viết đầy đủ.',
    en: 'The curve is given by name; the profile asks for explicit parameters.',
    broken: certificate => {
      const own = key(certificate)
      return typeof own !== 'string' && own.kind === 'ec' && !own.explicitParameters ? own.curve : null
    },
  },
  {
    rule: 'NOT_SELF_SIGNED',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'CSCA gốc phải tự ký: nơi cấp và chủ thể cùng tên.',
    en: 'A CSCA root names itself as its issuer.',
    broken: (certificate, { role }) => (role === 'csca' && !isSelfIssued(certificate) ? BROKEN : null),
  },
  {
    rule: 'ISSUER_NAME_DIFFERS',
    severity: 'error',
    clause: 'RFC 5280 §6.1.3',
    vi: 'Tên nơi cấp không phải tên của chứng thư cấp.',
    en: 'The issuer named is not the subject of the certificate that issued it.',
    broken: (certificate, { role, issuer }) =>
      role !== 'csca' && issuer && !sameName(certificate.issuer, issuer.subject) ? BROKEN : null,
  },
  {
    rule: 'SIGNATURE_WRONG',
    severity: 'error',
    clause: 'RFC 5280 §6.1.3',
    vi: 'Chữ ký trên chứng thư không đúng.',
    en: 'The signature on the certificate is wrong.',
    broken: (certificate, { role, issuer }) => {
      const signer = signerOf(certificate, role, issuer)
      if (!signer) return null
      const signing = key(signer)
      if (typeof signing === 'string') return signing
      const good = orUnknown(() => verifyCertificate(certificate, signing))
      return good === true ? null : typeof good === 'string' ? good : BROKEN
    },
  },
  {
    rule: 'OUTLIVES_ISSUER',
    severity: 'warning',
    clause: '9303-12 §4.2',
    vi: 'Hết hạn sau chứng thư của nơi cấp.',
    en: 'It is valid longer than the certificate of its issuer.',
    broken: (certificate, { role, issuer }) =>
      role !== 'csca' && role !== 'link' && issuer && certificate.notAfter > issuer.notAfter ? BROKEN : null,
  },
]
