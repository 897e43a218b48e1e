// What each role may do beside what the scopes of its token allow.
import { ROLES, type Role } from '../api/access.ts'

/** Something that a token does at the desk. */
export interface Deed {
  readonly vi: string
  readonly en: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly roles: readonly Role[]
}

const OPERATOR: readonly Role[] = ['operator']

/** The one table: docs/running.md shows it, and a test holds every role against every line through real HTTP. */
export const DEEDS: readonly Deed[] = [
  {
    vi: 'đọc thẻ, lấy kết quả của chính mình',
    en: 'read cards, get its own results',
    method: 'POST',
    path: '/v1/readings',
    roles: ROLES,
  },
  {
    vi: 'xem văn bản đồng ý, ghi nhận sự đồng ý',
    en: 'show the texts of consent, record a consent',
    method: 'GET',
    path: '/v1/consent/texts',
    roles: ROLES,
  },
  { vi: 'xem quyền của mình', en: 'see what its token is', method: 'GET', path: '/v1/session', roles: ROLES },
  { vi: 'xem mọi quyền đã cấp', en: 'list every token', method: 'GET', path: '/v1/tokens', roles: OPERATOR },
  {
    vi: 'thu hồi quyền của người khác',
    en: "revoke another's token",
    method: 'DELETE',
    path: '/v1/tokens/0000000000000000',
    roles: OPERATOR,
  },
  {
    vi: 'xem trạng thái nhật ký kiểm toán',
    en: 'see the state of the audit log',
    method: 'GET',
    path: '/v1/audit',
    roles: OPERATOR,
  },
]

/** Whether a role may do this. */
export const mayDo = (role: Role, { roles }: Deed): boolean => roles.includes(role)
