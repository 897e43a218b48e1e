import type { ErrorCode } from '@cccd/mrz'

/** What the gateway keeps of a card, as it words it; dates dd/MM/yyyy or empty. Absent where it said nothing. */
export interface InsuranceCard {
  readonly cardNumber?: string
  readonly fullName?: string
  readonly dateOfBirth?: string
  readonly sex?: string
  readonly address?: string
  /** maDKBD: where the holder is registered for first care. */
  readonly facilityCode?: string
  /** cqBHXH */
  readonly office?: string
  readonly validFrom?: string
  readonly validTo?: string
  /** maKV: K1, K2 or K3. */
  readonly areaCode?: string
  /** ngayDu5Nam */
  readonly fiveYearsFrom?: string
  /** maSoBHXH, ten digits. */
  readonly insuranceNumber?: string
  readonly oldCardNumber?: string
  readonly newCardNumber?: string
  readonly newValidFrom?: string
  readonly newValidTo?: string
  readonly newFacilityCode?: string
  readonly newFacilityName?: string
}

/** By which of the three numbers was asked. */
export type AskedWith = 'insurance-card-number' | 'insurance-number' | 'personal-number'

/** What a code means for the desk. `unknown`: the gateway's own, and not in the published list. */
export type InsuranceKind =
  | 'valid'
  | 'valid-changed'
  | 'elsewhere'
  | 'expired'
  | 'withdrawn'
  | 'not-found'
  | 'holder-differs'
  | 'number-wrong'
  | 'clerk-refused'
  | 'gateway-fault'
  | 'account-refused'
  | 'child'
  | 'request-wrong'
  | 'unknown'

export interface InsuranceAnswered {
  readonly state: 'answered'
  /** ISO 8601, UTC. */
  readonly at: string
  readonly askedWith: AskedWith
  /** maKetQua as it came. */
  readonly code: string
  readonly kind: InsuranceKind
  readonly vi: string
  readonly en: string
  /** ghiChu: the gateway's own words, without control characters. */
  readonly note: string
  readonly card: InsuranceCard
  /** How many treatments and earlier checks came along. */
  readonly treatments: number
  readonly checks: number
  /** Only where the configuration passes it on; each row as the gateway gave it. */
  readonly history?: {
    readonly treatments: readonly Readonly<Record<string, string>>[]
    readonly checks: readonly Readonly<Record<string, string>>[]
  }
}

/** The gateway did not answer in time, or not properly. The reading stands all the same. */
export interface InsuranceUnavailable {
  readonly state: 'unavailable'
  readonly at: string
  readonly askedWith: AskedWith
  readonly code: ErrorCode
  readonly vi: string
  readonly en: string
}

export type InsuranceAnswer = InsuranceAnswered | InsuranceUnavailable
