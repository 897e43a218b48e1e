/** What speaks against an MRZ though its check digits hold: the QR beside it, its own personal number, the rule of
 * expiry. None of them is proof: numbers and rules have exceptions. */
import type { Mrz } from './mrz.ts'
import type { KnownFromQr } from './repair-qr.ts'
import { parseVietnameseMrz } from './vietnamese-mrz.ts'

/** QR_DIFFERS: the QR has another character there. QR_EXPIRY_DIFFERS: it is none of the dates that follow from the QR's. BIRTH_YEAR_DIFFERS, SEX_DIFFERS: the personal number says otherwise.
 * EXPIRY_NOT_A_BIRTHDAY: a card runs to a birthday or does not expire. */
export type MrzDoubtCode =
  | 'QR_DIFFERS'
  | 'QR_EXPIRY_DIFFERS'
  | 'BIRTH_YEAR_DIFFERS'
  | 'SEX_DIFFERS'
  | 'EXPIRY_NOT_A_BIRTHDAY'

export interface MrzDoubt {
  readonly code: MrzDoubtCode
  readonly line: number
  readonly column: number
  readonly found: string
  readonly expected: string
}

/** All doubts about an MRZ; `differs` are the places where the QR says otherwise. */
export function doubtsOf(
  mrz: Mrz,
  given: {
    readonly vietnamese: boolean
    readonly known: KnownFromQr | undefined
    readonly differs: readonly string[]
  },
): MrzDoubt[] {
  const doubts: MrzDoubt[] = given.differs.map(key => {
    const [line = 0, column = 0] = key.split(':').map(Number)
    const found = mrz.lines[line - 1]?.charAt(column - 1) ?? ''
    return { code: 'QR_DIFFERS', line, column, found, expected: given.known?.characters.get(key) ?? '' }
  })
  if (!given.vietnamese) return doubts
  const expiries = given.known?.expiries ?? []
  if (expiries.length > 0 && !expiries.includes(mrz.dateOfExpiry)) {
    const [found, expected] = [mrz.dateOfExpiry, expiries[0] as string]
    doubts.push({ code: 'QR_EXPIRY_DIFFERS', line: 2, column: 9, found, expected })
  }
  for (const { code, line, column, found, expected } of parseVietnameseMrz(mrz).findings) {
    if (code === 'BIRTH_YEAR_DIFFERS' || code === 'SEX_DIFFERS') doubts.push({ code, line, column, found, expected })
  }
  const { dateOfBirth, dateOfExpiry } = mrz
  const [found, expected] = [dateOfExpiry.slice(2), dateOfBirth.slice(2)]
  const leapDay = expected === '0229' && (found === '0228' || found === '0301')
  if (/^[0-9]{4}$/.test(expected) && found !== expected && dateOfExpiry !== '991231' && !leapDay) {
    doubts.push({ code: 'EXPIRY_NOT_A_BIRTHDAY', line: 2, column: 11, found, expected })
  }
  return doubts
}
