import { EXTENSION_OID, equal, FormatError, importPublicKey, sameName, verifyCrl } from '@cccd/card-core'
import { BROKEN, type CrlRule } from './rule.ts'

const DAY = 86_400_000
export const LONGEST_CRL_DAYS = 90

/** 9303-12 §7.1.4. */
export const CRL_RULES: readonly CrlRule[] = [
  {
    rule: 'CRL_VERSION',
    severity: 'error',
    clause: '9303-12 §7.1.4',
    vi: 'Không phải CRL phiên bản 2.',
    en: 'It is not a v2 CRL.',
    broken: ({ version }) => (version === 2 ? null : String(version)),
  },
  {
    rule: 'CRL_AUTHORITY_KEY_IDENTIFIER',
    severity: 'error',
    clause: '9303-12 §7.1.4',
    vi: 'CRL thiếu authorityKeyIdentifier, hoặc không phải của CSCA này.',
    en: 'The CRL lacks the authority key identifier, or it is another CSCA’s.',
    broken: ({ authorityKeyIdentifier: own }, { issuer }) => {
      if (!own) return 'absent'
      const other = issuer?.subjectKeyIdentifier
      return other && !equal(own, other) ? 'differs' : null
    },
  },
  {
    rule: 'CRL_NUMBER',
    severity: 'error',
    clause: '9303-12 §7.1.4',
    vi: 'CRL thiếu số thứ tự.',
    en: 'The CRL has no number.',
    broken: ({ crlNumber }) => (crlNumber === undefined ? BROKEN : null),
  },
  {
    rule: 'CRL_PERIOD',
    severity: 'error',
    clause: '9303-12 §4.2',
    vi: `CRL phải có ngày cập nhật kế tiếp, muộn nhất ${LONGEST_CRL_DAYS} ngày sau.`,
    en: `A CRL names its next update, at most ${LONGEST_CRL_DAYS} days later.`,
    broken: ({ thisUpdate, nextUpdate }) => {
      if (nextUpdate === undefined) return 'absent'
      const days = (nextUpdate - thisUpdate) / DAY
      return days > 0 && days <= LONGEST_CRL_DAYS ? null : `${days.toFixed(1)} days`
    },
  },
  {
    rule: 'CRL_CRITICAL_EXTENSION',
    severity: 'error',
    clause: '9303-12 §7.1.4',
    vi: 'CRL có phần mở rộng critical mà hồ sơ không định nghĩa.',
    en: 'The CRL has a critical extension that is none of the profile.',
    broken: ({ extensions }) => {
      const odd = [...extensions].filter(
        ([oid, { critical }]) =>
          critical && oid !== EXTENSION_OID.crlNumber && oid !== EXTENSION_OID.authorityKeyIdentifier,
      )
      return odd.length > 0 ? odd.map(([oid]) => oid).join(', ') : null
    },
  },
  {
    rule: 'CRL_STRUCTURE',
    severity: 'error',
    clause: 'RFC 5280 §5.1',
    vi: 'CRL sai cấu trúc.',
    en: 'The CRL is not built as it should be.',
    broken: ({ findings }) => {
      const others = findings.filter(
        ({ code }) => code !== 'VERSION_NOT_2' && code !== 'NEXT_UPDATE_MISSING' && code !== 'CRITICAL_EXTENSION',
      )
      return others.length > 0 ? others.map(({ code }) => code).join(', ') : null
    },
  },
  {
    rule: 'CRL_ISSUER',
    severity: 'error',
    clause: '9303-12 §7.1.4',
    vi: 'CRL không phải của CSCA này.',
    en: 'The CRL names another issuer.',
    broken: ({ issuer: named }, { issuer }) => (issuer && !sameName(named, issuer.subject) ? BROKEN : null),
  },
  {
    rule: 'CRL_SIGNATURE',
    severity: 'error',
    clause: 'RFC 5280 §6.3',
    vi: 'Chữ ký của CRL không đúng.',
    en: 'The signature on the CRL is wrong.',
    broken: (crl, { issuer }) => {
      if (!issuer) return null
      try {
        return verifyCrl(crl, importPublicKey(issuer.spki)) ? null : BROKEN
      } catch (error) {
        if (error instanceof FormatError) return error.code
        throw error
      }
    },
  },
]
