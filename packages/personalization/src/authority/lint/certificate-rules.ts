import { type Certificate, type CertificateFindingCode, EXTENSION_OID, equal, MASTER_LIST_OID } from '@cccd/card-core'
import { BROKEN, type CertificateRole, type CertificateRule } from './rule.ts'

const isAuthority = (role: CertificateRole): boolean => role === 'csca' || role === 'link'

const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION_OID.keyUsage,
  EXTENSION_OID.basicConstraints,
  EXTENSION_OID.extendedKeyUsage,
])

function when(broken: boolean, detail: string = BROKEN): string | null {
  return broken ? detail : null
}

/** A rule that the parser has looked at already. */
function found(
  code: CertificateFindingCode,
  clause: string,
  vi: string,
  en: string,
  severity: 'error' | 'warning' = 'error',
): CertificateRule {
  return {
    rule: code,
    severity,
    clause,
    vi,
    en,
    broken: ({ findings }) => {
      const one = findings.find(finding => finding.code === code)
      return one === undefined ? null : (one.oid ?? BROKEN)
    },
  }
}

function commonName(certificate: Certificate): string | undefined {
  return certificate.subject.rdns.flat().find(({ oid }) => oid === '2.5.4.3')?.value
}

function absent(
  rule: string,
  extension: keyof typeof EXTENSION_OID,
  roles: readonly CertificateRole[],
  vi: string,
  en: string,
): CertificateRule {
  return {
    rule,
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi,
    en,
    broken: ({ extensions }, { role }) => when(roles.includes(role) && !extensions.has(EXTENSION_OID[extension])),
  }
}

const ALL: readonly CertificateRole[] = ['csca', 'link', 'documentSigner', 'masterListSigner']

/** Structure: RFC 5280 §4.1 as 9303-12 §7.1.1 narrows it. */
const STRUCTURE: readonly CertificateRule[] = [
  found('VERSION_NOT_3', '9303-12 §7.1.1', 'Không phải X.509 phiên bản 3.', 'It is not an X.509 v3 certificate.'),
  found(
    'SERIAL_NOT_POSITIVE',
    'RFC 5280 §4.1.2.2',
    'Số sê-ri không phải số dương.',
    'The serial number is not positive.',
  ),
  found(
    'SERIAL_TOO_LONG',
    'RFC 5280 §4.1.2.2',
    'Số sê-ri dài hơn 20 byte.',
    'The serial number has more than 20 octets.',
  ),
  found(
    'SERIAL_NOT_MINIMAL',
    'X.690 §8.3.2',
    'Số sê-ri có số 0 thừa ở đầu.',
    'The serial number has needless leading zeros.',
  ),
  found(
    'LENGTH_NOT_MINIMAL',
    'X.690 §10.1',
    'Độ dài không viết ở dạng ngắn nhất.',
    'A length is not in its shortest form.',
  ),
  found(
    'ALGORITHM_MISMATCH',
    'RFC 5280 §4.1.1.2',
    'Thuật toán ký bên trong và bên ngoài khác nhau.',
    'The inner and the outer signature algorithm differ.',
  ),
  found(
    'ALGORITHM_PARAMETERS',
    'RFC 4055, RFC 5758',
    'Tham số của thuật toán ký không đúng.',
    'The parameters of the signature algorithm are not as they should be.',
    'warning',
  ),
  found(
    'TIME_FORM',
    'RFC 5280 §4.1.2.5',
    'Thời hạn không viết đúng dạng UTCTime/GeneralizedTime.',
    'A validity is not in the right form of UTCTime or GeneralizedTime.',
  ),
  found('VALIDITY_REVERSED', 'RFC 5280 §4.1.2.5', 'Hết hạn trước khi bắt đầu.', 'The validity ends before it begins.'),
  found(
    'NAME_STRING',
    '9303-12 §7.1.1',
    'Tên dùng kiểu chuỗi không được phép.',
    'A name has a string type that is not allowed.',
    'warning',
  ),
  found('EXTENSION_MALFORMED', 'RFC 5280 §4.2', 'Một phần mở rộng không đọc được.', 'An extension cannot be decoded.'),
  found('EXTENSION_REPEATED', 'RFC 5280 §4.2', 'Một phần mở rộng có mặt hai lần.', 'An extension stands there twice.'),
  found('KEY_MALFORMED', 'RFC 5280 §4.1.2.7', 'Khóa công khai hỏng.', 'The public key is malformed.'),
  found(
    'KEY_INTEGER_NOT_MINIMAL',
    'X.690 §8.3.2',
    'Số nguyên trong khóa có số 0 thừa.',
    'An INTEGER of the key has needless zeros.',
  ),
  found('RSA_MODULUS_NEGATIVE', 'RFC 8017', 'Mô-đun RSA âm.', 'The RSA modulus is negative.'),
  found('RSA_EXPONENT', 'RFC 8017', 'Số mũ RSA không hợp lệ.', 'The RSA exponent is not a sound one.'),
  found(
    'CURVE_WITHOUT_COFACTOR',
    'RFC 5480, 9303-12 §4.1.6',
    'Tham số đường cong thiếu cofactor.',
    'The explicit curve parameters lack the cofactor.',
    'warning',
  ),
]

