/** The keys that open the chip, from whatever was scanned or typed. */
import { type CardQr, parseCardQr } from './card-qr.ts'
import { FormatError } from './error.ts'
import { expiryCandidates } from './expiry-candidates.ts'
import { type Mrz, parseMrz } from './mrz.ts'
import { requireValidCheckDigits } from './mrz-findings.ts'
import type { BacKey } from './mrz-information.ts'
import { mrzDate } from './partial-date.ts'
import { canFromPersonalNumber, documentNumberFromPersonalNumber } from './personal-number.ts'
import type { MrzRepair } from './repair.ts'
import type { Scan } from './scan-text.ts'
import { isVietnameseMrz, parseVietnameseMrz } from './vietnamese-mrz.ts'

export interface AccessKeys {
  /** Six digits, for PACE. */
  readonly can?: string
  /** In the order to try; at most five, because cards slow down or lock after failures. */
  readonly bac: readonly BacKey[]
}

/** The CAN, and the BAC keys that follow from birth and issue date by the rule of expiry, likeliest first. Where a date
 * is missing or only partly known and no expiry follows from it, the CAN alone. Throws FormatError QR_NOT_A_CARD. */
export function accessKeysFromQr(qr: CardQr | string): AccessKeys {
  const card = typeof qr === 'string' ? parseCardQr(qr) : qr
  const can = canFromPersonalNumber(card.personalNumber)
  const { dateOfBirth, dateOfIssue } = card
  if (dateOfBirth === null) return { can, bac: [] }
  const documentNumber = documentNumberFromPersonalNumber(card.personalNumber)
  const birth = mrzDate(dateOfBirth)
  const expiries = expiryCandidates({ dateOfBirth, dateOfIssue })
  return { can, bac: expiries.map(dateOfExpiry => ({ documentNumber, dateOfBirth: birth, dateOfExpiry })) }
}

/** The one BAC key of an MRZ, and the CAN when it is a Vietnamese card's whose number stands in it twice alike. Throws
 * FormatError MRZ_MALFORMED, or MRZ_CHECK_DIGIT when a check digit of the key is wrong: it would fail at the chip and
 * cost a try. */
export function accessKeysFromMrz(input: Mrz | string | readonly string[]): AccessKeys {
  const mrz = typeof input === 'object' && 'findings' in input ? input : parseMrz(input)
  requireValidCheckDigits(mrz, ['documentNumberCheckDigit', 'dateOfBirthCheckDigit', 'dateOfExpiryCheckDigit'])
  const { documentNumber, dateOfBirth, dateOfExpiry } = mrz
  const bac: readonly BacKey[] = [{ documentNumber, dateOfBirth, dateOfExpiry }]
  if (!isVietnameseMrz(mrz)) return { bac }
  const { personalNumber, findings } = parseVietnameseMrz(mrz)
  if (personalNumber === null || findings.some(finding => finding.code === 'NUMBERS_DIFFER')) return { bac }
  return { can: canFromPersonalNumber(personalNumber), bac }
}

/** The CAN alone. Throws FormatError PERSONAL_NUMBER_MALFORMED when the text is not twelve digits. */
export function accessKeysFromPersonalNumber(personalNumber: string): AccessKeys {
  return { can: canFromPersonalNumber(personalNumber), bac: [] }
}

/** A CAN as it is. Throws FormatError KEY_MALFORMED when it is not six digits. */
export function accessKeysFromCan(can: string): AccessKeys {
  if (!/^[0-9]{6}$/.test(can)) throw new FormatError('KEY_MALFORMED', 'a CAN has six digits', { field: 'can' })
  return { can, bac: [] }
}

/** The keys of a repaired MRZ; of an ambiguous one those of its candidates, likeliest first, and the CAN when all agree
 * on it. Never throws: what cannot open a chip gives no key. */
export function accessKeysFromRepair(repair: MrzRepair): AccessKeys {
  const settled = repair.status === 'unchanged' || repair.status === 'repaired'
  const possible = settled ? [repair.mrz] : repair.candidates.map(({ mrz }) => mrz)
  const keys = possible.map(mrz => (mrz === null ? { bac: [] } : keysOrNone(mrz)))
  const cans = new Set(keys.map(({ can }) => can))
  const [can] = cans
  const { bac } = mergeAccessKeys(keys)
  return can === undefined || cans.size > 1 ? { bac } : { can, bac }
}

/** The keys of whatever was scanned; none of an insurance card. Never throws. */
export function accessKeysFromScan(scan: Scan): AccessKeys {
  switch (scan.kind) {
    case 'card-qr':
      return accessKeysFromQr(scan.qr)
    case 'mrz':
      return accessKeysFromRepair(scan.repair)
    case 'insurance-qr':
      return { bac: [] }
    case 'vneid-or-unknown':
      return scan.personalNumber === null ? { bac: [] } : accessKeysFromPersonalNumber(scan.personalNumber)
  }
}

/** The keys of several sources for one card: the first CAN, then the BAC keys in the order of the sources (put an MRZ
 * before a QR: its date of expiry was printed, not computed), none twice, at most five. */
export function mergeAccessKeys(sources: readonly AccessKeys[]): AccessKeys {
  const can = sources.find(keys => keys.can !== undefined)?.can
  const named = new Map<string, BacKey>()
  for (const key of sources.flatMap(keys => keys.bac)) {
    const name = `${key.documentNumber}|${key.dateOfBirth}|${key.dateOfExpiry}`
    if (!named.has(name)) named.set(name, key)
  }
  const bac = [...named.values()].slice(0, MOST_ATTEMPTS)
  return can === undefined ? { bac } : { can, bac }
}

/** Chips slow down or lock after failures. */
export const MOST_ATTEMPTS = 5

export type AccessAttempt =
  | { readonly kind: 'CAN'; readonly can: string }
  | { readonly kind: 'BAC'; readonly key: BacKey }

/** The keys in the order to try: the CAN, then those for BAC; five in all at most. */
export function accessAttempts(keys: AccessKeys): AccessAttempt[] {
  const can: AccessAttempt[] = keys.can === undefined ? [] : [{ kind: 'CAN', can: keys.can }]
  const bac = keys.bac.map(key => ({ kind: 'BAC', key }) as const)
  return [...can, ...bac].slice(0, MOST_ATTEMPTS)
}

function keysOrNone(mrz: Mrz): AccessKeys {
  try {
    return accessKeysFromMrz(mrz)
  } catch (error) {
    if (error instanceof FormatError) return { bac: [] }
    throw error
  }
}
