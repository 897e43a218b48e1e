/** The gateway's two answers, read from outside: numbers for texts, nulls and missing members are all seen in the field. */
import { z } from 'zod'
import { malformed } from '../http-call.ts'
import type { InsuranceCard } from '../insurance-answer.ts'

export interface GatewayToken {
  readonly accessToken: string
  readonly idToken: string
  /** Milliseconds since 1970, or null when the answer did not say in a way that is understood. */
  readonly expiresAt: number | null
}

export interface LookUpReply {
  readonly code: string
  readonly note: string
  readonly card: InsuranceCard
  readonly treatments: readonly Readonly<Record<string, string>>[]
  readonly checks: readonly Readonly<Record<string, string>>[]
}

const LONGEST_TEXT = 4000

/** Texts of outside: without controls and without what turns the direction of writing. */
const text = z
  .union([z.string(), z.number(), z.boolean(), z.null()])
  .transform(value => clean(value === null ? '' : String(value)))
const optionalText = text.optional().transform(value => value ?? '')
const code = z.union([z.string(), z.number().int()]).transform(value => clean(String(value)).trim())

const tokenReply = z.object({
  maKetQua: code,
  APIKey: z
    .object({
      access_token: z.string().min(1).max(LONGEST_TEXT),
      id_token: z.string().min(1).max(LONGEST_TEXT),
      expires_in: z.union([z.string(), z.number()]).nullish(),
    })
    .nullish(),
})

const rows = z
  .array(z.record(z.string(), z.unknown()))
  .max(10_000)
  .nullish()
  .transform(list => (list ?? []).map(rowOf))

const CARD_MEMBERS = {
  maThe: 'cardNumber',
  hoTen: 'fullName',
  ngaySinh: 'dateOfBirth',
  gioiTinh: 'sex',
  diaChi: 'address',
  maDKBD: 'facilityCode',
  cqBHXH: 'office',
  gtTheTu: 'validFrom',
  gtTheDen: 'validTo',
  maKV: 'areaCode',
  ngayDu5Nam: 'fiveYearsFrom',
  maSoBHXH: 'insuranceNumber',
  maTheCu: 'oldCardNumber',
  maTheMoi: 'newCardNumber',
  gtTheTuMoi: 'newValidFrom',
  gtTheDenMoi: 'newValidTo',
  maDKBDMoi: 'newFacilityCode',
  tenDKBDMoi: 'newFacilityName',
} as const satisfies Readonly<Record<string, keyof InsuranceCard>>

const lookUpReply = z
  .object({ maKetQua: code, ghiChu: optionalText, dsLichSuKCB2018: rows, dsLichSuKT2018: rows })
  .extend(
    Object.fromEntries(Object.keys(CARD_MEMBERS).map(name => [name, optionalText])) as Record<
      keyof typeof CARD_MEMBERS,
      typeof optionalText
    >,
  )

/** Reads the answer to api/token/take: a token, or the code of a refusal. Throws ConnectorError
 * CONNECTOR_REPLY_MALFORMED. */
export function parseTokenReply(value: unknown, now: Date): GatewayToken | { readonly refused: string } {
  const read = tokenReply.safeParse(value)
  if (!read.success) throw malformed('the gateway’s token answer has another form')
  const { maKetQua, APIKey } = read.data
  if (maKetQua !== '200') return { refused: maKetQua }
  if (APIKey == null) throw malformed('the gateway’s token answer has no token')
  return {
    accessToken: APIKey.access_token,
    idToken: APIKey.id_token,
    expiresAt: expiryOf(APIKey.expires_in ?? null, now),
  }
}

/** Reads the answer to a look-up. Throws ConnectorError CONNECTOR_REPLY_MALFORMED. */
export function parseLookUpReply(value: unknown): LookUpReply {
  const read = lookUpReply.safeParse(value)
  if (!read.success || read.data.maKetQua === '') throw malformed('the gateway’s answer has another form')
  const { maKetQua, ghiChu, dsLichSuKCB2018, dsLichSuKT2018 } = read.data
  const card = Object.entries(CARD_MEMBERS)
    .map(([theirs, ours]) => [ours, read.data[theirs as keyof typeof CARD_MEMBERS].trim()] as const)
    .filter(([, said]) => said !== '')
  return {
    code: maKetQua.slice(0, 20),
    note: ghiChu.trim(),
    card: Object.fromEntries(card),
    treatments: dsLichSuKCB2018,
    checks: dsLichSuKT2018,
  }
}

/** `expires_in` is in the field a time (ISO 8601 with seven decimals); seconds are what its name promises. */
function expiryOf(given: string | number | null, now: Date): number | null {
  const seconds = typeof given === 'number' ? given : /^\s*[0-9]{1,9}\s*$/.test(given ?? '') ? Number(given) : null
  if (seconds !== null) return Number.isFinite(seconds) ? now.getTime() + seconds * 1000 : null
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(String(given).trim())
  const at = time === null ? Number.NaN : Date.parse(`${time[1]}${time[3]}`)
  return Number.isNaN(at) ? null : at
}

function rowOf(row: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const plain = Object.entries(row).filter(([, value]) => /^(?:string|number|boolean)$/.test(typeof value))
  return Object.fromEntries(plain.slice(0, 50).map(([name, value]) => [clean(name), clean(String(value))]))
}

function clean(value: string): string {
  return value
    .slice(0, LONGEST_TEXT)
    .normalize('NFC')
    .replace(/[\r\n\t\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
}