/** Names: 9303-12 §7.1.1, issuer and subject. */
const NAMES: readonly CertificateRule[] = [
  found('COUNTRY_MISSING', '9303-12 §7.1.1', 'Tên thiếu mã quốc gia.', 'A name has no country.'),
  found('COUNTRY_MALFORMED', '9303-12 §7.1.1', 'Mã quốc gia không hợp lệ.', 'A country is not two or three letters.'),
  found('COUNTRY_LOWER_CASE', '9303-12 §7.1.1', 'Mã quốc gia viết thường.', 'A country is in lower case.'),
  {
    rule: 'COUNTRY_DIFFERS',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Quốc gia của nơi cấp và của chủ thể khác nhau.',
    en: 'The countries of issuer and subject differ.',
    broken: ({ issuer, subject }) =>
      when(issuer.country?.toUpperCase() !== subject.country?.toUpperCase(), `${issuer.country} / ${subject.country}`),
  },
  {
    rule: 'COMMON_NAME_MISSING',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Chủ thể không có tên (CN).',
    en: 'The subject has no common name.',
    broken: certificate => when(!commonName(certificate)?.trim()),
  },
  {
    rule: 'TEST_NOT_MARKED',
    severity: 'error',
    clause: 'a rule of this toolkit',
    vi: 'Chứng thư thử nghiệm không ghi chữ TEST trong tên.',
    en: 'A certificate of a test authority does not say TEST in its subject.',
    broken: (certificate, { test }) => when(test === true && !/\bTEST\b/.test(certificate.subject.text)),
  },
]

function exactly(certificate: Certificate, wanted: readonly string[]): string | null {
  const usage = certificate.keyUsage
  if (!usage) return null
  const same = usage.length === wanted.length && wanted.every(one => usage.some(other => other === one))
  return when(!same, usage.join(', ') || 'none')
}

/** What the key may do. */
const PURPOSE: readonly CertificateRule[] = [
  absent('KEY_USAGE_MISSING', 'keyUsage', ALL, 'Thiếu mục đích khóa (keyUsage).', 'There is no key usage.'),
  {
    rule: 'KEY_USAGE_NOT_CRITICAL',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'keyUsage không được đánh dấu critical.',
    en: 'The key usage is not critical.',
    broken: ({ extensions }) => when(extensions.get(EXTENSION_OID.keyUsage)?.critical === false),
  },
  {
    rule: 'KEY_USAGE_OF_AUTHORITY',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'CSCA phải có đúng keyCertSign và cRLSign.',
    en: 'A CSCA has exactly keyCertSign and cRLSign.',
    broken: (certificate, { role }) => (isAuthority(role) ? exactly(certificate, ['keyCertSign', 'cRLSign']) : null),
  },
  {
    rule: 'KEY_USAGE_OF_SIGNER',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Chứng thư ký phải có đúng digitalSignature.',
    en: 'A signer has exactly digitalSignature.',
    broken: (certificate, { role }) => (isAuthority(role) ? null : exactly(certificate, ['digitalSignature'])),
  },
  absent(
    'BASIC_CONSTRAINTS_MISSING',
    'basicConstraints',
    ['csca', 'link'],
    'Thiếu basicConstraints.',
    'There are no basic constraints.',
  ),
  {
    rule: 'BASIC_CONSTRAINTS_NOT_CRITICAL',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'basicConstraints của CSCA không được đánh dấu critical.',
    en: 'The basic constraints of a CSCA are not critical.',
    broken: ({ extensions }, { role }) =>
      when(isAuthority(role) && extensions.get(EXTENSION_OID.basicConstraints)?.critical === false),
  },
  {
    rule: 'NOT_AN_AUTHORITY',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'basicConstraints không nói đây là CA.',
    en: 'The basic constraints do not say that it is an authority.',
    broken: ({ basicConstraints }, { role }) => when(isAuthority(role) && basicConstraints?.ca === false),
  },
  {
    rule: 'PATH_LENGTH',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'pathLenConstraint của CSCA phải là 0.',
    en: 'The path length of a CSCA is 0.',
    broken: ({ basicConstraints }, { role }) =>
      when(
        isAuthority(role) && basicConstraints?.ca === true && basicConstraints.pathLength !== 0,
        String(basicConstraints?.pathLength ?? 'absent'),
      ),
  },
  {
    rule: 'SIGNER_IS_AUTHORITY',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Chứng thư ký lại tự nhận là CA.',
    en: 'A signer claims to be an authority.',
    broken: ({ basicConstraints }, { role }) => when(!isAuthority(role) && basicConstraints?.ca === true),
  },
  {
    rule: 'EXTENDED_KEY_USAGE_PRESENT',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'CSCA và chứng thư ký tài liệu không có extKeyUsage.',
    en: 'A CSCA or document signer has no extended key usage.',
    broken: ({ extensions, extendedKeyUsage }, { role }) =>
      when(
        role !== 'masterListSigner' && extensions.has(EXTENSION_OID.extendedKeyUsage),
        extendedKeyUsage?.join(', ') ?? BROKEN,
      ),
  },
  {
    rule: 'MASTER_LIST_PURPOSE',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Chứng thư ký danh sách phải có đúng mục đích 2.23.136.1.1.3, đánh dấu critical.',
    en: 'A master-list signer has the one critical purpose 2.23.136.1.1.3.',
    broken: ({ extensions, extendedKeyUsage }, { role }) => {
      if (role !== 'masterListSigner') return null
      const one = extendedKeyUsage?.length === 1 && extendedKeyUsage[0] === MASTER_LIST_OID.masterListSigning
      if (!one) return extendedKeyUsage?.join(', ') ?? 'absent'
      return when(extensions.get(EXTENSION_OID.extendedKeyUsage)?.critical !== true, 'not critical')
    },
  },
  {
    rule: 'DOCUMENT_TYPES',
    severity: 'error',
    clause: '9303-12 §7.1.1.6',
    vi: 'Chứng thư ký tài liệu phải liệt kê loại tài liệu như trong MRZ.',
    en: 'A document signer lists document types as they stand in the MRZ.',
    broken: ({ documentTypes }, { role }) => {
      if (role !== 'documentSigner') return null
      if (!documentTypes?.length) return 'absent'
      return when(!documentTypes.every(type => /^[A-Z][A-Z<]?$/.test(type)), documentTypes.join(', '))
    },
  },
  {
    rule: 'UNKNOWN_CRITICAL_EXTENSION',
    severity: 'error',
    clause: 'RFC 5280 §4.2',
    vi: 'Có phần mở rộng critical mà hồ sơ không định nghĩa.',
    en: 'A critical extension is none of the profile.',
    broken: ({ extensions }) => {
      const odd = [...extensions].filter(([oid, { critical }]) => critical && !KNOWN_CRITICAL.has(oid))
      return when(odd.length > 0, odd.map(([oid]) => oid).join(', '))
    },
  },
]

