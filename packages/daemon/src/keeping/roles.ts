// What each role may do beyond reading, which the scopes of its token decide.
import type { Role } from '../api/access.ts'

/** Deeds that a role decides, not a scope. */
export type Deed =
  | 'end-own-session'
  | 'take-consent'
  | 'hand-on'
  | 'lay-simulated-cards'
  | 'list-tokens'
  | 'revoke-tokens'
  | 'see-audit'
  | 'see-metrics'

interface Right {
  readonly vi: string
  readonly en: string
  readonly may: Readonly<Record<Role, boolean>>
}

const all = { clerk: true, integration: true, operator: true } as const
const operatorAlone = { clerk: false, integration: false, operator: true } as const

/** The one table; docs/running.md shows the same. */
export const RIGHTS: Readonly<Record<Deed, Right>> = {
  'end-own-session': { vi: 'kết thúc phiên của chính mình', en: 'end its own session', may: all },
  'take-consent': { vi: 'ghi nhận sự đồng ý của chủ thẻ', en: "record the holder's consent", may: all },
  'hand-on': {
    vi: 'chuyển kết quả (FHIR, HIS, webhook, bảo hiểm)',
    en: 'hand results on (FHIR, HIS, webhook, insurance)',
    may: all,
  },
  'lay-simulated-cards': {
    vi: 'đặt thẻ giả lập (chỉ khi --simulate)',
    en: 'lay simulated cards (only with --simulate)',
    may: { clerk: true, integration: false, operator: true },
  },
  'list-tokens': { vi: 'xem danh sách thiết bị đã ghép', en: 'list what is paired', may: operatorAlone },
  'revoke-tokens': { vi: 'thu hồi quyền của thiết bị khác', en: "revoke another's token", may: operatorAlone },
  'see-audit': { vi: 'xem trạng thái nhật ký kiểm toán', en: 'see the state of the audit log', may: operatorAlone },
  'see-metrics': { vi: 'xem số đo vận hành', en: 'see the metrics', may: operatorAlone },
}

/** Whether a role may do this. */
export const mayDo = (role: Role, deed: Deed): boolean => RIGHTS[deed].may[role]