/** Which key signed it, and where news of it are found. */
const LINKS: readonly CertificateRule[] = [
  absent(
    'SUBJECT_KEY_IDENTIFIER_MISSING',
    'subjectKeyIdentifier',
    ['csca', 'link'],
    'CSCA thiếu subjectKeyIdentifier.',
    'A CSCA has no subject key identifier.',
  ),
  {
    rule: 'AUTHORITY_KEY_IDENTIFIER_MISSING',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Thiếu authorityKeyIdentifier.',
    en: 'There is no authority key identifier, and it is not self-signed.',
    broken: ({ authorityKeyIdentifier }, { role }) => when(role !== 'csca' && !authorityKeyIdentifier),
  },
  {
    rule: 'AUTHORITY_KEY_IDENTIFIER_DIFFERS',
    severity: 'error',
    clause: 'RFC 5280 §4.2.1.1',
    vi: 'authorityKeyIdentifier không phải của nơi cấp.',
    en: 'The authority key identifier is not that of the issuer.',
    broken: (certificate, { role, issuer }) => {
      const own = certificate.authorityKeyIdentifier
      const other = role === 'csca' ? certificate.subjectKeyIdentifier : issuer?.subjectKeyIdentifier
      return when(own !== undefined && other !== undefined && !equal(own, other))
    },
  },
  absent(
    'PRIVATE_KEY_USAGE_PERIOD_MISSING',
    'privateKeyUsagePeriod',
    ['csca', 'documentSigner'],
    'Thiếu thời hạn dùng khóa riêng.',
    'There is no private key usage period.',
  ),
  {
    rule: 'PRIVATE_KEY_USAGE_OUTSIDE_VALIDITY',
    severity: 'error',
    clause: '9303-12 §7.1.1',
    vi: 'Thời hạn dùng khóa riêng nằm ngoài thời hạn chứng thư.',
    en: 'The private key may be used outside the validity.',
    broken: ({ privateKeyUsagePeriod: period, notBefore, notAfter }) =>
      when(
        period !== undefined &&
          ((period.notBefore ?? notBefore) < notBefore ||
            (period.notAfter ?? notAfter) > notAfter ||
            (period.notBefore ?? notBefore) >= (period.notAfter ?? notAfter)),
      ),
  },
  absent(
    'SUBJECT_ALT_NAME_MISSING',
    'subjectAltName',
    ['csca', 'link', 'documentSigner'],
    'Thiếu subjectAltName (liên hệ, mã nước ba chữ).',
    'There is no subject alternative name (contact, three-letter state).',
  ),
  absent(
    'ISSUER_ALT_NAME_MISSING',
    'issuerAltName',
    ['csca', 'link', 'documentSigner'],
    'Thiếu issuerAltName.',
    'There is no issuer alternative name.',
  ),
  absent(
    'CRL_DISTRIBUTION_POINT_MISSING',
    'crlDistributionPoints',
    ALL,
    'Không ghi nơi lấy CRL.',
    'It does not say where the CRL is.',
  ),
]

/** The rules of a certificate, in the order in which findings come. */
export const CERTIFICATE_RULES: readonly CertificateRule[] = [...STRUCTURE, ...NAMES, ...PURPOSE, ...LINKS]
